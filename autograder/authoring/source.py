"""The sources of a course's chapters: cells with short keys, the keys' text, the stubs.

| cell marker | meaning |
|---|---|
| `# %% solution="name"` | the answer cell of an exercise; its key stands between the markers |
| `# %% check="name"` | the locked check cell below it |
| `# %% [markdown] answer="name" points=2` | a written question's model answer, graded by a person |

What the points of a written answer are for may stand below the model answer, under a line
`**Points**`: one item of a list each, `- 1: what to look for`.
"""

from __future__ import annotations

import ast
import functools
import json
from typing import NamedTuple

from autograder.authoring import pack
from autograder.authoring.percent import Cell, read_cells
from autograder.core.course import Course

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def chapter_names(course: Course) -> list[str]:
    """Return the names of the chapters that have a source, in order."""
    return pack.names(course.solutions)


def read(course: Course, chapter: str) -> list[Cell]:
    """Return the cells of a chapter's source; SourceError where it cannot be read."""
    return read_cells(pack.read(course.solutions, chapter), f"{chapter}.py")


@functools.cache
def keys(course: Course, chapter: str) -> dict[str, str]:
    """Return the key of each exercise of a chapter: the whole answer cell, markers removed."""
    return {
        str(cell.keys["solution"]): without_markers(cell.text)
        for cell in read(course, chapter)
        if "solution" in cell.keys
    }


def all_keys(course: Course) -> dict[str, str]:
    """Return the key of every exercise of a course."""
    return {name: key for c in chapter_names(course) for name, key in keys(course, c).items()}


class OtherWay(NamedTuple):
    """A right answer written another way than the key: its text, and how it is written."""

    text: str
    says: str


@functools.cache
def other_ways(course: Course, chapter: str) -> dict[str, OtherWay]:
    """Return answers that are written another way than a chapter's keys, by exercise.

    They stand in `other_ways/` beside the sources: definitions, whose docstring says how each is
    written. None where there is no such file.
    """
    name = f"{pack.OTHER_WAYS}/{chapter}"
    text = pack.read(course.solutions, name) if pack.has(course.solutions, name) else ""
    found, rows = {}, text.split("\n")
    names = {e.name for e in course.chapter(chapter).exercises}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            says = ast.get_docstring(node) or ""
            own = rows[node.lineno - 1 : node.end_lineno]
            if says:
                first = node.body[0]
                del own[first.lineno - node.lineno : (first.end_lineno or 0) - node.lineno + 1]
            found[node.name] = OtherWay("\n".join(own), says)
    return found


def without_markers(text: str) -> str:
    """Return a solution cell's text without the two marker lines."""
    return "\n".join(x for x in text.split("\n") if x.strip() not in (BEGIN, END))


def stubs(course: Course, chapter: str) -> dict[str, str]:
    """Return the stub of each exercise of a chapter, as it stands in the student's notebook."""
    path = course.notebooks / f"{chapter}.ipynb"
    found = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if about.get("solution") and not about.get("grade"):
            found[about["grade_id"]] = "".join(cell["source"])
    return found
