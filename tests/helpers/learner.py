"""A student's folder with answers in it, as it lies on a disk after a save."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.authoring import source
from autograder.course import COURSE

START = "00_start_here"
SIGMOID = "def sigmoid(a):\n    return 0.5 * (1 + np.tanh(0.5 * a))"
OVERFLOWS = "def sigmoid(a):\n    return np.exp(a) / (1 + np.exp(a))"


def save(folder: Path, chapter: str = START, *more: str, **answers: str) -> Path:
    """Save a chapter with these answers, by exercise, and more cells of the student's own."""
    nb = json.loads((COURSE.notebooks / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    for cell in nb["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell["source"] = answers[name]
    own = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    nb["cells"][2:2] = [own | {"id": f"own-{i}", "source": t} for i, t in enumerate(more)]
    path = folder / f"{chapter}.ipynb"
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(nb), encoding="utf-8")
    beside.replace(path)
    return path


def key(chapter: str = START) -> dict[str, str]:
    """Return the course's own answers of a chapter."""
    return dict(source.keys(COURSE, chapter))
