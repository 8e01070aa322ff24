"""The key is graded first.

A grader that is broken (a library that is missing, a check that is wrong) gives every student 0
without a word. It also gives the key less than full marks, and that can be seen before.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future

from autograder.authoring.build import instructor_notebook, student_notebook, text
from autograder.core.course import Course
from autograder.core.verdict import PASSED
from autograder.errors import GradingError, SandboxError, brief
from autograder.grading.job import Graded, Job
from autograder.sandbox.limits import Limits


def key_job(
    course: Course, chapter: str, seed: int, limits: Limits, level: str, isolation: str = ""
) -> Job:
    """Return the chapter's key as if a student had handed it in."""
    release = text(student_notebook(course, chapter))
    key = text(instructor_notebook(course, chapter))
    return Job(course, chapter, release, key.encode(), None, seed, limits, level, isolation)


def full_marks(course: Course, futures: Mapping[str, Future[Graded]]) -> dict[str, Graded]:
    """Return the graded key of each chapter; GradingError where one did not run or falls short."""
    graded = {}
    for chapter, future in futures.items():
        try:
            graded[chapter] = future.result()
        except (GradingError, SandboxError):
            raise
        except Exception as error:
            raise GradingError(
                f"The grader is broken: the key of {chapter} did not run ({brief(error)})."
            ) from error
    need_full_marks(course, graded)
    return graded


def need_full_marks(course: Course, graded: dict[str, Graded]) -> None:
    """Raise GradingError where the key of a chapter falls short."""
    wrong = [w for chapter, one in graded.items() for w in shortcomings(course, chapter, one)]
    if wrong:
        raise GradingError(
            "The grader is broken: the course's own key does not get full marks.\n"
            + "\n".join(f"  {w}" for w in wrong)
            + "\nNothing was graded, and no student's grade was touched."
        )


def shortcomings(course: Course, chapter: str, graded: Graded) -> list[str]:
    """Return a sentence for each exercise whose key lacks a point."""
    declared = {e.name for e in course.chapter(chapter).exercises}
    unchecked = sorted(declared - {r.exercise for r in graded.results})
    wrong = [f"{chapter}, {name}: the exercise has no check cell." for name in unchecked]
    for r in graded.results:
        if r.status != PASSED or r.score != r.max_score:
            mistake = f" ({r.mistake})" if r.mistake else ""
            wrong.append(
                f"{chapter}, {r.exercise}: {r.score:g} of {r.max_score:g} points, "
                f"{r.status}{mistake}. {r.cause[:400]}"
            )
    return wrong
