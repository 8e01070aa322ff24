"""A page that says what a student has built and measured, made from what is kept on disk.

It is a record for oneself: nobody signs it, and a page on one's own disk proves nothing to others.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from html import escape
from pathlib import Path
from typing import NamedTuple

from autograder.core.course import Course
from autograder.core.feedback import prose
from autograder.notebook import progress_file
from autograder.notebook.course_map import Part, parts

BUILDS = re.compile(r"^\| you build .*\n\|[-| ]+\n\| (.+?) \|", re.M)
PREDICT = re.compile(r"\*\*Predict\.\*\*\s*(.+)", re.S)
ASKED = re.compile(r'^predict\("(\w+)"', re.M)
SIGNS = {"\\cdot": "·", "\\ln": "ln", "\\sigma": "σ", "$": "", "{": "", "}": ""}
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
STYLE = """
:root { color-scheme: light dark; }
body { font: 1.05rem/1.55 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto;
  padding: 0 1.2rem; }
h1 { font-size: 2rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .4rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0;
  border-bottom: 1px solid rgba(128,128,128,.4); }
td:last-child, th:last-child { text-align: right; white-space: nowrap; padding-right: 0; }
.measured td:last-child, .measured th:last-child { text-align: left; white-space: normal; }
code { font-size: .92em; background: none !important; padding: 0 !important; }
@media print { body { margin: 0 auto; } tr { break-inside: avoid; } }
"""


class Measured(NamedTuple):
    """A question of a chapter that a cell has settled: its text, and guess against measurement."""

    text: str
    says: str


def write(course: Course, work: Path, name: str = "") -> str:
    """Return the page: what is solved in a folder, and what was measured there."""
    found = parts(course, work)
    solved, of = sum(p.solved for p in found), sum(len(p.stops) for p in found)
    best = sum(s.best for p in found for s in p.stops)
    points = sum(s.exercise.points for p in found for s in p.stops)
    state = "All of it is built" if solved == of else "So far"
    day = time.strftime("%Y-%m-%d")
    of_whom = f"<p>{escape(name)}</p>" if name else ""
    chapters = "".join(_row(course, p) for p in found if p.solved)
    measured = "".join(
        f"<tr><td>{prose(m.text)}</td><td>{prose(m.says)}</td></tr>"
        for part in found
        for m in _measured(course, part.chapter.name, work)
    )
    page = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(course.title)}: built and measured</title><style>{STYLE}</style></head>",
        f"<body><main><h1>{escape(course.title)}</h1>{of_whom}",
        f"<p>{state}: {solved} of {of} exercises solved, {best:g} of {points} points, as of {day}. "
        "Each was checked on many inputs; written answers are not counted here.</p>",
    ]
    if chapters:
        page.append(f"<h2>Built</h2><table><tr><th>what</th><th>solved</th></tr>{chapters}</table>")
    if measured:
        head = "<tr><th>asked</th><th>guessed and measured</th></tr>"
        page.append(f'<h2>Measured</h2><table class="measured">{head}{measured}</table>')
    page.append(
        "<p><small>A record for yourself, made on your machine from your own checks.</small></p>"
        "</main></body></html>\n"
    )
    return "\n".join(page)


def _row(course: Course, part: Part) -> str:
    builds = BUILDS.search(_texts(course, part.chapter.name)[0])
    what = f"<br>{prose(_plain(builds[1]))}" if builds and part.solved == len(part.stops) else ""
    count = f"{part.solved} of {len(part.stops)}"
    return f"<tr><td><b>{escape(part.chapter.title)}</b>{what}</td><td>{count}</td></tr>"


def _measured(course: Course, chapter: str, work: Path) -> list[Measured]:
    """Return the settled questions of a chapter, in its order."""
    texts, found = _texts(course, chapter), []
    for before, text in itertools.pairwise(texts):
        asked, question = ASKED.search(text), PREDICT.search(before)
        if asked is None or question is None:
            continue
        kept = progress_file.load("measured", asked[1], work)
        if kept:
            found.append(Measured(_plain(question[1]), str(kept.get("says", ""))))
    return found


def _texts(course: Course, chapter: str) -> list[str]:
    """Return the texts of a chapter's cells; [""] where its notebook cannot be read."""
    try:
        path = course.notebooks / f"{chapter}.ipynb"
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return ["".join(c["source"]) for c in cells] or [""]
    except (OSError, ValueError, TypeError, KeyError):
        return [""]


def _plain(text: str) -> str:
    """Return text of a chapter without links and without the signs of formulas."""
    text = LINK.sub(r"\1", text)
    for sign, plain in SIGNS.items():
        text = text.replace(sign, plain)
    return " ".join(text.split())
