"""The guides: texts of the repository as pages, their links turned to the site's."""

from __future__ import annotations

import re

from autograder.course import COURSE, ROOT

DOCS = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))
PICTURES = sorted(path.name for path in (ROOT / "docs").glob("*.png"))
TO = {  # what a text of the repository links to -> the page that has it
    "CONTRIBUTING.md": "author.md",
    "README.md": "student.md",
    **{f"{folder}{name}.md": f"{name}.md" for name in DOCS for folder in ("docs/", "")},
    **{f"{folder}{name}": name for name in PICTURES for folder in ("docs/", "")},
    **{f"notebooks/{name}.ipynb": f"chapters/{name}.ipynb" for name in COURSE.names},
}
LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#)(?:\.\./)?([^)#\s]+)(#[^)\s]*)?\)")


def pages() -> dict[str, str]:
    """Return the guides by the names of their pages."""
    readme = _read("README.md")
    start, grade = _section(readme, "Start, as a student"), _section(readme, "Grade, as an instr")
    told = f"# Run it on your machine\n\n{start}"
    teach = f"# Grade, as an instructor\n\n{grade}"
    made = {"student": told, "grade": teach, "author": _read("CONTRIBUTING.md")}
    made |= {name: _read(f"docs/{name}.md") for name in DOCS}
    made["instructor"] = _one_title(made["instructor"])
    return {name: linked(text) for name, text in made.items()}


def linked(text: str) -> str:
    """Return a text with its links as links between pages; to what has no page, as words."""

    def turned(m: re.Match[str]) -> str:
        return f"[{m[1]}]({TO[m[2]]}{m[3] or ''})" if m[2] in TO else m[1]

    text = re.sub(r'<img src="(?:docs/)?([^"]+)" width="\d+" alt="([^"]*)">', r"![\2](\1)", text)
    return LINK.sub(turned, text)


def _one_title(text: str) -> str:
    """Return a text of several titles under one, each of them a level lower."""
    lower = re.sub(r"^(#+ )", r"#\1", text, flags=re.M)
    return f"# Teach with it\n\n{lower}"


def _section(text: str, title: str) -> str:
    """Return what stands under the heading that begins so; ValueError where there is none."""
    found = re.search(rf"^## {re.escape(title)}[^\n]*\n(.*?)(?=^## )", text, re.M | re.S)
    if found is None:
        raise ValueError(f"README.md has no section {title!r}: name it in site/guides.py.")
    return found[1].strip() + "\n"


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
