"""Grades a class again and again, and kills the grader at seeded points; run as a program.

    python -m tests.helpers.kills ROOT KILLS SEED

Every run is a process of its own, forked from this one, which has imported what takes long. A point
is the n-th audit event of Python's (a file opened, replaced or removed, a process started, …); the
grader's main process gets SIGKILL there. Orphans come to this process, which waits for their end.
Before each run some students hand in another version. Every third run has its workers from where
they always come from; those of the others are forked, which saves their imports.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import multiprocessing
import os
import random
import signal
import sys
from pathlib import Path
from typing import NamedTuple

from nbgrader.api import Gradebook
from sqlalchemy import func, select

import autograder.grading.reports.class_report
import autograder.grading.run.grade  # noqa: F401  (imported once, for all forks)
from autograder.authoring import source
from autograder.cli import main
from autograder.course import COURSE
from autograder.grading.run import pools, worker
from autograder.grading.store import records
from autograder.grading.store.gradebook import marks
from tests.helpers.submissions import CHAPTER, hand_in, solved

STUDENTS = ("ada", "bob", "cyd")
VERSIONS = {2.0: ("sigmoid",), 5.0: ("sigmoid", "affine")}  # points: what is solved
ADOPT = 36  # PR_SET_CHILD_SUBREAPER
DONE_SOON = 100  # seconds until an orphan counts as one that stays


class Seen(NamedTuple):
    """How a run ended, -9 for a kill; audit events before anything was graded, and from there."""

    status: int
    before: int = 0
    grading: int = 0


def run(
    root: Path, out: Path, kill_at: Seen | None = None, fork: bool = True, force: bool = False
) -> Seen:
    """Grade; the grader is killed when it has come to one of the numbers of `kill_at`."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        before = grading = 0
        grader = os.getpid()

        def hook(event: str, args: tuple) -> None:
            nonlocal before, grading
            if os.getpid() != grader:  # what it has forked
                return
            if grading or event == "shutil.rmtree":  # the first of what `Writer.begin` does
                grading += 1
            else:
                before += 1
            if kill_at and (grading == kill_at.grading > 0 or before == kill_at.before > 0):
                os.kill(grader, signal.SIGKILL)

        with (root / "said").open("a") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        if fork:
            pools.prepare = worker.prepare = lambda course="": multiprocessing.get_context("fork")
        sys.addaudithook(hook)
        args = ["grade", str(root / "submitted"), "--out", str(out), "--seed", "4"]
        status = main([*args, "--force"] if force else args)
        os.write(writer, f"{before} {grading}".encode())
        sys.stdout.flush()
        os._exit(status)
    os.close(writer)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(reader) as pipe:
        counted = map(int, pipe.read().split())
    signal.alarm(DONE_SOON)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    signal.alarm(0)
    return Seen(os.waitstatus_to_exitcode(status), *counted)


def check(out: Path) -> tuple[list[str], set[str]]:
    """Return what is wrong in a directory whose grader was killed, and who is graded there."""
    wrong: list[str] = []
    if not (out / "gradebook.db").exists():
        return wrong, set()
    with Gradebook(f"sqlite:///{out}/gradebook.db", "") as gb:
        records.make_table(gb)
        cells = {student: found.values() for (student, _), found in marks(gb).items()}
        scores = {s: sum(mark.auto_score or 0 for mark in found) for s, found in cells.items()}
        known = {r.student: r for r in records.all(gb)}
        count = gb.db.execute(select(func.count()).select_from(records.TABLE)).scalar()
    if count != len(known):
        wrong.append("a submission is recorded twice")
    for student, score in scores.items():
        record = known.get(student)
        if record is None or not record.digest:
            expected = 0.0
        else:
            kept = out / "submitted" / student / CHAPTER / f"{CHAPTER}.ipynb"
            expected = points(kept.read_bytes())
            if sum(r.score for r in record.results) != expected:
                wrong.append(f"{student} is recorded with another score than {expected}")
        if score != expected:
            wrong.append(f"{student} has {score} in place of {expected}")
    return wrong, {s for s, r in known.items() if r.digest}


def points(data: bytes) -> float:
    """Return what a submission deserves."""
    nb = json.loads(data)
    del nb["metadata"]["number"]
    return next(p for p, names in VERSIONS.items() if nb == json.loads(json.dumps(solved(*names))))


def hand_in_again(root: Path, rng: random.Random, some: list[str]) -> None:
    """Have some students hand in one of the versions, in a file that was not there before."""
    for student in some:
        nb = solved(*rng.choice(list(VERSIONS.values())))
        nb.metadata.number = rng.randrange(10**9)
        hand_in(root / "submitted", student, nb)


def kills(root: Path, times: int, seed: int) -> dict:
    """Kill so many graders, let one end; return what was seen."""
    rng, out = random.Random(seed), root / "killed"
    hand_in_again(root, rng, list(STUDENTS))
    run(root, root / "measured")
    usual = run(root, root / "measured", force=True)
    wrong: list[str] = []
    graded: list[int] = []
    killed, good = 0, set()
    while killed < times:
        again = rng.sample(STUDENTS, rng.randint(0, len(STUDENTS)))
        hand_in_again(root, rng, again)
        left = len({*STUDENTS} - good | {*again})
        kill_at = Seen(0, before=rng.randrange(1, usual.before))
        if left and rng.random() < 0.7:
            kill_at = Seen(0, grading=rng.randrange(1, usual.grading * left // len(STUDENTS)))
        seen = run(root, out, kill_at, fork=bool(len(graded) % 3))
        killed += seen.status == -signal.SIGKILL
        found, good = check(out)
        wrong += found if seen.status in (0, -signal.SIGKILL) else [f"exit status {seen.status}"]
        graded.append(len(good))
    last, calm = run(root, out), run(root, root / "calm")
    return {
        "wrong": wrong + check(out)[0],
        "killed": killed,
        "graded": graded,
        "last": [last.status, calm.status],
        "same": (out / "grades.csv").read_bytes() == (root / "calm" / "grades.csv").read_bytes(),
        "finished": json.loads((out / "run.json").read_text())["finished"],
    }


def read_once() -> None:
    """Read every chapter's source now, and not again in each fork."""
    read = functools.cache(source.read)
    source.read = read
    for chapter in source.chapter_names(COURSE):
        source.keys(COURSE, chapter)


if __name__ == "__main__":
    read_once()
    ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)
    print(json.dumps(kills(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
