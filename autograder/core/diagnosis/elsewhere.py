"""Another exercise that an answer calls, and that is not right: the cause lies there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from autograder.core.course import Course
from autograder.core.judge import ELSEWHERE, judge
from autograder.core.verdict import FAILED, PASSED, Verdict


def blame_elsewhere(
    course: Course,
    verdict: Verdict,
    calls: Iterable[str],
    other: Callable[[str], Any],
    seed: int,
) -> Verdict:
    """Return the verdict; where another exercise of the course is its cause, it says so.

    `calls` are the names that the function uses, `other(name)` is what one stands for.
    """
    exercises = course.exercises
    if verdict.mistake == "raises_NameError":
        missing = next(
            (n for n in exercises if f"name '{n}' is not defined" in verdict.cause), None
        )
        own = exercises[verdict.exercise].advice
        if missing is not None and not any(f"'{missing}'" in piece for piece in own):
            chapter = course.chapter_of(missing)
            says = (
                f"{missing} is an exercise of chapter {chapter.title} and is not defined in this "
                "notebook."
            )
            if course.names.index(chapter.name) < course.names.index(
                course.chapter_of(verdict.exercise).name
            ):
                says += f' `{missing} = yours("{missing}")` brings it here.'
            return replace(verdict, cause=says)
    if verdict.status != FAILED:
        return verdict
    for name in calls:
        if (
            name in exercises
            and name != verdict.exercise
            and callable(f := other(name))
            and judge(exercises[name], f, seed).status != PASSED
        ):
            says = (
                f"Your function calls {name}, whose own check does not pass. Finish {name} "
                "first, then check this one again."
            )
            return replace(verdict, mistake=ELSEWHERE, cause=says, case=None)
    return verdict
