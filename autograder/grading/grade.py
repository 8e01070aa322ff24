"""`autograder grade`: one batch of submissions, from what was handed in to grades.csv."""

from __future__ import annotations

import contextlib
import logging
import secrets
import shutil
import sys
import warnings
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.chapters import CHAPTERS
from autograder.grading import GradingError, brief
from autograder.grading.course import Course, check_path, log_to
from autograder.grading.gradebook import Row, all_rows, clear, keep_manual, rows, write_csv
from autograder.grading.key import grade_key
from autograder.grading.normalise import Unreadable, normalise
from autograder.grading.pages import write_plain
from autograder.grading.submissions import Submission, find
from autograder.source import chapter_names
from autograder.verdict import BROKEN, ERROR, MANUAL, NOT_ATTEMPTED, PASSED

DONE, SOME_FAILED, NOTHING = 0, 1, 2  # exit statuses


def grade(
    submitted: Path,
    out: Path,
    seed: int | None = None,
    chapters: list[str] | None = None,
    timeout: float = 30.0,
) -> int:
    """Grade every submission; return 0, or 1 where the grader failed on one, or 2 for none."""
    try:
        with warnings.catch_warnings():
            # nbgrader adds a submission to a session after it has used it; nothing is lost by it
            warnings.filterwarnings("ignore", "Object of type <Submitted.*> not in session")
            return _grade(submitted, out, seed, chapters or [], timeout)
    except GradingError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return NOTHING


def refresh(out: Path) -> int:
    """Write feedback pages and grades.csv again, with what persons put into the gradebook."""
    try:
        check_graded(out)
    except GradingError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return NOTHING
    with log_to(out / "nbgrader.log") as log:
        course = Course(out, log)
        with course.gradebook() as gb:
            made = all_rows(gb, course)
        for student, chapter in sorted({(row.student, row.chapter) for row in made}):
            _write_page(course, student, chapter)
    write_csv(course.root / "grades.csv", made)
    _say(f"{len(made)} rows\n  {course.root / 'grades.csv'}\n  {course.root / 'feedback'}")
    return DONE


def check_graded(out: Path) -> None:
    """Raise GradingError where `autograder grade` has not been."""
    if not out.is_dir():
        raise GradingError(f"There is no directory {out}. `autograder grade` makes it.")
    if not (out / "gradebook.db").is_file():
        raise GradingError(f"There is no gradebook.db in {out}. `autograder grade` makes it.")


def _grade(submitted: Path, out: Path, seed: int | None, wanted: list[str], timeout: float) -> int:
    known = [name for name in chapter_names() if any(c.name == name for c in CHAPTERS)]
    for name in wanted:
        if name not in known:
            raise GradingError(f"There is no chapter {name}. The chapters: {', '.join(known)}.")
    found, stray = find(submitted, known, wanted or known)
    _check_place(submitted, out)
    seed = secrets.randbelow(2**31) if seed is None else seed
    chapters = sorted({s.chapter for s in found})
    for line in stray:
        _say(line)
    with log_to(out / "nbgrader.log") as log:
        _say(f"the key of {', '.join(chapters)}: ", end="")
        grade_key(chapters, log, seed, timeout)
        _say("full marks")
        course = Course(out, log)
        course.lay_out(chapters, seed=seed, timeout=timeout)
        failed = 0
        try:
            for submission in found:
                failed += not _grade_one(course, submission, log)
        finally:  # also when interrupted: what is graded is graded
            with course.gradebook() as gb:
                made = all_rows(gb, course)
            write_csv(course.root / "grades.csv", made)
    wrong = sum(1 for s in found if _has_error(made, s))
    _say(f"\n{len(found)} submissions, {wrong} of them with an error; the seed was {seed}.")
    if failed:
        _say(f"In {failed} of them the grader failed, not the student; see nbgrader.log.")
    for what in ("grades.csv", "gradebook.db", "feedback", "nbgrader.log"):
        _say(f"  {course.root / what}")
    return SOME_FAILED if failed else DONE


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


def _grade_one(course: Course, submission: Submission, log: logging.Logger) -> bool:
    """Grade one submission and print its line; return whether the grader did its part."""
    student, chapter = submission.student, submission.chapter
    fine, changed, refused = True, [], ""
    try:
        with course.gradebook() as gb:
            manual = clear(gb, course, student, chapter)
            _forget(course, student, chapter)
            try:
                _receive(course, submission)
                refused = _normalise(course, submission)
                course.autograde(student, chapter)
            except Exception as error:  # no submission may stop those after it
                log.exception("%s/%s", student, chapter)
                fine = False
                _forget(course, student, chapter)
                _say(f"{student}  {chapter}  not graded ({brief(error)})")
            changed = keep_manual(gb, course, student, chapter, manual) if fine else []
            made = rows(gb, course, student, chapter)
    except Exception as error:  # the gradebook itself
        log.exception("%s/%s", student, chapter)
        _say(f"{student}  {chapter}  not recorded ({brief(error)})")
        return False
    if fine:
        _say(f"{student}  {chapter}  {refused or _summary(made)}")
        fine = all(row.status != BROKEN for row in made)
    for name in changed:
        _say(f"{student}  {chapter}  {name} has changed since a person scored it: look again")
    return _write_page(course, student, chapter) and fine


def _receive(course: Course, submission: Submission) -> None:
    """Keep the notebook as it was handed in, and only it: nothing beside it is ever run."""
    kept = course.path("received", submission.student, submission.chapter)
    shutil.rmtree(kept.parent, ignore_errors=True)
    kept.parent.mkdir(parents=True)
    if submission.problem is None:
        with contextlib.suppress(OSError):  # reading it again says why it cannot be read
            shutil.copyfile(submission.path, kept)


def _normalise(course: Course, submission: Submission) -> str:
    """Hand the notebook to nbgrader; return why there is none, or ""."""
    student, chapter = submission.student, submission.chapter
    release = course.released(chapter)
    problem = submission.problem
    if problem is None:
        try:
            made = normalise(release, submission.read())
        except OSError as error:
            made = Unreadable(f"The file cannot be read: {error.strerror}.")
        if not isinstance(made, Unreadable):
            course.submit(student, chapter, made.notebook, made.notes)
            _time_stamp(course, submission)
            return ""
        problem = ("unreadable", made.says)
    name, says = problem
    course.submit(student, chapter, release, refused={"mistake": name, "says": says})
    return says


def _time_stamp(course: Course, submission: Submission) -> None:
    """Hand on nbgrader's timestamp.txt, where it holds a time."""
    with contextlib.suppress(OSError, ValueError):
        stamp = (submission.path.parent / "timestamp.txt").read_text(encoding="utf-8").strip()
        parse_utc(stamp)
        place = course.path("submitted", submission.student, submission.chapter).parent
        (place / "timestamp.txt").write_text(stamp, encoding="utf-8")


def _forget(course: Course, student: str, chapter: str) -> None:
    for step in ("autograded", "feedback"):
        shutil.rmtree(course.path(step, student, chapter).parent, ignore_errors=True)


def _write_page(course: Course, student: str, chapter: str) -> bool:
    page = course.path("feedback", student, chapter, ".html")
    if course.path("autograded", student, chapter).exists():
        try:
            course.feedback(student, chapter)
            return True
        except Exception:
            course.log.exception("feedback of %s/%s", student, chapter)
    write_plain(
        page,
        f"{chapter} · {student}",
        "This submission could not be graded, and this is not your mistake: the grader failed. "
        "Whoever runs the course will look into it.",
    )
    return False


def _has_error(made: list[Row], s: Submission) -> bool:
    mine = (row for row in made if (row.student, row.chapter) == (s.student, s.chapter))
    return any(row.status == ERROR for row in mine)


def _summary(made: list[Row]) -> str:
    score = sum(row.score or 0 for row in made)
    says = f"{score:g} of {sum(row.max_score for row in made):g}"
    for row in made:
        if row.status == MANUAL and row.score is None:
            says += f", {row.exercise} waits for a person"
        elif row.status not in (PASSED, MANUAL, NOT_ATTEMPTED):
            says += f", {row.exercise} {row.status}{f' ({row.mistake})' if row.mistake else ''}"
    untouched = sum(row.status == NOT_ATTEMPTED for row in made)
    return says + (f", {untouched} not attempted" if untouched else "")


def _say(line: str, end: str = "\n") -> None:
    print(line.encode("utf-8", "replace").decode(), end=end, flush=True)  # a name may be no text
