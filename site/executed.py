"""The chapters as executed: run once with the key, shown with the student's text.

    solutions/NN_*.py -> run with the key, pictures drawn -> the student's cells, those outputs

What a check says after a pass holds the key, so checks are shown as they stand before anybody has
answered: without output. `build/site-cache/` keeps what has run, by a digest of all it depends on.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import re
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.authoring import source
from autograder.authoring.build import instructor_notebook, student_notebook
from autograder.course import COURSE, ROOT

CACHE = ROOT / "build" / "site-cache"
HERE = Path(__file__).resolve().parent
SEEN = ("gru_ref", "autograder/core", "autograder/course", "autograder/notebook", "site/frames.py")
SILENT = re.compile(r"^(check|hint|progress|reset)\(", re.M)  # what they print is the reader's own
SECONDS = 600  # that one cell may take


def chapters(instructor: bool = False, workers: int = 2) -> dict[str, nbformat.NotebookNode]:
    """Return the pages of all chapters by name; those that have not run yet run now."""
    with concurrent.futures.ProcessPoolExecutor(workers) as pool:
        ran = dict(zip(COURSE.names, pool.map(run, COURSE.names), strict=True))
    return {name: page(name, nbformat.from_dict(nb), instructor) for name, nb in ran.items()}


def run(chapter: str) -> nbformat.NotebookNode:
    """Return a chapter with its key and what it printed and drew, from the cache where it is."""
    nb = solved(chapter)
    kept = CACHE / f"{chapter}-{_digest(nb)}.ipynb"
    if kept.exists():
        return nbformat.read(kept, 4)
    print(f"  runs: {chapter}", flush=True)
    setup = f"import sys; sys.path.insert(0, {str(HERE)!r}); import frames; frames.install()"
    nb.cells.insert(0, new_code_cell(setup))
    os.environ |= {"OMP_NUM_THREADS": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    with tempfile.TemporaryDirectory() as empty:  # no notebooks beside it: the course's stand in
        place = {"metadata": {"path": empty}}
        quiet = ["--log-level=ERROR"]
        NotebookClient(nb, timeout=SECONDS, resources=place, extra_arguments=quiet).execute()
    del nb.cells[0]
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.glob(f"{chapter}-*.ipynb"):
        old.unlink()
    nbformat.write(nb, kept)
    return nb


def solved(chapter: str) -> nbformat.NotebookNode:
    """Return a chapter with its key in the answer cells, not run."""
    nb = instructor_notebook(COURSE, chapter)
    for cell in nb.cells:
        cell.source = source.without_markers(cell.source)
    return nb


def page(
    chapter: str, ran: nbformat.NotebookNode, instructor: bool = False
) -> nbformat.NotebookNode:
    """Return the student's text with the outputs of `ran`; for instructors the key, folded."""
    nb, cells = student_notebook(COURSE, chapter), []
    keys = source.keys(COURSE, chapter)
    for cell, done in zip(nb.cells, ran.cells, strict=True):
        about = cell.metadata.pop("nbgrader", {})
        if cell.cell_type == "code" and not about and not SILENT.search(cell.source):
            cell.outputs = [_shown(out) for out in done.outputs if not _is_progress(out)]
        cells.append(cell)
        if instructor and about.get("grade_id") in keys:
            key = f"```python\n{keys[about['grade_id']]}\n```"
            fold = f"<details><summary>The key</summary>\n\n{key}\n\n</details>"
            cells.append(new_markdown_cell(fold, id=f"key-{cell.id}"[:64]))
    nb.cells = cells
    return nb


def _is_progress(output: nbformat.NotebookNode) -> bool:
    """Return whether an output told how far a cell had come, by a bar that has no kernel here."""
    bar = "application/vnd.jupyter.widget-view+json" in output.get("data", {})
    return bar or output.get("name") == "stderr"


def _shown(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return an output with its HTML alone where it has both, so that no page says it twice."""
    data = output.get("data", {})
    if "text/html" in data:
        output.data = {"text/html": data["text/html"]}
    return output


def _digest(nb: nbformat.NotebookNode) -> str:
    made_of = hashlib.sha256("\0".join(c.source for c in nb.cells).encode())
    for name in SEEN:
        path = ROOT / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            made_of.update(file.read_bytes())
    return made_of.hexdigest()[:16]


if __name__ == "__main__":
    chapters()
