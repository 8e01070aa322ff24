"""Nothing is lost: killed at any point, stopped in order, started again."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.programs import running
from tests.helpers.submissions import CHAPTER, hand_in, solved

pytestmark = pytest.mark.needs("bubblewrap")
LOOPS = "while True:\n    pass"
WRONG = "def sigmoid(a):\n    return 1 / (1 + np.exp(a))"


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_ten_random_points_it_goes_on_and_nothing_is_lost(tmp_path, seed):
    command = [sys.executable, "-m", "tests.helpers.kills", str(tmp_path), "10", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=540)
    assert done.returncode == 0, done.stderr  # it waits for the end of all orphans
    seen = json.loads(done.stdout)
    assert seen["wrong"] == []
    assert seen["killed"] == 10
    assert 0 < sum(seen["graded"]) < 3 * len(seen["graded"])  # the kills fell between gradings
    assert seen["last"] == [0, 0]
    assert seen["same"]
    assert seen["finished"]


def command(submitted: Path, out: Path, *args: object) -> list[str]:
    return [sys.executable, "-m", "autograder", "grade", str(submitted), "--out", str(out)] + [
        str(a) for a in args
    ]


def grade(*args) -> str:
    done = subprocess.run(command(*args), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def scores(out: Path) -> dict[tuple[str, str], str]:
    with (out / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {(r["student"], r["exercise"]): r["score"] for r in csv.DictReader(file)}


def test_only_what_has_changed_is_graded_again_unless_forced(tmp_path):
    submitted, out = tmp_path / "submitted", tmp_path / "graded"
    for student in ("ada", "bob"):
        hand_in(submitted, student, solved("sigmoid", "affine"))
    grade(submitted, out)
    seed = json.loads((out / "run.json").read_text())["seed"]
    hand_in(submitted, "bob", solved("affine", sigmoid=WRONG))
    hand_in(submitted, "cyd", solved("sigmoid"))
    said = grade(submitted, out)
    assert "bob  00_start_here  3 of 7" in said
    assert "cyd  00_start_here  2 of 7" in said
    assert "ada  " not in said
    assert "1 of them graded before and unchanged" in said
    assert scores(out)["bob", "sigmoid"] == "0"
    assert json.loads((out / "run.json").read_text())["seed"] == seed
    said = grade(submitted, out, "--force")
    assert all(f"{student}  {CHAPTER}" in said for student in ("ada", "bob", "cyd"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_in_order_it_says_how_to_go_on(tmp_path, number):
    submitted, out = tmp_path / "submitted", tmp_path / "graded"
    hand_in(submitted, "ada", solved("sigmoid"))
    for student in ("bob", "cyd", "dan", "eve"):
        hand_in(submitted, student, solved("sigmoid", affine=LOOPS))
    args = command(submitted, out, "--workers", 1, "--timeout", 100)
    with running(args) as grader:
        grader.until("ada  ")
        grader.process.send_signal(number)
        assert grader.end() == 128 + number
    assert "Stopped: 4 of 5 submissions are left. The same command goes on" in grader.said
    assert scores(out)["ada", "sigmoid"] == "2"
    assert {student for student, _ in scores(out)} == {"ada"}
    assert not json.loads((out / "run.json").read_text())["finished"]
    hand_in(submitted, "ada", solved("sigmoid"))
    for student in ("bob", "cyd", "dan", "eve"):
        hand_in(submitted, student, solved("affine"))
    assert "1 of them graded before and unchanged" in grade(submitted, out, "--timeout", 100)
