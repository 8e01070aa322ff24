"""Chapter 4: the new state, the whole cell, PyTorch's weights, and two cells made by hand."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Chapter, Exercise, Mistake
from autograder.course.cases import grid, tidy
from gru_ref.cell import GRUParams, param_shapes, sigmoid, step, zeros

# --- hidden_state ----------------------------------------------------------------------------


def _candidate(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    return np.tanh(x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T + b_hn))  # (3)


def _hidden_state(x_t, h_prev, r_t, z_t, W_in, b_in, W_hn, b_hn):
    n_t = _candidate(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn)
    return (1 - z_t) * n_t + z_t * h_prev  # (4)


def _hidden_inputs(rng, D, H, lead):
    return {
        "x_t": tidy(rng, *lead, D, low=-1, high=1),
        "h_prev": tidy(rng, *lead, H, low=-1, high=1),
        "r_t": tidy(rng, *lead, H, low=0.1, high=0.9),
        "z_t": tidy(rng, *lead, H, low=0.1, high=0.9),
        "W_in": tidy(rng, H, D, low=-1, high=1),
        "b_in": tidy(rng, H, low=-1, high=1),
        "W_hn": tidy(rng, H, H, low=-1, high=1),
        "b_hn": tidy(rng, H, low=-1, high=1),
    }


def _hidden_overwritten(x_t, h_prev, r_t, z_t, *w):
    n_t = _candidate(x_t, h_prev, r_t, *w)
    h_prev *= z_t
    h_prev += (1 - z_t) * n_t
    return h_prev


def _overwritten_too_early(x_t, h_prev, r_t, z_t, W_in, b_in, W_hn, b_hn):
    return _hidden_state(x_t, z_t * h_prev, r_t, z_t, W_in, b_in, W_hn, b_hn)


SWAPPED = (
    "z_t and 1 - z_t are swapped: your h_t keeps the past where the gate says renew. Equation (4) "
    "is h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}."
)

HIDDEN_STATE = Exercise(
    name="hidden_state",
    points=2,
    reference=_hidden_state,
    cases=grid(_hidden_inputs),
    mistakes=(
        Mistake(
            "z_and_1_minus_z_swapped",
            lambda x, h, r, z, *w: _hidden_state(x, h, r, 1 - z, *w),
            SWAPPED,
        ),
        Mistake(
            "r_and_z_swapped",
            lambda x, h, r, z, *w: _hidden_state(x, h, z, r, *w),
            "r_t and z_t are swapped. r_t acts inside the candidate, equation (3); z_t blends, "
            "equation (4).",
        ),
        Mistake(
            "r_in_the_blend",
            lambda x, h, r, z, *w: (1 - z) * _candidate(x, h, r, *w) + z * r * h,
            "r_t acts twice: in the candidate, where it belongs, and on h_{t-1} in the blend. In "
            "equation (4) h_{t-1} stands whole.",
        ),
        Mistake(
            "reset_before",
            lambda x, h, r, z, Wi, bi, Wh, bh: (
                (1 - z) * np.tanh(x @ Wi.T + bi + (r * h) @ Wh.T + bh) + z * h
            ),
            "Your candidate resets before the product, equation (3'). This course's main line is "
            "(3): r_t ⊙ (W_hn h_{t-1} + b_hn).",
        ),
        Mistake(
            "reset_ignored",
            lambda x, h, r, z, *w: _hidden_state(x, h, np.ones_like(r), z, *w),
            "r_t is not used: the candidate of equation (3) sees only the share r_t of the past.",
        ),
        Mistake(
            "past_weighted_too_early",
            _overwritten_too_early,
            "h_{t-1} is multiplied by z_t before the candidate is computed. The candidate sees the "
            "old state, equation (3); keep a new name for the result.",
        ),
        Mistake(
            "candidate_sees_the_weighted_past",
            lambda x, h, r, z, *w: (1 - z) * _candidate(x, z * h, r, *w) + z * h,
            "The candidate sees z_t ⊙ h_{t-1}: the past is weighted before n_t is computed. "
            "Equation (3) has the old state: compute n_t first.",
        ),
        Mistake(
            "candidate_alone",
            lambda x, h, r, z, *w: _candidate(x, h, r, *w),
            "This is the candidate n_t. Equation (4) blends it with h_{t-1}.",
        ),
        Mistake(
            "h_prev_overwritten",
            _hidden_overwritten,
            "The numbers are right, but your function writes them into h_prev itself (`*=`, `+=`): "
            "the caller's state is gone. Compute into a new array.",
        ),
    ),
    hints=(
        "Two lines: first n_t by equation (3), your candidate of chapter 3; then the blend of "
        "chapter 2.",
        "`n_t = np.tanh(x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T + b_hn))`; in equation (4) "
        "n_t has the weight 1 - z_t.",
    ),
)

# --- gru_cell --------------------------------------------------------------------------------


def _params(rng, D, H):
    return GRUParams(*(tidy(rng, *s, low=-1, high=1) for s in param_shapes(D, H)))


def _cell_inputs(rng, D, H, lead):
    return {
        "x_t": tidy(rng, *lead, D, low=-1, high=1),
        "h_prev": tidy(rng, *lead, H, low=-1, high=1),
        "p": _params(rng, D, H),
    }


def _cell(x_t, h_prev, p, r=None, z=None, n=None, squash=np.tanh):
    """Return equations (1)-(4), with r, z or n replaced where one is given."""
    r_t = _r(x_t, h_prev, p) if r is None else r
    z_t = _z(x_t, h_prev, p) if z is None else z
    if n is None:
        n = squash(x_t @ p.W_in.T + p.b_in + r_t * (h_prev @ p.W_hn.T + p.b_hn))
    return (1 - z_t) * n + z_t * h_prev


def _r(x_t, h_prev, p, squash=sigmoid):
    return squash(x_t @ p.W_ir.T + p.b_ir + h_prev @ p.W_hr.T + p.b_hr)


def _z(x_t, h_prev, p, squash=sigmoid):
    return squash(x_t @ p.W_iz.T + p.b_iz + h_prev @ p.W_hz.T + p.b_hz)


def _all_transposed(x, h, p):
    return _cell(x, h, p._replace(W_hr=p.W_hr.T, W_hz=p.W_hz.T, W_hn=p.W_hn.T))


def _fails_for_a_batch(x, h, p):
    r_t = sigmoid(p.W_ir @ x + p.b_ir + p.W_hr @ h + p.b_hr)
    z_t = sigmoid(p.W_iz @ x + p.b_iz + p.W_hz @ h + p.b_hz)
    n_t = np.tanh(p.W_in @ x + p.b_in + r_t * (p.W_hn @ h + p.b_hn))
    return (1 - z_t) * n_t + z_t * h


def _reset_for_all(x, h_prev, p):
    h = _r(x, h_prev, p) * h_prev
    return _cell(x, h, p, r=1.0)


def _cell_overwritten(x, h_prev, p):
    h_t = _cell(x, h_prev, p)
    h_prev[...] = h_t
    return h_prev


def _letter_swaps() -> tuple[Mistake, ...]:
    """Return one mistake for each array of p written where another of its shape is due."""

    def swap(due, seen):
        return lambda x, h, p: _cell(x, h, p._replace(**{due: getattr(p, seen)}))

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


GRU_CELL = Exercise(
    name="gru_cell",
    points=4,
    reference=lambda x_t, h_prev, p: step(x_t, h_prev, p),
    cases=grid(_cell_inputs),
    mistakes=(
        Mistake(
            "z_and_1_minus_z_swapped",
            lambda x, h, p: _cell(x, h, p, z=1 - _z(x, h, p)),
            SWAPPED,
        ),
        Mistake(
            "reset_weights_in_the_update_gate",
            lambda x, h, p: _cell(x, h, p, z=_r(x, h, p)),
            "Your update gate uses the reset gate's weights. Equation (2) has W_iz, b_iz, W_hz, "
            "b_hz.",
        ),
        Mistake(
            "update_weights_in_the_reset_gate",
            lambda x, h, p: _cell(x, h, p, r=_z(x, h, p)),
            "Your reset gate uses the update gate's weights. Equation (1) has W_ir, b_ir, W_hr, "
            "b_hr.",
        ),
        Mistake(
            "r_and_z_swapped",
            lambda x, h, p: _cell(x, h, p, r=_z(x, h, p), z=_r(x, h, p)),
            "r_t and z_t are swapped. r_t acts inside the candidate, equation (3); z_t blends, "
            "equation (4).",
        ),
        Mistake(
            "reset_ignored",
            lambda x, h, p: _cell(x, h, p, r=1.0),
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
            lambda x, h, p: _cell(
                x,
                h,
                p,
                n=np.tanh(x @ p.W_in.T + p.b_in + _r(x, h, p) * (h @ p.W_hn.T) + p.b_hn),
            ),
            "b_hn stands outside the reset. In equation (3) it is inside: "
            "r_t ⊙ (W_hn h_{t-1} + b_hn).",
        ),
        Mistake(
            "gates_see_the_reset_state",
            lambda x, h, p: _cell(x, h, p, z=_z(x, _r(x, h, p) * h, p)),
            "Your update gate sees r_t ⊙ h_{t-1}. Equation (2) has the whole h_{t-1}: h_prev was "
            "overwritten by the reset, or reset once for all.",
        ),
        Mistake(
            "h_prev_replaced_by_its_reset",
            _reset_for_all,
            "You overwrite h_prev by r_t ⊙ h_{t-1} and use that everywhere. Only the candidate "
            "sees the reset; equations (2) and (4) have the whole h_{t-1}. And in (3) the product "
            "is reset, not the state: r_t ⊙ (W_hn h_{t-1} + b_hn).",
        ),
        Mistake(
            "sigmoid_for_tanh",
            lambda x, h, p: _cell(x, h, p, squash=sigmoid),
            "The candidate passes through σ. In equation (3) it is tanh: the candidate is a value, "
            "not a gate.",
        ),
        Mistake(
            "tanh_for_sigmoid",
            lambda x, h, p: _cell(x, h, p, r=_r(x, h, p, np.tanh), z=_z(x, h, p, np.tanh)),
            "The gates pass through tanh, which reaches down to -1. In equations (1) and (2) it "
            "is σ.",
        ),
        Mistake(
            "W_h_transposed",
            _all_transposed,
            "The three state weights are transposed: W_hr h_{t-1} in code is `h_prev @ p.W_hr.T`; "
            "the same for W_hz and W_hn.",
        ),
        Mistake(
            "fails_for_a_batch",
            _fails_for_a_batch,
            "Right for one vector, wrong for a batch, where x_t is (N, D): write `x_t @ p.W_ir.T` "
            "for `p.W_ir @ x_t`, and so in all six products.",
        ),
        Mistake(
            "candidate_alone",
            lambda x, h, p: _cell(x, h, p, z=0.0),
            "This is the candidate n_t. Equation (4) blends it with h_{t-1}.",
        ),
        Mistake(
            "input_biases_only",
            lambda x, h, p: _cell(x, h, p._replace(b_hr=0 * p.b_hr, b_hz=0 * p.b_hz)),
            "b_hr and b_hz are missing: equations (1) and (2) have two biases each.",
        ),
        Mistake(
            "b_hn_forgotten",
            lambda x, h, p: _cell(x, h, p._replace(b_hn=0 * p.b_hn)),
            "b_hn is missing from the candidate: r_t ⊙ (W_hn h_{t-1} + b_hn), equation (3).",
        ),
        Mistake(
            "state_biases_forgotten",
            lambda x, h, p: _cell(
                x, h, p._replace(b_hr=0 * p.b_hr, b_hz=0 * p.b_hz, b_hn=0 * p.b_hn)
            ),
            "The biases b_hr, b_hz and b_hn are missing: each of equations (1) to (3) has two.",
        ),
        *_letter_swaps(),
        Mistake(
            "h_prev_overwritten",
            _cell_overwritten,
            "The numbers are right, but your function writes them into h_prev itself: the caller's "
            "state is gone. Compute into a new array.",
        ),
    ),
    hints=(
        "Four lines, one an equation: r_t, z_t, n_t, h_t, in this order. Each uses only what "
        "stands above it.",
        "The weights are fields: `p.W_ir`, `p.b_ir`, and so on. `r_t = sigmoid(x_t @ p.W_ir.T + "
        "p.b_ir + h_prev @ p.W_hr.T + p.b_hr)`; the other three you have written before.",
    ),
)


# --- unpack_torch_weights --------------------------------------------------------------------


def _blocks(packed, order=(0, 1, 2)):
    parts = np.split(packed, 3)
    return [parts[i] for i in order]


def _unpack(weight_ih, weight_hh, bias_ih, bias_hh, order=(0, 1, 2), bias_order=None):
    packed = (weight_ih, weight_hh, bias_ih, bias_hh)
    orders = (order, order, bias_order or order, bias_order or order)
    return GRUParams(*(b for a, o in zip(packed, orders, strict=True) for b in _blocks(a, o)))


def _packed_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1), ("values", 2, 1), ("values", 1, 2), ("values", 2, 2)]
    sizes += [("edge sizes", 3, 1), ("values", 3, 2), ("values", 3, 3), ("values", 4, 5)]
    return [
        Case(
            aspect,
            {
                "weight_ih": tidy(rng, 3 * H, D),
                "weight_hh": tidy(rng, 3 * H, H),
                "bias_ih": tidy(rng, 3 * H),
                "bias_hh": tidy(rng, 3 * H),
            },
        )
        for aspect, D, H in sizes
    ]


def _summed(weight_ih, weight_hh, bias_ih, bias_hh):
    return _unpack(weight_ih, weight_hh, bias_ih + bias_hh, 0 * bias_hh)


def _strided(*packed):
    return GRUParams(*(a[i::3] for a in packed for i in range(3)))


def _transposed(*packed):
    return GRUParams(*(np.ascontiguousarray(a.T) for a in _unpack(*packed)))


UNPACK_TORCH_WEIGHTS = Exercise(
    name="unpack_torch_weights",
    points=3,
    reference=lambda weight_ih, weight_hh, bias_ih, bias_hh: _unpack(
        weight_ih, weight_hh, bias_ih, bias_hh
    ),
    cases=_packed_cases,
    mistakes=(
        Mistake(
            "order_z_r_n",
            lambda *a: _unpack(*a, order=(1, 0, 2)),
            "You read the blocks in the order z, r, n. That is Keras and ONNX; PyTorch packs "
            "r, z, n: rows 0 to H are the reset gate's.",
        ),
        Mistake(
            "order_n_r_z",
            lambda *a: _unpack(*a, order=(1, 2, 0)),
            "You read the blocks in the order n, r, z. PyTorch packs r, z, n.",
        ),
        Mistake(
            "order_r_n_z",
            lambda *a: _unpack(*a, order=(0, 2, 1)),
            "You read the blocks in the order r, n, z. PyTorch packs r, z, n.",
        ),
        Mistake(
            "order_of_the_biases",
            lambda *a: _unpack(*a, bias_order=(1, 0, 2)),
            "The weights are right; the biases are read in another order. All four arrays are "
            "packed r, z, n.",
        ),
        Mistake(
            "order_of_the_weights",
            lambda *a: _unpack(*a, order=(1, 0, 2), bias_order=(0, 1, 2)),
            "The biases are right; the weights are read in another order. All four arrays are "
            "packed r, z, n.",
        ),
        Mistake(
            "input_and_state_biases_swapped",
            lambda wi, wh, bi, bh: _unpack(wi, wh, bh, bi),
            "bias_ih and bias_hh are swapped: ih is input to hidden, so b_ir, b_iz, b_in.",
        ),
        Mistake(
            "input_and_state_weights_swapped",
            lambda wi, wh, bi, bh: _unpack(wh, wi, bi, bh),
            "weight_ih and weight_hh are swapped: ih is input to hidden, so W_ir, W_iz, W_in.",
        ),
        Mistake(
            "biases_summed",
            _summed,
            "You sum the two biases. For r and z that gives the same cell, for n it does not: "
            "b_hn is multiplied by r_t and b_in is not. Keep all six.",
        ),
        Mistake(
            "weights_transposed",
            _transposed,
            "The weights are transposed. PyTorch stores (3H, D), a row per unit, as GRUParams: "
            "cut, no `.T`.",
        ),
        Mistake(
            "every_third_row",
            _strided,
            "You take every third row. The gates are stacked in blocks: the first H rows are r, "
            "the next H are z, the last H are n.",
        ),
    ),
    hints=(
        "Every packed array has 3H rows. `np.split(a, 3)` cuts it into three blocks of H rows.",
        "`W_ir, W_iz, W_in = np.split(weight_ih, 3)`, and the same for the other three. Then "
        "`GRUParams(W_ir, W_iz, W_in, W_hr, ...)` in the order of its fields.",
    ),
)

# --- flip_update_gate ------------------------------------------------------------------------


def _flip(p, *names):
    return p._replace(**{k: -getattr(p, k) for k in names})


def _flip_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1), ("values", 2, 1), ("values", 1, 2), ("values", 2, 2)]
    sizes += [("edge sizes", 3, 1), ("values", 3, 2)]
    return [Case(aspect, {"p": _params(rng, D, H)}) for aspect, D, H in sizes]


Z_FIELDS = ("W_iz", "W_hz", "b_iz", "b_hz")

FLIP_UPDATE_GATE = Exercise(
    name="flip_update_gate",
    points=2,
    reference=lambda p: _flip(p, *Z_FIELDS),
    cases=_flip_cases,
    mistakes=(
        Mistake(
            "biases_not_flipped",
            lambda p: _flip(p, "W_iz", "W_hz"),
            "Only the weights change sign. 1 - σ(a) = σ(-a), and a_z holds the biases too: negate "
            "b_iz and b_hz as well.",
        ),
        Mistake(
            "weights_not_flipped",
            lambda p: _flip(p, "b_iz", "b_hz"),
            "Only the biases change sign. 1 - σ(a) = σ(-a), and a_z holds the products too: negate "
            "W_iz and W_hz as well.",
        ),
        Mistake(
            "input_side_only",
            lambda p: _flip(p, "W_iz", "b_iz"),
            "Only the input's half of a_z changes sign. Negate W_hz and b_hz as well.",
        ),
        Mistake(
            "reset_gate_flipped",
            lambda p: _flip(p, "W_ir", "W_hr", "b_ir", "b_hr"),
            "You flip the reset gate. Chung's form differs in the update gate, z.",
        ),
        Mistake(
            "everything_flipped",
            lambda p: _flip(p, *p._fields),
            "You negate all twelve arrays. Only the update gate's four change: W_iz, W_hz, b_iz, "
            "b_hz.",
        ),
        Mistake(
            "one_minus_the_weights",
            lambda p: p._replace(**{k: 1 - getattr(p, k) for k in Z_FIELDS}),
            "You compute 1 - W. It is the gate that becomes 1 - z, and 1 - σ(a) = σ(-a): negate "
            "the weights.",
        ),
        Mistake(
            "nothing_flipped",
            lambda p: p,
            "The parameters come back as they were. `p._replace(...)` does not change p, it "
            "returns a copy: return that. 1 - σ(a) = σ(-a), so negate what a_z is made of.",
        ),
    ),
    hints=(
        "Which function of a gives 1 - σ(a)? Chapter 0 has the answer.",
        "1 - σ(a) = σ(-a). a_z is a sum of four terms; negate the array in each. "
        "`p._replace(W_iz=-p.W_iz, ...)` returns a copy with some fields changed.",
    ),
)

# --- weights_that_make_it_a_tanh_rnn ---------------------------------------------------------


def _gates(D, H, r, z):
    """Return parameters with constant gates: σ(r) and σ(z) for every input."""
    return zeros(D, H)._replace(b_ir=np.full(H, float(r)), b_iz=np.full(H, float(z)))


def _as_rnn(W_i, b_i, W_h, b_h, r=40.0, z=-40.0):
    H, D = W_i.shape
    return _gates(D, H, r, z)._replace(W_in=W_i, b_in=b_i, W_hn=W_h, b_hn=b_h)


def _five_steps(inputs, p):
    """Return h_t for five fixed random x_t and h_{t-1}."""
    H, D = inputs["W_i"].shape
    rng = np.random.default_rng(5)
    return step(rng.uniform(-1, 1, (5, D)), rng.uniform(-1, 1, (5, H)), p)


def _rnn_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1), ("values", 2, 1), ("values", 1, 2), ("values", 2, 2)]
    sizes += [("edge sizes", 3, 1), ("values", 3, 2), ("values", 4, 5)]
    return [
        Case(
            aspect,
            {
                "W_i": tidy(rng, H, D, low=-1, high=1),
                "b_i": tidy(rng, H, low=-1, high=1),
                "W_h": tidy(rng, H, H, low=-1, high=1),
                "b_h": tidy(rng, H, low=-1, high=1),
            },
        )
        for aspect, D, H in sizes
    ]


TANH_RNN = Exercise(
    name="weights_that_make_it_a_tanh_rnn",
    points=3,
    reference=lambda W_i, b_i, W_h, b_h: _as_rnn(W_i, b_i, W_h, b_h),
    cases=_rnn_cases,
    observe=_five_steps,
    shows="h_t of your cell for five random x_t and h_{t-1}, a row each",
    rtol=0,
    atol=1e-4,  # a gate bias of ±10 leaves 5e-5: saturated enough
    mistakes=(
        Mistake(
            "update_gate_left_at_one_half",
            lambda *a: _as_rnn(*a, z=0.0),
            "z_t is 1/2, so half of the old state stays. A tanh-RNN keeps nothing: z_t must be 0, "
            "a large negative b_iz.",
        ),
        Mistake(
            "reset_gate_left_at_one_half",
            lambda *a: _as_rnn(*a, r=0.0),
            "r_t is 1/2, so the candidate sees half of the past. A tanh-RNN sees all of it: "
            "r_t must be 1, a large positive b_ir.",
        ),
        Mistake(
            "both_gates_left_at_one_half",
            lambda *a: _as_rnn(*a, r=0.0, z=0.0),
            "Both gates are at 1/2: with zero weights and biases σ(0) = 1/2. Open r with a large "
            "positive b_ir, close z with a large negative b_iz.",
        ),
        Mistake(
            "update_gate_open",
            lambda *a: _as_rnn(*a, z=40.0),
            "z_t is 1: your cell copies h_{t-1}, whatever r_t is. Equation (4) gives h_t = n_t for "
            "z_t = 0: a large *negative* b_iz. (r_t must be 1: a large positive b_ir.)",
        ),
        Mistake(
            "reset_gate_closed",
            lambda *a: _as_rnn(*a, r=-40.0),
            "r_t is 0: the past never reaches the candidate. A large *positive* b_ir opens it.",
        ),
        Mistake(
            "bias_of_one_for_a_gate_of_one",
            lambda *a: _as_rnn(*a, r=1.0, z=-1.0),
            "A bias of ±1 is not a gate of 0 or 1: σ(1) = 0.73. Take ±20 or more.",
        ),
        Mistake(
            "bias_of_one_for_r",
            lambda *a: _as_rnn(*a, r=1.0, z=0.0),
            "Biases of 1 and 0 are not gates of 1 and 0: σ(1) = 0.73, σ(0) = 0.5. The gates are σ "
            "of the bias: take +20 for r, -20 for z.",
        ),
    ),
    hints=(
        "Set n_t equal to the tanh-RNN first: what must r_t be, and which arrays take W_i, b_i, "
        "W_h and b_h? Then which z_t makes h_t = n_t?",
        "A gate with zero weights is σ of its bias: +20 gives 1, -20 gives 0 (to 2e-9). Start from "
        "np.zeros of the right shapes for the gates.",
    ),
)

# --- weights_that_remember -------------------------------------------------------------------

STEPS = (1, 10, 100, 1000)


def _remembering(D, H, z=40.0):
    return _gates(int(D), int(H), 0.0, z)


def _remembered(inputs, p):
    """Return h_1, h_10, h_100 and h_1000, from a fixed h_0 under random inputs, a row each."""
    D, H = int(inputs["D"]), int(inputs["H"])
    rng = np.random.default_rng(5)
    h, xs = np.round(rng.uniform(-0.9, 0.9, H), 1), rng.uniform(-1, 1, (STEPS[-1], D))
    xs[500], xs[501] = -1, 1  # "whatever inputs": the extremes too
    W_h = np.concatenate([p.W_hr, p.W_hz, p.W_hn]).T
    b_h = np.concatenate([p.b_hr, p.b_hz, p.b_hn])
    a = xs @ np.concatenate([p.W_ir, p.W_iz, p.W_in]).T
    a += np.concatenate([p.b_ir, p.b_iz, p.b_in])
    rows = []
    for t, a_t in enumerate(a, 1):  # (1)-(4), packed: `step` would take five times as long
        u = h @ W_h + b_h
        gates = sigmoid(a_t[: 2 * H] + u[: 2 * H])
        n = np.tanh(a_t[2 * H :] + gates[:H] * u[2 * H :])
        h = n + gates[H:] * (h - n)
        if t in STEPS:
            rows.append(h)
    return np.array(rows)


def _lost(seen, due):
    """Return when the state was lost; for gates that no declared mistake has."""
    wrong = ~np.isclose(seen, due, rtol=0, atol=1e-3).all(axis=-1)
    lost_at = STEPS[int(wrong.argmax())]
    if lost_at == 1:
        return (
            "The state is lost at the first step: z_t is not near 1. Look at the four arrays that "
            "make a_z, equation (2)."
        )
    left = np.abs(seen[-1]).sum() / np.abs(due[-1]).sum()
    return (
        f"z_t is near 1, but not near enough: after {STEPS[-1]} steps {left:.1%} of h_0 is left, "
        "and no more than 0.1 % may be lost. σ(10) loses 4.4 %, σ(15) loses 0.03 %."
    )


def _size_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1), ("values", 2, 2), ("values", 1, 3), ("values", 40, 2)]
    return [Case(aspect, {"D": np.array(D), "H": np.array(H)}) for aspect, D, H in sizes]


def _identity(D, H):
    return _gates(int(D), int(H), 40.0, -40.0)._replace(W_hn=np.eye(int(H)))


REMEMBER = Exercise(
    name="weights_that_remember",
    points=3,
    reference=lambda D, H: _remembering(D, H),
    cases=_size_cases,
    observe=_remembered,
    shows="h after 1, 10, 100 and 1000 steps under random inputs, a row each; due is h_0 in each",
    explain=_lost,
    rtol=0,
    atol=1e-3,
    mistakes=(
        Mistake(
            "update_gate_closed",
            lambda D, H: _remembering(D, H, z=-40.0),
            "z_t is 0: every step throws the old state away. z_t = 1 keeps it: a large *positive* "
            "b_iz, equation (4).",
        ),
        Mistake(
            "update_gate_left_at_one_half",
            lambda D, H: _remembering(D, H, z=0.0),
            "z_t is 1/2: half of the state goes at every step. Open the gate with a large positive "
            "b_iz.",
        ),
        Mistake(
            "bias_of_one",
            lambda D, H: _remembering(D, H, z=1.0),
            "A bias of 1 is not a gate of 1: σ(1) = 0.73, a half-life of 2.2 steps. Take a larger "
            "b_iz.",
        ),
        Mistake(
            "bias_too_small",
            lambda D, H: _remembering(D, H, z=5.0),
            "z_t = σ(5) = 0.993: a half-life of 103 steps, too short for 1000. Your "
            "`bias_for_half_life` of chapter 2 says how large the bias must be; take more.",
        ),
        Mistake(
            "bias_still_too_small",
            lambda D, H: _remembering(D, H, z=10.0),
            "z_t = σ(10): over 1000 steps 4.4 % of the state is lost. Take a larger b_iz.",
        ),
        Mistake(
            "identity_through_tanh",
            _identity,
            "You send the state through the candidate with W_hn = I. tanh shrinks it at every "
            "step. The other path of equation (4), z_t ⊙ h_{t-1}, has no tanh.",
        ),
    ),
    hints=(
        "Which of the two terms of equation (4) copies h_{t-1} without touching it? What must z_t "
        "be?",
        "A gate with zero weights does not see the input: z_t = σ(b_iz). How large must b_iz be so "
        "that z^1000 is nearly 1?",
    ),
)

CHAPTER = Chapter(
    "04_hidden_state",
    "4 · The hidden state",
    45,
    (HIDDEN_STATE, GRU_CELL, UNPACK_TORCH_WEIGHTS, FLIP_UPDATE_GATE, TANH_RNN, REMEMBER),
)
