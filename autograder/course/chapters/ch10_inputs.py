"""Chapter 10, what its exercises over time are given: a sequence, a start, and a guess."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case
from autograder.course.cases import STRONG, tidy
from autograder.course.chapters.ch04_cell import tidy_params
from gru_ref.cell import GRUParams
from gru_ref.sequence import unroll


def states(x: np.ndarray, h_0: np.ndarray, p: GRUParams) -> np.ndarray:
    """Return h_1 to h_T of one sequence, (T, H)."""
    return unroll(x[:, None], p, h_0[None]).h[:, 0]


def before(h: np.ndarray, h_0: np.ndarray) -> np.ndarray:
    """Return h_0 to h_{T-1}."""
    return np.concatenate([h_0[None], h[:-1]])


def start(rng: np.random.Generator, H: int, sign: float) -> np.ndarray:
    """Return an h_0 with components of both signs, the first of which has this one."""
    return sign * np.where(np.arange(H) % 2, -1.0, 1.0) * tidy(rng, H, low=0.3, high=0.9)


# aspect, T, D, H, the sign of h_0's first component, what is special about the case
SIZES = (
    ("edge sizes", 1, 1, 1, 1, ""),
    ("values", 2, 1, 1, 1, ""),
    ("values", 2, 1, 1, -1, ""),
    ("values", 3, 1, 1, 1, ""),
    ("edge sizes", 1, 2, 2, -1, ""),
    ("values", 2, 2, 2, 1, ""),  # T = D = H
    ("values", 3, 2, 3, -1, ""),
    ("values", 3, 3, 3, 1, ""),
    ("values", 5, 2, 3, 1, ""),
    ("edge sizes", 4, 3, 1, -1, ""),
    ("values", 7, 3, 2, -1, ""),
    ("values", 4, 2, 3, 1, "strong"),
)


def _inputs(rng, T, D, H, sign, special):
    x = tidy(rng, T, D, low=-1, high=1)
    return {
        "x": STRONG * x if special == "strong" else x,
        "h_0": start(rng, H, sign),
        "p": tidy_params(rng, D, H),
    }


def sequence_cases(rng: np.random.Generator) -> list[Case]:
    """Return one sequence of each of SIZES, x (T, D), with its h_0 and a cell."""
    return [Case(aspect, _inputs(rng, *rest)) for aspect, *rest in SIZES]


def guess_cases(rng: np.random.Generator) -> list[Case]:
    """Return the same with a guess h (T, H) of the states."""
    cases = []
    for case in sequence_cases(rng):
        H = len(case.inputs["h_0"])
        h = tidy(rng, len(case.inputs["x"]), H, low=-0.9, high=0.9)
        cases.append(Case(case.aspect, {"h": h} | case.inputs))
    return cases
