"""A class on one page. How did it go, what to re-teach, whom to look at."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from markupsafe import Markup

from autograder.authoring import source
from autograder.core import feedback
from autograder.core.course import Course
from autograder.errors import GradingError
from autograder.grading.notebooks.plaintext import plaintext
from autograder.grading.reports import class_facts as facts
from autograder.grading.reports.class_facts import OUTCOMES, SubmissionFacts
from autograder.grading.reports.page import ISOLATION, template

SMALL = 60  # students whose every outcome can still be read in one table
FIRST = 8  # mistakes that stand open; the others are behind a fold
KINDS = dict(zip(OUTCOMES, ("good", "bad", "err", "none"), strict=True))


def read_roster(path: Path) -> list[str]:
    """Return the names in the column `student` of a roster; [] where there is none."""
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


def make_report(
    course: Course, graded: Iterable[tuple[Any, Iterable[Any]]], roster: Iterable[str] = ()
) -> str:
    """Return the report as one HTML page, from each submission's record and its rows."""
    keys = source.all_keys(course)
    all_of = [SubmissionFacts(record, tuple(rows)) for record, rows in graded]
    made = facts.exercises(course, all_of)
    chapters = facts.chapters(all_of, roster)
    students = sorted({s.record.student for s in all_of} | set(roster))
    found = facts.mistakes(course, all_of)
    isolations = {s.record.isolation for s in all_of}
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
        disagreements=facts.disagreements(all_of),
        waiting=facts.waiting(all_of),
        similar=facts.similar(all_of, keys),
        tables=[_table(c.name, made, all_of) for c in chapters] if len(students) <= SMALL else [],
        isolation=sorted(ISOLATION.get(kind, kind) for kind in isolations if kind),
        seeds=sorted({s.record.seed for s in all_of}),
        titles={c.name: c.title for c in course.chapters},
        kinds=KINDS,
        outcomes=OUTCOMES,
        plaintext=lambda text: plaintext(str(text), 300),
        prose=lambda text: Markup(feedback.prose(plaintext(text, 600))),
        per_cent=lambda x: "–" if x is None else f"{100 * x:.0f} %",
    )


def _table(chapter: str, made: list[Any], all_of: list[SubmissionFacts]) -> dict[str, Any]:
    """Return a chapter's outcomes, a row a student and a column an exercise."""
    columns = [e.exercise for e in made if e.chapter == chapter]
    rows = []
    for s in all_of:
        if s.record.chapter == chapter:
            by_name = {r.exercise: r for r in s.rows}
            rows.append((s.record.student, s.share, [by_name.get(name) for name in columns]))
    rows.sort(key=lambda row: (row[1] is None, row[1], row[0]))
    return {"chapter": chapter, "columns": columns, "rows": rows}
