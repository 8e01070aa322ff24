"""When something was handed in: by its name, by Moodle's worksheet, by the archive."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.errors import GradingError
from autograder.grading.people import columns as named
from autograder.grading.people.class_list import is_moodle, moodle_rows
from autograder.grading.people.enrolment import class_file
from autograder.grading.terms.settings import NAME
from autograder.tables import folded, read_table

MONTHS = (  # the beginnings of months, as Moodle writes them in some languages
    "jan gen ene",
    "feb fev",
    "mar maer maa",
    "apr avr abr",
    "mai may mag mei",
    "jun juin giu",
    "jul juil lug",
    "aug aou ago",
    "sep set",
    "oct okt ott out",
    "nov",
    "dec dez dic dic",
)
DAY = re.compile(
    r"(?<!\d)(\d{1,2})(?:\.|\u00ba|er)?\s+(?:de\s+)?([^\W\d]{3,})\.?\s+(?:de\s+)?(\d{4})"
)
CLOCK = re.compile(r"(\d{1,2})[:.h](\d\d)\s*([AaPp])?\.?[Mm]?")
OF_MONTH = {begin: i for i, some in enumerate(MONTHS, 1) for begin in some.split()}


def zone_of(into: Path) -> tzinfo:
    """Return the time zone that the class's settings name; UTC where they name none."""
    path = class_file(into, NAME)
    try:
        name = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("timezone") if path else None
        return ZoneInfo(name) if isinstance(name, str) else UTC
    except (OSError, ValueError, KeyError):
        return UTC


def worksheet_times(path: Path) -> dict[str, datetime]:
    """Return when each participant handed in, by Moodle's clock; GradingError otherwise."""
    table = read_table(path)
    if not is_moodle(table):
        raise GradingError(f"{path} is not Moodle's grading worksheet, which has the times.")
    column = named.column(table.header, "modified_submission")
    made = {}
    for person, row in zip(moodle_rows(table), table.rows, strict=True):
        if (time := spoken_time(table.cell(row, column))) is not None:
            made[person.participant] = time
    return made


def spoken_time(text: str) -> datetime | None:
    """Return the time that Moodle writes out, in any of several languages; None for none.

    "Tuesday, 6 October 2026, 11:59 PM", "Dienstag, 6. Oktober 2026, 23:59", "2026-10-06 23:59".
    """
    if iso := re.fullmatch(r"\s*(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::\d\d)?\s*", text):
        parts = [int(x) for x in iso.groups()]
    else:
        day = re.search(
            r"(?<!\d)(\d{1,2})(?:\.|\u00ba|er)?\s+(?:de\s+)?([^\W\d]{3,})\.?\s+(?:de\s+)?(\d{4})",
            text,
        )
        clock = re.search(
            r"(\d{1,2})[:.h](\d\d)\s*([AaPp])?\.?[Mm]?", text[day.end() :] if day else ""
        )
        if not day or not clock:
            return None
        word = folded(day[2])
        month = next((OF_MONTH[word[:n]] for n in (4, 3) if word[:n] in OF_MONTH), 0)
        hour = int(clock[1])
        if clock[3]:
            hour = hour % 12 + (12 if clock[3].lower() == "p" else 0)
        parts = [int(day[3]), month, int(day[1]), hour, int(clock[2])]
    try:
        return datetime(*parts)  # type: ignore[arg-type]
    except ValueError:
        return None
