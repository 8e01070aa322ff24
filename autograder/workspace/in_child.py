"""A notebook's cells in a process of their own, where there is no sandbox; it runs this module.

    python -m autograder.workspace.in_child WHERE CHAPTER NOTEBOOK RESULTS [compare]

writes one line of JSON an exercise, as soon as it is known: what comes after an answer that ends
Python is missing, and what came before it is there.
"""

from __future__ import annotations

import json
import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.authoring.program import IPYTHON
from autograder.core.call import Bounded, Undefined
from autograder.core.course import Course, load
from autograder.core.diagnosis.workshop import Local
from autograder.core.examine import examine
from autograder.core.exercise import Exercise
from autograder.core.time_limit import TooLongError, time_limit
from autograder.core.verdict import Verdict
from autograder.errors import brief
from autograder.notebook.beside import PATIENT
from autograder.workspace.notebook_file import read
from autograder.workspace.walk import SEED, walk

SECONDS = 10.0  # of one cell, or of one call


class InThisProcess:
    """A `Place` in the process that it is made in."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.scope: dict[str, Any] = {"__name__": "__main__"}
        self.cells = 0

    def run(self, text: str) -> str:
        """Run a cell; return why it stopped."""
        self.cells += 1
        place = f"<cell {self.cells}>"
        text = IPYTHON.sub("", text)
        linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
        try:
            with time_limit(SECONDS):
                exec(compile(text, place, "exec"), self.scope)
        except SyntaxError as error:
            line = (error.text or "").strip()
            where = f"line {error.lineno}" + (f", `{line}`" if line else "")
            return f"The answer cell has a syntax error, {where}: {error.msg}."
        except TooLongError:
            return f"The cell took longer than {SECONDS:g} seconds and was stopped."
        except (Exception, SystemExit) as error:
            return f"The cell stopped with {brief(error)}"
        return ""

    def judge(self, exercise: Exercise, why: str) -> Verdict:
        """Return the verdict on what the exercise's name stands for."""
        f = self.scope.get(exercise.name)
        if f is None or isinstance(f, Undefined):
            f = Undefined(exercise.name, why)
        return examine(
            self.course,
            exercise,
            _bounded(f),
            SEED,
            getattr(getattr(f, "__code__", None), "co_names", ()),
            lambda name: _bounded(self.scope.get(name)),
            lambda: Local(f, exercise.name),
        )

    def workshop(self, exercise: Exercise) -> Local:
        """Return where the answer can be run again, which is here."""
        return Local(self.scope[exercise.name], exercise.name, PATIENT)


def _bounded(f: Any) -> Any:
    plain: bool = callable(f) and not isinstance(f, Undefined | type)
    return Bounded(f, SECONDS) if plain else f


def main(where: str, chapter: str, notebook: str, results: str, compare: str = "") -> None:
    """Write what came of each exercise of a notebook; with `compare`, beside the course's."""
    course = load(where)
    write: Callable[[str], Any]
    with Path(results).open("w", encoding="utf-8") as file:
        write = file.write
        actions = read(course, chapter, Path(notebook))
        for found in walk(course, actions, InThisProcess(course), bool(compare)):
            write(json.dumps(found) + "\n")
            file.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
