"""The course that the engine is handed: chapters, where their texts lie, what answers may see.

The engine (`core`, `notebook`, `sandbox`, `grading`, `lms`) imports no course. Another process
finds the same course again by `where`, so a Course is pickled as that address alone.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.core.exercise import Chapter, Exercise
from autograder.core.question import Question
from autograder.core.words import PLAIN, Words


@dataclass(frozen=True, eq=False)
class Visible:
    """What of a course can be seen in the sandbox: what is not listed is not there.

    `packages` are distributions, beside numpy and ipython. `files` maps a path inside to a file
    here. `warm_up` names a module among them: its `warm_up(packages)` imports, once, what the
    chapters use, with the packages of a chapter. `on_demand` are packages that are seen, beside
    those of the chapter, only where a cell of the student's imports them: starting them takes long.
    """

    packages: tuple[str, ...] = ()
    on_demand: tuple[str, ...] = ()
    files: Mapping[Path, Path] = field(default_factory=dict)
    warm_up: str = ""


@dataclass(frozen=True, eq=False)
class Course:
    """A course. `where` is "module:NAME", by which another process imports it.

    `notebooks` is the folder of the built chapters. `solutions` is the folder of their sources in
    a checkout; in a package that was installed it is one file, a pack of them.
    `functions`, by name, are those that exercises take as an argument: only their names travel
    into the sandbox, where `functions_module` ("module:NAME") has them too. `code` names the
    packages that declare the course: what changes there may change a grade.
    `right_answers` ("module:NAME", beside the sources) are those that authors check against.
    `questions`, by chapter, are those that later chapters open with.
    """

    where: str
    name: str
    title: str
    chapters: tuple[Chapter, ...]
    solutions: Path
    notebooks: Path
    words: Words = PLAIN
    visible: Visible = Visible()
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    functions_module: str = ""
    code: tuple[str, ...] = ()
    right_answers: str = ""
    questions: Mapping[str, tuple[Question, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give every exercise the course's words."""
        chapters = tuple(
            replace(c, exercises=tuple(replace(e, words=self.words) for e in c.exercises))
            for c in self.chapters
        )
        object.__setattr__(self, "chapters", chapters)

    def __reduce__(self) -> tuple[Callable[[str], Course], tuple[str]]:
        """Travel as an address."""
        return load, (self.where,)

    @functools.cached_property
    def exercises(self) -> dict[str, Exercise]:
        """The exercises of all chapters by name, in order."""
        return {e.name: e for c in self.chapters for e in c.exercises}

    def chapter(self, name: str) -> Chapter:
        """Return a chapter by name; KeyError where there is none."""
        for chapter in self.chapters:
            if chapter.name == name:
                return chapter
        raise KeyError(name)

    def chapter_of(self, exercise: str) -> Chapter:
        """Return the chapter that declares an exercise."""
        return next(c for c in self.chapters if any(e.name == exercise for e in c.exercises))

    @property
    def names(self) -> list[str]:
        """The names of the chapters, in order."""
        return [c.name for c in self.chapters]


def load(where: str) -> Course:
    """Return the course at "module:NAME"."""
    module, _, name = where.partition(":")
    found = getattr(importlib.import_module(module), name)
    if not isinstance(found, Course):
        raise TypeError(f"{where} is not a Course")
    return found
