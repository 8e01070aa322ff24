"""What the two gates share: one equation with other letters, so the same inputs and mistakes."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Mistake
from autograder.course.cases import tidy
from gru_ref.cell import sigmoid


def gate(x_t, h_prev, W_i, b_i, W_h, b_h):
    """Return σ(W_i x_t + b_i + W_h h_prev + b_h), equations (1) and (2)."""
    return sigmoid(_affine(x_t, h_prev, W_i, b_i, W_h, b_h))


def gate_inputs(letter: str):
    """Return the maker of a gate's inputs, its weights called W_i<letter> and so on."""

    def make(rng: np.random.Generator, D: int, H: int, lead: tuple) -> dict:
        return {
            "x_t": tidy(rng, *lead, D),
            "h_prev": tidy(rng, *lead, H),
            f"W_i{letter}": tidy(rng, H, D),
            f"b_i{letter}": tidy(rng, H),
            f"W_h{letter}": tidy(rng, H, H),
            f"b_h{letter}": tidy(rng, H),
        }

    return make


def gate_mistakes(letter: str, equation: str) -> tuple[Mistake, ...]:
    """Return the mistakes that students make in either gate, in the letters of this one."""
    gate_t, W_i, W_h = f"{letter}_t", f"W_i{letter}", f"W_h{letter}"
    b_i, b_h = f"b_i{letter}", f"b_h{letter}"
    return (
        Mistake(
            "tanh_for_sigmoid",
            lambda *a: np.tanh(_affine(*a)),
            f"This is tanh, which reaches down to -1. A gate lies between 0 and 1: the outer "
            f"function of equation {equation} is σ, `sigmoid`.",
        ),
        Mistake(
            "sigmoid_forgotten",
            _affine,
            f"This is the pre-activation a_{letter}. Equation {equation} passes it through σ: "
            "`return sigmoid(...)`.",
        ),
        Mistake(
            "h_ignored",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: sigmoid(
                x_t @ W_i.T + b_i + np.zeros_like(h_prev)
            ),
            f"The state is ignored: {W_h} h_{{t-1}} + {b_h} is missing from equation {equation}.",
        ),
        Mistake(
            "state_product_forgotten",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: sigmoid(
                x_t @ W_i.T + b_i + b_h + np.zeros_like(h_prev)
            ),
            f"The product {W_h} h_{{t-1}} is missing from equation {equation}: your gate does not "
            "depend on h_prev.",
        ),
        Mistake(
            "x_ignored",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: sigmoid(h_prev @ W_h.T + b_h),
            f"The input is ignored: {W_i} x_t + {b_i} is missing from equation {equation}.",
        ),
        Mistake(
            "normalised_like_a_softmax",
            lambda *a: _softmax(_affine(*a)),
            "Your components sum to 1, as in a softmax. The components of a gate are independent "
            f"of one another: equation {equation} applies σ to each alone.",
        ),
        Mistake(
            "sigmoid_normalised",
            lambda *a: gate(*a) / gate(*a).sum(-1, keepdims=True),
            "The σ is right, but you then divide by the sum. The components of a gate need not "
            "sum to 1: leave the division out.",
        ),
        Mistake(
            "one_minus_the_gate",
            lambda *a: 1 - gate(*a),
            f"This is 1 - {gate_t}. {gate_t} is the share that is kept, not the share that is "
            f"forgotten: equation {equation} has no minus.",
        ),
        Mistake(
            "W_h_transposed",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: sigmoid(x_t @ W_i.T + b_i + h_prev @ W_h + b_h),
            f"{W_h} is transposed. {W_h} h_{{t-1}} in code is `h_prev @ {W_h}.T`.",
        ),
        Mistake(
            "W_transposed",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: sigmoid(x_t @ W_i + b_i + h_prev @ W_h + b_h),
            f"Both weights are transposed: {W_i} x_t in code is `x_t @ {W_i}.T`, and "
            f"{W_h} h_{{t-1}} is `h_prev @ {W_h}.T`.",
        ),
        Mistake(
            "fails_for_a_batch",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: sigmoid(W_i @ x_t + b_i + W_h @ h_prev + b_h),
            "Right for one vector, wrong for a batch, where x_t is (N, D) and h_prev (N, H), a row "
            f"for each sequence. Rows stand on the left of a product, `x_t @ {W_i}.T` and "
            f"`h_prev @ {W_h}.T`; on the right, as in `W @ x`, only one vector can stand.",
        ),
        Mistake(
            "star_for_matrix_product",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: sigmoid(x_t * W_i + b_i + h_prev * W_h + b_h),
            f"`*` multiplies place by place. {W_i} x_t and {W_h} h_{{t-1}} are matrix products: "
            f"`x_t @ {W_i}.T` and `h_prev @ {W_h}.T`.",
        ),
        Mistake(
            "star_for_the_product_with_x",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: sigmoid(x_t * W_i + b_i + h_prev @ W_h.T + b_h),
            f"`*` multiplies place by place. {W_i} x_t is a matrix product: `x_t @ {W_i}.T`.",
        ),
        Mistake(
            "star_for_the_product_with_h",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: sigmoid(x_t @ W_i.T + b_i + h_prev * W_h + b_h),
            f"`*` multiplies place by place. {W_h} h_{{t-1}} is a matrix product: "
            f"`h_prev @ {W_h}.T`.",
        ),
        Mistake(
            "two_sigmoids",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: (
                sigmoid(x_t @ W_i.T + b_i) + sigmoid(h_prev @ W_h.T + b_h)
            ),
            f"You apply σ twice and add. Equation {equation} adds first and applies σ once, to the "
            "whole sum.",
        ),
        Mistake(
            "b_i_forgotten",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: sigmoid(x_t @ W_i.T + h_prev @ W_h.T + b_h),
            f"{b_i} is missing. Equation {equation} has two biases, {b_i} and {b_h}.",
        ),
        Mistake(
            "b_h_forgotten",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: sigmoid(x_t @ W_i.T + b_i + h_prev @ W_h.T),
            f"{b_h} is missing. Equation {equation} has two biases, {b_i} and {b_h}.",
        ),
        Mistake(
            "both_biases_forgotten",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: sigmoid(x_t @ W_i.T + h_prev @ W_h.T),
            f"Both biases are missing: equation {equation} adds {b_i} and {b_h}.",
        ),
        Mistake(
            "biases_outside_the_sigmoid",
            lambda x_t, h_prev, W_i, b_i, W_h, b_h: (
                sigmoid(x_t @ W_i.T + h_prev @ W_h.T) + b_i + b_h
            ),
            f"The biases are added after σ. In equation {equation} they stand inside its bracket.",
        ),
    )


def _affine(x_t, h_prev, W_i, b_i, W_h, b_h):
    return x_t @ W_i.T + b_i + h_prev @ W_h.T + b_h


def _softmax(a):
    e = np.exp(a - a.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)
