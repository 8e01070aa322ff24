"""The map of a course: chapters, exercises, points, minutes, what is solved and what comes next."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import NamedTuple

from autograder.core.course import Course
from autograder.core.exercise import Chapter, Exercise
from autograder.core.feedback import COLOUR, SIGN
from autograder.core.verdict import NOT_ATTEMPTED, PASSED
from autograder.notebook import progress_file
from autograder.notebook.panels import Panel, box, chip

AHEAD, UNDER_WAY, DONE = "○", "◐", "●"


class Stop(NamedTuple):
    """An exercise on the map, as its last check left it."""

    exercise: Exercise
    status: str
    best: float


class Part(NamedTuple):
    """A chapter on the map."""

    chapter: Chapter
    stops: tuple[Stop, ...]

    @property
    def solved(self) -> int:
        """How many of its exercises pass."""
        return sum(s.status == PASSED for s in self.stops)

    @property
    def sign(self) -> str:
        """Whether all of it is done, some, or nothing."""
        if self.solved == len(self.stops):
            return DONE
        return UNDER_WAY if any(s.status != NOT_ATTEMPTED for s in self.stops) else AHEAD


def parts(course: Course, at: Path | None = None) -> list[Part]:
    """Return the chapters with what is kept of each exercise beside the notebooks."""
    return [Part(c, tuple(_stop(e, at) for e in c.exercises)) for c in course.chapters]


def following(found: list[Part]) -> tuple[Part, Stop] | None:
    """Return the first exercise that does not pass yet, and its chapter; None at the end."""
    for part in found:
        for stop in part.stops:
            if stop.status != PASSED:
                return part, stop
    return None


def lines(course: Course, at: Path | None = None) -> list[str]:
    """Return the map as text, a line a chapter and a line an exercise."""
    found = parts(course, at)
    rows = [course.title, ""]
    for part in found:
        rows.append(f"{part.sign} {part.chapter.title}: {_about(part)}")
        for s in part.stops:
            rows.append(f"    {SIGN[s.status]} {s.exercise.name}, {_points(s)}")
    return [*rows, "", _sum(found), _next(found)]


def panel(course: Course) -> Panel:
    """Return the map for the running notebook."""
    found, html = parts(course), []
    for part in found:
        name = f"{part.chapter.name}.ipynb"
        link = f'<a href="{escape(name)}">{escape(part.chapter.title)}</a>'
        chips = "".join(
            chip(f"{SIGN[s.status]} {s.exercise.name} {_points(s)}", COLOUR[s.status])
            for s in part.stops
        )
        html.append(
            f'<div style="margin-top:.35em">{part.sign} {link}: {_about(part)}</div>{chips}'
        )
    html += [f"<br>{escape(_sum(found))}", f"<b>{escape(_next(found))}</b>"]
    return Panel(box(*html), "\n".join(lines(course)))


def _stop(exercise: Exercise, at: Path | None) -> Stop:
    state = progress_file.load("exercise", exercise.name, at)
    status, best = state.get("status"), state.get("best")
    return Stop(
        exercise,
        status if isinstance(status, str) and status in SIGN else NOT_ATTEMPTED,
        float(best) if isinstance(best, int | float) else 0.0,
    )


def _about(part: Part) -> str:
    points = sum(e.points for e in part.chapter.exercises)
    return f"{part.solved} of {len(part.stops)} solved, {points} points, {part.chapter.minutes} min"


def _points(stop: Stop) -> str:
    return f"{stop.best:g}/{stop.exercise.points}"


def _sum(found: list[Part]) -> str:
    stops = [s for part in found for s in part.stops]
    solved = sum(s.status == PASSED for s in stops)
    best, points = sum(s.best for s in stops), sum(s.exercise.points for s in stops)
    minutes = sum(p.chapter.minutes for p in found if p.solved < len(p.stops))
    ahead = f" The chapters that are not done take about {minutes} minutes." if minutes else ""
    return f"{solved} of {len(stops)} exercises solved, {best:g} of {points} points.{ahead}"


def _next(found: list[Part]) -> str:
    ahead = following(found)
    if ahead is None:
        return "All exercises are solved. Written answers are read by a person."
    part, stop = ahead
    return f"Next: {stop.exercise.name} in {part.chapter.name}."
