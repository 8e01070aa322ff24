"""The actions of a notebook file, one after the other, and a verdict for each exercise.

Where the cells run is a `Place`: the sandbox or a process of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from autograder.authoring import source
from autograder.core.course import Course
from autograder.core.diagnosis.workshop import Workshop
from autograder.core.exercise import Exercise
from autograder.core.feedback import as_text
from autograder.core.verdict import ERROR, NOT_ATTEMPTED, PASSED, Verdict
from autograder.notebook.beside import beside
from autograder.workspace.notebook_file import Action

SEED = 0  # the notebook's: the same cases, the same verdict


class Found(NamedTuple):
    """What came of one exercise, in words that travel between processes."""

    exercise: str
    status: str
    score: float
    points: float
    text: str


class Place(Protocol):
    """Where the cells of one notebook run."""

    def run(self, text: str) -> str:
        """Run a cell after those before it; return why it stopped, "" where it did not."""

    def judge(self, exercise: Exercise, why: str) -> Verdict:
        """Return the verdict on what its name now stands for; `why` its answer cell stopped."""

    def workshop(self, exercise: Exercise) -> Workshop | None:
        """Return where its answer can be run again, with its text; None where it has none."""


def walk(
    course: Course, actions: Sequence[Action], place: Place, compare: bool = False
) -> Iterator[Found]:
    """Yield what came of each exercise, in the order of the notebook.

    With `compare` what passes is set beside the course's answer.
    """
    broken = ""
    stopped: dict[str, str] = {}
    for action in actions:
        if action.text:
            why = place.run(action.text)
            if action.exercise:
                stopped[action.exercise] = why
            elif action.first and why:
                broken = f"The chapter's first cell did not run ({why}), so nothing was checked."
        elif action.exercise:
            exercise = course.exercises[action.exercise]
            if broken:
                yield found(error(exercise, broken))
                continue
            verdict = place.judge(exercise, stopped.get(action.exercise, ""))
            if compare and verdict.status == PASSED:
                yield compared(course, verdict, place.workshop(exercise))
            else:
                yield found(verdict)


def found(verdict: Verdict) -> Found:
    """Return a verdict in words: one line where it passed or nothing was tried."""
    text = as_text(verdict)
    if verdict.status in (PASSED, NOT_ATTEMPTED) and not verdict.remarks:
        text = text.split("\n")[0]
    return Found(verdict.exercise, verdict.status, verdict.score, verdict.max_score, text)


def compared(course: Course, verdict: Verdict, workshop: Workshop | None) -> Found:
    """Return a verdict that has passed in words, with the course's answer and what differs."""
    name = verdict.exercise
    key = source.keys(course, course.chapter_of(name).name).get(name, "")
    seen = beside(course, name, workshop)
    text = as_text(verdict, key, seen.text() if seen else "")
    return Found(name, verdict.status, verdict.score, verdict.max_score, text)


def error(exercise: Exercise, cause: str) -> Verdict:
    """Return the verdict on an answer that could not be judged."""
    return Verdict(exercise.name, ERROR, 0.0, float(exercise.points), cause=cause)
