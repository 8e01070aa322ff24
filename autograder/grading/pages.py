"""A student's page: the points of each exercise, the answer, the verdict, a person's comment.

The chapter's own text is left out. What the student wrote is shown as text: no HTML of it and no
script reaches the page.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List

from autograder.chapters import CHAPTERS
from autograder.grading.gradebook import rows_of
from autograder.grading.normalise import OURS
from autograder.grading.results import CHECK
from autograder.verdict import MANUAL, NOT_ATTEMPTED, PASSED

HARMLESS = ("text/plain", "image/png", "image/jpeg")
SIGN = {PASSED: "✓", NOT_ATTEMPTED: "○", MANUAL: "✎"}
PERSON = {True: "waits for a person", False: "graded by a person"}  # by whether it waits


class Page(NbGraderPreprocessor):
    """Leave in the notebook what the page shows, and add the table of points to the resources."""

    display_data_priority = List(list(HARMLESS)).tag(config=True)  # nbconvert sets it for all

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gb:
            made = rows_of(gb, nb, about["student"], about["assignment"])
        titles = {c.name: c.title for c in CHAPTERS}
        resources[OURS] = {
            "title": titles.get(about["assignment"], about["assignment"]),
            "student": about["student"],
            "refused": (nb.metadata.get(OURS, {}).get("refused") or {}).get("says", ""),
            "rows": [_shown(row) for row in made],
            "score": f"{sum(row.score or 0 for row in made):g}",
            "max_score": f"{sum(row.max_score for row in made):g}",
            "waiting": f"{sum(row.max_score for row in made if row.score is None):g}",
        }
        by_name = {row.exercise: _shown(row) for row in made}
        nb.cells = [cell for cell in nb.cells if _is_shown(cell)]
        for cell in nb.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            check = name.startswith(CHECK)
            kind = "check" if check else "answer" if name else "own"
            if cell.metadata.get(OURS, {}).get("notes"):
                kind = "notes"
            row = by_name.get(name.removeprefix(CHECK))
            cell.metadata[OURS] = {"kind": kind, "row": row}
            if not check:
                _only_harmless(cell)
        return nb, resources


class Renderer(IPythonRenderer):
    """Markdown with mathematics and pasted pictures; HTML in it is shown as the text it is."""

    def __init__(self, attachments: dict) -> None:
        super().__init__(escape=True, allow_harmful_protocols=False, attachments=attachments)

    def block_mermaidjs(self, code: str) -> str:  # nbconvert's own lets HTML through
        return f"<pre>{escape(code)}</pre>"


@pass_context
def markdown(context: Any, source: str) -> str:
    """Return a student's markdown as HTML."""
    attachments = getattr(context.get("cell"), "attachments", {})
    return MarkdownWithMath(renderer=Renderer(attachments)).render(source)


def write_plain(path: Path, title: str, says: str) -> None:
    """Write a page for a submission of which nbgrader could make none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<body style="font:16px/1.5 system-ui,sans-serif;max-width:46em;margin:2em auto">'
        f"<h1>{escape(title)}</h1><p>{escape(says)}</p></body></html>\n",
        encoding="utf-8",
    )


def _shown(row: Any) -> dict[str, Any]:
    waits = row.score is None
    return {
        "name": row.exercise,
        "attempted": row.status != NOT_ATTEMPTED,
        "points": f"– / {row.max_score:g}" if waits else f"{row.score:g} / {row.max_score:g}",
        "status": PERSON[waits] if row.status == MANUAL else row.status,
        "sign": SIGN.get(row.status, "✗"),
        "kind": {PASSED: "good", NOT_ATTEMPTED: "none", MANUAL: "none"}.get(row.status, "bad"),
    }


def _is_shown(cell: Any) -> bool:
    grading = cell.metadata.get("nbgrader", {})
    return bool(grading.get("solution") or grading.get("grade") or OURS in cell.metadata)


def _only_harmless(cell: Any) -> None:
    for output in cell.get("outputs", []):
        if "data" in output:
            output.data = {k: v for k, v in output.data.items() if k in HARMLESS}
