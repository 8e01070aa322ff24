"""Chapter 9: a cell as a module of PyTorch, a fair comparison, what a model of music scores."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Chapter, Exercise, Mistake
from autograder.course.cases import grid, tidy
from autograder.course.chapters.ch04_hidden_state import GRU_CELL
from gru_ref.cell import GRUParams, step, step_values

# --- run_gru_cell ----------------------------------------------------------------------------


def _unpacked(packed, order=(0, 1, 2)):
    return GRUParams(*(np.split(a, 3)[i] for a in packed for i in order))


def _run(x_t, h_prev, *packed):
    return step(x_t, h_prev, _unpacked(packed))


def _with(x_t, h_prev, packed, candidate):
    """Return h_t with another candidate, made of r_t and the two sides of n."""
    p = _unpacked(packed)
    v = step_values(x_t, h_prev, p)
    n_t = candidate(v.r_t, x_t @ p.W_in.T + p.b_in, h_prev @ p.W_hn.T + p.b_hn)
    return (1 - v.z_t) * n_t + v.z_t * h_prev


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
        return lambda x_t, h_prev, *packed: wrong(x_t, h_prev, _unpacked(packed))

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
            lambda x, h, *packed: step(x, h, _unpacked(packed, (1, 0, 2))),
            "You take the first block for z and the second for r. PyTorch packs r, z, n.",
        ),
        Mistake(
            "order_n_r_z",
            lambda x, h, *packed: step(x, h, _unpacked(packed, (1, 2, 0))),
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
            lambda x, h, *packed: _with(x, h, packed, lambda r, i, a: np.tanh(r * (i + a))),
            "r_t multiplies the input's side too: you add both products before you cut them. Cut "
            "each by itself; in the candidate r_t multiplies the state's part alone.",
        ),
        Mistake(
            "reset_on_the_inputs_side",
            lambda x, h, *packed: _with(x, h, packed, lambda r, i, a: np.tanh(r * i + a)),
            "r_t multiplies the input's part of the candidate. It multiplies the state's part.",
        ),
        Mistake(
            "tanh_forgotten",
            lambda x, h, *packed: _with(x, h, packed, lambda r, i, a: i + r * a),
            "The candidate has no tanh around it.",
        ),
        Mistake(
            "biases_forgotten",
            lambda x, h, wi, wh, bi, bh: _run(x, h, wi, wh, 0 * bi, 0 * bh),
            "Neither bias enters: x_t @ weight_ih.T + bias_ih, h_prev @ weight_hh.T + bias_hh.",
        ),
        Mistake(
            "fails_for_a_batch",
            lambda x, h, *packed: _fails_for_a_batch(x, h, *packed),
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

# --- units_for_budget ------------------------------------------------------------------------


def parameters(D: int, H: int, gates: int, biases: int = 2) -> int:
    """Return how many numbers a cell of PyTorch holds: one block of weights for each gate."""
    return gates * H * (D + H + biases)


def _units(budget, D, biases=2, counts=(1, 3, 4), reached=False):
    found = []
    for gates in counts:
        H = 0
        while parameters(int(D), H + 1, gates, biases) <= int(budget):
            H += 1
        found.append(H + 1 if reached else H)
    return tuple(np.array(H, dtype=float) for H in found)


def _exact(budget, D):
    b = int(D) + 2
    return tuple(np.array((-b + np.sqrt(b * b + 4 * int(budget) / g)) / 2) for g in (1, 3, 4))


def _budget_cases(rng: np.random.Generator) -> list[Case]:
    cases = [("edge sizes", 16, 1), ("values", 100, 2), ("values", 500, 3), ("values", 5000, 8)]
    cases += [
        ("values", 40, 3),
        ("values", 1000, 10),
        ("values", 3 * 7 * 12, 3),
        ("values", 4 * 9 * 15, 4),
    ]
    cases += [("edge sizes", int(rng.integers(20, 40)), 1)]
    return [
        Case(aspect, {"budget": np.array(budget), "D": np.array(D)}) for aspect, budget, D in cases
    ]


def _rough(budget, D):
    return tuple(np.floor(np.sqrt(int(budget) / gates)) for gates in (1, 3, 4))


UNITS_FOR_BUDGET = Exercise(
    name="units_for_budget",
    points=2,
    reference=lambda budget, D: _units(budget, D),
    outputs=("tanh", "gru", "lstm"),
    cases=_budget_cases,
    mistakes=(
        Mistake(
            "one_bias",
            lambda budget, D: _units(budget, D, biases=1),
            "You count one bias a gate. PyTorch has two, b_i and b_h: g H (D + H + 2).",
        ),
        Mistake(
            "no_bias",
            lambda budget, D: _units(budget, D, biases=0),
            "The biases are missing: g H (D + H + 2).",
        ),
        Mistake(
            "two_gates_for_the_gru",
            lambda budget, D: _units(budget, D, counts=(1, 2, 3)),
            "You count the gates alone. The candidate has weights of its own: three blocks for the "
            "GRU, four for the LSTM.",
        ),
        Mistake(
            "gru_and_lstm_swapped",
            lambda budget, D: _units(budget, D, counts=(1, 4, 3)),
            "GRU and LSTM are swapped: the GRU has three blocks, the LSTM four.",
        ),
        Mistake(
            "over_the_budget",
            lambda budget, D: _units(budget, D, reached=True),
            "One unit too many each: the count must not exceed the budget.",
        ),
        Mistake(
            "budget_itself_not_allowed",
            lambda budget, D: _units(int(budget) - 1, D),
            "A cell with exactly as many numbers as the budget is allowed: at most, `<=`.",
        ),
        Mistake(
            "rounded_to_the_nearest",
            lambda budget, D: tuple(np.round(H) for H in _exact(budget, D)),
            "You round to the nearest whole number, which may be over the budget. Round down.",
        ),
        Mistake(
            "not_rounded",
            lambda budget, D: _exact(budget, D),
            "A number of units is whole: round down.",
        ),
        Mistake(
            "units_divided_by_blocks",
            lambda budget, D: tuple(_units(budget, D)[0] // g for g in (1, 3, 4)),
            "You divide the tanh-RNN's units by 3 and 4. A third of the numbers is not a third of "
            "the units: they grow with H².",
        ),
        Mistake(
            "order_reversed",
            lambda budget, D: _units(budget, D)[::-1],
            "The order is tanh-RNN, GRU, LSTM; yours runs the other way.",
        ),
        Mistake(
            "input_weights_ignored",
            _rough,
            "This counts H² alone. The weights of the input, H D, and the biases count too.",
        ),
        Mistake(
            "one_size_for_all",
            lambda budget, D: 3 * (_units(budget, D)[1],),
            "The same number for all three. With equal units an LSTM has four times the numbers of "
            "a tanh-RNN: each has its own H.",
        ),
    ),
    hints=(
        "A cell with g blocks holds g H (D + H + 2) numbers; g is 1, 3 and 4.",
        "Count H up while the next one still fits, or solve the quadratic equation and round down.",
    ),
)

# --- median_steps ----------------------------------------------------------------------------


def _steps_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for aspect, n, failed in (
        ("edge sizes", 1, 0),
        ("values", 3, 0),
        ("values", 5, 1),
        ("values", 4, 0),
        ("values", 4, 1),
        ("values", 5, 3),  # most have failed: the median is infinite
        ("values", 7, 3),
        ("values", 6, 3),
        ("edge sizes", 1, 1),
    ):
        steps = 100.0 * rng.permutation(np.arange(1, n + 1)) + 10 * rng.integers(0, 5, n)
        steps[-1] += 900  # a slow one, for the mean
        solved = np.ones(n)
        solved[:failed] = 0
        steps[:failed] = 30.0  # where a run ended that went astray
        order = rng.permutation(n)
        cases.append(Case(aspect, {"steps": steps[order], "solved": solved[order]}))
    return cases


def _median(steps, solved):
    return np.median(np.where(solved == 1, steps, np.inf))


MEDIAN_STEPS = Exercise(
    name="median_steps",
    points=2,
    reference=_median,
    cases=_steps_cases,
    observe=lambda inputs, answer: np.where(np.isinf(answer), -1.0, answer),
    shows="the median, with -1 for an infinite one",
    mistakes=(
        Mistake(
            "unsolved_runs_dropped",
            lambda steps, solved: np.median(steps[solved == 1]),
            "You leave out the runs that never solved the task. The cell that fails most often "
            "then looks fastest. A failed run counts as infinitely long.",
        ),
        Mistake(
            "unsolved_runs_at_their_last_step",
            lambda steps, solved: np.median(steps),
            "You count a failed run as if it had solved the task at its last step. It did not: it "
            "counts as infinitely long.",
        ),
        Mistake(
            "unsolved_runs_at_the_longest",
            lambda steps, solved: np.median(np.where(solved == 1, steps, steps.max())),
            "You count a failed run as long as the longest. Where most runs fail, a finite number "
            "comes out, as if the task had been solved: use np.inf.",
        ),
        Mistake(
            "upper_median",
            lambda steps, solved: np.sort(np.where(solved == 1, steps, np.inf))[len(steps) // 2],
            "Of an even number of runs the median is the mean of the two in the middle; you take "
            "the upper one. np.median does it.",
        ),
        Mistake(
            "lower_median",
            lambda steps, solved: np.sort(np.where(solved == 1, steps, np.inf))[
                (len(steps) - 1) // 2
            ],
            "Of an even number of runs the median is the mean of the two in the middle; you take "
            "the lower one. np.median does it.",
        ),
        Mistake(
            "mean_with_infinity",
            lambda steps, solved: np.mean(np.where(solved == 1, steps, np.inf)),
            "This is the mean, which one failed run makes infinite. Take the median.",
        ),
        Mistake(
            "solved_runs_as_failed",
            lambda steps, solved: np.median(np.where(solved == 1, np.inf, steps)),
            "It is the solved runs that you make infinite. Those with solved = 0 have failed.",
        ),
        Mistake(
            "mean_of_the_solved",
            lambda steps, solved: np.mean(steps[solved == 1]),
            "This is the mean of the runs that solved the task. Asked for is the median of all, a "
            "failed run counted as infinitely long.",
        ),
        Mistake(
            "mean_for_median",
            lambda steps, solved: np.mean(steps),
            "This is the mean of all steps. One slow run moves it far; take the median, and count "
            "a failed run as infinitely long.",
        ),
        Mistake(
            "fastest",
            lambda steps, solved: np.min(np.where(solved == 1, steps, np.inf)),
            "This is the best run. One lucky seed says little: take the median.",
        ),
    ),
    hints=(
        "Where solved is 0, put np.inf.",
        "np.median of that; it knows what to do with infinite numbers.",
    ),
)

# --- notes_nll -------------------------------------------------------------------------------


def _nll(logits, notes):
    a = np.where(notes == 1, logits, -logits)
    return np.logaddexp(0, -a).sum(-1).mean()


def _sigma(a):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-a))


def _naive(logits, notes):
    with np.errstate(all="ignore"):
        p = _sigma(logits)
        return -(notes * np.log(p) + (1 - notes) * np.log(1 - p)).sum(-1).mean()


def _log_of_what_sounds(logits, notes):
    with np.errstate(all="ignore"):
        p = _sigma(logits)
        return -np.log(np.where(notes == 1, p, 1 - p)).sum(-1).mean()


def _clipped(logits, notes):
    p = np.clip(_sigma(logits), 1e-12, 1 - 1e-12)
    return -np.log(np.where(notes == 1, p, 1 - p)).sum(-1).mean()


def _softmax_nll(logits, notes):
    e = np.exp(logits - logits.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)
    with np.errstate(all="ignore"):
        return -(notes * np.log(p)).sum(-1).mean()


def _notes_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for aspect, T, N, K in (
        ("edge sizes", 1, 1, 1),
        ("values", 1, 1, 2),
        ("values", 2, 1, 3),
        ("values", 2, 2, 2),
        ("values", 3, 2, 4),
        ("stability", 2, 1, 2),
        ("edge sizes", 3, 1, 1),
    ):
        logits = tidy(rng, T, N, K)
        notes = rng.integers(0, 2, (T, N, K)).astype(float)
        notes.flat[0] = 1.0
        if notes.size > 1:
            notes.flat[1] = 0.0
        if aspect == "stability":  # every pair of a sign and a note is there
            logits = 1000.0 * np.array([1, 1, -1, -1]).reshape(T, N, K)
            notes = np.array([1.0, 0.0, 1.0, 0.0]).reshape(T, N, K)
        cases.append(Case(aspect, {"logits": logits, "notes": notes}))
    return cases


NOTES_NLL = Exercise(
    name="notes_nll",
    points=3,
    reference=_nll,
    cases=_notes_cases,
    mistakes=(
        Mistake(
            "overflow",
            _naive,
            "Right, but not for large logits: the log of a probability that has been rounded to 0 "
            "is -inf. log(1 + eᵃ) is np.logaddexp(0, a), which never overflows.",
        ),
        Mistake(
            "log_of_zero",
            _log_of_what_sounds,
            "Right, but not for large logits: exp(1000) is infinite, and a probability rounded to "
            "0 has the log -inf. log(1 + eᵃ) is np.logaddexp(0, a), which never overflows.",
        ),
        Mistake(
            "probabilities_clipped",
            _clipped,
            "Clipping the probabilities caps what a wrong note costs: at a logit of 1000 it costs "
            "1000 nats. np.logaddexp(0, a) needs no clipping.",
        ),
        Mistake(
            "summed_over_time_not_notes",
            lambda logits, notes: (
                np.logaddexp(0, np.where(notes == 1, -logits, logits)).sum(0).mean()
            ),
            "You add over the first axis, time. The notes of a step are the last axis.",
        ),
        Mistake(
            "averaged_over_the_notes",
            lambda logits, notes: _nll(logits, notes) / logits.shape[-1],
            "You average over the notes. A step's likelihood is the product over its notes, so "
            "their logs are added; the mean is over steps and sequences only.",
        ),
        Mistake(
            "summed_over_time",
            lambda logits, notes: _nll(logits, notes) * len(logits),
            "You add over the steps. Asked for is the mean of a step.",
        ),
        Mistake(
            "summed_over_everything",
            lambda logits, notes: _nll(logits, notes) * logits[..., 0].size,
            "You add everything up. The notes of one step are added; steps and sequences are "
            "averaged.",
        ),
        Mistake(
            "silent_notes_ignored",
            lambda logits, notes: (notes * np.logaddexp(0, -logits)).sum(-1).mean(),
            "Only the notes that sound enter. A note that is silent was predicted too: it has the "
            "probability 1 - σ(a).",
        ),
        Mistake(
            "wrong_sign",
            lambda logits, notes: -_nll(logits, notes),
            "The sign is wrong: a log likelihood is negative, its negative is positive.",
        ),
        Mistake(
            "likelihood_of_the_opposite",
            lambda logits, notes: _nll(-logits, notes),
            "Sounding and silent are swapped: σ(a) is the probability that the note sounds.",
        ),
        Mistake(
            "in_bits",
            lambda logits, notes: _nll(logits, notes) / np.log(2),
            "This is in bits. Asked for are nats: natural logarithms.",
        ),
        Mistake(
            "softmax_for_sigmoid",
            _softmax_nll,
            "You let the notes compete for one probability of 1. Each note sounds or not by "
            "itself: one σ each.",
        ),
        Mistake(
            "squared_error",
            lambda logits, notes: ((_sigma(logits) - notes) ** 2).sum(-1).mean(),
            "This is a squared error. Asked for is the negative log likelihood.",
        ),
    ),
    hints=(
        "A note that sounds costs -log σ(a) = log(1 + e⁻ᵃ); a silent one log(1 + eᵃ).",
        "np.logaddexp(0, a) is log(1 + eᵃ). Add over the last axis, then take the mean.",
    ),
)

CHAPTER = Chapter(
    "09_which_cell",
    "9 · Which cell?",
    75,
    (RUN_GRU_CELL, UNITS_FOR_BUDGET, MEDIAN_STEPS, NOTES_NLL),
    packages=("torch",),
)
