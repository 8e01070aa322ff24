"""`autograder feedback` and `autograder report`: files again, from what is in the gradebook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Gradebook, Student
from sqlalchemy import select

from autograder.core.course import Course
from autograder.errors import Exit
from autograder.grading.people.enrolment import class_file, members
from autograder.grading.people.enrolment import write as write_people
from autograder.grading.run.grade import (
    check_graded,
    gradebook_failures,
    new_writer,
    round_off,
    write_report,
)
from autograder.grading.run.lock import locked
from autograder.grading.store import database
from autograder.grading.store.class_directory import ClassDirectory, log_to, settings_of
from autograder.grading.store.class_terms import check_exercise, terms_of
from autograder.grading.store.gradebook import by_submission
from autograder.grading.terms.edit import set_dropped
from autograder.grading.terms.settings import NAME


def feedback(course: Course, out: Path, db: str = "", roster: Path | None = None) -> int:
    """Write pages and grades.csv again, with what persons put into the gradebook.

    Return the exit status: 1 where a page could not be written.
    """
    with _opened(course, out, db, roster) as (directory, gb):
        writer = new_writer(directory, gb, settings_of(out)["seed"])
        pages = [writer.write_page(*one) for one in list(by_submission(gb, directory, False))]
        directory.save(shown="")  # all are written: none is to be written twice
        round_off(directory, gb, writer)
    root = directory.root
    print(f"{len(pages)} pages\n  {root / 'feedback'}\n  {root / 'grades.csv'}")
    if not all(pages):
        print(f"{pages.count(False)} pages could not be written; see nbgrader.log.")
    return Exit.DONE if all(pages) else Exit.SOME_FAILED


def pages_of(course: Course, out: Path, db: str = "") -> list[tuple[str, str, Path, str]]:
    """Return each page: its student, its chapter, where it is, the upload's name in the LMS."""
    made = []
    with _opened(course, out, db) as (directory, gb):
        for record, _ in by_submission(gb, directory, False):
            path = directory.path("feedback", record.student, record.chapter, ".html")
            if path.is_file():
                upload = str(record.about.get("member", ""))
                made.append((record.student, record.chapter, path, upload))
    return made


def report(course: Course, out: Path, roster: Path | None = None) -> int:
    """Write OUT/report.html from what was graded there; return the exit status."""
    with _opened(course, out, roster=roster) as (directory, gb):
        print(write_report(directory, gb))
    return Exit.DONE


def drop(
    course: Course, out: Path, chapter: str, exercise: str, undo: bool = False, db: str = ""
) -> int:
    """Drop an exercise, or let it count again, in the class's settings; write what shows points.

    Return the exit status. Nothing is graded, and no score is lost.
    """
    check_graded(out)
    check_exercise(course, chapter, exercise)
    path = class_file(out, NAME) or out / NAME
    with locked(out):
        terms_of(course, out)  # what is wrong there already is said first
        changed = set_dropped(path, chapter, exercise, not undo)
    if not changed:
        print(f"{path} says so already.")
        return Exit.DONE
    print(f"{path}: {exercise} of {chapter} {'counts again' if undo else 'counts for nothing'}.")
    with _opened(course, out, db) as (directory, gb):
        round_off(directory, gb, new_writer(directory, gb, settings_of(out)["seed"]))
    print(f"  {out / 'grades.csv'}")
    return Exit.DONE


@contextmanager
def _opened(
    course: Course, out: Path, db: str = "", roster: Path | None = None
) -> Iterator[tuple[ClassDirectory, Gradebook]]:
    """Yield a graded directory and its gradebook, with nobody else at work there."""
    check_graded(out)
    with locked(out), log_to(out / "nbgrader.log", mode="a") as log, gradebook_failures():
        chosen = database.chosen(out, db, settings_of(out)["db"])
        directory = ClassDirectory(course, out, log, chosen)
        with directory.gradebook() as gb:
            students = list(gb.db.scalars(select(Student.id)))
            everyone = members(out, students, roster)
            directory.agreed = directory.agreed._replace(members=everyone)
            write_people(out, everyone)
            yield directory, gb
