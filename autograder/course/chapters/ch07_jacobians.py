"""Chapter 7, the Jacobian of one step: of a tanh-RNN, of a GRU, and an article's short one."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import tidy
from autograder.course.chapters.ch04_cell import tidy_params
from gru_ref import jacobian as jac
from gru_ref.cell import step_values

# --- rnn_jacobian ----------------------------------------------------------------------------


def _rnn_jacobian(h_t, W_h):
    return (1 - h_t**2)[:, None] * W_h


def _rnn_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1)] + [("values", H) for H in (2, 2, 3, 4)]
    return [
        Case(a, {"h_t": tidy(rng, H, low=-0.9, high=0.9), "W_h": tidy(rng, H, H)}) for a, H in sizes
    ]


RNN_JACOBIAN = Exercise(
    name="rnn_jacobian",
    points=2,
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
            "the rows: D(1 - h_t²) W_h, `(1 - h_t**2)[:, None] * W_h`.",
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
            "product_instead_of_matrix",
            lambda h_t, W_h: (1 - h_t**2) @ W_h,
            "A vector comes back. The Jacobian is a matrix: scale the rows of W_h, do not sum.",
        ),
    ),
    hints=(
        "h_t[i] = tanh(a_i), and a_i holds W_h[i, j] h_{t-1}[j]. Differentiate by h_{t-1}[j].",
        "`(1 - h_t**2)[:, None] * W_h` multiplies row i of W_h by the slope of unit i.",
    ),
)


# --- gru_jacobian and article_jacobian -------------------------------------------------------


def _parts(x_t, h_prev, p):
    """Return the four paths of (1) in gru_ref.jacobian: direct, through z, through r, through n."""
    r, z, n, _ = step_values(x_t, h_prev, p)
    u = h_prev @ p.W_hn.T + p.b_hn
    inner = ((1 - z) * (1 - n**2))[:, None]
    return (
        np.diag(z),
        ((h_prev - n) * z * (1 - z))[:, None] * p.W_hz,
        inner * ((u * r * (1 - r))[:, None] * p.W_hr),
        inner * (r[:, None] * p.W_hn),
    )


def _without(*left_out):
    def wrong(x_t, h_prev, p):
        paths = dict(zip(("direct", "z", "r", "n"), _parts(x_t, h_prev, p), strict=True))
        return sum(J for name, J in paths.items() if name not in left_out)

    return wrong


def _jacobian_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1), ("values", 2, 1), ("values", 1, 2), ("values", 2, 2)]
    sizes += [("edge sizes", 3, 1), ("values", 2, 3), ("values", 3, 4)]
    return [
        Case(
            aspect,
            {
                "x_t": tidy(rng, D, low=-1, high=1),
                "h_prev": tidy(rng, H, low=-0.9, high=0.9),
                "p": tidy_params(rng, D, H),
            },
        )
        for aspect, D, H in sizes
    ]


def _changed(z_slope=True, r_slope=True, tanh_slope=True, share="1-z", reset=True, keep="z"):
    def wrong(x_t, h_prev, p):
        r, z, n, _ = step_values(x_t, h_prev, p)
        u = h_prev @ p.W_hn.T + p.b_hn
        inner = {"1-z": 1 - z, "z": z, "one": 1.0}[share] * ((1 - n**2) if tanh_slope else 1.0)
        N = (r if reset else np.ones_like(r))[:, None] * p.W_hn
        N = N + (u * (r * (1 - r) if r_slope else 1.0))[:, None] * p.W_hr
        through_z = ((h_prev - n) * (z * (1 - z) if z_slope else 1.0))[:, None] * p.W_hz
        return np.diag(z if keep == "z" else 1 - z) + through_z + inner[:, None] * N

    return wrong


def _sign_of_z(x_t, h_prev, p):
    direct, z, r, n = _parts(x_t, h_prev, p)
    return direct - z + r + n


def _no_bias_in_u(x_t, h_prev, p):
    r, z, n, _ = step_values(x_t, h_prev, p)
    u = h_prev @ p.W_hn.T
    direct, through_z, _, through_n = _parts(x_t, h_prev, p)
    through_r = ((1 - z) * (1 - n**2) * u * r * (1 - r))[:, None] * p.W_hr
    return direct + through_z + through_r + through_n


GRU_JACOBIAN = Exercise(
    name="gru_jacobian",
    points=4,
    reference=lambda x_t, h_prev, p: jac.gru_jacobian(x_t, h_prev, p),
    cases=_jacobian_cases,
    mistakes=(
        Mistake(
            "gates_taken_as_constants",
            _without("z", "r"),
            "The paths through both gates are missing: this is article D's formula. z_t and r_t "
            "depend on h_{t-1} too, by W_hz and W_hr.",
        ),
        Mistake(
            "path_through_z_missing",
            _without("z"),
            "The path through the update gate is missing: D((h_{t-1} - n_t) z_t (1 - z_t)) W_hz.",
        ),
        Mistake(
            "path_through_r_missing",
            _without("r"),
            "The path through the reset gate is missing: in N, D(u_t r_t (1 - r_t)) W_hr.",
        ),
        Mistake(
            "diagonal_missing",
            _without("direct"),
            "The direct path is missing: add the diagonal matrix D(z_t), `np.diag(z_t)`.",
        ),
        Mistake(
            "path_through_n_missing",
            _without("n"),
            "The path through the candidate is missing: in N, D(r_t) W_hn.",
        ),
        Mistake(
            "transposed",
            lambda x_t, h_prev, p: jac.gru_jacobian(x_t, h_prev, p).T,
            "This is the transpose. Row i belongs to unit i of h_t, column j to unit j of h_{t-1}; "
            "slopes and gates multiply rows, `v[:, None] * W`.",
        ),
        Mistake(
            "sign_of_the_path_through_z",
            _sign_of_z,
            "The path through the update gate has the wrong sign: the factor is h_{t-1} - n_t.",
        ),
        Mistake(
            "reset_before",
            lambda x_t, h_prev, p: jac.gru_jacobian(x_t, h_prev, p, "before"),
            "This is the Jacobian of the form that resets before the product, (3'). The cell of "
            "this course is (3).",
        ),
        Mistake(
            "bias_missing_in_u",
            _no_bias_in_u,
            "r_t multiplies u_t = W_hn h_{t-1} + b_hn, with the bias.",
        ),
        Mistake(
            "slope_of_z_missing",
            _changed(z_slope=False),
            "The path through z_t lacks the slope of σ, z_t (1 - z_t).",
        ),
        Mistake(
            "slope_of_r_missing",
            _changed(r_slope=False),
            "The path through r_t lacks the slope of σ, r_t (1 - r_t).",
        ),
        Mistake(
            "slope_of_tanh_missing",
            _changed(tanh_slope=False),
            "N lacks the slope of tanh, 1 - n_t².",
        ),
        Mistake(
            "one_minus_z_missing",
            _changed(share="one"),
            "N lacks its share: it enters h_t with the weight 1 - z_t.",
        ),
        Mistake(
            "z_and_1_minus_z_swapped",
            _changed(share="z", keep="1-z"),
            "z_t and 1 - z_t are swapped: the direct path carries z_t, and N carries 1 - z_t.",
        ),
        Mistake(
            "reset_missing",
            _changed(reset=False),
            "The path through n_t lacks the factor r_t: D(r_t) W_hn.",
        ),
        Mistake(
            "z_added_to_every_row",
            lambda x_t, h_prev, p: (
                _without("direct")(x_t, h_prev, p) + step_values(x_t, h_prev, p).z_t
            ),
            "z_t is added to every row. The direct path concerns each unit and itself: the "
            "diagonal matrix `np.diag(z_t)`.",
        ),
        Mistake(
            "z_added_everywhere",
            lambda x_t, h_prev, p: (
                _without("direct")(x_t, h_prev, p) + step_values(x_t, h_prev, p).z_t[:, None]
            ),
            "z_t is added to every entry of its row. The direct path concerns each unit and "
            "itself: the diagonal, `np.diag(z_t)`.",
        ),
    ),
    hints=(
        "Four paths, as in chapter 6, each a matrix: `np.diag(z)` for the direct one, and for the "
        "others a vector of slopes times the rows of W_hz, W_hr and W_hn: `v[:, None] * W`.",
        "Through z: v = (h_prev - n) * z * (1 - z). Through n: v = (1 - z) * (1 - n**2) * r. "
        "Through r: v = (1 - z) * (1 - n**2) * u * r * (1 - r).",
    ),
)


def _elementwise(x_t, h_prev, p):
    r, z, n, _ = step_values(x_t, h_prev, p)
    return np.diag(z + (1 - z) * (1 - n**2) * r * np.diag(p.W_hn))


def _slope_missing(x_t, h_prev, p):
    r, z, _, _ = step_values(x_t, h_prev, p)
    return np.diag(z) + ((1 - z) * r)[:, None] * p.W_hn


def _share_missing(x_t, h_prev, p):
    r, z, n, _ = step_values(x_t, h_prev, p)
    return np.diag(z) + ((1 - n**2) * r)[:, None] * p.W_hn


def _reset_missing(x_t, h_prev, p):
    _, z, n, _ = step_values(x_t, h_prev, p)
    return np.diag(z) + ((1 - z) * (1 - n**2))[:, None] * p.W_hn


ARTICLE_JACOBIAN = Exercise(
    name="article_jacobian",
    points=2,
    reference=lambda x_t, h_prev, p: jac.article_jacobian(x_t, h_prev, p),
    cases=_jacobian_cases,
    mistakes=(
        Mistake(
            "full_jacobian",
            lambda x_t, h_prev, p: jac.gru_jacobian(x_t, h_prev, p),
            "This is the full Jacobian. D holds the gates constant: only the direct path and the "
            "one through the candidate remain.",
        ),
        Mistake(
            "elementwise_weights",
            _elementwise,
            "Only the diagonal of W_hn is used. Weights act by a matrix product: every unit of "
            "h_{t-1} reaches every unit of n_t.",
        ),
        Mistake(
            "reset_before",
            lambda x_t, h_prev, p: jac.article_jacobian(x_t, h_prev, p, "before"),
            "r_t scales the columns of W_hn: this is the form (3'). In (3) it scales the rows, "
            "D(r_t) W_hn.",
        ),
        Mistake(
            "slope_of_tanh_missing",
            _slope_missing,
            "The slope of tanh is missing: 1 - n_t².",
        ),
        Mistake(
            "one_minus_z_missing",
            _share_missing,
            "The candidate enters h_t with the weight 1 - z_t, which is missing.",
        ),
        Mistake(
            "reset_missing",
            _reset_missing,
            "r_t is missing: in (3) it multiplies W_hn h_{t-1} + b_hn.",
        ),
        Mistake(
            "diagonal_missing",
            lambda x_t, h_prev, p: _parts(x_t, h_prev, p)[3],
            "The direct path is missing: add D(z_t).",
        ),
    ),
    hints=(
        "Take your gru_jacobian and leave out the paths through z_t and r_t.",
        "`np.diag(z) + ((1 - z) * (1 - n**2) * r)[:, None] * p.W_hn`.",
    ),
)
