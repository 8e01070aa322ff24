"""A class on one page. How did it go, what to re-teach, whom to look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from autograder.authoring import source
from autograder.core import feedback
from autograder.core.course import Course
from autograder.grading.notebooks.plaintext import plaintext
from autograder.grading.people.enrolment import NOT_LISTED, WITHDRAWN
from autograder.grading.reports import class_facts as facts
from autograder.grading.reports.class_facts import OUTCOMES, SubmissionFacts
from autograder.grading.reports.page import ISOLATION, template
from autograder.grading.store.class_terms import Agreed

SMALL = 60  # students whose every outcome can still be read in one table
FIRST = 8  # mistakes that stand open; the others are behind a fold
KINDS = dict(zip(OUTCOMES, ("good", "bad", "err", "none"), strict=True))


def make_report(
    course: Course, graded: Iterable[tuple[Any, Iterable[Any]]], known: Agreed | None = None
) -> str:
    """Return the report as one HTML page, from each submission's record and its rows."""
    keys = source.all_keys(course)
    all_of = [SubmissionFacts(record, tuple(rows)) for record, rows in graded]
    made = facts.exercises(course, all_of)
    known = known or Agreed()
    roster = [m.student for m in known.members.values() if m.expected]
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
        late=facts.late(all_of),
        not_listed=[m.student for m in known.members.values() if m.state == NOT_LISTED],
        withdrawn=[m.student for m in known.members.values() if m.state == WITHDRAWN],
        shown=known.shown,
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
