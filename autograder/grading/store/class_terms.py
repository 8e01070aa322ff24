"""Who is in a class and what it has agreed on, for whoever makes rows, pages and reports."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from autograder.authoring import build
from autograder.core.course import Course
from autograder.errors import GradingError
from autograder.grading.people import enrolment
from autograder.grading.people.enrolment import Member, class_file
from autograder.grading.terms.lateness import Standing
from autograder.grading.terms.settings import NAME, Terms, read_terms


class Agreed(NamedTuple):
    """The members by student, and the terms."""

    members: Mapping[str, Member] = MappingProxyType({})
    terms: Terms = Terms()

    def member(self, student: str) -> Member:
        """Return a student, of whom nothing but the directory may be known."""
        return self.members.get(student) or Member(student, student)

    def shown(self, student: str) -> str:
        """Return how pages call a student: by name, and by the directory where that differs."""
        name = self.member(student).name
        return name if not name or name == student else f"{name} ({student})"

    def due(self, student: str, chapter: str) -> datetime | None:
        """Return a student's due date, in UTC."""
        m = self.member(student)
        called = (m.student, m.key, m.id, m.username, m.email, m.name)
        return self.terms.due(chapter, called, m.extension)

    def standing(
        self,
        student: str,
        chapter: str,
        handed_in: datetime | None = None,
        marked: bool = False,
        taken: float = 0.0,
    ) -> Standing:
        """Return how a submission stands with its due date."""
        about = self.terms.of(chapter)
        return Standing(about, self.due(student, chapter), handed_in, marked, taken)

    def strangers(self) -> list[str]:
        """Return a line for each extension that nobody, or more than one person, is meant by."""
        lines = []
        for who in self.terms.extensions:
            small = who.casefold()
            mine = [
                m
                for m in self.members.values()
                if small in {x.casefold() for x in (m.student, m.key, m.id, m.email, m.name)}
                or small == m.username.casefold()
            ]
            if not mine:
                lines.append(f"{NAME}: an extension is for {who}, and nobody is called so")
            elif len(mine) > 1:
                names = ", ".join(m.student for m in mine)
                lines.append(
                    f"{NAME}: {who} are {len(mine)} people ({names}); all get the extension"
                )
        return lines


class _Exercises(Mapping[str, Mapping[str, float]]):
    """The points of each chapter's exercises and written answers, read where they are asked for."""

    def __init__(self, course: Course) -> None:
        self.course = course

    def __getitem__(self, chapter: str) -> Mapping[str, float]:
        return _points(self.course, chapter)

    def __iter__(self) -> Iterator[str]:
        return iter(self.course.names)

    def __len__(self) -> int:
        return len(self.course.names)


@functools.cache
def _points(course: Course, chapter: str) -> dict[str, float]:
    cells = build.student_notebook(course, chapter).cells
    about = [c.metadata.get("nbgrader", {}) for c in cells]
    graded = [a for a in about if a.get("grade")]
    return {a["grade_id"].removeprefix("check_"): float(a["points"]) for a in graded}


def check_exercise(course: Course, chapter: str, exercise: str) -> None:
    """Raise GradingError where the course has no such exercise or written answer."""
    if chapter not in course.names:
        known = ", ".join(course.names)
        raise GradingError(f"There is no chapter {chapter}. The chapters: {known}.")
    if exercise not in _points(course, chapter):
        known = ", ".join(_points(course, chapter))
        raise GradingError(f"{chapter} has no exercise {exercise}. Its exercises: {known}.")


def agreed(course: Course, root: Path) -> Agreed:
    """Return what is known in a class's directory; GradingError for settings that are wrong."""
    return Agreed(enrolment.read(root), terms_of(course, root))


def terms_of(course: Course, root: Path) -> Terms:
    """Return the terms of a class's directory; the usual ones where it has no file of them."""
    path = class_file(root, NAME)
    return Terms() if path is None else read_terms(path, _Exercises(course))
