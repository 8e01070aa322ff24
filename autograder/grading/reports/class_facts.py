"""What the records of a class say: plain numbers and names, nothing of HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from statistics import mean, median
from typing import Any, NamedTuple

from autograder.core.course import Course
from autograder.core.verdict import BROKEN, ERROR, FAILED, MANUAL, NOT_ATTEMPTED, PASSED
from autograder.grading.reports.similarity import Alike, alike
from autograder.grading.store.gradebook import LATE

BINS = 10  # of a chapter's scores, each a tenth of the points
NOT_GRADED = "not_graded"  # what a record says where the grader failed
OUTCOMES = (PASSED, FAILED, ERROR, NOT_ATTEMPTED)


class SubmissionFacts(NamedTuple):
    """One submission: its record and its rows of grades.csv."""

    record: Any
    rows: tuple[Any, ...]

    @property
    def share(self) -> float | None:
        """The share of the points of what is graded; None where nothing is."""
        most = sum(r.max_score for r in self.rows if r.score is not None)
        return sum(r.score or 0 for r in self.rows) / most if most else None


class ChapterFacts(NamedTuple):
    """How a chapter went; `bins` counts submissions by tenths of the points."""

    name: str
    submissions: int
    mean: float | None
    median: float | None
    bins: tuple[int, ...]
    missing: tuple[str, ...]


class ExerciseFacts(NamedTuple):
    """How an exercise went: the number of students by outcome."""

    chapter: str
    exercise: str
    counts: dict[str, int]
    share: float


class MistakeFacts(NamedTuple):
    """A mistake, the sentence to re-teach, and who made it."""

    chapter: str
    exercise: str
    mistake: str
    says: str
    students: tuple[str, ...]
    declared: bool


class Event(NamedTuple):
    """Something that a person should look at."""

    student: str
    chapter: str
    what: str
    says: str = ""


def chapters(graded: list[SubmissionFacts], roster: Iterable[str]) -> list[ChapterFacts]:
    """Return how each chapter went; without a roster, who handed in any chapter is expected."""
    expected = set(roster) or {s.record.student for s in graded}
    by_chapter: dict[str, list[SubmissionFacts]] = {}
    for s in graded:
        by_chapter.setdefault(s.record.chapter, []).append(s)
    made = []
    for name, members in sorted(by_chapter.items()):
        shares = [s.share for s in members if s.share is not None and not s.record.refused]
        bins = Counter(min(int(x * BINS), BINS - 1) for x in shares)
        missing = expected - {s.record.student for s in members}
        made.append(
            ChapterFacts(
                name,
                len(members),
                mean(shares) if shares else None,
                median(shares) if shares else None,
                tuple(bins[i] for i in range(BINS)),
                tuple(sorted(missing)),
            )
        )
    return made


def exercises(course: Course, graded: list[SubmissionFacts]) -> list[ExerciseFacts]:
    """Return how each checked exercise went, in the course's order."""
    counts: dict[tuple[str, str], Counter] = {}
    for s in graded:
        for r in s.rows:
            if r.status in OUTCOMES and r.exercise in course.exercises:
                counts.setdefault((r.chapter, r.exercise), Counter())[r.status] += 1
    order = {name: i for i, name in enumerate(course.exercises)}
    return [
        ExerciseFacts(chapter, exercise, dict(found), found[PASSED] / found.total())
        for (chapter, exercise), found in sorted(counts.items(), key=lambda x: order[x[0][1]])
    ]


def mistakes(course: Course, graded: list[SubmissionFacts]) -> list[MistakeFacts]:
    """Return the mistakes of the class, those of most students first."""
    who: dict[tuple[str, str, str], set[str]] = {}
    causes: dict[tuple[str, str, str], Counter] = {}
    for s in graded:
        if s.record.refused:
            continue
        for o in s.record.results:
            if o.status in (FAILED, ERROR):
                key = (s.record.chapter, o.exercise, o.mistake or "not recognised")
                who.setdefault(key, set()).add(s.record.student)
                causes.setdefault(key, Counter())[o.cause] += 1
    made = []
    for (chapter, exercise, name), students in who.items():
        declared = exercise in course.exercises and [
            m.says for m in course.exercises[exercise].mistakes if m.name == name
        ]
        says = declared[0] if declared else causes[chapter, exercise, name].most_common(1)[0][0]
        names = tuple(sorted(students))
        made.append(MistakeFacts(chapter, exercise, name, says, names, bool(declared)))
    return sorted(made, key=lambda m: (-len(m.students), not m.declared, m.chapter, m.exercise))


def refused(graded: list[SubmissionFacts]) -> list[Event]:
    """Return the files that could not be graded, and why."""
    found = [s.record for s in graded if s.record.refused]
    return [Event(r.student, r.chapter, *r.refused) for r in found if r.refused[0] != NOT_GRADED]


def failures(graded: list[SubmissionFacts]) -> list[Event]:
    """Return where the grader failed, rather than the student."""
    found = [s.record for s in graded if s.record.refused]
    whole = [Event(r.student, r.chapter, *r.refused) for r in found if r.refused[0] == NOT_GRADED]
    return whole + _checks(graded, lambda o: o.status == BROKEN)


def late(graded: list[SubmissionFacts]) -> list[Event]:
    """Return what was handed in late, by how much, and the points that this takes."""
    rows = (r for s in graded for r in s.rows if r.status == LATE)
    return [Event(r.student, r.chapter, f"{r.score:g}", r.mistake) for r in rows]


def stopped(graded: list[SubmissionFacts]) -> list[Event]:
    """Return the answers that were stopped by a limit."""
    return _checks(graded, lambda o: o.stopped)


def disagreements(graded: list[SubmissionFacts]) -> list[Event]:
    """Return the answers that have passed in the notebook and do not where they are graded."""
    return _checks(graded, lambda o: bool(o.said))


def _checks(graded: list[SubmissionFacts], chosen: Callable[[Any], bool]) -> list[Event]:
    """Return an event for each check that is chosen, with its cause."""
    return [
        Event(s.record.student, s.record.chapter, o.exercise, o.cause)
        for s in graded
        for o in s.record.results
        if chosen(o)
    ]


def waiting(graded: list[SubmissionFacts]) -> list[Event]:
    """Return the answers that wait for a person."""
    rows = (r for s in graded for r in s.rows if r.status == MANUAL and r.score is None)
    return [Event(r.student, r.chapter, r.exercise) for r in rows]


def similar(graded: list[SubmissionFacts], keys: Mapping[str, str]) -> list[Alike]:
    """Return the answers that are alike or like the key; those not attempted do not count."""
    answers: dict[tuple[str, str], dict[str, str]] = {}
    for s in graded:
        for name, source in s.record.answers.items():
            answers.setdefault((s.record.chapter, name), {})[s.record.student] = source
    teams = {(s.record.student, s.record.chapter): s.record.about.get("team") for s in graded}
    return [
        a
        for (c, name), texts in sorted(answers.items())
        for a in alike(c, name, texts, keys.get(name))
        if a.to_key or not _one_team({teams.get((student, c)) for student in a.students})
    ]


def _one_team(teams: set[Any]) -> bool:
    return len(teams) == 1 and teams != {None}
