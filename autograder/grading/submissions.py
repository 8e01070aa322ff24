"""What was handed in: SUBMITTED/<student>/<chapter>/<chapter>.ipynb, and what else lies there.

No link is followed, no file other than the notebook is opened, and nothing is read whole before its
size is known: whoever hands in chooses what lies here.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import unicodedata
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from autograder import sizes
from autograder.errors import GradingError
from autograder.spreadsheet import is_formula

LAYOUT = "SUBMITTED/<student>/<chapter>/<chapter>.ipynb"
STAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # the exchange's: by it a student's page is found
ATTEMPTS = ".attempts"  # earlier ones, each in a directory of its own
STEPS = ("submitted", "autograded", "feedback", "source", "release")  # of nbgrader, in DIR
COLLECTED = ".collected.json"  # what `collect` knows of an upload
ODD = re.compile(r"""["#%*/:;<>?\[\\\]`{|}]""")  # of URLs, patterns, HTML, shells and paths
JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"  # letters of Hindi, Persian and others


class Submission(NamedTuple):
    """One student's notebook of one chapter. `problem` is (name, sentence) when there is none."""

    student: str
    chapter: str
    path: Path
    problem: tuple[str, str] | None = None
    beside: tuple[str, ...] = ()  # what else was handed in; it is never copied and never run
    team: str = ""  # the directory of the team that handed it in

    def read(self) -> tuple[bytes, tuple[str, str] | None]:
        """Return the file's bytes, or b"" and why there are none."""
        if self.problem is not None:
            return b"", self.problem
        try:
            return _read(self.path), None
        except OSError as error:
            return b"", ("unreadable", f"The file cannot be read: {error.strerror}.")
        except _NoFile as error:
            return b"", error.args[0]

    def time(self) -> datetime | None:
        """Return when it was handed in, where nbgrader's timestamp.txt beside it says so."""
        with contextlib.suppress(OSError, UnicodeDecodeError, _NoFile):
            return read_time(_read(self.path.parent / STAMP, largest=sizes.TIMESTAMP).decode())
        return None

    def earlier(self) -> list[Submission]:
        """Return the attempts that `collect` has kept beside it, the newest first."""
        place = self.path.parent / ATTEMPTS
        made: list[Submission] = []
        with contextlib.suppress(OSError):
            if not place.is_symlink():
                homes = sorted((p for p in place.iterdir() if not p.is_symlink()), reverse=True)
                paths = (home / self.path.name for home in homes[: sizes.ATTEMPTS])
                made = [
                    self._replace(path=p, problem=None, beside=()) for p in paths if p.is_file()
                ]
        return made

    def secret(self) -> str:
        """Return the secret that nbgrader's exchange has put beside it, or ""."""
        with contextlib.suppress(OSError, UnicodeDecodeError, _NoFile):
            text = _read(self.path.parent / SECRET, largest=sizes.TIMESTAMP).decode("ascii").strip()
            return text if re.fullmatch(r"[0-9a-f]{16,200}", text) else ""
        return ""

    def about(self) -> dict[str, Any]:
        """Return what `collect` has noted of the upload, and the team that handed it in."""
        made: dict[str, Any] = {}
        noted = collected(self.path.parent)
        if noted.get("late") is True:
            made["late"] = True
        if noted.get("lms") == "canvas" and isinstance(noted.get("member"), str):
            made["member"] = noted["member"][: sizes.MEMBER_NAME]
        if self.team:
            made["team"] = self.team
        return made


def collected(directory: Path) -> dict[str, Any]:
    """Return what `collect` has noted of a chapter's directory; {} where it noted nothing."""
    with contextlib.suppress(OSError, ValueError, RecursionError, _NoFile):
        found = json.loads(_read(directory / COLLECTED, largest=sizes.COLLECTED))
        if isinstance(found, dict):
            return found
    return {}


class HandedIn(NamedTuple):
    """What lies in SUBMITTED: what to grade, whom there is, and a line for each stray thing."""

    submissions: list[Submission]
    students: list[str]
    stray: list[str]


class _NoFile(Exception):
    """A path that is not what it should be; the argument is a problem."""


def read_time(text: str) -> datetime | None:
    """Return the time that a text says, in UTC and without a zone, as nbgrader keeps it; or None.

    A text of unknown origin makes the parser raise whatever it likes.
    """
    if not text.strip():
        return None
    with contextlib.suppress(Exception), warnings.catch_warnings():
        from nbgrader.utils import parse_utc  # all of nbgrader, a second

        warnings.simplefilter("error")  # of a zone that it does not know and passes over
        time = parse_utc(text.strip())
        if isinstance(time, datetime) and time.tzinfo is None and 1970 <= time.year < 2200:
            return time
    return None


def find(submitted: Path, known: list[str], wanted: list[str]) -> HandedIn:
    """Return the submissions of the wanted chapters, sorted; GradingError where there are none."""
    if not submitted.is_dir():
        what = "is a file, not a directory" if submitted.exists() else "does not exist"
        raise GradingError(f"{submitted} {what}. Wanted is a directory with {LAYOUT}.")
    found = HandedIn([], [], [])
    try:
        everyone = sorted(_visible(submitted))
    except OSError as error:
        raise GradingError(f"{submitted} cannot be read: {error.strerror}.") from error
    for student in everyone:
        try:
            _find_student(found, student, known, wanted)
        except OSError as error:
            why = f"it cannot be read ({error.strerror})"
            found.stray.append(f"{in_line(student.name)}: passed over, {why}")
    if not found.submissions:
        seen = "; ".join(found.stray[:3]) or "no directory of a chapter to be graded"
        raise GradingError(f"{submitted} holds no submission. Wanted: {LAYOUT}. Seen: {seen}.")
    return found


def _find_student(found: HandedIn, path: Path, known: list[str], wanted: list[str]) -> None:
    """Add what lies in one student's directory."""
    name = student_name(path.name)
    why = _wrong_student(path)
    if not why and name in found.students:
        why = (
            "another directory has this name in another spelling of its accents: put them together"
        )
    if why:
        found.stray.append(f"{in_line(path.name)}: passed over, {why}")
        return
    found.students.append(name)
    _find_chapters(found, name, sorted(_visible(path)), known, wanted)


def in_line(name: str) -> str:
    """Return a name from outside as one printable line of text."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return line if len(line) <= 200 else line[:200] + "…"


def _find_chapters(
    found: HandedIn, student: str, inside: list[Path], known: list[str], wanted: list[str]
) -> None:
    if not inside:
        found.stray.append(f"{student}: nothing was handed in, the directory is empty")
    for chapter in inside:
        where = f"{student}/{in_line(chapter.name)}"
        directory = chapter.is_dir()
        if chapter.name in known and (directory or chapter.is_symlink()):
            if chapter.name in wanted:
                found.submissions.append(_look(student, chapter))
        elif directory:
            found.stray.append(f"{where}: passed over, the course has no chapter of this name")
        else:
            found.stray.append(f"{where}: passed over, a chapter is a directory ({LAYOUT})")


def _visible(directory: Path) -> list[Path]:
    return [p for p in directory.iterdir() if not p.name.startswith(".")]


def _wrong_student(path: Path) -> str:
    """Return why this is no student's directory, or ""."""
    name = path.name
    if path.is_symlink():
        return "links are not followed: put the directory itself here"
    if not path.is_dir():
        return f"a student is a directory ({LAYOUT})"
    return wrong_name(student_name(name))


def student_name(directory: str) -> str:
    """Return a student's name in the gradebook: the directory's in NFC, with plain spaces.

    Marks of the reading direction, which come with names that are copied, are left out.
    """
    kept = (c for c in directory if c in JOINERS or unicodedata.category(c) != "Cf")
    spaced = (" " if unicodedata.category(c) == "Zs" else c for c in kept)
    return unicodedata.normalize("NFC", "".join(spaced))


def wrong_name(name: str) -> str:
    """Return why a student cannot be called so in the gradebook, or ""."""
    if not all(c.isprintable() or c in JOINERS for c in name):
        return "its name holds what is not text: rename the directory"
    if len(name) > sizes.STUDENT_NAME or len(name.encode()) > sizes.STUDENT_BYTES:
        limit = sizes.STUDENT_NAME
        return f"its name has {len(name)} characters, the limit is {limit}: rename the directory"
    odd = ODD.search(name)
    if odd or name != name.strip() or name.startswith("."):
        return f"its name holds {odd[0] if odd else 'a space at an end'!r}: rename the directory"
    if is_formula(name):
        return f"its name begins with {name[0]!r}, like a formula: rename the directory"
    return ""


def _look(student: str, directory: Path) -> Submission:
    """Return what a chapter's directory holds, without opening anything."""
    chapter = directory.name
    path = directory / f"{chapter}.ipynb"
    if directory.is_symlink():
        says = f"{chapter} is a link, and links are not followed. Hand in the file itself."
        return Submission(student, chapter, path, ("link", says))
    try:
        names = sorted(p.name for p in _visible(directory))
    except OSError as error:
        says = f"The directory cannot be read: {error.strerror}."
        return Submission(student, chapter, path, ("unreadable", says))
    beside = tuple(in_line(n) for n in names if n not in (path.name, STAMP, SECRET))
    problem = None
    try:
        _check(os.lstat(path), path.name, sizes.NOTEBOOK)
    except _NoFile as error:
        problem = error.args[0]
    except OSError:
        if noted := collected(directory).get("unusable"):
            return Submission(student, chapter, path, ("unusable", in_line(str(noted))), beside)
        seen = f"there is {', '.join(beside[:3])}" if beside else "the directory is empty"
        says = f"The file {path.name} is missing; {seen}. Hand in the notebook under its own name."
        problem = ("no_notebook", says)
    return Submission(student, chapter, path, problem, beside)


def _check(about: os.stat_result, name: str, largest: int) -> None:
    if stat.S_ISLNK(about.st_mode):
        says = f"{name} is a link, and links are not followed. Hand in the file itself."
        raise _NoFile(("link", says))
    if not stat.S_ISREG(about.st_mode):
        kind = "a directory" if stat.S_ISDIR(about.st_mode) else "a pipe or a device"
        raise _NoFile(("not_a_file", f"{name} is {kind}. Hand in the notebook's file."))
    if about.st_size > largest:
        size = f"{about.st_size / 1e6:.0f} MB"
        says = f"The file has {size}, the limit is {largest / 1e6:.0f} MB. Clear its outputs first."
        raise _NoFile(("too_large", says))


def _read(path: Path, largest: int = sizes.NOTEBOOK) -> bytes:
    """Return a plain file's bytes; it is looked at again, since it may have been exchanged."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        _check(os.fstat(file.fileno()), path.name, largest)
        data = file.read(largest + 1)
    if len(data) > largest:
        raise _NoFile(("too_large", f"{path.name} grew while it was read. Hand it in again."))
    return data
