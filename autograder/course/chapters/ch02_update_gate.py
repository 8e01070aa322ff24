"""Chapter 2: the update gate, the blend that it controls, and how long a memory lasts."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Chapter, Exercise, Mistake
from autograder.course.cases import grid, tidy
from autograder.course.chapters.ch01_ch02_gates import gate, gate_inputs, gate_mistakes
from autograder.course.put_back import put_back
from gru_ref.cell import sigmoid

# --- update_gate -----------------------------------------------------------------------------


def _of_the_reset_gate(name: str) -> Mistake:
    def wrong(x_t, h_prev, W_iz, b_iz, W_hz, b_hz):
        raise NameError(f"name '{name}' is not defined", name=name)

    return Mistake(
        f"{name}_of_the_reset_gate",
        wrong,
        f"You use {name}, which is the reset gate's and not among the parameters. The update gate "
        "has weights of its own: W_iz, b_iz, W_hz, b_hz.",
    )


UPDATE_GATE = Exercise(
    name="update_gate",
    points=2,
    reference=lambda x_t, h_prev, W_iz, b_iz, W_hz, b_hz: gate(x_t, h_prev, W_iz, b_iz, W_hz, b_hz),
    cases=grid(gate_inputs("z")),
    mistakes=(
        *gate_mistakes("z", "(2)"),
        *(_of_the_reset_gate(name) for name in ("W_ir", "b_ir", "W_hr", "b_hr")),
    ),
    hints=(
        "Look at equations (1) and (2) side by side. Which letters change, and does any "
        "operation change?",
        "Equation (2) is equation (1) with other weights. Nothing else differs.",
        "`sigmoid(x_t @ W_iz.T + b_iz + h_prev @ W_hz.T + b_hz)`: compare it with your reset gate, "
        "letter by letter.",
    ),
)

# --- blend -----------------------------------------------------------------------------------


def _blend(z_t, h_prev, n_t):
    return z_t * h_prev + (1 - z_t) * n_t


def _blend_inputs(rng, D, H, lead):
    return {
        "z_t": tidy(rng, *lead, H, low=0.1, high=0.9),
        "h_prev": tidy(rng, *lead, H, low=-1, high=1),
        "n_t": tidy(rng, *lead, H, low=-1, high=1),
    }


def _blend_in_place(z_t, h_prev, n_t):
    h_prev *= z_t
    h_prev += (1 - z_t) * n_t
    return h_prev


BLEND = Exercise(
    name="blend",
    points=2,
    reference=_blend,
    cases=grid(_blend_inputs, large=("n_t",)),
    mistakes=(
        Mistake(
            "z_and_1_minus_z_swapped",
            lambda z_t, h_prev, n_t: (1 - z_t) * h_prev + z_t * n_t,
            "z_t and 1 - z_t are swapped: yours keeps the past where the gate says renew. z_t "
            "multiplies h_prev, 1 - z_t multiplies n_t.",
        ),
        Mistake(
            "one_minus_forgotten",
            lambda z_t, h_prev, n_t: z_t * h_prev + z_t * n_t,
            "Both terms carry z_t. The new one carries what is left, 1 - z_t.",
        ),
        Mistake(
            "brackets_forgotten",
            lambda z_t, h_prev, n_t: z_t * h_prev + 1 - z_t * n_t,
            "Brackets are missing: `1 - z_t * n_t` multiplies first. Write `(1 - z_t) * n_t`.",
        ),
        Mistake(
            "candidate_not_weighted",
            lambda z_t, h_prev, n_t: z_t * h_prev + n_t,
            "n_t is added whole. The two weights sum to 1: z_t for h_prev, 1 - z_t for n_t.",
        ),
        Mistake(
            "past_not_weighted",
            lambda z_t, h_prev, n_t: h_prev + (1 - z_t) * n_t,
            "h_prev is added whole. The two weights sum to 1: z_t for h_prev, 1 - z_t for n_t.",
        ),
        Mistake(
            "dot_product_for_hadamard",
            lambda z_t, h_prev, n_t: z_t @ h_prev + (1 - z_t) @ n_t,
            "`@` sums over the units. ⊙ is the product of each unit with its own gate: `*`.",
        ),
        Mistake(
            "h_prev_overwritten",
            _blend_in_place,
            "The numbers are right, but your function writes them into h_prev itself (`*=`, `+=`): "
            "the caller's state is gone. Compute into a new array.",
        ),
    ),
    hints=(
        "For z_t = 1 the answer is h_prev, for z_t = 0 it is n_t. Which weight belongs to which?",
        "It is equation (4): the old state has the weight z_t, the new content what is left of 1.",
        "`z_t * h_prev + (1 - z_t) * n_t`, element by element: no `@`, no `+=`.",
    ),
)

# --- half_life -------------------------------------------------------------------------------


def _half_life(z):
    return np.log(0.5) / np.log(z)


def _z_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("values", {"z": np.array(0.9)}),
        Case("edge sizes", {"z": np.array([0.25])}),
        Case("values", {"z": np.array([0.3])}),
        Case("values", {"z": np.round(rng.uniform(0.05, 0.98, 4), 2)}),
        Case("edge sizes", {"z": np.array([[0.7]])}),
        Case("stability", {"z": np.array([1e-9, 0.999999])}),
        Case("batch", {"z": np.round(rng.uniform(0.05, 0.98, (2, 3)), 2)}),
    ]


HALF_LIFE = Exercise(
    name="half_life",
    points=2,
    reference=_half_life,
    cases=_z_cases,
    put_back=put_back("z", lambda inputs, k: inputs["z"] ** k, "z^k", "1/2"),
    mistakes=(
        Mistake(
            "of_1_minus_z",
            lambda z: np.log(0.5) / np.log(1 - z),
            "This is the half-life for a gate of 1 - z. What is kept each step is z itself: solve "
            "z^k = 1/2.",
        ),
        Mistake(
            "sign",
            lambda z: np.log(2) / np.log(z),
            "Right but for the sign: log(z) is negative, and so is log(1/2). log(2) is not.",
        ),
        Mistake(
            "bases_mixed",
            lambda z: np.log(0.5) / np.log10(z),
            "Two bases are mixed: a natural logarithm over one of base 10. Any base will do, as "
            "long as both have the same.",
        ),
        Mistake(
            "bases_mixed_2",
            lambda z: np.log(0.5) / np.log2(z),
            "Two bases are mixed: a natural logarithm over one of base 2. Any base will do, as "
            "long as both have the same.",
        ),
        Mistake(
            "bases_mixed_the_other_way",
            lambda z: np.log10(0.5) / np.log(z),
            "Two bases are mixed: a logarithm of base 10 over a natural one. Any base will do, as "
            "long as both have the same.",
        ),
        Mistake(
            "time_constant",
            lambda z: -1 / np.log(z),
            "This is the number of steps until 1/e is left, not 1/2: solve z^k = 1/2.",
        ),
        Mistake(
            "rounded_up",
            lambda z: np.ceil(np.log(0.5) / np.log(z)),
            "You round up to whole steps. The half-life need not be whole: return k itself.",
        ),
        Mistake(
            "base_as_second_argument",
            lambda z: np.log(0.5) + 0 * z,
            "The second argument of np.log is not a base but a place to put the result. The "
            "logarithm to base z is log(1/2) / log(z).",
        ),
        Mistake(
            "linear_decay",
            lambda z: 0.5 / (1 - z),
            "Yours takes the same amount away each step. The memory loses the same *share* each "
            "step: after k steps z^k is left.",
        ),
        Mistake(
            "upside_down",
            lambda z: np.log(z) / np.log(0.5),
            "The quotient is upside down. z^k = 1/2 gives k log(z) = log(1/2); divide by log(z).",
        ),
    ),
    hints=(
        "After k steps what is left of h_0 is z·z·…·z = z^k. Set that to 1/2.",
        "Take logarithms: k log(z) = log(1/2).",
        "`np.log(0.5) / np.log(z)`: both logarithms are negative, so k is positive.",
    ),
)

# --- bias_for_half_life ----------------------------------------------------------------------


def _bias_for_half_life(steps):
    return -np.log(np.expm1(np.log(2) / steps))  # z / (1 - z) = 1 / (2^(1/k) - 1)


def _logit(z):
    return np.log(z / (1 - z))


def _steps_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("values", {"steps": np.array(10.0)}),
        Case("edge sizes", {"steps": np.array([1.0])}),
        Case("values", {"steps": np.array([2.0])}),
        Case("values", {"steps": rng.integers(3, 200, 4).astype(float)}),
        Case("edge sizes", {"steps": np.array([[5.0]])}),
        Case("stability", {"steps": np.array([0.1, 1e6])}),
        Case("batch", {"steps": rng.integers(3, 200, (2, 3)).astype(float)}),
    ]


BIAS_FOR_HALF_LIFE = Exercise(
    name="bias_for_half_life",
    points=2,
    reference=_bias_for_half_life,
    cases=_steps_cases,
    put_back=put_back(
        "steps", lambda inputs, b: sigmoid(b) ** inputs["steps"], "σ(b)^steps", "1/2"
    ),
    rtol=1e-6,  # the direct way loses 10 digits to 1 - z at a million steps
    mistakes=(
        Mistake(
            "z_for_b",
            lambda steps: 0.5 ** (1 / steps),
            "This is the gate z. Asked for is the bias b with σ(b) = z: b = log(z / (1 - z)).",
        ),
        Mistake(
            "sign",
            lambda steps: -_bias_for_half_life(steps),
            "The sign is wrong: your bias sets the gate to 1 - z. A long memory needs z near 1, a "
            "large positive bias.",
        ),
        Mistake(
            "time_constant",
            lambda steps: _logit(np.exp(-1 / steps)),
            "Yours leaves 1/e after so many steps, not 1/2. z = (1/2)^(1/k).",
        ),
        Mistake(
            "brackets_forgotten",
            lambda steps: _logit(0.5**1 / steps),
            "Brackets are missing: `0.5**1/steps` takes the power first. Write "
            "`0.5 ** (1 / steps)`.",
        ),
        Mistake(
            "power_of_k",
            lambda steps: _logit(0.5**steps),
            "You raise 1/2 to the power k. It is the k-th root, z = (1/2)^(1/k): then z^k = 1/2.",
        ),
        Mistake(
            "linear_decay",
            lambda steps: _logit(1 - 0.5 / steps),
            "You let the memory lose the same amount each step, z = 1 - 1/(2k). It loses the same "
            "share: z^k = 1/2.",
        ),
        Mistake(
            "log_of_z_alone",
            lambda steps: np.log(0.5 ** (1 / steps)),
            "log(z) inverts exp, not σ. The bias is b = log(z / (1 - z)), your `bias_for_gate` of "
            "chapter 1.",
        ),
    ),
    hints=(
        "Two steps: which z has this half-life? Then, which bias gives this z?",
        "The first is z^steps = 1/2 solved for z, a root; the second is σ(b) = z solved for b.",
        "z = 0.5 ** (1 / steps), and b = log(z / (1 - z)), as in chapter 1.",
    ),
)

# --- shares ----------------------------------------------------------------------------------


def _shares(z):
    found = np.ones(1)
    for z_t in z:
        found = np.append(z_t * found, 1 - z_t)
    return found


def _gates(rng: np.random.Generator, T: int) -> np.ndarray:
    return np.round(rng.uniform(0.05, 0.95, T), 2)


def _shares_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("edge sizes", {"z": np.array([0.9])}),
        Case("values", {"z": np.array([0.5, 0.9])}),
        Case("values", {"z": np.array([0.9, 0.8, 0.3])}),
        Case("stability", {"z": np.array([0.9, 0.0, 0.8])}),
        Case("values", {"z": _gates(rng, 4)}),
        Case("stability", {"z": np.array([1.0, 0.0, 1.0, 0.0, 1.0])}),
        Case("values", {"z": _gates(rng, 12)}),
        Case("stability", {"z": np.full(800, 0.3)}),  # the product of all is below 1e-400
    ]


def _later(z):
    """Return the product of the gates after each step, and of all of them first."""
    return np.append(np.cumprod(z[::-1])[::-1], 1)


def _by_division(z):
    until = np.cumprod(z)
    with np.errstate(all="ignore"):
        return np.append(until[-1], (1 - z) * until[-1] / until)


def _in_place(z):
    later = _later(z)
    z *= -1
    z += 1
    return later * np.append(1, z)


SHARES = Exercise(
    name="shares",
    points=2,
    reference=_shares,
    cases=_shares_cases,
    mistakes=(
        Mistake(
            "z_and_1_minus_z_swapped",
            lambda z: _shares(1 - z),
            "z_t and 1 - z_t are swapped: z_t is the share of what is there already, 1 - z_t that "
            "of the new candidate.",
        ),
        Mistake(
            "later_gates_ignored",
            lambda z: np.append(np.prod(z), 1 - z),
            "Each candidate keeps the share 1 - z_t with which it came in. Every later gate "
            "multiplies it again: (1 - z_t) z_{t+1} … z_T.",
        ),
        Mistake(
            "earlier_gates_for_later_ones",
            lambda z: np.append(np.prod(z), (1 - z) * np.append(1, np.cumprod(z)[:-1])),
            "You multiply by the gates before step t. What came in at step t passes the gates "
            "after it: (1 - z_t) z_{t+1} … z_T.",
        ),
        Mistake(
            "gates_up_to_its_own",
            lambda z: np.append(np.prod(z), (1 - z) * np.cumprod(z)),
            "You multiply by the gates up to step t, its own too. What came in at step t passes "
            "the gates after it: (1 - z_t) z_{t+1} … z_T.",
        ),
        Mistake(
            "own_gate_too",
            lambda z: np.append(np.prod(z), (1 - z) * _later(z)[:-1]),
            "The product begins one gate too soon: a candidate that comes in at step t is not "
            "multiplied by z_t, only by the gates after it.",
        ),
        Mistake(
            "h_0_left_out",
            lambda z: _shares(z)[1:],
            "The share of h_0 is missing: z_1 z_2 … z_T, which stands first. There are T + 1 "
            "shares.",
        ),
        Mistake(
            "h_0_last",
            lambda z: np.roll(_shares(z), -1),
            "The share of h_0 stands last. It comes first: h_0, n_1, …, n_T.",
        ),
        Mistake(
            "newest_first",
            lambda z: _shares(z)[::-1],
            "The order is turned round: yours begins with the newest. Due are h_0, n_1, …, n_T.",
        ),
        Mistake(
            "h_0_has_1",
            lambda z: np.append(1, _shares(z)[1:]),
            "Your h_0 keeps the share 1. Every gate multiplies it: z_1 z_2 … z_T.",
        ),
        Mistake(
            "h_0_has_0",
            lambda z: np.append(0, _shares(z)[1:]),
            "Your h_0 has the share 0. It begins with 1, and every gate multiplies it: "
            "z_1 z_2 … z_T.",
        ),
        Mistake(
            "last_gate_for_all",
            lambda z: _shares(np.full(len(z), z[-1])),
            "You take one gate, the last, for all steps. Each step has its own z_t.",
        ),
        Mistake(
            "divided_by_gates",
            _by_division,
            "You divide a product of gates by another. Where a gate is 0, or the product too small "
            "for a float64, that is 0/0. Multiply the later gates instead.",
        ),
        Mistake(
            "z_overwritten",
            _in_place,
            "The numbers are right, but your function writes into z itself (`*=`, `[...] =`): the "
            "caller's gates are gone. Compute into a new array.",
        ),
    ),
    hints=(
        "Before the first step h_0 has the share 1 and nothing else has any. What does one step "
        "do to the shares that are there, and which one does it add?",
        "In a loop over z: multiply all shares by z_t, then append 1 - z_t.",
        "`found = np.append(z_t * found, 1 - z_t)`, beginning with `np.ones(1)`.",
    ),
)

CHAPTER = Chapter(
    "02_update_gate",
    "2 · The update gate",
    35,
    (UPDATE_GATE, BLEND, HALF_LIFE, BIAS_FOR_HALF_LIFE, SHARES),
)
