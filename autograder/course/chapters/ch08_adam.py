"""Chapter 8, from gradients to new weights: one step of Adam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import tidy

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
