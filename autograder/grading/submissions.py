"""What was handed in: SUBMITTED/<student>/<chapter>/<chapter>.ipynb, and what else lies there.

A notebook under another name, in a folder that was unpacked or in an archive is found too: `x
(1).ipynb`, `x.ipynb.txt`, `x.zip`. Of several for a chapter the newest counts, and that is said.
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
from autograder.grading.filenames import CLUTTER, TEXT, NotebookName, chapter_of, read_name
from autograder.grading.packed import NotTaken, notebook_in
from autograder.spreadsheet import is_formula

LAYOUT = "SUBMITTED/<student>/<chapter>/<chapter>.ipynb"
STAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # the exchange's: by it a student's page is found
ATTEMPTS = ".attempts"  # earlier ones, each in a directory of its own
STEPS = ("submitted", "autograded", "feedback", "source", "release")  # of nbgrader, in DIR
COLLECTED = ".collected.json"  # what `collect` knows of an upload
FOLDERS = 3  # how deep a notebook may lie in an unpacked folder
SAME_TIME = 2.0  # seconds: files that were unpacked or copied together
ODD = re.compile(r"""["#%*/:;<>?\[\\\]`{|}]""")  # of URLs, patterns, HTML, shells and paths
JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"  # letters of Hindi, Persian and others


class Submission(NamedTuple):
    """One student's notebook of one chapter. `problem` is (name, sentence) when there is none."""

    student: str
    chapter: str
    path: Path
    problem: tuple[str, str] | None = None
    beside: tuple[str, ...] = ()  # what else was handed in; it is never copied and never run
    note: str = ""  # which file it is, where that is not plain
    known: tuple[str, ...] = ()  # the course's chapters
    team: str = ""  # the directory of the team that handed it in

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
        with contextlib.suppress(OSError, UnicodeDecodeError, _NoFile):
            return read_time(_read(self._home() / STAMP, largest=sizes.TIMESTAMP).decode())
        return None

    def earlier(self) -> list[Submission]:
        """Return the attempts that `collect` has kept beside it, the newest first."""
        place = self._home() / ATTEMPTS
        made: list[Submission] = []
        with contextlib.suppress(OSError):
            if not place.is_symlink():
                homes = sorted((p for p in place.iterdir() if not p.is_symlink()), reverse=True)
                paths = (home / self.path.name for home in homes[: sizes.ATTEMPTS])
                made = [
                    self._replace(path=p, problem=None, beside=(), note="")
                    for p in paths
                    if p.is_file()
                ]
        return made

    def secret(self) -> str:
        """Return the secret that nbgrader's exchange has put beside it, or ""."""
        with contextlib.suppress(OSError, UnicodeDecodeError, _NoFile):
            text = _read(self._home() / SECRET, largest=sizes.TIMESTAMP).decode("ascii").strip()
            return text if re.fullmatch(r"[0-9a-f]{16,200}", text) else ""
        return ""

    def about(self) -> dict[str, Any]:
        """Return what `collect` has noted of the upload, and the team that handed it in."""
        made: dict[str, Any] = {}
        noted = collected(self._home())
        if noted.get("late") is True:
            made["late"] = True
        if noted.get("lms") == "canvas" and isinstance(noted.get("member"), str):
            made["member"] = noted["member"][: sizes.MEMBER_NAME]
        if self.team:
            made["team"] = self.team
        return made

    def _home(self) -> Path:
        """Return the chapter's own directory: the notebook may lie in a folder in it."""
        above = [p for p in self.path.parents if p.name == self.chapter]
        return above[-1] if above and self.note else self.path.parent


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
    elif noted := collected(directory).get("unusable"):
        problem = ("unusable", in_line(str(noted)))
    else:
        problem = ("no_notebook", _missing(path.name, names, len(others)))
    top = path.relative_to(directory).parts[0]
    beside = tuple(in_line(n) for n in names if n not in (top, STAMP, SECRET))
    return Submission(student, chapter, path, problem, beside, note, tuple(known))


def _missing(name: str, names: list[str], notebooks: int) -> str:
    shown = [in_line(n) for n in names if n not in (STAMP, SECRET)]
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
