"""A question with its model answer and rubric, and a student's answer, as HTML that is safe.

What a student wrote goes the way of a student's page (`reports.markup`): HTML in it is text, and
formulas are set without a script.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from html import escape
from typing import Any, NamedTuple

import nbformat
from nbgrader.api import Gradebook

from autograder import sizes
from autograder.authoring import source
from autograder.core.course import Course
from autograder.core.verdict import VERDICT_MIME
from autograder.grading.notebooks.check_cells import is_check
from autograder.grading.notebooks.normalise import grade_id
from autograder.grading.notebooks.panel_html import clean_panel
from autograder.grading.reports.markup import markdown_html, output_text, python_html
from autograder.grading.review.questions import Answer
from autograder.grading.store import records
from autograder.grading.store.class_directory import ClassDirectory
from autograder.grading.store.gradebook import Cell

RUBRIC = re.compile(r"^\*\*Points\*\*\s*$", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} ", re.MULTILINE)
GONE = "The graded notebook cannot be read. `autograder grade` writes it again."


class Key(NamedTuple):
    """What stands beside the answers to a question, as HTML; no rubric is ""."""

    question: str
    model: str
    rubric: str


def key(directory: ClassDirectory, chapter: str, cell: Cell) -> Key:
    """Return what a grader reads beside the answers."""
    asked = question(json.loads(directory.released(chapter))["cells"], cell.exercise)
    if not cell.written:
        found = source.keys(directory.course, chapter).get(cell.exercise, "")
        return Key(markdown_html(asked), _code(found), "")
    model, rubric = model_answer(directory.course, chapter, cell.name)
    return Key(markdown_html(asked), markdown_html(model), markdown_html(rubric) if rubric else "")


def question(cells: list[dict[str, Any]], name: str) -> str:
    """Return the text above an answer's cell, from its last heading on; "" where there is none."""
    for before, cell in itertools.pairwise(cells):
        if grade_id(cell) == name and before["cell_type"] == "markdown":
            text = "".join(before["source"])
            starts = [m.start() for m in HEADING.finditer(text)]
            return text[starts[-1] :] if starts else text
    return ""


@functools.cache
def model_answer(course: Course, chapter: str, name: str) -> tuple[str, str]:
    """Return a written question's model answer and its rubric, what the points are for.

    The rubric is what follows the line `**Points**` of the source.
    """
    for cell in source.read(course, chapter):
        if cell.keys.get("answer") == name:
            parts = RUBRIC.split(cell.text, maxsplit=1)
            return parts[0].strip(), parts[1].strip() if len(parts) > 1 else ""
    return "", ""


def answer_html(directory: ClassDirectory, answer: Answer) -> str:
    """Return a student's answer, and for a check what it said."""
    path = directory.path("autograded", answer.student, answer.chapter)
    try:
        if path.stat().st_size > 2 * sizes.NOTEBOOK:
            raise ValueError("too large")
        cells = nbformat.v4.reads(path.read_text(encoding="utf-8")).cells
    except (OSError, ValueError, KeyError, AttributeError):
        return markdown_html(GONE)
    parts = []
    for cell in cells:
        if grade_id(cell) == answer.cell.exercise:
            parts.append(_cell(cell))
        elif grade_id(cell) == answer.cell.name and is_check(cell):
            panels = [o.data for o in cell.outputs if VERDICT_MIME in o.get("data", {})]
            html = panels[-1].get("text/html", "") if panels else ""
            parts.append(clean_panel(str(html)[: sizes.PAGE_PANEL]))
    return "".join(parts)


def why(gb: Gradebook, answer: Answer) -> str:
    """Return why a person is to look, where it is not a written answer's first time."""
    if answer.manual is not None and answer.waits:
        return "The answer has changed, or was graded again, since a person marked it."
    record = None if answer.cell.written else records.get(gb, answer.student, answer.chapter)
    for result in record.results if record else ():
        if result.exercise == answer.cell.exercise and result.said:
            said = f"The check's saved output says: {result.said} in the notebook, not here."
            return f"{said} It is the student's file and proves nothing."
    return "The gradebook asks for a look." if answer.waits and not answer.cell.written else ""


def _cell(cell: Any) -> str:
    if cell.cell_type == "code":
        return _code(cell.source) + _printed(cell.get("outputs", []))
    return f'<div class="written">{markdown_html(cell.source, cell.get("attachments"))}</div>'


def _code(text: str) -> str:
    return f'<pre class="code" tabindex="0">{python_html(text)}</pre>'


def _printed(outputs: list[Any]) -> str:
    text = output_text(outputs)
    return f'<pre class="out" tabindex="0">{escape(text)}</pre>' if text else ""
