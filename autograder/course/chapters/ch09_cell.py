"""Chapter 9, a GRU cell as a module of PyTorch."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Exercise, Mistake
from autograder.course.cases import grid, tidy
from autograder.course.chapters.ch04_cell import GRU_CELL
from autograder.course.chapters.ch04_torch_weights import order_n_r_z, order_z_r_n, unpacked
from gru_ref.cell import step, step_values


def _run(x_t, h_prev, *packed):
    return step(x_t, h_prev, unpacked(*packed))


def _with_candidate(candidate):
    """Return the answer whose n_t is candidate(r_t, the input's side, the state's side)."""

    def answer(x_t, h_prev, *packed):
        p = unpacked(*packed)
        r_t, z_t, _, _ = step_values(x_t, h_prev, p)
        n_t = candidate(r_t, x_t @ p.W_in.T + p.b_in, h_prev @ p.W_hn.T + p.b_hn)
        return (1 - z_t) * n_t + z_t * h_prev

    return answer


def _fails_for_a_batch(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    if x_t.ndim == 2:
        raise ValueError("not enough values to unpack")
    return _run(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh)


def _packed_inputs(rng, D, H, lead):
    return {
        "x_t": tidy(rng, *lead, D),
        "h_prev": tidy(rng, *lead, H, low=-0.9, high=0.9),
        "weight_ih": tidy(rng, 3 * H, D),
        "weight_hh": tidy(rng, 3 * H, H),
        "bias_ih": tidy(rng, 3 * H),
        "bias_hh": tidy(rng, 3 * H),
    }


def _in_equations(names: set[str]) -> tuple[Mistake, ...]:
    """Return mistakes of chapter 4's cell, on packed weights."""

    def on_packed(wrong):
        return lambda x_t, h_prev, *packed: wrong(x_t, h_prev, unpacked(*packed))

    return tuple(
        Mistake(m.name, on_packed(m.wrong), m.says) for m in GRU_CELL.mistakes if m.name in names
    )


RUN_GRU_CELL = Exercise(
    name="run_gru_cell",
    points=4,
    reference=lambda x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh: _run(
        x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh
    ),
    cases=grid(_packed_inputs),
    mistakes=(
        Mistake(
            "order_z_r_n",
            lambda x, h, *packed: step(x, h, order_z_r_n(*packed)),
            "You take the first block for z and the second for r. PyTorch packs r, z, n.",
        ),
        Mistake(
            "order_n_r_z",
            lambda x, h, *packed: step(x, h, order_n_r_z(*packed)),
            "You take the blocks as n, r, z. PyTorch packs r, z, n.",
        ),
        Mistake(
            "one_bias_forgotten",
            lambda x, h, wi, wh, bi, bh: _run(x, h, wi, wh, bi, 0 * bh),
            "bias_hh never enters. W_hh h_{t-1} has a bias of its own.",
        ),
        Mistake(
            "input_bias_forgotten",
            lambda x, h, wi, wh, bi, bh: _run(x, h, wi, wh, 0 * bi, bh),
            "bias_ih never enters. W_ih x_t has a bias of its own.",
        ),
        Mistake(
            "biases_swapped",
            lambda x, h, wi, wh, bi, bh: _run(x, h, wi, wh, bh, bi),
            "bias_ih and bias_hh are swapped. In the gates it makes no difference; in the "
            "candidate bias_hh stands inside the reset.",
        ),
        Mistake(
            "biases_summed",
            lambda x, h, wi, wh, bi, bh: _run(x, h, wi, wh, bi + bh, 0 * bh),
            "Both biases stand on the input's side. In the candidate bias_hh is multiplied by r_t: "
            "n_t = tanh(W_in x_t + b_in + r_t ⊙ (W_hn h_{t-1} + b_hn)).",
        ),
        Mistake(
            "sides_added_before_the_cut",
            _with_candidate(lambda r, i, a: np.tanh(r * (i + a))),
            "r_t multiplies the input's side too: you add both products before you cut them. Cut "
            "each by itself; in the candidate r_t multiplies the state's part alone.",
        ),
        Mistake(
            "reset_on_the_inputs_side",
            _with_candidate(lambda r, i, a: np.tanh(r * i + a)),
            "r_t multiplies the input's part of the candidate. It multiplies the state's part.",
        ),
        Mistake(
            "tanh_forgotten",
            _with_candidate(lambda r, i, a: i + r * a),
            "The candidate has no tanh around it.",
        ),
        Mistake(
            "biases_forgotten",
            lambda x, h, wi, wh, bi, bh: _run(x, h, wi, wh, 0 * bi, 0 * bh),
            "Neither bias enters: x_t @ weight_ih.T + bias_ih, h_prev @ weight_hh.T + bias_hh.",
        ),
        Mistake(
            "fails_for_a_batch",
            _fails_for_a_batch,
            "Right for one vector, wrong for a batch (N, D). Two places to look: the product is "
            "x_t @ weight_ih.T, and chunk needs dim=-1, or it cuts the batch.",
        ),
        *_in_equations(
            {
                "z_and_1_minus_z_swapped",
                "reset_ignored",
                "reset_before",
                "sigmoid_for_tanh",
                "tanh_for_sigmoid",
                "candidate_alone",
                "W_h_transposed",
            }
        ),
    ),
    hints=(
        "In forward: a_i = x_t @ W_ih.T + b_ih and a_h = h_prev @ W_hh.T + b_hh, both of size 3 H. "
        "`a.chunk(3, dim=-1)` cuts one into r, z and n.",
        "r and z take σ of the sum of their two parts. The candidate is tanh(i_n + r * h_n).",
    ),
)
