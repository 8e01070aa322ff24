"""Everyone of a class, for one run of the grader: enrolled, and whoever else has handed in.

A person keeps the name under which the gradebook knows them; DIR/people.csv notes it. That is the
directory of SUBMITTED where there is one, else a name made of the id.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from autograder import sizes
from autograder.errors import GradingError
from autograder.grading.people.class_list import read_people
from autograder.grading.people.links import NOTED, Link, is_links, kept_links, read_links
from autograder.grading.people.matching import Matches, match
from autograder.grading.people.person import Person, clean, first_and_last
from autograder.grading.submissions import HandedIn, Submission, in_line, wrong_name
from autograder.spreadsheet import unescape_formula, write_rows

LIST = "roster.csv"  # found by itself in the class's directory, or in the one that holds it
FILE = "people.csv"
ENROLLED, WITHDRAWN, NOT_LISTED, NO_LIST = "enrolled", "withdrawn", "not on the list", ""


class Member(NamedTuple):
    """A student of the gradebook, and what is known of the person."""

    student: str
    name: str = ""
    first: str = ""
    last: str = ""
    email: str = ""
    group: str = ""
    state: str = NO_LIST
    extension: float = 0.0
    canvas: str = ""
    id: str = ""
    username: str = ""
    key: str = ""
    directories: str = ""  # those of SUBMITTED that are this student's or the team's, by "/"

    @property
    def expected(self) -> bool:
        """Whether this student should hand in."""
        return self.state in (ENROLLED, NO_LIST)


class Enrolment(NamedTuple):
    """The class: its members by student, the submissions with team-mates', and lines to print."""

    members: dict[str, Member]
    submissions: list[Submission]
    lines: list[str]
    listed: bool


def class_file(out: Path, name: str) -> Path | None:
    """Return a class's own file: in DIR, else in the directory that holds DIR; None for none."""
    for place in (out, out.resolve().parent):
        if (place / name).is_file():
            return place / name
    return None


def find_list(out: Path, given: Path | None) -> Path | None:
    """Return the class list: the one given, or roster.csv where there is one."""
    if given is not None:
        if not given.is_file():
            raise GradingError(f"--roster {given}: there is no such file.")
        return None if is_links(given) else given
    found = class_file(out, LIST)
    return None if found is None or is_links(found) else found


def enrol(out: Path, submitted: Path, found: HandedIn, given: Path | None) -> Enrolment:
    """Return the class, for a run of the grader; GradingError where the list cannot be used."""
    noted = submitted / NOTED
    links = read_links(noted) if noted.is_file() and not noted.is_symlink() else kept_links(out)
    return _enrolment(out, found.students, found.submissions, links, find_list(out, given))


def members(out: Path, students: list[str], given: Path | None = None) -> dict[str, Member]:
    """Return the class of a directory that was graded; `students` are those of its gradebook."""
    return _enrolment(out, students, [], kept_links(out), find_list(out, given)).members


def _noted_people(noted: dict[str, Member]) -> list[Person]:
    """Return the persons whom the list of an earlier run had, where there is none now."""
    return [
        Person(
            *(m.id, m.username, m.email, m.first, m.last, m.group, m.extension),
            withdrawn=m.state == WITHDRAWN,
            canvas=m.canvas,
            directory=m.student,
        )
        for m in noted.values()
        if m.key
    ]


def _enrolment(
    out: Path,
    directories: list[str],
    submissions: list[Submission],
    links: list[Link],
    listed: Path | None,
) -> Enrolment:
    before = read(out)
    noted = {m.key: s for s, m in before.items() if m.key}
    people = read_people(listed) if listed else _noted_people(before)
    known = [d for d in directories if d not in noted.values()]
    found = match(people, known, links)
    for i, p in enumerate(people):  # whom an earlier run knows under a name of its own
        if noted.get(p.key) in directories:
            found.of[noted[p.key]] = i
    _answered_before(people, found, before)
    lines = _asked(people, found) + (_unknown(found) if people else [])
    teams = {i for several in found.teams.values() for i in several}
    student_of = _students(people, found, noted, set(directories))
    made: dict[str, Member] = {}
    for i, p in enumerate(people):
        state = WITHDRAWN if p.withdrawn else ENROLLED
        if p.withdrawn and not (i in found.of.values() or i in teams):
            lines.append(f"{in_line(p.called)}: withdrawn, and nothing was handed in")
            continue
        if p.withdrawn:
            lines.append(f"{in_line(p.called)}: withdrawn; what was handed in is graded")
        mine = [d for d, at in found.of.items() if at == i]
        mine += [d for d, several in found.teams.items() if i in several]
        old = before.get(student_of[i], Member("")).directories.split("/")
        both = "/".join(sorted({*mine, *old} - {""}))
        made[student_of[i]] = _member(student_of[i], p, state)._replace(directories=both)
    for d in directories:
        if d not in made and d not in found.of and d not in found.teams:
            made[d] = _stranger(d, links, NOT_LISTED if people else NO_LIST)
    handed_in = _expanded(submissions, people, found, student_of, lines)
    return Enrolment(made, handed_in, lines, bool(people))


def _answered_before(people: list[Person], found: Matches, before: dict[str, Member]) -> None:
    """Give the directories that are asked about to whom an earlier answer has given them."""
    for d in list(found.asked):
        keys = {m.key for m in before.values() if m.key and d in m.directories.split("/")}
        mine = [i for i in found.asked[d] if people[i].key in keys]
        if len(mine) == 1:
            found.of[d] = mine[0]
            del found.asked[d]


def _students(
    people: list[Person], found: Matches, noted: dict[str, str], taken: set[str]
) -> dict[int, str]:
    """Return each person's name in the gradebook."""
    directory_of: dict[int, str] = {}
    for d, i in sorted(found.of.items()):
        directory_of.setdefault(i, d)
    small = {t.casefold() for t in taken | set(noted.values())}
    made: dict[int, str] = {}
    for i, p in enumerate(people):
        if p.key in noted or i in directory_of:
            made[i] = noted.get(p.key) or directory_of[i]
            continue
        base = name = _directory(p)
        n = 2
        while name.casefold() in small:
            name, n = f"{base}-{n}", n + 1
        small.add(name.casefold())
        made[i] = name
    return made


def _directory(p: Person) -> str:
    for text in (p.id, p.username, p.email, p.name):
        if text and not wrong_name(text):
            return text
    word = re.sub(r"[^\w.-]+", "_", p.key).strip("._-")[: sizes.STUDENT_NAME]
    return word or "student"


def _member(student: str, p: Person, state: str) -> Member:
    name = p.name or p.key
    first, last = (p.first, p.last) if p.name else ("", p.key)
    about = (p.email, p.group, state, p.extension, p.canvas, p.id, p.username, p.key)
    return Member(student, name, first, last, *about)


def _stranger(directory: str, links: list[Link], state: str) -> Member:
    """Return what is known of a directory that no person of a list has."""
    mine = [link for link in links if link.student == directory]
    name = clean(mine[-1].name if mine else directory.replace("_", " "))
    first, last = first_and_last(name)
    canvas = next((link.id for link in mine if link.lms == "canvas"), "")
    return Member(directory, name, first, last, state=state, canvas=canvas)


def _asked(people: list[Person], found: Matches) -> list[str]:
    lines = []
    for d, could in found.asked.items():
        who = "; ".join(people[i].called for i in could[:4])
        n = len(could)
        lines.append(
            in_line(
                f"{d}: {n} people of the class list may be this one ({who}). Graded under its own "
                "name. Whose it is, say in the list's column directory (several with a comma)."
            )
        )
    return lines


def _unknown(found: Matches) -> list[str]:
    return [f"{in_line(d)}: not on the class list; graded all the same" for d in found.unknown]


def _expanded(
    submissions: list[Submission],
    people: list[Person],
    found: Matches,
    student_of: dict[int, str],
    lines: list[str],
) -> list[Submission]:
    """Return the submissions by person: a team's goes to each member; one a person and chapter."""
    made: dict[tuple[str, str], Submission] = {}
    for s in submissions:
        if s.student in found.teams:
            mine = [(student_of[i], s.student) for i in found.teams[s.student]]
        else:
            at = found.of.get(s.student)
            mine = [(s.student if at is None else student_of[at], "")]
        for student, team in mine:
            new = s._replace(student=student, team=team)
            old = made.get((student, s.chapter))
            made[student, s.chapter] = new if old is None else _of_two(old, new, lines)
    return sorted(made.values(), key=lambda s: (s.student, s.chapter))


def _of_two(old: Submission, new: Submission, lines: list[str]) -> Submission:
    """Return which of two submissions counts: one's own, one that can be read, the newer."""

    def order(s: Submission) -> tuple[bool, bool, float]:
        time = s.time()
        return not s.team, s.problem is None, time.timestamp() if time else 0.0

    best, other = (new, old) if order(new) > order(old) else (old, new)
    whose = "of the same team" if best.team and other.team else "the same person"
    line = in_line(
        f"{other.path.parent.parent.name}/{other.chapter}: passed over, "
        f"{best.path.parent.parent.name} is {whose} and counts"
    )
    if line not in lines:  # once, not for each of a team
        lines.append(line)
    return best


def write(out: Path, everyone: Mapping[str, Member]) -> None:
    """Write DIR/people.csv."""
    rows = [[f"{x:g}" if isinstance(x, float) else x for x in m] for m in everyone.values()]
    write_rows(out / FILE, [Member._fields, *sorted(rows)])


def read(out: Path) -> dict[str, Member]:
    """Return what DIR/people.csv notes; {} where there is none, or none that can be read."""
    try:
        with (out / FILE).open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
            made = [{k: unescape_formula(row[k] or "") for k in Member._fields} for row in rows]
            found = [Member(**row | {"extension": float(row["extension"] or 0)}) for row in made]  # type: ignore[arg-type]
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, ValueError):
        return {}
    return {m.student: m for m in found}
