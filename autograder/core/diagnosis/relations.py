"""What the numbers of a wrong answer are instead of the right ones, in every case."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from autograder.core.diagnosis.arguments import argument, changeable, zero
from autograder.core.diagnosis.seen import Seen, parts, same
from autograder.core.exercise import Exercise

NEARLY = 0.01  # of the right numbers: how near to half of them, or to twice, is worth a word
FAR = 5.0  # between the smallest and the largest ratio: more says little
FEWEST = 3  # numbers that are compared
# What a right result may still have to pass through, or has passed through once too often.
OF_THE_RIGHT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "1 - the right one": lambda a: 1 - a,
    "1 divided by the right one": lambda a: 1 / a,
    "the square of the right one": np.square,
    "the square root of the right one": np.sqrt,
    "the absolute value of the right one": np.abs,
    "the natural logarithm of the right one": np.log,
    "the exponential function of the right one": np.exp,
    "the tanh of the right one": np.tanh,
    "σ of the right one": lambda a: 0.5 * (1 + np.tanh(0.5 * a)),
    "the right one, rounded": np.round,
    "the next smaller whole number": np.floor,
    "the next larger whole number": np.ceil,
}


def relations(exercise: Exercise, seen: Sequence[Seen]) -> Iterator[str]:
    """Yield what holds of the numbers in every case that gave some, the right ones too."""
    here = [s for s in seen if parts(s)]
    if all(s.right for s in here) or exercise.observe is not None:
        return
    names = list(here[0].expected)
    for a, b in itertools.combinations(names, 2):
        if all(same(s.expected[a], s.expected[b]) for s in here):
            continue  # each always holds the other's numbers
        there = all(same(parts(s)[a], s.expected[b]) for s in here)
        if there and all(same(parts(s)[b], s.expected[a]) for s in here):
            yield f"{a} and {b} are exchanged: each holds the other's numbers."
    for part in names:
        of = f"{part} is" if part else "Your result is"
        if any(not same(parts(s)[part], s.expected[part]) for s in here):
            many = any(s.expected[part].size > 1 for s in here) or len(here) >= FEWEST
            yield from _of_one(exercise, here, part, of) if many else ()
            yield from _of_time(exercise, here, part, of)
            yield from _of_numbers(here, part, of)


STEPS: dict[
    str, Callable[[int], list[int]]
] = {  # of results over time: at which steps they are right
    "only at the last step": lambda T: [T - 1],
    "only at the first step": lambda T: [0],
    "at every step but the first": lambda T: list(range(1, T)),
    "at every step but the last": lambda T: list(range(T - 1)),
}


def _of_time(exercise: Exercise, here: Sequence[Seen], part: str, of: str) -> Iterator[str]:
    """Yield at which steps a result over T steps is right."""
    right: list[tuple[int, list[int]]] = []
    for s in here:
        T, expected = exercise.words.sizes(s.case.inputs).get("T"), s.expected[part]
        seen = parts(s)[part]
        if expected.ndim < 2 or len(expected) != T or seen.shape != expected.shape:
            return
        right.append((T, [t for t in range(T) if same(seen[t], expected[t])]))
    for words, steps in STEPS.items():
        if any(T > 2 for T, _ in right) and all(found == steps(T) for T, found in right):
            yield f"{of} right {words}."


def _of_one(exercise: Exercise, here: Sequence[Seen], part: str, of: str) -> Iterator[str]:
    pairs = [(parts(s)[part], s.expected[part]) for s in here]
    for axis in range(pairs[0][1].ndim):
        if all(e.ndim > axis and same(s, np.flip(e, axis)) for s, e in pairs):
            yield f"{of} the right one in reverse order along axis {axis}."
    for axes in itertools.permutations(range(pairs[0][1].ndim)):
        if axes == tuple(sorted(axes)):
            continue
        if all(e.ndim == len(axes) and same(s, e.transpose(axes)) for s, e in pairs):
            yield f"{of} the right one with its axes in another order, {axes}."
    nonzero = [s for s, (_, e) in zip(here, pairs, strict=True) if np.abs(e).max(initial=0) > 1e-6]
    factors = [_factor(parts(s)[part], s.expected[part]) for s in nonzero]
    if factors and all(c is not None for c in factors):
        yield from _factors(exercise, nonzero, [float(c or 0) for c in factors], of)
    for name in changeable(here[0].case.inputs, zero):
        given = [argument(s.case.inputs, name) for s in here]
        if all(isinstance(v, np.ndarray) for v in given) and all(
            same(parts(s)[part], v) for s, v in zip(here, given, strict=True)
        ):
            yield f"{of} the argument {name}, as it came in."


def _of_numbers(here: Sequence[Seen], part: str, of: str) -> Iterator[str]:
    """Yield what holds number by number, where the numbers are not all alike."""
    seen = np.concatenate([parts(s)[part].ravel() for s in here])
    expected = np.concatenate([s.expected[part].ravel() for s in here])
    if seen.shape != expected.shape or not (np.isfinite(seen) & np.isfinite(expected)).all():
        return
    if np.ptp(expected) < 1e-6:
        return
    with np.errstate(all="ignore"):
        for words, f in OF_THE_RIGHT.items():
            if same(seen, f(expected)):
                yield f"{of} {words}."
    off = seen - expected
    if np.ptp(off) < 1e-9 * (1 + np.abs(off).max()):
        yield f"{of} the right one {'plus' if off[0] > 0 else 'minus'} {abs(off[0]):.6g}, always."
    for factor, words in ((0.5, "half of"), (2.0, "twice")):
        if (np.abs(seen - factor * expected) <= NEARLY * np.abs(expected)).all():
            yield f"{of} {words} the right one in every case, or within a hundredth of it."


def sizes_of(exercise: Exercise, seen: Sequence[Seen]) -> Iterator[str]:
    """Yield on which side of the right one a lone result lies in every case, and how far off."""
    here = [s for s in seen if list(parts(s)) == [""] and s.case.aspect != "stability"]
    if not here or exercise.observe is not None:
        return
    yours = np.concatenate([parts(s)[""].ravel() for s in here])
    expected = np.concatenate([s.expected[""].ravel() for s in here])
    if yours.shape != expected.shape or np.isnan(yours).any() or len(yours) < FEWEST:
        return
    if (np.isfinite(yours) & np.isfinite(expected)).all():
        some = np.abs(expected) > 1e-6 * np.abs(expected).max(initial=0)
        ratio = yours[some] / expected[some]
        low, high = ratio.min(initial=np.inf), ratio.max(initial=-np.inf)
        if len(ratio) >= FEWEST and low > 0 and high < FAR * low:
            side = "too large" if low > 1 else "too small" if high < 1 else "not far off"
            yield f"Your result is {side}: between {low:.3g} and {high:.3g} times the right one."
            return
    for side, other, holds in (
        ("large", "small", yours >= expected),
        ("small", "large", yours <= expected),
    ):
        if holds.all():
            yield f"Your result is right or too {side}, and never too {other}."


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
