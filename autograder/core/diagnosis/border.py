"""The line between the cases in which a wrong answer is right and those in which it is not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograder.core.diagnosis.seen import Seen, seen_of
from autograder.core.exercise import Exercise
from autograder.core.trials import trials

SEEDS = 8  # more cases than a check has: a line between few says little
FEWEST = 3  # cases on each side of the line

OF_A_NUMBER: dict[str, Callable[[float], bool]] = {
    "{} is below 0.5": lambda v: v < 0.5,
    "{} is 0.5": lambda v: v == 0.5,
    "{} is above 0.5": lambda v: v > 0.5,
    "{} is below 1": lambda v: v < 1,
    "{} is 1": lambda v: v == 1,
    "{} is above 1": lambda v: v > 1,
    "{} is 0": lambda v: v == 0,
    "{} is negative": lambda v: v < 0,
    "{} is positive": lambda v: v > 0,
}
OF_AN_ARRAY: dict[str, Callable[[np.ndarray], bool]] = {
    "{} has an odd number of rows": lambda a: len(a) % 2 == 1,
    "{} has an even number of rows": lambda a: len(a) % 2 == 0,
    "{} has one row": lambda a: len(a) == 1,
    "{} holds no 0": lambda a: bool((a != 0).all()),
    "{} holds a 0": lambda a: bool((a == 0).any()),
    "{} holds no negative number": lambda a: not (a < 0).any(),
    "{} is sorted, the smallest first": lambda a: bool((np.diff(a, axis=0) >= 0).all()),
    "{} is sorted, the largest first": lambda a: bool((np.diff(a, axis=0) <= 0).all()),
    "all numbers of {} are equal": lambda a: a.size > 1 and bool((a == a.flat[0]).all()),
    "{} is finite": lambda a: bool(np.isfinite(a).all()),
}


def border(exercise: Exercise, f: Callable[..., Any]) -> Iterator[str]:
    """Yield what holds in all cases in which an answer is right, and in no other.

    Tried on the cases of several seeds, extreme ones left out.
    """
    seen = [
        seen_of(exercise, f, tried)
        for seed in range(SEEDS)
        for tried in trials(exercise, seed)
        if tried.case.aspect != "stability"
    ]
    right = sum(s.right for s in seen)
    if min(right, len(seen) - right) < FEWEST:
        return
    values = {name: [s.case.inputs.get(name) for s in seen] for name in seen[0].case.inputs}
    for found in (
        [says for k, v in values.items() for says in _of_an_argument(k, v, seen, _number)],
        list(_of_sizes(exercise, seen)),
        [says for k, v in values.items() for says in _of_an_argument(k, v, seen, _array)],
    ):
        yield from found
        if found:  # a size that goes with a number is no other line
            return


def _of_sizes(exercise: Exercise, seen: Sequence[Seen]) -> Iterator[str]:
    sizes = [exercise.words.sizes(s.case.inputs) for s in seen]
    names = [n for n in sizes[0] if all(n in some for some in sizes)]
    sides = {f"{n} is 1": [some[n] == 1 for some in sizes] for n in names}
    for a, b in itertools.combinations(names, 2):
        sides |= {
            f"{a} and {b} are equal": [some[a] == some[b] for some in sizes],
            f"{a} is larger than {b}": [some[a] > some[b] for some in sizes],
            f"{b} is larger than {a}": [some[b] > some[a] for some in sizes],
        }
    for where, side in sides.items():
        yield from _said(where, side, seen)


def _said(where: str, side: Sequence[bool], seen: Sequence[Seen]) -> Iterator[str]:
    """Yield the sentence for a line where all right cases, and no others, are on one side of it."""
    if all(there == s.right for there, s in zip(side, seen, strict=True)):
        yield f"Of {len(seen)} cases it is right in those in which {where}, and in no other."


def _number(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, np.ndarray) and not value.ndim)


def _array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0 and value.dtype.kind in "fiub"


def _of_an_argument(
    name: str, values: Sequence[Any], seen: Sequence[Seen], kind: Callable[[Any], bool]
) -> Iterator[str]:
    table: dict[str, Callable[[Any], bool]] = OF_A_NUMBER if kind is _number else OF_AN_ARRAY
    if not all(map(kind, values)):
        return
    for words, holds in table.items():
        yield from _said(words.format(name), [holds(v) for v in values], seen)
