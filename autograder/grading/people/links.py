"""What `collect` has noted of each directory: who it is in an LMS."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from autograder.errors import GradingError
from autograder.spreadsheet import unescape_formula

NOTED = ".roster.csv"  # in SUBMITTED
KEPT = "collected.csv"  # its copy in the class's directory
KEPT_BEFORE = "roster.csv"  # where it was kept before there were class lists


class Link(NamedTuple):
    """One row: a student's directory, and the number and name that an LMS has for it."""

    student: str
    lms: str
    chapter: str
    id: str
    name: str


def is_links(path: Path) -> bool:
    """Return whether a CSV file is one that `collect` has written."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header = next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return set(Link._fields) <= set(header)


def read_links(path: Path) -> list[Link]:
    """Return the rows of such a file; GradingError where it is none."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            missing = [f for f in Link._fields if f not in (table.fieldnames or [])]
            if missing:
                raise GradingError(f"{path} is no roster: it has no column {missing[0]}.")
            rows = [Link(*(row[f] or "" for f in Link._fields)) for row in table]
    except OSError as error:
        raise GradingError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise GradingError(f"{path} is no roster: it cannot be read as a CSV file.") from error
    return [link._replace(name=unescape_formula(link.name)) for link in rows]


def kept_links(out: Path) -> list[Link]:
    """Return what a class's directory has kept of them; [] where nothing was collected."""
    for name in (KEPT, KEPT_BEFORE):
        if is_links(out / name):
            return read_links(out / name)
    return []
