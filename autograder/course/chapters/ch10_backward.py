"""Chapter 10, backwards: backpropagation through time as one scan."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import STEEP, tidy
from autograder.course.chapters.ch04_cell import tidy_params
from autograder.course.chapters.ch06_flow import backward
from autograder.course.chapters.ch10_inputs import SIZES, before, start, states
from gru_ref.cell import GRUParams, step_values
from gru_ref.jacobian import gru_jacobian
from gru_ref.scan import linear_scan


def _jacobians(x, h_prev, p):
    return np.array([gru_jacobian(x_t, h, p) for x_t, h in zip(x, h_prev, strict=True)])


def _at_once(dh, x, h_prev, p):
    """Return dx, dh_prev and the gradients of p, all steps as one batch."""
    v = step_values(x, h_prev, p)
    return backward(dh, x, h_prev, v.r_t, v.z_t, v.n_t, p)


def _gradients(dh, x, h, h_0, p):
    dx, dh_prev, grads = _at_once(dh, x, before(h, h_0), p)
    return dx, dh_prev[0], grads


def _whole(dh, J):
    """Return ∂L/∂h_t of all steps, given the loss's own part: J[t] is the one of step t + 1."""
    A = np.concatenate([J[1:], 0 * J[:1]])
    return linear_scan(np.swapaxes(A, -1, -2), dh, reverse=True)


def _parallel(dh, x, h, h_0, p):
    return _gradients(_whole(dh, _jacobians(x, before(h, h_0), p)), x, h, h_0, p)


def _not_transposed(dh, x, h, h_0, p):
    J = np.swapaxes(_jacobians(x, before(h, h_0), p), -1, -2)
    return _gradients(_whole(dh, J), x, h, h_0, p)


def _own_jacobian(dh, x, h, h_0, p):
    J = _jacobians(x, before(h, h_0), p)
    dh = linear_scan(np.swapaxes(J, -1, -2), dh, reverse=True)
    return _gradients(dh, x, h, h_0, p)


def _own_jacobian_not_transposed(dh, x, h, h_0, p):
    J = _jacobians(x, before(h, h_0), p)
    return _gradients(linear_scan(J, dh, reverse=True), x, h, h_0, p)


def _not_reversed(dh, x, h, h_0, p):
    J = _jacobians(x, before(h, h_0), p)
    return _gradients(linear_scan(np.swapaxes(J, -1, -2), dh), x, h, h_0, p)


def _jacobian_after_the_step(dh, x, h, h_0, p):
    return _gradients(_whole(dh, _jacobians(x, h, p)), x, h, h_0, p)


def _states_after_the_step(dh, x, h, h_0, p):
    dh = _whole(dh, _jacobians(x, before(h, h_0), p))
    dx, dh_prev, grads = _at_once(dh, x, h, p)
    return dx, dh_prev[0], grads


def _gradient_of_h_1(dh, x, h, h_0, p):
    dh = _whole(dh, _jacobians(x, before(h, h_0), p))
    dx, _, grads = _gradients(dh, x, h, h_0, p)
    return dx, dh[0], grads


def _averaged(dh, x, h, h_0, p):
    dx, dh_0, grads = _parallel(dh, x, h, h_0, p)
    return dx, dh_0, GRUParams(*(g / len(x) for g in grads))


def _last_loss_alone(dh, x, h, h_0, p):
    last = np.zeros_like(dh)
    last[-1] = dh[-1]
    return _parallel(last, x, h, h_0, p)


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for aspect, T, D, H, sign, special in SIZES:
        x, h_0 = tidy(rng, T, D, low=-1, high=1), start(rng, H, sign)
        p = tidy_params(rng, D, H)
        dh = tidy(rng, T, H, low=-1, high=1)
        if special:
            aspect, dh = "stability", STEEP * dh
        inputs = {"dh": dh, "x": x, "h": states(x, h_0, p), "h_0": h_0, "p": p}
        cases.append(Case(aspect, inputs))
    return cases


PARALLEL_BPTT = Exercise(
    name="parallel_bptt",
    points=4,
    reference=lambda dh, x, h, h_0, p: _parallel(dh, x, h, h_0, p),
    outputs=("dx", "dh_0", "grads"),
    cases=_cases,
    mistakes=(
        Mistake(
            "jacobian_not_transposed",
            _not_transposed,
            "J is not transposed. A gradient flows back through J_{t+1}ᵀ: "
            "`np.swapaxes(J, -1, -2)` transposes every matrix of the stack.",
        ),
        Mistake(
            "j_t_for_j_t_plus_1",
            _own_jacobian,
            "J_t stands where J_{t+1} is due: what reaches h_t has come through step t + 1. The "
            "first matrix of the reversed scan acts on zeros, the second is J_T.",
        ),
        Mistake(
            "own_jacobian_not_transposed",
            _own_jacobian_not_transposed,
            "Two things at once: J is not transposed (`np.swapaxes(J, -1, -2)`), and J_t stands "
            "where J_{t+1} is due: what reaches h_t has come through step t + 1.",
        ),
        Mistake(
            "not_reversed",
            _not_reversed,
            "The scan runs from the first step to the last. A gradient flows back: reverse dh and "
            "the Jacobians, scan, and reverse the result.",
        ),
        Mistake(
            "jacobian_at_h_t",
            _jacobian_after_the_step,
            "The Jacobians are taken at h_1 to h_T. J_t is that of step t, at h_{t-1}: h_0 to "
            "h_{T-1}.",
        ),
        Mistake(
            "states_after_the_step",
            _states_after_the_step,
            "`gru_cell_backward` is given h_t where h_{t-1} is due.",
        ),
        Mistake(
            "nothing_flows_back",
            lambda dh, x, h, h_0, p: _gradients(dh, x, h, h_0, p),
            "Each step gets its own loss only. Hand `gru_cell_backward` the whole gradients, which "
            "the scan returns.",
        ),
        Mistake(
            "gradient_of_h_1_for_h_0",
            _gradient_of_h_1,
            "Your dh_0 is the gradient of h_1. That of h_0 is one step further back: the first row "
            "of what `gru_cell_backward` returns as dh_prev.",
        ),
        Mistake(
            "averaged_over_time",
            _averaged,
            "The gradients of the weights are divided by T. They are sums over the steps.",
        ),
        Mistake(
            "loss_of_the_last_step_only",
            _last_loss_alone,
            "Only the last step's loss enters. Every step has one: b_t of the scan is dh[t].",
        ),
    ),
    hints=(
        "Three moves: the Jacobians at h_0 to h_{T-1}; the scan g_t = J_{t+1}ᵀ g_{t+1} + dh_t, "
        "from the last step to the first; and one call of gru_cell_backward, time as its batch.",
        "Reversed in time, step T comes first and nothing comes before it. So the matrices are "
        "anything, J_Tᵀ, ..., J_2ᵀ: with J transposed, `np.roll(J[::-1], 1, axis=0)`.",
        "`g = linear_scan(A, dh[::-1], 0 * h_0)[::-1]`, then `r, z, n, _ = gru_step(x, h_prev, p)` "
        "and `gru_cell_backward(g, x, h_prev, r, z, n, p)`; dh_0 is the first row of its dh_prev.",
    ),
)
