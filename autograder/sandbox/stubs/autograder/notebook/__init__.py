"""What a notebook talks to while it is graded: the judge is outside, nothing is checked here."""

from __future__ import annotations

from typing import Any

from autograder.core.call import NotEarlier, Undefined

NAMES: list[str] = []  # the exercises of the chapter that is graded
GIVEN: dict[str, str] = {}  # of earlier chapters' exercises, a program that defines each


class Notebook:
    """Does nothing, but for names that say that they are not defined yet."""

    def __init__(self, course: Any) -> None:
        self.course = course
        self.made: dict[str, Any] = {}

    def start(self, chapter: str, namespace: dict[str, Any]) -> None:
        """Let every exercise's name say that it is not defined yet."""
        for name in NAMES:
            namespace.setdefault(name, Undefined(name))

    def yours(self, *names: str) -> Any:
        """Return the course's own answers to exercises of earlier chapters, never a student's."""
        found = []
        for name in names:
            if name not in GIVEN:
                raise NotEarlier(name)
            if name not in self.made:
                scope: dict[str, Any] = {"__name__": name, "yours": self.yours}
                exec(compile(GIVEN[name], f"/course/{name}", "exec"), scope)
                self.made[name] = scope[name]
            found.append(self.made[name])
        return found[0] if len(found) == 1 else tuple(found)

    def _nothing(self, *args: Any, **kwargs: Any) -> None:
        return None

    check = hint = predict = settle = progress = reset = course_map = recall = _nothing

    def ready(self, *functions: Any) -> bool:
        """Return False: demonstrations do not run while a notebook is graded."""
        return False
