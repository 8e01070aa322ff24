"""An exercise's cases, each with what the reference makes of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograder.core.call import copied
from autograder.core.exercise import Case, Exercise
from autograder.core.parts import Parts, parts_of


class Trial(NamedTuple):
    """A case, the reference's answer to it, and what of it is compared."""

    case: Case
    answer: Any
    expected: Parts


def trials(exercise: Exercise, seed: int) -> list[Trial]:
    """Return the cases drawn from a seed, tried with the reference."""
    return [trial(exercise, case) for case in exercise.cases(np.random.default_rng(seed))]


def trial(exercise: Exercise, case: Case) -> Trial:
    """Return a case, tried with the reference; whatever that raises."""
    answer = exercise.reference(**copied(case.inputs))
    if exercise.observe is None:
        return Trial(case, answer, parts_of(answer, exercise.outputs))
    return Trial(case, answer, parts_of(exercise.observe(case.observed(), answer)))
