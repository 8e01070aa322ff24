"""Chapter 5, the loss of a sequence of classes, with its gradient."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import tidy


def _log_softmax(logits):
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def _one_hot(targets, K):
    return np.eye(K)[targets]


def _sums(logits, targets):
    """Return the loss added over steps and sequences, and its gradient."""
    log_q, hot = _log_softmax(logits), _one_hot(targets, logits.shape[-1])
    return -(log_q * hot).sum(), np.exp(log_q) - hot


def _cross_entropy(logits, targets):
    loss, dlogits = _sums(logits, targets)
    return loss / targets.size, dlogits / targets.size


# Rows far above, far below, and between: no maximum serves them all.
_FAR_APART = np.array([[1000.0, 0], [-1000, 1000], [0, -1000], [1000, 1000]])[..., None]


def _logit_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("values", 1, 1, 2), ("edge sizes", 1, 1, 1), ("values", 2, 1, 3)]
    sizes += [("values", 1, 2, 3), ("values", 3, 3, 3), ("values", 2, 3, 4)]
    cases = []
    for aspect, T, N, K in sizes:
        logits = tidy(rng, T, N, K, low=-3, high=3)
        cases.append(Case(aspect, {"logits": logits, "targets": rng.integers(0, K, (T, N))}))
    return cases + [
        Case("stability", {"logits": logits, "targets": np.array(targets)})
        for logits, targets in (
            (np.array([[[1000.0, -1000.0]], [[-1000.0, 1000.0]]]), [[0], [1]]),  # they win
            (np.array([[[1000.0, -1000.0]], [[-1000.0, 1000.0]]]), [[1], [0]]),  # they lose
            (tidy(rng, 1, 1, 3) + 1000, [[1]]),
            (tidy(rng, 1, 1, 3) - 1000, [[2]]),
            (tidy(rng, 4, 2, 2) + _FAR_APART, [[0, 1], [1, 0], [0, 0], [1, 1]]),
        )
    ]


def _averaged_over_time_only(logits, targets):
    loss, dlogits = _sums(logits, targets)
    return loss / len(logits), dlogits / len(logits)


def _averaged_over_sequences_only(logits, targets):
    loss, dlogits = _sums(logits, targets)
    return loss / logits.shape[1], dlogits / logits.shape[1]


def _gradient_not_averaged(logits, targets):
    loss, dlogits = _sums(logits, targets)
    return loss / targets.size, dlogits


def _loss_not_averaged(logits, targets):
    loss, dlogits = _sums(logits, targets)
    return loss, dlogits / targets.size


def _gradient_of_the_wrong_sign(logits, targets):
    loss, dlogits = _cross_entropy(logits, targets)
    return loss, -dlogits


def _target_not_subtracted(logits, targets):
    loss, _ = _cross_entropy(logits, targets)
    return loss, np.exp(_log_softmax(logits)) / targets.size


def _overflow(logits, targets):
    with np.errstate(all="ignore"):
        e = np.exp(logits)
        q = e / e.sum(-1, keepdims=True)
        hot = _one_hot(targets, logits.shape[-1])
        count = targets.size
        return -np.log((q * hot).sum(-1)).sum() / count, (q - hot) / count


def _softmax_over_time(logits, targets):
    q = np.exp(logits - logits.max(0))
    q = q / q.sum(0)
    hot = _one_hot(targets, logits.shape[-1])
    return -(np.log(q) * hot).sum() / targets.size, (q - hot) / targets.size


SOFTMAX_CROSS_ENTROPY = Exercise(
    name="softmax_cross_entropy",
    points=4,
    reference=_cross_entropy,
    outputs=("loss", "dlogits"),
    cases=_logit_cases,
    mistakes=(
        Mistake(
            "summed_not_averaged",
            _sums,
            "Loss and gradient are sums over all steps and sequences. Divide both by T * N.",
        ),
        Mistake(
            "averaged_over_time_only",
            _averaged_over_time_only,
            "You divide by T. The average is over steps and sequences: T * N.",
        ),
        Mistake(
            "averaged_over_sequences_only",
            _averaged_over_sequences_only,
            "You divide by N. The average is over steps and sequences: T * N.",
        ),
        Mistake(
            "gradient_not_averaged",
            _gradient_not_averaged,
            "The loss is averaged and its gradient is not: divide dlogits by T * N too.",
        ),
        Mistake(
            "loss_not_averaged",
            _loss_not_averaged,
            "The gradient is averaged and the loss is not: divide the loss by T * N too.",
        ),
        Mistake(
            "gradient_of_the_wrong_sign",
            _gradient_of_the_wrong_sign,
            "dlogits has the wrong sign: it is the probability minus 1 at the target, not 1 minus.",
        ),
        Mistake(
            "target_not_subtracted",
            _target_not_subtracted,
            "dlogits is the softmax alone. Subtract 1 at the target class of each step.",
        ),
        Mistake(
            "softmax_over_time",
            _softmax_over_time,
            "Your softmax sums over time. It sums over the classes, the last axis.",
        ),
        Mistake(
            "overflow",
            _overflow,
            "exp overflows for large logits. Subtract the largest logit of each step first: the "
            "softmax does not change, and no exponent is positive. Take the log of the softmax by "
            "subtraction, not np.log of a number that may be 0.",
        ),
    ),
    hints=(
        "Look at one step of one sequence: which entry of log softmax counts, and over how "
        "many such entries is the mean?",
        "log softmax = logits - max - log(sum(exp(logits - max))), with max and sum over the last "
        "axis, keepdims=True.",
        "The gradient with respect to the logits is (softmax - one-hot of the target) / (T * N). "
        "`np.eye(K)[targets]` is the one-hot array.",
    ),
)
