"""What goes into grading one submission and what comes out: plain values, for any executor."""

from __future__ import annotations

from typing import NamedTuple

from autograder.core.course import Course
from autograder.sandbox.limits import Limits


class Job(NamedTuple):
    """One submission to be graded.

    `release` is the released notebook as JSON text; the submission's cells are put into it. `data`
    is the file as it was handed in. Where there is none, `problem` is (mistake, sentence).
    """

    course: Course
    chapter: str
    release: str
    data: bytes = b""
    problem: tuple[str, str] | None = None
    seed: int = 0
    limits: Limits = Limits()
    level: str = "required"
    isolation: str = ""  # what the level comes to; "" where the worker is to find that out


class Beginning(NamedTuple):
    """What a worker makes ready before its first job: the sandbox for a chapter's answers.

    Whether there is one here is being tried meanwhile. No answer runs before that is known.
    """

    course: Course
    chapter: str
    limits: Limits
    isolation: str


class Result(NamedTuple):
    """What came of one check cell; `panel` is what the student reads, as HTML.

    `said` is what the check said in the notebook that was handed in, where grading does not.
    """

    exercise: str
    status: str
    mistake: str
    score: float
    max_score: float
    cause: str
    panel: str
    stopped: bool  # by a limit, or because the process ended
    said: str = ""


class Graded(NamedTuple):
    """A submission that was graded.

    `notebook` is the normalised notebook as JSON text, with a verdict in every check cell.
    `answers` are the sources of the answer cells, code and written, that the student changed.
    `refused` is (mistake, sentence) where the file could not be graded at all.
    """

    results: tuple[Result, ...]
    notebook: str
    notes: tuple[str, ...]
    answers: dict[str, str]
    refused: tuple[str, str] | None
    isolation: str  # "bubblewrap" or "none"
    seconds: float
