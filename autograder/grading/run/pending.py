"""Which submissions are to be graded: those whose digest is not the one of their record."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from autograder.core.course import Course
from autograder.grading.job import Job
from autograder.grading.run.batch import Task
from autograder.grading.run.case_seeds import of_submission
from autograder.grading.run.grade_one import only_defines
from autograder.grading.run.version import chapter_version
from autograder.grading.store.class_directory import ClassDirectory
from autograder.grading.submissions import Submission
from autograder.grading.terms.settings import BEST
from autograder.sandbox.bubblewrap import NONE, REQUIRED
from autograder.sandbox.limits import Limits

Known = dict[tuple[str, str], tuple[str, str]]  # digest and isolation, by student and chapter


class Rules(NamedTuple):
    """What is the same for all submissions of a batch."""

    seed: int
    limits: Limits
    level: str
    releases: dict[str, str]  # the text of the released notebook, by chapter
    force: bool = False
    isolation: str = ""  # what the level comes to, where that is known

    def job(
        self, course: Course, submission: Submission, data: bytes, problem: tuple[str, str] | None
    ) -> Job:
        """Return what there is to do for a submission with these bytes."""
        release = self.releases[submission.chapter]
        number = of_submission(self.seed, submission.student, submission.chapter, data)
        about = (number, self.limits, self.level, self.isolation)
        return Job(course, submission.chapter, release, data, problem, *about)


def tasks(
    directory: ClassDirectory,
    rules: Rules,
    submissions: list[Submission],
    known: Known,
    passed_over: Callable[[], None],
) -> Iterator[Task]:
    """Yield what is to be graded; files are read one by one, as they are asked for."""
    for submission in submissions:
        student, chapter = submission.student, submission.chapter
        try:
            data, problem = submission.read()
            made = digest(directory.course, submission, data, problem, rules)
            others = _others(directory, submission, rules)
            made = _with_others(directory, submission, made, others)
        except Exception as error:  # no submission may stop those after it
            yield Task(submission, Job(directory.course, chapter, ""), "", failed=error)
            continue
        before, isolation = known.get((student, chapter), ("", ""))
        weaker = rules.level == REQUIRED and isolation == NONE
        pages = [("autograded", ".ipynb"), ("feedback", ".html")]
        there = all(directory.path(step, student, chapter, end).is_file() for step, end in pages)
        if before == made and there and not weaker and not rules.force:
            passed_over()
            continue
        job = rules.job(directory.course, submission, data, problem)
        yield Task(submission, job, made, others=others)


def _others(
    directory: ClassDirectory, submission: Submission, rules: Rules
) -> tuple[tuple[Submission, Job], ...]:
    """Return the earlier attempts, where the best of all is to count."""
    if directory.agreed.terms.of(submission.chapter).attempts != BEST:
        return ()
    made = []
    for one in submission.earlier():
        data, problem = one.read()
        if problem is None:
            made.append((one, rules.job(directory.course, one, data, None)))
    return tuple(made)


def _with_others(
    directory: ClassDirectory,
    submission: Submission,
    made: str,
    others: tuple[tuple[Submission, Job], ...],
) -> str:
    """Return a digest that is another one when another attempt may be the best one."""
    if not others:
        return made
    known = directory.agreed
    terms = known.terms.of(submission.chapter)
    parts: list[Any] = [made, known.due(submission.student, submission.chapter), terms]
    parts += [(one.time(), hashlib.sha256(job.data).hexdigest()) for one, job in others]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@functools.lru_cache(maxsize=64)
def deciding(release: str) -> str:
    """Return what of a released notebook decides a grading: graded cells, and cells that run.

    The chapter's prose and its demonstrations do not: they may be mended in the middle of a term.
    """
    parts: list[Any] = []
    first = True
    for cell in json.loads(release)["cells"]:
        source, about = "".join(cell["source"]), cell["metadata"].get("nbgrader")
        if about is not None:
            parts.append([source, *(about.get(k) for k in ("grade_id", "points", "solution"))])
        elif cell["cell_type"] == "code" and (first or only_defines(source)):
            parts.append(source)
        first &= cell["cell_type"] != "code"
    return json.dumps(parts)


def digest(
    course: Course,
    submission: Submission,
    data: bytes,
    problem: tuple[str, str] | None,
    rules: Rules,
) -> str:
    """Return a digest of all that decides what comes of a submission."""
    parts: list[Any] = [chapter_version(course, submission.chapter)]
    parts += [deciding(rules.releases[submission.chapter]), rules.seed, tuple(rules.limits)]
    parts += [problem, submission.time(), submission.beside]
    about = {k: v for k, v in submission.about().items() if k in ("late", "team")}
    parts += [about] if about else []
    made = hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass"))
    made.update(data)
    return made.hexdigest()
