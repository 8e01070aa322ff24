"""Inputs for exercises: a seeded grid over sizes, smallest first, with tidy numbers.

Values have one decimal, so that the smallest failing case can be redone by hand; in some of the
larger cases they have many digits, which an answer that rounds does not keep.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.core.exercise import Case
from autograder.core.parts import with_floats

LARGE = 1e6  # times a weight of 0.1 or less still overflows exp
STEEP = 100.0  # for gradients: what clips them shows
MANY_DIGITS = 0.9871234567891011  # times a tidy number
STRONG = 10.0  # for inputs: gates near 0 and 1, and not yet there


def tidy(rng: np.random.Generator, *shape: int, low: float = -2.0, high: float = 2.0):
    """Return an array of numbers with one decimal, none of them 0."""
    a = np.round(rng.uniform(low, high, shape), 1)
    return np.where(a == 0, 0.5, a)


# Of gradients: what central differences of the right function get past, whatever the seed.
DIFFERENCES = {"rtol": 1e-6, "atol": 1e-6}


def extreme(shape: tuple[int, ...], sign: float = 1.0) -> np.ndarray:
    """Return numbers of both signs and several sizes up to a million, the same in every draw.

    No two are a simple multiple of one another, so no product with tidy weights cancels, and with
    `sign` 1 and -1 every sum of them is large in both directions.
    """
    pattern = np.array([1.0, -0.37, 0.61, -0.83, 0.23])
    return sign * LARGE * np.resize(pattern, int(np.prod(shape))).reshape(shape)


def many_digits(value: Any) -> Any:
    """Return an argument whose numbers have many digits, a little nearer to 0; marks stay."""
    return with_floats(value, lambda a: a if np.isin(a, (0, 1)).all() else MANY_DIGITS * a)


Cases = Callable[[np.random.Generator], list[Case]]


def last_with_many_digits(cases: Cases) -> Cases:
    """Return the same cases but for the last, whose numbers have many digits."""

    @functools.wraps(cases)
    def made(rng: np.random.Generator) -> list[Case]:
        *some, last = cases(rng)
        inputs = {k: many_digits(v) for k, v in last.inputs.items()}
        return [*some, last._replace(inputs=inputs)]

    return made


# aspect, D, H, N (None: one vector, no batch axis), what is special about the case
GRID = (
    ("edge sizes", 1, 1, None, ""),
    ("batch", 1, 1, 1, ""),
    ("batch", 3, 2, 1, ""),  # a batch of one is not a vector
    ("values", 2, 1, None, ""),
    ("values", 1, 2, None, ""),
    ("values", 2, 2, None, ""),
    ("values", 2, 2, None, "zero state"),
    ("stability", 2, 2, None, "large"),
    ("stability", 2, 2, None, "large, negative"),
    ("values", 3, 2, None, ""),
    ("values", 2, 3, None, ""),
    ("values", 3, 3, None, ""),
    ("batch", 2, 2, 2, ""),  # N = D = H: a wrong axis does not raise here, it computes
    ("edge sizes", 3, 1, None, ""),
    ("edge sizes", 1, 3, None, ""),
    ("batch", 3, 1, 2, ""),
    ("batch", 1, 3, 2, ""),
    ("batch", 3, 2, 4, ""),
    ("batch", 2, 3, 4, "zero state"),
    ("batch", 2, 2, 3, "large"),
    ("values", 5, 4, None, "many digits"),
    ("batch", 4, 5, 3, "many digits"),
    ("values", 3, 4, None, "strong"),
    ("batch", 3, 4, 2, "strong"),
)


# aspect, T, N, D, H, what is special about the case
SEQUENCES = (
    ("edge sizes", 1, 1, 1, 1, ""),
    ("values", 2, 1, 1, 1, ""),
    ("values", 3, 1, 1, 1, ""),
    ("values", 2, 2, 1, 2, ""),
    ("values", 2, 2, 2, 2, ""),  # T = N = D = H: a swapped axis computes here
    ("stability", 2, 1, 1, 2, "large"),
    ("stability", 2, 2, 1, 2, "large, negative"),
    ("edge sizes", 1, 2, 2, 3, ""),
    ("edge sizes", 4, 1, 2, 2, ""),
    ("values", 2, 3, 3, 2, ""),
    ("values", 3, 2, 2, 3, "zero state"),
    ("values", 4, 3, 2, 3, "many digits"),
    ("values", 3, 2, 3, 2, "strong"),
)


def sequences(
    make: Callable[..., dict],
    state: str = "h_0",
    large: tuple[str, ...] = ("x",),
    steep: tuple[str, ...] = (),
) -> Callable[[np.random.Generator], list[Case]]:
    """Return the cases of an exercise over time; its inputs are `make(rng, T, N, D, H)`.

    `state` names the argument that some cases set to 0, `large` those that may be extreme, `steep`
    the gradients, which are multiplied by 100 there.
    """

    def cases(rng: np.random.Generator) -> list[Case]:
        return [
            Case(aspect, inputs)
            for aspect, *sizes, special in SEQUENCES
            if (inputs := _special(make(rng, *sizes), special, state, large, steep)) is not None
        ]

    return cases


def grid(
    make: Callable[..., dict],
    state: str = "h_prev",
    large: tuple[str, ...] = ("x_t",),
    steep: tuple[str, ...] = (),
) -> Callable[[np.random.Generator], list[Case]]:
    """Return the cases of an exercise of one step; its inputs are `make(rng, D, H, lead)`.

    `lead` is `()` for one vector and `(N,)` for a batch; the rest is as in `sequences`.
    """

    def cases(rng: np.random.Generator) -> list[Case]:
        return [
            Case(aspect, inputs)
            for aspect, D, H, N, special in GRID
            for lead in [() if N is None else (N,)]
            if (inputs := _special(make(rng, D, H, lead), special, state, large, steep)) is not None
        ]

    return cases


def _special(
    inputs: dict, special: str, state: str, large: tuple[str, ...], steep: tuple[str, ...]
) -> dict | None:
    """Return the inputs with what is special about the case; None where it says nothing here."""
    if special == "zero state":
        return inputs | {state: np.zeros_like(inputs[state])} if state in inputs else None
    if special == "strong":
        return inputs | {k: STRONG * inputs[k] for k in large} if large else None
    if special == "many digits":
        return {k: many_digits(v) for k, v in inputs.items()}
    if special:
        sign = -1.0 if "negative" in special else 1.0
        extremes = {k: extreme(inputs[k].shape, sign) for k in large}
        extremes |= {k: STEEP * inputs[k] for k in steep}
        return inputs | extremes if extremes else None
    return inputs
