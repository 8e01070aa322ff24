"""Chapter 8: training. The loss, its gradients, the step, and what goes wrong between batches."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autograder.cases import tidy
from autograder.chapters.ch05_sequences import forward, params
from autograder.chapters.ch06_bptt import backward_over_time
from autograder.exercise import Case, Chapter, Exercise, Mistake
from gru_ref.cell import GRUParams

# --- adding_targets --------------------------------------------------------------------------


def _targets(x):
    return (x[..., 0] * x[..., 1]).sum(0)[:, None]


def _adding_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    sizes = (("edge sizes", 2, 1), ("values", 3, 1), ("values", 3, 2), ("values", 4, 4))
    for aspect, T, N in (*sizes, ("values", 6, 3), ("edge sizes", 5, 1)):
        marks = np.zeros((T, N))
        for n in range(N):
            marks[rng.choice(T, 2, replace=False), n] = 1
        values = np.round(rng.uniform(0.1, 1, (T, N)), 1)
        cases.append(Case(aspect, {"x": np.stack([values, marks], -1)}))
    return cases


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
    ),
    hints=(
        "A number times its mark is the number itself or 0.",
        "Add over the axis of time, the first; then give the result a last axis of size 1.",
    ),
)

# --- mean_squared_error ----------------------------------------------------------------------


def _mse(y, target):
    return np.mean((y - target) ** 2), 2 * (y - target) / y.size


def _mse_cases(rng: np.random.Generator) -> list[Case]:
    sizes = (("edge sizes", 1, 1), ("values", 2, 1), ("values", 2, 2), ("values", 3, 2))
    return [
        Case(aspect, {"y": tidy(rng, N, K), "target": tidy(rng, N, K)})
        for aspect, N, K in (*sizes, ("values", 4, 3), ("edge sizes", 1, 3))
    ]


MEAN_SQUARED_ERROR = Exercise(
    name="mean_squared_error",
    points=2,
    reference=_mse,
    outputs=("loss", "dy"),
    cases=_mse_cases,
    mistakes=(
        Mistake(
            "gradient_of_the_sum",
            lambda y, target: (_mse(y, target)[0], 2 * (y - target)),
            "The loss is a mean, its gradient is that of a sum: divide dy by y.size.",
        ),
        Mistake(
            "summed_for_mean",
            lambda y, target: (np.sum((y - target) ** 2), 2 * (y - target)),
            "You add the squares where they are averaged: both results are y.size times too large.",
        ),
        Mistake(
            "factor_two_forgotten",
            lambda y, target: (_mse(y, target)[0], (y - target) / y.size),
            "The derivative of a square has a 2 in front: dy is half of what is due.",
        ),
        Mistake(
            "half_the_square",
            lambda y, target: (_mse(y, target)[0] / 2, (y - target) / y.size),
            "Both are half of what is due. Some books put ½ in front of the square; this course, "
            "like torch.nn.MSELoss, does not.",
        ),
        Mistake(
            "sign_of_the_gradient",
            lambda y, target: (_mse(y, target)[0], 2 * (target - y) / y.size),
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
            lambda y, target: (_mse(y, target)[0], 2 * (y - target) / len(y)),
            "The loss is right; dy is divided by N where the mean is over all N x K numbers.",
        ),
        Mistake(
            "absolute_error",
            lambda y, target: (np.mean(np.abs(y - target)), np.sign(y - target) / y.size),
            "This is the mean absolute error. Square the differences.",
        ),
        Mistake(
            "root_taken",
            lambda y, target: (np.sqrt(_mse(y, target)[0]), _mse(y, target)[1]),
            "The loss has a root in front of it. The mean squared error has none.",
        ),
    ),
    hints=(
        "`np.mean((y - target) ** 2)` is the loss.",
        "Every one of the y.size squares stands in the mean with the factor 1 / y.size.",
    ),
)

# --- loss_and_gradients ----------------------------------------------------------------------


class Weights(NamedTuple):
    """A GRU and the layer that reads its last state."""

    W_ir: np.ndarray
    W_iz: np.ndarray
    W_in: np.ndarray
    W_hr: np.ndarray
    W_hz: np.ndarray
    W_hn: np.ndarray
    b_ir: np.ndarray
    b_iz: np.ndarray
    b_in: np.ndarray
    b_hr: np.ndarray
    b_hz: np.ndarray
    b_hn: np.ndarray
    W_y: np.ndarray
    b_y: np.ndarray


def _weights(rng: np.random.Generator, D: int, H: int, K: int) -> Weights:
    return Weights(*params(rng, D, H), tidy(rng, K, H), tidy(rng, K))


def _gradients(x, h_0, target, w, *, seen="last", dy_scale=1.0, transposed=False, drop=""):
    """Return loss and gradients; the keywords make the mistakes."""
    p = GRUParams(*w[:12])
    h = forward(x, h_0, p)
    at = {"last": -1, "first": 0}.get(seen)
    read = h.mean(0) if seen == "mean" else h[at]
    y = read @ w.W_y.T + w.b_y
    loss, dy = _mse(y, target)
    dy = dy * dy_scale
    dread = dy @ w.W_y
    dh = np.zeros_like(h)
    if seen == "mean":
        dh += dread / len(h)
    elif seen == "all":
        dh += dread
    else:
        dh[at] = dread
    grads = backward_over_time(dh, x, h_0, p)[2]
    dW_y = read.T @ dy if transposed else dy.T @ read
    made = Weights(*grads, dW_y, dy.sum(0))
    return loss, made._replace(**{drop: np.zeros_like(getattr(made, drop))}) if drop else made


def _everywhere(x, h_0, target, w):
    """The gradient of the last step's loss, let in at every step."""
    p = GRUParams(*w[:12])
    h = forward(x, h_0, p)
    loss, dy = _mse(h[-1] @ w.W_y.T + w.b_y, target)
    grads = backward_over_time(np.broadcast_to(dy @ w.W_y, h.shape).copy(), x, h_0, p)[2]
    return loss, Weights(*grads, dy.T @ h[-1], dy.sum(0))


def _bias_averaged(x, h_0, target, w):
    loss, g = _gradients(x, h_0, target, w)
    return loss, g._replace(b_y=g.b_y / len(target))


def _from_zeros(x, h_0, target, w):
    return _gradients(x, 0 * h_0, target, w)


def _gradient_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for aspect, T, N, D, H, K in (
        ("edge sizes", 1, 1, 1, 1, 1),
        ("values", 2, 1, 1, 1, 1),
        ("values", 2, 2, 1, 2, 1),
        ("values", 3, 2, 2, 2, 2),
        ("values", 4, 3, 2, 3, 2),
        ("edge sizes", 1, 2, 2, 2, 1),
    ):
        cases.append(
            Case(
                aspect,
                {
                    "x": tidy(rng, T, N, D),
                    "h_0": tidy(rng, N, H, low=-0.9, high=0.9),
                    "target": tidy(rng, N, K),
                    "w": _weights(rng, D, H, K),
                },
            )
        )
    return cases


LOSS_AND_GRADIENTS = Exercise(
    name="loss_and_gradients",
    points=4,
    reference=lambda x, h_0, target, w: _gradients(x, h_0, target, w),
    outputs=("loss", "grads"),
    cases=_gradient_cases,
    mistakes=(
        Mistake(
            "gradient_at_every_step",
            _everywhere,
            "You let the gradient in at every step. The loss reads the last state alone: dh is 0 "
            "but for dh[-1].",
        ),
        Mistake(
            "first_state_read",
            lambda x, h_0, target, w: _gradients(x, h_0, target, w, seen="first"),
            "Your network reads the first state. Read the last, h[-1].",
        ),
        Mistake(
            "mean_state_read",
            lambda x, h_0, target, w: _gradients(x, h_0, target, w, seen="mean"),
            "Your network reads the mean of the states. Read the last, h[-1].",
        ),
        Mistake(
            "h_0_ignored",
            _from_zeros,
            "Your sequences start from zeros. Hand h_0 to both passes, forward and back.",
        ),
        Mistake(
            "readout_not_trained",
            lambda x, h_0, target, w: _gradients(x, h_0, target, w, drop="W_y"),
            "dW_y is 0: the layer that reads the state is trained too. It is dyᵀ h[-1].",
        ),
        Mistake(
            "output_bias_not_trained",
            lambda x, h_0, target, w: _gradients(x, h_0, target, w, drop="b_y"),
            "db_y is 0: it is the sum of dy over the sequences.",
        ),
        Mistake(
            "dW_y_transposed",
            lambda x, h_0, target, w: _gradients(x, h_0, target, w, transposed=True),
            "dW_y is transposed. It has the shape of W_y, (K, H): dy.T @ h[-1].",
        ),
        Mistake(
            "bias_averaged",
            _bias_averaged,
            "db_y is a mean over the sequences. The mean is in dy already: add.",
        ),
        Mistake(
            "gradient_of_the_sum",
            lambda x, h_0, target, w: (
                lambda loss, g: (loss, Weights(*(target.size * a for a in g)))
            )(*_gradients(x, h_0, target, w)),
            "All gradients are target.size times too large: your dy belongs to the sum of the "
            "squares, not to their mean. Use both results of mean_squared_error.",
        ),
    ),
    hints=(
        "Forward: h = gru_forward(x, h_0, w), y = h[-1] @ w.W_y.T + w.b_y, and the loss.",
        "Back: dh is an array of zeros like h, with dh[-1] = dy @ w.W_y. gru_backward gives the "
        "twelve gradients of the cell; dy.T @ h[-1] and dy.sum(0) are those of W_y and b_y.",
    ),
)

# --- adam_step -------------------------------------------------------------------------------


def _adam(
    w, g, m, v, t, lr, *, correct="mv", square=True, root=True, eps=1e-8, inside=False,
    sign=-1.0, betas=(0.9, 0.999), returned="plain", step=0,
):  # fmt: skip
    b1, b2 = betas
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * (g**2 if square else np.abs(g))
    k = t + step
    with np.errstate(all="ignore"):
        m_hat = m / (1 - b1**k) if "m" in correct else m
        v_hat = v / (1 - b2**k) if "v" in correct else v
        size = np.sqrt(v_hat + eps) if inside else (np.sqrt(v_hat) if root else v_hat) + eps
        w = w + sign * lr * m_hat / size
    return (w, m_hat, v_hat) if returned == "corrected" else (w, m, v)


def _adam_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for aspect, shape, t, start in (
        ("edge sizes", (1,), 1, True),
        ("values", (2,), 1, True),
        ("values", (2,), 2, False),
        ("values", (2, 2), 5, False),
        ("values", (3, 2), 40, False),
        ("stability", (2,), 3, False),
    ):
        g = tidy(rng, *shape)
        m, v = (0 * g, 0 * g) if start else (tidy(rng, *shape), np.abs(tidy(rng, *shape)))
        large = 1000.0 if aspect == "stability" else 1.0
        inputs = {"w": tidy(rng, *shape), "g": large * g, "m": m, "v": v}
        cases.append(Case(aspect, inputs | {"t": np.array(t), "lr": np.array(0.1)}))
    return cases


def _adam_in_place(w, g, m, v, t, lr):
    m *= 0.9
    m += 0.1 * g
    v *= 0.999
    v += 0.001 * g**2
    w -= lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w, m, v


ADAM_STEP = Exercise(
    name="adam_step",
    points=3,
    reference=lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr),
    outputs=("w", "m", "v"),
    cases=_adam_cases,
    mistakes=(
        Mistake(
            "no_bias_correction",
            lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr, correct=""),
            "m and v start at 0 and are too small at first. Divide by 1 - β1ᵗ and 1 - β2ᵗ before "
            "you use them.",
        ),
        Mistake(
            "only_m_corrected",
            lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr, correct="m"),
            "m is corrected, v is not: divide v by 1 - β2ᵗ too.",
        ),
        Mistake(
            "only_v_corrected",
            lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr, correct="v"),
            "v is corrected, m is not: divide m by 1 - β1ᵗ too.",
        ),
        Mistake(
            "corrected_moments_returned",
            lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr, returned="corrected"),
            "You return the corrected m and v. The next step needs the plain ones; corrected twice "
            "they grow.",
        ),
        Mistake(
            "root_forgotten",
            lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr, root=False),
            "You divide by v. It holds squares: divide by √v.",
        ),
        Mistake(
            "gradient_not_squared",
            lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr, square=False),
            "v is the mean of the *squares* of the gradient.",
        ),
        Mistake(
            "betas_swapped",
            lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr, betas=(0.999, 0.9)),
            "β1 and β2 are swapped: m forgets with 0.9, v with 0.999.",
        ),
        Mistake(
            "weights_of_the_average_swapped",
            lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr, betas=(0.1, 0.001)),
            "β and 1 - β are swapped: nine tenths of m are old, one tenth is new.",
        ),
        Mistake(
            "uphill",
            lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr, sign=1.0),
            "You step along the gradient, where the loss grows. Subtract.",
        ),
        Mistake(
            "t_counted_from_zero",
            lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr, step=-1),
            "t is 1 at the first step; you correct with t - 1, which divides by 0 there.",
        ),
        Mistake(
            "t_one_too_large",
            lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr, step=1),
            "t is 1 at the first step; you correct with t + 1.",
        ),
        Mistake(
            "changed_in_place",
            _adam_in_place,
            "The numbers are right, but w, m and v are changed in place. The caller still holds "
            "them: compute new arrays.",
        ),
    ),
    hints=(
        "m = β1 m + (1 - β1) g and v = β2 v + (1 - β2) g², element by element.",
        "m̂ = m / (1 - β1ᵗ), v̂ = v / (1 - β2ᵗ); w - lr m̂ / (√v̂ + ε). Return w, m, v, not m̂, v̂.",
    ),
)

# --- train_on --------------------------------------------------------------------------------


def _norm(grads):
    return np.sqrt(sum((g**2).sum() for g in grads))


def _clip(grads, max_norm):
    return [g * min(1.0, max_norm / _norm(grads)) for g in grads]


def _train(xs, targets, w, lr, max_norm, *, clip="all", reset=True, carry=False, at="now", sign=-1):
    """Return the weights after one step a batch; the keywords make the mistakes."""
    first, held = w, None
    N, H = xs.shape[2], w.W_hr.shape[0]
    h_0 = np.zeros((N, H))
    for x, target in zip(xs, targets, strict=True):
        _, grads = _gradients(x, h_0, target, first if at == "first gradients" else w)
        if carry:
            h_0 = forward(x, h_0, GRUParams(*w[:12]))[-1]
        if not reset and held is not None:
            grads = [a + b for a, b in zip(held, grads, strict=True)]
        held = grads
        if clip == "all":
            grads = _clip(grads, max_norm)
        elif clip == "elements":
            grads = [np.clip(g, -max_norm, max_norm) for g in grads]
        elif clip == "each":
            grads = [g * min(1.0, max_norm / np.linalg.norm(g)) for g in grads]
        base = first if at == "first weights" else w
        w = Weights(*(a + sign * lr * g for a, g in zip(base, grads, strict=True)))
        if clip == "after":
            w = Weights(*_clip(w, max_norm))
    return w


def _train_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for aspect, B, T, N, D, H, K, limit in (
        ("edge sizes", 1, 1, 1, 1, 1, 1, 1.0),
        ("values", 1, 2, 1, 1, 2, 1, 0.5),
        ("values", 2, 2, 2, 1, 2, 1, 100.0),  # the limit is not reached
        ("values", 3, 2, 2, 2, 2, 1, 1.0),
        ("values", 3, 3, 2, 2, 3, 2, 2.0),
    ):
        cases.append(
            Case(
                aspect,
                {
                    "xs": tidy(rng, B, T, N, D),
                    "targets": tidy(rng, B, N, K),
                    "w": _weights(rng, D, H, K),
                    "lr": np.array(0.1),
                    "max_norm": np.array(limit),
                },
            )
        )
    return cases


TRAIN_ON = Exercise(
    name="train_on",
    points=4,
    reference=lambda xs, targets, w, lr, max_norm: _train(xs, targets, w, lr, max_norm),
    cases=_train_cases,
    rtol=1e-5,  # PyTorch's clipping adds 1e-6 to the norm
    atol=1e-6,
    mistakes=(
        Mistake(
            "not_clipped",
            lambda *a: _train(*a, clip="none"),
            "The gradient is not clipped. Scale it before the step: clip_by_norm(grads, max_norm).",
        ),
        Mistake(
            "clipped_after_the_step",
            lambda *a: _train(*a, clip="after"),
            "You clip after the step, which shrinks the weights. What is clipped is the gradient, "
            "before the step.",
        ),
        Mistake(
            "clipped_element_by_element",
            lambda *a: _train(*a, clip="elements"),
            "You clip each number by itself, which turns the step in another direction. All "
            "gradients are scaled by one factor.",
        ),
        Mistake(
            "each_array_by_its_own_norm",
            lambda *a: _train(*a, clip="each"),
            "Each array is scaled by its own norm. There is one norm of all fourteen together.",
        ),
        Mistake(
            "gradients_not_reset",
            lambda *a: _train(*a, reset=False),
            "The gradients of earlier batches are still in the sum. Each step uses those of its "
            "own batch.",
        ),
        Mistake(
            "state_carried_over",
            lambda *a: _train(*a, carry=True),
            "The last state of a batch becomes the first of the next. These sequences have nothing "
            "to do with each other: start every batch from zeros.",
        ),
        Mistake(
            "gradients_at_the_first_weights",
            lambda *a: _train(*a, at="first gradients"),
            "Every batch's gradient is taken at the weights that came in. Use those that the last "
            "step left.",
        ),
        Mistake(
            "every_step_from_the_first_weights",
            lambda *a: _train(*a, at="first weights"),
            "Each step starts again from the weights that came in, so that only the last batch "
            "counts. Go on from where the last step ended.",
        ),
        Mistake(
            "uphill",
            lambda *a: _train(*a, sign=1),
            "You step along the gradient, where the loss grows. Subtract.",
        ),
    ),
    hints=(
        "For each batch: loss_and_gradients from a zero state, clip_by_norm, one step.",
        "`w = Weights(*(a - lr * g for a, g in zip(w, grads)))`; the zero state has shape "
        "(xs.shape[2], w.W_hr.shape[0]).",
    ),
)

CHAPTER = Chapter(
    "08_training",
    "8 · Training",
    60,
    (ADDING_TARGETS, MEAN_SQUARED_ERROR, LOSS_AND_GRADIENTS, ADAM_STEP, TRAIN_ON),
)
