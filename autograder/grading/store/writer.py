"""The one writer: what came of a submission -> nbgrader's gradebook, our record, and files.

Scores and record are one transaction: whenever the grader is killed, either all of a submission's
grading is there, or none of it. A submission that is to be graded again loses its old scores first.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import nbformat
from nbgrader.api import Gradebook, Student
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select

from autograder.core.course import Course
from autograder.grading.job import Graded
from autograder.grading.store import records
from autograder.grading.store.class_directory import ClassDirectory, config_failures
from autograder.grading.store.gradebook import Row, graded_cells, marks, rows
from autograder.grading.store.moved import move
from autograder.grading.store.penalties import names, settle
from autograder.grading.store.records import NOT_GRADED, CheckRecord, Record
from autograder.grading.store.scores import ChapterCells, Scores, find
from autograder.grading.submissions import SECRET, STAMP, Submission
from autograder.grading.terms.lateness import Standing
from autograder.io import write_file

UNFINISHED = "Grading it has begun and not ended. Start `autograder grade` again."
NOTHING_SAYS = "Nothing was handed in for this chapter."
FAILED = (
    "This submission could not be graded, and this is not your mistake: the grader failed. "
    "Whoever runs the course will look into it."
)


class Written(NamedTuple):
    """What was recorded; the answers that changed since a person scored them; is there a page."""

    record: Record
    rows: list[Row]
    changed: list[str]
    page: bool


class Pages(Protocol):
    """Makes a student's page: `autograder.grading.reports.page`."""

    def render_page(
        self,
        course: Course,
        nb: Any,
        rows: list[Row],
        student: str,
        chapter: str,
        isolation: str,
        comments: dict[str, str] | None = None,
    ) -> str:
        """Return the page as HTML."""

    def write_plain(self, path: Path, title: str, says: str) -> None:
        """Write a page that holds one sentence."""


class Writer:
    """The one writer of a gradebook: while it is open, nothing else writes there."""

    def __init__(self, directory: ClassDirectory, gb: Gradebook, seed: int, pages: Pages) -> None:
        self.directory, self.gb, self.seed, self.pages = directory, gb, seed, pages
        with config_failures(directory.root):  # it names a plugin, which may not be there
            self.penalties = AssignLatePenalties(config=directory.config, log=directory.log)
            self.penalties.init_plugin()
        self.chapters: dict[str, ChapterCells] = {}

    def enrol(self, students: list[str]) -> None:
        """Make known to nbgrader, by name, whoever has a directory or is on the class list."""
        with self._transaction():
            there = {s.id: s for s in self.gb.db.scalars(select(Student))}
            for name in dict.fromkeys((*students, *self.directory.agreed.members)):
                student = there.get(name)
                if student is None:
                    student = Student(id=name)
                    self.gb.db.add(student)
                names(student, self.directory.agreed.member(name))

    def move(self) -> list[str]:
        """Give what was graded under directories' names to the persons that they are by now."""
        return move(self.directory, self.gb)

    def settle(self, before: Any) -> list[str]:
        """Set due dates and penalties in nbgrader's tables; return whose due dates are ours."""
        return settle(self.directory, self.gb, self.penalties, before)

    def begin(self, submission: Submission, data: bytes) -> None:
        """Take away what an earlier grading left, and keep the file as it was handed in.

        From here to `record` the submission has no automatic score, whatever happens.
        """
        student, chapter = submission.student, submission.chapter
        time = submission.time()
        with self._transaction():
            if find(self.gb, self._chapter(chapter), student) is not None:
                self._clear(student, chapter, UNFINISHED)
        for step in ("autograded", "feedback", "submitted"):
            self._remove(step, student, chapter)
        kept = self.directory.path("submitted", student, chapter)
        kept.parent.mkdir(parents=True)
        if time is not None:  # formgrader compares it with the gradebook's
            write_file(kept.parent / STAMP, f"{time:%Y-%m-%d %H:%M:%S.%f} UTC\n")
        if secret := submission.secret():
            write_file(kept.parent / SECRET, secret)
        if data:
            write_file(kept, data)

    def record(self, submission: Submission, graded: Graded, digest: str) -> Written:
        """Write what came of a submission that `begin` has seen."""
        student, chapter = submission.student, submission.chapter
        nb = nbformat.v4.reads(graded.notebook)
        made = Record(
            *(student, chapter, digest, self.seed, graded.isolation, graded.seconds, _now()),
            notes=(*graded.notes, *_beside(submission)),
            refused=graded.refused,
            results=tuple(CheckRecord.of(r) for r in graded.results),
            answers=graded.answers,
            about=submission.about(),
        )
        with self._transaction():
            before = records.get(self.gb, student, chapter) or Record(student, chapter)
            scores = self._scores(student, chapter)
            asked = scores.asked()
            scores.hand_in(submission.time())
            scores.save(nb, self.directory.log)
            changed = scores.keep(before, graded.answers, asked)
            standing = self._standing(made, scores)
            scores.penalize(self.penalties, standing)
            records.put(self.gb, made)
            found = self._rows(made, nb, scores)
            write_file(self.directory.path("autograded", student, chapter), graded.notebook)
            page = self._write_page(made, found, nb, scores)
        return Written(made, found, changed, page)

    def fail(self, submission: Submission, why: str) -> list[Row]:
        """Record that the grader failed: no score of its own stands; the next run tries again."""
        student, chapter = submission.student, submission.chapter
        with self._transaction():
            scores = self._clear(student, chapter, why)
            made = records.get(self.gb, student, chapter) or Record(student, chapter)
            found = self._rows(made, nbformat.v4.reads(self.directory.released(chapter)), scores)
        self._remove("autograded", student, chapter)
        self._write_failed(student, chapter)
        return found

    def write_page(self, record: Record, made: list[Row]) -> bool:
        """Write a page anew, with what persons have put into the gradebook; return if it is one."""
        student, chapter = record.student, record.chapter
        if not record.digest:
            self._write_failed(student, chapter)
            return True
        path = self.directory.path("autograded", student, chapter)
        nb = nbformat.v4.reads(path.read_text(encoding="utf-8"))
        with self._transaction():
            return self._write_page(record, made, nb, self._scores(student, chapter))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            yield
            self.gb.db.commit()
        except BaseException:
            self.gb.db.rollback()
            raise
        finally:
            self.gb.db.expunge_all()  # or the session holds the whole class in the end

    def _clear(self, student: str, chapter: str, why: str) -> Scores:
        """Clear a submission's scores; its record keeps what a person's scores were given for."""
        before = records.get(self.gb, student, chapter) or Record(student, chapter)
        scores = self._scores(student, chapter)
        asked = scores.asked()
        if not before.digest:  # of an interrupted grading: whoever has looked since has looked
            asked = {n: now and before.asked.get(n, True) for n, now in asked.items()}
        scores.clear()
        made = Record(student, chapter, "", self.seed, time=_now(), refused=(NOT_GRADED, why))
        records.put(self.gb, made._replace(answers=before.answers, asked=asked))
        return scores

    def _scores(self, student: str, chapter: str) -> Scores:
        return Scores(self.gb, self._chapter(chapter), student)

    def _chapter(self, name: str) -> ChapterCells:
        if name not in self.chapters:
            self.chapters[name] = ChapterCells(self.gb, name)
        return self.chapters[name]

    def _rows(self, record: Record, nb: Any, scores: Scores) -> list[Row]:
        self.gb.db.flush()
        standing = self._standing(record, scores)
        found = marks(self.gb, grades=[grade.id for grade in scores.grades.values()])
        mine = found[record.student, record.chapter]
        return rows(graded_cells(nb.cells), mine, record, standing)

    def _standing(self, record: Record, scores: Scores) -> Standing:
        time, taken = scores.submission.timestamp, scores.taken()
        late = bool(record.about.get("late"))
        agreed = self.directory.agreed
        return agreed.standing(record.student, record.chapter, time, late, taken)

    def _write_page(self, record: Record, made: list[Row], nb: Any, scores: Scores) -> bool:
        student, chapter = record.student, record.chapter
        try:
            page = self.pages.render_page(
                self.directory.course,
                nb,
                made,
                self.directory.agreed.shown(student),
                chapter,
                record.isolation,
                scores.remarks(),
            )
        except Exception:  # the scores are right all the same
            self.directory.log.exception("the page of %s/%s", student, chapter)
            self._write_failed(student, chapter)
            return False
        write_file(self.directory.path("feedback", student, chapter, ".html"), page)
        self._release(student, chapter)
        return True

    def _release(self, student: str, chapter: str) -> None:
        """Put beside a page what `nbgrader release_feedback` asks for.

        A secret is the exchange's, or is drawn: nobody fetches with that, and nothing fails.
        """
        kept = self.directory.path("submitted", student, chapter).parent
        page = self.directory.path("feedback", student, chapter, ".html").parent
        for name, otherwise in ((STAMP, ""), (SECRET, secrets.token_hex(64))):
            there, here = page / name, kept / name
            if here.is_file() and not here.is_symlink():
                there.write_bytes(here.read_bytes())
            elif not there.is_file():
                there.write_text(otherwise, encoding="utf-8")

    def _write_failed(self, student: str, chapter: str) -> None:
        page = self.directory.path("feedback", student, chapter, ".html")
        self.pages.write_plain(page, self._title(student, chapter), FAILED)
        self._release(student, chapter)

    def write_absent(self, student: str, chapter: str) -> None:
        """Write the page of somebody who has handed in nothing."""
        page = self.directory.path("feedback", student, chapter, ".html")
        due = self.directory.agreed.due(student, chapter)
        until = f" Due: {self.directory.agreed.terms.local(due)}." if due else ""
        self.pages.write_plain(page, self._title(student, chapter), NOTHING_SAYS + until)
        self._release(student, chapter)

    def _title(self, student: str, chapter: str) -> str:
        return f"{chapter} · {self.directory.agreed.shown(student)}"

    def _remove(self, step: str, student: str, chapter: str) -> None:
        shutil.rmtree(self.directory.path(step, student, chapter).parent, ignore_errors=True)


def _beside(submission: Submission) -> tuple[str, ...]:
    which = (submission.note,) if submission.note else ()
    if not submission.beside:
        return which
    names = ", ".join(submission.beside[:5]) + (", …" if len(submission.beside) > 5 else "")
    return (*which, f"Beside the notebook lies {names}: it was not looked at.")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
