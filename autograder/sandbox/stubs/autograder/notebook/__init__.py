"""What a notebook talks to while it is graded: the judge is outside, nothing is checked here."""

from __future__ import annotations

from typing import Any

from autograder.core.call import Undefined

NAMES: list[str] = []  # the exercises of the chapter that is graded


class Notebook:
    """Does nothing, but for names that say that they are not defined yet."""

    def __init__(self, course: Any) -> None:
        self.course = course

    def start(self, chapter: str, namespace: dict[str, Any]) -> None:
        """Let every exercise's name say that it is not defined yet."""
        for name in NAMES:
            namespace.setdefault(name, Undefined(name))

    def _nothing(self, *args: Any, **kwargs: Any) -> None:
        return None

    check = hint = predict = settle = progress = reset = _nothing

    def ready(self, *functions: Any) -> bool:
        """Return False: demonstrations do not run while a notebook is graded."""
        return False
