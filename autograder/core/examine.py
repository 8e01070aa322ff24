"""One check, in the notebook and in grading: the verdict, and the best cause that can be proven.

First the judge, with the declared mistakes; then the other exercises that the answer calls; then a
small change of the answer's own text. What none of them proves is left to the judge's facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from autograder.core.course import Course
from autograder.core.diagnosis.elsewhere import blame_elsewhere
from autograder.core.diagnosis.facts import SAYS_NOTHING
from autograder.core.diagnosis.isolation import facts
from autograder.core.diagnosis.repair import mend
from autograder.core.diagnosis.seen import seen_of
from autograder.core.diagnosis.steps import trace
from autograder.core.diagnosis.terms import sums
from autograder.core.diagnosis.workshop import Workshop
from autograder.core.exercise import Exercise
from autograder.core.judge import judge
from autograder.core.trials import trials
from autograder.core.verdict import ERROR, FAILED, Verdict

WHERE = "Compare the case below with the equation, one operation at a time."
SECONDS = 1.0  # for the search of a small change, in a notebook
OF_A_BATCH = 0.5  # where the cause has a name already, and the line of one change is sought


def _unexplained(mistake: str) -> bool:
    """Return whether a verdict names what was seen, and not why."""
    if mistake == "raises_NameError":  # the sentence says where the name is found
        return False
    return mistake in ("", "wrong_shape", "wrong_type", "nan") or mistake.startswith("raises_")


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
    batch = verdict.mistake == exercise.words.batch_mistake  # it may be written in many ways
    if verdict.status not in (FAILED, ERROR) or not (batch or _unexplained(verdict.mistake)):
        return verdict
    place = workshop()
    if place is not None:
        least = min(seconds, OF_A_BATCH) if batch else seconds
        mended = mend(exercise, verdict, place, seed, least, waiting, pairs=not batch)
        if mended is not verdict:
            return mended
    if verdict.mistake or verdict.status != FAILED or exercise.explain is not None:
        return verdict
    seen = [seen_of(exercise, f, tried) for tried in trials(exercise, seed)]
    traced = trace(exercise, verdict, place, seen)
    known = [] if verdict.cause.startswith(SAYS_NOTHING) else [verdict.cause]
    found = list(sums(exercise, seen))
    if not traced.mistake:
        found += facts(exercise, f, seed, weak=not known)
    if traced is not verdict:
        return replace(traced, cause=" ".join([traced.cause, *found]))
    if not found:
        return verdict
    return replace(verdict, cause=" ".join([*known, *found, *([] if known else [WHERE])]))
