"""What an exercise is: declared once, used by the judge, the tests, the notebooks and the reports.

An exercise has a reference, cases (inputs grouped by the aspect that they test) and mistakes.
A mistake is a wrong implementation together with the sentence that a student who made it needs.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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


class Step(NamedTuple):
    """A value on the way to the result, by which a wrong result is traced to its first wrong line.

    `value(inputs)` computes it, `says` is its formula. `result` is a part of the answer that is
    this value summed over the batch, "" where none is. A variable is taken for the step where it
    has the step's name; where that name is short for two things, `beside` names a step that must
    have a variable of its own.
    """

    name: str
    value: Callable[[dict[str, Any]], np.ndarray]
    says: str
    result: str = ""
    beside: str = ""


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
    `put_back(inputs, seen)` puts a wrong result into the equation that it should solve, and says
    what comes of it.
    `steps` are the values on the way, each made of those before it.
    `terms(inputs)` are the terms of each part of the answer that is a sum, by name.
    `advice` is for this exercise what `Words.advice` is for all of them, missing names too.
    `writes` is what the student writes, where that is not the function that is called but what the
    course's own function of the same cell runs.
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
    put_back: Callable[[dict[str, Any], np.ndarray], str] | None = None
    steps: tuple[Step, ...] = ()
    terms: Callable[[dict[str, Any]], dict[str, dict[str, np.ndarray]]] | None = None
    advice: Mapping[str, str] = field(default_factory=dict, hash=False)
    writes: str = ""
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
