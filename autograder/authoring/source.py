"""The source of the course, `solutions/*.py`: cells with short keys, the key's text, the stubs.

| cell marker | meaning |
|---|---|
| `# %% solution="name"` | the answer cell of an exercise; its key stands between the markers |
| `# %% check="name"` | the locked check cell below it |
| `# %% [markdown] answer="name" points=2` | a written question's model answer, graded by a person |
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the two take seconds to import, which every kernel would wait for
    import nbformat

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = ROOT / "solutions"
NOTEBOOKS = ROOT / "notebooks"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def chapter_names() -> list[str]:
    """Return the names of the chapters that have a source, in order."""
    return sorted(p.stem for p in SOLUTIONS.glob("[0-9][0-9]_*.py"))


def read(chapter: str) -> nbformat.NotebookNode:
    """Return the source of a chapter as a notebook with the short keys in its cells' metadata."""
    import jupytext

    return jupytext.read(SOLUTIONS / f"{chapter}.py", fmt="py:percent")


@functools.cache
def keys(chapter: str) -> dict[str, str]:
    """Return the key of each exercise of a chapter: the whole answer cell, markers removed."""
    return {
        cell.metadata["solution"]: without_markers(cell.source)
        for cell in read(chapter).cells
        if "solution" in cell.metadata
    }


def without_markers(source: str) -> str:
    """Return a solution cell's text without the two marker lines."""
    return "\n".join(x for x in source.split("\n") if x.strip() not in (BEGIN, END))


def stubs(chapter: str) -> dict[str, str]:
    """Return the stub of each exercise of a chapter, as it stands in the student's notebook."""
    import nbformat

    nb = nbformat.read(NOTEBOOKS / f"{chapter}.ipynb", as_version=4)
    found = {c.metadata.get("nbgrader", {}).get("grade_id"): c.source for c in nb.cells}
    return {name: found[name] for name in keys(chapter)}
