"""Chapter 10, a cell that sees no state, and how far a guess is from the GRU."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Exercise, Mistake
from autograder.course.chapters.ch10_inputs import (
    before,
    guess_cases,
    sequence_cases,
    states,
)
from gru_ref.cell import GRUParams, step_values
from gru_ref.minimal import mingru_of
from gru_ref.scan import linear_scan

# --- mingru ----------------------------------------------------------------------------------


def _blind(x, p):
    """Return z and n of all steps where the state reads 0."""
    v = step_values(x, np.zeros((len(x), len(p.W_hr))), p)
    return v.z_t, v.n_t


def mingru_states(x: np.ndarray, h_0: np.ndarray, p: GRUParams) -> np.ndarray:
    """Return the states of the GRU p whose gates see none, (T, H)."""
    return mingru_of(x[:, None], p, h_0[None])[:, 0]


def _b_without_1_minus_z(x, h_0, p):
    return linear_scan(*_blind(x, p), h_0)


def _z_swapped(x, h_0, p):
    z, n = _blind(x, p)
    return linear_scan(1 - z, z * n, h_0)


def _gates_see_h_0(x, h_0, p):
    v = step_values(x, np.tile(h_0, (len(x), 1)), p)
    return linear_scan(v.z_t, (1 - v.z_t) * v.n_t, h_0)


def _without_tanh(x, h_0, p):
    z, n = _blind(x, p)
    return linear_scan(z, (1 - z) * np.arctanh(n), h_0)


def _hidden_biases_forgotten(x, h_0, p):
    return mingru_states(x, h_0, p._replace(b_hr=0 * p.b_hr, b_hz=0 * p.b_hz, b_hn=0 * p.b_hn))


def _reset_gate_forgotten(x, h_0, p):
    return mingru_of(x[:, None], p, h_0[None], "before")[:, 0]


MINGRU = Exercise(
    name="mingru",
    points=2,
    reference=lambda x, h_0, p: mingru_states(x, h_0, p),
    cases=sequence_cases,
    mistakes=(
        Mistake(
            "a_gate_that_sees_h",
            lambda x, h_0, p: states(x, h_0, p),
            "This is the GRU itself: its gates and its candidate see h_{t-1}, so they cannot be "
            "known before the state is. In the minGRU they read zeros in its place.",
        ),
        Mistake(
            "gates_see_h_0",
            _gates_see_h_0,
            "The gates and the candidate read h_0 at every step. They read zeros: no state at all.",
        ),
        Mistake(
            "b_without_1_minus_z",
            _b_without_1_minus_z,
            "b_t is n_t, and due is (1 - z_t) n_t: the candidate enters with the weight that the "
            "past leaves.",
        ),
        Mistake(
            "z_and_1_minus_z_swapped",
            _z_swapped,
            "z_t and 1 - z_t are swapped: z_t keeps the past, so it is what multiplies h_{t-1}.",
        ),
        Mistake(
            "h_0_ignored",
            lambda x, h_0, p: mingru_states(x, 0 * h_0, p),
            "h_0 is ignored. The gates do not see it, but the blend does: the scan starts from it.",
        ),
        Mistake(
            "no_tanh",
            _without_tanh,
            "The candidate has no tanh. Feng et al. leave it out; here the weights are those of "
            "our GRU, and so is its candidate.",
        ),
        Mistake(
            "hidden_biases_forgotten",
            _hidden_biases_forgotten,
            "b_hr, b_hz and b_hn are missing. The state reads 0, the biases beside it stay.",
        ),
        Mistake(
            "reset_gate_forgotten",
            _reset_gate_forgotten,
            "r_t is missing. With h_{t-1} = 0 the candidate is tanh(W_in x_t + b_in + r_t b_hn).",
        ),
    ),
    hints=(
        "`gru_step` takes all x_t at once, (T, D), where each has its own row of states, (T, H). "
        "Which states does a gate see that sees none?",
        "`_, z, n, _ = gru_step(x, np.zeros((len(x), len(h_0))), p)`. Then h_t = z_t h_{t-1} + "
        "(1 - z_t) n_t is a scan of diagonals.",
        "`diagonal_scan(z, (1 - z) * n, h_0)`.",
    ),
)

# --- residual --------------------------------------------------------------------------------


def _after(h_prev, x, p):
    return step_values(x, h_prev, p).h_t


def residual_of(h: np.ndarray, x: np.ndarray, h_0: np.ndarray, p: GRUParams) -> np.ndarray:
    """Return h_t - f(h_{t-1}, x_t) of all steps."""
    return h - _after(before(h, h_0), x, p)


RESIDUAL = Exercise(
    name="residual",
    points=2,
    reference=residual_of,
    cases=guess_cases,
    mistakes=(
        Mistake(
            "h_t_for_h_prev",
            lambda h, x, h_0, p: h - _after(h, x, p),
            "Step t is given h_t where h_{t-1} is due. Before step 1 stands h_0, before step 2 "
            "h[0]: `np.concatenate([h_0[None], h[:-1]])`.",
        ),
        Mistake(
            "h_0_replaced_by_zeros",
            lambda h, x, h_0, p: residual_of(h, x, 0 * h_0, p),
            "The first step starts from zeros. It starts from h_0.",
        ),
        Mistake(
            "last_state_before_the_first",
            lambda h, x, h_0, p: residual_of(h, x, h[-1], p),
            "Before the first step stands your last state, as `np.roll` has it. There stands h_0.",
        ),
        Mistake(
            "h_0_at_every_step",
            lambda h, x, h_0, p: h - _after(np.tile(h_0, (len(x), 1)), x, p),
            "Every step starts from h_0. Step t starts from the guess of the state before it.",
        ),
        Mistake(
            "states_of_the_loop",
            lambda h, x, h_0, p: h - states(x, h_0, p),
            "This is the distance from the true states, for which one must run the loop. The "
            "residual asks only whether each guess follows from the guess before it.",
        ),
        Mistake(
            "sign_swapped",
            lambda h, x, h_0, p: -residual_of(h, x, h_0, p),
            "The sign is swapped: the residual is the guess minus what follows from the guess "
            "before it.",
        ),
        Mistake(
            "guess_not_subtracted",
            lambda h, x, h_0, p: _after(before(h, h_0), x, p),
            "This is f(h_{t-1}, x_t) alone. Subtract it from h_t.",
        ),
        Mistake(
            "absolute_value",
            lambda h, x, h_0, p: np.abs(residual_of(h, x, h_0, p)),
            "The sign of the residual is lost. It says in which direction to correct: no `abs`.",
        ),
    ),
    hints=(
        "All steps at once: `gru_step(x, h_prev, p)[-1]` with h_0 to h_{T-1} as rows of h_prev.",
        "`h_prev = np.concatenate([h_0[None], h[:-1]])`.",
        "`return h - gru_step(x, h_prev, p)[-1]`.",
    ),
)
