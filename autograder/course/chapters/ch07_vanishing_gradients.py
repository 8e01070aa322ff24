"""Chapter 7: Jacobians of one step, gradients against lag, horizons, clipping, chrono biases."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Chapter, Exercise, Mistake
from autograder.course.cases import tidy
from autograder.course.chapters.ch05_sequences import params
from gru_ref import jacobian as jac
from gru_ref.cell import GRUParams, step_values

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
                "p": params(rng, D, H),
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

# --- saturate_gates --------------------------------------------------------------------------


def _saturate(p, r, z, size=40.0):
    return p._replace(
        W_ir=0 * p.W_ir,
        W_iz=0 * p.W_iz,
        W_hr=0 * p.W_hr,
        W_hz=0 * p.W_hz,
        b_ir=np.where(r > 0.5, size, -size) + 0 * p.b_ir,
        b_iz=np.where(z > 0.5, size, -size) + 0 * p.b_iz,
        b_hr=0 * p.b_hr,
        b_hz=0 * p.b_hz,
    )


def _corner_jacobian(inputs, p):
    """Return the full Jacobian of the answer at a fixed x_t and h_{t-1}."""
    H, D = inputs["p"].W_ir.shape
    rng = np.random.default_rng(7)
    x_t, h_prev = 0.3 * rng.uniform(-1, 1, D), rng.uniform(-1, 1, H)
    with np.errstate(all="ignore"):
        return jac.gru_jacobian(x_t, h_prev, p)


def _corner_cases(rng: np.random.Generator) -> list[Case]:
    corners = [("edge sizes", 1, 1, 0, 1), ("values", 2, 2, 1, 1), ("values", 2, 2, 0, 0)]
    corners += [("values", 1, 2, 1, 0), ("values", 3, 3, 0, 1), ("values", 2, 3, 1, 0)]
    return [
        Case(aspect, {"p": params(rng, D, H), "r": np.array(r), "z": np.array(z)})
        for aspect, D, H, r, z in corners
    ]


SATURATE_GATES = Exercise(
    name="saturate_gates",
    points=2,
    reference=lambda p, r, z: _saturate(p, r, z),
    cases=_corner_cases,
    observe=_corner_jacobian,
    shows="the full Jacobian of your cell at one random x_t and h_{t-1}",
    rtol=0,
    atol=1e-4,  # a bias of ±10 leaves 5e-5
    mistakes=(
        Mistake(
            "r_and_z_swapped",
            lambda p, r, z: _saturate(p, z, r),
            "r and z are swapped: r sets b_ir, z sets b_iz.",
        ),
        Mistake(
            "signs_swapped",
            lambda p, r, z: _saturate(p, 1 - r, 1 - z),
            "Both gates end at the wrong side: 1 needs a large *positive* bias, 0 a large negative "
            "one.",
        ),
        Mistake(
            "bias_is_the_value",
            lambda p, r, z: _saturate(p, r, z)._replace(b_ir=r + 0 * p.b_ir, b_iz=z + 0 * p.b_iz),
            "The bias is not the gate: σ(1) = 0.73 and σ(0) = 0.5. Take +20 or more for 1, -20 or "
            "less for 0.",
        ),
        Mistake(
            "bias_of_five",
            lambda p, r, z: _saturate(p, r, z, 5.0),
            "σ(5) = 0.993 is not saturated. Take biases of ±20 or more.",
        ),
        Mistake(
            "nothing_changed",
            lambda p, r, z: p,
            "p comes back as it was. `p._replace(...)` returns a changed copy: return that.",
        ),
    ),
    hints=(
        "Weights of 0 and a bias of +40 make a gate of 1 for every input and state; -40 makes 0.",
        "`p._replace(W_ir=0 * p.W_ir, ..., b_ir=..., b_iz=...)`: eight fields change, those of the "
        "two gates.",
    ),
)

# --- gradient_norms --------------------------------------------------------------------------


def _wrong_order(dh_T, Js):
    return jac.gradient_norms(dh_T, Js[::-1])


def _not_transposed(dh_T, Js):
    return jac.gradient_norms(dh_T, np.swapaxes(Js, -1, -2))


def _norms_multiplied(dh_T, Js):
    sizes = [np.linalg.norm(dh_T)]
    for J in Js[::-1]:
        sizes.append(sizes[-1] * np.linalg.norm(J, 2))
    return np.array(sizes)


def _norm_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1), ("values", 1, 2), ("values", 2, 2), ("edge sizes", 3, 1)]
    sizes += [("values", 3, 2), ("values", 4, 3)]
    return [
        Case(aspect, {"dh_T": tidy(rng, H), "Js": tidy(rng, T, H, H, low=-1, high=1)})
        for aspect, T, H in sizes
    ]


GRADIENT_NORMS = Exercise(
    name="gradient_norms",
    points=3,
    reference=lambda dh_T, Js: jac.gradient_norms(dh_T, Js),
    cases=_norm_cases,
    mistakes=(
        Mistake(
            "wrong_order",
            _wrong_order,
            "The Jacobians are taken from the first step on. A gradient flows from the last step "
            "back: begin with Js[-1].",
        ),
        Mistake(
            "jacobian_not_transposed",
            _not_transposed,
            "You compute J dh. Backwards it is dh_{t-1} = J_tᵀ dh_t: `J.T @ dh` or `dh @ J`.",
        ),
        Mistake(
            "product_of_norms",
            _norms_multiplied,
            "You multiply the norms of the matrices. That is an upper bound; the norm of the "
            "product can be far smaller. Carry the vector, and take its norm at each lag.",
        ),
        Mistake(
            "in_the_order_of_time",
            lambda dh_T, Js: jac.gradient_norms(dh_T, Js)[::-1],
            "The norms stand in the order of time. Index k is the lag: lag 0, the last step, comes "
            "first.",
        ),
        Mistake(
            "lag_0_missing",
            lambda dh_T, Js: jac.gradient_norms(dh_T, Js)[1:],
            "Lag 0 is missing: the first entry is the norm of dh_T itself, so there are T + 1.",
        ),
        Mistake(
            "last_lag_missing",
            lambda dh_T, Js: jac.gradient_norms(dh_T, Js)[:-1],
            "The largest lag is missing: all T Jacobians are used, the first one too, so there are "
            "T + 1 norms.",
        ),
        Mistake(
            "squared",
            lambda dh_T, Js: jac.gradient_norms(dh_T, Js) ** 2,
            "These are squared norms: take the root.",
        ),
    ),
    hints=(
        "Start with dh = dh_T and its norm. Then for the Jacobians from the last to the first: dh "
        "becomes J.T @ dh.",
        "`for J in Js[::-1]: dh = dh @ J; norms.append(np.linalg.norm(dh))`.",
    ),
)

# --- memory_horizon --------------------------------------------------------------------------


def _first_below(norms, level):
    return np.asarray(float(np.argmax(norms <= level)))


def _horizon(norms):
    return _first_below(norms, norms[0] / np.e)


def _horizon_cases(rng: np.random.Generator) -> list[Case]:
    cases = [Case("edge sizes", {"norms": np.array([3.0, 1.0])})]
    for start, z, T in ((1.0, 0.5, 4), (3.0, 0.7, 8), (0.2, 0.8, 12), (5.0, 0.9, 25)):
        norms = start * z ** np.arange(T + 1) * (1 + 0.05 * rng.uniform(-1, 1, T + 1))
        norms[0] = start
        cases.append(Case("values", {"norms": np.round(norms, 4)}))
    cases.append(Case("values", {"norms": np.array([2.0, 2.5, 1.5, 0.9, 0.7, 0.9, 0.1])}))
    return cases


MEMORY_HORIZON = Exercise(
    name="memory_horizon",
    points=2,
    reference=_horizon,
    cases=_horizon_cases,
    mistakes=(
        Mistake(
            "one_half_for_1_over_e",
            lambda norms: _first_below(norms, norms[0] / 2),
            "This is where half is left. The horizon is where 1/e is left, 0.37.",
        ),
        Mistake(
            "not_relative_to_the_start",
            lambda norms: _first_below(norms, 1 / np.e),
            "You compare with 1/e itself. The norm must fall to 1/e of its value at lag 0: "
            "norms[0] / e.",
        ),
        Mistake(
            "relative_to_the_largest",
            lambda norms: _first_below(norms, norms.max() / np.e),
            "You compare with the largest norm. The start is lag 0: norms[0] / e.",
        ),
        Mistake(
            "last_lag_above",
            lambda norms: _horizon(norms) - 1,
            "One too small: this is the last lag above 1/e. Asked for is the first at or below.",
        ),
        Mistake(
            "counted",
            lambda norms: np.asarray(float((norms > norms[0] / np.e).sum())),
            "You count the lags above 1/e. Where the norm rises again after it has fallen, this is "
            "not the first lag below: use np.argmax(norms <= ...).",
        ),
        Mistake(
            "last_crossing",
            lambda norms: np.asarray(float(np.flatnonzero(norms > norms[0] / np.e)[-1] + 1)),
            "You take the last crossing. Asked for is the first lag at or below 1/e of norms[0].",
        ),
    ),
    hints=(
        "Compare every norm with norms[0] / e.",
        "`np.argmax(condition)` is the index of the first True.",
    ),
)

# --- clip_by_norm ----------------------------------------------------------------------------


def _norm_of(grads):
    return np.sqrt(sum((g**2).sum() for g in grads))


def _clip(grads, max_norm):
    return GRUParams(*(g * min(1.0, max_norm / _norm_of(grads)) for g in grads))


def _clip_in_place(grads, max_norm):
    factor = min(1.0, max_norm / _norm_of(grads))
    for g in grads:
        g *= factor
    return grads


def _clip_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for aspect, D, H, max_norm in (
        ("edge sizes", 1, 1, 1.0),
        ("values", 1, 2, 0.5),
        ("values", 2, 2, 100.0),  # below the limit: nothing changes
        ("values", 3, 2, 2.0),
    ):
        grads = params(rng, D, H)
        cases.append(Case(aspect, {"grads": grads, "max_norm": np.array(max_norm)}))
    huge = GRUParams(*(1000 * g for g in params(rng, 2, 2)))
    return [*cases, Case("stability", {"grads": huge, "max_norm": np.array(1.0)})]


CLIP_BY_NORM = Exercise(
    name="clip_by_norm",
    points=2,
    reference=_clip,
    cases=_clip_cases,
    rtol=1e-5,  # PyTorch adds 1e-6 to the norm before it divides
    atol=1e-5,
    mistakes=(
        Mistake(
            "clipped_element_by_element",
            lambda grads, max_norm: GRUParams(*(np.clip(g, -max_norm, max_norm) for g in grads)),
            "You clip each number by itself, which changes the direction of the step. Scale all "
            "gradients by one factor, max_norm / norm.",
        ),
        Mistake(
            "each_array_by_its_own_norm",
            lambda grads, max_norm: GRUParams(
                *(g * min(1.0, max_norm / np.linalg.norm(g)) for g in grads)
            ),
            "Each array is scaled by its own norm. There is one norm, of all arrays together, and "
            "one factor.",
        ),
        Mistake(
            "always_scaled",
            lambda grads, max_norm: GRUParams(*(g * max_norm / _norm_of(grads) for g in grads)),
            "You scale small gradients up to max_norm. Where the norm is below the limit nothing "
            "changes: the factor is at most 1.",
        ),
        Mistake(
            "sum_of_the_norms",
            lambda grads, max_norm: GRUParams(
                *(g * min(1.0, max_norm / sum(np.linalg.norm(w) for w in grads)) for g in grads)
            ),
            "You add the norms of the twelve arrays. Of all numbers together the norm is the root "
            "of the sum of all *squares*.",
        ),
        Mistake(
            "max_for_min",
            lambda grads, max_norm: GRUParams(
                *(g * max(1.0, max_norm / _norm_of(grads)) for g in grads)
            ),
            "The factor is at *most* 1: min(1, max_norm / norm). Yours never shrinks anything.",
        ),
        Mistake(
            "root_forgotten",
            lambda grads, max_norm: GRUParams(
                *(g * min(1.0, max_norm / _norm_of(grads) ** 2) for g in grads)
            ),
            "You divide by the squared norm: take the root of the sum of squares.",
        ),
        Mistake(
            "nothing_clipped",
            lambda grads, max_norm: grads,
            "The gradients come back as they were.",
        ),
        Mistake(
            "clipped_in_place",
            _clip_in_place,
            "The numbers are right, but grads is changed in place (`*=`). Return new arrays.",
        ),
    ),
    hints=(
        "One norm for all twelve arrays: the root of the sum of all their squares.",
        "factor = min(1, max_norm / norm), and `GRUParams(*(g * factor for g in grads))`.",
    ),
)

# --- chrono_bias -----------------------------------------------------------------------------


def _chrono_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("values", {"u": np.array([9.0])}),
        Case("edge sizes", {"u": np.array([1.0])}),
        Case("values", {"u": np.round(rng.uniform(1, 99, 3), 1)}),
        Case("values", {"u": np.round(rng.uniform(1, 999, 5), 1)}),
        Case("stability", {"u": np.array([1e6])}),
    ]


CHRONO_BIAS = Exercise(
    name="chrono_bias",
    points=2,
    reference=lambda u: np.log(u),
    cases=_chrono_cases,
    mistakes=(
        Mistake(
            "sign",
            lambda u: -np.log(u),
            "The sign is that of the other convention, where z renews. Here z keeps the past: a "
            "long memory needs z near 1, a positive bias.",
        ),
        Mistake(
            "gate_for_bias",
            lambda u: u / (1 + u),
            "This is the gate z = u / (1 + u). Asked for is the bias b with σ(b) = z: "
            "b = log(z / (1 - z)).",
        ),
        Mistake(
            "one_too_many",
            lambda u: np.log1p(u),
            "Yours is log(1 + u). z / (1 - z) with z = u / (1 + u) is u itself.",
        ),
        Mistake(
            "base_10",
            lambda u: np.log10(u),
            "The base of the logarithm is wrong: σ uses e, so use `np.log`.",
        ),
        Mistake(
            "horizon_taken_for_u",
            lambda u: -np.log(np.expm1(1 / u)),
            "Yours sets the horizon -1/ln z to u. Asked for is z = u / (1 + u).",
        ),
        Mistake(
            "half_life_taken_for_u",
            lambda u: -np.log(np.expm1(np.log(2) / u)),
            "Yours sets the half-life to u. Asked for is z = u / (1 + u).",
        ),
    ),
    hints=(
        "b = log(z / (1 - z)) with z = u / (1 + u). What is 1 - z?",
        "1 - z = 1 / (1 + u), so z / (1 - z) = u.",
    ),
)

CHAPTER = Chapter(
    "07_vanishing_gradients",
    "7 · Vanishing gradients",
    75,
    (
        RNN_JACOBIAN,
        GRU_JACOBIAN,
        ARTICLE_JACOBIAN,
        SATURATE_GATES,
        GRADIENT_NORMS,
        MEMORY_HORIZON,
        CLIP_BY_NORM,
        CHRONO_BIAS,
    ),
)
