"""Chapter 0: the logistic sigmoid and the affine map, the two pieces of every gate."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Chapter, Exercise, Mistake
from autograder.course.cases import grid, tidy
from gru_ref.cell import sigmoid as stable_sigmoid

# --- sigmoid ---------------------------------------------------------------------------------


def _sigmoid_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("edge sizes", {"a": np.array([0.0])}),
        Case("values", {"a": np.array([1.0])}),
        Case("values", {"a": np.array([-1.0])}),
        Case("values", {"a": tidy(rng, 3, low=-4, high=4)}),
        Case("stability", {"a": np.array([1000.0])}),
        Case("stability", {"a": np.array([-1000.0])}),
        Case("batch", {"a": tidy(rng, 2, 3, low=-4, high=4)}),
        Case("stability", {"a": np.array([-1000.0, -30.0, 0.0, 30.0, 1000.0])}),
        Case("edge sizes", {"a": tidy(rng, 1, 1)}),
        Case("batch", {"a": tidy(rng, 3, 2, low=-9, high=9)}),
    ]


def _ratio_of_exps(a):
    with np.errstate(all="ignore"):
        return np.exp(a) / (1 + np.exp(a))


SIGMOID = Exercise(
    name="sigmoid",
    points=2,
    reference=lambda a: stable_sigmoid(a),
    cases=_sigmoid_cases,
    mistakes=(
        Mistake(
            "overflow",
            _ratio_of_exps,
            "exp overflows: for a = 1000 your exp(a) is inf, and inf / inf is NaN. "
            "1 / (1 + exp(-a)) gives 1 there, and 0.5 * (1 + tanh(a / 2)) never overflows at all.",
        ),
        Mistake(
            "sign_of_the_exponent",
            lambda a: stable_sigmoid(-a),
            "The sign in the exponent is wrong: yours falls with a, it is σ(-a) = 1 - σ(a). "
            "σ(a) = 1 / (1 + exp(-a)): mind the minus.",
        ),
        Mistake(
            "brackets_forgotten",
            lambda a: 1 / 1 + np.exp(-np.minimum(a, 700) * np.where(a < -700, 0, 1)),
            "Brackets are missing: `1 / 1 + np.exp(-a)` divides first. Write "
            "`1 / (1 + np.exp(-a))`.",
        ),
        Mistake(
            "tanh_without_halves",
            lambda a: 0.5 * (1 + np.tanh(a)),
            "Yours is σ(2a): the tanh form halves its argument, σ(a) = (1 + tanh(a / 2)) / 2.",
        ),
        Mistake(
            "tanh_for_sigmoid",
            np.tanh,
            "This is tanh, which lies between -1 and 1. σ lies between 0 and 1: "
            "σ(a) = 1 / (1 + exp(-a)).",
        ),
        Mistake(
            "softmax_for_sigmoid",
            lambda a: np.exp(a - a.max()) / np.exp(a - a.max()).sum(),
            "Yours makes all the numbers together sum to 1: that is a softmax. σ acts on every "
            "number alone: σ(a) = 1 / (1 + exp(-a)), no sum.",
        ),
    ),
    hints=(
        "Try a = 0, a = 1000 and a = -1000 by hand. What should come out, and which part of "
        "the formula grows without bound?",
        "Write the formula as it stands, `1 / (1 + np.exp(-a))`, and check it.",
        "Which exp overflows, and what does NumPy make of 1 / inf? `np.tanh` never overflows, and "
        "σ(a) = (1 + tanh(a / 2)) / 2.",
    ),
)

# --- affine ----------------------------------------------------------------------------------


def _affine(x_t, h_prev, W_i, b_i, W_h, b_h):
    return x_t @ W_i.T + b_i + h_prev @ W_h.T + b_h


def _affine_inputs(rng, D, H, lead):
    return {
        "x_t": tidy(rng, *lead, D),
        "h_prev": tidy(rng, *lead, H),
        "W_i": tidy(rng, H, D),
        "b_i": tidy(rng, H),
        "W_h": tidy(rng, H, H),
        "b_h": tidy(rng, H),
    }


AFFINE = Exercise(
    name="affine",
    points=3,
    reference=_affine,
    cases=grid(_affine_inputs),
    mistakes=(
        Mistake(
            "fails_for_a_batch",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: W_i @ x_t + b_i + W_h @ h_prev + b_h,
            "Right for one vector, wrong for a batch, where x_t is (N, D) and h_prev (N, H), a row "
            "for each sequence. Rows stand on the left of a product, `x_t @ W_i.T` and "
            "`h_prev @ W_h.T`, which serve a vector too; on the right, as in `W @ x`, only one "
            "vector can stand.",
        ),
        Mistake(
            "W_h_transposed",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: x_t @ W_i.T + b_i + h_prev @ W_h + b_h,
            "W_h is transposed. `h_prev @ W_h` sums over the rows of W_h; "
            "the equation's W_h h is `h_prev @ W_h.T`.",
        ),
        Mistake(
            "W_transposed",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: x_t @ W_i + b_i + h_prev @ W_h + b_h,
            "Both weights are transposed. W_i is (H, D), a row per unit: W_i x is `x_t @ W_i.T`, "
            "and W_h h is `h_prev @ W_h.T`.",
        ),
        Mistake(
            "W_i_transposed",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: x_t @ W_i + b_i + h_prev @ W_h.T + b_h,
            "W_i is transposed. It is (H, D), a row per unit: W_i x is `x_t @ W_i.T`.",
        ),
        Mistake(
            "star_for_matrix_product",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: x_t * W_i + b_i + h_prev * W_h + b_h,
            "`*` multiplies place by place. The equation's W_i x and W_h h are matrix products: "
            "`x_t @ W_i.T` and `h_prev @ W_h.T`.",
        ),
        Mistake(
            "star_for_the_product_with_x",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: x_t * W_i + b_i + h_prev @ W_h.T + b_h,
            "`*` multiplies place by place. The equation's W_i x is a matrix product: "
            "`x_t @ W_i.T`.",
        ),
        Mistake(
            "star_for_the_product_with_h",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: x_t @ W_i.T + b_i + h_prev * W_h + b_h,
            "`*` multiplies place by place. The equation's W_h h is a matrix product: "
            "`h_prev @ W_h.T`.",
        ),
        Mistake(
            "sigmoid_applied",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: stable_sigmoid(
                _affine(x_t, h_prev, W_i, b_i, W_h, b_h)
            ),
            "You apply σ to the result. Equation (0) is the sum alone; σ comes in chapter 1.",
        ),
        Mistake(
            "b_i_forgotten",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: x_t @ W_i.T + h_prev @ W_h.T + b_h,
            "b_i is missing. Each product has its own bias: W_i x + b_i + W_h h + b_h.",
        ),
        Mistake(
            "b_h_forgotten",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: x_t @ W_i.T + b_i + h_prev @ W_h.T,
            "b_h is missing. Each product has its own bias: W_i x + b_i + W_h h + b_h.",
        ),
        Mistake(
            "both_biases_forgotten",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: x_t @ W_i.T + h_prev @ W_h.T,
            "Both biases are missing: W_i x + b_i + W_h h + b_h.",
        ),
        Mistake(
            "W_i_and_W_h_swapped",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: x_t @ W_h.T + b_i + h_prev @ W_i.T + b_h,
            "W_i and W_h are swapped. W_i (H, D) belongs to the input x_t, W_h (H, H) to the "
            "state h_prev.",
        ),
        Mistake(
            "bias_inside_the_product",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: x_t @ W_i.T + b_i + (h_prev + b_h) @ W_h.T,
            "b_h is added to h_prev before the product. It is added after: W_h h + b_h.",
        ),
    ),
    hints=(
        "Look at the shapes: what multiplies `x_t`, what multiplies `h_prev`, and how long "
        "must the result be? Four terms are added.",
        "Do one product at a time, and write its shape beside it. x_t @ W_i.T: (D,) times (D, H) "
        "gives (H,).",
        "For a batch, (N, D) @ (D, H) gives (N, H), and a bias of shape (H,) is added to each row. "
        "The same line serves both.",
    ),
)

CHAPTER = Chapter("00_start_here", "0 · Start here", 20, (SIGMOID, AFFINE))
