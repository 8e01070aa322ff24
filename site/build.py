"""`make site`: lay the pages under build/, let Sphinx make the site of them, in build/site.

Reading order: `executed` (the chapters, with `frames` in their kernels), `map`, `api`, `figures`,
`guides`, `elsewhere` (Colab, Binder), then `conf` and `mathml` for Sphinx, and `static/` for the
reader's browser. `lite` with `wheels` is `make lite`; `colab` writes the chapters for Colab.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import api
import bundle
import elsewhere
import executed
import figures
import guides
import map as course_map
import nbformat
from filelock import FileLock
from sphinx.cmd.build import main as sphinx

from autograder.course import COURSE, ROOT
from autograder.errors import UserError

NUMBERS = {10: "Ten", 11: "Eleven", 12: "Twelve"}
LINK = re.compile(r'href="(\w+)\.ipynb(#[^"]*)?"')
HERE = Path(__file__).resolve().parent


def main() -> int:
    """Build; return Sphinx's exit status, not 0 where it warns."""
    parser = argparse.ArgumentParser(prog="make site", description="Build the site of the course.")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--instructor", action="store_true", help="with the keys, behind folds")
    parser.add_argument("--repository", default="", help="owner/name on GitHub, for the buttons")
    parser.add_argument("--lite", action="store_true", help="with the course for the browser in it")
    args = parser.parse_args()
    try:
        here = elsewhere.Places(elsewhere.repository(args.repository), args.lite)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    (ROOT / "build").mkdir(exist_ok=True)
    with FileLock(ROOT / "build" / "site.lock"):  # a second build waits, and finds most of it done
        return build(args, here)


def build(args: argparse.Namespace, here: elsewhere.Places) -> int:
    """Build what the options of the command line ask for; return Sphinx's exit status."""
    pages = ROOT / "build" / ("site-pages-instructor" if args.instructor else "site-pages")
    lay(pages, args.instructor, here)
    bundle.write(ROOT / "build" / "site-static")
    places = ["-c", HERE, "-d", f"{pages}.doctrees", pages, args.out]
    status = sphinx(["-q", "-W", "--keep-going", "-b", "html", *map(str, places)])
    for unused in args.out.rglob("*.map"):  # the theme's, for those who work on it
        unused.unlink()
    shutil.rmtree(args.out / "lite", ignore_errors=True)
    if args.lite and status == 0:
        import lite  # needs the extra of that name

        status = lite.make(args.out / "lite")
    if status == 0:
        print(f"The site is built: {args.out / 'index.html'}")
    return status


def lay(into: Path, instructor: bool, here: elsewhere.Places) -> None:
    """Write the sources of all pages; what has not changed keeps its time, so Sphinx skips it."""
    made = {f"{name}.md": text for name, text in guides.pages().items()}
    made |= {p.name: p.read_text(encoding="utf-8") for p in (HERE / "pages").glob("*.md")}
    made |= {"map.md": course_map.page(), "measured.md": figures.page()}
    for package in ("gru_ref", "autograder"):
        made |= {f"api/{name}.md": text for name, text in api.pages(package).items()}
    for name, nb in executed.chapters(instructor).items():
        made[f"chapters/{name}.ipynb"] = nbformat.writes(
            _leading_to_pages(nb, here.bar(name, "../"))
        )
    made["index.md"] = made["index.md"].replace("{{run}}", here.bar(COURSE.names[0]))
    made = {name: _filled(text) if name.endswith(".md") else text for name, text in made.items()}
    for old in into.rglob("*"):
        if old.is_file() and old.relative_to(into).as_posix() not in made:
            old.unlink()
    for name, text in made.items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for name in guides.PICTURES:
        shutil.copyfile(ROOT / "docs" / name, into / name)


def _leading_to_pages(nb: Any, run: str) -> Any:
    """Return a notebook whose outputs lead to pages, not to files, with how to run it on top."""
    title, _, rest = nb.cells[0].source.partition("\n")
    nb.cells[0].source = f"{title}\n\n{run}\n{rest}" if run else nb.cells[0].source
    for output in (o for cell in nb.cells for o in cell.get("outputs", ())):
        for kind, text in output.get("data", {}).items():
            if kind == "text/html":
                output.data[kind] = re.sub(LINK, r'href="\1.html\2"', text)
    return nb


def _filled(text: str) -> str:
    """Return a page with the course's own in place of what its braces name."""
    listed = "\n".join(f"chapters/{name}" for name in COURSE.names)
    number = NUMBERS.get(len(COURSE.names), str(len(COURSE.names)))
    text = text.replace("{{guides}}", "\n".join(guides.DOCS))
    return text.replace("{{chapters}}", listed).replace("{{number}}", number)


if __name__ == "__main__":
    sys.exit(main())
