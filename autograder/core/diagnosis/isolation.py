"""Facts by isolation: where a wrong answer is right, and what its numbers are instead.

Each fact holds in every case, since it has been tried in every case. Facts that would hold for any
answer are left out: where a result is 0 or does not depend on anything, being right says nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograder.core.compare import is_right
from autograder.core.exercise import Case, Exercise
from autograder.core.outcome import Numbers, Outcome, call
from autograder.core.parts import Parts
from autograder.core.trials import trial, trials

MOST = 2  # facts in a message


class Seen(NamedTuple):
    """A case, what is expected of it and what came back."""

    case: Case
    answer: Any
    expected: Parts
    outcome: Outcome
    right: bool


def facts(exercise: Exercise, f: Callable[..., Any], seed: int) -> list[str]:
    """Return sentences that are true of a wrong answer, the most telling first; at most two."""
    seen = _judged(exercise, f, seed)
    found = itertools.chain(_instead(exercise, seen), _where(exercise, f, seen))
    return list(itertools.islice(dict.fromkeys(found), MOST))


def _judged(exercise: Exercise, f: Callable[..., Any], seed: int) -> list[Seen]:
    seen = []
    for tried in trials(exercise, seed):
        outcome = call(f, exercise, tried.case, tried.answer)
        seen.append(Seen(*tried, outcome, is_right(exercise, outcome, tried.expected)))
    return seen


# --- what the numbers are instead ------------------------------------------------------------


def _instead(exercise: Exercise, seen: Sequence[Seen]) -> Iterator[str]:
    """Yield what holds of the numbers in every case that gave some, the right ones too."""
    here = [s for s in seen if isinstance(s.outcome, Numbers)]
    if all(s.right for s in here) or exercise.observe is not None:
        return
    parts = list(here[0].expected)
    for a, b in itertools.combinations(parts, 2):
        there = all(_same(_parts(s)[a], s.expected[b]) for s in here)
        if there and all(_same(_parts(s)[b], s.expected[a]) for s in here):
            yield f"{a} and {b} are exchanged: each holds the other's numbers."
    for part in parts:
        of = f"{part} is" if part else "Your result is"
        differs = [s for s in here if not _same(_parts(s)[part], s.expected[part])]
        if any(s.expected[part].size > 1 for s in differs):
            yield from _relations(exercise, here, part, of)


def _relations(exercise: Exercise, here: Sequence[Seen], part: str, of: str) -> Iterator[str]:
    pairs = [(_parts(s)[part], s.expected[part]) for s in here]
    for axis in range(pairs[0][1].ndim):
        if all(e.ndim > axis and _same(s, np.flip(e, axis)) for s, e in pairs):
            yield f"{of} the right one in reverse order along axis {axis}."
    for axes in itertools.permutations(range(pairs[0][1].ndim)):
        if axes == tuple(sorted(axes)):
            continue
        if all(e.ndim == len(axes) and _same(s, e.transpose(axes)) for s, e in pairs):
            yield f"{of} the right one with its axes in another order, {axes}."
    nonzero = [s for s, (_, e) in zip(here, pairs, strict=True) if np.abs(e).max(initial=0) > 1e-6]
    factors = [_factor(_parts(s)[part], s.expected[part]) for s in nonzero]
    if factors and all(c is not None for c in factors):
        yield from _factors(exercise, nonzero, [float(c or 0) for c in factors], of)
    for name in here[0].case.inputs:
        if all(_is(s.case.inputs.get(name)) for s in here) and all(
            _same(_parts(s)[part], s.case.inputs[name]) for s in here
        ):
            yield f"{of} the argument {name}, as it came in."


def _factors(
    exercise: Exercise, here: Sequence[Seen], factors: list[float], of: str
) -> Iterator[str]:
    sizes = [exercise.words.sizes(s.case.inputs) for s in here]
    products = ["·".join(p) for p in itertools.combinations(sizes[0], 2)]
    for name in [*sizes[0], *products]:
        values = [float(np.prod([s.get(n, np.nan) for n in name.split("·")])) for s in sizes]
        if len(set(values)) < 2 or np.isnan(values).any():
            continue
        if np.allclose(factors, values, rtol=1e-6):
            yield f"{of} {name} times the right one: a division by {name} is missing."
        if np.allclose(factors, 1 / np.array(values), rtol=1e-6):
            yield f"{of} the right one divided by {name}."


def _factor(seen: np.ndarray, expected: np.ndarray) -> float | None:
    """Return the number that takes the expected numbers to those seen, or None."""
    if seen.shape != expected.shape or not np.isfinite(seen).all():
        return None
    size = float(np.vdot(expected, expected))
    if size < 1e-12:
        return None
    factor = float(np.vdot(expected, seen)) / size
    close = np.allclose(seen, factor * expected, rtol=1e-7, atol=1e-9)
    return factor if close and abs(factor) > 1e-6 else None


# --- where it is right -----------------------------------------------------------------------


def _where(exercise: Exercise, f: Callable[..., Any], seen: Sequence[Seen]) -> Iterator[str]:
    yield from _of_sizes(exercise, seen)
    wrong = [s for s in seen if not s.right and isinstance(s.outcome, Numbers)]
    if not wrong:
        return
    some = wrong[-2:]  # on which the declared mistakes are tried, to see whether a fact tells them
    for name, put in _changes(wrong[-1].case.inputs, _symmetric):
        if (
            put
            and _right_with(exercise, f, seen, name, _symmetric)
            and not _says_nothing(exercise, some, name, _symmetric)
        ):
            yield f"It is right where {name} is symmetric: a transpose of {name} is at fault."
    zeros = [n for n, put in _changes(wrong[-1].case.inputs, _zero) if put]
    right = [n for n in zeros if _right_with(exercise, f, seen, n, _zero)]
    right = [n for n in right if not _says_nothing(exercise, some, n, _zero)]
    if right and len(right) < len(zeros):
        names = " or ".join(right[:3])
        yield f"It is right wherever {names} is 0: look at what {names} does."


def _of_sizes(exercise: Exercise, seen: Sequence[Seen]) -> Iterator[str]:
    """Yield the sizes at which all cases are right, beside others at which all are wrong."""
    normal = [s for s in seen if s.case.aspect != "stability"]
    sizes = [exercise.words.sizes(s.case.inputs) for s in normal]
    for name in dict.fromkeys(n for s in sizes for n in s):
        ones = [s.right for s, n in zip(normal, sizes, strict=True) if n.get(name) == 1]
        more = [s.right for s, n in zip(normal, sizes, strict=True) if n.get(name, 1) > 1]
        if len(ones) > 1 and len(more) > 1 and all(ones) and not any(more):
            yield f"It is right wherever {name} is 1, and nowhere else."


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
        inputs = _put(s.case.inputs, name, change) or s.case.inputs
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


def _changes(inputs: dict[str, Any], change: Callable[[Any], Any]) -> list[tuple[str, bool]]:
    """Return the arguments and fields that a change applies to."""
    names = []
    for name, value in inputs.items():
        names += [f"{name}.{k}" for k in getattr(value, "_fields", ())] or [name]
    return [(n, _put(inputs, n, change) is not None) for n in names]


def _put(inputs: dict[str, Any], name: str, change: Callable[[Any], Any]) -> dict[str, Any] | None:
    """Return the inputs with one argument, or a field of one, changed; None where it cannot be."""
    name, _, field = name.partition(".")
    value = inputs.get(name)
    old = getattr(value, field, None) if field else value
    new = change(old) if _is(old) else None
    if new is None:
        return None
    return {**inputs, name: value._replace(**{field: new}) if field and value else new}


def _zero(a: np.ndarray) -> np.ndarray | None:
    return 0 * a if a.dtype.kind == "f" and a.ndim else None


def _symmetric(a: np.ndarray) -> np.ndarray | None:
    square = a.ndim == 2 and a.shape[0] == a.shape[1] and len(a) > 1
    return (a + a.T) / 2 if square and a.dtype.kind == "f" else None


def _is(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def _parts(s: Seen) -> Parts:
    return s.outcome.parts if isinstance(s.outcome, Numbers) else {}


def _same(a: Any, b: np.ndarray) -> bool:
    return np.shape(a) == b.shape and bool(np.allclose(a, b, rtol=1e-7, atol=1e-9))
