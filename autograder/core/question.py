"""A short question that comes back: about an earlier chapter, judged at once, never graded."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """One question. With `wrong`, a choice of one; without, `right` is a number.

    `why` is the sentence that is shown with the verdict, whatever it is.
    """

    name: str
    text: str
    right: str
    why: str
    wrong: tuple[str, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """The choices in an order that tells nothing and stays the same; () for a number."""
        if not self.wrong:
            return ()
        mixed = [self.right, *self.wrong]
        random.Random(self.name).shuffle(mixed)
        return tuple(mixed)
