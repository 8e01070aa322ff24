"""Facts by isolation: where a wrong answer is right, and what its numbers are instead.

Each fact holds in every case, since it has been tried in every case. Facts that would hold for any
answer are left out: where a result is 0 or does not depend on anything, being right says nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograder.core.compare import is_right
from autograder.core.diagnosis.arguments import argument, changeable, changed, zero
from autograder.core.diagnosis.border import border
from autograder.core.diagnosis.relations import relations, sizes_of
from autograder.core.diagnosis.seen import Seen, seen_of
from autograder.core.exercise import Case, Exercise
from autograder.core.outcome import Numbers, call
from autograder.core.trials import trial, trials

MOST = 2  # facts in a message


def facts(exercise: Exercise, f: Callable[..., Any], seed: int, weak: bool = True) -> list[str]:
    """Return sentences that are true of a wrong answer, the most telling first; at most two.

    Without `weak` none that only says on which side the numbers are off.
    """
    seen = [seen_of(exercise, f, tried) for tried in trials(exercise, seed)]
    found = itertools.chain(
        relations(exercise, seen),
        _where(exercise, f, seen),
        _lines(exercise, f, seen),
        sizes_of(exercise, seen) if weak else (),
    )
    with np.errstate(all="ignore"):
        return list(itertools.islice(dict.fromkeys(found), MOST))


def _lines(exercise: Exercise, f: Callable[..., Any], seen: Sequence[Seen]) -> Iterator[str]:
    """Yield what divides right cases from wrong ones: a size only where nothing else does."""
    yield from list(border(exercise, f)) or _of_sizes(exercise, seen)


def _where(exercise: Exercise, f: Callable[..., Any], seen: Sequence[Seen]) -> Iterator[str]:
    wrong = [s for s in seen if not s.right and isinstance(s.outcome, Numbers)]
    if not wrong:
        return
    some = wrong[-2:]  # on which the declared mistakes are tried, to see whether a fact tells them
    for name in changeable(wrong[-1].case.inputs, _symmetric):
        symmetric = _right_with(exercise, f, seen, name, _symmetric)
        if symmetric and not _says_nothing(exercise, some, name, _symmetric):
            yield f"It is right where {name} is symmetric: a transpose of {name} is at fault."
    yield from _exchanged(exercise, f, seen, wrong[-1].case.inputs)
    zeros = changeable(wrong[-1].case.inputs, zero)
    right = [n for n in zeros if _right_with(exercise, f, seen, n, zero)]
    right = [n for n in right if not _says_nothing(exercise, some, n, zero)]
    if right and len(right) < len(zeros):
        names = " or ".join(right[:3])
        yield f"It is right wherever {names} is 0: look at what {names} does."


def _exchanged(
    exercise: Exercise, f: Callable[..., Any], seen: Sequence[Seen], inputs: dict[str, Any]
) -> Iterator[str]:
    """Yield the two arrays that an answer would have to be given in each other's place."""
    names = changeable(inputs, zero)
    for a, b in itertools.combinations(names, 2):
        if np.shape(argument(inputs, a)) == np.shape(argument(inputs, b)) and all(
            _right_exchanged(exercise, f, s, a, b) for s in reversed(seen)
        ):
            yield f"It would be right if {a} and {b} were exchanged: each stands for the other."


def _right_exchanged(exercise: Exercise, f: Callable[..., Any], s: Seen, a: str, b: str) -> bool:
    one, other = argument(s.case.inputs, a), argument(s.case.inputs, b)
    if np.shape(one) != np.shape(other):
        return False
    inputs = changed(s.case.inputs, a, lambda _: other)
    inputs = changed(inputs or {}, b, lambda _: one)
    if inputs is None:
        return False
    outcome = call(f, exercise, Case(s.case.aspect, inputs, s.case.probe), s.answer)
    return is_right(exercise, outcome, s.expected)


def _of_sizes(exercise: Exercise, seen: Sequence[Seen]) -> Iterator[str]:
    """Yield the sizes at which all cases are right, beside others at which all are wrong."""
    normal = [s for s in seen if s.case.aspect != "stability"]
    sizes = [exercise.words.sizes(s.case.inputs) for s in normal]
    for name in dict.fromkeys(n for s in sizes for n in s):
        ones = [s.right for s, n in zip(normal, sizes, strict=True) if n.get(name) == 1]
        more = [s.right for s, n in zip(normal, sizes, strict=True) if n.get(name, 1) > 1]
        if len(ones) > 1 and len(more) > 1 and all(ones) and not any(more):
            yield f"Of the cases of this check it is right where {name} is 1, and in no other."


def _right_with(
    exercise: Exercise,
    f: Callable[..., Any],
    seen: Sequence[Seen],
    name: str,
    change: Callable[[Any], Any],
) -> bool:
    """Return whether the answer is right in all cases where one argument is changed.

    A case that the change does not concern (a matrix of one number is symmetric) stays as it is.
    """
    for s in seen:
        inputs = changed(s.case.inputs, name, change) or s.case.inputs
        try:
            with np.errstate(all="ignore"):
                tried = trial(exercise, Case(s.case.aspect, inputs, s.case.probe))
        except Exception:  # the reference takes no such input
            return False
        if not all(np.isfinite(a).all() for a in tried.expected.values()):
            return False
        outcome = call(f, exercise, tried.case, tried.answer)
        if not is_right(exercise, outcome, tried.expected):
            return False
    return True


def _says_nothing(
    exercise: Exercise, wrong: Sequence[Seen], name: str, change: Callable[[Any], Any]
) -> bool:
    """Return whether more than a third of the declared mistakes are right there as well."""
    others = [_right_with(exercise, m.wrong, wrong, name, change) for m in exercise.mistakes]
    return 3 * sum(others) > len(others)


def _symmetric(a: np.ndarray) -> np.ndarray | None:
    square = a.ndim == 2 and a.shape[0] == a.shape[1] and len(a) > 1
    return (a + a.T) / 2 if square and a.dtype.kind == "f" else None
