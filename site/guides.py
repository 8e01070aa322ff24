"""The guides: texts of the repository as pages, their links turned to the site's."""

from __future__ import annotations

import re

from autograder.course import COURSE, ROOT

PICTURES = (
    "check_in_jupyterlab.png",
    "class_report.png",
    "comparison.png",
    "feedback_page.png",
)
TO = {  # what a text of the repository links to -> the page that has it
    "docs/instructor.md": "instructor.md",
    "instructor.md": "instructor.md",
    "docs/testing.md": "testing.md",
    "testing.md": "testing.md",
    "CONTRIBUTING.md": "author.md",
    "README.md": "student.md",
} | {f"notebooks/{name}.ipynb": f"chapters/{name}.ipynb" for name in COURSE.names}
LINK = re.compile(r"(?<=\]\()(?!https?:|#)(?:\.\./)?([^)#\s]+)(#[^)\s]*)?(?=\))")


def pages() -> dict[str, str]:
    """Return the guides by the names of their pages."""
    readme = _read("README.md")
    start, grade = _section(readme, "Start, as a student"), _section(readme, "Grade, as an instr")
    told = f"# Run it on your machine\n\n{start}"
    teach = f"# Grade, as an instructor\n\n{grade}"
    return {
        "student": linked(told),
        "grade": linked(teach),
        "instructor": linked(_one_title(_read("docs/instructor.md"))),
        "author": linked(_read("CONTRIBUTING.md")),
        "testing": linked(_read("docs/testing.md")),
    }


def linked(text: str) -> str:
    """Return a text with its links to other texts as links between pages."""

    def turned(m: re.Match[str]) -> str:
        return TO.get(m[1], m[1].removeprefix("docs/")) + (m[2] or "")

    text = re.sub(r'<img src="docs/([^"]+)" width="\d+" alt="([^"]*)">', r"![\2](\1)", text)
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
