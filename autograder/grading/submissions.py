"""What was handed in: SUBMITTED/<student>/<chapter>/<chapter>.ipynb, and what else lies there.

No link is followed, no file other than the notebook is opened, and nothing is read whole before its
size is known: whoever hands in chooses what lies here.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from autograder import sizes
from autograder.errors import GradingError
from autograder.spreadsheet import is_formula

LAYOUT = "SUBMITTED/<student>/<chapter>/<chapter>.ipynb"
STAMP = "timestamp.txt"
ODD = re.compile(r"""[^\w .,'()&·~^!$+=@-]""")  # of URLs, patterns, HTML, shells and paths


class Submission(NamedTuple):
    """One student's notebook of one chapter. `problem` is (name, sentence) when there is none."""

    student: str
    chapter: str
    path: Path
    problem: tuple[str, str] | None = None
    beside: tuple[str, ...] = ()  # what else was handed in; it is never copied and never run

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
        with contextlib.suppress(OSError, ValueError, OverflowError, _NoFile):
            text = _read(self.path.parent / STAMP, largest=sizes.TIMESTAMP).decode("ascii").strip()
            if text:
                from nbgrader.utils import parse_utc  # all of nbgrader, a second

                return parse_utc(text)
        return None


class HandedIn(NamedTuple):
    """What lies in SUBMITTED: what to grade, whom there is, and a line for each stray thing."""

    submissions: list[Submission]
    students: list[str]
    stray: list[str]


class _NoFile(Exception):
    """A path that is not what it should be; the argument is a problem."""


def find(submitted: Path, known: list[str], wanted: list[str]) -> HandedIn:
    """Return the submissions of the wanted chapters, sorted; GradingError where there are none."""
    if not submitted.is_dir():
        what = "is a file, not a directory" if submitted.exists() else "does not exist"
        raise GradingError(f"{submitted} {what}. Wanted is a directory with {LAYOUT}.")
    found = HandedIn([], [], [])
    for student in sorted(_visible(submitted)):
        name, why = in_line(student.name), _wrong_student(student)
        if why:
            found.stray.append(f"{name}: passed over, {why}")
            continue
        found.students.append(student.name)
        try:
            inside = sorted(_visible(student))
        except OSError as error:
            found.stray.append(f"{name}: passed over, it cannot be read ({error.strerror})")
            continue
        _find_chapters(found, student.name, inside, known, wanted)
    if not found.submissions:
        seen = "; ".join(found.stray[:3]) or "no directory of a chapter to be graded"
        raise GradingError(f"{submitted} holds no submission. Wanted: {LAYOUT}. Seen: {seen}.")
    return found


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
    if not name.isprintable():
        return "its name holds what is not text: rename the directory"
    if len(name) > sizes.STUDENT_NAME:
        limit = sizes.STUDENT_NAME
        return f"its name has {len(name)} characters, the limit is {limit}: rename the directory"
    odd = ODD.search(name)
    if odd or name != name.strip():
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
    beside = tuple(in_line(n) for n in names if n not in (path.name, STAMP))
    problem = None
    try:
        _check(os.lstat(path), path.name, sizes.NOTEBOOK)
    except _NoFile as error:
        problem = error.args[0]
    except OSError:
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
