"""`autograder grade`: one batch of submissions, from what was handed in to grades.csv."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import NamedTuple

from nbgrader.api import Gradebook
from sqlalchemy.exc import SQLAlchemyError

from autograder.authoring.source import chapter_names
from autograder.core.verdict import ERROR
from autograder.course.chapters import CHAPTERS
from autograder.grading import GradingError, brief
from autograder.grading.run import pools
from autograder.grading.run.batch import Batch, Stopped
from autograder.grading.run.key import key_job, need_full_marks
from autograder.grading.run.lock import locked
from autograder.grading.run.pending import Rules, tasks
from autograder.grading.run.pools import FROM_CONFIGURATION, Executor, Tls, cores
from autograder.grading.run.progress_report import Teller
from autograder.grading.run.submissions import Found, find
from autograder.grading.store import database, records
from autograder.grading.store.class_directory import (
    Course,
    check_path,
    log_to,
    settings_of,
    write_file,
)
from autograder.grading.store.gradebook import Row, all_rows, by_submission, write_csv
from autograder.grading.store.writer import Writer
from autograder.sandbox import SandboxError
from autograder.sandbox.bubblewrap import NONE, REQUIRED
from autograder.sandbox.limits import Limits

DONE, SOME_FAILED, NOTHING = 0, 1, 2  # exit statuses; after a signal, 128 and its number


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


def grade(submitted: Path, out: Path, options: Options) -> int:
    """Grade every submission that is not graded yet; return the exit status."""
    known = [name for name in chapter_names() if any(c.name == name for c in CHAPTERS)]
    try:
        for name in options.chapters:
            if name not in known:
                raise GradingError(f"There is no chapter {name}. The chapters: {', '.join(known)}.")
        found = find(submitted, known, list(options.chapters) or known)
        _check_place(submitted, out)
        with locked(out), log_to(out / "nbgrader.log") as log:
            course = Course(out, log, database.chosen(out, options.db, settings_of(out)["db"]))
            return _Run(submitted, course, found, options).go()
    except (GradingError, SandboxError) as error:
        says = str(error)
    except SQLAlchemyError as error:
        says = f"The gradebook failed ({brief(getattr(error, 'orig', None) or error)})."
    except OSError as error:
        says = f"{error.filename or out} cannot be written or read: {error.strerror}."
    print(f"autograder: {says}", file=sys.stderr)
    return NOTHING


def check_graded(out: Path) -> None:
    """Raise GradingError where `autograder grade` has not been."""
    if not out.is_dir():
        raise GradingError(f"There is no directory {out}. `autograder grade` makes it.")
    if not (out / "gradebook.db").is_file() and not settings_of(out)["db"]:
        raise GradingError(f"There is no gradebook.db in {out}. `autograder grade` makes it.")


def round_off(course: Course, gb: Gradebook) -> list[Row]:
    """Write what sums up the class, grades.csv and the report; return the rows."""
    made = all_rows(gb, course)
    write_csv(course.root / "grades.csv", made)
    _write_report(course, gb)
    return made


def _write_report(course: Course, gb: Gradebook) -> None:
    """Write report.html; the grades are there, whatever becomes of it."""
    try:
        from autograder.grading.reports.class_report import keys, make_report, read_roster

        roster = read_roster(course.root / "roster.csv")
        page = make_report(list(by_submission(gb, course)), roster, keys())
        write_file(course.root / "report.html", page)
    except Exception as error:
        course.log.exception("the class report")
        print(f"autograder: no class report was written ({brief(error)}).", file=sys.stderr)


class _Run:
    """One run of the command."""

    def __init__(self, submitted: Path, course: Course, found: Found, options: Options) -> None:
        self.submitted, self.course, self.found, self.options = submitted, course, found, options
        self.chapters = sorted({s.chapter for s in found.submissions})
        self.limits = Limits(call=options.timeout)
        self.seed = options.seed
        if self.seed is None:  # a class has the same cases, however often grading is started
            noted = (course.root / "run.json").is_file()
            self.seed = settings_of(course.root)["seed"] if noted else secrets.randbelow(2**31)

    def go(self) -> int:
        """Grade; return the exit status."""
        for line in self.found.stray:
            print(line)
        options = self.options
        with pools.opened(options.workers or cores(), options.dask, options.tls) as executor:
            walls = self._grade_key(executor)
            if walls == NONE:
                print("Answers run WITHOUT a sandbox: they can do all that this account can.")
            about = {"seed": self.seed, "timeout": options.timeout, "level": options.level}
            self.course.lay_out(self.chapters, **about, finished=False)
            with self.course.gradebook() as gb:
                told, stopped = self._grade_all(executor, gb)
        return self._stopped(told, stopped) if stopped else self._sum_up(told, walls)

    def _grade_key(self, executor: Executor) -> str:
        """Grade the key; return the walls that it ran behind."""
        print(f"the key of {', '.join(self.chapters)}: ", end="", flush=True)
        level = self.options.level
        jobs = {c: key_job(c, self.seed, self.limits, level) for c in self.chapters}
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
        need_full_marks(graded)
        print("full marks", flush=True)
        return next(iter(graded.values())).walls

    def _grade_all(self, executor: Executor, gb: Gradebook) -> tuple[Teller, int]:
        """Grade the class; return what was told, and the number of a signal that stopped it."""
        course, options = self.course, self.options
        releases = {c: course.released(c) for c in self.chapters}
        rules = Rules(self.seed, self.limits, options.level, releases, options.force)
        writer = Writer(course, gb, self.seed)
        writer.enrol(self.found.students)
        stopped = 0
        with log_to(course.root / "grading.log", "grading", "a") as log:
            with Teller(len(self.found.submissions), log) as told:
                todo = tasks(
                    course, rules, self.found.submissions, records.known(gb), told.unchanged
                )
                try:
                    for done in Batch(executor, writer).run(todo):
                        told.done(done)
                except Stopped as signal:
                    stopped = signal.args[0]
                    executor.close(now=True)
                finally:  # what is graded is graded
                    self._round_off(gb)
            log.info("%s", "stopped" if stopped else "the end")
        return told, stopped

    def _round_off(self, gb: Gradebook) -> None:
        roster = self.submitted / ".roster.csv"
        if roster.is_file() and not roster.is_symlink():
            write_file(self.course.root / "roster.csv", roster.read_bytes())
        self.rows = round_off(self.course, gb)

    def _stopped(self, told: Teller, number: int) -> int:
        n = len(self.found.submissions)
        print(f"\nStopped: {n - told.graded - told.same} of {n} submissions are left.", end=" ")
        print("The same command goes on where this one ended.")
        return 128 + number

    def _sum_up(self, told: Teller, walls: str) -> int:
        self.course.save(finished=True)
        root, n = self.course.root, len(self.found.submissions)
        same = f", {told.same} of them graded before and unchanged" if told.same else ""
        mine = {(s.student, s.chapter) for s in self.found.submissions}
        errors = {(r.student, r.chapter) for r in self.rows if r.status == ERROR} & mine
        print(f"\n{n} submissions{same}; {len(errors)} with an error. The seed was {self.seed}.")
        if told.failed:
            print(f"In {told.failed} of them the grader failed, not the student; see nbgrader.log.")
        print(f"Sandbox: {walls}.")
        for what in ("grades.csv", "gradebook.db", "feedback", "grading.log", "report.html"):
            if (root / what).exists():
                print(f"  {root / what}")
        return SOME_FAILED if told.failed else DONE


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
