"""Chapter 4: the new state, the whole cell, PyTorch's weights, and cells made by hand."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Chapter, Exercise, Mistake, Step
from autograder.course.cases import grid, tidy
from autograder.course.chapters.ch04_by_hand import FLIP_UPDATE_GATE, REMEMBER, TANH_RNN
from autograder.course.chapters.ch04_cell import CHUNG, GRU_CELL, SWAPPED
from autograder.course.chapters.ch04_torch_weights import UNPACK_TORCH_WEIGHTS


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


def _h_prev_overwritten(x_t, h_prev, r_t, z_t, *w):
    n_t = _candidate(x_t, h_prev, r_t, *w)
    h_prev *= z_t
    h_prev += (1 - z_t) * n_t
    return h_prev


def _past_weighted_too_early(x_t, h_prev, r_t, z_t, W_in, b_in, W_hn, b_hn):
    return _hidden_state(x_t, z_t * h_prev, r_t, z_t, W_in, b_in, W_hn, b_hn)


def _n_t(inputs: dict) -> np.ndarray:
    return _candidate(**{k: v for k, v in inputs.items() if k != "z_t"})


HIDDEN_STATE = Exercise(
    name="hidden_state",
    points=2,
    reference=_hidden_state,
    cases=grid(_hidden_inputs),
    steps=(Step("n_t", _n_t, "n_t = tanh(W_in x_t + b_in + r_t ⊙ (W_hn h_{t-1} + b_hn))"),),
    mistakes=(
        Mistake(
            "chung_cell",
            lambda x, h, r, z, Wi, bi, Wh, bh: (
                (1 - z) * h + z * np.tanh(x @ Wi.T + bi + (r * h) @ Wh.T + bh)
            ),
            CHUNG,
        ),
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
            _past_weighted_too_early,
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
            _h_prev_overwritten,
            "The numbers are right, but your function writes them into h_prev itself (`*=`, `+=`): "
            "the caller's state is gone. Compute into a new array.",
        ),
    ),
    hints=(
        "Look at what is given: z_t and r_t are there already. Which two equations are left?",
        "Two lines: first n_t by equation (3), your candidate of chapter 3; then the blend of "
        "chapter 2.",
        "`n_t = np.tanh(x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T + b_hn))`; in equation (4) "
        "n_t has the weight 1 - z_t.",
    ),
)


CHAPTER = Chapter(
    "04_hidden_state",
    "4 · The hidden state",
    45,
    (HIDDEN_STATE, GRU_CELL, UNPACK_TORCH_WEIGHTS, FLIP_UPDATE_GATE, TANH_RNN, REMEMBER),
)
