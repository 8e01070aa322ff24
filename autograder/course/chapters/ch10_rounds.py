"""Chapter 10, two rounds that improve a guess: by the gates, and by the whole Jacobian."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import tidy
from autograder.course.chapters.ch10_inputs import (
    before,
    guess_cases,
    start,
)
from autograder.course.chapters.ch10_mingru import mingru_states, residual_of
from gru_ref import jacobian as jac
from gru_ref.cell import step_values, zeros
from gru_ref.parallel import parallel_round
from gru_ref.scan import linear_scan

# --- gate_step -------------------------------------------------------------------------------


def _round(kind):
    def one(h, x, h_0, p):
        return parallel_round(h[:, None], x[:, None], p, h_0[None], kind)[:, 0]

    return one


_gate_step = _round("gate")


def _gate_scan(h_prev, x, h_0, p):
    v = step_values(x, h_prev, p)
    return linear_scan(v.z_t, (1 - v.z_t) * v.n_t, h_0)


def _gate_b_without_1_minus_z(h, x, h_0, p):
    v = step_values(x, before(h, h_0), p)
    return linear_scan(v.z_t, v.n_t, h_0)


def _gate_swapped(h, x, h_0, p):
    v = step_values(x, before(h, h_0), p)
    return linear_scan(1 - v.z_t, v.z_t * v.n_t, h_0)


def _gate_f_for_n(h, x, h_0, p):
    v = step_values(x, before(h, h_0), p)
    return linear_scan(v.z_t, v.h_t, h_0)


def _gate_from_zeros(h, x, h_0, p):
    return _gate_scan(np.concatenate([0 * h_0[None], h[:-1]]), x, h_0, p)


GATE_STEP = Exercise(
    name="gate_step",
    points=2,
    reference=lambda h, x, h_0, p: _gate_step(h, x, h_0, p),
    cases=guess_cases,
    mistakes=(
        Mistake(
            "h_t_for_h_prev",
            lambda h, x, h_0, p: _gate_scan(h, x, h_0, p),
            "The gates of step t read the guess of h_t. They read that of h_{t-1}: "
            "`np.concatenate([h_0[None], h[:-1]])`.",
        ),
        Mistake(
            "guess_ignored",
            lambda h, x, h_0, p: mingru_states(x, h_0, p),
            "The gates read zeros: this is the minGRU again. They read the guess.",
        ),
        Mistake(
            "picard",
            _round("picard"),
            "Each state is one step from the guess before it, and no scan has run. The gates are "
            "taken from the guess, the state that they blend is the new one.",
        ),
        Mistake(
            "b_without_1_minus_z",
            _gate_b_without_1_minus_z,
            "b_t is n_t, and due is (1 - z_t) n_t.",
        ),
        Mistake(
            "whole_step_for_the_candidate",
            _gate_f_for_n,
            "b_t is the whole new state, z_t ⊙ h'_{t-1} + (1 - z_t) ⊙ n_t, so the past comes in "
            "twice. b_t is (1 - z_t) n_t: the past comes from the scan.",
        ),
        Mistake(
            "z_and_1_minus_z_swapped",
            _gate_swapped,
            "z_t and 1 - z_t are swapped: z_t is what multiplies h_{t-1}.",
        ),
        Mistake(
            "h_0_ignored_in_the_scan",
            lambda h, x, h_0, p: _gate_scan(before(h, h_0), x, 0 * h_0, p),
            "The gates see h_0, the scan does not: it starts from h_0 too.",
        ),
        Mistake(
            "h_0_ignored_by_the_gates",
            _gate_from_zeros,
            "The first step's gates read zeros. Before step 1 stands h_0.",
        ),
    ),
    hints=(
        "This is your mingru with the guess in the place of the zeros, moved on by one step.",
        "`h_prev = np.concatenate([h_0[None], h[:-1]])`, then the gates and the candidate of all "
        "steps: `_, z, n, _ = gru_step(x, h_prev, p)`.",
        "`return diagonal_scan(z, (1 - z) * n, h_0)`.",
    ),
)

# --- newton_step -----------------------------------------------------------------------------


def _newton(h, x, h_0, p, jacobian=jac.gru_jacobian, sign=-1.0, start=0.0, at=before):
    J = np.array([jacobian(x_t, g, p) for x_t, g in zip(x, at(h, h_0), strict=True)])
    new = h + linear_scan(J, sign * residual_of(h, x, h_0, p), start * h_0)
    return np.clip(new, -1, 1)


def _transposed(x_t, h_prev, p):
    return jac.gru_jacobian(x_t, h_prev, p).T


def _diagonal_only(x_t, h_prev, p):
    return np.diag(np.diag(jac.gru_jacobian(x_t, h_prev, p)))


def _not_clipped(h, x, h_0, p):
    return parallel_round(h[:, None], x[:, None], p, h_0[None], clip=False)[:, 0]


def _correction_alone(h, x, h_0, p):
    J = np.array([jac.gru_jacobian(*a, p) for a in zip(x, before(h, h_0), strict=True)])
    return np.clip(linear_scan(J, -residual_of(h, x, h_0, p)), -1, 1)


def _clip_of_the_correction(h, x, h_0, p):
    J = np.array([jac.gru_jacobian(*a, p) for a in zip(x, before(h, h_0), strict=True)])
    return h + np.clip(linear_scan(J, -residual_of(h, x, h_0, p)), -1, 1)


def _far_off(rng, T, H, sign):
    """Return a guess from which a Newton round overshoots: z is small, and W_hn is large."""
    p, unit = zeros(1, H), np.where(np.arange(H) % 2, -1.0, 1.0)
    turn = np.eye(H) + 0.2 * tidy(rng, H, H, low=-1, high=1)
    p = p._replace(W_in=0.5 * unit[:, None], W_hn=4 * turn, b_iz=p.b_iz - 3, b_ir=p.b_ir + 3)
    return {
        "h": 0.1 * tidy(rng, T, H, low=-1, high=1),
        "x": sign * tidy(rng, T, 1, low=0.6, high=1.2),
        "h_0": 0.5 * start(rng, H, sign),
        "p": p,
    }


def _newton_cases(rng: np.random.Generator) -> list[Case]:
    far = [("stability", 4, 1, 1), ("stability", 4, 2, -1), ("stability", 6, 3, 1)]
    cases = guess_cases(rng) + [Case(aspect, _far_off(rng, *rest)) for aspect, *rest in far]
    cases[7].inputs["h_0"][0] = 0.0  # 0 / h_0 is no way to write zeros
    return cases


NEWTON_STEP = Exercise(
    name="newton_step",
    points=4,
    reference=lambda h, x, h_0, p: _newton(h, x, h_0, p),
    cases=_newton_cases,
    mistakes=(
        Mistake(
            "jacobian_at_h_t",
            lambda h, x, h_0, p: _newton(h, x, h_0, p, at=lambda h, h_0: h),
            "J_t is taken at the guess of h_t. It is the derivative of step t by h_{t-1}, at "
            "h_{t-1}: h_0 for the first step, h[0] for the second.",
        ),
        Mistake(
            "jacobian_transposed",
            lambda h, x, h_0, p: _newton(h, x, h_0, p, _transposed),
            "J_t is transposed. Forwards a difference is multiplied by J_t; the transpose belongs "
            "to gradients, which flow back.",
        ),
        Mistake(
            "not_clipped",
            _not_clipped,
            "States leave [-1, 1], where no GRU that starts there can be. Newton overshoots where "
            "the guess is bad: keep the result in with `np.clip(..., -1, 1)`.",
        ),
        Mistake(
            "correction_clipped",
            _clip_of_the_correction,
            "The correction is clipped. It is the new state, guess and correction together, that "
            "lies in [-1, 1].",
        ),
        Mistake(
            "sign_of_the_residual",
            lambda h, x, h_0, p: _newton(h, x, h_0, p, sign=1.0),
            "The correction goes the wrong way: b_t is -e_t. A guess that is too large is made "
            "smaller.",
        ),
        Mistake(
            "correction_starts_from_h_0",
            lambda h, x, h_0, p: _newton(h, x, h_0, p, start=1.0),
            "The scan starts from h_0. It runs over corrections, and h_0 is known: its correction "
            "is 0.",
        ),
        Mistake(
            "correction_alone",
            _correction_alone,
            "This is the correction. Add it to the guess.",
        ),
        Mistake(
            "article_jacobian",
            lambda h, x, h_0, p: _newton(h, x, h_0, p, jac.article_jacobian),
            "The Jacobian is article D's, with the gates taken as constants. Take the full one of "
            "exercise 7.2.",
        ),
        Mistake(
            "diagonal_only",
            lambda h, x, h_0, p: _newton(h, x, h_0, p, _diagonal_only),
            "Only the diagonal of J_t is used. It saves work and costs rounds; Newton takes the "
            "whole matrix.",
        ),
        Mistake(
            "gate_round",
            lambda h, x, h_0, p: _gate_step(h, x, h_0, p),
            "This is a gate round, with z_t for J_t. Take the whole Jacobian.",
        ),
        Mistake(
            "picard",
            _round("picard"),
            "This is f(h'_{t-1}, x_t): no correction of one step reaches the next. Scan with J_t.",
        ),
    ),
    hints=(
        "The correction d_t = h_t - h'_t obeys d_t = J_t d_{t-1} - e_t, from 0: a scan.",
        "J_t stands at h'_{t-1}: `J = np.array([gru_jacobian(x_t, g, p) for x_t, g in zip(x, "
        "h_prev)])`, with the h_prev of your residual.",
        "`h + linear_scan(J, -residual(h, x, h_0, p), 0 * h_0)`, and np.clip to [-1, 1].",
    ),
)
