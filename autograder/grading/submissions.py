"""What was handed in: SUBMITTED/<student>/<chapter>/<chapter>.ipynb, and what else lies there.

A notebook under another name, in a folder that was unpacked or in an archive is found too: `x
(1).ipynb`, `x.ipynb.txt`, `x.zip`. Of several for a chapter the newest counts, and that is said.
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
from autograder.grading.filenames import CLUTTER, TEXT, NotebookName, chapter_of, read_name
from autograder.grading.packed import NotTaken, notebook_in
from autograder.spreadsheet import is_formula

LAYOUT = "SUBMITTED/<student>/<chapter>/<chapter>.ipynb"
STAMP = "timestamp.txt"
FOLDERS = 3  # how deep a notebook may lie in an unpacked folder
SAME_TIME = 2.0  # seconds: files that were unpacked or copied together
ODD = re.compile(r"""[^\w .,'()&·~^!$+=@-]""")  # of URLs, patterns, HTML, shells and paths


class Submission(NamedTuple):
    """One student's notebook of one chapter. `problem` is (name, sentence) when there is none."""

    student: str
    chapter: str
    path: Path
    problem: tuple[str, str] | None = None
    beside: tuple[str, ...] = ()  # what else was handed in; it is never copied and never run
    note: str = ""  # which file it is, where that is not plain
    known: tuple[str, ...] = ()  # the course's chapters

    def read(self) -> tuple[bytes, tuple[str, str] | None]:
        """Return the file's bytes, or b"" and why there are none."""
        if self.problem is not None:
            return b"", self.problem
        try:
            data = _read(self.path)
            zipped = data.startswith(b"PK\x03\x04")
            return notebook_in(data, self.known, self.chapter).data if zipped else data, None
        except NotTaken as error:
            says = f"{self.path.name} is an archive without the chapter's notebook: {error}. "
            return b"", ("no_notebook", f"{says}Hand in {self.chapter}.ipynb itself, unpacked.")
        except OSError as error:
            return b"", ("unreadable", f"The file cannot be read: {error.strerror}.")
        except _NoFile as error:
            return b"", error.args[0]

    def time(self) -> datetime | None:
        """Return when it was handed in, where nbgrader's timestamp.txt beside it says so."""
        with contextlib.suppress(OSError, ValueError, OverflowError, _NoFile):
            text = _read(self._home() / STAMP, largest=sizes.TIMESTAMP).decode("ascii").strip()
            if text:
                from nbgrader.utils import parse_utc  # all of nbgrader, a second

                return parse_utc(text)
        return None

    def _home(self) -> Path:
        """Return the chapter's own directory: the notebook may lie in a folder in it."""
        above = [p for p in self.path.parents if p.name == self.chapter]
        return above[-1] if above and self.note else self.path.parent


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
    there = {p.name for p in inside}
    loose: dict[str, list[_Candidate]] = {}
    for chapter in inside:
        where = f"{student}/{in_line(chapter.name)}"
        directory = chapter.is_dir()
        if chapter.name in known and (directory or chapter.is_symlink()):
            if chapter.name in wanted:
                found.submissions.append(_look(student, chapter, known))
            continue
        others = _candidates(chapter, known)
        others = [c for c in others if c.about.chapter and c.about.chapter not in there]
        for candidate in others:
            loose.setdefault(candidate.about.chapter, []).append(candidate)
        if not others and directory:
            found.stray.append(f"{where}: passed over, the course has no chapter of this name")
        elif not others:
            found.stray.append(f"{where}: passed over, a chapter is a directory ({LAYOUT})")
    for name in sorted(loose.keys() & set(wanted)):
        best, note = _best(loose[name], name)
        about = (student, name, best.path, _problem(best.path), (), note, tuple(known))
        found.submissions.append(Submission(*about))
    found.submissions.sort(key=lambda s: (s.student, s.chapter))


class _Candidate(NamedTuple):
    """A file that may be a chapter's notebook; `named` is its path as it is shown."""

    path: Path
    named: str
    about: NotebookName
    time: float


def _candidates(place: Path, known: list[str]) -> list[_Candidate]:
    """Return the files in a directory, and below it, whose names are notebooks'."""
    made: list[_Candidate] = []
    pending = [(place, 0)]
    seen = 0
    while pending and seen < sizes.BESIDE:
        path, depth = pending.pop()
        seen += 1
        try:
            about = os.lstat(path)
            if stat.S_ISDIR(about.st_mode) and depth <= FOLDERS and path.name not in CLUTTER:
                pending += [(p, depth + 1) for p in sorted(_visible(path))[: sizes.BESIDE]]
        except OSError:
            continue
        if stat.S_ISREG(about.st_mode) and (name := read_name(path.name, known)):
            if not name.chapter:  # the folder may have the chapter's name
                name = name._replace(chapter=chapter_of(path.parent.name, known)[0])
            named = str(path.relative_to(place if place.name in known else place.parent))
            made.append(_Candidate(path, in_line(named), name, about.st_mtime))
    return made


def _best(several: list[_Candidate], chapter: str) -> tuple[_Candidate, str]:
    """Return the file that counts, and the sentence that says so."""
    own = [c for c in several if read_name(c.path.name, [chapter]) and _is_named(c, chapter)]
    among = own or several
    form = min(c.about.form for c in among)
    among = [c for c in among if c.about.form == form]
    newest = max(c.time for c in among)
    best = max(
        (c for c in among if newest - c.time < SAME_TIME), key=lambda c: (c.about.number, c.named)
    )
    plain = best.path.name == f"{chapter}.ipynb"
    if len(among) > 1:
        others = ", ".join(f"`{c.named}`" for c in sorted(among) if c is not best)
        return best, f"`{best.named}` was graded: it is newer than {others}."
    return best, "" if plain and len(several) == 1 else f"`{best.named}` was graded."


def _is_named(candidate: _Candidate, chapter: str) -> bool:
    found = read_name(candidate.path.name, [chapter])
    return found is not None and found.chapter == chapter


def _problem(path: Path) -> tuple[str, str] | None:
    try:
        _check(os.lstat(path), path.name, sizes.NOTEBOOK)
    except _NoFile as error:
        return error.args[0]
    except OSError as error:
        return "unreadable", f"The file cannot be read: {error.strerror}."
    return None


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


def _look(student: str, directory: Path, known: list[str]) -> Submission:
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
    note, problem = "", None
    several = _candidates(directory, known)
    named = [c for c in several if _is_named(c, chapter)]
    others = [c for c in several if c.about.form != TEXT]
    if named and not (path.name in names and not path.is_file()):
        best, note = _best(named, chapter)
        path, problem = best.path, _problem(best.path)
    elif path.name in names:
        problem = _problem(path)
    elif len(others) == 1:
        path, problem = others[0].path, _problem(others[0].path)
        note = f"`{others[0].named}` was graded: it is the only notebook there."
    else:
        problem = ("no_notebook", _missing(path.name, names, len(others)))
    top = path.relative_to(directory).parts[0]
    beside = tuple(in_line(n) for n in names if n not in (top, STAMP))
    return Submission(student, chapter, path, problem, beside, note, tuple(known))


def _missing(name: str, names: list[str], notebooks: int) -> str:
    shown = [in_line(n) for n in names if n != STAMP]
    seen = f"there is {', '.join(shown[:3])}" if shown else "the directory is empty"
    if notebooks > 1:
        return f"The file {name} is missing; {seen}. Which of them counts? Hand in that one alone."
    return (
        f"The file {name} is missing; {seen}. Hand in the notebook itself, as your notebook "
        "program saves it (File, Download, .ipynb)."
    )


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
