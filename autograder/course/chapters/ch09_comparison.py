"""Chapter 9, a fair comparison: cells of one size, and runs that may fail."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake

# --- units_for_budget ------------------------------------------------------------------------


def _largest(budget, numbers):
    """Return how many units a cell of numbers(H) numbers may have."""
    H = 0
    while numbers(H + 1) <= int(budget):
        H += 1
    return np.array(H, dtype=float)


def _units(budget, D):
    return tuple(_largest(budget, lambda H, g=g: g * H * (D + H + 2)) for g in (1, 3, 4))


def _one_bias(budget, D):
    return tuple(_largest(budget, lambda H, g=g: g * H * (D + H + 1)) for g in (1, 3, 4))


def _no_bias(budget, D):
    return tuple(_largest(budget, lambda H, g=g: g * H * (D + H)) for g in (1, 3, 4))


def _two_gates_for_the_gru(budget, D):
    return tuple(_largest(budget, lambda H, g=g: g * H * (D + H + 2)) for g in (1, 2, 3))


def _gru_and_lstm_swapped(budget, D):
    return tuple(_largest(budget, lambda H, g=g: g * H * (D + H + 2)) for g in (1, 4, 3))


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
    cases += [("values", int(rng.integers(5, 12)), 1)]  # one block fits, three or four do not
    cases += [("values", int(rng.integers(100_000, 150_000)), int(rng.integers(2, 20)))]
    return [
        Case(aspect, {"budget": np.array(budget), "D": np.array(D)}) for aspect, budget, D in cases
    ]


def _input_weights_ignored(budget, D):
    return tuple(np.floor(np.sqrt(int(budget) / gates)) for gates in (1, 3, 4))


UNITS_FOR_BUDGET = Exercise(
    name="units_for_budget",
    points=2,
    reference=_units,
    outputs=("tanh", "gru", "lstm"),
    cases=_budget_cases,
    mistakes=(
        Mistake(
            "one_bias",
            _one_bias,
            "You count one bias a gate. PyTorch has two, b_i and b_h: g H (D + H + 2).",
        ),
        Mistake(
            "no_bias",
            _no_bias,
            "The biases are missing: g H (D + H + 2).",
        ),
        Mistake(
            "two_gates_for_the_gru",
            _two_gates_for_the_gru,
            "You count the gates alone. The candidate has weights of its own: three blocks for the "
            "GRU, four for the LSTM.",
        ),
        Mistake(
            "gru_and_lstm_swapped",
            _gru_and_lstm_swapped,
            "GRU and LSTM are swapped: the GRU has three blocks, the LSTM four.",
        ),
        Mistake(
            "over_the_budget",
            lambda budget, D: tuple(H + 1 for H in _units(budget, D)),
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
            _exact,
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
            _input_weights_ignored,
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
        "`while g * (H + 1) * (D + H + 3) <= budget: H += 1`, from H = 0.",
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
    lopsided = {"steps": np.array([30.0, 100.0, 900.0]), "solved": np.array([0.0, 1.0, 1.0])}
    return [*cases, Case("values", lopsided)]


def _median(steps, solved):
    return np.median(np.where(solved == 1, steps, np.inf))


def _finite_and_value(inputs, answer):
    infinite = np.isposinf(answer)
    return np.array([infinite, np.where(infinite, 0.0, answer)], dtype=float)


MEDIAN_STEPS = Exercise(
    name="median_steps",
    points=2,
    reference=_median,
    cases=_steps_cases,
    observe=_finite_and_value,
    shows="the median, [0, steps], or [1, 0] where it is infinite",
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
        "Look at a run that has not solved its task: its number of steps is a limit, not a "
        'measurement. Which number stands for "later than any other"?',
        "Where solved is 0, put np.inf.",
        "np.median of that; it knows what to do with infinite numbers.",
    ),
)
