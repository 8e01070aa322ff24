"""What an exercise is: declared once, used by the judge, the tests, the notebooks and the reports.

An exercise has a reference, cases (inputs grouped by the aspect that they test) and mistakes.
A mistake is a wrong implementation together with the sentence that a student who made it needs.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autograder.core.words import PLAIN, Words

# What a score is made of, and the share of each. An exercise that has no case of an aspect
# shares its points among the others. "inputs untouched" is tested by every case.
ASPECTS = {"values": 5, "batch": 2, "edge sizes": 1, "stability": 1, "inputs untouched": 1}


class Case(NamedTuple):
    """One call of the student's function: which aspect it tests, and the arguments by name.

    `probe` is what `observe` gets beside the arguments and the function never sees: the points at
    which an answer is tried out, drawn with the case.
    """

    aspect: str
    inputs: dict[str, Any]
    probe: dict[str, Any] = {}  # noqa: RUF012  # never written to

    def observed(self) -> dict[str, Any]:
        """Return copies of the arguments and of the probe, for `observe`."""
        return copy.deepcopy({**self.inputs, **self.probe})


class Mistake(NamedTuple):
    """A wrong implementation, and the sentence that lets its author repair it."""

    name: str
    wrong: Callable[..., Any]
    says: str


@dataclass(frozen=True)
class Exercise:
    """One graded exercise.

    `reference` returns the right answer; its parameters' names and order are the stub's.
    `cases(rng)` returns the calls to make, smallest first.
    `observe(inputs, answer)` turns an answer into what is compared; design exercises, where many
    answers are right, put the property there. Its inputs are the case's, and the case's probe.
    `outputs` names the parts of a tuple.
    `shows` says in words what is compared, where that is not the answer itself.
    `explain(seen, expected)` says what a failing answer shows that no declared mistake explains.
    """

    name: str
    points: int
    reference: Callable[..., Any]
    cases: Callable[[np.random.Generator], list[Case]]
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, ...]
    observe: Callable[[dict[str, Any], Any], Any] | None = None
    outputs: tuple[str, ...] = ()
    shows: str = ""
    explain: Callable[[np.ndarray, np.ndarray], str] | None = None
    rtol: float = 1e-7  # float64 answers that differ only in the order of sums stay within 1e-13
    atol: float = 1e-9
    words: Words = PLAIN  # the course's; a Course puts them there


@dataclass(frozen=True)
class Chapter:
    """One notebook: its name is the file's and the assignment's.

    `packages` are what its answers may import beside what every chapter's may.
    """

    name: str
    title: str
    minutes: int
    exercises: tuple[Exercise, ...]
    packages: tuple[str, ...] = ()
