"""nbgrader's gradebook before and after a submission, and the rows of grades.csv.

A score always comes from the gradebook, a status and a mistake from the notebook that ran, so
that grades.csv cannot differ from what nbgrader shows.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbgrader.api import Gradebook

from autograder.grading.course import Course
from autograder.grading.normalise import OURS, grade_id, is_answer
from autograder.grading.results import CHECK, results
from autograder.verdict import ERROR, MANUAL, NOT_ATTEMPTED


class Row(NamedTuple):
    """One line of grades.csv; a score of None waits for a person."""

    student: str
    chapter: str
    exercise: str
    score: float | None
    max_score: float
    status: str
    mistake: str


class Manual(NamedTuple):
    """What a person has put into the gradebook for a cell, and the answer that it was put for."""

    needed: bool
    answer: str


def clear(gb: Gradebook, course: Course, student: str, chapter: str) -> dict[str, Manual]:
    """Set every automatic score of a submission to 0, and return what a person had given.

    A grading that fails then leaves nothing that looks like its result.
    """
    gb.update_or_create_student(student)
    gb.update_or_create_submission(chapter, student)
    answers = _answers(course.path("autograded", student, chapter))
    manual = {}
    for grade in gb.find_submission_notebook(chapter, chapter, student).grades:
        if grade.manual_score is not None:
            name = grade.name.removeprefix(CHECK)
            manual[grade.name] = Manual(grade.needs_manual_grade, answers.get(name, ""))
        grade.auto_score = 0.0
        grade.needs_manual_grade = grade.manual_score is not None
    gb.db.commit()
    return manual


def keep_manual(
    gb: Gradebook, course: Course, student: str, chapter: str, manual: dict[str, Manual]
) -> list[str]:
    """Keep a person's scores; return the answers that changed since, to be looked at again.

    nbgrader asks for a second look at every answer with a manual score, changed or not.
    """
    answers = _answers(course.path("autograded", student, chapter))
    changed = []
    for name, before in manual.items():
        same = answers.get(name.removeprefix(CHECK), "") == before.answer
        if same:
            grade = gb.find_grade(name, chapter, chapter, student)
            grade.needs_manual_grade = before.needed
        else:
            changed.append(name.removeprefix(CHECK))
    gb.db.commit()
    return changed


def _answers(path: Path) -> dict[str, str]:
    """Return the student's answers in a notebook, by name; {} where there is none."""
    nb = read(path)
    if nb is None:
        return {}
    return {grade_id(c): c.source for c in nb.cells if is_answer(c)}


def read(path: Path) -> nbformat.NotebookNode | None:
    """Return a notebook that grading has written, or None."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError):
        return None


def rows(gb: Gradebook, course: Course, student: str, chapter: str) -> list[Row]:
    """Return the rows of one submission, in the notebook's order."""
    nb = read(course.path("autograded", student, chapter))
    if nb is not None:
        return rows_of(gb, nb, student, chapter)
    made = rows_of(gb, course.released(chapter), student, chapter)
    return [row._replace(status=ERROR, mistake="not_graded") for row in made]


def rows_of(gb: Gradebook, nb: Any, student: str, chapter: str) -> list[Row]:
    """Return the rows of a notebook that has run and been recorded."""
    found = results(nb)
    refused = nb.metadata.get(OURS, {}).get("refused")
    made = []
    for cell in nb.cells:
        if not cell.metadata.get("nbgrader", {}).get("grade"):
            continue
        name = grade_id(cell)
        grade = gb.find_grade(name, chapter, chapter, student)
        score: float | None = float(grade.score)
        if not is_answer(cell):
            result = found.get(name)
            status, mistake = (result.status, result.mistake) if result else (ERROR, "no_verdict")
            name = name.removeprefix(CHECK)
        elif refused:
            status, mistake = ERROR, refused["mistake"]
        elif grade.auto_score is not None and grade.manual_score is None:
            status, mistake = NOT_ATTEMPTED, ""
        else:
            status, mistake = MANUAL, ""
            score = None if grade.manual_score is None else score
        made.append(Row(student, chapter, name, score, float(grade.max_score), status, mistake))
    return made


def all_rows(gb: Gradebook, course: Course) -> list[Row]:
    """Return the rows of every submission in the gradebook, by student, chapter, notebook."""
    pairs = sorted(
        (s.student_id, assignment.name)
        for assignment in gb.assignments
        for s in assignment.submissions
    )
    return [row for student, chapter in pairs for row in rows(gb, course, student, chapter)]


def write_csv(path: Path, made: list[Row]) -> None:
    """Write grades.csv; it is replaced in one step, so that it is never half there."""
    beside = path.with_suffix(".csv.new")
    with beside.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(Row._fields)
        table.writerows([_text(x) for x in row] for row in made)
    os.replace(beside, path)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else value
