"""Chapter 8: training. The loss, its gradients, the step, and what goes wrong between batches."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Chapter, Exercise, Mistake
from autograder.course.cases import STEEP, many_digits, tidy
from autograder.course.chapters.ch08_adam import ADAM_STEP
from autograder.course.chapters.ch08_network import LOSS_AND_GRADIENTS, mse
from autograder.course.chapters.ch08_steps import TRAIN_ON

# --- adding_targets --------------------------------------------------------------------------


def _targets(x):
    return (x[..., 0] * x[..., 1]).sum(0)[:, None]


def _adding_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    sizes = (("edge sizes", 2, 1), ("values", 3, 2), ("values", 4, 3), ("values", 5, 2))
    for aspect, T, N in (*sizes, ("values", 4, 4), ("values", 6, 3), ("edge sizes", 5, 1)):
        marks = np.zeros((T, N))
        for n in range(N):
            marks[rng.choice(T, 2, replace=False), n] = 1
        values = np.round(rng.uniform(0.1, 1, (T, N)), 1)
        values = many_digits(values) if N > 2 else values
        cases.append(Case(aspect, {"x": np.stack([values, marks], -1)}))
    return cases


def _neighbours(x):
    return x[..., 0][x[..., 1] == 1].reshape(-1, 2).sum(1)


def _first_mark(x):
    return np.take_along_axis(x[..., 0], x[..., 1].argmax(0)[None], 0).T


TIME_FIRST = (
    "A mask picks the marked numbers step by step, across all sequences: two that stand beside "
    "each other there belong to different sequences. Multiply by the marks and add over time."
)

ADDING_TARGETS = Exercise(
    name="adding_targets",
    points=1,
    reference=_targets,
    cases=_adding_cases,
    mistakes=(
        Mistake(
            "marks_ignored",
            lambda x: x[..., 0].sum(0)[:, None],
            "You add all the numbers. Only the two marked ones count: x[..., 1] is 1 there, and 0 "
            "elsewhere.",
        ),
        Mistake(
            "marks_summed",
            lambda x: x[..., 1].sum(0)[:, None],
            "You add the marks, which gives 2 for every sequence. The numbers are in x[..., 0].",
        ),
        Mistake(
            "added_before_multiplying",
            lambda x: (x[..., 0].sum(0) * x[..., 1].sum(0))[:, None],
            "You add over time first, numbers and marks, and multiply the two sums. Multiply each "
            "number by its mark, then add.",
        ),
        Mistake(
            "averaged",
            lambda x: _targets(x) / len(x),
            "You take the mean over the steps. The target is the sum of the two marked numbers.",
        ),
        Mistake(
            "mean_of_the_two",
            lambda x: _targets(x) / 2,
            "Half of what is due: this is the mean of the two marked numbers, not their sum.",
        ),
        Mistake(
            "both_channels_summed",
            lambda x: x.sum((0, 2))[:, None],
            "You add the numbers and the marks. Multiply the two, then add over the steps.",
        ),
        Mistake(
            "product_of_the_two",
            lambda x: np.where(x[..., 1] == 1, x[..., 0], 1).prod(0)[:, None],
            "You multiply the two marked numbers. They are added.",
        ),
        Mistake(
            "first_mark_only",
            _first_mark,
            "This is the first marked number alone. Two are marked; add both.",
        ),
        Mistake("mask_walks_time_first", lambda x: _neighbours(x)[:, None], TIME_FIRST),
        Mistake("mask_walks_time_first_flat", _neighbours, TIME_FIRST),
        Mistake(
            "summed_over_the_sequences",
            lambda x: (x[..., 0] * x[..., 1]).sum(1)[:, None],
            "You add over axis 1, the sequences. Time is the first axis of x, (T, N, 2): add over "
            "axis 0.",
        ),
        Mistake(
            "last_axis_missing",
            lambda x: _targets(x)[:, 0],
            "The sums are right; their shape is (N,). Due is (N, 1), one output a sequence: index "
            "with [:, None].",
        ),
        Mistake(
            "in_a_row",
            lambda x: _targets(x).T,
            "The sums are right, but they lie in a row, (1, N). Due is a column, (N, 1): one "
            "output a sequence.",
        ),
    ),
    hints=(
        "A number times its mark is the number itself or 0.",
        "Add over the axis of time, the first; then give the result a last axis of size 1.",
        "`(x[..., 0] * x[..., 1]).sum(axis=0)[..., None]`, where the last axis of x holds "
        "number and mark.",
    ),
)

# --- mean_squared_error ----------------------------------------------------------------------


def _mse_cases(rng: np.random.Generator) -> list[Case]:
    sizes = (("edge sizes", 1, 1), ("values", 2, 1), ("values", 3, 2), ("values", 2, 3))
    cases = [
        Case(aspect, {"y": tidy(rng, N, K), "target": tidy(rng, N, K)})
        for aspect, N, K in (*sizes, ("values", 2, 2), ("values", 4, 3), ("edge sizes", 1, 3))
    ]
    far = {"y": STEEP * tidy(rng, 2, 2), "target": tidy(rng, 2, 2)}
    return [*cases, Case("stability", far)]


def _with_dy(dy):
    """Return the mistake whose loss is right; dy is made of y - target."""
    return lambda y, target: (mse(y, target)[0], dy(y - target))


MEAN_SQUARED_ERROR = Exercise(
    name="mean_squared_error",
    points=2,
    reference=lambda y, target: mse(y, target),
    outputs=("loss", "dy"),
    cases=_mse_cases,
    mistakes=(
        Mistake(
            "gradient_of_the_sum",
            _with_dy(lambda e: 2 * e),
            "The loss is a mean, its gradient is that of a sum: divide dy by y.size.",
        ),
        Mistake(
            "difference_alone",
            _with_dy(lambda e: e),
            "dy is y - target alone. The square brings a factor 2, the mean a division by y.size.",
        ),
        Mistake(
            "summed_for_mean",
            lambda y, target: (np.sum((y - target) ** 2), 2 * (y - target)),
            "You add the squares where they are averaged: both results are y.size times too large.",
        ),
        Mistake(
            "factor_two_forgotten",
            _with_dy(lambda e: e / e.size),
            "The derivative of a square has a 2 in front: dy is half of what is due.",
        ),
        Mistake(
            "half_the_square",
            lambda y, target: (mse(y, target)[0] / 2, (y - target) / y.size),
            "Both are half of what is due. Some books put ½ in front of the square; this course, "
            "like torch.nn.MSELoss, does not.",
        ),
        Mistake(
            "sign_of_the_gradient",
            _with_dy(lambda e: -2 * e / e.size),
            "dy has the wrong sign: it is the derivative by y, and y stands first in y - target.",
        ),
        Mistake(
            "averaged_over_the_batch_only",
            lambda y, target: (
                np.sum((y - target) ** 2) / len(y),
                2 * (y - target) / len(y),
            ),
            "You divide by N. The mean is over all N x K numbers: y.size.",
        ),
        Mistake(
            "gradient_over_the_batch_only",
            _with_dy(lambda e: 2 * e / len(e)),
            "The loss is right; dy is divided by N where the mean is over all N x K numbers.",
        ),
        Mistake(
            "gradient_over_the_outputs_only",
            _with_dy(lambda e: 2 * e / e.shape[1]),
            "The loss is right; dy is divided by K where the mean is over all N x K numbers.",
        ),
        Mistake(
            "factor_two_forgotten_over_the_batch_only",
            _with_dy(lambda e: e / len(e)),
            "The loss is right; dy lacks the 2 of the square, and is divided by N where the mean "
            "is over all N x K numbers: 2 * (y - target) / y.size.",
        ),
        Mistake(
            "gradient_averaged",
            _with_dy(lambda e: (2 * e).mean()),
            "dy is one number: you average it. Each of the N x K numbers of y has a derivative of "
            "its own, 2 (y - target) / y.size.",
        ),
        Mistake(
            "gradient_holds_squares",
            _with_dy(lambda e: 2 * e**2 / e.size),
            "dy holds the squares. The derivative of a square is 2 times what is squared.",
        ),
        Mistake(
            "dy_first",
            lambda y, target: mse(y, target)[::-1],
            "You return dy first. The order is loss, dy.",
        ),
        Mistake(
            "absolute_error",
            lambda y, target: (np.mean(np.abs(y - target)), np.sign(y - target) / y.size),
            "This is the mean absolute error. Square the differences.",
        ),
        Mistake(
            "absolute_loss",
            lambda y, target: (np.mean(np.abs(y - target)), mse(y, target)[1]),
            "dy is right, but the loss is the mean of |y - target|. Square the differences.",
        ),
        Mistake(
            "root_taken",
            lambda y, target: (np.sqrt(mse(y, target)[0]), mse(y, target)[1]),
            "The loss has a root in front of it. The mean squared error has none.",
        ),
    ),
    hints=(
        "`np.mean((y - target) ** 2)` is the loss.",
        "Every one of the y.size squares stands in the mean with the factor 1 / y.size.",
        "The gradient is `2 * (y - target) / y.size`, with the shape of y.",
    ),
)

CHAPTER = Chapter(
    "08_training",
    "8 · Training",
    60,
    (ADDING_TARGETS, MEAN_SQUARED_ERROR, LOSS_AND_GRADIENTS, ADAM_STEP, TRAIN_ON),
)
