"""Chapter 4, cells whose weights are set by hand: Chung's form, a tanh-RNN, a memory."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import last_with_many_digits, tidy
from autograder.course.chapters.ch04_cell import tidy_params
from gru_ref.cell import sigmoid, step, zeros

# --- flip_update_gate ------------------------------------------------------------------------


def _flip(p, *names):
    return p._replace(**{k: -getattr(p, k) for k in names})


@last_with_many_digits
def _flip_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1), ("values", 2, 1), ("values", 1, 2), ("values", 2, 2)]
    sizes += [("edge sizes", 3, 1), ("values", 3, 2)]
    return [Case(aspect, {"p": tidy_params(rng, D, H)}) for aspect, D, H in sizes]


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
        "In equation (4) z and 1 - z change places. So σ(a_z) becomes 1 - σ(a_z), in "
        "equation (2) alone: r and n stay as they are.",
        "1 - σ(a) = σ(-a). a_z is a sum of four terms; negate the array in each. "
        "`p._replace(W_iz=-p.W_iz, ...)` returns a copy with some fields changed.",
    ),
)

# --- weights_that_make_it_a_tanh_rnn ---------------------------------------------------------


def _gates(D, H, b_ir, b_iz):
    """Return parameters whose gates are σ(b_ir) and σ(b_iz) for every input."""
    return zeros(D, H)._replace(b_ir=np.full(H, float(b_ir)), b_iz=np.full(H, float(b_iz)))


def _rnn_behind(b_ir, b_iz):
    """Return the answer that puts a tanh-RNN behind gates with these biases."""

    def answer(W_i, b_i, W_h, b_h):
        H, D = W_i.shape
        return _gates(D, H, b_ir, b_iz)._replace(W_in=W_i, b_in=b_i, W_hn=W_h, b_hn=b_h)

    return answer


def _five_steps(inputs, p):
    """Return h_t of the answer at the case's five x_t and h_{t-1}."""
    return step(inputs["x"], inputs["h"], p)


def _five_points(rng: np.random.Generator, D: int, H: int) -> dict:
    """Return five x_t and h_{t-1}: states below 0, above 0, of both signs; then large x_t."""
    x, h = rng.uniform(-1, 1, (5, D)), rng.uniform(0.5, 1, (5, H))
    x[3:] = 1000 * np.abs(x[3:]) * [[1], [-1]]
    h[0] *= -1
    h[2:] *= np.where(np.indices((3, H)).sum(0) % 2, -1, 1)
    return {"x": x, "h": h}


def _rnn_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1), ("values", 2, 1), ("values", 1, 2), ("values", 2, 2)]
    sizes += [("edge sizes", 3, 1), ("values", 3, 2), ("values", 4, 5), ("values", 2, 3)]
    cases = []
    for aspect, D, H in sizes:
        inputs = {
            "W_i": tidy(rng, H, D, low=-1, high=1),
            "b_i": tidy(rng, H, low=-1, high=1),
            "W_h": tidy(rng, H, H, low=-1, high=1),
            "b_h": tidy(rng, H, low=-1, high=1),
        }
        cases.append(Case(aspect, inputs, _five_points(rng, D, H)))
    for w in cases[-1].inputs.values():
        w[0] = 1.0  # a unit at which 1 - b and 1 - W are 0
    return [*cases, _large_terms(rng)]


def _large_terms(rng: np.random.Generator) -> Case:
    """Return a case in which W_i x_t is large and negative, b_h large, and the tanh not flat.

    A reset gate that sees x_t is closed there. The sum is 3, where a gate bias of ±10 still does.
    """
    W_i = np.eye(2) + tidy(rng, 2, 2, low=-0.3, high=0.3) * (1 - np.eye(2))
    inputs = {
        "W_i": W_i,
        "b_i": tidy(rng, 2, low=-1, high=1),
        "W_h": tidy(rng, 2, 2, low=-1, high=1),
        "b_h": np.full(2, 60.0),
    }
    h = rng.uniform(0.5, 1, (5, 2))
    x = np.linalg.solve(W_i, (3 - inputs["b_i"] - h @ inputs["W_h"].T - inputs["b_h"]).T).T
    return Case("values", inputs, {"x": x, "h": h})


TANH_RNN = Exercise(
    name="weights_that_make_it_a_tanh_rnn",
    points=3,
    reference=_rnn_behind(b_ir=40, b_iz=-40),
    cases=_rnn_cases,
    observe=_five_steps,
    shows="h_t of your cell for five random x_t and h_{t-1}, a row each",
    explain=lambda seen, expected: (
        "A tanh-RNN comes out where r_t is 1 and z_t is 0 at every x_t and every h_{t-1}, where "
        "x_t is large, too. Go through the arrays of the two gates: which of them can move a gate "
        "away from there? Then through those of the candidate."
    ),
    rtol=0,
    atol=1e-4,  # a gate bias of ±10 leaves 5e-5: saturated enough
    mistakes=(
        Mistake(
            "update_gate_left_at_one_half",
            _rnn_behind(b_ir=40, b_iz=0),
            "z_t is 1/2, so half of the old state stays. A tanh-RNN keeps nothing: z_t must be 0, "
            "a large negative b_iz.",
        ),
        Mistake(
            "reset_gate_left_at_one_half",
            _rnn_behind(b_ir=0, b_iz=-40),
            "r_t is 1/2, so the candidate sees half of the past. A tanh-RNN sees all of it: "
            "r_t must be 1, a large positive b_ir.",
        ),
        Mistake(
            "both_gates_left_at_one_half",
            _rnn_behind(b_ir=0, b_iz=0),
            "Both gates are at 1/2: with zero weights and biases σ(0) = 1/2. Open r with a large "
            "positive b_ir, close z with a large negative b_iz.",
        ),
        Mistake(
            "update_gate_open",
            _rnn_behind(b_ir=40, b_iz=40),
            "z_t is 1: your cell copies h_{t-1}, whatever r_t is. Equation (4) gives h_t = n_t for "
            "z_t = 0: a large *negative* b_iz. (r_t must be 1: a large positive b_ir.)",
        ),
        Mistake(
            "reset_gate_closed",
            _rnn_behind(b_ir=-40, b_iz=-40),
            "r_t is 0: the past never reaches the candidate. A large *positive* b_ir opens it.",
        ),
        Mistake(
            "bias_of_one_for_a_gate_of_one",
            _rnn_behind(b_ir=1, b_iz=-1),
            "A bias of ±1 is not a gate of 0 or 1: σ(1) = 0.73. Take ±20 or more.",
        ),
        Mistake(
            "bias_of_one_for_r",
            _rnn_behind(b_ir=1, b_iz=0),
            "Biases of 1 and 0 are not gates of 1 and 0: σ(1) = 0.73, σ(0) = 0.5. The gates are σ "
            "of the bias: take +20 for r, -20 for z.",
        ),
    ),
    hints=(
        "Set n_t equal to the tanh-RNN first: what must r_t be, and which arrays take W_i, b_i, "
        "W_h and b_h? Then which z_t makes h_t = n_t?",
        "In equation (3) r_t = 1 leaves W_in, b_in, W_hn and b_hn, which take W_i, b_i, W_h "
        "and b_h. In equation (4) z_t = 0 leaves n_t.",
        "A gate with zero weights is σ of its bias: +20 gives 1, -20 gives 0 (to 2e-9). Start from "
        "np.zeros of the right shapes for the gates.",
    ),
)

# --- weights_that_remember -------------------------------------------------------------------

STEPS = (1, 10, 100, 1000)


def _remembers_with(b_iz):
    """Return the answer whose update gate has this bias, and nothing else."""
    return lambda D, H: _gates(int(D), int(H), 0, b_iz)


def _remembered(inputs, p):
    """Return h_1, h_10, h_100 and h_1000 of the answer from the case's h_0 and inputs."""
    H, h, xs = int(inputs["H"]), inputs["h_0"], inputs["xs"]
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
    sizes = [("edge sizes", 1, 1), ("values", 2, 2), ("values", 1, 6), ("values", 40, 2)]
    cases = []
    for i, (aspect, D, H) in enumerate(sizes):
        signs = np.where((np.arange(H) + i) % 2, 1, -1)  # of both, the first one negative
        xs = rng.uniform(-1, 1, (STEPS[-1], D))
        xs[500], xs[501] = -1, 1  # "whatever inputs": the extremes too
        probe = {"h_0": signs * np.round(rng.uniform(0.2, 0.9, H), 1), "xs": xs}
        cases.append(Case(aspect, {"D": np.array(D), "H": np.array(H)}, probe))
    return cases


def _identity_through_tanh(D, H):
    return _gates(int(D), int(H), 40, -40)._replace(W_hn=np.eye(int(H)))


REMEMBER = Exercise(
    name="weights_that_remember",
    points=3,
    reference=_remembers_with(b_iz=40),
    cases=_size_cases,
    observe=_remembered,
    shows="h after 1, 10, 100 and 1000 steps under random inputs, a row each; due is h_0 in each",
    explain=_lost,
    rtol=0,
    atol=1e-3,
    mistakes=(
        Mistake(
            "update_gate_closed",
            _remembers_with(b_iz=-40),
            "z_t is 0: every step throws the old state away. z_t = 1 keeps it: a large *positive* "
            "b_iz, equation (4).",
        ),
        Mistake(
            "update_gate_left_at_one_half",
            _remembers_with(b_iz=0),
            "z_t is 1/2: half of the state goes at every step. Open the gate with a large positive "
            "b_iz.",
        ),
        Mistake(
            "bias_of_one",
            _remembers_with(b_iz=1),
            "A bias of 1 is not a gate of 1: σ(1) = 0.73, a half-life of 2.2 steps. Take a larger "
            "b_iz.",
        ),
        Mistake(
            "bias_too_small",
            _remembers_with(b_iz=5),
            "z_t = σ(5) = 0.993: a half-life of 103 steps, too short for 1000. Your "
            "`bias_for_half_life` of chapter 2 says how large the bias must be; take more.",
        ),
        Mistake(
            "bias_still_too_small",
            _remembers_with(b_iz=10),
            "z_t = σ(10): over 1000 steps 4.4 % of the state is lost. Take a larger b_iz.",
        ),
        Mistake(
            "identity_through_tanh",
            _identity_through_tanh,
            "You send the state through the candidate with W_hn = I. tanh shrinks it at every "
            "step. The other path of equation (4), z_t ⊙ h_{t-1}, has no tanh.",
        ),
    ),
    hints=(
        "Which of the two terms of equation (4) copies h_{t-1} without touching it? What must z_t "
        "be?",
        "A gate with zero weights does not see the input: z_t = σ(b_iz). How large must b_iz be so "
        "that z^1000 is nearly 1?",
        "Zeros everywhere of the shapes of a GRUParams, and one field of another value: "
        "`b_iz=np.full(H, 40.0)`, say.",
    ),
)
