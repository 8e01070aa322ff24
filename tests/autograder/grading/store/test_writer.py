"""What the writer leaves in the gradebook is what plain `nbgrader autograde` leaves there."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.submissions import (
    CHAPTER,
    changed,
    hand_in,
    insert_copy,
    notebook,
    solved,
    written,
)

WRITTEN = written(notebook())[0]
WRONG = "def sigmoid(a):\n    return 1 / (1 + np.exp(a))"
LATE = "c.LateSubmissionPlugin.penalty_method = 'zero'\n"
SCORES = """
SELECT student.id, base_cell.name, auto_score, manual_score, extra_credit, needs_manual_grade,
       submitted_assignment.timestamp, submitted_notebook.late_submission_penalty
FROM grade JOIN base_cell ON base_cell.id = grade.cell_id
JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
JOIN student ON student.id = submitted_assignment.student_id ORDER BY 1, 2
"""
COMMENTS = """
SELECT submitted_assignment.student_id, base_cell.name, auto_comment, manual_comment
FROM comment JOIN base_cell ON base_cell.id = comment.cell_id
JOIN submitted_notebook ON submitted_notebook.id = comment.notebook_id
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
ORDER BY 1, 2
"""
SCRAMBLE = """
UPDATE grade SET auto_score = 77, needs_manual_grade = 1 - needs_manual_grade;
UPDATE comment SET auto_comment = 'scrambled';
UPDATE submitted_notebook SET late_submission_penalty = 99;
UPDATE submitted_assignment SET timestamp = NULL;
"""


def run(*args: object, cwd: Path | None = None) -> None:
    command = [sys.executable, "-m", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr


def rows(out: Path) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(out / "gradebook.db")) as db:
        return [*db.execute(SCORES), *db.execute(COMMENTS)]


def change(out: Path, script: str) -> None:
    with contextlib.closing(sqlite3.connect(out / "gradebook.db")) as db:
        db.executescript(script)


@pytest.mark.needs("bubblewrap")
def test_the_gradebook_is_as_plain_nbgrader_leaves_it(tmp_path):
    submitted, out, plain = tmp_path / "submitted", tmp_path / "graded", tmp_path / "plain"
    for student, nb, stamp in (
        ("half", solved("sigmoid"), "2030-05-01 12:00:00 UTC"),
        ("late", solved("sigmoid", "affine", **{WRITTEN: "Units."}), "2030-05-03 12:00:00 UTC"),
        ("wrong", solved(sigmoid=WRONG), ""),
        ("untouched", notebook(), "no time at all"),
        ("twice", changed(lambda nb: insert_copy(nb, "sigmoid", source=WRONG)), ""),
    ):
        path = hand_in(submitted, student, nb)
        if stamp:
            (path.parent / "timestamp.txt").write_text(stamp)
    args = ("autograder", "grade", submitted, "--out", out, "--seed", 3)
    run(*args)
    change(out, "UPDATE assignment SET duedate = '2030-05-02 00:00:00.000000'")
    with (out / "nbgrader_config.py").open("a") as file:
        file.write(LATE)
    run(*args, "--force")
    ours = rows(out)
    shutil.copytree(out, plain)
    change(plain, SCRAMBLE)
    assert rows(plain) != ours
    run("nbgrader", "autograde", CHAPTER, "--force", cwd=plain)
    assert rows(plain) == ours
    assert any(row[0] == "late" and row[-1] == 5.0 for row in ours)
