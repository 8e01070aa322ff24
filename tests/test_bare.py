"""What a bare machine gives: a green suite without the system's parts, chapters 0 to 7 on NumPy."""

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.course import COURSE
from gru_ref.optional import RECORDED_WITH
from tests.helpers import parts
from tests.helpers.programs import running

ROOT = Path(__file__).resolve().parent.parent
HUNG_OR_FAILED = (  # on a machine without these parts, before each was a reason to skip
    "tests/autograder/grading/run/test_batch.py",
    "tests/autograder/grading/run/test_grade.py",
    "tests/autograder/grading/run/test_resume.py",
    "tests/autograder/grading/store/test_postgres.py",
    "tests/autograder/grading/reports/test_browser.py",
    "tests/autograder/sandbox/test_seccomp.py",
    "tests/autograder/workspace/test_browser.py",
)


def test_without_the_systems_parts_tests_are_skipped_and_the_parts_listed():
    command = [sys.executable, "-m", "tests.helpers.bare", "-n", "1", *HUNG_OR_FAILED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=270)
    assert done.returncode == 0, done.stdout + done.stderr
    closing = done.stdout[done.stdout.index(" not here ") :]
    for line in (
        r"bubblewrap: \d+ tests skipped\. .+ apt install bubblewrap",
        r"Chromium: \d+ tests skipped\. .+ apt install chromium",
        r"PostgreSQL: 1 test skipped\. .+ apt install postgresql",
        r"On Debian and Ubuntu, `make system` as root",
    ):
        assert re.search(f"^{line}", closing, re.M), closing
    assert not re.search(r"\d+ (failed|error)", closing)


def test_a_part_that_is_no_part_is_a_mistake_of_the_test():
    with pytest.raises(KeyError):
        parts.lacking("bubblewarp")


def test_who_waits_for_a_line_is_told_when_the_program_ends_without_it():
    with running([sys.executable, "-c", "print('refused')"]) as program:
        with pytest.raises(AssertionError, match="ended without 'graded'; it said:\nrefused"):
            program.until("graded")


def test_a_child_that_holds_the_pipe_open_keeps_nobody_waiting():
    lasts = "import os, time; os.fork() or time.sleep(5)"
    with running([sys.executable, "-W", "ignore", "-c", lasts]) as program:
        with pytest.raises(AssertionError, match="ended without 'graded'"):
            program.until("graded", seconds=15)


# Chapters 0 to 7 and 10, with what `pip install gru-course` brings and no other package

RUN = """
import importlib.metadata, json, sys, warnings
kept, course = set(json.loads(sys.argv[1])), sys.argv[2]

class Only:
    owners = importlib.metadata.packages_distributions()
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        owners = {o.lower().replace("_", "-") for o in self.owners.get(top, ())}
        if owners and not owners & kept:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Only())
import matplotlib
matplotlib.use("agg")
warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
text = open(course, encoding="utf-8").read()
exec(compile(text, course, "exec"), {"__name__": "__main__"})
"""
TRAINING = ("08_training", "09_which_cell")  # they need the extra `train`
USES_OF_TORCH = {"04_hidden_state": 1, "05_sequences": 3, "06_bptt": 1, "07_vanishing_gradients": 2}


def base():
    """Return the names of the packages that the course without extras brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found, todo = {"gru-course"}, [Requirement(line) for line in project["dependencies"]]
    while todo:
        asked = todo.pop()
        name = canonicalize_name(asked.name)
        if name not in found and (asked.marker is None or asked.marker.evaluate({"extra": ""})):
            found.add(name)
            todo += map(Requirement, importlib.metadata.requires(name) or ())
    return sorted(found)


@pytest.mark.parametrize("chapter", [c.name for c in COURSE.chapters if c.name not in TRAINING])
def test_a_solved_chapter_runs_on_numpy_and_matplotlib_alone(chapter, tmp_path):
    command = [sys.executable, "-c", RUN, json.dumps(base()), COURSE.solutions / f"{chapter}.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=270)
    assert done.returncode == 0, done.stderr
    assert "This cell runs your" not in done.stdout  # every demonstration has run
    assert not re.search(r": (failed|error|not attempted)", done.stdout)
    said = done.stdout.count("PyTorch is not installed here")
    assert said == USES_OF_TORCH.get(chapter, 0)


def test_what_is_recorded_comes_from_the_pytorch_of_the_lock():
    lock = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert f"torch=={RECORDED_WITH}\n" in lock
