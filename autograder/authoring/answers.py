"""Which cell of a notebook answers an exercise: one rule for grading and for later chapters.

An answer is found by the name that it defines, wherever it stands; a stub and the course's own text
are none. Of several the last one counts that was there when the exercise was last checked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from autograder.authoring.pieces import Piece, pieces

UNWRITTEN = "raise NotImplementedError"  # in the release's stubs, a class's methods too


class Course(NamedTuple):
    """What the release has: the pieces of all its code cells, and of each exercise its own.

    `owned` is, by exercise, the names that its answer cell makes, with the piece that makes each;
    `owners` the exercises by such a name.
    """

    bare: frozenset[str]
    owned: Mapping[str, Mapping[str, Piece]]
    owners: Mapping[str, str]

    @classmethod
    def of(cls, answers: Mapping[str, str], others: list[str]) -> Course:
        """Return it for the stubs of the answers by name, and the texts of the other cells."""
        owned = {
            e: {n: p._replace(stub=UNWRITTEN in p.bare) for p in pieces(t) for n in p.makes}
            for e, t in answers.items()
        }
        texts = (*answers.values(), *others)
        bare = frozenset(p.bare for t in texts for p in pieces(t) if p.bare)
        return cls(bare, owned, {n: e for e, names in owned.items() for n in names})

    def answered(self, piece: Piece) -> set[str]:
        """Return the exercises that a piece answers: it makes a name of theirs, not as given."""
        return {
            e
            for name in piece.makes
            if (e := self.owners.get(name)) and not piece.stub and not self.has(piece)
        }

    def has(self, piece: Piece) -> bool:
        """Return whether a piece is the course's own text."""
        return piece.bare in self.bare

    def is_stub(self, piece: Piece) -> bool:
        """Return whether a piece would undo an answer: a name of an exercise's, not written."""
        return any(n in self.owners for n in piece.makes) and (piece.stub or self.has(piece))


class Place(Protocol):
    """Something in a notebook that may answer exercises, and run their checks.

    `number` is its cell's, as the notebook counts what it runs; None where it has not run.
    """

    @property
    def answers(self) -> Collection[str]:
        """The exercises that it answers."""

    @property
    def checks(self) -> Collection[str]:
        """The exercises whose check it runs."""

    @property
    def number(self) -> int | None:
        """The number of its cell."""


def which_counts(name: str, places: Sequence[Place]) -> int | None:
    """Return which of the places counts: the last before the last check of it, or else the last.

    What came before what is told by the numbers of the cells, where all have one: the order in
    which they ran. None where no place answers the exercise.
    """
    candidates = [i for i, place in enumerate(places) if name in place.answers]
    checks = [i for i, place in enumerate(places) if name in place.checks]
    counts = {i: places[i].number for i in (*candidates, *checks)}
    ran = len(candidates) > 1 and None not in counts.values()

    def order(i: int) -> tuple[int, int]:
        return (counts[i] or 0, i) if ran else (i, i)

    end = max(map(order, checks), default=None)
    before = [i for i in candidates if end is not None and order(i) <= end]
    return max(before or candidates, key=order, default=None)
