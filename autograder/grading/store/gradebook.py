"""Rows: one for each exercise of each submission, as they stand in grades.csv.

A score always comes from the gradebook, so that grades.csv cannot differ from what nbgrader shows;
a status and a mistake come from the record that was committed with it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
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
from autograder.grading.people.enrolment import ENROLLED
from autograder.grading.store import records
from autograder.grading.store.class_directory import ClassDirectory
from autograder.grading.store.class_terms import Agreed
from autograder.grading.store.records import NOT_GRADED, Record
from autograder.grading.terms.lateness import Standing
from autograder.io import write_file
from autograder.spreadsheet import cell as csv_cell

LATE_PENALTY = "late_penalty"  # the exercise of the row that takes points off
IN_TIME = Standing()
LATE, DROPPED, NOTHING = "late", "dropped", "nothing handed in"
COLUMNS = ("name", "handed_in")  # of grades.csv, after those of a row


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


def rows(
    cells: list[Cell], found: dict[str, Mark], record: Record, standing: Standing = IN_TIME
) -> list[Row]:
    """Return the rows of one submission, with the class's points, and what lateness takes.

    The gradebook keeps the points of the release. A class that counts an exercise otherwise gets
    the same share of its own points, for a person's score too.
    """
    points = dict(standing.terms.points)
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
        most = float(mark.max_score)
        if cell.exercise in standing.terms.drop:
            score, most, status, mistake = 0.0, 0.0, DROPPED, ""
        elif cell.exercise in points:
            share = points[cell.exercise] / most if most else 0.0
            score = None if score is None else round(score * share, 6)
            most = points[cell.exercise]
        where = (record.student, record.chapter, cell.exercise)
        made.append(Row(*where, score, most, status, mistake))
    return made + _late(record, made, standing)


def _late(record: Record, made: list[Row], standing: Standing) -> list[Row]:
    """Return the row of a late submission; its score is what is taken off, or 0."""
    if not standing.says:
        return []
    reached, most = sum(r.score or 0.0 for r in made), sum(r.max_score for r in made)
    taken = standing.penalty(reached, most)
    where = (record.student, record.chapter, LATE_PENALTY)
    return [Row(*where, -taken if taken else 0.0, 0.0, LATE, standing.says)]


def by_submission(
    gb: Gradebook, directory: ClassDirectory, answers: bool = True
) -> Iterator[tuple[Record, list[Row]]]:
    """Yield each submission in the gradebook with its rows, by student and chapter."""
    cells: dict[str, list[Cell]] = {}
    every = records.all(gb) if answers else (r._replace(answers={}) for r in records.all(gb))
    known = {(r.student, r.chapter): r for r in every}
    times = handed(gb)
    for (student, chapter), found in sorted(marks(gb).items()):
        if chapter not in cells:
            cells[chapter] = graded_cells(json.loads(directory.released(chapter))["cells"])
        record = known.get((student, chapter)) or _unrecorded(directory, student, chapter)
        yield record, rows(cells[chapter], found, record, _standing(directory, record, times))


def _standing(
    directory: ClassDirectory, record: Record, times: dict[tuple[str, str], Handed]
) -> Standing:
    time, taken = times.get((record.student, record.chapter), Handed())
    marked = bool(record.about.get("late"))
    return directory.agreed.standing(record.student, record.chapter, time, marked, taken)


class Handed(NamedTuple):
    """When a submission was handed in, in UTC, and what nbgrader's penalty takes off."""

    time: datetime | None = None
    taken: float = 0.0


def handed(
    gb: Gradebook, student: str | None = None, chapter: str | None = None
) -> dict[tuple[str, str], Handed]:
    """Return that of every submission, or of one, by student and chapter."""
    query = (
        select(
            SubmittedAssignment.student_id,
            Assignment.name,
            SubmittedAssignment.timestamp,
            SubmittedNotebook.late_submission_penalty,
        )
        .select_from(SubmittedAssignment)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
    )
    if student is not None:
        query = query.where(SubmittedAssignment.student_id == student)
    if chapter is not None:
        query = query.where(Assignment.name == chapter)
    made: dict[tuple[str, str], Handed] = {}
    for who, what, time, taken in gb.db.execute(query):
        before = made.get((who, what), Handed())
        made[who, what] = Handed(time, before.taken + (taken or 0.0))
    return made


def absent(directory: ClassDirectory, made: list[Row]) -> list[Row]:
    """Return a row for each person of the class list and each chapter that is not handed in."""
    most: dict[str, dict[str, float]] = {}
    for row in made:
        most.setdefault(row.chapter, {})[row.exercise] = row.max_score
    there = {(row.student, row.chapter) for row in made}
    return [
        Row(m.student, chapter, "", None, sum(points.values()), NOTHING, "")
        for m in directory.agreed.members.values()
        if m.state == ENROLLED
        for chapter, points in most.items()
        if (m.student, chapter) not in there
    ]


def all_rows(gb: Gradebook, directory: ClassDirectory) -> list[Row]:
    """Return the rows of the class, by student and chapter; who has nothing has a row too."""
    made = [row for _, several in by_submission(gb, directory, False) for row in several]
    nothing = absent(directory, made)
    return sorted(made + nothing, key=lambda r: (r.student, r.chapter)) if nothing else made


def rows_of(
    gb: Gradebook, nb: Any, student: str, chapter: str, agreed: Agreed | None = None
) -> list[Row]:
    """Return the rows of a graded notebook, whether or not there is a record of it."""
    found = marks(gb, student, chapter)[student, chapter]
    time, taken = handed(gb, student, chapter).get((student, chapter), Handed())
    standing = (agreed or Agreed()).standing(student, chapter, time, taken=taken)
    return rows(graded_cells(nb.cells), found, _record_of(nb, student, chapter), standing)


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


def write_csv(
    path: Path,
    made: list[Row],
    agreed: Agreed | None = None,
    times: dict[tuple[str, str], Handed] | None = None,
) -> None:
    """Write grades.csv; it is replaced in one step, so that it is never half there."""
    file = io.StringIO(newline="")
    table = csv.writer(file, lineterminator="\n")
    table.writerow([*Row._fields, *COLUMNS])
    for row in made:
        time = (times or {}).get((row.student, row.chapter), Handed()).time
        name = (agreed or Agreed()).member(row.student).name
        when = f"{time:%Y-%m-%d %H:%M:%S} UTC" if time else ""
        table.writerow([_text(x) for x in (*row, name, when)])
    write_file(path, file.getvalue())


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else csv_cell(value)
