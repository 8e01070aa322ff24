"""Which directory of SUBMITTED is which person of the class list.

An id, a user name, an email or a number of the LMS decides; after these a name that one person and
one directory have. A name that two people have decides nothing: it is asked about.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import NamedTuple

from autograder.grading.people.links import Link
from autograder.grading.people.person import Person
from autograder.tables import folded

SEVERAL = re.compile(r"[;,/]")  # between a person's directories, in the list's column


class Matches(NamedTuple):
    """Who is who.

    `of` has each matched directory's person (a position in the list), `teams` each team's
    directory with its members, `asked` the directories that several persons may be.
    """

    of: dict[str, int]
    teams: dict[str, list[int]]
    asked: dict[str, list[int]]
    unknown: list[str]


def match(people: list[Person], directories: list[str], links: list[Link]) -> Matches:
    """Return who is who."""
    linked: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        linked[link.student].append(link)
    found = Matches({}, {}, {}, [])
    by_id, by_name, by_group = _by_id(people), _by_name(people), _by_group(people)
    later = []
    for d in directories:
        sure = _sure(people, d, linked[d], by_id)
        if len(sure) == 1:
            found.of[d] = sure.pop()
        else:
            later.append(d)
    for d in later:
        bare = re.sub(r"-[0-9]+\Z", "", d)  # `collect` puts the LMS's number there
        names = {folded(n) for n in (d, bare, *(link.name for link in linked[d]))} - {""}
        team = next((g for g in _groups(d, linked[d]) if g in by_group), None)
        could = sorted({i for n in names for i in by_name.get(n, ())})
        if not could and team is None:
            could = _after_a_team(linked[d], by_name)
        if len(could) == 1:
            found.of[d] = could[0]
        elif could:
            found.asked[d] = could
        elif team is not None:
            found.teams[d] = by_group[team]
        else:
            found.unknown.append(d)
    return found


def _by_id(people: list[Person]) -> dict[str, set[int]]:
    made: dict[str, set[int]] = defaultdict(set)
    for i, p in enumerate(people):
        for text in (p.id, p.username, p.email, p.directory, *SEVERAL.split(p.directory)):
            if text := text.strip():
                made[text.casefold()].add(i)
        if "@" in p.email:
            made[p.email.partition("@")[0].casefold()].add(i)
    return made


def _by_name(people: list[Person]) -> dict[str, set[int]]:
    made: dict[str, set[int]] = defaultdict(set)
    for i, p in enumerate(people):
        for name in (p.first + p.last, p.last + p.first):
            if folded(name):
                made[folded(name)].add(i)
    return made


def _by_group(people: list[Person]) -> dict[str, list[int]]:
    made: dict[str, list[int]] = defaultdict(list)
    for i, p in enumerate(people):
        for group in p.group.split(",") if p.group else []:
            if folded(group):
                made[folded(group)].append(i)
    return made


def _sure(
    people: list[Person], directory: str, links: list[Link], by_id: dict[str, set[int]]
) -> set[int]:
    """Return the persons that a directory's name or its numbers in an LMS name."""
    sure = set(by_id.get(directory.casefold(), ()))
    numbers = {link.id for link in links if link.lms == "canvas"}
    sure |= {i for i, p in enumerate(people) if p.canvas and p.canvas in numbers}
    for link in links:
        if link.lms in ("ilias", "brightspace", "blackboard", "nbgrader"):
            sure |= by_id.get(link.id.casefold(), set())
        if link.lms == "moodle" and not sure:
            sure |= {
                i
                for i, p in enumerate(people)
                if p.participant and p.participant == link.id and is_called(link.name, p)
            }
    return sure


def is_called(name: str, person: Person) -> bool:
    """Return whether an upload with a participant's number has that participant's name.

    A team's name may stand before it. Moodle numbers teams and participants apart, so a team's
    number may be another one's; and where names are hidden, an upload is called "Participant" and
    the person "Participant 7".
    """
    names = (person.name, person.last + person.first)
    hidden = folded(f"{name} {person.participant}") == folded(person.name)
    return hidden or folded(name).endswith(tuple(map(folded, names)))


def _groups(directory: str, links: list[Link]) -> list[str]:
    """Return what a team's directory may be called: the team, or the team and who handed in."""
    names = [directory, directory.rpartition("-")[0], *(link.name for link in links)]
    names += [link.name.partition("-")[0] for link in links]
    return [folded(name) for name in names if folded(name)]


def _after_a_team(links: list[Link], by_name: dict[str, set[int]]) -> list[int]:
    """Return who handed in for a team, where Moodle puts the team's name before the person's."""
    names = {folded(link.name.partition("-")[2]) for link in links if "-" in link.name}
    return sorted({i for n in names for i in by_name.get(n, ())})
