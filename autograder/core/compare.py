"""Which numbers count as equal: a tolerance for each exercise, and what float32 may lose."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Exercise
from autograder.core.outcome import Numbers, Outcome
from autograder.core.parts import Parts

LENIENT = 1e-4, 1e-5  # rtol, atol: enough to know a mistake by numbers in float32


def is_right(exercise: Exercise, outcome: Outcome, expected: Parts) -> bool:
    """Return whether the numbers of an outcome are the expected ones.

    In float32 they may be off by what float32 does to the right formula (`precision`).
    """
    return (
        isinstance(outcome, Numbers) and not outcome.unnamed and agrees(exercise, outcome, expected)
    )


def agrees(exercise: Exercise, outcome: Numbers, expected: Parts) -> bool:
    """Return whether the numbers are the expected ones, whatever they came in."""
    slack = outcome.slack or {}
    return all(
        outcome.parts[k].shape == theirs.shape
        and np.allclose(
            outcome.parts[k],
            theirs,
            rtol=exercise.rtol,
            atol=max(exercise.atol, slack.get(k, 0.0)),
        )
        for k, theirs in expected.items()
    )


def _alike(exercise: Exercise, mine: Parts, theirs: Parts, float32: bool) -> bool:
    rtol, atol = LENIENT if float32 else (exercise.rtol, exercise.atol)
    return all(
        mine[k].shape == theirs[k].shape
        and np.allclose(mine[k], theirs[k], rtol=rtol, atol=atol, equal_nan=True)
        for k in theirs
    )


def same(exercise: Exercise, a: Outcome, b: Outcome) -> bool:
    """Return whether two outcomes are one: the same numbers, or the same failure.

    Arrays of a wrong shape are compared too, since a mistake is known by them.
    """
    if isinstance(a, Numbers) and isinstance(b, Numbers):
        return _alike(exercise, a.parts, b.parts, float32=a.slack is not None)
    if isinstance(a, Numbers) or isinstance(b, Numbers) or a.problem.name != b.problem.name:
        return False
    mine, theirs = a.problem.detail, b.problem.detail
    if a.problem.name != "wrong_shape":
        return bool(mine == theirs)
    return _alike(exercise, mine, theirs, float32=False)
