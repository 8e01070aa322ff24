"""Rows: one for each exercise of each submission, as they stand in grades.csv.

A score always comes from the gradebook, so that grades.csv cannot differ from what nbgrader shows;
a status and a mistake come from the record that was committed with it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    GradeCell,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select

from autograder.core.verdict import ERROR, MANUAL, NOT_ATTEMPTED
from autograder.grading.notebooks.check_cells import CHECK, results
from autograder.grading.notebooks.normalise import OURS
from autograder.grading.store import records
from autograder.grading.store.class_directory import ClassDirectory
from autograder.grading.store.records import NOT_GRADED, Record
from autograder.io import write_file
from autograder.spreadsheet import escape_formula


class Row(NamedTuple):
    """One line of grades.csv; a score of None waits for a person."""

    student: str
    chapter: str
    exercise: str
    score: float | None
    max_score: float
    status: str
    mistake: str


class Mark(NamedTuple):
    """What the gradebook holds for one graded cell."""

    score: float
    max_score: float
    auto_score: float | None
    manual_score: float | None


Marks = dict[tuple[str, str], dict[str, Mark]]  # by student and chapter, then by cell


def marks(
    gb: Gradebook,
    student: str | None = None,
    chapter: str | None = None,
    grades: list[str] | None = None,
) -> Marks:
    """Return all marks, or those of a student, a chapter, or these grades, by one query."""
    cell, graded = BaseCell.__table__.c, GradeCell.__table__.c
    wanted = (SubmittedAssignment.student_id, Assignment.name, cell.name, Grade.score)
    query = (
        select(*wanted, graded.max_score, Grade.auto_score, Grade.manual_score)
        .select_from(Grade)
        .join(BaseCell.__table__, cell.id == Grade.cell_id)
        .join(GradeCell.__table__, graded.id == Grade.cell_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
    )
    if student is not None:
        query = query.where(SubmittedAssignment.student_id == student)
    if chapter is not None:
        query = query.where(Assignment.name == chapter)
    if grades is not None:
        query = query.where(Grade.id.in_(grades))
    found: Marks = {}
    for who, what, name, *mark in gb.db.execute(query):
        found.setdefault((who, what), {})[name] = Mark(*mark)
    return found


class Cell(NamedTuple):
    """A graded cell of a chapter, in the notebook's order."""

    name: str
    written: bool

    @property
    def exercise(self) -> str:
        """The name of the exercise, or of the written answer."""
        return self.name if self.written else self.name.removeprefix(CHECK)


def graded_cells(cells: list[dict[str, Any]]) -> list[Cell]:
    """Return which of a notebook's cells carry points."""
    about = [c["metadata"].get("nbgrader", {}) for c in cells]
    return [Cell(a["grade_id"], bool(a.get("solution"))) for a in about if a.get("grade")]


def rows(cells: list[Cell], found: dict[str, Mark], record: Record) -> list[Row]:
    """Return the rows of one submission."""
    outcomes = {o.exercise: o for o in record.results}
    refused = record.refused[0] if record.refused else "" if record.digest else NOT_GRADED
    made = []
    for cell in cells:
        mark = found[cell.name]
        score: float | None = float(mark.score)
        outcome = outcomes.get(cell.exercise)
        if refused:
            status, mistake = ERROR, refused
        elif not cell.written:
            status = outcome.status if outcome else ERROR
            mistake = outcome.mistake if outcome else "no_verdict"
            if outcome and outcome.said:  # there it was right, and a person is to look
                mistake = f"{mistake}; " * bool(mistake) + f"{outcome.said} in the notebook"
        elif mark.auto_score is not None and mark.manual_score is None:
            status, mistake = NOT_ATTEMPTED, ""
        else:
            status, mistake = MANUAL, ""
            score = None if mark.manual_score is None else score
        where = (record.student, record.chapter, cell.exercise)
        made.append(Row(*where, score, float(mark.max_score), status, mistake))
    return made


def by_submission(
    gb: Gradebook, directory: ClassDirectory, answers: bool = True
) -> Iterator[tuple[Record, list[Row]]]:
    """Yield each submission in the gradebook with its rows, by student and chapter."""
    cells: dict[str, list[Cell]] = {}
    every = records.all(gb) if answers else (r._replace(answers={}) for r in records.all(gb))
    known = {(r.student, r.chapter): r for r in every}
    for (student, chapter), found in sorted(marks(gb).items()):
        if chapter not in cells:
            cells[chapter] = graded_cells(json.loads(directory.released(chapter))["cells"])
        record = known.get((student, chapter)) or _unrecorded(directory, student, chapter)
        yield record, rows(cells[chapter], found, record)


def all_rows(gb: Gradebook, directory: ClassDirectory) -> list[Row]:
    """Return the rows of every submission in the gradebook, by student, chapter, notebook."""
    return [row for _, made in by_submission(gb, directory, False) for row in made]


def rows_of(gb: Gradebook, nb: Any, student: str, chapter: str) -> list[Row]:
    """Return the rows of a graded notebook, whether or not there is a record of it."""
    found = marks(gb, student, chapter)[student, chapter]
    return rows(graded_cells(nb.cells), found, _record_of(nb, student, chapter))


def _unrecorded(directory: ClassDirectory, student: str, chapter: str) -> Record:
    """Return a record of what plain nbgrader has graded."""
    try:
        nb = nbformat.read(directory.path("autograded", student, chapter), as_version=4)
    except (OSError, ValueError):
        return Record(student, chapter)
    return _record_of(nb, student, chapter)


def _record_of(nb: Any, student: str, chapter: str) -> Record:
    about = nb.metadata.get(OURS, {})
    refused = about.get("refused")
    return Record(
        *(student, chapter, "-"),
        isolation=about.get("walls", ""),
        refused=(refused["mistake"], refused["says"]) if refused else None,
        results=tuple(records.CheckRecord.of(r) for r in results(nb).values()),
    )


def write_csv(path: Path, made: list[Row]) -> None:
    """Write grades.csv; it is replaced in one step, so that it is never half there."""
    file = io.StringIO(newline="")
    table = csv.writer(file, lineterminator="\n")
    table.writerow(Row._fields)
    table.writerows([_text(x) for x in row] for row in made)
    write_file(path, file.getvalue())


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else escape_formula(value)
