"""Chapter 6, the derivative by finite differences, with which a gradient is checked."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import STEEP, tidy
from autograder.course.example_functions import Example


def _central(f, x, v, eps):
    return np.asarray((f(x + eps * v) - f(x - eps * v)) / (2 * eps))


def _direction_cases(rng: np.random.Generator) -> list[Case]:
    shapes = [("edge sizes", (1,)), ("values", (2,)), ("values", (3,)), ("values", (2, 2))]
    shapes += [("edge sizes", (1, 1)), ("values", (4,))]
    shapes += [("stability", (3,)), ("values", (2, 3))]
    names = list(Example.FUNCTIONS)
    return [
        Case(
            aspect,
            {
                "f": Example(names[i % len(names)]),
                "x": tidy(rng, *shape) + (20 if aspect == "stability" else 0),
                "v": tidy(rng, *shape, low=-1, high=1) * (STEEP if aspect == "stability" else 1),
                "eps": np.array(0.1 if i % 2 == 0 else 0.01),
            },
        )
        for i, (aspect, shape) in enumerate(shapes)
    ]


def _in_place(f, x, v, eps):
    x += eps * v
    above = f(x)
    x -= 2 * eps * v
    return (above - f(x)) / (2 * eps)


DIRECTIONAL_DERIVATIVE = Exercise(
    name="directional_derivative",
    points=2,
    reference=_central,
    cases=_direction_cases,
    mistakes=(
        Mistake(
            "one_sided",
            lambda f, x, v, eps: (f(x + eps * v) - f(x)) / eps,
            "This is the one-sided quotient; its error is of the order of eps. Step to both sides: "
            "(f(x + eps v) - f(x - eps v)) / (2 eps), with an error of the order of eps².",
        ),
        Mistake(
            "factor_of_two",
            lambda f, x, v, eps: (f(x + eps * v) - f(x - eps * v)) / eps,
            "Twice what is due: the two points lie 2 eps apart, not eps.",
        ),
        Mistake(
            "brackets_forgotten",
            lambda f, x, v, eps: (f(x + eps * v) - f(x - eps * v)) / 2 * eps,
            "Brackets are missing: `/ 2 * eps` divides by 2 and multiplies by eps. Write "
            "`/ (2 * eps)`.",
        ),
        Mistake(
            "not_divided",
            lambda f, x, v, eps: f(x + eps * v) - f(x - eps * v),
            "This is a difference, not a derivative: divide it by 2 eps.",
        ),
        Mistake(
            "direction_normalised",
            lambda f, x, v, eps: _central(f, x, v / np.linalg.norm(v), eps),
            "You scale v to length 1. The derivative along v is v · grad f for v as it is.",
        ),
        Mistake(
            "wrong_sign",
            lambda f, x, v, eps: -_central(f, x, v, eps),
            "The sign is wrong: the value at x + eps v comes first.",
        ),
        Mistake(
            "x_changed_in_place",
            _in_place,
            "The numbers are nearly right, but x is changed in place (`+=`) and does not come back "
            "as it was. Compute x + eps * v as a new array.",
        ),
    ),
    hints=(
        "Two evaluations of f, at x + eps v and at x - eps v.",
        "Divide their difference by the distance between the two points in units of v.",
        "`(f(x + eps * v) - f(x - eps * v)) / (2 * eps)`.",
    ),
)
