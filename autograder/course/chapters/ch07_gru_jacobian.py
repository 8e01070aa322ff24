"""Chapter 7, the Jacobian of one step of a GRU: four paths, a matrix each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake, Step
from autograder.course.cases import DIFFERENCES, tidy
from autograder.course.chapters.ch04_cell import STEPS, tidy_params
from gru_ref import jacobian as jac
from gru_ref.cell import step_values


class Values(NamedTuple):
    """The gates and the candidate of one step, and u_t = W_hn h_{t-1} + b_hn."""

    r: np.ndarray
    z: np.ndarray
    n: np.ndarray
    u: np.ndarray


class Paths(NamedTuple):
    """The four paths from h_{t-1} to h_t, a matrix each; the Jacobian is their sum."""

    direct: np.ndarray
    through_z: np.ndarray
    through_r: np.ndarray
    through_n: np.ndarray


def _values(x_t, h_prev, p):
    r, z, n, _ = step_values(x_t, h_prev, p)
    return Values(r, z, n, h_prev @ p.W_hn.T + p.b_hn)


def rows(v: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Return diag(v) W: the rows of W, each times a number of v."""
    return v[:, None] * W


def _paths(x_t, h_prev, p):
    r, z, n, u = _values(x_t, h_prev, p)
    return Paths(
        np.diag(z),
        rows((h_prev - n) * z * (1 - z), p.W_hz),
        rows((1 - z) * (1 - n**2) * u * r * (1 - r), p.W_hr),
        rows((1 - z) * (1 - n**2) * r, p.W_hn),
    )


def jacobian_cases(rng: np.random.Generator) -> list[Case]:
    """Return one step of a small cell in several sizes, without a batch."""
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


def _gates_taken_as_constants(x_t, h_prev, p):
    J = _paths(x_t, h_prev, p)
    return J.direct + J.through_n


def _path_through_z_missing(x_t, h_prev, p):
    J = _paths(x_t, h_prev, p)
    return J.direct + J.through_r + J.through_n


def _path_through_r_missing(x_t, h_prev, p):
    J = _paths(x_t, h_prev, p)
    return J.direct + J.through_z + J.through_n


def _path_through_n_missing(x_t, h_prev, p):
    J = _paths(x_t, h_prev, p)
    return J.direct + J.through_z + J.through_r


def _diagonal_missing(x_t, h_prev, p):
    J = _paths(x_t, h_prev, p)
    return J.through_z + J.through_r + J.through_n


def _sign_of_the_path_through_z(x_t, h_prev, p):
    J = _paths(x_t, h_prev, p)
    return J.direct - J.through_z + J.through_r + J.through_n


def _z_added_to_every_row(x_t, h_prev, p):
    return _diagonal_missing(x_t, h_prev, p) + _values(x_t, h_prev, p).z


def _z_added_everywhere(x_t, h_prev, p):
    return _diagonal_missing(x_t, h_prev, p) + _values(x_t, h_prev, p).z[:, None]


def _bias_missing_in_u(x_t, h_prev, p):
    r, z, n, _ = _values(x_t, h_prev, p)
    u = h_prev @ p.W_hn.T
    through_r = rows((1 - z) * (1 - n**2) * u * r * (1 - r), p.W_hr)
    return sum(_paths(x_t, h_prev, p)._replace(through_r=through_r))


def _slope_of_z_missing(x_t, h_prev, p):
    through_z = rows(h_prev - _values(x_t, h_prev, p).n, p.W_hz)
    return sum(_paths(x_t, h_prev, p)._replace(through_z=through_z))


def _slope_of_r_missing(x_t, h_prev, p):
    _, z, n, u = _values(x_t, h_prev, p)
    through_r = rows((1 - z) * (1 - n**2) * u, p.W_hr)
    return sum(_paths(x_t, h_prev, p)._replace(through_r=through_r))


def _reset_missing(x_t, h_prev, p):
    _, z, n, _ = _values(x_t, h_prev, p)
    through_n = rows((1 - z) * (1 - n**2), p.W_hn)
    return sum(_paths(x_t, h_prev, p)._replace(through_n=through_n))


def _slope_of_tanh_missing(x_t, h_prev, p):
    r, z, _, u = _values(x_t, h_prev, p)
    N = rows(r, p.W_hn) + rows(u * r * (1 - r), p.W_hr)
    return np.diag(z) + _paths(x_t, h_prev, p).through_z + rows(1 - z, N)


def _one_minus_z_missing(x_t, h_prev, p):
    r, z, n, u = _values(x_t, h_prev, p)
    N = rows(1 - n**2, rows(r, p.W_hn) + rows(u * r * (1 - r), p.W_hr))
    return np.diag(z) + _paths(x_t, h_prev, p).through_z + N


def _z_and_1_minus_z_swapped(x_t, h_prev, p):
    r, z, n, u = _values(x_t, h_prev, p)
    N = rows(1 - n**2, rows(r, p.W_hn) + rows(u * r * (1 - r), p.W_hr))
    return np.diag(1 - z) + _paths(x_t, h_prev, p).through_z + rows(z, N)


def _every_factor_on_the_columns(x_t, h_prev, p):
    r, z, n, u = _values(x_t, h_prev, p)
    N = r * p.W_hn + u * r * (1 - r) * p.W_hr
    return np.diag(z) + (h_prev - n) * z * (1 - z) * p.W_hz + (1 - z) * (1 - n**2) * N


def _r_on_the_columns(x_t, h_prev, p):
    r, z, n, u = _values(x_t, h_prev, p)
    N = r * p.W_hn + u * r * (1 - r) * p.W_hr
    return np.diag(z) + _paths(x_t, h_prev, p).through_z + rows((1 - z) * (1 - n**2), N)


def _r_on_the_columns_of_W_hn(x_t, h_prev, p):
    r, z, n, _ = _values(x_t, h_prev, p)
    through_n = rows((1 - z) * (1 - n**2), r * p.W_hn)
    return sum(_paths(x_t, h_prev, p)._replace(through_n=through_n))


def _columns_of_W_hz(x_t, h_prev, p):
    _, z, n, _ = _values(x_t, h_prev, p)
    through_z = (h_prev - n) * z * (1 - z) * p.W_hz
    return sum(_paths(x_t, h_prev, p)._replace(through_z=through_z))


def _columns_of_W_hr(x_t, h_prev, p):
    r, z, n, u = _values(x_t, h_prev, p)
    through_r = (1 - z) * (1 - n**2) * u * r * (1 - r) * p.W_hr
    return sum(_paths(x_t, h_prev, p)._replace(through_r=through_r))


def _columns_of_W_hn(x_t, h_prev, p):
    r, z, n, _ = _values(x_t, h_prev, p)
    through_n = (1 - z) * (1 - n**2) * r * p.W_hn
    return sum(_paths(x_t, h_prev, p)._replace(through_n=through_n))


def _terms(inputs: dict) -> dict[str, dict[str, np.ndarray]]:
    """Return the four paths, under the names that a student would write them by."""
    J = _paths(**inputs)
    return {
        "": {
            "the direct path": J.direct,
            "the path through z_t": J.through_z,
            "the path through r_t": J.through_r,
            "the path through u_t": J.through_n,
        }
    }


ROWS = (
    "`v * W` multiplies the columns of W, since the last axes meet; a factor of unit i belongs to "
    "row i: `v[:, None] * W`."
)

GRU_JACOBIAN = Exercise(
    name="gru_jacobian",
    points=4,
    **DIFFERENCES,
    reference=lambda x_t, h_prev, p: jac.gru_jacobian(x_t, h_prev, p),
    cases=jacobian_cases,
    steps=(
        *STEPS,
        Step("u_t", lambda i: _values(**i).u, "u_t = W_hn h_{t-1} + b_hn"),
    ),
    terms=_terms,
    mistakes=(
        Mistake(
            "every_factor_on_the_columns",
            _every_factor_on_the_columns,
            f"All your factors are on the columns. {ROWS}",
        ),
        Mistake(
            "r_on_the_columns",
            _r_on_the_columns,
            "In both paths through a_n what belongs to r_t is on the columns of W_hn and of W_hr. "
            f"{ROWS}",
        ),
        Mistake(
            "r_on_the_columns_of_W_hn",
            _r_on_the_columns_of_W_hn,
            f"r_t is on the columns of W_hn. {ROWS}",
        ),
        Mistake(
            "columns_of_W_hz",
            _columns_of_W_hz,
            f"In the path through z_t the factors are on the columns of W_hz. {ROWS}",
        ),
        Mistake(
            "columns_of_W_hr",
            _columns_of_W_hr,
            f"In the path through r_t the factors are on the columns of W_hr. {ROWS}",
        ),
        Mistake(
            "columns_of_W_hn",
            _columns_of_W_hn,
            f"In the path through u_t the factors are on the columns of W_hn. {ROWS}",
        ),
        Mistake(
            "gates_taken_as_constants",
            _gates_taken_as_constants,
            "The paths through both gates are missing: this is article D's formula. z_t and r_t "
            "depend on h_{t-1} too, by W_hz and W_hr.",
        ),
        Mistake(
            "path_through_z_missing",
            _path_through_z_missing,
            "The path through the update gate is missing: h_t depends on z_t, and z_t on h_{t-1} "
            "by W_hz.",
        ),
        Mistake(
            "path_through_r_missing",
            _path_through_r_missing,
            "The path through the reset gate is missing: a_n contains r_t ⊙ u_t, and r_t depends "
            "on h_{t-1} by W_hr.",
        ),
        Mistake(
            "diagonal_missing",
            _diagonal_missing,
            "The direct path is missing: add the diagonal matrix diag(z_t), `np.diag(z_t)`.",
        ),
        Mistake(
            "path_through_n_missing",
            _path_through_n_missing,
            "The path through the candidate is missing: a_n contains r_t ⊙ u_t, and u_t depends on "
            "h_{t-1} by W_hn.",
        ),
        Mistake(
            "transposed",
            lambda x_t, h_prev, p: jac.gru_jacobian(x_t, h_prev, p).T,
            "This is the transpose. Row i belongs to unit i of h_t, column j to unit j of h_{t-1}; "
            "slopes and gates multiply rows, `v[:, None] * W`.",
        ),
        Mistake(
            "sign_of_the_path_through_z",
            _sign_of_the_path_through_z,
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
            _bias_missing_in_u,
            "r_t multiplies u_t = W_hn h_{t-1} + b_hn, with the bias.",
        ),
        Mistake(
            "slope_of_z_missing",
            _slope_of_z_missing,
            "The path through z_t lacks the slope of σ, z_t (1 - z_t).",
        ),
        Mistake(
            "slope_of_r_missing",
            _slope_of_r_missing,
            "The path through r_t lacks the slope of σ, r_t (1 - r_t).",
        ),
        Mistake(
            "slope_of_tanh_missing",
            _slope_of_tanh_missing,
            "The paths through a_n lack the slope of tanh, 1 - n_t².",
        ),
        Mistake(
            "one_minus_z_missing",
            _one_minus_z_missing,
            "The paths through the candidate lack its share: n_t enters h_t with the weight "
            "1 - z_t.",
        ),
        Mistake(
            "z_and_1_minus_z_swapped",
            _z_and_1_minus_z_swapped,
            "z_t and 1 - z_t are swapped: the direct path carries z_t, and the paths "
            "through the candidate carry 1 - z_t.",
        ),
        Mistake(
            "reset_missing",
            _reset_missing,
            "The path through u_t lacks the factor r_t: a_n contains r_t ⊙ u_t.",
        ),
        Mistake(
            "z_added_to_every_row",
            _z_added_to_every_row,
            "z_t is added to every row. The direct path concerns each unit and itself: the "
            "diagonal matrix `np.diag(z_t)`.",
        ),
        Mistake(
            "z_added_everywhere",
            _z_added_everywhere,
            "z_t is added to every entry of its row. The direct path concerns each unit and "
            "itself: the diagonal, `np.diag(z_t)`.",
        ),
    ),
    hints=(
        "Four paths, as in chapter 6, each a matrix: `np.diag(z)` for the direct one, and for the "
        "others a vector of factors times the rows of W_hz, W_hn and W_hr: `v[:, None] * W`.",
        "Through z: h_t moves by h_prev - n for each z, and z by z * (1 - z), the slope of σ, for "
        "each a_z; a_z contains W_hz h_prev. So v = (h_prev - n) * z * (1 - z), and the matrix is "
        "W_hz.",
        "Both others begin with (1 - z) * (1 - n**2), from h_t to n and from n to a_n. There "
        "stands r * u. Through u go on with r and W_hn.",
        "Through r: v = (1 - z) * (1 - n**2) * u * r * (1 - r), and the matrix is W_hr. Through u: "
        "v = (1 - z) * (1 - n**2) * r.",
    ),
)
