"""Chapter 8, from gradients to new weights: a step of Adam, and a loop of clipped plain steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import tidy
from autograder.course.chapters.ch05_sequences import forward
from autograder.course.chapters.ch08_network import Weights, loss_and_gradients, tidy_weights
from gru_ref.cell import GRUParams

# --- adam_step -------------------------------------------------------------------------------

EPS = 1e-8


def _divide(v_hat, v, c):
    return np.sqrt(v_hat) + EPS


def _adam(
    w, g, m, v, t, lr, *,
    mean: tuple[float, float] = (0.9, 0.1),  # of m: what is kept, what is new
    mean_of_squares: tuple[float, float] = (0.999, 0.001),
    averaged: Callable = lambda g, m: g**2,
    powers: Callable = lambda t: (0.9**t, 0.999**t),
    divisor: Callable = _divide,  # of v̂, v and 1 - β2ᵗ
    of: Any = None,  # the moments that the step uses; None: the new ones
    sign: float = -1.0,
):  # fmt: skip
    """Return w, m and v; the keywords make the mistakes."""
    old = m, v
    m = mean[0] * m + mean[1] * g
    v = mean_of_squares[0] * v + mean_of_squares[1] * averaged(g, m)
    used_m, used_v = (m, v) if of is None else old
    p1, p2 = powers(t)
    with np.errstate(all="ignore"):
        m_hat, v_hat = used_m / (1 - p1), used_v / (1 - p2)
        w = w + sign * lr * m_hat / divisor(v_hat, used_v, 1 - p2)
    return w, m, v


def _made(**keywords):
    return lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr, **keywords)


def _corrected(w, g, m, v, t, lr):
    w, m, v = _adam(w, g, m, v, t, lr)
    return w, m / (1 - 0.9**t), v / (1 - 0.999**t)


def _w_last(w, g, m, v, t, lr):
    w, m, v = _adam(w, g, m, v, t, lr)
    return m, v, w


def _adam_in_place(w, g, m, v, t, lr):
    m *= 0.9
    m += 0.1 * g
    v *= 0.999
    v += 0.001 * g**2
    w -= lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + EPS)
    return w, m, v


def _adam_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for aspect, shape, t, special in (
        ("edge sizes", (1,), 1, "start"),
        ("values", (2,), 1, "start"),
        ("values", (2,), 2, ""),
        ("values", (2, 3), 5, ""),
        ("values", (3, 2), 40, ""),
        ("stability", (2,), 3, "large"),
        ("stability", (2,), 1, "no gradient"),
        ("stability", (2,), 1, "tiny"),
        ("values", (2, 2), 7, ""),
    ):
        w, g = tidy(rng, *shape), tidy(rng, *shape)
        g *= {"large": 1000.0, "no gradient": 0.0, "tiny": 1e-8}.get(special, 1.0)
        m, v = tidy(rng, *shape), np.abs(tidy(rng, *shape))
        if t == 1:
            m, v = 0 * g, 0 * g
        inputs = {"w": w, "g": g, "m": m, "v": v, "t": np.array(t), "lr": np.array(0.1)}
        cases.append(Case(aspect, inputs))
    return cases


ADAM_STEP = Exercise(
    name="adam_step",
    points=3,
    reference=lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr),
    outputs=("w", "m", "v"),
    cases=_adam_cases,
    mistakes=(
        Mistake(
            "no_bias_correction",
            _made(powers=lambda t: (0, 0)),
            "m and v start at 0 and are too small at first. Divide by 1 - β1ᵗ and 1 - β2ᵗ before "
            "you use them.",
        ),
        Mistake(
            "only_m_corrected",
            _made(powers=lambda t: (0.9**t, 0)),
            "m is corrected, v is not: divide v by 1 - β2ᵗ too.",
        ),
        Mistake(
            "only_v_corrected",
            _made(powers=lambda t: (0, 0.999**t)),
            "v is corrected, m is not: divide m by 1 - β1ᵗ too.",
        ),
        Mistake(
            "power_t_forgotten",
            _made(powers=lambda t: (0.9, 0.999)),
            "You divide by 1 - β1 and 1 - β2 at every step. That is right at the first alone: the "
            "divisors are 1 - β1ᵗ and 1 - β2ᵗ.",
        ),
        Mistake(
            "t_counted_from_zero",
            _made(powers=lambda t: (0.9 ** (t - 1), 0.999 ** (t - 1))),
            "t is 1 at the first step; you correct with t - 1, which divides by 0 there.",
        ),
        Mistake(
            "t_one_too_large",
            _made(powers=lambda t: (0.9 ** (t + 1), 0.999 ** (t + 1))),
            "t is 1 at the first step; you correct with t + 1.",
        ),
        Mistake(
            "corrected_moments_returned",
            _corrected,
            "You return the corrected m and v. The next step needs the plain ones; corrected twice "
            "they grow.",
        ),
        Mistake(
            "old_moments_used",
            _made(of="old"),
            "The step uses the m and v that came in. Update them first; the new ones move w.",
        ),
        Mistake(
            "eps_forgotten",
            _made(divisor=lambda v_hat, v, c: np.sqrt(v_hat)),
            "ε is not in the divisor: it is missing, or a bracket ends before it. A weight whose "
            "gradient has always been 0 has √v̂ = 0, and you divide 0 by 0: "
            "lr * m_hat / (np.sqrt(v_hat) + 1e-8).",
        ),
        Mistake(
            "eps_inside_the_root",
            _made(divisor=lambda v_hat, v, c: np.sqrt(v_hat + EPS)),
            "ε stands under the root. It is added to the root: np.sqrt(v_hat) + 1e-8.",
        ),
        Mistake(
            "eps_before_the_correction",
            _made(divisor=lambda v_hat, v, c: (np.sqrt(v) + EPS) / np.sqrt(c)),
            "You add ε to √v and correct afterwards, which makes ε larger at first. Correct v, "
            "then add ε to √v̂.",
        ),
        Mistake(
            "root_forgotten",
            _made(divisor=lambda v_hat, v, c: v_hat + EPS),
            "You divide by v. It holds squares: divide by √v.",
        ),
        Mistake(
            "root_before_the_correction",
            _made(divisor=lambda v_hat, v, c: np.sqrt(v) / c + EPS),
            "You take the root of v and then divide by 1 - β2ᵗ. Correct v first: √(v / (1 - β2ᵗ)).",
        ),
        Mistake(
            "gradient_not_squared",
            _made(averaged=lambda g, m: g),
            "v is the mean of the *squares* of the gradient; g enters it unsquared.",
        ),
        Mistake(
            "absolute_value_for_square",
            _made(averaged=lambda g, m: np.abs(g)),
            "v is the mean of the *squares* of the gradient; |g| enters it.",
        ),
        Mistake(
            "m_squared",
            _made(averaged=lambda g, m: m**2),
            "You average m². What v averages is g², the square of the new gradient.",
        ),
        Mistake(
            "betas_swapped",
            _made(
                mean=(0.999, 0.001),
                mean_of_squares=(0.9, 0.1),
                powers=lambda t: (0.999**t, 0.9**t),
            ),
            "β1 and β2 are swapped: m forgets with 0.9, v with 0.999.",
        ),
        Mistake(
            "weights_of_the_averages_swapped",
            _made(mean=(0.1, 0.9), mean_of_squares=(0.001, 0.999)),
            "β and 1 - β are swapped: nine tenths of m are old, one tenth is new, and 999 "
            "thousandths of v are old.",
        ),
        Mistake(
            "weights_of_m_swapped",
            _made(mean=(0.1, 0.9)),
            "In m, β1 and 1 - β1 are swapped: nine tenths are old, one tenth is new.",
        ),
        Mistake(
            "factors_of_the_new_forgotten",
            _made(mean=(0.9, 1.0), mean_of_squares=(0.999, 1.0)),
            "m and v add up where they average: the new terms lack their factors 1 - β1 and "
            "1 - β2.",
        ),
        Mistake(
            "factor_of_the_new_gradient_forgotten",
            _made(mean=(0.9, 1.0)),
            "m adds g where it takes a tenth of it: the factor 1 - β1 is missing.",
        ),
        Mistake(
            "uphill",
            _made(sign=1.0),
            "You step along the gradient, where the loss grows. Subtract.",
        ),
        Mistake(
            "lr_forgotten",
            lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, 1.0),
            "lr does not enter: your step has the length for lr = 1.",
        ),
        Mistake("w_last", _w_last, "You return m, v, w. The order is w, m, v."),
        Mistake(
            "changed_in_place",
            _adam_in_place,
            "The numbers are right, but w, m and v are changed in place. The caller still holds "
            "them: compute new arrays.",
        ),
    ),
    hints=(
        "First the two means, element by element: m = β1 m + (1 - β1) g and v = β2 v + (1 - β2) "
        "g². These two are returned.",
        "The step uses corrected copies: m̂ = m / (1 - β1ᵗ) and v̂ = v / (1 - β2ᵗ), in Python "
        "`0.9**t`.",
        "w minus lr m̂ / (√v̂ + ε), with ε outside the root and inside the brackets of the divisor. "
        "Return w, m, v, not m̂, v̂.",
    ),
)

# --- train_on --------------------------------------------------------------------------------


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
