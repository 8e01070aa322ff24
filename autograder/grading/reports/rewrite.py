"""`autograder feedback`: pages and grades.csv again, with what persons put into the gradebook."""

from __future__ import annotations

import sys
from pathlib import Path

from autograder.grading import GradingError
from autograder.grading.run.grade import DONE, NOTHING, SOME_FAILED, check_graded, round_off
from autograder.grading.run.lock import locked
from autograder.grading.store import database
from autograder.grading.store.class_directory import Course, log_to, settings_of
from autograder.grading.store.gradebook import by_submission
from autograder.grading.store.writer import Writer


def refresh(out: Path, db: str = "") -> int:
    """Write them; return 0, or 1 where a page could not be written, or 2."""
    try:
        check_graded(out)
        with locked(out), log_to(out / "nbgrader.log") as log:
            settings = settings_of(out)
            course = Course(out, log, database.chosen(out, db, settings["db"]))
            with course.gradebook() as gb:
                writer = Writer(course, gb, settings["seed"])
                pages = [writer.write_page(*one) for one in list(by_submission(gb, course, False))]
                round_off(course, gb)
    except GradingError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return NOTHING
    print(f"{len(pages)} pages\n  {course.root / 'feedback'}\n  {course.root / 'grades.csv'}")
    if not all(pages):
        print(f"{pages.count(False)} pages could not be written; see nbgrader.log.")
    return DONE if all(pages) else SOME_FAILED
