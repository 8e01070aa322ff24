"""A batch takes whatever is handed in, bounds what is under way, and outlives its workers."""

from __future__ import annotations

import copy
import csv
import io
import json
import logging
import os
import sqlite3
import subprocess
import sys
import zipfile
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from autograder import sizes
from autograder.cli import main
from autograder.course import COURSE
from autograder.grading.job import Job
from autograder.grading.run import pools
from autograder.grading.run.batch import Batch, Task
from autograder.grading.run.lock import locked
from autograder.grading.run.pools import Cores
from autograder.grading.submissions import Submission, find
from tests.helpers.submissions import CHAPTER, hand_in, solved, written
from tests.helpers.workers import DEADLY, grade_or_die

GOOD = solved("sigmoid", "affine")
WRITTEN = written(GOOD)[0]
FILE = f"{CHAPTER}.ipynb"
OTHER_NAMES = {  # of a student: where the notebook lies
    "own_name": f"{CHAPTER}/mine.ipynb",
    "txt": f"{CHAPTER}/{FILE}.txt",
    "json": f"{CHAPTER}/{FILE}.json",
    "numbered": f"{CHAPTER}/{CHAPTER} (2).ipynb",
    "folder": f"{CHAPTER}/my work/{FILE}",
    "no_folder": FILE,
    "unpacked": f"download/{CHAPTER}/{FILE}",
    "zip": f"{CHAPTER}/{CHAPTER}.zip",
    "zip_alone": f"{CHAPTER}.zip",
}


def zipped(nb) -> bytes:
    """Return a notebook in an archive in an archive, beside what a Mac puts there."""
    data, name = json.dumps(nb).encode(), f"work/{FILE}"
    for inside in ((name, "__MACOSX/._x.ipynb"), (f"{CHAPTER}.zip", "notes.txt")):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(inside[0], data)
            archive.writestr(inside[1], b"x")
        data = packed.getvalue()
    return data


def grade(*args: object) -> subprocess.CompletedProcess:
    """Run `autograder grade` in a process of its own."""
    command = [sys.executable, "-m", "autograder", "grade", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def without_metadata(nb: nbformat.NotebookNode) -> dict:
    cells = [{k: v for k, v in cell.items() if k != "metadata"} for cell in nb.cells]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Return SUBMITTED and DIR of a batch of odd files, and what was printed."""
    root = tmp_path_factory.mktemp("odd")
    submitted, out = root / "submitted", root / "graded"
    elsewhere = hand_in(root / "elsewhere", "secret", GOOD)
    for student, data in {
        "good": GOOD,
        "Ünï çødé": GOOD,
        "not_utf8": b"\xff\xfe{}",
        "empty": b"",
        "a_list": "[1, 2]",
        "no_cells": '{"nbformat": 4}',
        "format_3": nbformat.v3.writes_json(nbformat.convert(copy.deepcopy(GOOD), 3)),
        "odd_format_3": '{"nbformat": 3, "worksheets": []}',
        "no_metadata": without_metadata(GOOD),
        "nul": solved("sigmoid", **{WRITTEN: "a\x00b \ud800"}),
        "beside": GOOD,
        "two": GOOD,
        "<img src=x onerror=alert(1)>": GOOD,
        "=HYPERLINK(1)": GOOD,
        "a*b": GOOD,
        "n" * 200: GOOD,
        "new\nline": GOOD,
    }.items():
        hand_in(submitted, student, data)
    (submitted / "beside" / CHAPTER / "numpy.py").write_text("raise SystemExit")
    (submitted / "beside" / CHAPTER / "conftest").mkdir()
    hand_in(submitted, "two", GOOD).with_name("copy.ipynb").write_text("{}")
    for student, name in OTHER_NAMES.items():
        path = submitted / student / name
        path.parent.mkdir(parents=True)
        path.write_bytes(zipped(GOOD) if name.endswith(".zip") else json.dumps(GOOD).encode())
    older = hand_in(submitted, "newer", "{}")
    os.utime(older, (1e9, 1e9))
    older.with_name(f"{CHAPTER} (1).ipynb").write_text(json.dumps(GOOD))
    for name in ("a.ipynb", "b.ipynb"):
        hand_in(submitted, "which", GOOD).rename(submitted / "which" / CHAPTER / name)
    with hand_in(submitted, "huge", b"").open("wb") as file:
        file.truncate(200_000_000)
    for student in ("link", "pipe", "directory", "fifo_time"):
        (submitted / student / CHAPTER).mkdir(parents=True)
    (submitted / "link" / CHAPTER / FILE).symlink_to(elsewhere)
    os.mkfifo(submitted / "pipe" / CHAPTER / FILE)
    (submitted / "directory" / CHAPTER / FILE).mkdir()
    hand_in(submitted, "fifo_time", GOOD)
    os.mkfifo(submitted / "fifo_time" / CHAPTER / "timestamp.txt")
    (submitted / "linked_chapter").mkdir()
    (submitted / "linked_chapter" / CHAPTER).symlink_to(elsewhere.parent)
    (submitted / "linked_student").symlink_to(elsewhere.parent.parent)
    (submitted / "nothing").mkdir()
    os.mkdir(os.fsencode(submitted) + b"/bytes\xff")
    done = grade(submitted, "--out", out, "--seed", 1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return submitted, out, done.stdout


def rows(out: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (out / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {(r["student"], r["exercise"]): r for r in csv.DictReader(file)}


@pytest.mark.needs("bubblewrap")
@pytest.mark.parametrize(
    "student", ["good", "Ünï çødé", "beside", "two", "fifo_time", "newer", *OTHER_NAMES]
)
def test_whoever_handed_in_a_good_notebook_has_full_marks(odd, student):
    assert rows(odd[1])[student, "affine"]["score"] == "3"


@pytest.mark.needs("bubblewrap")
@pytest.mark.parametrize(
    ("student", "mistake"),
    [
        ("not_utf8", "unreadable"),
        ("empty", "unreadable"),
        ("a_list", "unreadable"),
        ("no_cells", "unreadable"),
        ("which", "no_notebook"),
        ("huge", "too_large"),
        ("link", "link"),
        ("linked_chapter", "link"),
        ("pipe", "not_a_file"),
        ("directory", "not_a_file"),
    ],
)
def test_what_is_no_notebook_has_rows_that_say_so(odd, student, mistake):
    for exercise in ("sigmoid", "affine", WRITTEN):
        row = rows(odd[1])[student, exercise]
        assert (row["score"], row["status"], row["mistake"]) == ("0", "error", mistake)


@pytest.mark.needs("bubblewrap")
@pytest.mark.parametrize("student", ["format_3", "no_metadata", "nul"])
def test_a_notebook_that_can_be_read_is_graded(odd, student):
    assert rows(odd[1])[student, "sigmoid"]["status"] != "error"


@pytest.mark.needs("bubblewrap")
@pytest.mark.parametrize(
    "line",
    [
        "<img src=x onerror=alert(1)>: passed over, its name holds '<'",
        "=HYPERLINK(1): passed over, its name begins with '='",
        "a*b: passed over, its name holds '*'",
        "new\N{REPLACEMENT CHARACTER}line: passed over",
        "bytes\N{REPLACEMENT CHARACTER}: passed over",
        "has 200 characters, the limit is 120",
        "linked_student: passed over, links are not followed",
        "nothing: nothing was handed in",
        "beside the notebook, not looked at: conftest, numpy.py",
        "beside the notebook, not looked at: copy.ipynb",
        "`00_start_here (1).ipynb` was graded: it is newer than `00_start_here.ipynb`",
    ],
)
def test_what_is_passed_over_is_told(odd, line):
    assert line in odd[2]


@pytest.mark.needs("bubblewrap")
def test_only_the_notebook_itself_is_kept(odd):
    _, out, _ = odd
    kept = {p.name for p in (out / "submitted").rglob("*") if p.is_file() or p.is_symlink()}
    assert kept == {FILE}
    assert not (out / "submitted" / "huge" / CHAPTER / FILE).exists()
    assert not (out / "submitted" / "link" / CHAPTER / FILE).exists()
    assert not [p for p in out.rglob("*") if p.name == "secret"]


@pytest.mark.needs("bubblewrap")
def test_a_student_without_a_notebook_is_known_to_the_gradebook(odd):
    with sqlite3.connect(odd[1] / "gradebook.db") as db:
        students = {name for (name,) in db.execute("SELECT id FROM student")}
    db.close()
    assert "nothing" in students
    assert "linked_student" not in students


def test_a_file_that_grows_beyond_the_limit_is_not_read(tmp_path):
    path = hand_in(tmp_path, "ada", b"{}")
    (submission,), _, _ = find(tmp_path, [CHAPTER], [CHAPTER])
    with path.open("wb") as file:
        file.truncate(sizes.NOTEBOOK + 1)
    data, problem = submission.read()
    assert data == b""
    assert problem[0] == "too_large"
    path.unlink()
    path.symlink_to("/etc/hostname")
    assert submission.read()[0] == b""


class Writer:
    """Notes what a batch tells the writer."""

    def __init__(self) -> None:
        self.directory = SimpleNamespace(log=logging.getLogger("quiet"))
        self.begun: list[str] = []
        self.failed: dict[str, str] = {}

    def begin(self, submission, data):
        self.begun.append(submission.student)

    def record(self, submission, graded, digest):
        assert graded.notebook == submission.student
        return SimpleNamespace(rows=[], record=submission.student, changed=[], page=True)

    def fail(self, submission, why):
        self.failed[submission.student] = why
        return []


def task(student: str, data: bytes = b"") -> Task:
    job = Job(COURSE, CHAPTER, "", data or student.encode())
    return Task(Submission(student, CHAPTER, Path(student)), job, "-")


def test_a_worker_that_dies_costs_its_own_submission_alone(monkeypatch):
    monkeypatch.setattr(pools, "grade_one", grade_or_die)
    logging.getLogger("quiet").addHandler(logging.NullHandler())
    logging.getLogger("quiet").propagate = False
    pool, writer = Cores(2), Writer()
    tasks = [task(f"s{i}") for i in range(8)]
    tasks[3:3] = [task("deadly", DEADLY)]
    try:
        done = list(Batch(pool, writer).run(iter(tasks)))
    finally:
        pool.close()
    assert sorted(d.record for d in done if d.record) == [f"s{i}" for i in range(8)]
    assert list(writer.failed) == ["deadly"]
    assert "not graded (BrokenProcessPool" in writer.failed["deadly"]


class Slow:
    """An executor whose jobs end one by one, the last that came first."""

    slots = 4

    def __init__(self) -> None:
        self.waiting: list[tuple[Future, Job]] = []
        self.most = 0

    def submit(self, job):
        future = Future()
        self.waiting.append((future, job))
        self.most = max(self.most, len(self.waiting))
        if len(self.waiting) == self.slots or b"last" in job.data:
            while self.waiting:
                ready, theirs = self.waiting.pop()
                ready.set_result(grade_or_die(theirs))
        return future


def test_no_more_than_the_slots_are_under_way():
    executor, writer, read = Slow(), Writer(), []

    def tasks():
        for i in range(40):
            read.append(i)
            yield task(f"s{i}")
        yield task("last")

    for n, _ in enumerate(Batch(executor, writer).run(tasks())):
        assert len(read) <= n + 1 + executor.slots
    assert executor.most == executor.slots
    assert len(writer.begun) == 41


def test_a_second_grader_in_the_same_directory_is_refused(tmp_path, capsys):
    hand_in(tmp_path / "submitted", "ada", GOOD)
    (tmp_path / "out").mkdir()
    with locked(tmp_path / "out"):
        args = ["grade", str(tmp_path / "submitted"), "--out", str(tmp_path / "out")]
        assert main(args) == 2
    assert "Another grader is at work" in capsys.readouterr().err
