"""Chapter 9, what a model of music scores."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import tidy


def _nll(logits, notes):
    a = np.where(notes == 1, logits, -logits)
    return np.logaddexp(0, -a).sum(-1).mean()


def _sigma(a):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-a))


def _overflow(logits, notes):
    with np.errstate(all="ignore"):
        p = _sigma(logits)
        return -(notes * np.log(p) + (1 - notes) * np.log(1 - p)).sum(-1).mean()


def _log_of_zero(logits, notes):
    with np.errstate(all="ignore"):
        p = _sigma(logits)
        return -np.log(np.where(notes == 1, p, 1 - p)).sum(-1).mean()


def _probabilities_clipped(logits, notes):
    p = np.clip(_sigma(logits), 1e-12, 1 - 1e-12)
    return -np.log(np.where(notes == 1, p, 1 - p)).sum(-1).mean()


def _softmax_for_sigmoid(logits, notes):
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
            _overflow,
            "Right, but not for large logits: the log of a probability that has been rounded to 0 "
            "is -inf. log(1 + eᵃ) is np.logaddexp(0, a), which never overflows.",
        ),
        Mistake(
            "log_of_zero",
            _log_of_zero,
            "Right, but not for large logits: exp(1000) is infinite, and a probability rounded to "
            "0 has the log -inf. log(1 + eᵃ) is np.logaddexp(0, a), which never overflows.",
        ),
        Mistake(
            "probabilities_clipped",
            _probabilities_clipped,
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
            _softmax_for_sigmoid,
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
        "One number a note: `np.where(notes == 1, np.logaddexp(0, -logits), "
        "np.logaddexp(0, logits))`. Then `.sum(axis=-1).mean()`.",
    ),
)
