"""A student's code cells -> parts: what may be an answer, and what else is the student's own.

A cell is taken whole where it holds one answer at most. One that holds several answers, text of the
course or a stub is taken apart into statements; the course's own are left out, since they run from
the release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from autograder import sizes
from autograder.authoring.answers import UNWRITTEN, Course
from autograder.authoring.pieces import DEFINITION, OTHER, Piece, names_by_lines, pieces

OF_THE_NOTEBOOK = re.compile(
    r"\s*(?:check|hint|predict|settle|progress|reset|start|display|print|plt\.\w+)\("
)


MANY = 200  # statements of a cell that is taken apart one by one


class Part(NamedTuple):
    """A cell of the student's, or some of its statements.

    `answers` are the exercises that it answers, `checks` those whose check it runs. `place` is the
    release's cell that it stands in, None for a cell of the student's own; `after` is the known
    cell before it. `number` is the cell's, as the notebook counts what it runs.
    """

    text: str
    answers: frozenset[str]
    checks: frozenset[str]
    place: int | None
    after: int
    number: int | None
    cell: dict


def parts(
    course: Course, cell: dict, place: int | None, after: int, known: Any, left: int
) -> list[Part]:
    """Return the parts of a code cell. `known` is the release's cell that it stands in, or None.

    Where no more than `left` characters may be taken apart, it stays whole.
    """
    text = cell["source"]
    count = cell.get("execution_count")
    where = (place, after, count if type(count) is int else None, cell)
    if len(text) > min(left, sizes.CELL_RUN):
        names = names_by_lines(text) if UNWRITTEN not in text else set()
        answers = {e for n in names if (e := course.owners.get(n))}
        return [Part(text, frozenset(answers), frozenset(), *where)]
    found = pieces(text)
    grading = known is not None and known.metadata.get("nbgrader", {})
    if known is not None and not (grading and grading.get("solution")):
        made = {n for p in pieces(known.source) for n in p.makes}
        found = tuple(p for p in found if _is_added(course, p, made))
        return _grouped(course, found, where)
    answers = {e for p in found for e in course.answered(p)}
    if len(answers) <= 1 and not any(_must_go(course, p) for p in found):
        checks = frozenset(c for p in found for c in p.checks)
        return [Part(text, frozenset(answers), checks, *where)] if text.strip() else []
    return _grouped(course, found, where)


def _is_added(course: Course, piece: Piece, made: set[str]) -> bool:
    """Return whether a student has added this to a cell of the course: a definition, or a check."""
    return bool(piece.checks or (piece.makes - made and not course.has(piece)))


def _must_go(course: Course, piece: Piece) -> bool:
    """Return whether a piece may not run beside an answer: a stub, or a demonstration."""
    if course.is_stub(piece):
        return True
    harmless = piece.kind not in (OTHER, DEFINITION) or OF_THE_NOTEBOOK.match(piece.text)
    return course.has(piece) and not (harmless and "yours(" not in piece.text)


def _grouped(course: Course, found: tuple[Piece, ...], where: tuple) -> list[Part]:
    """Return an answer with the definitions above it, and what else there is, one by one."""
    made: list[Part] = []
    pending: list[Piece] = []
    many = len(found) > MANY

    def add(some: list[Piece], answers: set[str] = set()) -> None:  # noqa: B006
        checks = frozenset(c for p in some for c in p.checks)
        text = "\n\n".join(p.text for p in some)
        if some:
            made.append(Part(text, frozenset(answers), checks, *where))
        some.clear()

    for piece in found:
        answers = course.answered(piece)
        if answers:
            pending.append(piece)
            last = made[-1] if made else None
            if last is not None and last.answers == answers and len(pending) == 1:
                made.pop()  # one exercise's function, class and all
                pending.insert(0, piece._replace(text=last.text))
            add(pending, answers)
        elif course.has(piece) or course.is_stub(piece) or piece.text.startswith("%%"):
            if piece.checks:
                made.append(Part("", frozenset(), piece.checks, *where))
        elif piece.kind == OTHER and not many:
            add(pending)
            add([piece])
        else:
            pending.append(piece)
    add(pending)
    return made
