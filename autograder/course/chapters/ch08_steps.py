"""Chapter 8, a loop of plain steps, each along the clipped gradient of one batch."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import tidy
from autograder.course.chapters.ch05_forward import forward
from autograder.course.chapters.ch08_adam import adam
from autograder.course.chapters.ch08_network import Weights, loss_and_gradients, tidy_weights
from gru_ref.cell import GRUParams


def _norm(grads):
    return np.sqrt(sum((g**2).sum() for g in grads))


def clipped(grads: list[np.ndarray], limit: float) -> list[np.ndarray]:
    """Return grads, scaled by one factor so that their common norm is at most limit."""
    return [g * min(1.0, limit / _norm(grads)) for g in grads]


def _plus(a, b):
    return [x + y for x, y in zip(a, b, strict=True)]


def _h_0(xs, w):
    return np.zeros((xs.shape[2], w.W_hr.shape[0]))


def _gradient(x, h_0, target, w):
    return loss_and_gradients(x, h_0, target, w)[1]


def _moved(w, g, lr):
    return Weights(*(a - lr * d for a, d in zip(w, g, strict=True)))


def _each_batch(step):
    """Return the answer whose step with a batch is step(w, g, lr, max_norm)."""

    def answer(xs, targets, w, lr, max_norm):
        h_0 = _h_0(xs, w)
        for x, target in zip(xs, targets, strict=True):
            w = step(w, _gradient(x, h_0, target, w), lr, max_norm)
        return w

    return answer


def train(xs, targets, w, lr, max_norm):
    """Return the weights after one clipped step a batch."""
    h_0 = _h_0(xs, w)
    for x, target in zip(xs, targets, strict=True):
        w = _moved(w, clipped(_gradient(x, h_0, target, w), max_norm), lr)
    return w


# Mistakes in one step: w, g, lr and the limit give the new w.


def _not_clipped(w, g, lr, limit):
    return _moved(w, g, lr)


def _clipped_after_the_step(w, g, lr, limit):
    return Weights(*clipped(_moved(w, g, lr), limit))


def _step_clipped(w, g, lr, limit):
    return _moved(w, clipped([lr * a for a in g], limit), 1)


def _always_scaled(w, g, lr, limit):
    return _moved(w, [a * limit / _norm(g) for a in g], lr)


def _clipped_element_by_element(w, g, lr, limit):
    return _moved(w, [np.clip(a, -limit, limit) for a in g], lr)


def _each_array_by_its_own_norm(w, g, lr, limit):
    return _moved(w, [a * min(1.0, limit / np.linalg.norm(a)) for a in g], lr)


def _lr_forgotten(w, g, lr, limit):
    return _moved(w, clipped(g, limit), 1)


def _uphill(w, g, lr, limit):
    return _moved(w, clipped(g, limit), -lr)


# Mistakes between the steps.


def _gradients_not_reset(xs, targets, w, lr, max_norm):
    h_0, total = _h_0(xs, w), [0 * a for a in w]
    for x, target in zip(xs, targets, strict=True):
        total = _plus(total, _gradient(x, h_0, target, w))
        w = _moved(w, clipped(total, max_norm), lr)
    return w


def _clipped_gradients_summed(xs, targets, w, lr, max_norm):
    h_0, total = _h_0(xs, w), [0 * a for a in w]
    for x, target in zip(xs, targets, strict=True):
        total = _plus(total, clipped(_gradient(x, h_0, target, w), max_norm))
        w = _moved(w, total, lr)
    return w


def _sum_clipped_and_kept(xs, targets, w, lr, max_norm):
    h_0, total = _h_0(xs, w), [0 * a for a in w]
    for x, target in zip(xs, targets, strict=True):
        total = clipped(_plus(total, _gradient(x, h_0, target, w)), max_norm)
        w = _moved(w, total, lr)
    return w


def _state_carried_over(xs, targets, w, lr, max_norm):
    h = _h_0(xs, w)
    for x, target in zip(xs, targets, strict=True):
        g, h = _gradient(x, h, target, w), forward(x, h, GRUParams(*w[:12]))[-1]
        w = _moved(w, clipped(g, max_norm), lr)
    return w


def _state_carried_over_after_the_step(xs, targets, w, lr, max_norm):
    h = _h_0(xs, w)
    for x, target in zip(xs, targets, strict=True):
        w = _moved(w, clipped(_gradient(x, h, target, w), max_norm), lr)
        h = forward(x, h, GRUParams(*w[:12]))[-1]
    return w


def _zero_state_with_a_row_a_step(xs, targets, w, lr, max_norm):
    if xs.shape[1] != xs.shape[2]:
        raise ValueError("h_0 does not fit")
    return train(xs, targets, w, lr, max_norm)


def _gradients_at_the_first_weights(xs, targets, w, lr, max_norm):
    h_0, first = _h_0(xs, w), w
    for x, target in zip(xs, targets, strict=True):
        w = _moved(w, clipped(_gradient(x, h_0, target, first), max_norm), lr)
    return w


def _every_step_from_the_first_weights(xs, targets, w, lr, max_norm):
    h_0, first = _h_0(xs, w), w
    for x, target in zip(xs, targets, strict=True):
        w = _moved(first, clipped(_gradient(x, h_0, target, w), max_norm), lr)
    return w


def _first_batch_again_and_again(xs, targets, w, lr, max_norm):
    for _ in xs:
        w = train(xs[:1], targets[:1], w, lr, max_norm)
    return w


def _total(xs, targets, w):
    h_0, total = _h_0(xs, w), [0 * a for a in w]
    for x, target in zip(xs, targets, strict=True):
        total = _plus(total, _gradient(x, h_0, target, w))
    return total


def _one_step_with_the_sum(xs, targets, w, lr, max_norm):
    return _moved(w, clipped(_total(xs, targets, w), max_norm), lr)


def _one_step_with_the_mean(xs, targets, w, lr, max_norm):
    mean = [a / len(xs) for a in _total(xs, targets, w)]
    return _moved(w, clipped(mean, max_norm), lr)


def _adam_for_plain_descent(xs, targets, w, lr, max_norm):
    h_0, m, v = _h_0(xs, w), [0 * a for a in w], [0 * a for a in w]
    for t, (x, target) in enumerate(zip(xs, targets, strict=True), 1):
        g = clipped(_gradient(x, h_0, target, w), max_norm)
        w, m, v = zip(*(adam(*a, t, lr) for a in zip(w, g, m, v, strict=True)), strict=True)
        w = Weights(*w)
    return w


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
    reference=train,
    cases=_train_cases,
    rtol=1e-5,  # PyTorch's clipping adds 1e-6 to the norm
    atol=1e-6,
    mistakes=(
        Mistake(
            "not_clipped",
            _each_batch(_not_clipped),
            "The gradient is not clipped. Scale it before the step: clip_by_norm(grads, max_norm).",
        ),
        Mistake(
            "clipped_after_the_step",
            _each_batch(_clipped_after_the_step),
            "You clip after the step, which shrinks the weights. What is clipped is the gradient, "
            "before the step.",
        ),
        Mistake(
            "step_clipped",
            _each_batch(_step_clipped),
            "You clip lr g, the step. max_norm is a limit for the gradient: clip g, then multiply "
            "it by lr.",
        ),
        Mistake(
            "always_scaled",
            _each_batch(_always_scaled),
            "You scale every gradient to max_norm. One that is shorter stays as it is.",
        ),
        Mistake(
            "clipped_element_by_element",
            _each_batch(_clipped_element_by_element),
            "You clip each number by itself, which turns the step in another direction. All "
            "gradients are scaled by one factor.",
        ),
        Mistake(
            "each_array_by_its_own_norm",
            _each_batch(_each_array_by_its_own_norm),
            "Each array is scaled by its own norm. There is one norm of all fourteen together.",
        ),
        Mistake(
            "gradients_not_reset",
            _gradients_not_reset,
            "The gradients of earlier batches are still in the sum. Each step uses those of its "
            "own batch.",
        ),
        Mistake(
            "clipped_gradients_summed",
            _clipped_gradients_summed,
            "Each batch's gradient is clipped and then added to those of earlier batches. Each "
            "step uses the gradient of its own batch alone.",
        ),
        Mistake(
            "sum_clipped_and_kept",
            _sum_clipped_and_kept,
            "The clipped gradient of the last step is still in the sum when the next is added. "
            "Each step uses the gradient of its own batch alone.",
        ),
        Mistake("state_carried_over", _state_carried_over, CARRIED),
        Mistake("state_carried_over_after_the_step", _state_carried_over_after_the_step, CARRIED),
        Mistake(
            "zero_state_with_a_row_a_step",
            _zero_state_with_a_row_a_step,
            "Your zero state does not fit. It needs a row a sequence and a column a unit, (N, H): "
            "N is xs.shape[2], since xs is (B, T, N, D).",
        ),
        Mistake(
            "gradients_at_the_first_weights",
            _gradients_at_the_first_weights,
            "Every batch's gradient is taken at the weights that came in. Use those that the last "
            "step left.",
        ),
        Mistake(
            "every_step_from_the_first_weights",
            _every_step_from_the_first_weights,
            "Each step starts again from the weights that came in, though its gradient is taken at "
            "the new ones. Go on from where the last step ended.",
        ),
        Mistake(
            "last_batch_only",
            lambda xs, targets, *rest: train(xs[-1:], targets[-1:], *rest),
            "Only the last batch counts: its gradient and its step start from the weights that "
            "came in. Give the result of a step the name w, so that the next goes on from there.",
        ),
        Mistake(
            "first_batch_only",
            lambda xs, targets, *rest: train(xs[:1], targets[:1], *rest),
            "You take one step, with the first batch. Does the `return` stand inside the loop?",
        ),
        Mistake(
            "first_batch_again_and_again",
            _first_batch_again_and_again,
            "Every step uses the first batch, xs[0]. Step b uses xs[b] and targets[b].",
        ),
        Mistake(
            "batches_backwards",
            lambda xs, targets, *rest: train(xs[::-1], targets[::-1], *rest),
            "You take the batches from the last to the first. Begin with xs[0].",
        ),
        Mistake(
            "one_step_with_the_sum",
            _one_step_with_the_sum,
            "You add the gradients of all batches and take one step. Take a step after each batch: "
            "the next gradient is taken at the new weights.",
        ),
        Mistake(
            "one_step_with_the_mean",
            _one_step_with_the_mean,
            "You average the gradients of all batches and take one step. Take a step after each "
            "batch: the next gradient is taken at the new weights.",
        ),
        Mistake(
            "adam_for_plain_descent",
            _adam_for_plain_descent,
            "These are steps of Adam. Here the step is plain, w - lr g; Adam comes in the cell "
            "below the exercise.",
        ),
        Mistake(
            "lr_forgotten",
            _each_batch(_lr_forgotten),
            "lr does not enter: your step is w - g. It is w - lr g.",
        ),
        Mistake(
            "uphill",
            _each_batch(_uphill),
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
