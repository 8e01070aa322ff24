"""Which numbers count as equal: a tolerance for each exercise, a wider one for float32."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Exercise
from autograder.core.outcome import Numbers, Outcome, Parts

FLOAT32 = 1e-4, 1e-5  # rtol, atol: seven digits, of which sums of a few terms lose two


def is_right(exercise: Exercise, outcome: Outcome, expected: Parts) -> bool:
    """Return whether the numbers of an outcome are the expected ones."""
    return isinstance(outcome, Numbers) and close(exercise, outcome, outcome.parts, expected)


def close(
    exercise: Exercise, outcome: Outcome, mine: Parts, theirs: Parts, equal_nan: bool = False
) -> bool:
    """Return whether all arrays agree, within the tolerance that the outcome's precision asks."""
    single = isinstance(outcome, Numbers) and outcome.single
    rtol, atol = FLOAT32 if single else (exercise.rtol, exercise.atol)
    return all(
        mine[k].shape == theirs[k].shape
        and np.allclose(mine[k], theirs[k], rtol=rtol, atol=atol, equal_nan=equal_nan)
        for k in theirs
    )


def same(exercise: Exercise, a: Outcome, b: Outcome) -> bool:
    """Return whether two outcomes are one: the same numbers, or the same failure.

    Arrays of a wrong shape are compared too, since a mistake is known by them.
    """
    if isinstance(a, Numbers) and isinstance(b, Numbers):
        return close(exercise, a, a.parts, b.parts, equal_nan=True)
    if isinstance(a, Numbers) or isinstance(b, Numbers) or a.problem.name != b.problem.name:
        return False
    mine, theirs = a.problem.detail, b.problem.detail
    if a.problem.name != "wrong_shape":
        return bool(mine == theirs)
    return close(exercise, a, mine, theirs, equal_nan=True)
