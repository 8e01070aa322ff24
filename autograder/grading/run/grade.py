"""`autograder grade`: one batch of submissions, from what was handed in to grades.csv.

The first submissions are graded beside the key. Nothing of them is written before the key has full
marks; where it falls short beside them it is graded again, alone, and that decides.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook
from sqlalchemy.exc import SQLAlchemyError

from autograder.core.course import Course
from autograder.core.verdict import ERROR
from autograder.errors import Exit, GradingError, SandboxError, brief
from autograder.grading.people.enrolment import Member, enrol
from autograder.grading.people.enrolment import write as write_people
from autograder.grading.people.links import KEPT, NOTED, kept_links
from autograder.grading.reports import page
from autograder.grading.run.batch import Batch, Stopped
from autograder.grading.run.case_seeds import fingerprint, new_secret
from autograder.grading.run.key import full_marks, key_job
from autograder.grading.run.pending import Rules, tasks
from autograder.grading.run.pools import Executor
from autograder.grading.run.progress_report import ProgressReport
from autograder.grading.run.start import Options
from autograder.grading.run.version import chapter_version
from autograder.grading.store import database, records
from autograder.grading.store.class_directory import (
    ClassDirectory,
    log_to,
    settings_of,
)
from autograder.grading.store.gradebook import (
    NOTHING,
    Row,
    all_rows,
    by_submission,
    handed,
    write_csv,
)
from autograder.grading.store.writer import Writer
from autograder.grading.submissions import HandedIn
from autograder.io import write_file
from autograder.sandbox.bubblewrap import NONE
from autograder.sandbox.cgroup import bounds


def grade_found(
    course: Course,
    submitted: Path,
    out: Path,
    found: HandedIn,
    options: Options,
    executor: Executor,
) -> int:
    """Grade what was found in a directory that is locked; return the exit status."""
    with log_to(out / "nbgrader.log") as log, gradebook_failures():
        db = database.chosen(out, options.db, settings_of(out)["db"])
        directory = ClassDirectory(course, out, log, db)
        return _Run(submitted, directory, found, options, executor).go()


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


def round_off(directory: ClassDirectory, gb: Gradebook, writer: Writer) -> list[Row]:
    """Write what sums up the class, grades.csv and the report; return the rows.

    Due dates, points and names are applied here, to the scores as they were graded. Where they are
    not those of the last time, every page is written again.
    """
    settings = settings_of(directory.root)
    ours = writer.settle(settings["due"])
    shown = hashlib.sha256(repr(directory.agreed).encode("utf-8", "replace")).hexdigest()
    if settings["shown"] not in ("", shown):
        n = sum(writer.write_page(*one) for one in list(by_submission(gb, directory, False)))
        print(f"Names, dates or points have changed: {n} pages were written again.")
    directory.save(due=ours, shown=shown)
    made = all_rows(gb, directory)
    write_csv(directory.root / "grades.csv", made, directory.agreed, handed(gb))
    for row in made:
        if row.status == NOTHING:
            writer.write_absent(row.student, row.chapter)
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
    from autograder.grading.reports.class_report import make_report

    known = directory.agreed
    if not any(m.key for m in known.members.values()):  # no class list: whom `collect` knows
        links = kept_links(directory.root)
        members = {link.student: Member(link.student) for link in links} | dict(known.members)
        known = known._replace(members=members)
    path = directory.root / "report.html"
    write_file(path, make_report(directory.course, by_submission(gb, directory), known))
    return path


def new_writer(directory: ClassDirectory, gb: Gradebook, seed: int) -> Writer:
    """Return the writer of a directory, with the pages of `reports`."""
    return Writer(directory, gb, fingerprint(seed), page)


def _one_user(students: list[str]) -> list[str]:
    """Return a line where all students may be one user of the system."""
    try:
        mine = {"root", "jovyan", getpass.getuser()}
    except (OSError, KeyError):  # an account without a name
        mine = {"root", "jovyan"}
    if len(students) != 1 or students[0] not in mine:
        return []
    return [
        f"The only student is {students[0]}, a user of the system. A hub that runs everybody as "
        "one user hands in everybody's work under that name, and the last of it stays."
    ]


class _Run:
    """One run of the command."""

    def __init__(
        self,
        submitted: Path,
        directory: ClassDirectory,
        found: HandedIn,
        options: Options,
        executor: Executor,
    ) -> None:
        self.submitted, self.directory = submitted, directory
        self.options, self.executor = options, executor
        enrolled = enrol(directory.root, submitted, found, options.roster)
        directory.agreed = directory.agreed._replace(members=enrolled.members)
        self.found = found._replace(submissions=enrolled.submissions)
        self.lines = [*enrolled.lines, *directory.agreed.strangers(), *_one_user(found.students)]
        self.chapters = sorted({s.chapter for s in found.submissions})
        seed = options.seed
        if seed is None:  # a class has the same cases, however often grading is started
            noted = (directory.root / "run.json").is_file()
            seed = settings_of(directory.root)["seed"] if noted else new_secret()
        self.seed: int = seed

    def go(self) -> int:
        """Grade; return the exit status."""
        for line in (*self.found.stray, *self.lines):
            print(line)
        options = self.options
        isolation = self._grade_key()
        if isolation == NONE:
            print("Answers run WITHOUT a sandbox: they can do all that this account can.")
        about = {"seed": self.seed, "timeout": options.timeout, "level": options.level}
        self.directory.lay_out(self.chapters, **about, finished=False)
        with self.directory.gradebook() as gb:
            progress, stopped = self._grade_all(gb)
        return self._stopped(progress, stopped) if stopped else self._sum_up(progress, isolation)

    def _grade_key(self) -> str:
        """Grade the key, and beside it the first submissions; return how it was isolated."""
        print(f"the key of {', '.join(self.chapters)}: ", end="", flush=True)
        course, executor, options = self.directory.course, self.executor, self.options
        about = (self.seed, options.limits, options.level, executor.isolation(options.level))
        jobs = {c: key_job(course, c, *about) for c in self.chapters}
        futures = {c: executor.submit(job) for c, job in jobs.items()}
        others = self._begin_first({c: job.release for c, job in jobs.items()})
        for chapter in self.chapters:
            chapter_version(course, chapter)  # made once, now that there is time
        try:
            graded = full_marks(course, futures)
        except (GradingError, SandboxError):
            if not others:
                raise
            executor.afresh()
            graded = full_marks(course, {c: executor.submit(job) for c, job in jobs.items()})
        print("full marks", flush=True)
        return next(iter(graded.values())).isolation

    def _begin_first(self, releases: dict[str, str]) -> bool:
        """Begin the first submissions where it is plain that all are to be graded."""
        new = not self.directory.db and not (self.directory.root / "gradebook.db").exists()
        first = self.found.submissions[: self.executor.early if new or self.options.force else 0]
        rules = self._rules(releases)
        for submission in first:
            with contextlib.suppress(Exception):  # it is said when it is graded
                data, problem = submission.read()
                job = rules.job(self.directory.course, submission, data, problem)
                self.executor.begin(job)
        return bool(first)

    def _rules(self, releases: dict[str, str]) -> Rules:
        options = self.options
        isolation = self.executor.isolation(options.level)
        about = (self.seed, options.limits, options.level, releases, options.force)
        return Rules(*about, isolation)

    def _grade_all(self, gb: Gradebook) -> tuple[ProgressReport, int]:
        """Grade the class; return its progress, and the number of a signal that stopped it."""
        directory, executor = self.directory, self.executor
        rules = self._rules({c: directory.released(c) for c in self.chapters})
        writer = new_writer(directory, gb, self.seed)
        writer.enrol(self.found.students)
        for line in writer.move():
            print(line)
        stopped = 0
        with log_to(directory.root / "grading.log", "grading", "a") as log:
            log.info("%s", bounds())
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
                    self._round_off(gb, writer)
            log.info("%s", "stopped" if stopped else "the end")
        return progress, stopped

    def _round_off(self, gb: Gradebook, writer: Writer) -> None:
        noted = self.submitted / NOTED
        if noted.is_file() and not noted.is_symlink():
            write_file(self.directory.root / KEPT, noted.read_bytes())
        write_people(self.directory.root, self.directory.agreed.members)
        self.rows = round_off(self.directory, gb, writer)

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
