"""What there is to mark: the written answers, and whatever else the gradebook wants looked at."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    GradeCell,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import Select, or_, select

from autograder.grading.store.class_directory import ClassDirectory
from autograder.grading.store.gradebook import Cell, graded_cells


class Answer(NamedTuple):
    """One answer's row in the gradebook; `grade` is its id there, drawn at random."""

    grade: str
    notebook: str
    student: str
    chapter: str
    cell: Cell
    auto: float | None
    manual: float | None
    waits: bool
    most: float

    @property
    def unmarked(self) -> bool:
        """Whether a person is still to look at it."""
        return self.waits or (self.auto is None and self.manual is None)


class Question(NamedTuple):
    """One question across the class; `empty` counts who left it as it was."""

    chapter: str
    cell: Cell
    answers: tuple[Answer, ...]
    empty: int


def questions(directory: ClassDirectory, gb: Gradebook) -> list[Question]:
    """Return the questions in the course's order, then the checks that are to be looked at.

    The answers stand in the order of their ids: it says nothing of names, and is another one for
    each question.
    """
    made = []
    for chapter, cells in _cells(directory, gb).items():
        found: dict[str, list[Answer]] = {}
        for row in gb.db.execute(_query().where(Assignment.name == chapter, _wanted(cells))):
            answer = _answer(row, cells)
            if answer is not None:
                found.setdefault(answer.cell.name, []).append(answer)
        for cell in cells.values():
            mine = sorted(found.get(cell.name, []))
            there = tuple(a for a in mine if a.auto is None or a.manual is not None or a.waits)
            if mine and (cell.written or there):
                made.append(Question(chapter, cell, there, len(mine) - len(there)))
    return sorted(made, key=lambda q: not q.cell.written)


def one(directory: ClassDirectory, gb: Gradebook, grade: str) -> Answer | None:
    """Return an answer by the id of its grade, or None."""
    row = gb.db.execute(_query().where(Grade.id == grade)).first()
    if row is None or row.chapter not in directory.course.names:
        return None
    return _answer(row, _released(directory, row.chapter))


def _cells(directory: ClassDirectory, gb: Gradebook) -> dict[str, dict[str, Cell]]:
    """Return the graded cells of each chapter that is in the gradebook, by name."""
    there = set(gb.db.scalars(select(Assignment.name)))
    return {c: _released(directory, c) for c in directory.course.names if c in there}


def _released(directory: ClassDirectory, chapter: str) -> dict[str, Cell]:
    cells = graded_cells(json.loads(directory.released(chapter))["cells"])
    return {cell.name: cell for cell in cells}


def _query() -> Select[Any]:
    wanted = (Grade.id, Grade.notebook_id, SubmittedAssignment.student_id.label("student"))
    score = (Grade.auto_score, Grade.manual_score, Grade.needs_manual_grade)
    names = (Assignment.name.label("chapter"), BaseCell.__table__.c.name.label("cell"))
    graded = GradeCell.__table__
    return (
        select(*wanted, *score, *names, graded.c.max_score)
        .select_from(Grade)
        .join(BaseCell.__table__, BaseCell.__table__.c.id == Grade.cell_id)
        .join(graded, graded.c.id == Grade.cell_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
    )


def _wanted(cells: dict[str, Cell]) -> Any:
    written = [cell.name for cell in cells.values() if cell.written]
    named = BaseCell.__table__.c.name.in_(written)
    return or_(named, Grade.needs_manual_grade, Grade.manual_score.is_not(None))


def _answer(row: Any, cells: dict[str, Cell]) -> Answer | None:
    cell = cells.get(row.cell)
    if cell is None:  # of an earlier release
        return None
    score = (row.auto_score, row.manual_score, row.needs_manual_grade, float(row.max_score))
    return Answer(row.id, row.notebook_id, row.student, row.chapter, cell, *score)
