"""The key is graded first.

A grader that is broken (a library that is missing, a check that is wrong) gives every student 0
without a word. It also gives the key less than full marks, and that can be seen before.
"""

from __future__ import annotations

import logging
import tempfile
from html.parser import HTMLParser
from pathlib import Path

from autograder.build import instructor_notebook, text
from autograder.chapters import CHAPTERS
from autograder.grading import GradingError, brief
from autograder.grading.course import Course
from autograder.grading.gradebook import read, rows
from autograder.grading.normalise import grade_id, normalise
from autograder.grading.results import CHECK
from autograder.verdict import MANUAL, PASSED


def grade_key(chapters: list[str], log: logging.Logger, seed: int, timeout: float) -> None:
    """Grade the key of each chapter in a directory of its own; GradingError if it falls short."""
    with tempfile.TemporaryDirectory(prefix="gru-course-key-") as scratch:
        course = Course(Path(scratch), log)
        course.lay_out(chapters, seed=seed, timeout=timeout)
        wrong = [w for chapter in chapters for w in _shortcomings(course, chapter)]
    if wrong:
        raise GradingError(
            "The grader is broken: the course's own key does not get full marks.\n"
            + "\n".join(f"  {w}" for w in wrong)
            + "\nNothing was graded, and no student's grade was touched."
        )


def _shortcomings(course: Course, chapter: str) -> list[str]:
    release = course.released(chapter)
    solved = normalise(release, text(instructor_notebook(chapter)).encode())
    course.submit("key", chapter, solved.notebook)
    try:
        course.autograde("key", chapter)
    except Exception as error:  # any failure to run the key is the grader's
        return [f"{chapter}: the key did not run ({brief(error)})."]
    with course.gradebook() as gb:
        got = rows(gb, course, "key", chapter)
    nb = read(course.path("autograded", "key", chapter))
    declared = {e.name for c in CHAPTERS if c.name == chapter for e in c.exercises}
    unchecked = sorted(declared - {row.exercise for row in got})
    wrong = [f"{chapter}, {name}: the exercise has no check cell." for name in unchecked]
    for row in got:
        if row.status != MANUAL and (row.status != PASSED or row.score != row.max_score):
            wrong.append(
                f"{chapter}, {row.exercise}: {row.score:g} of {row.max_score:g} points, "
                f"{row.status}{f' ({row.mistake})' if row.mistake else ''}. "
                f"{_panel_text(nb, CHECK + row.exercise)}"
            )
    return wrong


def _panel_text(nb, name: str) -> str:
    """Return what the panel of a check cell says, as one line."""
    words: list[str] = []
    parser = HTMLParser()
    parser.handle_data = words.append
    for cell in nb.cells:
        if grade_id(cell) == name:
            for output in cell.outputs:
                parser.feed(output.get("data", {}).get("text/html", ""))
    line = " ".join(" ".join(words).split())
    return line if len(line) < 400 else line[:400] + " …"
