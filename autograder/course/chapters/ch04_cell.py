"""Chapter 4, the whole cell: four equations from twelve arrays."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake, Step
from autograder.course.cases import grid, tidy
from gru_ref.cell import GRUParams, StepValues, param_shapes, sigmoid, step, step_values

CHUNG = (
    "This is the cell as Chung 2014, the encyclopedias and many courses write it: z_t renews, "
    "h_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ n_t, and r_t acts on h_{t-1} before the product. In this "
    "course, as in PyTorch, z_t keeps, equation (4), and r_t ⊙ (W_hn h_{t-1} + b_hn) stands in (3)."
)
SWAPPED = (
    "z_t and 1 - z_t are swapped: your h_t keeps the past where the gate says renew. Equation (4) "
    "is h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}."
)


def tidy_params(rng: np.random.Generator, D: int, H: int) -> GRUParams:
    """Return small tidy parameters."""
    return GRUParams(*(tidy(rng, *s, low=-1, high=1) for s in param_shapes(D, H)))


def _cell_inputs(rng, D, H, lead):
    return {
        "x_t": tidy(rng, *lead, D, low=-1, high=1),
        "h_prev": tidy(rng, *lead, H, low=-1, high=1),
        "p": tidy_params(rng, D, H),
    }


def _cell_cases(rng: np.random.Generator) -> list[Case]:
    cases = grid(_cell_inputs)(rng)
    for lead in ((), (2,)):  # gates near 0 and 1 beside a candidate that is neither
        inputs = _cell_inputs(rng, 2, 4, lead)
        p, signs = inputs["p"], np.array([7.0, -7.0, 7.0, -7.0])
        p = p._replace(b_ir=p.b_ir + signs, b_iz=p.b_iz - signs)
        cases.append(Case("batch" if lead else "values", inputs | {"p": p}))
    return cases


def flipped(p: GRUParams) -> GRUParams:
    """Return the parameters whose update gate is 1 - z: σ(-a) = 1 - σ(a)."""
    return p._replace(**{k: -getattr(p, k) for k in ("W_iz", "W_hz", "b_iz", "b_hz")})


def _a_r(x_t, h_prev, p):
    return x_t @ p.W_ir.T + p.b_ir + h_prev @ p.W_hr.T + p.b_hr


def _a_z(x_t, h_prev, p):
    return x_t @ p.W_iz.T + p.b_iz + h_prev @ p.W_hz.T + p.b_hz


def _a_n(x_t, h_prev, r_t, p):
    return x_t @ p.W_in.T + p.b_in + r_t * (h_prev @ p.W_hn.T + p.b_hn)


def _r(x_t, h_prev, p):
    return sigmoid(_a_r(x_t, h_prev, p))  # (1)


def _z(x_t, h_prev, p):
    return sigmoid(_a_z(x_t, h_prev, p))  # (2)


def _n(x_t, h_prev, r_t, p):
    return np.tanh(_a_n(x_t, h_prev, r_t, p))  # (3)


def _blend(z_t, n_t, h_prev):
    return (1 - z_t) * n_t + z_t * h_prev  # (4)


def _z_and_1_minus_z_swapped(x, h, p):
    n_t = _n(x, h, _r(x, h, p), p)
    return _blend(1 - _z(x, h, p), n_t, h)


def _reset_weights_in_the_update_gate(x, h, p):
    r_t = sigmoid(_a_r(x, h, p))
    z_t = sigmoid(_a_r(x, h, p))
    return _blend(z_t, _n(x, h, r_t, p), h)


def _update_weights_in_the_reset_gate(x, h, p):
    r_t = sigmoid(_a_z(x, h, p))
    z_t = sigmoid(_a_z(x, h, p))
    return _blend(z_t, _n(x, h, r_t, p), h)


def _r_and_z_swapped(x, h, p):
    r_t, z_t = _z(x, h, p), _r(x, h, p)
    return _blend(z_t, _n(x, h, r_t, p), h)


def _reset_ignored(x, h, p):
    n_t = np.tanh(x @ p.W_in.T + p.b_in + h @ p.W_hn.T + p.b_hn)
    return _blend(_z(x, h, p), n_t, h)


def _b_hn_outside_the_reset(x, h, p):
    n_t = np.tanh(x @ p.W_in.T + p.b_in + _r(x, h, p) * (h @ p.W_hn.T) + p.b_hn)
    return _blend(_z(x, h, p), n_t, h)


def _gates_see_the_reset_state(x, h, p):
    r_t = _r(x, h, p)
    z_t = _z(x, r_t * h, p)
    return _blend(z_t, _n(x, h, r_t, p), h)


def _h_prev_replaced_by_its_reset(x, h, p):
    h = _r(x, h, p) * h
    n_t = np.tanh(x @ p.W_in.T + p.b_in + h @ p.W_hn.T + p.b_hn)
    return _blend(_z(x, h, p), n_t, h)


def _sigmoid_for_tanh(x, h, p):
    n_t = sigmoid(_a_n(x, h, _r(x, h, p), p))
    return _blend(_z(x, h, p), n_t, h)


def _tanh_for_sigmoid(x, h, p):
    r_t, z_t = np.tanh(_a_r(x, h, p)), np.tanh(_a_z(x, h, p))
    return _blend(z_t, _n(x, h, r_t, p), h)


def _W_h_transposed(x, h, p):
    return step(x, h, p._replace(W_hr=p.W_hr.T, W_hz=p.W_hz.T, W_hn=p.W_hn.T))


def _fails_for_a_batch(x, h, p):
    r_t = sigmoid(p.W_ir @ x + p.b_ir + p.W_hr @ h + p.b_hr)
    z_t = sigmoid(p.W_iz @ x + p.b_iz + p.W_hz @ h + p.b_hz)
    n_t = np.tanh(p.W_in @ x + p.b_in + r_t * (p.W_hn @ h + p.b_hn))
    return (1 - z_t) * n_t + z_t * h


def _state_biases_forgotten(x, h, p):
    return step(x, h, p._replace(b_hr=0 * p.b_hr, b_hz=0 * p.b_hz, b_hn=0 * p.b_hn))


def _h_prev_overwritten(x, h_prev, p):
    h_prev[...] = step(x, h_prev, p)
    return h_prev


def _letter_swaps() -> tuple[Mistake, ...]:
    """Return one mistake for each array of p written where another of its shape is due."""

    def swap(due, seen):
        return lambda x, h, p: step(x, h, p._replace(**{due: getattr(p, seen)}))

    equation = {"r": "(1)", "z": "(2)", "n": "(3)"}
    return tuple(
        Mistake(
            f"{seen}_for_{due}",
            swap(due, seen),
            f"p.{seen} stands where p.{due} is due, in equation {equation[due[-1]]}.",
        )
        for due in GRUParams._fields
        for seen in GRUParams._fields
        if seen != due and (due[0] == seen[0] == "b" or due[:3] == seen[:3])
    )


def _steps(inputs: dict) -> StepValues:
    return step_values(inputs["x_t"], inputs["h_prev"], inputs["p"])


STEPS = (
    Step("r_t", lambda i: _steps(i).r_t, "r_t = σ(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)"),
    Step("z_t", lambda i: _steps(i).z_t, "z_t = σ(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)"),
    Step(
        "n_t",
        lambda i: _steps(i).n_t,
        "n_t = tanh(W_in x_t + b_in + r_t ⊙ (W_hn h_{t-1} + b_hn))",
    ),
)

GRU_CELL = Exercise(
    name="gru_cell",
    points=4,
    reference=lambda x_t, h_prev, p: step(x_t, h_prev, p),
    cases=_cell_cases,
    steps=STEPS,
    mistakes=(
        Mistake(
            "chung_cell",
            lambda x, h, p: step(x, h, flipped(p), reset="before"),
            CHUNG,
        ),
        Mistake(
            "z_and_1_minus_z_swapped",
            _z_and_1_minus_z_swapped,
            SWAPPED,
        ),
        Mistake(
            "reset_weights_in_the_update_gate",
            _reset_weights_in_the_update_gate,
            "Your update gate uses the reset gate's weights. Equation (2) has W_iz, b_iz, W_hz, "
            "b_hz.",
        ),
        Mistake(
            "update_weights_in_the_reset_gate",
            _update_weights_in_the_reset_gate,
            "What scales the state in the candidate is the update gate: z_t stands where r_t is "
            "due, or r_t uses its weights. Equation (1) has W_ir, b_ir, W_hr, b_hr.",
        ),
        Mistake(
            "r_and_z_swapped",
            _r_and_z_swapped,
            "r_t and z_t are swapped. r_t acts inside the candidate, equation (3); z_t blends, "
            "equation (4).",
        ),
        Mistake(
            "reset_ignored",
            _reset_ignored,
            "r_t never reaches the candidate. In equation (3) it multiplies W_hn h_{t-1} + b_hn.",
        ),
        Mistake(
            "reset_before",
            lambda x, h, p: step(x, h, p, reset="before"),
            "Your candidate resets before the product, equation (3'). The cell of this course and "
            "of PyTorch is (3): r_t ⊙ (W_hn h_{t-1} + b_hn).",
        ),
        Mistake(
            "b_hn_outside_the_reset",
            _b_hn_outside_the_reset,
            "b_hn stands outside the reset. In equation (3) it is inside: "
            "r_t ⊙ (W_hn h_{t-1} + b_hn).",
        ),
        Mistake(
            "gates_see_the_reset_state",
            _gates_see_the_reset_state,
            "Your update gate sees r_t ⊙ h_{t-1}. Equation (2) has the whole h_{t-1}: h_prev was "
            "overwritten by the reset, or reset once for all.",
        ),
        Mistake(
            "h_prev_replaced_by_its_reset",
            _h_prev_replaced_by_its_reset,
            "You overwrite h_prev by r_t ⊙ h_{t-1} and use that everywhere. Only the candidate "
            "sees the reset; equations (2) and (4) have the whole h_{t-1}. And in (3) the product "
            "is reset, not the state: r_t ⊙ (W_hn h_{t-1} + b_hn).",
        ),
        Mistake(
            "sigmoid_for_tanh",
            _sigmoid_for_tanh,
            "The candidate passes through σ. In equation (3) it is tanh: the candidate is a value, "
            "not a gate.",
        ),
        Mistake(
            "tanh_for_sigmoid",
            _tanh_for_sigmoid,
            "The gates pass through tanh, which reaches down to -1. In equations (1) and (2) it "
            "is σ.",
        ),
        Mistake(
            "W_h_transposed",
            _W_h_transposed,
            "The three state weights are transposed: W_hr h_{t-1} in code is `h_prev @ p.W_hr.T`; "
            "the same for W_hz and W_hn.",
        ),
        Mistake(
            "fails_for_a_batch",
            _fails_for_a_batch,
            "Right for one vector, wrong for a batch, where x_t is (N, D) and h_prev (N, H), a row "
            "for each sequence. In all six products the rows stand on the left, `x_t @ p.W_ir.T`; "
            "on the right, as in `W @ x`, only one vector can stand.",
        ),
        Mistake(
            "candidate_alone",
            lambda x, h, p: _n(x, h, _r(x, h, p), p),
            "This is the candidate n_t. Equation (4) blends it with h_{t-1}.",
        ),
        Mistake(
            "input_biases_only",
            lambda x, h, p: step(x, h, p._replace(b_hr=0 * p.b_hr, b_hz=0 * p.b_hz)),
            "b_hr and b_hz are missing: equations (1) and (2) have two biases each.",
        ),
        Mistake(
            "b_hn_forgotten",
            lambda x, h, p: step(x, h, p._replace(b_hn=0 * p.b_hn)),
            "b_hn is missing from the candidate: r_t ⊙ (W_hn h_{t-1} + b_hn), equation (3).",
        ),
        Mistake(
            "state_biases_forgotten",
            _state_biases_forgotten,
            "The biases b_hr, b_hz and b_hn are missing: each of equations (1) to (3) has two.",
        ),
        *_letter_swaps(),
        Mistake(
            "h_prev_overwritten",
            _h_prev_overwritten,
            "The numbers are right, but your function writes them into h_prev itself: the caller's "
            "state is gone. Compute into a new array.",
        ),
    ),
    hints=(
        "Four lines, one an equation: r_t, z_t, n_t, h_t, in this order. Each uses only what "
        "stands above it.",
        "r_t is equation (1), z_t equation (2), n_t equation (3) with this r_t, h_t "
        "equation (4) with this z_t and n_t. All four read the same h_prev.",
        "The weights are fields: `p.W_ir`, `p.b_ir`, and so on. `r_t = sigmoid(x_t @ p.W_ir.T + "
        "p.b_ir + h_prev @ p.W_hr.T + p.b_hr)`; the other three you have written before.",
    ),
)
