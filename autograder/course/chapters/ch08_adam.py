"""Chapter 8, from gradients to new weights: one step of Adam."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import tidy

EPS = 1e-8


def _m(g, m):
    return 0.9 * m + 0.1 * g


def _v(g, v):
    return 0.999 * v + 0.001 * g**2


def _hats(m, v, t):
    return m / (1 - 0.9**t), v / (1 - 0.999**t)


def _moved(w, m_hat, v_hat, lr):
    return w - lr * m_hat / (np.sqrt(v_hat) + EPS)


@np.errstate(all="ignore")
def _from_moments(w, m, v, t, lr):
    """Return w after a step with these moments, and the moments; wrong ones may have no root."""
    return _moved(w, *_hats(m, v, t), lr), m, v


def adam(w, g, m, v, t, lr):
    """Return w, m and v after one step of Adam."""
    return _from_moments(w, _m(g, m), _v(g, v), t, lr)


# Mistakes in the correction.


def _no_bias_correction(w, g, m, v, t, lr):
    m, v = _m(g, m), _v(g, v)
    return _moved(w, m, v, lr), m, v


def _only_m_corrected(w, g, m, v, t, lr):
    m, v = _m(g, m), _v(g, v)
    return _moved(w, m / (1 - 0.9**t), v, lr), m, v


def _only_v_corrected(w, g, m, v, t, lr):
    m, v = _m(g, m), _v(g, v)
    return _moved(w, m, v / (1 - 0.999**t), lr), m, v


def _power_t_forgotten(w, g, m, v, t, lr):
    m, v = _m(g, m), _v(g, v)
    return _moved(w, m / (1 - 0.9), v / (1 - 0.999), lr), m, v


def _t_counted_from_zero(w, g, m, v, t, lr):
    return _from_moments(w, _m(g, m), _v(g, v), t - 1, lr)


def _t_one_too_large(w, g, m, v, t, lr):
    return _from_moments(w, _m(g, m), _v(g, v), t + 1, lr)


def _corrected_moments_returned(w, g, m, v, t, lr):
    m_hat, v_hat = _hats(_m(g, m), _v(g, v), t)
    return _moved(w, m_hat, v_hat, lr), m_hat, v_hat


def _old_moments_used(w, g, m, v, t, lr):
    return _moved(w, *_hats(m, v, t), lr), _m(g, m), _v(g, v)


# Mistakes in the divisor.


@np.errstate(all="ignore")
def _eps_forgotten(w, g, m, v, t, lr):
    m, v = _m(g, m), _v(g, v)
    m_hat, v_hat = _hats(m, v, t)
    return w - lr * m_hat / np.sqrt(v_hat), m, v


def _eps_inside_the_root(w, g, m, v, t, lr):
    m, v = _m(g, m), _v(g, v)
    m_hat, v_hat = _hats(m, v, t)
    return w - lr * m_hat / np.sqrt(v_hat + EPS), m, v


def _eps_before_the_correction(w, g, m, v, t, lr):
    m, v = _m(g, m), _v(g, v)
    divisor = (np.sqrt(v) + EPS) / np.sqrt(1 - 0.999**t)
    return w - lr * m / (1 - 0.9**t) / divisor, m, v


def _root_forgotten(w, g, m, v, t, lr):
    m, v = _m(g, m), _v(g, v)
    m_hat, v_hat = _hats(m, v, t)
    return w - lr * m_hat / (v_hat + EPS), m, v


def _root_before_the_correction(w, g, m, v, t, lr):
    m, v = _m(g, m), _v(g, v)
    divisor = np.sqrt(v) / (1 - 0.999**t) + EPS
    return w - lr * m / (1 - 0.9**t) / divisor, m, v


# Mistakes in the moments; the step that uses them is right.


def _gradient_not_squared(w, g, m, v, t, lr):
    return _from_moments(w, _m(g, m), 0.999 * v + 0.001 * g, t, lr)


def _absolute_value_for_square(w, g, m, v, t, lr):
    return _from_moments(w, _m(g, m), 0.999 * v + 0.001 * np.abs(g), t, lr)


def _m_squared(w, g, m, v, t, lr):
    m = _m(g, m)
    return _from_moments(w, m, 0.999 * v + 0.001 * m**2, t, lr)


def _betas_swapped(w, g, m, v, t, lr):
    m, v = 0.999 * m + 0.001 * g, 0.9 * v + 0.1 * g**2
    return _moved(w, m / (1 - 0.999**t), v / (1 - 0.9**t), lr), m, v


def _weights_of_the_averages_swapped(w, g, m, v, t, lr):
    return _from_moments(w, 0.1 * m + 0.9 * g, 0.001 * v + 0.999 * g**2, t, lr)


def _weights_of_m_swapped(w, g, m, v, t, lr):
    return _from_moments(w, 0.1 * m + 0.9 * g, _v(g, v), t, lr)


def _factors_of_the_new_forgotten(w, g, m, v, t, lr):
    return _from_moments(w, 0.9 * m + g, 0.999 * v + g**2, t, lr)


def _factor_of_the_new_gradient_forgotten(w, g, m, v, t, lr):
    return _from_moments(w, 0.9 * m + g, _v(g, v), t, lr)


# Mistakes in the rest.


def _w_last(w, g, m, v, t, lr):
    w, m, v = adam(w, g, m, v, t, lr)
    return m, v, w


def _changed_in_place(w, g, m, v, t, lr):
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
    reference=adam,
    outputs=("w", "m", "v"),
    cases=_adam_cases,
    mistakes=(
        Mistake(
            "no_bias_correction",
            _no_bias_correction,
            "m and v start at 0 and are too small at first. Divide by 1 - β1ᵗ and 1 - β2ᵗ before "
            "you use them.",
        ),
        Mistake(
            "only_m_corrected",
            _only_m_corrected,
            "m is corrected, v is not: divide v by 1 - β2ᵗ too.",
        ),
        Mistake(
            "only_v_corrected",
            _only_v_corrected,
            "v is corrected, m is not: divide m by 1 - β1ᵗ too.",
        ),
        Mistake(
            "power_t_forgotten",
            _power_t_forgotten,
            "You divide by 1 - β1 and 1 - β2 at every step. That is right at the first alone: the "
            "divisors are 1 - β1ᵗ and 1 - β2ᵗ.",
        ),
        Mistake(
            "t_counted_from_zero",
            _t_counted_from_zero,
            "t is 1 at the first step; you correct with t - 1, which divides by 0 there.",
        ),
        Mistake(
            "t_one_too_large",
            _t_one_too_large,
            "t is 1 at the first step; you correct with t + 1.",
        ),
        Mistake(
            "corrected_moments_returned",
            _corrected_moments_returned,
            "You return the corrected m and v. The next step needs the plain ones; corrected twice "
            "they grow.",
        ),
        Mistake(
            "old_moments_used",
            _old_moments_used,
            "The step uses the m and v that came in. Update them first; the new ones move w.",
        ),
        Mistake(
            "eps_forgotten",
            _eps_forgotten,
            "ε is not in the divisor: it is missing, or a bracket ends before it. A weight whose "
            "gradient has always been 0 has √v̂ = 0, and you divide 0 by 0: "
            "lr * m_hat / (np.sqrt(v_hat) + 1e-8).",
        ),
        Mistake(
            "eps_inside_the_root",
            _eps_inside_the_root,
            "ε stands under the root. It is added to the root: np.sqrt(v_hat) + 1e-8.",
        ),
        Mistake(
            "eps_before_the_correction",
            _eps_before_the_correction,
            "You add ε to √v and correct afterwards, which makes ε larger at first. Correct v, "
            "then add ε to √v̂.",
        ),
        Mistake(
            "root_forgotten",
            _root_forgotten,
            "You divide by v. It holds squares: divide by √v.",
        ),
        Mistake(
            "root_before_the_correction",
            _root_before_the_correction,
            "You take the root of v and then divide by 1 - β2ᵗ. Correct v first: √(v / (1 - β2ᵗ)).",
        ),
        Mistake(
            "gradient_not_squared",
            _gradient_not_squared,
            "v is the mean of the *squares* of the gradient; g enters it unsquared.",
        ),
        Mistake(
            "absolute_value_for_square",
            _absolute_value_for_square,
            "v is the mean of the *squares* of the gradient; |g| enters it.",
        ),
        Mistake(
            "m_squared",
            _m_squared,
            "You average m². What v averages is g², the square of the new gradient.",
        ),
        Mistake(
            "betas_swapped",
            _betas_swapped,
            "β1 and β2 are swapped: m forgets with 0.9, v with 0.999.",
        ),
        Mistake(
            "weights_of_the_averages_swapped",
            _weights_of_the_averages_swapped,
            "β and 1 - β are swapped: nine tenths of m are old, one tenth is new, and 999 "
            "thousandths of v are old.",
        ),
        Mistake(
            "weights_of_m_swapped",
            _weights_of_m_swapped,
            "In m, β1 and 1 - β1 are swapped: nine tenths are old, one tenth is new.",
        ),
        Mistake(
            "factors_of_the_new_forgotten",
            _factors_of_the_new_forgotten,
            "m and v add up where they average: the new terms lack their factors 1 - β1 and "
            "1 - β2.",
        ),
        Mistake(
            "factor_of_the_new_gradient_forgotten",
            _factor_of_the_new_gradient_forgotten,
            "m adds g where it takes a tenth of it: the factor 1 - β1 is missing.",
        ),
        Mistake(
            "uphill",
            lambda w, g, m, v, t, lr: adam(w, g, m, v, t, -lr),
            "You step along the gradient, where the loss grows. Subtract.",
        ),
        Mistake(
            "lr_forgotten",
            lambda w, g, m, v, t, lr: adam(w, g, m, v, t, 1.0),
            "lr does not enter: your step has the length for lr = 1.",
        ),
        Mistake("w_last", _w_last, "You return m, v, w. The order is w, m, v."),
        Mistake(
            "changed_in_place",
            _changed_in_place,
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
