"""Chapter 10, the GRU by rounds: minGRU, the residual, a gate round, a Newton round."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import STRONG, tidy
from autograder.course.chapters.ch04_cell import tidy_params
from gru_ref import jacobian as jac
from gru_ref.cell import GRUParams, step_values, zeros
from gru_ref.minimal import mingru_of
from gru_ref.parallel import parallel_round
from gru_ref.scan import linear_scan
from gru_ref.sequence import unroll


def states(x: np.ndarray, h_0: np.ndarray, p: GRUParams) -> np.ndarray:
    """Return h_1 to h_T of one sequence, (T, H)."""
    return unroll(x[:, None], p, h_0[None]).h[:, 0]


def before(h: np.ndarray, h_0: np.ndarray) -> np.ndarray:
    """Return h_0 to h_{T-1}."""
    return np.concatenate([h_0[None], h[:-1]])


def start(rng: np.random.Generator, H: int, sign: float) -> np.ndarray:
    """Return an h_0 with components of both signs, the first of which has this one."""
    return sign * np.where(np.arange(H) % 2, -1.0, 1.0) * tidy(rng, H, low=0.3, high=0.9)


# aspect, T, D, H, the sign of h_0's first component, what is special about the case
SIZES = (
    ("edge sizes", 1, 1, 1, 1, ""),
    ("values", 2, 1, 1, 1, ""),
    ("values", 2, 1, 1, -1, ""),
    ("values", 3, 1, 1, 1, ""),
    ("edge sizes", 1, 2, 2, -1, ""),
    ("values", 2, 2, 2, 1, ""),  # T = D = H
    ("values", 3, 2, 3, -1, ""),
    ("values", 3, 3, 3, 1, ""),
    ("values", 5, 2, 3, 1, ""),
    ("edge sizes", 4, 3, 1, -1, ""),
    ("values", 7, 3, 2, -1, ""),
    ("values", 4, 2, 3, 1, "strong"),
)


def _inputs(rng, T, D, H, sign, special):
    x = tidy(rng, T, D, low=-1, high=1)
    return {
        "x": STRONG * x if special == "strong" else x,
        "h_0": start(rng, H, sign),
        "p": tidy_params(rng, D, H),
    }


def _cases(rng: np.random.Generator) -> list[Case]:
    return [Case(aspect, _inputs(rng, *rest)) for aspect, *rest in SIZES]


def _guesses(rng: np.random.Generator) -> list[Case]:
    cases = []
    for case in _cases(rng):
        H = len(case.inputs["h_0"])
        h = tidy(rng, len(case.inputs["x"]), H, low=-0.9, high=0.9)
        cases.append(Case(case.aspect, {"h": h} | case.inputs))
    return cases


# --- mingru ----------------------------------------------------------------------------------


def _blind(x, p):
    """Return z and n of all steps where the state reads 0."""
    v = step_values(x, np.zeros((len(x), len(p.W_hr))), p)
    return v.z_t, v.n_t


def _mingru(x, h_0, p):
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
    return _mingru(x, h_0, p._replace(b_hr=0 * p.b_hr, b_hz=0 * p.b_hz, b_hn=0 * p.b_hn))


def _reset_gate_forgotten(x, h_0, p):
    return mingru_of(x[:, None], p, h_0[None], "before")[:, 0]


MINGRU = Exercise(
    name="mingru",
    points=2,
    reference=lambda x, h_0, p: _mingru(x, h_0, p),
    cases=_cases,
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
            lambda x, h_0, p: _mingru(x, 0 * h_0, p),
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


def _residual(h, x, h_0, p):
    return h - _after(before(h, h_0), x, p)


RESIDUAL = Exercise(
    name="residual",
    points=2,
    reference=_residual,
    cases=_guesses,
    mistakes=(
        Mistake(
            "h_t_for_h_prev",
            lambda h, x, h_0, p: h - _after(h, x, p),
            "Step t is given h_t where h_{t-1} is due. Before step 1 stands h_0, before step 2 "
            "h[0]: `np.concatenate([h_0[None], h[:-1]])`.",
        ),
        Mistake(
            "h_0_replaced_by_zeros",
            lambda h, x, h_0, p: _residual(h, x, 0 * h_0, p),
            "The first step starts from zeros. It starts from h_0.",
        ),
        Mistake(
            "last_state_before_the_first",
            lambda h, x, h_0, p: _residual(h, x, h[-1], p),
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
            lambda h, x, h_0, p: -_residual(h, x, h_0, p),
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
            lambda h, x, h_0, p: np.abs(_residual(h, x, h_0, p)),
            "The sign of the residual is lost. It says in which direction to correct: no `abs`.",
        ),
    ),
    hints=(
        "All steps at once: `gru_step(x, h_prev, p)[-1]` with h_0 to h_{T-1} as rows of h_prev.",
        "`h_prev = np.concatenate([h_0[None], h[:-1]])`.",
        "`return h - gru_step(x, h_prev, p)[-1]`.",
    ),
)

# --- gate_step -------------------------------------------------------------------------------


def _round(kind):
    def one(h, x, h_0, p):
        return parallel_round(h[:, None], x[:, None], p, h_0[None], kind)[:, 0]

    return one


_gate_step = _round("gate")


def _gate_scan(h_prev, x, h_0, p):
    v = step_values(x, h_prev, p)
    return linear_scan(v.z_t, (1 - v.z_t) * v.n_t, h_0)


def _gate_b_without_1_minus_z(h, x, h_0, p):
    v = step_values(x, before(h, h_0), p)
    return linear_scan(v.z_t, v.n_t, h_0)


def _gate_swapped(h, x, h_0, p):
    v = step_values(x, before(h, h_0), p)
    return linear_scan(1 - v.z_t, v.z_t * v.n_t, h_0)


def _gate_f_for_n(h, x, h_0, p):
    v = step_values(x, before(h, h_0), p)
    return linear_scan(v.z_t, v.h_t, h_0)


def _gate_from_zeros(h, x, h_0, p):
    return _gate_scan(np.concatenate([0 * h_0[None], h[:-1]]), x, h_0, p)


GATE_STEP = Exercise(
    name="gate_step",
    points=2,
    reference=lambda h, x, h_0, p: _gate_step(h, x, h_0, p),
    cases=_guesses,
    mistakes=(
        Mistake(
            "h_t_for_h_prev",
            lambda h, x, h_0, p: _gate_scan(h, x, h_0, p),
            "The gates of step t read the guess of h_t. They read that of h_{t-1}: "
            "`np.concatenate([h_0[None], h[:-1]])`.",
        ),
        Mistake(
            "guess_ignored",
            lambda h, x, h_0, p: _mingru(x, h_0, p),
            "The gates read zeros: this is the minGRU again. They read the guess.",
        ),
        Mistake(
            "picard",
            _round("picard"),
            "Each state is one step from the guess before it, and no scan has run. The gates are "
            "taken from the guess, the state that they blend is the new one.",
        ),
        Mistake(
            "b_without_1_minus_z",
            _gate_b_without_1_minus_z,
            "b_t is n_t, and due is (1 - z_t) n_t.",
        ),
        Mistake(
            "whole_step_for_the_candidate",
            _gate_f_for_n,
            "b_t is the whole new state, z_t ⊙ h'_{t-1} + (1 - z_t) ⊙ n_t, so the past comes in "
            "twice. b_t is (1 - z_t) n_t: the past comes from the scan.",
        ),
        Mistake(
            "z_and_1_minus_z_swapped",
            _gate_swapped,
            "z_t and 1 - z_t are swapped: z_t is what multiplies h_{t-1}.",
        ),
        Mistake(
            "h_0_ignored_in_the_scan",
            lambda h, x, h_0, p: _gate_scan(before(h, h_0), x, 0 * h_0, p),
            "The gates see h_0, the scan does not: it starts from h_0 too.",
        ),
        Mistake(
            "h_0_ignored_by_the_gates",
            _gate_from_zeros,
            "The first step's gates read zeros. Before step 1 stands h_0.",
        ),
    ),
    hints=(
        "This is your mingru with the guess in the place of the zeros, moved on by one step.",
        "`h_prev = np.concatenate([h_0[None], h[:-1]])`, then the gates and the candidate of all "
        "steps: `_, z, n, _ = gru_step(x, h_prev, p)`.",
        "`return diagonal_scan(z, (1 - z) * n, h_0)`.",
    ),
)

# --- newton_step -----------------------------------------------------------------------------


def _newton(h, x, h_0, p, jacobian=jac.gru_jacobian, sign=-1.0, start=0.0, at=before):
    J = np.array([jacobian(x_t, g, p) for x_t, g in zip(x, at(h, h_0), strict=True)])
    new = h + linear_scan(J, sign * _residual(h, x, h_0, p), start * h_0)
    return np.clip(new, -1, 1)


def _transposed(x_t, h_prev, p):
    return jac.gru_jacobian(x_t, h_prev, p).T


def _diagonal_only(x_t, h_prev, p):
    return np.diag(np.diag(jac.gru_jacobian(x_t, h_prev, p)))


def _not_clipped(h, x, h_0, p):
    return parallel_round(h[:, None], x[:, None], p, h_0[None], clip=False)[:, 0]


def _correction_alone(h, x, h_0, p):
    J = np.array([jac.gru_jacobian(*a, p) for a in zip(x, before(h, h_0), strict=True)])
    return np.clip(linear_scan(J, -_residual(h, x, h_0, p)), -1, 1)


def _clip_of_the_correction(h, x, h_0, p):
    J = np.array([jac.gru_jacobian(*a, p) for a in zip(x, before(h, h_0), strict=True)])
    return h + np.clip(linear_scan(J, -_residual(h, x, h_0, p)), -1, 1)


def _far_off(rng, T, H, sign):
    """Return a guess from which a Newton round overshoots: z is small, and W_hn is large."""
    p, unit = zeros(1, H), np.where(np.arange(H) % 2, -1.0, 1.0)
    turn = np.eye(H) + 0.2 * tidy(rng, H, H, low=-1, high=1)
    p = p._replace(W_in=0.5 * unit[:, None], W_hn=4 * turn, b_iz=p.b_iz - 3, b_ir=p.b_ir + 3)
    return {
        "h": 0.1 * tidy(rng, T, H, low=-1, high=1),
        "x": sign * tidy(rng, T, 1, low=0.6, high=1.2),
        "h_0": 0.5 * start(rng, H, sign),
        "p": p,
    }


def _newton_cases(rng: np.random.Generator) -> list[Case]:
    far = [("stability", 4, 1, 1), ("stability", 4, 2, -1), ("stability", 6, 3, 1)]
    cases = _guesses(rng) + [Case(aspect, _far_off(rng, *rest)) for aspect, *rest in far]
    cases[7].inputs["h_0"][0] = 0.0  # 0 / h_0 is no way to write zeros
    return cases


NEWTON_STEP = Exercise(
    name="newton_step",
    points=4,
    reference=lambda h, x, h_0, p: _newton(h, x, h_0, p),
    cases=_newton_cases,
    mistakes=(
        Mistake(
            "jacobian_at_h_t",
            lambda h, x, h_0, p: _newton(h, x, h_0, p, at=lambda h, h_0: h),
            "J_t is taken at the guess of h_t. It is the derivative of step t by h_{t-1}, at "
            "h_{t-1}: h_0 for the first step, h[0] for the second.",
        ),
        Mistake(
            "jacobian_transposed",
            lambda h, x, h_0, p: _newton(h, x, h_0, p, _transposed),
            "J_t is transposed. Forwards a difference is multiplied by J_t; the transpose belongs "
            "to gradients, which flow back.",
        ),
        Mistake(
            "not_clipped",
            _not_clipped,
            "States leave [-1, 1], where no GRU that starts there can be. Newton overshoots where "
            "the guess is bad: keep the result in with `np.clip(..., -1, 1)`.",
        ),
        Mistake(
            "correction_clipped",
            _clip_of_the_correction,
            "The correction is clipped. It is the new state, guess and correction together, that "
            "lies in [-1, 1].",
        ),
        Mistake(
            "sign_of_the_residual",
            lambda h, x, h_0, p: _newton(h, x, h_0, p, sign=1.0),
            "The correction goes the wrong way: b_t is -e_t. A guess that is too large is made "
            "smaller.",
        ),
        Mistake(
            "correction_starts_from_h_0",
            lambda h, x, h_0, p: _newton(h, x, h_0, p, start=1.0),
            "The scan starts from h_0. It runs over corrections, and h_0 is known: its correction "
            "is 0.",
        ),
        Mistake(
            "correction_alone",
            _correction_alone,
            "This is the correction. Add it to the guess.",
        ),
        Mistake(
            "article_jacobian",
            lambda h, x, h_0, p: _newton(h, x, h_0, p, jac.article_jacobian),
            "The Jacobian is article D's, with the gates taken as constants. Take the full one of "
            "exercise 7.2.",
        ),
        Mistake(
            "diagonal_only",
            lambda h, x, h_0, p: _newton(h, x, h_0, p, _diagonal_only),
            "Only the diagonal of J_t is used. It saves work and costs rounds; Newton takes the "
            "whole matrix.",
        ),
        Mistake(
            "gate_round",
            lambda h, x, h_0, p: _gate_step(h, x, h_0, p),
            "This is a gate round, with z_t for J_t. Take the whole Jacobian.",
        ),
        Mistake(
            "picard",
            _round("picard"),
            "This is f(h'_{t-1}, x_t): no correction of one step reaches the next. Scan with J_t.",
        ),
    ),
    hints=(
        "The correction d_t = h_t - h'_t obeys d_t = J_t d_{t-1} - e_t, from 0: a scan.",
        "J_t stands at h'_{t-1}: `J = np.array([gru_jacobian(x_t, g, p) for x_t, g in zip(x, "
        "h_prev)])`, with the h_prev of your residual.",
        "`h + linear_scan(J, -residual(h, x, h_0, p), 0 * h_0)`, and np.clip to [-1, 1].",
    ),
)
