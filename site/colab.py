"""The chapters for Colab: the student's, with one cell before them that installs the course there.

The cell is nobody's answer, so grading leaves it out of account; elsewhere than on Colab it does
nothing. `python site/colab.py --repository owner/name --out DIR` writes them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nbformat
from elsewhere import repository
from nbformat.v4 import new_code_cell

from autograder.course import COURSE, ROOT
from autograder.errors import UserError

CELL = """\
# On Colab: install the course (half a minute, once a session). Elsewhere this cell does nothing.
import sys

if "google.colab" in sys.modules:
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "{asked}"], capture_output=True, text=True
    )
    print(done.stderr if done.returncode else "The course is installed.")"""


def cell(chapter: str, source: str) -> str:
    """Return the text of the cell: it installs from `source`, as pip is asked for a repository."""
    extra = "[train,music]" if chapter[:2] in ("08", "09") else ""
    return CELL.format(asked=f"gru-course{extra} @ {source}")


def notebook(chapter: str, source: str) -> nbformat.NotebookNode:
    """Return a chapter as it is for students, with the cell before its first code."""
    nb = nbformat.read(COURSE.notebooks / f"{chapter}.ipynb", 4)
    first = next(i for i, c in enumerate(nb.cells) if c.cell_type == "code")
    nb.cells.insert(first, new_code_cell(cell(chapter, source), id="on-colab"))
    return nb


def main() -> int:
    """Write the notebooks; return 0, or 1 after a sentence."""
    parser = argparse.ArgumentParser(description="Write the chapters for Colab.")
    parser.add_argument("--repository", required=True, help="owner/name on GitHub")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "colab")
    args = parser.parse_args()
    try:
        source = f"git+https://github.com/{repository(args.repository)}"
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    for name in COURSE.names:
        nbformat.write(notebook(name, source), args.out / f"{name}.ipynb")
    print(f"{len(COURSE.names)} notebooks for Colab are in {args.out}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
