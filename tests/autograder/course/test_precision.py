"""What the tolerance takes and what it does not: rounding, float32, differences for gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.course import EXERCISES
from benchmarks.mutants import passes, prepared
from gru_ref.cell import GRUParams, step

WHOLE = (
    "count_parameters",
    "memory_horizon",
    "units_for_budget",
)  # their results are whole numbers
EPS = 1e-6
SEEDS = 8


def rounded(value: Any, digits: int) -> Any:
    if isinstance(value, tuple):
        items = [rounded(v, digits) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    return np.round(value, digits)


@pytest.mark.parametrize("name", [n for n, e in EXERCISES.items() if e.observe is None])
def test_an_answer_that_rounds_to_four_digits_is_rejected(name):
    exercise = EXERCISES[name]
    if name in WHOLE:
        return
    for seed in range(SEEDS):
        answer = lambda *args: rounded(exercise.reference(*args), 4)  # noqa: E731
        assert not passes(exercise, answer, prepared(name, seed)), seed


def slopes(f: Callable[..., Any], args: list[Any], k: int, dh: np.ndarray) -> np.ndarray:
    """Return central differences of sum(dh ⊙ f) in the k-th argument."""
    grad = np.zeros_like(args[k])
    for place in np.ndindex(grad.shape):
        values = []
        for sign in (1, -1):
            moved = [np.array(a) for a in args]
            moved[k][place] += sign * EPS
            values.append(np.sum(dh * f(*moved)))
        grad[place] = (values[0] - values[1]) / (2 * EPS)
    return grad


def of_a_cell(dh_t, x_t, h_prev, r_t, z_t, n_t, p):
    args = [x_t, h_prev, *p]
    f = lambda x, h, *q: step(x, h, GRUParams(*q))  # noqa: E731
    dx, dh, *rest = [slopes(f, args, k, dh_t) for k in range(len(args))]
    return dx, dh, GRUParams(*rest)


def of_a_sequence(dh, x, h_0, p):
    args = [x, h_0, *p]
    f = lambda x, h, *q: EXERCISES["gru_forward"].reference(x, h, GRUParams(*q))  # noqa: E731
    dx, dh_0, *rest = [slopes(f, args, k, dh) for k in range(len(args))]
    return dx, dh_0, GRUParams(*rest)


def of_a_state(x_t, h_prev, p):
    f = lambda h: step(x_t, h, p)  # noqa: E731
    rows = [slopes(f, [h_prev], 0, unit) for unit in np.eye(len(h_prev))]
    return np.array(rows)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("gru_cell_backward", of_a_cell),
        ("gru_backward", of_a_sequence),
        ("gru_jacobian", of_a_state),
    ],
)
def test_differences_of_the_right_function_pass_under_every_seed(name, answer):
    for seed in range(SEEDS):
        assert passes(EXERCISES[name], answer, prepared(name, seed)), seed
