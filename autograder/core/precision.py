"""How far float32 takes the right formula from the right numbers.

An answer that comes back in float32 may be off by as much as the reference is when it is given
float32 inputs, and no more: the tolerance is the formula's, not the answer's to choose.
"""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise
from autograder.core.parts import Parts, parts_of, with_floats

ORDERS = 4  # another order of the operations may lose a few times as much
DIGITS = 16 * float(np.finfo(np.float32).eps)  # of the largest number: 2e-6
MOST = 1e-3  # of the largest number: where float32 cannot tell, nothing is given away


def float32_error(exercise: Exercise, case: Case) -> dict[str, float]:
    """Return how far off an answer in float32 may be, by the name of the part."""
    expected = _parts(exercise, case, np.float64)
    try:
        with np.errstate(all="ignore"):
            rounded = _parts(exercise, case, np.float32)
    except Exception:  # a reference that takes float64 alone
        rounded = expected
    return {k: _room(v, rounded.get(k)) for k, v in expected.items()}


def _room(expected: np.ndarray, rounded: np.ndarray | None) -> float:
    size = float(np.abs(expected).max(initial=0.0))
    off = np.inf
    if rounded is not None and rounded.shape == expected.shape:
        off = float(np.nan_to_num(np.abs(rounded - expected), nan=np.inf).max(initial=0.0))
    return min(ORDERS * off + DIGITS * size, MOST * size)


def _parts(exercise: Exercise, case: Case, kind: type) -> Parts:
    inputs = {
        k: with_floats(v, lambda a: a.astype(kind))
        for k, v in case.observed().items()
        if k in case.inputs
    }
    answer = exercise.reference(**inputs)
    if exercise.observe is None:
        return parts_of(answer, exercise.outputs)
    return parts_of(exercise.observe(case.observed(), answer))
