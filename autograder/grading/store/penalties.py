"""Due dates and penalties in nbgrader's tables, as the class has agreed on them now.

formgrader and nbgrader's own export then say what grades.csv says of lateness. Where the class has
no due date for a chapter, nbgrader's own due date and its plugin stand, and are asked anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from nbgrader.api import Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select, update

from autograder.grading.people.enrolment import Member
from autograder.grading.store.class_directory import ClassDirectory
from autograder.grading.store.gradebook import marks
from autograder.grading.store.scores import ChapterCells, Scores

NAME_LENGTH = 128  # of nbgrader's columns


def settle(
    directory: ClassDirectory, gb: Gradebook, plugin: AssignLatePenalties, before: Any
) -> list[str]:
    """Set every due date, extension and penalty; return the chapters whose due date is ours.

    `before` are those of the last run: what they had is taken away where the class has taken it
    out of its settings.
    """
    ours = []
    for chapter in [assignment.name for assignment in gb.assignments]:
        assignment = gb.find_assignment(chapter)  # anew: the session was emptied since
        due = directory.agreed.terms.of(chapter).due
        if due is None and assignment.duedate is None:
            continue
        if due is None and chapter in (before or ()):
            assignment.duedate = None
            _forget(gb, chapter)
        elif due is None:
            _ask_plugin(gb, chapter, plugin)
        else:
            ours.append(chapter)
            assignment.duedate = due
            _set(directory, gb, chapter)
        gb.db.commit()
        gb.db.expunge_all()
    return ours


class _Row(NamedTuple):
    """One submission's notebook in nbgrader's tables."""

    assignment: str
    student: str
    timestamp: datetime | None
    extension: timedelta | None
    notebook: str
    penalty: float | None


def _rows(gb: Gradebook, chapter: str) -> list[_Row]:
    """Return every submission of a chapter without its score, which nbgrader asks for singly."""
    sent, part = SubmittedAssignment.__table__.c, SubmittedNotebook.__table__.c
    query = (
        select(sent.id, sent.student_id, sent.timestamp, sent.extension)
        .add_columns(part.id, part.late_submission_penalty)
        .join(SubmittedNotebook.__table__, part.assignment_id == sent.id)
        .where(sent.assignment_id == ChapterCells(gb, chapter).id)
    )
    return [_Row(*row) for row in gb.db.execute(query)]


def _set(directory: ClassDirectory, gb: Gradebook, chapter: str) -> None:
    found = marks(gb, chapter=chapter)
    due = directory.agreed.terms.of(chapter).due
    for row in _rows(gb, chapter):
        standing = directory.agreed.standing(row.student, chapter, row.timestamp)
        extra = (standing.due - due if standing.due and due else None) or None
        mine = found.get((row.student, chapter), {}).values()
        taken = standing.penalty(sum(m.score for m in mine), sum(m.max_score for m in mine))
        _change(gb, row, extra, taken or None)


def _forget(gb: Gradebook, chapter: str) -> None:
    for row in _rows(gb, chapter):
        _change(gb, row, None, None)


def _change(gb: Gradebook, row: _Row, extra: timedelta | None, taken: float | None) -> None:
    if row.extension != extra:
        where = SubmittedAssignment.id == row.assignment
        gb.db.execute(update(SubmittedAssignment).where(where).values(extension=extra))
    if row.penalty != taken:
        which = SubmittedNotebook.id == row.notebook
        change = update(SubmittedNotebook).where(which).values(late_submission_penalty=taken)
        gb.db.execute(change)


def _ask_plugin(gb: Gradebook, chapter: str, plugin: AssignLatePenalties) -> None:
    cells = ChapterCells(gb, chapter)
    for student in [row.student for row in _rows(gb, chapter)]:
        scores = Scores(gb, cells, student)
        for notebook in scores.notebooks:
            notebook.late_submission_penalty = None
        scores.penalize(plugin)


def names(student: Any, m: Member) -> None:
    """Give nbgrader's student the names of a member; one that a person has typed there stays."""
    listed = bool(m.key)
    for field, value in (
        ("first_name", m.first),
        ("last_name", m.last or m.student),
        ("email", m.email or None),
        ("lms_user_id", m.canvas or None),
    ):
        if value is not None and (getattr(student, field) is None or listed):
            setattr(student, field, value[:NAME_LENGTH])
