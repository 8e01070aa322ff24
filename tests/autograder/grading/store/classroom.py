"""A class directory with one chapter and its gradebook, in this process, made in milliseconds.

What comes of a submission is made up here, so that a test says which score it wants to see stand.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from autograder.course import COURSE
from autograder.grading.job import Graded, Result
from autograder.grading.notebooks.check_cells import is_check, write
from autograder.grading.store.class_directory import ClassDirectory
from autograder.grading.store.writer import Writer
from autograder.grading.submissions import Submission
from tests.helpers.submissions import CHAPTER, hand_in, notebook, solved, written

WRITTEN = written(notebook())[0]
POINTS = {"sigmoid": 2.0, "affine": 3.0, WRITTEN: 2.0}
LOG = logging.Logger("quiet")
LOG.addHandler(logging.NullHandler())


class Pages:
    """Writes pages that say in one line what they were made of."""

    def __init__(self, breaks: bool = False) -> None:
        self.breaks = breaks

    def render_page(self, course, nb, rows, student, chapter, walls, comments=None) -> str:
        if self.breaks:
            raise ValueError("the page")
        scores = {row.exercise: row.score for row in rows}
        return json.dumps({"scores": scores, "walls": walls, "comments": comments})

    def write_plain(self, path: Path, title: str, says: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(says, encoding="utf-8")


class Classroom:
    """A directory, its open gradebook, and what persons and students do there."""

    def __init__(self, root: Path, config: str = "") -> None:
        self.root, self.submitted = root / "graded", root / "submitted"
        for name, data in _laid_out().items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_bytes(data)
        with (self.root / "nbgrader_config.py").open("a") as file:
            file.write(config)
        self.directory = ClassDirectory(COURSE, self.root, LOG)
        self.gb = self.directory.gradebook()

    def writer(self, pages: Pages | None = None, seed: int = 3) -> Writer:
        """Return a writer that has seen nothing, as a fresh run has it."""
        return Writer(self.directory, self.gb, seed, pages or Pages())

    def hand_in(self, student: str = "ada", stamp: str = "", **answers: str) -> Submission:
        """Hand in the key with these answers in its place."""
        return handed_in(self.submitted, student, stamp, **answers)

    def grade(self, submission: Submission, made: Graded, writer: Writer | None = None) -> Any:
        """Do what a run does that nothing disturbs."""
        writer = writer or self.writer()
        writer.begin(submission, submission.read()[0])
        return writer.record(submission, made, "digest")

    def score_by_hand(self, cell: str, score: float, student: str = "ada") -> None:
        """Do what formgrader does where a person scores a cell: nobody is asked any more."""
        with self.changing(cell, student) as grade:
            grade.manual_score, grade.needs_manual_grade = score, False

    def mark(self, cell: str, student: str = "ada") -> tuple[float | None, float | None, bool]:
        """Return the automatic score, a person's, and whether a person is asked to look."""
        with self.changing(cell, student) as grade:
            return grade.auto_score, grade.manual_score, grade.needs_manual_grade

    def total(self, student: str = "ada") -> float:
        """Return the score of the chapter as nbgrader shows it."""
        self.gb.db.expire_all()
        return self.gb.find_submission(CHAPTER, student).score

    def penalty(self, student: str = "ada") -> float:
        """Return what is taken off the score for being late."""
        self.gb.db.expire_all()
        return self.gb.find_submission(CHAPTER, student).late_submission_penalty

    def page(self, student: str = "ada") -> str:
        """Return a student's page."""
        return self.directory.path("feedback", student, CHAPTER, ".html").read_text("utf-8")

    @contextlib.contextmanager
    def changing(self, cell: str, student: str = "ada") -> Iterator[Any]:
        """Yield a cell's grade, to be committed."""
        yield self.gb.find_grade(cell, CHAPTER, CHAPTER, student)
        self.gb.db.commit()
        self.gb.db.expunge_all()


def handed_in(root: Path, student: str = "ada", stamp: str = "", **answers: str) -> Submission:
    """Write a submission and return it."""
    path = hand_in(root, student, solved("sigmoid", "affine", **answers))
    if stamp:
        (path.parent / "timestamp.txt").write_text(stamp)
    return Submission(student, CHAPTER, path)


def came(
    sigmoid: float = 2.0,
    affine: float = 3.0,
    answers: dict[str, str] | None = None,
    said: str = "",
    **fields: Any,
) -> Graded:
    """Return what came of a submission: these scores, and these answers that were changed.

    `said` is what the notebook's own checks have said of what has failed.
    """
    answers = {"sigmoid": "s", "affine": "a"} if answers is None else answers
    nb = nbformat.v4.reads(_laid_out()[f"release/{CHAPTER}/{CHAPTER}.ipynb"].decode())
    results = []
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name in answers and name == WRITTEN:
            cell.source = answers[name]
        if is_check(cell):
            exercise = name.removeprefix("check_")
            score = {"sigmoid": sigmoid, "affine": affine}[exercise]
            status = "passed" if score == POINTS[exercise] else "failed"
            of = (exercise, status, "", score, POINTS[exercise], "", "<p>panel</p>", False)
            results.append(Result(*of, "" if status == "passed" else said))
            write(cell, results[-1])
    made = Graded(tuple(results), nbformat.v4.writes(nb), (), answers, None, "bubblewrap", 0.5)
    return made._replace(**fields)


@contextlib.contextmanager
def opened(root: Path, config: str = "") -> Iterator[Classroom]:
    """Yield a classroom; its gradebook is closed at the end."""
    room = Classroom(root, config)
    with contextlib.closing(room.gb):
        yield room


@functools.cache
def _laid_out() -> dict[str, bytes]:
    """Return the files of a directory in which nothing was graded yet."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "graded"
        root.mkdir()
        ClassDirectory(COURSE, root, LOG).lay_out([CHAPTER], seed=3)
        files = [p for p in root.rglob("*") if p.is_file()]
        return {str(p.relative_to(root)): p.read_bytes() for p in files}
