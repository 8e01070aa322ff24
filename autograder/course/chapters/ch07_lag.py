"""Chapter 7, what is left of a gradient after k steps, and where 1/e is left."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import STEEP, tidy
from autograder.course.chapters.ch04_cell import tidy_params
from gru_ref import jacobian as jac
from gru_ref.cell import step_values

# --- saturate_gates --------------------------------------------------------------------------


def _gates_of_bias(p, b_ir, b_iz):
    """Return p with gates that see nothing but these two biases."""
    gates = {k: 0 * w for k, w in p._asdict().items() if k[-1] in "rz"}
    return p._replace(**gates | {"b_ir": b_ir + 0 * p.b_ir, "b_iz": b_iz + 0 * p.b_iz})


def _saturate(p, r, z):
    return _gates_of_bias(p, 80 * r - 40, 80 * z - 40)  # 1 gives 40, 0 gives -40


def _corner(inputs, p):
    """Return the answer's Jacobian at the case's small x_t, and its gates at the large ones."""
    small, *large = zip(inputs["x"], inputs["h"], strict=True)
    with np.errstate(all="ignore"):
        gates = [v for point in large for v in step_values(*point, p)[:2]]
        return np.concatenate([jac.gru_jacobian(*small, p), gates])


def _points(rng: np.random.Generator, D: int, H: int) -> dict:
    """Return three x_t and h_{t-1}: a small x_t, at which no tanh is flat, and two large ones."""
    x = rng.uniform(0.5, 1, (3, D)) * np.where(np.arange(D) % 2, -1, 1)
    return {"x": x * [[0.3], [-1000.0], [1000.0]], "h": rng.uniform(-1, 1, (3, H))}


def _corner_cases(rng: np.random.Generator) -> list[Case]:
    corners = [("edge sizes", 1, 1, 0, 1), ("values", 2, 2, 1, 1), ("values", 2, 2, 0, 0)]
    corners += [("values", 1, 2, 1, 0), ("values", 3, 3, 0, 1), ("values", 2, 3, 1, 0)]
    corners += [("values", 2, 2, 1, 1), ("values", 2, 2, 0, 0)]
    cases = []
    for i, (aspect, D, H, r, z) in enumerate(corners):
        p = tidy_params(rng, D, H)
        if i > 5:  # a unit at which 1 - b and 1 - W are 0
            for w in p:
                w[0] = 1.0
        cases.append(Case(aspect, {"p": p, "r": np.array(r), "z": np.array(z)}, _points(rng, D, H)))
    return cases


def _what_is_off(seen: np.ndarray, expected: np.ndarray) -> str:
    """Return which gate is not where it should be, of what `_corner` returns."""
    H = seen.shape[1]
    for k, point in enumerate(("one large x_t", "another large x_t")):
        for j, name in enumerate("rz"):
            yours, due = seen[H + 2 * k + j], expected[H + 2 * k + j]
            if np.abs(yours - due).max() > 1e-3:
                i = int(np.argmax(np.abs(yours - due)))
                return (
                    f"At {point} {name}_t is {yours[i]:.3g} in unit {i}, and {due[i]:g} is due, "
                    f"whatever the input and the state. a_{name} is W_i{name} x_t + "
                    f"b_i{name} + W_h{name} h_{{t-1}} + b_h{name}: which of its terms may stay, "
                    "and which may not? A large x_t outweighs any bias."
                )
    return (
        "At the large x_t both gates are where they should be, and at a small one the Jacobian is "
        "not: is the bias large enough by itself (±20 or more), and is the candidate that of p?"
    )


SATURATE_GATES = Exercise(
    name="saturate_gates",
    points=2,
    reference=_saturate,
    cases=_corner_cases,
    observe=_corner,
    shows="the full Jacobian of your cell at one x_t; below it r_t and z_t at two large x_t",
    explain=_what_is_off,
    rtol=0,
    atol=1e-4,  # a bias of ±10 leaves 5e-5
    mistakes=(
        Mistake(
            "weights_left",
            lambda p, r, z: p._replace(
                b_ir=80 * r - 40 + 0 * p.b_ir, b_iz=80 * z - 40 + 0 * p.b_iz
            ),
            "The biases are large and the gates' weights are still there: a large x_t outweighs "
            "the bias. A gate that is the same whatever the input and the state has weights of 0.",
        ),
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
            _gates_of_bias,
            "The bias is not the gate: σ(1) = 0.73 and σ(0) = 0.5. Take +20 or more for 1, -20 or "
            "less for 0.",
        ),
        Mistake(
            "bias_of_five",
            lambda p, r, z: _gates_of_bias(p, 10 * r - 5, 10 * z - 5),
            "σ(5) = 0.993 is not saturated. Take biases of ±20 or more.",
        ),
        Mistake(
            "nothing_changed",
            lambda p, r, z: p,
            "p comes back as it was. `p._replace(...)` returns a changed copy: return that.",
        ),
    ),
    hints=(
        "Look at σ(±40): to sixteen digits it is 1 and nearly 0. Which arrays must be "
        "silent so that the bias alone decides?",
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
    cases = [
        Case(aspect, {"dh_T": tidy(rng, H), "Js": tidy(rng, T, H, H, low=-1, high=1)})
        for aspect, T, H in sizes
    ]
    steep = {"dh_T": STEEP * tidy(rng, 3), "Js": tidy(rng, 3, 3, 3)}
    return [*cases, Case("stability", steep)]


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
        "It is ∂L/∂h_{t-1} = J_tᵀ ∂L/∂h_t, once a step. Norms are taken of this vector, "
        "never of a product of norms.",
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
    cases.append(Case("values", {"norms": np.array([np.e, 1.0, 0.5])}))  # 1/e, and at most that
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
            "one_too_large",
            lambda norms: _horizon(norms) + 1,
            "One too large: lags are counted from 0, and norms[k] is the norm at lag k.",
        ),
        Mistake(
            "counted_from_1",
            lambda norms: np.asarray(float((norms > norms[0] / np.e).sum() + 1)),
            "You count the lags above 1/e and add 1. Lags begin at 0, so nothing is added; and "
            "where the norm rises again, a count is not the first lag below: use "
            "np.argmax(norms <= ...).",
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
            "The norms cross norms[0]/e more than once, and yours is a later crossing. Asked for "
            "is the first lag at or below it. A search in a sorted list (`searchsorted`) finds "
            "another where the norms do not fall all the way.",
        ),
    ),
    hints=(
        "Compare every norm with norms[0] / e.",
        "`np.argmax(condition)` is the index of the first True.",
        "`np.argmax(norms <= norms[0] / np.e)`: at most, so a norm on the border counts.",
    ),
)
