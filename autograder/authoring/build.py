"""solutions/*.py -> instructor notebooks -> notebooks/*.ipynb.

The short keys of a source cell become nbgrader's metadata; nbgrader's own preprocessors then make
the student's notebook out of the instructor's, so that a release by nbgrader is the same text.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.preprocessors import ClearOutput, ClearSolutions, ComputeChecksums, LockCells

from autograder.authoring import source
from autograder.authoring.percent import Cell
from autograder.core.course import Course
from autograder.errors import SourceError
from autograder.io import write_file

NEW = {"code": new_code_cell, "markdown": new_markdown_cell}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def instructor_notebook(course: Course, chapter: str) -> nbformat.NotebookNode:
    """Return a chapter with its key and nbgrader's metadata."""
    nb = new_notebook(metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    nb.nbformat, nb.nbformat_minor = 4, 5
    used: set[str] = set()
    for cell in source.read(course, chapter):
        made = NEW[cell.kind](cell.text)
        grading = _grading(course, cell, f"{chapter}: {cell.text[:60]!r}")
        if grading is not None:
            if grading["grade_id"] in used:
                raise SourceError(f"{chapter}: two cells are called {grading['grade_id']}.")
            made.metadata["nbgrader"] = nbformat.NotebookNode(grading)
        made["id"] = _identity(made, used)
        nb.cells.append(made)
    return nb


def student_notebook(course: Course, chapter: str) -> nbformat.NotebookNode:
    """Return a chapter as a student gets it: stubs for the key, no outputs, checks locked."""
    nb = instructor_notebook(course, chapter)
    for step in (LockCells(), ClearSolutions(), ClearOutput(), ComputeChecksums()):
        nb, _ = step.preprocess(nb, {})
    return nb


def text(nb: nbformat.NotebookNode) -> str:
    """Return a notebook as the text of its file."""
    nbformat.validate(nb)
    return nbformat.writes(nb) + "\n"


def build(course: Course, into: Path | None = None) -> list[Path]:
    """Write every student notebook; return the paths of those whose text has changed.

    SourceError where the course has no sources here to edit: a package that was installed has none.
    """
    if course.solutions.is_file():
        raise SourceError(
            "There is nothing to build in an installed package: its chapters came built with it. "
            "`autograder build` works in a checkout of the course, which has solutions/."
        )
    into = into or course.notebooks
    names = source.chapter_names(course)
    if not names:
        raise SourceError(f"There is no chapter's source (NN_name.py) in {course.solutions}.")
    changed = []
    for chapter in names:
        path, new = into / f"{chapter}.ipynb", text(student_notebook(course, chapter))
        if not _holds(path, new):
            write_file(path, new)
            changed.append(path)
    return changed


def stale(course: Course) -> list[str]:
    """Return the chapters whose notebook is not what their source gives."""
    return [
        chapter
        for chapter in source.chapter_names(course)
        if not _holds(
            course.notebooks / f"{chapter}.ipynb", text(student_notebook(course, chapter))
        )
    ]


def _holds(path: Path, words: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == words


def _grading(course: Course, cell: Cell, where: str) -> dict[str, Any] | None:
    """Return nbgrader's metadata for a cell with these short keys, or None."""
    if source.BEGIN in cell.text and "solution" not in cell.keys:
        raise SourceError(f'{where}: a key stands in a cell that is not marked solution="name".')
    kinds = [k for k in ("solution", "check", "answer") if k in cell.keys]
    unknown = set(cell.keys) - {"solution", "check", "answer", "points"}
    if unknown or len(kinds) > 1:
        raise SourceError(f"{where}: a cell has one of solution, check, answer; seen: {cell.keys}.")
    if not kinds:
        return None
    kind, name = kinds[0], str(cell.keys[kinds[0]])
    if kind != "answer" and name not in course.exercises:
        raise SourceError(f"{where}: the course {course.name} declares no exercise {name!r}.")
    about = {"schema_version": 3, "task": False, "cell_type": cell.kind}
    if kind == "solution":
        return about | {"grade": False, "grade_id": name, "locked": False, "solution": True}
    if kind == "check":
        points = course.exercises[name].points
        about |= {"grade": True, "grade_id": f"check_{name}", "locked": True}
        return about | {"points": points, "solution": False}
    about |= {"grade": True, "grade_id": name, "locked": False}
    return about | {"points": int(cell.keys["points"]), "solution": True}


def _identity(cell: nbformat.NotebookNode, used: set[str]) -> str:
    """Return a cell's id: its grade_id, or a word of its text and a digest, stable over builds."""
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    if name is None:
        words = re.findall(r"[a-z]+", cell.source.lower())
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        name = f"{'-'.join(words[:3])[:40]}-{digest}"
    base, n = name[:60], 2
    while name in used:
        name, n = f"{base}-{n}", n + 1
    used.add(name)
    return name
