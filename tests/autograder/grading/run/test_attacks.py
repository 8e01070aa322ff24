"""Hostile and broken notebooks: each gets what is due, harms no neighbour, and leaves nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from autograder.authoring import source
from autograder.authoring.build import student_notebook, text
from autograder.core.call import STOPPED
from autograder.course import COURSE, ROOT
from autograder.grading.job import Graded, Job
from autograder.grading.run.grade_one import grade_one
from autograder.sandbox.limits import MB, Limits
from tests.helpers import (
    attacks,
    attacks_by_files,
    attacks_by_values,
    attacks_on_judging,
    submissions,
)
from tests.helpers.processes import descendants

pytestmark = pytest.mark.needs("bubblewrap")

LIMITS = Limits(
    call=1.0, submission=30.0, memory=600 * MB, processes=16, file=8 * MB, disk=16 * MB, files=64
)
RELEASE = text(student_notebook(COURSE, submissions.CHAPTER))
SEED = 5
FULL = [("sigmoid", "passed", 2.0), ("affine", "passed", 3.0)]
# What the next submission finds: a cell prints it, and it is the same after every attack.
LOOK = """
import gc, glob, os, random, resource, signal, sys, threading
def entries(place):
    return sorted(os.listdir(place)) if os.path.isdir(place) else None
for place in ("/", "/tmp", "/tmp/home", "/dev/shm", "/course", "/packages", "."):
    print(place, entries(place))
print([p for p in os.listdir("/proc") if p.isdigit()], os.getcwd(), sorted(os.environ.items()))
for path in ("/proc/net/unix", "/proc/sysvipc/shm", "/proc/sysvipc/msg", "/proc/keys"):
    print(path, [line.split()[-1] for line in open(path)][1:] if os.path.exists(path) else None)
print([os.fstat(fd).st_size for fd in (0, 1, 2)], os.nice(0), len(os.sched_getaffinity(0)))
print([resource.getrlimit(n) for n in range(16)], sys.getrecursionlimit(), gc.isenabled())
print(threading.active_count(), sys.gettrace(), np.geterr(), np.tanh, np.add, np.allclose)
print([signal.getsignal(n) for n in (1, 10, 14, 15)], random.random(), np.random.rand())
"""


def job(data: bytes) -> Job:
    return Job(COURSE, submissions.CHAPTER, RELEASE, data, seed=SEED, limits=LIMITS)


def summary(graded: Graded) -> list[tuple[str, str, float]]:
    return [(r.exercise, r.status, r.score) for r in graded.results]


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    """Return all files below a directory: what they hold, and when they changed."""
    return {
        str(p.relative_to(root)): (p.read_bytes(), p.stat().st_mtime_ns)
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def healthy() -> Graded:
    """Return a right submission that also prints what it finds in the sandbox."""
    nb = submissions.solved("sigmoid", "affine")
    nb.cells.insert(nb.cells.index(submissions.named(nb, "sigmoid")), new_code_cell(LOOK))
    return grade_one(job(json.dumps(nb).encode()))


def seen(graded: Graded) -> str:
    """Return what the cell LOOK printed."""
    cells = json.loads(graded.notebook)["cells"]
    shown = [o for c in cells if "".join(c["source"]) == LOOK for o in c["outputs"]]
    assert [o["output_type"] for o in shown] == ["stream"], shown
    return "".join(shown[0]["text"])


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return a course's directory with what an attack would like to read or write."""
    root = tmp_path_factory.mktemp("course")
    for path, words in {
        "gradebook.db": "affine 3",
        "solutions/00_start_here.py": source.keys(COURSE, submissions.CHAPTER)["sigmoid"],
        "submitted/someone/00_start_here/00_start_here.ipynb": "def sigmoid(a): tanh",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(words)
    root.chmod(0o755)
    return root


@pytest.fixture(scope="module")
def clean():
    """Return what a healthy submission finds before any attack, and what runs then."""
    graded = healthy()
    assert summary(graded) == FULL
    return seen(graded), sorted(descendants().values())


EVERY = (
    *(*attacks.ATTACKS, *attacks_on_judging.ATTACKS),
    *(*attacks_by_values.ATTACKS, *attacks_by_files.ATTACKS),
)


@pytest.mark.parametrize("attack", EVERY, ids=lambda a: a.name)
def test_an_attack_earns_nothing_and_harms_nobody(attack, course, clean):
    places = {attacks.REPO: str(ROOT), attacks.CANARY: str(course)}
    files = tree(course)
    graded = grade_one(job(attacks.data(attack, places)))

    assert [r.exercise for r in graded.results] == ["sigmoid", "affine"]
    ours, neighbour = graded.results
    assert ours.score <= attack.most, ours
    if attack.most == 2.0 and attack.answer == attacks.RIGHT:
        assert ours.score == 2.0, ours
    assert neighbour.score == attack.neighbour, neighbour
    assert (graded.refused is not None) == attack.refused
    if attack.mistake:
        assert ours.mistake == attack.mistake, ours
    for r in graded.results:
        assert 0 <= r.score <= r.max_score
        if r.status != "passed":
            assert "Traceback" not in r.cause and r.cause.rstrip().endswith((".", "?")), r.cause
            assert 10 < len(r.cause) < 2000 and len(r.panel) < 20_000
        assert r.stopped == (r.mistake in STOPPED)
    assert graded.notebook.encode()
    assert json.loads(graded.notebook)["nbformat"] == 4

    assert tree(course) == files
    after = healthy()
    assert summary(after) == FULL
    found, running = clean
    assert seen(after) == found
    assert sorted(descendants().values()) == running
