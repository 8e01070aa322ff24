"""A problem: why there is nothing to compare."""

from __future__ import annotations

from typing import Any, NamedTuple


class Problem(NamedTuple):
    """Why an answer cannot be compared: a short name, and the sentence for the student."""

    name: str
    says: str
    detail: Any = None
    telling: bool = False  # of a wrong shape: each axis of it can be told from the others


def needs_first(name: str) -> Problem:
    """Return the problem of an answer that calls another one which is not there yet."""
    says = f"Your function calls {name}, which is not solved yet. Finish {name} first."
    return Problem("needs_another_exercise", says, name)
