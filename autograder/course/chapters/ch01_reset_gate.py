"""Chapter 1: the reset gate, split and concatenated, and the bias that sets it."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Chapter, Exercise, Mistake
from autograder.course.cases import grid, last_with_many_digits, tidy
from autograder.course.chapters.ch01_ch02_gates import gate, gate_inputs, gate_mistakes
from autograder.course.put_back import put_back
from gru_ref.cell import sigmoid

# --- reset_gate ------------------------------------------------------------------------------

RESET_GATE = Exercise(
    name="reset_gate",
    points=3,
    reference=lambda x_t, h_prev, W_ir, b_ir, W_hr, b_hr: gate(x_t, h_prev, W_ir, b_ir, W_hr, b_hr),
    cases=grid(gate_inputs("r")),
    mistakes=gate_mistakes("r", "(1)"),
    hints=(
        "Look at what the gate may see: the input and the past state, each with its own "
        "matrix and its own bias.",
        "Read equation (1) from the inside out. What stands inside σ is the affine map of "
        "chapter 0, with weights called r.",
        "Two products, two biases: `x_t @ W_ir.T + b_ir` and `h_prev @ W_hr.T + b_hr`. "
        "Then `sigmoid` of their sum.",
    ),
)

# --- concat_gate -----------------------------------------------------------------------------


def _concat_gate(x_t, h_prev, W, b):
    return sigmoid(np.concatenate([h_prev, x_t], axis=-1) @ W.T + b)


def _concat_inputs(rng, D, H, lead):
    return {
        "x_t": tidy(rng, *lead, D),
        "h_prev": tidy(rng, *lead, H),
        "W": tidy(rng, H, H + D),
        "b": tidy(rng, H),
    }


CONCAT_GATE = Exercise(
    name="concat_gate",
    points=3,
    reference=_concat_gate,
    cases=grid(_concat_inputs),
    mistakes=(
        Mistake(
            "x_before_h",
            lambda x_t, h_prev, W, b: sigmoid(np.concatenate([x_t, h_prev], axis=-1) @ W.T + b),
            "You join [x_t, h_prev]; the columns of W stand in the order [h_prev, x_t]. With the "
            "order swapped the product runs, and multiplies the wrong pairs.",
        ),
        Mistake(
            "fails_for_a_batch",
            lambda x_t, h_prev, W, b: sigmoid(np.concatenate([h_prev, x_t]) @ W.T + b),
            "Right for one vector, wrong for a batch, which is (N, H) and (N, D), one row per "
            "sequence. Two things are due: x_t and h_prev are joined along the last axis, "
            "`axis=-1` (np.concatenate without it joins the rows), and the rows stand on the left "
            "of the product, `X @ W.T`.",
        ),
        Mistake(
            "sigmoid_forgotten",
            lambda x_t, h_prev, W, b: np.concatenate([h_prev, x_t], axis=-1) @ W.T + b,
            "This is the pre-activation. A gate is σ of it.",
        ),
        Mistake(
            "tanh_for_sigmoid",
            lambda x_t, h_prev, W, b: np.tanh(np.concatenate([h_prev, x_t], axis=-1) @ W.T + b),
            "This is tanh, which reaches down to -1. A gate is σ of its pre-activation.",
        ),
        Mistake(
            "bias_forgotten",
            lambda x_t, h_prev, W, b: sigmoid(np.concatenate([h_prev, x_t], axis=-1) @ W.T),
            "b is missing: σ(W X + b).",
        ),
    ),
    hints=(
        "Look at the number of columns of W: it is H + D. Which vector has so many numbers, "
        "and which part of it comes first?",
        "Build X first: `np.concatenate([h_prev, x_t], axis=-1)` has shape (H + D,) or (N, H + D).",
        "Then one product and one bias: `sigmoid(X @ W.T + b)`. `axis=-1` is what makes it work "
        "for a batch.",
    ),
)

# --- split_weights ---------------------------------------------------------------------------


def _split_weights(W):
    H = W.shape[0]
    return W[:, :H], W[:, H:]


@last_with_many_digits
def _split_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1), ("edge sizes", 1, 3), ("edge sizes", 2, 1)]
    sizes += [("values", 2, 2), ("values", 2, 3), ("values", 3, 2), ("values", 4, 6)]
    return [Case(aspect, {"W": tidy(rng, H, H + D)}) for aspect, H, D in sizes]


SPLIT_WEIGHTS = Exercise(
    name="split_weights",
    points=2,
    reference=_split_weights,
    outputs=("W_hr", "W_ir"),
    cases=_split_cases,
    mistakes=(
        Mistake(
            "returned_in_the_other_order",
            lambda W: _split_weights(W)[::-1],
            "The two blocks are right, and returned in the wrong order: first W_hr, then W_ir.",
        ),
        Mistake(
            "cut_as_if_x_came_first",
            lambda W: (W[:, W.shape[1] - W.shape[0] :], W[:, : W.shape[1] - W.shape[0]]),
            "You cut W as if its columns were [x_t, h_prev]. They are [h_prev, x_t]: "
            "the first H columns belong to the state.",
        ),
        Mistake(
            "cut_in_the_middle",
            lambda W: (W[:, : W.shape[1] // 2], W[:, W.shape[1] // 2 :]),
            "You cut W in the middle. The first block has H columns and the second D; H is the "
            "number of rows, `W.shape[0]`.",
        ),
        Mistake(
            "cut_into_two_equal_halves",
            lambda W: tuple(np.split(W, 2, axis=1)),
            "You cut W into two equal halves. The first block has H columns and the second D; H is "
            "the number of rows, `W.shape[0]`.",
        ),
        Mistake(
            "rows_cut",
            lambda W: (W[: W.shape[0]], W[W.shape[0] :]),
            "You cut the rows of W. Each unit has a row, and all of them stay: cut the columns, "
            "`W[:, ...]`, the first H of them for the state.",
        ),
        Mistake(
            "first_D_columns",
            lambda W: (W[:, : W.shape[1] - W.shape[0]], W[:, W.shape[1] - W.shape[0] :]),
            "Your first block has D columns. W meets [h_prev, x_t], so the first H columns belong "
            "to the state, and the D after them to the input.",
        ),
        Mistake(
            "blocks_transposed",
            lambda W: (_split_weights(W)[0].T, _split_weights(W)[1].T),
            "Both blocks are transposed. W_hr is (H, H) and W_ir is (H, D): cut W, no `.T`.",
        ),
    ),
    hints=(
        "Look at which columns of W meet which part of the joined vector [h, x] in the product.",
        "W has H rows and H + D columns. How do you read H off its shape?",
        "`W[:, :H]` multiplies the state, `W[:, H:]` the input.",
    ),
)

# --- bias_for_gate ---------------------------------------------------------------------------


def _bias_for_gate(r):
    return np.log(r) - np.log1p(-r)


def _open_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("values", {"r": np.array(0.9)}),
        Case("edge sizes", {"r": np.array([0.5])}),
        Case("values", {"r": np.array([0.1])}),
        Case("values", {"r": np.round(rng.uniform(0.05, 0.95, 4), 2)}),
        Case("edge sizes", {"r": np.array([[0.3]])}),
        Case("stability", {"r": np.array([1e-6, 1 - 1e-6])}),
        Case("batch", {"r": np.round(rng.uniform(0.05, 0.95, (2, 3)), 2)}),
    ]


BIAS_FOR_GATE = Exercise(
    name="bias_for_gate",
    points=2,
    reference=_bias_for_gate,
    cases=_open_cases,
    put_back=put_back("r", lambda inputs, b: sigmoid(b), "σ(b)", "r"),
    mistakes=(
        Mistake(
            "sign",
            lambda r: np.log((1 - r) / r),
            "The sign is wrong: your bias sets the gate to 1 - r. A gate above 0.5 needs a "
            "positive bias.",
        ),
        Mistake(
            "log_of_r_alone",
            lambda r: np.log(r),
            "log(r) inverts exp, not σ. Solve r = 1 / (1 + exp(-b)) for b: it is the log of "
            "r / (1 - r).",
        ),
        Mistake(
            "tanh_inverted",
            lambda r: np.arctanh(r),
            "arctanh inverts tanh. A gate is σ: solve r = 1 / (1 + exp(-b)) for b.",
        ),
        Mistake(
            "half_the_bias",
            lambda r: np.arctanh(2 * r - 1),
            "Half of what is due. σ(b) = (1 + tanh(b / 2)) / 2, so arctanh(2 r - 1) is b / 2.",
        ),
        Mistake(
            "base_10",
            lambda r: np.log10(r / (1 - r)),
            "The base of the logarithm is wrong: σ uses e, so use `np.log`, not `np.log10`.",
        ),
        Mistake(
            "base_2",
            lambda r: np.log2(r / (1 - r)),
            "The base of the logarithm is wrong: σ uses e, so use `np.log`, not `np.log2`.",
        ),
        Mistake(
            "sigmoid_again",
            lambda r: sigmoid(r),
            "You apply σ once more. The question goes backwards: which b gives σ(b) = r?",
        ),
    ),
    hints=(
        "Start from r = 1 / (1 + exp(-b)) and free exp(-b).",
        "The equation is r = σ(b), with nothing else inside σ. Undo σ one operation at a "
        "time: the fraction first, then the exponential.",
        "exp(-b) = (1 - r) / r. Take the logarithm and change the sign.",
    ),
)

CHAPTER = Chapter(
    "01_reset_gate",
    "1 · The reset gate",
    30,
    (RESET_GATE, CONCAT_GATE, SPLIT_WEIGHTS, BIAS_FOR_GATE),
)
