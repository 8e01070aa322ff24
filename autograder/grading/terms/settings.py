"""gru-course.toml -> what a class has agreed on.

timezone = "Europe/Berlin"          # of the times below; UTC where it is left out

[late]                              # for all chapters; a chapter may say otherwise
grace = "15 min"                    # or "2 h", "1 day"; a number is minutes
per_day = 10                        # per cent for each day that has begun
maximum = 50                        # per cent at most
of = "score"                        # of the points reached, or "points": of all points

[chapters.01_reset_gate]
due = 2026-10-08T23:59:00
attempts = "best"                   # or "last", which is usual
drop = ["concat_gate"]
points = {reset_gate = 4}

[extensions]                        # by student: the directory, id, email or name
ada = 3                             # days, on every chapter
"bob@uni.example" = {01_reset_gate = 2026-10-15T12:00:00}
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

from autograder.errors import GradingError

NAME = "gru-course.toml"
LAST, BEST = "last", "best"
SCORE, POINTS = "score", "points"
LATE_KEYS = ("grace", "per_day", "maximum", "of")
CHAPTER_KEYS = ("due", "attempts", "drop", "points", *LATE_KEYS)
TOP_KEYS = ("timezone", "late", "attempts", "chapters", "extensions")
UNITS = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "hour": 3600, "day": 86400, "d": 86400}
KEY = r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*[\w"'-]+)*)\s*="""
LARGEST = 1_000_000  # bytes


class ChapterTerms(NamedTuple):
    """What holds for one chapter; times are UTC without a zone, as nbgrader keeps them."""

    due: datetime | None = None
    grace: timedelta = timedelta()
    per_day: float = 0.0
    maximum: float = 1.0
    of: str = SCORE
    attempts: str = LAST
    drop: tuple[str, ...] = ()
    points: tuple[tuple[str, float], ...] = ()


class Terms(NamedTuple):
    """What a class has agreed on; a student's extension is days on all, or by chapter."""

    chapters: Mapping[str, ChapterTerms] = MappingProxyType({})
    usual: ChapterTerms = ChapterTerms()
    extensions: Mapping[str, float | dict[str, float | datetime]] = MappingProxyType({})
    zone: str = "UTC"

    def local(self, time: datetime) -> str:
        """Return a time in the class's own zone, in words."""
        zone = UTC if self.zone == "UTC" else ZoneInfo(self.zone)
        here = time.replace(tzinfo=UTC).astimezone(zone)
        return f"{here:%Y-%m-%d %H:%M} ({self.zone})"

    def of(self, chapter: str) -> ChapterTerms:
        """Return what holds for a chapter."""
        return self.chapters.get(chapter, self.usual)

    def due(self, chapter: str, called: tuple[str, ...], days: float = 0.0) -> datetime | None:
        """Return a student's due date: `called` by any of these, with days from the class list."""
        due = self.of(chapter).due
        if due is None:
            return None
        latest = due + timedelta(days=days)
        small = {c.casefold() for c in called if c}
        for who, what in self.extensions.items():
            if who.casefold() in small:
                extra = what.get(chapter, 0.0) if isinstance(what, dict) else what
                new = extra if isinstance(extra, datetime) else due + timedelta(days=extra)
                latest = max(latest, new)
        return latest


def read_terms(path: Path, chapters: Mapping[str, Mapping[str, float]]) -> Terms:
    """Return the terms in a file; GradingError names the line and what is allowed.

    `chapters` has the names of each chapter's exercises and written answers, with their points.
    """
    try:
        data = path.read_bytes()[: LARGEST + 1]
        text = data.decode("utf-8-sig")
        found = tomllib.loads(text.replace("\r\n", "\n"))
    except OSError as error:
        raise GradingError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise GradingError(f"{path} is not UTF-8 text. Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise GradingError(f"{path} is no TOML: {error}.") from error
    return _Reader(path, text, chapters).terms(found)


class _Reader:
    def __init__(self, path: Path, text: str, chapters: Mapping[str, Mapping[str, float]]) -> None:
        self.path, self.text, self.known = path, text, chapters
        self.zone: tzinfo = UTC

    def terms(self, found: dict[str, Any]) -> Terms:
        self._keys((), found, TOP_KEYS)
        self.zone = self._zone(found.get("timezone", "UTC"))
        usual = self._chapter(("late",), self._table(("late",), found.get("late", {})), LATE_KEYS)
        usual = usual._replace(attempts=self._attempts(("attempts",), found.get("attempts", LAST)))
        chapters = {}
        for name, about in self._table(("chapters",), found.get("chapters", {})).items():
            where = ("chapters", name)
            if name not in self.known:
                known = ", ".join(self.known)
                self._wrong(where, f"there is no chapter {name}. The chapters: {known}")
            table = self._table(where, about)
            chapters[name] = self._chapter(where, table, CHAPTER_KEYS, usual, name)
        extensions = {
            who: self._extension(("extensions", who), what)
            for who, what in self._table(("extensions",), found.get("extensions", {})).items()
        }
        zone = self.zone.key if isinstance(self.zone, ZoneInfo) else "UTC"
        return Terms(chapters, usual, extensions, zone)

    def _chapter(
        self,
        where: tuple[str, ...],
        table: dict[str, Any],
        allowed: tuple[str, ...],
        usual: ChapterTerms | None = None,
        name: str = "",
    ) -> ChapterTerms:
        self._keys(where, table, allowed)
        made = usual or ChapterTerms()
        for key, value in table.items():
            at = (*where, key)
            if key == "due":
                made = made._replace(due=self._time(at, value))
            elif key == "grace":
                made = made._replace(grace=self._span(at, value))
            elif key == "per_day":
                made = made._replace(per_day=self._share(at, value))
            elif key == "maximum":
                made = made._replace(maximum=self._share(at, value))
            elif key == "of":
                if value not in (SCORE, POINTS):
                    self._wrong(at, f'{value!r} is neither "score" nor "points"')
                made = made._replace(of=value)
            elif key == "attempts":
                made = made._replace(attempts=self._attempts(at, value))
            elif key == "drop":
                made = made._replace(drop=self._drop(at, value, name))
            elif key == "points":
                made = made._replace(points=self._points(at, value, name))
        return made

    def _zone(self, value: Any) -> tzinfo:
        if not isinstance(value, str):
            self._wrong(("timezone",), f"{value!r} is no name of a time zone, as Europe/Berlin is")
        try:
            return UTC if value.upper() == "UTC" else ZoneInfo(value)
        except Exception:
            self._wrong(("timezone",), f"there is no time zone {value!r}; Europe/Berlin is one")

    def _time(self, where: tuple[str, ...], value: Any) -> datetime:
        if isinstance(value, str):
            try:
                day_only = re.fullmatch(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", value.strip())
                value = (date if day_only else datetime).fromisoformat(value.strip())
            except ValueError:
                self._wrong(where, f"{value!r} is no date, as 2026-10-08T23:59:00 is")
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day, 23, 59, 59)
        if not isinstance(value, datetime):
            self._wrong(where, f"{value!r} is no date, as 2026-10-08T23:59:00 is")
        if not 1971 <= value.year < 2199:
            self._wrong(where, f"the year {value.year} is not one of a course")
        whole = value if value.tzinfo else value.replace(tzinfo=self.zone)
        return whole.astimezone(UTC).replace(tzinfo=None)

    def _span(self, where: tuple[str, ...], value: Any) -> timedelta:
        says = f'{value!r} is no time, as "15 min", "2 h" or "1 day" are'
        if isinstance(value, str):
            found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+?)s?\s*", value.lower())
            if not found or found[2] not in UNITS:
                self._wrong(where, says)
            seconds = float(found[1]) * UNITS[found[2]]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            seconds = 60.0 * value
        else:
            self._wrong(where, says)
        if not 0 <= seconds <= 366 * 86400:
            self._wrong(where, "the time must be between 0 and a year")
        return timedelta(seconds=seconds)

    def _number(self, where: tuple[str, ...], value: Any, least: float, most: float) -> float:
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not least <= value <= most:
            self._wrong(where, f"{value!r} is no number from {least:g} to {most:g}")
        return float(value)

    def _share(self, where: tuple[str, ...], value: Any) -> float:
        if isinstance(value, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?\s*%", value):
            value = float(value.rstrip("% "))
        return self._number(where, value, 0, 100) / 100

    def _attempts(self, where: tuple[str, ...], value: Any) -> str:
        if value not in (LAST, BEST):
            self._wrong(where, f'{value!r} is neither "last" nor "best"')
        return str(value)

    def _drop(self, where: tuple[str, ...], value: Any, chapter: str) -> tuple[str, ...]:
        if not isinstance(value, list):
            self._wrong(where, f'{value!r} is no list, as ["concat_gate"] is')
        for name in value:
            self._exercise(where, name, chapter)
        return tuple(sorted(set(value)))

    def _points(
        self, where: tuple[str, ...], value: Any, chapter: str
    ) -> tuple[tuple[str, float], ...]:
        table = self._table(where, value)
        for name, points in table.items():
            self._exercise((*where, name), name, chapter)
            self._number((*where, name), points, 0, 10_000)
        return tuple(sorted((name, float(points)) for name, points in table.items()))

    def _exercise(self, where: tuple[str, ...], name: Any, chapter: str) -> None:
        known = self.known[chapter]
        if name not in known:
            what = f"{chapter} has no exercise {name}. Its exercises: {', '.join(known)}"
            self._wrong(where, what)

    def _extension(self, where: tuple[str, ...], value: Any) -> float | dict[str, float | datetime]:
        if not isinstance(value, dict):
            return self._number(where, value, 0, 3660)
        made: dict[str, float | datetime] = {}
        for chapter, what in value.items():
            at = (*where, chapter)
            if chapter not in self.known:
                self._wrong(at, f"there is no chapter {chapter}")
            days = isinstance(what, int | float)
            made[chapter] = self._number(at, what, 0, 3660) if days else self._time(at, what)
        return made

    def _table(self, where: tuple[str, ...], value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._wrong(where, f"{value!r} is no table of settings")
        return dict(value)

    def _keys(
        self, where: tuple[str, ...], table: dict[str, Any], allowed: tuple[str, ...]
    ) -> None:
        for key in table:
            if key not in allowed:
                self._wrong(
                    (*where, key), f"there is no setting {key}. Allowed: {', '.join(allowed)}"
                )

    def _wrong(self, where: tuple[str, ...], says: str) -> NoReturn:
        line = line_of(self.text, where)
        at = f", line {line}" if line else ""
        raise GradingError(f"{self.path}{at}: {'.'.join(where)}: {says}.")


def line_of(text: str, where: tuple[str, ...]) -> int:
    """Return the number of the line in which a setting is set; 0 where it cannot be told."""
    best = 0
    for number, path in _set(text):
        if path == where:
            return number
        if path == where[: len(path)]:
            best = number
    return best


def _set(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield each line that sets something, with the whole path of what it sets."""
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            section = _path(found[1])
            yield number, section
        elif found := re.match(KEY, line):
            yield number, (*section, *_path(found[1]))


def _path(text: str) -> tuple[str, ...]:
    parts = re.findall(r'"([^"]*)"|\'([^\']*)\'|([\w-]+)', text)
    return tuple(a or b or c for a, b, c in parts)
