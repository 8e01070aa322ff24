"""A better cause where it lies in another exercise of the course."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from autograder.core.judge import ELSEWHERE, judge
from autograder.core.verdict import PASSED, Verdict
from autograder.course.chapters import EXERCISES, chapter_of


def with_advice(
    verdict: Verdict, calls: Iterable[str], other: Callable[[str], Any], seed: int
) -> Verdict:
    """Return the verdict; where another exercise is its cause, it says so.

    `calls` are the names that the function uses, `other(name)` is what one stands for.
    """
    if verdict.mistake == "raises_NameError":
        missing = next(
            (n for n in EXERCISES if f"name '{n}' is not defined" in verdict.cause), None
        )
        if missing is not None:
            says = (
                f"{missing} belongs to the chapter {chapter_of(missing).title} and is not defined "
                "in this notebook. Write its line here again."
            )
            return replace(verdict, cause=says)
    if verdict.status == PASSED or verdict.mistake:
        return verdict
    for name in calls:
        if name in EXERCISES and name != verdict.exercise and callable(f := other(name)):
            if judge(EXERCISES[name], f, seed).status != PASSED:
                says = (
                    f"Your function calls {name}, whose own check does not pass. Finish {name} "
                    "first, then check this one again."
                )
                return replace(verdict, mistake=ELSEWHERE, cause=says, case=None)
    return verdict
