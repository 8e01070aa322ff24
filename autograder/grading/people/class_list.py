"""A class list -> persons: a table of one's own, Moodle's grading worksheet, Canvas's gradebook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import GradingError
from autograder.grading.people import columns as named
from autograder.grading.people.person import Person, clean, first_and_last, turned
from autograder.spreadsheet import unescape_formula
from autograder.tables import Table, folded, number, read_table

PARTICIPANT = re.compile(r"\s*([^\d;,]*[^\d\s;,])\s*([0-9]{1,20})\s*\Z")  # "Teilnehmer/in123"
CANVAS_IDS = ("id", "sisuserid", "sisloginid")
TEST_STUDENT = ("studenttest", "teststudent")
WANTED = (
    "Wanted is a CSV file with a column name (or first name and last name) or id, and if you like "
    "email, username, group, extension (days) and withdrawn (yes); or Moodle's grading worksheet; "
    "or the gradebook that Canvas exports."
)


def read_people(path: Path) -> list[Person]:
    """Return the persons of a class list; GradingError where it is none, or names one twice."""
    table = read_table(path)
    found = named.columns(table.header)
    if is_canvas(table):
        people = canvas_rows(table)
    elif is_moodle(table):
        people = moodle_rows(table)
    else:
        people = _own(table, found)
    people = [p for p in people if p.key]
    if not people and not any(k in found for k in ("name", "id", "username", "email", "last")):
        raise GradingError(f"{path} is no class list: it has {_seen(table)}. {WANTED}")
    if not people:
        raise GradingError(f"{path} names nobody. {WANTED}")
    _check_once(path, people)
    return people


def is_moodle(table: Table) -> bool:
    """Return whether a table is Moodle's grading worksheet, in whatever language."""
    some = table.rows[:20]
    matches = [PARTICIPANT.match(row[0]) for row in some]
    words = {m[1] for m in matches if m}
    return bool(some) and all(matches) and len(words) == 1 and len(table.header) >= 3


def is_canvas(table: Table) -> bool:
    """Return whether a table is Canvas's gradebook: its columns, or its row of points."""
    heads = {folded(h) for h in table.header[:8]}
    possible = any("pointspossible" in folded(row[0]) for row in table.rows[:3] if row)
    return len(table.header) >= 4 and (
        {"student", "id"} <= heads and ("section" in heads or "sisloginid" in heads or possible)
    )


def is_canvas_person(row: list[str]) -> bool:
    """Return whether a row of Canvas's gradebook is a person's: not the points, not the test's."""
    student, numbered = row[0], row[1].strip() if len(row) > 1 else ""
    return numbered.isdigit() and folded(student) not in TEST_STUDENT


def _own(table: Table, found: dict[str, int]) -> list[Person]:
    return list(_persons(table, found))


def moodle_rows(table: Table) -> list[Person]:
    """Return the person of each row of Moodle's worksheet, "Participant 7" if names are hidden."""
    found = named.columns(["", *table.header[1:]])  # the first column is the participant's
    people = []
    for row, person in zip(table.rows, _persons(table, found), strict=True):
        number_of = PARTICIPANT.match(row[0])
        if number_of:
            person = person._replace(participant=number_of[2])
            if not (person.name or person.email or person.id):  # where names are hidden
                person = person._replace(first=number_of[1].strip(), last=number_of[2])
        people.append(person)
    return people


def canvas_rows(table: Table) -> list[Person]:
    """Return the person of each row of Canvas's gradebook; a row of nobody has an empty one."""
    heads = [folded(h) for h in table.header]
    at = {name: heads.index(name) for name in CANVAS_IDS if name in heads}
    people = []
    last_first = turned([row[0] for row in table.rows if is_canvas_person(row)])
    for row, line in _lines(table):
        if not is_canvas_person(row):
            people.append(Person(line=line))
        else:
            first, last = first_and_last(clean(row[0]), last_first)
            number_of, sis, login = (clean(table.cell(row, at.get(k))) for k in CANVAS_IDS)
            email = login if "@" in login else ""
            who = Person(sis, login, email, first, last, canvas=number_of, line=line)
            people.append(who)
    return people


def _lines(table: Table) -> list[tuple[list[str], int]]:
    return list(zip(table.rows, table.lines, strict=True))


def _persons(table: Table, found: dict[str, int]) -> Iterator[Person]:
    last_first = turned([table.cell(row, found.get("name")) for row in table.rows])
    for row, line in _lines(table):
        yield _person(table, row, line, found, last_first)


def _person(
    table: Table, row: list[str], line: int, found: dict[str, int], last_first: bool
) -> Person:
    def of(kind: str) -> str:
        return clean(unescape_formula(table.cell(row, found.get(kind)).strip()))

    first, last = of("first"), of("last")
    if not (first or last):
        first, last = first_and_last(of("name"), last_first)
    state = found.get("state")
    gone = state is not None and named.withdrawn(table.header[state], table.cell(row, state))
    days = of("extension")
    extra = number(days) if days else 0.0
    if extra is None or not 0 <= extra <= 3660:
        raise GradingError(
            f"The class list, line {line}: {days!r} is no number of days for an extension."
        )
    return Person(
        *(of("id"), of("username"), of("email"), first, last, of("group"), extra, gone),
        directory=of("directory"),
        line=line,
    )


def _check_once(path: Path, people: list[Person]) -> None:
    """Raise GradingError where two rows have one id, or one name and nothing to tell them apart."""
    seen: dict[str, Person] = {}
    for p in people:
        other = seen.setdefault(folded(p.key), p)
        if other is not p:
            what = "the id" if p.id else "the name"
            raise GradingError(
                f"{path}, lines {other.line} and {p.line}: two people have {what} {p.key}. Give "
                "each an id or an email of their own."
            )


def _seen(table: Table) -> str:
    return f"the columns {', '.join(clean(h) or '(no name)' for h in table.header[:8])}"
