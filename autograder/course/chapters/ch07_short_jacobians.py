"""Chapter 7, two Jacobians of fewer terms: a tanh-RNN's, and the one that an article prints."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import DIFFERENCES, last_with_many_digits, tidy
from autograder.course.chapters.ch07_gru_jacobian import ROWS, jacobian_cases, rows
from gru_ref import jacobian as jac
from gru_ref.cell import step_values

# --- rnn_jacobian ----------------------------------------------------------------------------


def _rnn_jacobian(h_t, W_h):
    return (1 - h_t**2)[:, None] * W_h


@last_with_many_digits
def _rnn_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1)] + [("values", H) for H in (2, 2, 3, 4)]
    return [
        Case(a, {"h_t": tidy(rng, H, low=-0.9, high=0.9), "W_h": tidy(rng, H, H)}) for a, H in sizes
    ]


RNN_JACOBIAN = Exercise(
    name="rnn_jacobian",
    points=2,
    **DIFFERENCES,
    reference=_rnn_jacobian,
    cases=_rnn_cases,
    mistakes=(
        Mistake(
            "transposed",
            lambda h_t, W_h: _rnn_jacobian(h_t, W_h).T,
            "This is the transpose. Row i belongs to unit i of h_t, column j to unit j of h_{t-1}.",
        ),
        Mistake(
            "slope_on_the_columns",
            lambda h_t, W_h: W_h * (1 - h_t**2),
            "The slope multiplies the columns of W_h. It belongs to the unit that comes out, so to "
            "the rows: diag(1 - h_t²) W_h, `(1 - h_t**2)[:, None] * W_h`.",
        ),
        Mistake(
            "slope_forgotten",
            lambda h_t, W_h: W_h + 0 * h_t,
            "The slope of tanh is missing: multiply row i by 1 - h_t[i]².",
        ),
        Mistake(
            "tanh_applied_again",
            lambda h_t, W_h: (1 - np.tanh(h_t) ** 2)[:, None] * W_h,
            "You apply tanh to h_t, which is already tanh(a). The slope is 1 - h_t².",
        ),
        Mistake(
            "outer_product_with_the_matrix",
            lambda h_t, W_h: np.outer(1 - h_t**2, W_h),
            "np.outer takes W_h for one long vector. Each row of W_h is multiplied by one slope: "
            "`(1 - h_t**2)[:, None] * W_h`.",
        ),
        Mistake(
            "product_instead_of_matrix",
            lambda h_t, W_h: (1 - h_t**2) @ W_h,
            "A vector comes back. The Jacobian is a matrix: scale the rows of W_h, do not sum.",
        ),
    ),
    hints=(
        "h_t[i] = tanh(a_i), and a_i holds W_h[i, j] h_{t-1}[j]. Differentiate by h_{t-1}[j].",
        "∂h_t[i]/∂h_{t-1}[j] = (1 - h_t[i]²) W_h[i, j]. The slope belongs to row i; nothing "
        "is transposed.",
        "`(1 - h_t**2)[:, None] * W_h` multiplies row i of W_h by the slope of unit i.",
    ),
)

# --- article_jacobian ------------------------------------------------------------------------


def _elementwise_weights(x_t, h_prev, p):
    r, z, n, _ = step_values(x_t, h_prev, p)
    return np.diag(z + (1 - z) * (1 - n**2) * r * np.diag(p.W_hn))


def _slope_of_tanh_missing(x_t, h_prev, p):
    r, z, _, _ = step_values(x_t, h_prev, p)
    return np.diag(z) + rows((1 - z) * r, p.W_hn)


def _one_minus_z_missing(x_t, h_prev, p):
    r, z, n, _ = step_values(x_t, h_prev, p)
    return np.diag(z) + rows((1 - n**2) * r, p.W_hn)


def _reset_missing(x_t, h_prev, p):
    _, z, n, _ = step_values(x_t, h_prev, p)
    return np.diag(z) + rows((1 - z) * (1 - n**2), p.W_hn)


def _diagonal_missing(x_t, h_prev, p):
    r, z, n, _ = step_values(x_t, h_prev, p)
    return rows((1 - z) * (1 - n**2) * r, p.W_hn)


def _every_factor_on_the_columns(x_t, h_prev, p):
    r, z, n, _ = step_values(x_t, h_prev, p)
    return np.diag(z) + (1 - z) * (1 - n**2) * r * p.W_hn


def _r_on_the_columns(x_t, h_prev, p):
    r, z, n, _ = step_values(x_t, h_prev, p)
    return np.diag(z) + rows((1 - z) * (1 - n**2), r * p.W_hn)


def _slope_and_share_on_the_columns(x_t, h_prev, p):
    r, z, n, _ = step_values(x_t, h_prev, p)
    return np.diag(z) + (1 - z) * (1 - n**2) * rows(r, p.W_hn)


ARTICLE_JACOBIAN = Exercise(
    name="article_jacobian",
    points=2,
    **DIFFERENCES,
    reference=lambda x_t, h_prev, p: jac.article_jacobian(x_t, h_prev, p),
    cases=jacobian_cases,
    mistakes=(
        Mistake(
            "full_jacobian",
            lambda x_t, h_prev, p: jac.gru_jacobian(x_t, h_prev, p),
            "This is the full Jacobian. D holds the gates constant: only the direct path and the "
            "one through the candidate remain.",
        ),
        Mistake(
            "every_factor_on_the_columns",
            _every_factor_on_the_columns,
            f"All your factors are on the columns of W_hn. {ROWS}",
        ),
        Mistake(
            "r_on_the_columns",
            _r_on_the_columns,
            f"r_t is on the columns of W_hn. {ROWS}",
        ),
        Mistake(
            "slope_and_share_on_the_columns",
            _slope_and_share_on_the_columns,
            f"1 - z_t and the slope of tanh are on the columns of W_hn. {ROWS}",
        ),
        Mistake(
            "elementwise_weights",
            _elementwise_weights,
            "Only the diagonal of W_hn is used. Weights act by a matrix product: every unit of "
            "h_{t-1} reaches every unit of n_t.",
        ),
        Mistake(
            "reset_before",
            lambda x_t, h_prev, p: jac.article_jacobian(x_t, h_prev, p, "before"),
            "r_t is on the columns of W_hn, which is the form (3'). In (3) it belongs to the rows, "
            "diag(r_t) W_hn: `r_t[:, None] * W_hn`.",
        ),
        Mistake(
            "slope_of_tanh_missing",
            _slope_of_tanh_missing,
            "The slope of tanh is missing: 1 - n_t².",
        ),
        Mistake(
            "one_minus_z_missing",
            _one_minus_z_missing,
            "The candidate enters h_t with the weight 1 - z_t, which is missing.",
        ),
        Mistake(
            "reset_missing",
            _reset_missing,
            "r_t is missing: in (3) it multiplies W_hn h_{t-1} + b_hn.",
        ),
        Mistake(
            "diagonal_missing",
            _diagonal_missing,
            "The direct path is missing: add diag(z_t).",
        ),
    ),
    hints=(
        "Take your gru_jacobian and leave out the paths through z_t and r_t.",
        "Equation (4) with z_t and r_t held fixed: a diagonal from z_t h_{t-1}, and (1 - "
        "z_t) times ∂n_t/∂h_{t-1}, which is (1 - n_t²) r_t times W_hn, row by row.",
        "`np.diag(z) + ((1 - z) * (1 - n**2) * r)[:, None] * p.W_hn`.",
    ),
)
