"""A person's points and comment in nbgrader's gradebook, where formgrader would put them."""

from __future__ import annotations

import hashlib
import math
from typing import Any, NamedTuple

from nbgrader.api import BaseCell, Comment, Grade, Gradebook
from sqlalchemy import select

from autograder import sizes
from autograder.errors import GradingError
from autograder.grading.notebooks.plaintext import plaintext
from autograder.grading.review.questions import Answer, one
from autograder.grading.run.lock import locked
from autograder.grading.store import records
from autograder.grading.store.class_directory import ClassDirectory


class Changed(GradingError):
    """Somebody else has changed what is to be marked."""


class Mark(NamedTuple):
    """What the page shows of a mark; `version` changes with it and with the answer."""

    score: float | None
    comment: str
    unmarked: bool
    version: str


def mark_of(gb: Gradebook, answer: Answer) -> Mark:
    """Return the mark of an answer as it stands in the gradebook."""
    row = _comment(gb, answer)
    said = (row.manual_comment if row else None) or ""
    record = records.get(gb, answer.student, answer.chapter)
    parts = (answer.manual, answer.unmarked, said, record and (record.digest, record.time))
    version = hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Mark(answer.manual, said, answer.unmarked, version)


def set_mark(
    directory: ClassDirectory, gb: Gradebook, grade: str, score: Any, comment: Any, version: str
) -> Mark:
    """Write points and comment; return the mark as it now stands.

    Points of None leave a check its automatic score, and let a written answer wait again.
    GradingError where they cannot be given, or while a grader is at work; Changed where the mark or
    the answer is no longer the one of `version`.
    """
    with locked(directory.root):
        answer = one(directory, gb, grade)
        if answer is None:
            raise Changed("This answer is no longer in the gradebook. Load the page again.")
        if mark_of(gb, answer).version != version:
            raise Changed(
                "Somebody else has marked this answer, or it was graded again. What stands in the "
                "gradebook is shown now; nothing of yours was saved."
            )
        row = gb.db.get(Grade, answer.grade)
        assert row is not None  # it was there a moment ago, and the directory is locked
        row.manual_score = points(score, answer.most)
        row.needs_manual_grade = row.manual_score is None and row.auto_score is None
        _set_comment(gb, answer, text(comment))
        gb.db.commit()
        gb.db.expire_all()
        after = one(directory, gb, grade)
        assert after is not None
        return mark_of(gb, after)


def points(given: Any, most: float) -> float | None:
    """Return points that an answer can have; GradingError for others."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise GradingError("Points are a number.")
    if not (math.isfinite(given) and 0 <= given <= most):
        raise GradingError(f"Points here are a number from 0 to {most:g}; this was {given:g}.")
    return round(float(given), 4)


def text(given: Any) -> str:
    """Return a comment that a page can hold; GradingError for one that is too long."""
    if not isinstance(given, str):
        raise GradingError("A comment is text.")
    if len(given) > sizes.COMMENT:
        raise GradingError(
            f"This comment has {len(given):,} characters, and at most {sizes.COMMENT:,} are kept. "
            "Nothing was saved: shorten it."
        )
    return plaintext(given.replace("\r\n", "\n")).strip()


def _comment(gb: Gradebook, answer: Answer) -> Comment | None:
    name = BaseCell.__table__.c.name == answer.cell.exercise
    query = select(Comment).join(BaseCell.__table__, BaseCell.__table__.c.id == Comment.cell_id)
    return gb.db.scalars(query.where(Comment.notebook_id == answer.notebook, name)).first()


def _set_comment(gb: Gradebook, answer: Answer, said: str) -> None:
    row = _comment(gb, answer)
    if row is not None:
        row.manual_comment = said or None
    elif said:
        raise GradingError("The gradebook has no place for a comment on this answer.")
