"""Chapter 7, what helps: clipping a gradient by its norm, and biases for a long memory."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.chapters.ch04_cell import tidy_params
from autograder.course.put_back import put_back
from gru_ref.cell import GRUParams, sigmoid

# --- clip_by_norm ----------------------------------------------------------------------------


def _norm_of(grads):
    return np.sqrt(sum((g**2).sum() for g in grads))


def _clip(grads, max_norm):
    return GRUParams(*(g * min(1.0, max_norm / _norm_of(grads)) for g in grads))


def _clip_in_place(grads, max_norm):
    factor = min(1.0, max_norm / _norm_of(grads))
    for g in grads:
        g *= factor
    return grads


def _clip_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for aspect, D, H, max_norm in (
        ("edge sizes", 1, 1, 1.0),
        ("values", 1, 2, 0.5),
        ("values", 2, 2, 100.0),  # below the limit: nothing changes
        ("values", 3, 2, 2.0),
    ):
        grads = tidy_params(rng, D, H)
        cases.append(Case(aspect, {"grads": grads, "max_norm": np.array(max_norm)}))
    huge = GRUParams(*(1000 * g for g in tidy_params(rng, 2, 2)))
    return [*cases, Case("stability", {"grads": huge, "max_norm": np.array(1.0)})]


CLIP_BY_NORM = Exercise(
    name="clip_by_norm",
    points=2,
    reference=_clip,
    cases=_clip_cases,
    rtol=1e-5,  # PyTorch adds 1e-6 to the norm before it divides
    atol=1e-5,
    mistakes=(
        Mistake(
            "clipped_element_by_element",
            lambda grads, max_norm: GRUParams(*(np.clip(g, -max_norm, max_norm) for g in grads)),
            "You clip each number by itself, which changes the direction of the step. Scale all "
            "gradients by one factor, max_norm / norm.",
        ),
        Mistake(
            "each_array_by_its_own_norm",
            lambda grads, max_norm: GRUParams(
                *(g * min(1.0, max_norm / np.linalg.norm(g)) for g in grads)
            ),
            "Each array is scaled by its own norm. There is one norm, of all arrays together, and "
            "one factor.",
        ),
        Mistake(
            "always_scaled",
            lambda grads, max_norm: GRUParams(*(g * max_norm / _norm_of(grads) for g in grads)),
            "You scale small gradients up to max_norm. Where the norm is below the limit nothing "
            "changes: the factor is at most 1.",
        ),
        Mistake(
            "sum_of_the_norms",
            lambda grads, max_norm: GRUParams(
                *(g * min(1.0, max_norm / sum(np.linalg.norm(w) for w in grads)) for g in grads)
            ),
            "You add the norms of the twelve arrays. Of all numbers together the norm is the root "
            "of the sum of all *squares*.",
        ),
        Mistake(
            "max_for_min",
            lambda grads, max_norm: GRUParams(
                *(g * max(1.0, max_norm / _norm_of(grads)) for g in grads)
            ),
            "The factor is at *most* 1: min(1, max_norm / norm). Yours never shrinks anything.",
        ),
        Mistake(
            "root_forgotten",
            lambda grads, max_norm: GRUParams(
                *(g * min(1.0, max_norm / _norm_of(grads) ** 2) for g in grads)
            ),
            "You divide by the squared norm: take the root of the sum of squares.",
        ),
        Mistake(
            "nothing_clipped",
            lambda grads, max_norm: grads,
            "The gradients come back as they were.",
        ),
        Mistake(
            "clipped_in_place",
            _clip_in_place,
            "The numbers are right, but grads is changed in place (`*=`). Return new arrays.",
        ),
    ),
    hints=(
        "One norm for all twelve arrays: the root of the sum of all their squares.",
        "With g all twelve arrays taken as one vector: g becomes g · min(1, max_norm / "
        "‖g‖). The direction stays.",
        "factor = min(1, max_norm / norm), and `GRUParams(*(g * factor for g in grads))`.",
    ),
)

# --- chrono_bias -----------------------------------------------------------------------------


def _chrono_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case("values", {"u": np.array([9.0])}),
        Case("edge sizes", {"u": np.array([1.0])}),
        Case("values", {"u": np.array([0.5])}),
        Case("values", {"u": np.round(rng.uniform(1, 99, 3), 1)}),
        Case("values", {"u": np.round(rng.uniform(1, 999, 5), 1)}),
        Case("stability", {"u": np.array([1e6])}),
    ]


CHRONO_BIAS = Exercise(
    name="chrono_bias",
    points=2,
    reference=lambda u: np.log(u),
    cases=_chrono_cases,
    put_back=put_back(
        "u",
        lambda inputs, b: sigmoid(b) - inputs["u"] / (1 + inputs["u"]),
        "σ(b) - u / (1 + u)",
        "0",
    ),
    mistakes=(
        Mistake(
            "sign",
            lambda u: -np.log(u),
            "The sign is that of the other convention, where z renews. Here z keeps the past: a "
            "long memory needs z near 1, a positive bias.",
        ),
        Mistake(
            "gate_for_bias",
            lambda u: u / (1 + u),
            "This is the gate z = u / (1 + u). Asked for is the bias b with σ(b) = z: "
            "b = log(z / (1 - z)).",
        ),
        Mistake(
            "one_too_many",
            lambda u: np.log1p(u),
            "Yours is log(1 + u). z / (1 - z) with z = u / (1 + u) is u itself.",
        ),
        Mistake(
            "base_10",
            lambda u: np.log10(u),
            "The base of the logarithm is wrong: σ uses e, so use `np.log`.",
        ),
        Mistake(
            "horizon_taken_for_u",
            lambda u: -np.log(np.expm1(1 / u)),
            "Yours sets the horizon -1/ln z to u. Asked for is z = u / (1 + u).",
        ),
        Mistake(
            "half_life_taken_for_u",
            lambda u: -np.log(np.expm1(np.log(2) / u)),
            "Yours sets the half-life to u. Asked for is z = u / (1 + u).",
        ),
    ),
    hints=(
        "b = log(z / (1 - z)) with z = u / (1 + u). What is 1 - z?",
        "1 - z = 1 / (1 + u), so z / (1 - z) = u.",
        "`np.log(u)`: the sign is that of a gate that keeps the past.",
    ),
)
