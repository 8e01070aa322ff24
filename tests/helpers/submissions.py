"""Submissions as students hand them in, made from the notebooks of the course."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import nbformat

from autograder.authoring import source
from autograder.course import COURSE

CHAPTER = "00_start_here"


def notebook(chapter: str = CHAPTER) -> nbformat.NotebookNode:
    """Return a chapter as a student gets it."""
    return nbformat.read(COURSE.notebooks / f"{chapter}.ipynb", as_version=4)


def named(nb: nbformat.NotebookNode, grade_id: str) -> nbformat.NotebookNode:
    """Return the cell of a notebook that nbgrader knows by this name."""
    return next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def written(nb: nbformat.NotebookNode) -> list[str]:
    """Return the names of a notebook's written answers."""
    grading = [c.metadata.get("nbgrader", {}) for c in nb.cells]
    return [g["grade_id"] for g in grading if g.get("grade") and g.get("solution")]


def solved(*names: str, **answers: str) -> nbformat.NotebookNode:
    """Return chapter 0 with the key of these exercises, and these answers in place of stubs."""
    nb = notebook()
    for name in names:
        named(nb, name).source = source.keys(COURSE, CHAPTER)[name]
    for name, text in answers.items():
        named(nb, name).source = text
    return nb


def changed(change: Callable[[nbformat.NotebookNode], None]) -> nbformat.NotebookNode:
    """Return a solved chapter 0 after a change."""
    nb = solved("sigmoid", "affine")
    change(nb)
    return nb


def remove(nb: nbformat.NotebookNode, grade_id: str) -> None:
    """Delete a cell."""
    nb.cells = [c for c in nb.cells if c is not named(nb, grade_id)]


def insert_copy(nb: nbformat.NotebookNode, grade_id: str, **fields: str) -> None:
    """Copy a cell to the place below it, as JupyterLab does: a new id, the same metadata."""
    cell = named(nb, grade_id)
    twin = copy.deepcopy(cell)
    twin.update({"id": f"copy-of-{grade_id}", **fields})
    nb.cells.insert(nb.cells.index(cell) + 1, twin)


def hand_in(root: Path, student: str, nb: nbformat.NotebookNode | bytes | str) -> Path:
    """Write a submission in nbgrader's layout."""
    path = root / student / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps(nb) if isinstance(nb, dict) else nb
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path
