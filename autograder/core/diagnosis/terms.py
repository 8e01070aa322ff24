"""A result that is a sum of terms: which of them is missing, comes twice, or has a wrong sign."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from autograder.core.diagnosis.seen import Seen, parts, same
from autograder.core.exercise import Exercise

TIMES = (1, 0, -1, 2)  # how often a term may be there: the first is right
SAYS = {0: "is missing", -1: "has the wrong sign", 2: "is there twice"}
SLIPS = 2  # terms that are not as they should be, at most


def sums(exercise: Exercise, seen: Sequence[Seen]) -> Iterator[str]:
    """Yield, for each result that is a sum of terms, those that are not there just once.

    It holds in every case that gave numbers; where two readings hold, none is given.
    """
    here = [s for s in seen if parts(s)]
    if exercise.terms is None or all(s.right for s in here):
        return
    made = [exercise.terms(s.case.inputs) for s in here]
    for part in made[0]:
        if all(same(parts(s)[part], s.expected[part]) for s in here):
            continue
        found = list(_readings(here, [m[part] for m in made], part))
        if len(found) == 1:
            says = [f"`{name}` {SAYS[n]}" for name, n in found[0].items()]
            yield f"In {part or 'your sum'} {' and '.join(says)}; the rest of it is right."


def _readings(
    here: Sequence[Seen], made: Sequence[Mapping[str, np.ndarray]], part: str
) -> Iterator[dict[str, int]]:
    names = list(made[0])
    for many in range(1, SLIPS + 1):
        for some in itertools.combinations(names, many):
            for times in itertools.product(TIMES[1:], repeat=many):
                off = dict(zip(some, times, strict=True))
                if all(_is(s, terms, off, part) for s, terms in zip(here, made, strict=True)):
                    yield off


def _is(s: Seen, terms: Mapping[str, np.ndarray], off: Mapping[str, int], part: str) -> bool:
    total = sum(off.get(name, 1) * value for name, value in terms.items())
    return same(parts(s)[part], np.asarray(total))
