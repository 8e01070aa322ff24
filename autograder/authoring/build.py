"""solutions/*.py -> instructor notebooks -> notebooks/*.ipynb.

The short keys of a source cell become nbgrader's metadata; nbgrader's own preprocessors then make
the student's notebook out of the instructor's, so that a release by nbgrader is the same text.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import nbformat
from nbgrader.preprocessors import ClearOutput, ClearSolutions, ComputeChecksums, LockCells

from autograder.authoring import source
from autograder.course.chapters import EXERCISES

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class SourceError(ValueError):
    """A cell of a chapter's source that cannot be built."""


def instructor_notebook(chapter: str) -> nbformat.NotebookNode:
    """Return a chapter with its key and nbgrader's metadata."""
    nb = source.read(chapter)
    nb.metadata = nbformat.NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    nb.nbformat, nb.nbformat_minor = 4, 5
    used: set[str] = set()
    for cell in nb.cells:
        keys = dict(cell.metadata)
        cell.metadata = nbformat.NotebookNode()
        grading = _grading(keys, cell.cell_type, f"{chapter}: {cell.source[:60]!r}")
        if grading is not None:
            if grading["grade_id"] in used:
                raise SourceError(f"{chapter}: two cells are called {grading['grade_id']}.")
            cell.metadata["nbgrader"] = nbformat.NotebookNode(grading)
        cell["id"] = _identity(cell, used)
    return nb


def student_notebook(chapter: str) -> nbformat.NotebookNode:
    """Return a chapter as a student gets it: stubs for the key, no outputs, checks locked."""
    nb = instructor_notebook(chapter)
    for step in (LockCells(), ClearSolutions(), ClearOutput(), ComputeChecksums()):
        nb, _ = step.preprocess(nb, {})
    return nb


def text(nb: nbformat.NotebookNode) -> str:
    """Return a notebook as the text of its file."""
    nbformat.validate(nb)
    return nbformat.writes(nb) + "\n"


def build(into: Path = source.NOTEBOOKS) -> list[Path]:
    """Write every student notebook; return the paths of those whose text has changed."""
    into.mkdir(parents=True, exist_ok=True)
    changed = []
    for chapter in source.chapter_names():
        path, new = into / f"{chapter}.ipynb", text(student_notebook(chapter))
        if not path.exists() or path.read_text(encoding="utf-8") != new:
            path.write_text(new, encoding="utf-8")
            changed.append(path)
    return changed


def _grading(keys: dict, cell_type: str, where: str) -> dict | None:
    """Return nbgrader's metadata for a cell with these short keys, or None."""
    kinds = [k for k in ("solution", "check", "answer") if k in keys]
    ours = {"solution", "check", "answer", "points"}
    unknown = set(keys) - ours - {"cell_marker", "lines_to_next_cell"}  # jupytext adds these
    if unknown or len(kinds) > 1:
        raise SourceError(f"{where}: a cell has one of solution, check, answer; seen: {keys}.")
    if not kinds:
        return None
    kind, name = kinds[0], keys[kinds[0]]
    if kind != "answer" and name not in EXERCISES:
        raise SourceError(f"{where}: no exercise {name!r} is declared in autograder/chapters.")
    graded = {"schema_version": 3, "task": False, "cell_type": cell_type}
    if kind == "solution":
        return graded | {"grade": False, "grade_id": name, "locked": False, "solution": True}
    if kind == "check":
        points = EXERCISES[name].points
        return graded | {
            "grade": True,
            "grade_id": f"check_{name}",
            "locked": True,
            "points": points,
            "solution": False,
        }
    points = int(keys["points"])
    return graded | {
        "grade": True,
        "grade_id": name,
        "locked": False,
        "points": points,
        "solution": True,
    }


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
