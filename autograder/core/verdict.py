"""What the judge says of an answer: a small value that knows nothing of notebooks or files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

PASSED = "passed"
FAILED = "failed"
NOT_ATTEMPTED = "not attempted"
ERROR = "error"
BROKEN = "grader broken"
VERDICT_MIME = "application/vnd.autograder.verdict+json"  # in a notebook's output
MANUAL = "manual"  # a written answer that waits for a person; the judge never says this


class Aspect(NamedTuple):
    """One part of the score."""

    name: str
    passed: bool
    points: float
    max_points: float


class FailingCase(NamedTuple):
    """The smallest case that failed: arguments, what came back and what was expected.

    `seen` is a word or two where nothing comparable came back.
    """

    aspect: str
    inputs: dict[str, Any]
    seen: Any
    expected: Any


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check.

    `mistake` is the short name of the recognised cause ("" when none is), `cause` the sentence
    for the student, `remarks` say what else is worth knowing and never cost points. `mended` are
    the lines that would make the answer right, where a small change was found that does.
    """

    exercise: str
    status: str
    score: float
    max_score: float
    aspects: tuple[Aspect, ...] = ()
    mistake: str = ""
    cause: str = ""
    case: FailingCase | None = None
    remarks: tuple[str, ...] = ()
    shows: str = ""
    mended: str = ""
