"""One check, in the notebook and in grading: the verdict, and the best cause that can be proven.

First the judge, with the declared mistakes; then the other exercises that the answer calls; then a
small change of the answer's own text. What none of them proves is left to the judge's facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from autograder.core.course import Course
from autograder.core.diagnosis.elsewhere import blame_elsewhere
from autograder.core.diagnosis.repair import mend
from autograder.core.diagnosis.workshop import Workshop
from autograder.core.exercise import Exercise
from autograder.core.judge import judge
from autograder.core.verdict import FAILED, Verdict

SECONDS = 1.0  # for the search of a small change, in a notebook


def examine(
    course: Course,
    exercise: Exercise,
    f: Any,
    seed: int,
    calls: Iterable[str] = (),
    other: Callable[[str], Any] = lambda name: None,
    workshop: Callable[[], Workshop | None] = lambda: None,
    seconds: float = SECONDS,
    waiting: Callable[[], None] = lambda: None,
) -> Verdict:
    """Return the verdict on `f`, with its cause.

    `calls` are the names that it uses, `other(name)` is what one stands for. `workshop()` is where
    variants of it run, `seconds` how long they may; `waiting` is called once where it takes long.
    """
    verdict = judge(exercise, f, seed)
    verdict = blame_elsewhere(course, verdict, calls, other, seed)
    if verdict.status != FAILED or verdict.mistake:
        return verdict
    place = workshop()
    return verdict if place is None else mend(exercise, verdict, place, seed, seconds, waiting)
