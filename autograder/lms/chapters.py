"""Which chapter a notebook is of."""

from __future__ import annotations

import re
from typing import NamedTuple

from autograder.core.course import Course
from autograder.grading.notebooks.normalise import Unreadable, grade_id, read_cells

DEFINES = re.compile(r"(?m)^(?:def|class) (\w+)")


class ChapterGuess(NamedTuple):
    """A chapter, and how it was found out, in words; "" where the notebook bears its name."""

    name: str
    how: str = ""


def by_name(file: str, known: list[str], given: str | None) -> ChapterGuess | None:
    """Return the chapter by a notebook's own name, by `given`, or by a name that holds one."""
    stem = file.rsplit(".", 1)[0].casefold()
    if stem in known:
        return ChapterGuess(stem)
    if given is not None:
        return ChapterGuess(given, "by --chapter")
    held = [name for name in known if name in stem]
    return ChapterGuess(held[0], "by its name") if len(held) == 1 else None


def by_cells(course: Course, data: bytes) -> ChapterGuess | None:
    """Return the chapter that most of a notebook's exercises are of; None where none stands out."""
    cells = read_cells(data)
    if isinstance(cells, Unreadable):
        return None
    names = {(grade_id(cell) or "").removeprefix("check_") for cell in cells}
    names |= {n for c in cells for n in DEFINES.findall(c["source"])}  # where metadata is lost
    found = {c.name: sum(e.name in names for e in c.exercises) for c in course.chapters}
    most = max(found.values())
    best = [name for name, n in found.items() if n == most]
    return ChapterGuess(best[0], "by its cells") if most and len(best) == 1 else None
