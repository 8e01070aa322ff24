"""`autograder review`: the page on one class, served until it is stopped."""

from __future__ import annotations

import secrets
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.core.course import Course
from autograder.errors import Exit, GradingError
from autograder.grading.review.questions import questions
from autograder.grading.review.server import Review, Server
from autograder.grading.run.grade import check_graded, gradebook_failures
from autograder.grading.run.lock import locked
from autograder.grading.store import database
from autograder.grading.store.class_directory import ClassDirectory, log_to, settings_of


def review(
    course: Course, out: Path, port: int | None = None, browser: bool = True, db: str = ""
) -> int:
    """Serve the page until Ctrl-C; return the exit status."""
    with opened(course, out, db) as made, gradebook_failures():
        found = questions(made.directory, made.gb)
        made.gb.db.remove()
        if not found:
            print("There is nothing here that a person marks.")
            return Exit.DONE
        waiting = sum(a.unmarked for q in found for a in q.answers)
        print(f"Questions: {len(found)}. Answers to mark: {waiting}. The page is at\n")
        with _server(made, port) as server:
            print(f"    {server.url}\n\nCtrl-C stops it. What is marked is saved.", flush=True)
            if browser:
                webbrowser.open(server.once)
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                print()
        if made.saved:
            print(
                f"Marks were saved {made.saved} times. `autograder feedback {out}` puts them on "
                "the pages and into grades.csv."
            )
    return Exit.DONE


@contextmanager
def opened(course: Course, out: Path, db: str = "") -> Iterator[Review]:
    """Yield what the page asks for; GradingError while a grader is at work there."""
    check_graded(out)
    with log_to(out / "nbgrader.log", mode="a") as log, gradebook_failures():
        with locked(out):
            chosen = database.chosen(out, db, settings_of(out)["db"])
            directory = ClassDirectory(course, out, log, chosen)
            gb = directory.gradebook()
        with gb:
            yield Review(directory, gb)


def _server(review: Review, port: int | None) -> Server:
    try:
        return Server(review, secrets.token_urlsafe(24), port or 0)
    except (OSError, OverflowError) as error:
        raise GradingError(
            f"Port {port} cannot be had ({error}). Leave --port out, and a free one is taken."
        ) from error
