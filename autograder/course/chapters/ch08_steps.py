"""Chapter 8, a loop of plain steps, each along the clipped gradient of one batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import tidy
from autograder.course.chapters.ch05_forward import forward
from autograder.course.chapters.ch08_adam import _adam
from autograder.course.chapters.ch08_network import Weights, loss_and_gradients, tidy_weights
from gru_ref.cell import GRUParams


def _norm(grads):
    return np.sqrt(sum((g**2).sum() for g in grads))


def clipped(grads: list[np.ndarray], limit: float) -> list[np.ndarray]:
    """Return grads, scaled by one factor so that their common norm is at most limit."""
    return [g * min(1.0, limit / _norm(grads)) for g in grads]


def _each_by_its_own(grads, limit):
    return [g * min(1.0, limit / np.linalg.norm(g)) for g in grads]


def _plus(a, b, factor=1.0):
    return [x + factor * y for x, y in zip(a, b, strict=True)]


def _train(
    xs, targets, w, lr, max_norm, *,
    clip: Callable = clipped,
    clip_step: bool = False,  # clip lr g instead of g
    summed: str = "",  # gradients of earlier batches stay: "plain", or clipped "before" or "after"
    carry: str = "",  # the state goes on, computed with the "old" or the "new" weights
    gradients_at: str = "now",
    step_from: str = "now",
    batch: Callable = lambda b: b,
    sign: float = -1.0,
):  # fmt: skip
    """Return the weights after one step a batch; the keywords make the mistakes."""
    first = w
    held = [0 * a for a in w]
    h_0 = np.zeros((xs.shape[2], w.W_hr.shape[0]))
    for b in range(len(xs)):
        x, target = xs[batch(b)], targets[batch(b)]
        _, g = loss_and_gradients(x, h_0, target, first if gradients_at == "first" else w)
        if carry == "old":
            h_0 = forward(x, h_0, GRUParams(*w[:12]))[-1]
        if summed == "plain":
            held = _plus(held, g)
            g = clip(held, max_norm)
        elif summed == "before":
            g = held = _plus(held, clip(g, max_norm))
        elif summed == "after":
            g = held = clip(_plus(held, g), max_norm)
        elif clip_step:
            g = [a / lr for a in clip([lr * a for a in g], max_norm)]
        else:
            g = clip(g, max_norm)
        w = Weights(*_plus(first if step_from == "first" else w, g, sign * lr))
        if carry == "new":
            h_0 = forward(x, h_0, GRUParams(*w[:12]))[-1]
    return w


def _clipped_after(xs, targets, w, lr, max_norm):
    for b in range(len(xs)):
        w = _train(xs[b : b + 1], targets[b : b + 1], w, lr, np.inf)
        w = Weights(*clipped(w, max_norm))
    return w


def _one_step(share):
    def wrong(xs, targets, w, lr, max_norm):
        h_0 = np.zeros((xs.shape[2], w.W_hr.shape[0]))
        total = [0 * a for a in w]
        for x, target in zip(xs, targets, strict=True):
            total = _plus(total, loss_and_gradients(x, h_0, target, w)[1])
        total = clipped([a * share(len(xs)) for a in total], max_norm)
        return Weights(*_plus(w, total, -lr))

    return wrong


def _by_adam(xs, targets, w, lr, max_norm):
    h_0 = np.zeros((xs.shape[2], w.W_hr.shape[0]))
    m, v = [0 * a for a in w], [0 * a for a in w]
    for t, (x, target) in enumerate(zip(xs, targets, strict=True), 1):
        g = clipped(loss_and_gradients(x, h_0, target, w)[1], max_norm)
        moved = [_adam(*one, t, lr) for one in zip(w, g, m, v, strict=True)]
        w, m, v = Weights(*(a[0] for a in moved)), [a[1] for a in moved], [a[2] for a in moved]
    return w


def _a_row_a_step(xs, targets, w, lr, max_norm):
    if xs.shape[1] != xs.shape[2]:
        raise ValueError("h_0 does not fit")
    return _train(xs, targets, w, lr, max_norm)


def _trained(**keywords):
    return lambda xs, targets, w, lr, max_norm: _train(xs, targets, w, lr, max_norm, **keywords)


def _train_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            aspect,
            {
                "xs": tidy(rng, B, T, N, D),
                "targets": tidy(rng, B, N, K),
                "w": tidy_weights(rng, D, H, K),
                "lr": np.array(0.1),
                "max_norm": np.array(limit),
            },
        )
        for aspect, B, T, N, D, H, K, limit in (
            ("edge sizes", 1, 1, 1, 1, 1, 1, 1.0),
            ("values", 1, 3, 1, 1, 2, 1, 0.05),  # shorter than lr times the gradient
            ("values", 2, 3, 2, 1, 2, 1, 100.0),  # the limit is not reached
            ("values", 3, 2, 3, 2, 2, 1, 1.0),
            ("values", 2, 2, 2, 2, 2, 2, 0.5),  # B = T = N = H = K
            ("values", 3, 3, 2, 2, 3, 2, 2.0),
        )
    ]


CARRIED = (
    "The last state of a batch becomes the first of the next. These sequences have nothing to do "
    "with each other: start every batch from zeros."
)

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
            _trained(clip=lambda g, limit: g),
            "The gradient is not clipped. Scale it before the step: clip_by_norm(grads, max_norm).",
        ),
        Mistake(
            "clipped_after_the_step",
            _clipped_after,
            "You clip after the step, which shrinks the weights. What is clipped is the gradient, "
            "before the step.",
        ),
        Mistake(
            "step_clipped",
            _trained(clip_step=True),
            "You clip lr g, the step. max_norm is a limit for the gradient: clip g, then multiply "
            "it by lr.",
        ),
        Mistake(
            "always_scaled",
            _trained(clip=lambda g, limit: [a * limit / _norm(g) for a in g]),
            "You scale every gradient to max_norm. One that is shorter stays as it is.",
        ),
        Mistake(
            "clipped_element_by_element",
            _trained(clip=lambda g, limit: [np.clip(a, -limit, limit) for a in g]),
            "You clip each number by itself, which turns the step in another direction. All "
            "gradients are scaled by one factor.",
        ),
        Mistake(
            "each_array_by_its_own_norm",
            _trained(clip=_each_by_its_own),
            "Each array is scaled by its own norm. There is one norm of all fourteen together.",
        ),
        Mistake(
            "gradients_not_reset",
            _trained(summed="plain"),
            "The gradients of earlier batches are still in the sum. Each step uses those of its "
            "own batch.",
        ),
        Mistake(
            "clipped_gradients_summed",
            _trained(summed="before"),
            "Each batch's gradient is clipped and then added to those of earlier batches. Each "
            "step uses the gradient of its own batch alone.",
        ),
        Mistake(
            "sum_clipped_and_kept",
            _trained(summed="after"),
            "The clipped gradient of the last step is still in the sum when the next is added. "
            "Each step uses the gradient of its own batch alone.",
        ),
        Mistake("state_carried_over", _trained(carry="old"), CARRIED),
        Mistake("state_carried_over_after_the_step", _trained(carry="new"), CARRIED),
        Mistake(
            "zero_state_with_a_row_a_step",
            _a_row_a_step,
            "Your zero state does not fit. It needs a row a sequence and a column a unit, (N, H): "
            "N is xs.shape[2], since xs is (B, T, N, D).",
        ),
        Mistake(
            "gradients_at_the_first_weights",
            _trained(gradients_at="first"),
            "Every batch's gradient is taken at the weights that came in. Use those that the last "
            "step left.",
        ),
        Mistake(
            "every_step_from_the_first_weights",
            _trained(step_from="first"),
            "Each step starts again from the weights that came in, though its gradient is taken at "
            "the new ones. Go on from where the last step ended.",
        ),
        Mistake(
            "last_batch_only",
            lambda xs, targets, *rest: _train(xs[-1:], targets[-1:], *rest),
            "Only the last batch counts: its gradient and its step start from the weights that "
            "came in. Give the result of a step the name w, so that the next goes on from there.",
        ),
        Mistake(
            "first_batch_only",
            lambda xs, targets, *rest: _train(xs[:1], targets[:1], *rest),
            "You take one step, with the first batch. Does the `return` stand inside the loop?",
        ),
        Mistake(
            "first_batch_again_and_again",
            _trained(batch=lambda b: 0),
            "Every step uses the first batch, xs[0]. Step b uses xs[b] and targets[b].",
        ),
        Mistake(
            "batches_backwards",
            _trained(batch=lambda b: -1 - b),
            "You take the batches from the last to the first. Begin with xs[0].",
        ),
        Mistake(
            "one_step_with_the_sum",
            _one_step(lambda B: 1),
            "You add the gradients of all batches and take one step. Take a step after each batch: "
            "the next gradient is taken at the new weights.",
        ),
        Mistake(
            "one_step_with_the_mean",
            _one_step(lambda B: 1 / B),
            "You average the gradients of all batches and take one step. Take a step after each "
            "batch: the next gradient is taken at the new weights.",
        ),
        Mistake(
            "adam_for_plain_descent",
            _by_adam,
            "These are steps of Adam. Here the step is plain, w - lr g; Adam comes in the cell "
            "below the exercise.",
        ),
        Mistake(
            "lr_forgotten",
            lambda xs, targets, w, lr, max_norm: _train(xs, targets, w, 1.0, max_norm),
            "lr does not enter: your step is w - g. It is w - lr g.",
        ),
        Mistake(
            "uphill",
            _trained(sign=1.0),
            "You step along the gradient, where the loss grows. Subtract.",
        ),
    ),
    hints=(
        "The zero state has a row a sequence and a column a unit: N is xs.shape[2], H is "
        "w.W_hr.shape[0].",
        "Loop over `zip(xs, targets)`. Inside: the second result of loss_and_gradients, clipped by "
        "clip_by_norm, which returns a list of fourteen arrays.",
        "The step makes fourteen new arrays, `a - lr * g` for each pair in `zip(w, grads)`. Put "
        "them into a Weights, call it w again, and return it after the loop.",
    ),
)
