"""Whose row of an LMS's table it is: numbers, ids and emails first, then a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from autograder.grading.people.enrolment import Member
from autograder.grading.people.links import Link
from autograder.grading.people.matching import is_called
from autograder.grading.people.person import Person
from autograder.tables import folded


class Whose(NamedTuple):
    """The student of each row that has one, and the rows whose name several students have."""

    of: dict[int, str]
    unclear: dict[int, list[str]]


def whose(
    rows: list[Person], members: Mapping[str, Member], links: Iterable[Link], chapter: str
) -> Whose:
    """Return whose each row is; a student has one row at most."""
    numbered = _numbered(members, links, chapter)
    named, identified = _named(members), _identified(members)
    names: dict[str, int] = defaultdict(int)
    for p in rows:
        names[folded(p.name)] += 1
    found = Whose({}, {})
    taken: set[str] = set()
    for sure in (True, False):
        for i, p in enumerate(rows):
            if i in found.of:
                continue
            if sure:
                could = _sure(p, numbered, identified, named)
            else:
                could = named.get(folded(p.name), set()) - taken
                if len(could) > 1 or (could and names[folded(p.name)] > 1):
                    found.unclear[i] = sorted(could)
                    continue
            if len(could) == 1 and not could & taken:
                found.of[i] = next(iter(could))
                taken |= could
    return found


def _sure(
    p: Person,
    numbered: dict[tuple[str, str], list[tuple[str, str]]],
    identified: dict[str, set[str]],
    named: dict[str, set[str]],
) -> set[str]:
    could: set[str] = set()
    for lms, number in (("moodle", p.participant), ("canvas", p.canvas)):
        for student, name in numbered[lms, number] if number else ():
            if lms == "canvas" or not p.name or is_called(name, p):  # it may be a team's number
                could.add(student)
    if len(could) > 1:  # a team's number: whose of the team is it?
        could &= named.get(folded(p.name), set())
    if len(could) == 1:
        return could
    for text in (p.id, p.email, p.username):
        if text and len(mine := identified.get(text.casefold(), set())) == 1:
            return mine
    return set()


def _numbered(
    members: Mapping[str, Member], links: Iterable[Link], chapter: str
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return who has each number of an LMS, and by which name it was handed in."""
    of: dict[str, set[str]] = defaultdict(set)
    for m in members.values():
        for directory in (m.student, *m.directories.split("/")):
            of[directory].add(m.student)
    made: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for link in links:
        if link.id and (link.lms == "canvas" or link.chapter == chapter):
            made[link.lms, link.id] += [(who, link.name) for who in of.get(link.student, ())]
    for m in members.values():
        if m.canvas:
            made["canvas", m.canvas].append((m.student, m.name))
    return made


def _identified(members: Mapping[str, Member]) -> dict[str, set[str]]:
    made: dict[str, set[str]] = defaultdict(set)
    for m in members.values():
        for text in (m.student, m.id, m.email, m.username):
            if text:
                made[text.casefold()].add(m.student)
    return made


def _named(members: Mapping[str, Member]) -> dict[str, set[str]]:
    made: dict[str, set[str]] = defaultdict(set)
    for m in members.values():
        for name in (m.first + m.last, m.last + m.first, m.name):
            if folded(name):
                made[folded(name)].add(m.student)
    return made
