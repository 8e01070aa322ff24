"""Due dates and penalties in nbgrader's tables, as the class has agreed on them now.

formgrader and nbgrader's own export then say what grades.csv says of lateness. Where the class has
no due date for a chapter, nbgrader's own due date and its plugin stand, and are asked anew.
"""

from __future__ import annotations

from typing import Any

from nbgrader.api import Gradebook, SubmittedAssignment
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from autograder.grading.people.enrolment import Member
from autograder.grading.store.class_directory import ClassDirectory
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
    for assignment in list(gb.assignments):
        chapter = assignment.name
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


def _submissions(gb: Gradebook, chapter: str) -> list[SubmittedAssignment]:
    cells = ChapterCells(gb, chapter)
    query = select(SubmittedAssignment).where(SubmittedAssignment.assignment_id == cells.id)
    together = selectinload(SubmittedAssignment.notebooks)
    return list(gb.db.scalars(query.options(together)))


def _set(directory: ClassDirectory, gb: Gradebook, chapter: str) -> None:
    for submission in _submissions(gb, chapter):
        standing = directory.agreed.standing(submission.student_id, chapter, submission.timestamp)
        due = directory.agreed.terms.of(chapter).due
        extra = standing.due - due if standing.due and due else None
        submission.extension = extra or None
        for notebook in submission.notebooks:
            taken = standing.penalty(notebook.score, notebook.max_score)
            notebook.late_submission_penalty = taken or None


def _forget(gb: Gradebook, chapter: str) -> None:
    for submission in _submissions(gb, chapter):
        submission.extension = None
        for notebook in submission.notebooks:
            notebook.late_submission_penalty = None


def _ask_plugin(gb: Gradebook, chapter: str, plugin: AssignLatePenalties) -> None:
    cells = ChapterCells(gb, chapter)
    for submission in _submissions(gb, chapter):
        scores = Scores(gb, cells, submission.student_id)
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
