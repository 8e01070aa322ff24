"""SUBMITTED/.roster.csv: which directory of a student is whom in the LMS.

One row a student and number. Canvas numbers a student once; Moodle numbers anew in each assignment,
so that a row of Moodle's also has the chapter, and a student may have many.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from autograder.errors import GradingError
from autograder.grading.people.links import Link, read_links
from autograder.io import write_file
from autograder.lms.names import Named, directory
from autograder.spreadsheet import escape_formula

PER_ASSIGNMENT = ("moodle", "canvas-anonymous")  # they number students anew in each


def write_rows(path: Path, rows: Iterable[Iterable[object]]) -> None:
    """Write a CSV file; it is replaced in one step, so that it is never half there."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)  # "\r\n" ends a row: a lone "\r" is quoted only then
    try:
        write_file(path, file.getvalue())
    except OSError as error:
        raise GradingError(f"{path} cannot be written: {error.strerror}.") from error


def _key(e: Link) -> tuple[str, ...]:
    """Return what is unique: a number in Moodle or Canvas, an anonymous id in an assignment."""
    if e.lms == "canvas-anonymous":
        return e.lms, e.id, e.chapter
    return (e.lms, e.id) if e.id else (e.lms, e.id, e.name)


class Roster:
    """The students known so far, and those whom an archive adds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: list[Link] = []
        self.taken: set[str] = set()  # directories; a disk may not tell small letters from large
        self.numbers: dict[tuple[str, ...], str] = {}
        self.names: dict[str, list[Link]] = {}  # Moodle's
        self.by_name = 0  # students who were known from another assignment of Moodle's
        for entry in read_links(path) if path.exists() else []:
            self._add(entry)

    def student(self, lms: str, chapter: str, number: str, name: str, namesakes: bool) -> str:
        """Return a student's directory name; one that is new gets a row.

        `namesakes`: the archive holds two students of this name.
        """
        place = chapter if lms in PER_ASSIGNMENT else ""
        known = self.numbers.get(_key(Link("", lms, place, number, name)))
        if known is None and lms == "moodle" and not namesakes and name != "Participant":
            known = self._by_name(place, name)
        if known is None:
            known = self._new(name, number)
        self._add(Link(known, lms, place, number, name))
        return known

    def known(self, who: Named, chapter: str) -> str:
        """Return the directory's name of somebody whom `student` has seen."""
        place = chapter if who.lms in PER_ASSIGNMENT else ""
        return self.numbers[_key(Link("", who.lms, place, who.id, who.name))]

    def _add(self, entry: Link) -> None:
        same = self.names.setdefault(entry.name, []) if entry.lms == "moodle" else []
        if _key(entry) in self.numbers and (entry.lms != "moodle" or entry in same):
            return
        self.entries.append(entry)
        self.taken.add(entry.student.casefold())
        self.numbers.setdefault(_key(entry), entry.student)
        same.append(entry)

    def _by_name(self, place: str, name: str) -> str | None:
        """Return the one student of this name whom Moodle has not numbered for this chapter yet."""
        same = self.names.get(name, [])
        if len({e.student for e in same}) != 1 or any(e.chapter == place for e in same):
            return None
        self.by_name += 1
        return same[0].student

    def _new(self, name: str, number: str) -> str:
        base = made = directory(name, number)
        n = 2
        while made.casefold() in self.taken:
            made, n = f"{base}-{n}", n + 1
        return made

    def write(self) -> None:
        """Write the file beside and put it in place."""
        rows = [e._replace(name=escape_formula(e.name)) for e in sorted(self.entries)]
        write_rows(self.path, [Link._fields, *rows])
