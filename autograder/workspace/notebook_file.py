"""A student's notebook file as what has to run before its answers can be judged.

As in grading, checks and the course's demonstrations do not run: of the course's cells the first
one does, and those that only define something; of the student's own, all.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any, NamedTuple

from autograder import sizes
from autograder.authoring.program import IPYTHON
from autograder.core.course import Course
from autograder.errors import UserError

CHECK = "check_"
DEFINES = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef


class Action(NamedTuple):
    """One thing to do: run a text, or judge an exercise.

    `exercise` is the one whose answer the text is, or the one to judge, where there is no text.
    """

    text: str
    exercise: str = ""
    first: bool = False  # the chapter's own first cell, which all others need


def read(course: Course, chapter: str, path: Path) -> list[Action]:
    """Return the actions of a notebook file, each exercise judged once; UserError where unreadable.

    An exercise whose check cell was deleted is judged at the end.
    """
    original = _cells(course.notebooks / f"{chapter}.ipynb")
    ours = {cell.get("id") for cell in original}
    names = [e.name for e in course.chapter(chapter).exercises]
    found: list[Action] = []
    judged: set[str] = set()
    for cell in _cells(path):
        if cell["cell_type"] != "code":
            continue
        about, text = _grade_id(cell), "".join(cell["source"])
        checks = about.removeprefix(CHECK)
        if about.startswith(CHECK) and checks in names:
            if checks not in judged:
                found.append(Action("", checks))
            judged.add(checks)
        elif about in names:
            found.append(Action(text, about))
        elif cell.get("id") in ours and not any(s.first for s in found):
            found.append(Action(text, first=True))
        elif cell.get("id") not in ours or only_defines(text):
            found.append(Action(text))
    return found + [Action("", name) for name in names if name not in judged]


def only_defines(text: str) -> bool:
    """Return whether a cell does nothing but import and define."""
    try:
        body = ast.parse(IPYTHON.sub("", text)).body
    except (SyntaxError, ValueError):
        return False
    return bool(body) and all(isinstance(n, DEFINES) for n in body)


def _grade_id(cell: Any) -> str:
    return str(cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", ""))


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        if path.stat().st_size > sizes.NOTEBOOK:
            raise UserError(
                f"{path.name} holds more than {sizes.NOTEBOOK // 10**6} MB. Clear its outputs in "
                "JupyterLab (Edit, Clear Outputs of All Cells) and save it."
            )
        cells = json.loads(path.read_text(encoding="utf-8-sig"))["cells"]
        for cell in cells:
            "".join(cell["source"]), cell["cell_type"], _grade_id(cell)
        return list(cells)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{path.name} cannot be read as a notebook ({type(error).__name__}). Open it in "
            "JupyterLab and save it, or take a fresh copy with `autograder reset`."
        ) from error
