"""`autograder grade`: one batch of submissions, from what was handed in to grades.csv."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nbgrader.api import Gradebook
from sqlalchemy.exc import SQLAlchemyError

from autograder.authoring.source import chapter_names
from autograder.core.course import Course
from autograder.core.verdict import ERROR
from autograder.errors import Exit, GradingError, SandboxError, brief
from autograder.grading.reports import page
from autograder.grading.run import pools
from autograder.grading.run.batch import Batch, Stopped
from autograder.grading.run.key import key_job, need_full_marks
from autograder.grading.run.lock import locked
from autograder.grading.run.pending import Rules, tasks
from autograder.grading.run.pools import FROM_CONFIGURATION, Executor, Tls, cores
from autograder.grading.run.progress_report import ProgressReport
from autograder.grading.store import database, records
from autograder.grading.store.class_directory import (
    ClassDirectory,
    check_path,
    log_to,
    settings_of,
)
from autograder.grading.store.gradebook import Row, all_rows, by_submission, write_csv
from autograder.grading.store.writer import Writer
from autograder.grading.submissions import HandedIn, find
from autograder.io import write_file
from autograder.sandbox.bubblewrap import NONE, REQUIRED
from autograder.sandbox.limits import Limits


class Options(NamedTuple):
    """What the command line says; None and "" stand for what is usual."""

    seed: int | None = None
    chapters: tuple[str, ...] = ()
    workers: int | None = None
    dask: str = ""
    tls: Tls = FROM_CONFIGURATION
    db: str = ""
    level: str = REQUIRED
    timeout: float = Limits().call
    force: bool = False


def grade(course: Course, submitted: Path, out: Path, options: Options) -> int:
    """Grade every submission that is not graded yet; return the exit status."""
    known = [name for name in chapter_names(course) if name in course.names]
    for name in options.chapters:
        if name not in known:
            raise GradingError(f"There is no chapter {name}. The chapters: {', '.join(known)}.")
    found = find(submitted, known, list(options.chapters) or known)
    _check_place(submitted, out)
    with locked(out), log_to(out / "nbgrader.log") as log, gradebook_failures():
        db = database.chosen(out, options.db, settings_of(out)["db"])
        return _Run(submitted, ClassDirectory(course, out, log, db), found, options).go()


@contextlib.contextmanager
def gradebook_failures() -> Iterator[None]:
    """Turn a database's exceptions into one sentence."""
    try:
        yield
    except SQLAlchemyError as error:
        why = brief(getattr(error, "orig", None) or error)
        raise GradingError(f"The gradebook failed ({why}).") from error


def check_graded(out: Path) -> None:
    """Raise GradingError where `autograder grade` has not been."""
    if not out.is_dir():
        raise GradingError(f"There is no directory {out}. `autograder grade` makes it.")
    if not (out / "gradebook.db").is_file() and not settings_of(out)["db"]:
        raise GradingError(f"There is no gradebook.db in {out}. `autograder grade` makes it.")


def round_off(directory: ClassDirectory, gb: Gradebook) -> list[Row]:
    """Write what sums up the class, grades.csv and the report; return the rows."""
    made = all_rows(gb, directory)
    write_csv(directory.root / "grades.csv", made)
    _write_report(directory, gb)
    return made


def _write_report(directory: ClassDirectory, gb: Gradebook) -> None:
    """Write report.html; the grades are there, whatever becomes of it."""
    try:
        write_report(directory, gb)
    except Exception as error:
        directory.log.exception("the class report")
        print(f"autograder: no class report was written ({brief(error)}).", file=sys.stderr)


def write_report(directory: ClassDirectory, gb: Gradebook) -> Path:
    """Write report.html from what is graded; return its path."""
    from autograder.grading.reports.class_report import make_report, read_roster

    roster = read_roster(directory.root / "roster.csv")
    path = directory.root / "report.html"
    write_file(path, make_report(directory.course, by_submission(gb, directory), roster))
    return path


def new_writer(directory: ClassDirectory, gb: Gradebook, seed: int) -> Writer:
    """Return the writer of a directory, with the pages of `reports`."""
    return Writer(directory, gb, seed, page)


class _Run:
    """One run of the command."""

    def __init__(
        self, submitted: Path, directory: ClassDirectory, found: HandedIn, options: Options
    ) -> None:
        self.submitted, self.directory = submitted, directory
        self.found, self.options = found, options
        self.chapters = sorted({s.chapter for s in found.submissions})
        self.limits = Limits(call=options.timeout)
        seed = options.seed
        if seed is None:  # a class has the same cases, however often grading is started
            noted = (directory.root / "run.json").is_file()
            seed = settings_of(directory.root)["seed"] if noted else secrets.randbelow(2**31)
        self.seed: int = seed

    def go(self) -> int:
        """Grade; return the exit status."""
        for line in self.found.stray:
            print(line)
        options = self.options
        with pools.opened(
            self.directory.course, options.workers or cores(), options.dask, options.tls
        ) as executor:
            isolation = self._grade_key(executor)
            if isolation == NONE:
                print("Answers run WITHOUT a sandbox: they can do all that this account can.")
            about = {"seed": self.seed, "timeout": options.timeout, "level": options.level}
            self.directory.lay_out(self.chapters, **about, finished=False)
            with self.directory.gradebook() as gb:
                progress, stopped = self._grade_all(executor, gb)
        return self._stopped(progress, stopped) if stopped else self._sum_up(progress, isolation)

    def _grade_key(self, executor: Executor) -> str:
        """Grade the key; return how it was isolated."""
        print(f"the key of {', '.join(self.chapters)}: ", end="", flush=True)
        level = self.options.level
        course = self.directory.course
        jobs = {c: key_job(course, c, self.seed, self.limits, level) for c in self.chapters}
        futures = {c: executor.submit(job) for c, job in jobs.items()}
        graded = {}
        for chapter, future in futures.items():
            try:
                graded[chapter] = future.result()
            except (GradingError, SandboxError):
                raise
            except Exception as error:
                raise GradingError(
                    f"The grader is broken: the key of {chapter} did not run ({brief(error)})."
                ) from error
        need_full_marks(course, graded)
        print("full marks", flush=True)
        return next(iter(graded.values())).isolation

    def _grade_all(self, executor: Executor, gb: Gradebook) -> tuple[ProgressReport, int]:
        """Grade the class; return its progress, and the number of a signal that stopped it."""
        directory, options = self.directory, self.options
        releases = {c: directory.released(c) for c in self.chapters}
        rules = Rules(self.seed, self.limits, options.level, releases, options.force)
        writer = new_writer(directory, gb, self.seed)
        writer.enrol(self.found.students)
        stopped = 0
        with log_to(directory.root / "grading.log", "grading", "a") as log:
            with ProgressReport(len(self.found.submissions), log) as progress:
                pending = tasks(
                    directory, rules, self.found.submissions, records.known(gb), progress.unchanged
                )
                try:
                    for done in Batch(executor, writer).run(pending):
                        progress.done(done)
                except Stopped as signal:
                    stopped = signal.args[0]
                    executor.close(now=True)
                finally:  # what is graded is graded
                    self._round_off(gb)
            log.info("%s", "stopped" if stopped else "the end")
        return progress, stopped

    def _round_off(self, gb: Gradebook) -> None:
        roster = self.submitted / ".roster.csv"
        if roster.is_file() and not roster.is_symlink():
            write_file(self.directory.root / "roster.csv", roster.read_bytes())
        self.rows = round_off(self.directory, gb)

    def _stopped(self, progress: ProgressReport, number: int) -> int:
        n = len(self.found.submissions)
        left = n - progress.graded - progress.same
        print(f"\nStopped: {left} of {n} submissions are left.", end=" ")
        print("The same command goes on where this one ended.")
        return 128 + number

    def _sum_up(self, progress: ProgressReport, isolation: str) -> int:
        self.directory.save(finished=True)
        root, n = self.directory.root, len(self.found.submissions)
        same = f", {progress.same} of them graded before and unchanged" if progress.same else ""
        mine = {(s.student, s.chapter) for s in self.found.submissions}
        errors = {(r.student, r.chapter) for r in self.rows if r.status == ERROR} & mine
        print(f"\n{n} submissions{same}; {len(errors)} with an error. The seed was {self.seed}.")
        if progress.failed:
            n = progress.failed
            print(f"In {n} of them the grader failed, not the student; see nbgrader.log.")
        print(f"Sandbox: {isolation}.")
        for what in ("grades.csv", "gradebook.db", "feedback", "grading.log", "report.html"):
            if (root / what).exists():
                print(f"  {root / what}")
        return Exit.SOME_FAILED if progress.failed else Exit.DONE


def _check_place(submitted: Path, out: Path) -> None:
    here, there = submitted.resolve(), out.resolve()
    if there == here or here in there.parents:
        raise GradingError(f"--out {out} lies inside {submitted}; choose a directory outside it.")
    if out.exists() and not out.is_dir():
        raise GradingError(f"--out {out} is a file, not a directory.")
    check_path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradingError(f"--out {out} cannot be made: {error.strerror}.") from error
