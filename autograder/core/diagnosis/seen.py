"""An answer's cases with what came back, and two ways to look at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograder.core.compare import is_right
from autograder.core.exercise import Case, Exercise
from autograder.core.outcome import Numbers, Outcome, call
from autograder.core.parts import Parts
from autograder.core.trials import Trial


class Seen(NamedTuple):
    """A case, the reference's answer, what is expected of it and what came back."""

    case: Case
    answer: Any
    expected: Parts
    outcome: Outcome
    right: bool


def seen_of(exercise: Exercise, f: Callable[..., Any], tried: Trial) -> Seen:
    """Return what an answer makes of a case."""
    outcome = call(f, exercise, tried.case, tried.answer)
    return Seen(*tried, outcome, is_right(exercise, outcome, tried.expected))


def parts(seen: Seen) -> Parts:
    """Return the numbers that came back by name; none where none did."""
    return seen.outcome.parts if isinstance(seen.outcome, Numbers) else {}


def same(a: Any, b: np.ndarray) -> bool:
    """Return whether two arrays are one, in shape and numbers."""
    return np.shape(a) == b.shape and bool(np.allclose(a, b, rtol=1e-7, atol=1e-9))
