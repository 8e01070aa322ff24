"""A student's page: the points of each exercise, the answer, the verdict, a person's comment.

The chapter's own text is left out. What the student wrote is shown as text: no HTML of it and no
script reaches the page. The page is one file: it asks nothing of any server.
"""

from __future__ import annotations

import functools
import re
from html import escape
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List, Unicode

from autograder import sizes
from autograder.core.course import Course, load
from autograder.core.verdict import MANUAL, NOT_ATTEMPTED, PASSED, VERDICT_MIME
from autograder.grading.notebooks.check_cells import is_check
from autograder.grading.notebooks.effort import Effort
from autograder.grading.notebooks.normalise import OURS, grade_id, is_answer
from autograder.grading.notebooks.panel_html import clean_panel
from autograder.grading.notebooks.plaintext import plaintext
from autograder.grading.reports.markup import markdown_html, output_text, python_html
from autograder.grading.store.class_terms import Agreed, agreed
from autograder.grading.store.gradebook import DROPPED, LATE, Row, rows_of

TEMPLATES = Path(__file__).parent / "templates"
SIGN = {PASSED: "✓", NOT_ATTEMPTED: "○", MANUAL: "✎", LATE: "◷", DROPPED: "–"}
KIND = {PASSED: "good", NOT_ATTEMPTED: "none", MANUAL: "none", LATE: "none", DROPPED: "none"}
PERSON = {True: "waits for a person", False: "graded by a person"}  # by whether it waits
ISOLATION = {
    "bubblewrap": "in a sandbox (bubblewrap)",
    "bubblewrap, cgroup v2": "in a sandbox (bubblewrap, cgroup v2)",
    "none": "without a sandbox",
}
NO_COMMENT = ("", "No response.")  # the second is what nbgrader writes by itself
SCROLLS = re.compile("<(?:pre|table)\\b")  # too wide at times, so reached from the keyboard
OWN = 30  # cells of a student's own that a page shows


def render_page(
    course: Course,
    nb: Any,
    rows: list[Row],
    student: str,
    chapter: str,
    isolation: str,
    comments: dict[str, str] | None = None,
) -> str:
    """Return a student's page of a chapter as HTML; `comments` by the name of the answer cell."""
    refused = (nb.metadata.get(OURS, {}).get("refused") or {}).get("says", "")
    released = {(grade_id(c) or "").removeprefix("check_"): _points(c) for c in nb.cells}
    shown = {row.exercise: _shown(row, released.get(row.exercise)) for row in rows}
    titles = {c.name: c.title for c in course.chapters}
    return template("page.html.j2").render(
        title=plaintext(titles.get(chapter, chapter)),
        student=plaintext(student),
        refused=plaintext(refused),
        rows=list(shown.values()),
        score=f"{round(sum(row.score or 0 for row in rows), 4):g}",
        max_score=f"{sum(row.max_score for row in rows):g}",
        waiting=f"{sum(row.max_score for row in rows if row.score is None):g}",
        parts=[] if refused else _parts(nb, shown, comments or {}),
        isolation=ISOLATION.get(isolation, plaintext(isolation)),
    )


class Page(NbGraderPreprocessor):
    """Put the page into the resources, for the one line of the template that nbgrader fills."""

    course = Unicode(help="module:NAME of the course").tag(config=True)
    root = Unicode(help="the class's directory").tag(config=True)
    display_data_priority = List(["text/plain"]).tag(config=True)  # nbconvert sets it for all

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook without cells, and the page among the resources."""
        about = resources["nbgrader"]
        course = load(self.course)
        known = agreed(course, Path(self.root)) if self.root else Agreed()
        with Gradebook(about["db_url"]) as gb:
            rows = rows_of(gb, nb, about["student"], about["assignment"], known)
        isolation = nb.metadata.get(OURS, {}).get("walls", "none")
        said = {
            grade_id(c) or "": c.metadata.nbgrader.get("comment") for c in nb.cells if is_answer(c)
        }
        student = known.shown(about["student"])
        html = render_page(course, nb, rows, student, about["assignment"], isolation, said)
        resources[OURS] = {"html": html}
        nb.cells = []
        return nb, resources


@functools.cache
def template(name: str) -> jinja2.Template:
    """Return one of our templates; all that it is given is escaped unless it is Markup."""
    loader = jinja2.FileSystemLoader([TEMPLATES / "feedback_page", TEMPLATES / "class_report"])
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True).get_template(name)


def write_plain(path: Path, title: str, says: str) -> None:
    """Write a page for a submission of which nbgrader could make none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(plaintext(title))}</title>"
        '<body style="font:16px/1.5 system-ui,sans-serif;max-width:46em;margin:2em auto;'
        f'padding:0 1em"><h1>{escape(plaintext(title))}</h1><p>{escape(plaintext(says))}</p></body>'
        "</html>\n",
        encoding="utf-8",
    )


def _points(cell: Any) -> float | None:
    points = cell.metadata.get("nbgrader", {}).get("points")
    return None if points is None else float(points)


def _shown(row: Row, released: float | None = None) -> dict[str, Any]:
    """Return what the page shows of a row; `released` are the points that the chapter states."""
    waits = row.score is None
    points = f"– / {row.max_score:g}" if waits else f"{row.score:g} / {row.max_score:g}"
    if row.status == LATE:
        points = f"{row.score:g}".replace("-", "−")
    elif row.status == DROPPED:
        points = "does not count"
    elif released is not None and released != row.max_score:
        points += f" (the chapter says {released:g})"
    status = PERSON[waits] if row.status == MANUAL else row.status
    return {
        "name": "handed in late" if row.status == LATE else plaintext(row.exercise),
        "link": row.status != LATE,
        "attempted": row.status != NOT_ATTEMPTED,
        "points": points,
        "status": plaintext(row.mistake) if row.status == LATE else status,
        "sign": SIGN.get(row.status, "✗"),
        "kind": KIND.get(row.status, "bad"),
    }


def _parts(nb: Any, shown: dict[str, Any], comments: dict[str, str]) -> list[dict[str, Any]]:
    """Return what the page shows of each cell, in the notebook's order."""
    parts: list[dict[str, Any]] = []
    effort = Effort()  # answers and own texts share it, in the notebook's order
    own = not_shown = 0
    for cell in nb.cells:
        about = cell.metadata.get(OURS, {})
        name = grade_id(cell) or ""
        if about.get("notes"):
            parts.append({"kind": "notes", "text": Markup(markdown_html(cell.source))})
        elif is_check(cell):
            parts.append({"kind": "check", **_verdict(cell)})
        elif is_answer(cell):
            said = comments.get(name) or ""
            parts.append(
                {
                    "kind": "answer",
                    "row": shown.get(name),
                    "comment": "" if said in NO_COMMENT else Markup(markdown_html(said)),
                    **_text(cell, effort),
                }
            )
        elif about.get("own") and cell.source.strip():
            own += 1
            not_shown = max(0, own - OWN)
            if not not_shown:
                parts.append({"kind": "own", **_text(cell, effort)})
    if not_shown:
        parts.append({"kind": "not_shown", "number": not_shown})
    return parts


def _text(cell: Any, effort: Effort) -> dict[str, Any]:
    if cell.cell_type == "code":
        return {"code": Markup(python_html(cell.source)), "printed": output_text(cell.outputs)}
    return {"text": Markup(markdown_html(cell.source, cell.get("attachments"), effort))}


def _verdict(cell: Any) -> dict[str, Any]:
    panels = [o.data for o in cell.outputs if VERDICT_MIME in o.get("data", {})]
    html = panels[-1].get("text/html", "") if panels else ""
    panel = clean_panel(str(html)[: sizes.PAGE_PANEL])
    others = [o for o in cell.outputs if VERDICT_MIME not in o.get("data", {})]
    return {
        "panel": Markup(SCROLLS.sub(r'\g<0> tabindex="0"', panel)),
        "printed": output_text(others),
    }
