"""When something was handed in, and what that costs."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from autograder.grading.terms.settings import POINTS, ChapterTerms

DAY = timedelta(days=1)


class Standing(NamedTuple):
    """How a submission stands with its due date.

    `late` is by how much, None where it is in time or nothing is known. `marked`: the LMS calls it
    late and says not by how much. `taken` is what nbgrader's own penalty takes, where the class has
    no terms of its own.
    """

    terms: ChapterTerms = ChapterTerms()
    due: datetime | None = None
    handed_in: datetime | None = None
    marked: bool = False
    taken: float = 0.0

    @property
    def late(self) -> timedelta | None:
        """By how much it is late, grace given; None where it is not."""
        if self.due is None or self.handed_in is None:
            return None
        over = self.handed_in - self.due
        return over if over > self.terms.grace else None

    @property
    def days(self) -> int:
        """Days that have begun after the due date."""
        late = self.late
        return 0 if late is None else math.ceil(late / DAY)

    @property
    def share(self) -> float:
        """What share is taken."""
        return min(self.terms.maximum, self.days * self.terms.per_day)

    def penalty(self, reached: float, most: float) -> float:
        """Return the points taken from `reached` of `most`; never more than were reached."""
        if self.due is None:
            return max(0.0, min(self.taken, reached))
        taken = self.share * (most if self.terms.of == POINTS else reached)
        return max(0.0, min(round(taken, 4), reached))

    @property
    def says(self) -> str:
        """In words how late it is; "" where it is not."""
        if self.late is not None:
            n = self.days
            return f"{n} {'day' if n == 1 else 'days'} late"
        if self.due is None and self.taken:
            return "late"
        if self.marked and (self.handed_in is None or self.due is None):
            return "late, says the LMS, and not by how much"
        return ""
