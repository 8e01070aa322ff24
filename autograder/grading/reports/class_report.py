"""`autograder report`: a class on one page. How did it go, what to re-teach, whom to look at."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from autograder.authoring import source
from autograder.core import feedback
from autograder.course.chapters import CHAPTERS
from autograder.grading.notebooks.plaintext import plain
from autograder.grading.reports import class_facts as facts
from autograder.grading.reports.class_facts import OUTCOMES, Submission
from autograder.grading.reports.page import WALLS, template

FILE = "roster.csv"  # who is in the class, in a column `student`
SMALL = 60  # students whose every outcome can still be read in one table
FIRST = 8  # mistakes that stand open; the others are behind a fold
KINDS = dict(zip(OUTCOMES, ("good", "bad", "err", "none"), strict=True))


def report(out: Path) -> int:
    """Write OUT/report.html from what was graded there; return the exit status."""
    # imported here: nbgrader takes a second, and the page itself needs nothing of it
    from autograder.grading import GradingError
    from autograder.grading.run.grade import DONE, NOTHING, check_graded
    from autograder.grading.store import database
    from autograder.grading.store.class_directory import Course, log_to, settings_of, write_file
    from autograder.grading.store.gradebook import by_submission

    try:
        check_graded(out)
        with log_to(out / "nbgrader.log", mode="a") as log:
            course = Course(out, log, database.chosen(out, "", settings_of(out)["db"]))
            with course.gradebook() as gb:
                page = make_report(by_submission(gb, course), read_roster(out / FILE), keys())
        write_file(out / "report.html", page)
    except GradingError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return NOTHING
    print(out / "report.html")
    return DONE


def read_roster(path: Path) -> list[str]:
    """Return the names in the column `student` of a roster; [] where there is none."""
    from autograder.grading import GradingError

    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GradingError(f"{path} cannot be read as a CSV file.") from error
    if rows and "student" not in rows[0]:
        raise GradingError(f"{path} is no roster: it has no column student.")
    return sorted({row["student"] for row in rows if row["student"]})


def keys() -> dict[str, str]:
    """Return the key of every exercise of the course."""
    return {name: key for c in source.chapter_names() for name, key in source.keys(c).items()}


def make_report(
    graded: Iterable[tuple[Any, Iterable[Any]]],
    roster: Iterable[str] = (),
    keys: Mapping[str, str] = {},  # noqa: B006 (a mapping has no way to change)
) -> str:
    """Return the report as one HTML page, from each submission's record and its rows."""
    all_of = [Submission(record, tuple(rows)) for record, rows in graded]
    made = facts.exercises(all_of)
    chapters = facts.chapters(all_of, roster)
    students = sorted({s.record.student for s in all_of} | set(roster))
    found = facts.mistakes(all_of)
    return template("report.html.j2").render(
        students=students,
        submissions=len(all_of),
        chapters=chapters,
        exercises=made,
        mistakes=found,
        first=FIRST,
        refused=facts.refused(all_of),
        failures=facts.failures(all_of),
        stopped=facts.stopped(all_of),
        waiting=facts.waiting(all_of),
        similar=facts.similar(all_of, keys),
        tables=[_table(c.name, made, all_of) for c in chapters] if len(students) <= SMALL else [],
        walls=sorted({WALLS.get(s.record.walls, s.record.walls) for s in all_of if s.record.walls}),
        seeds=sorted({s.record.seed for s in all_of}),
        titles={c.name: c.title for c in CHAPTERS},
        kinds=KINDS,
        outcomes=OUTCOMES,
        plain=lambda text: plain(str(text), 300),
        prose=lambda text: Markup(feedback.prose(plain(text, 600))),
        per_cent=lambda x: "–" if x is None else f"{100 * x:.0f} %",
    )


def _table(chapter: str, made: list[Any], all_of: list[Submission]) -> dict[str, Any]:
    """Return a chapter's outcomes, a row a student and a column an exercise."""
    columns = [e.exercise for e in made if e.chapter == chapter]
    rows = []
    for s in all_of:
        if s.record.chapter == chapter:
            by_name = {r.exercise: r for r in s.rows}
            rows.append((s.record.student, s.share, [by_name.get(name) for name in columns]))
    rows.sort(key=lambda row: (row[1] is None, row[1], row[0]))
    return {"chapter": chapter, "columns": columns, "rows": rows}
