"""The members of an archive -> the notebooks whose student and chapter are known, and lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from autograder.core.course import Course
from autograder.errors import GradingError
from autograder.grading.filenames import ARCHIVE, read_name
from autograder.lms import names, systems
from autograder.lms.archive import Archive, Member, Refused
from autograder.lms.chapters import by_cells, by_name
from autograder.lms.names import CANVAS_TEXT, Named, show

PACKED = (".gz", ".tgz", ".bz2", ".xz", ".tar", ".7z", ".rar")
CLUTTER = (".DS_Store", "Thumbs.db", "desktop.ini")
FOLDERS = ("__MACOSX", ".ipynb_checkpoints")
LMS: dict[str, Callable[[str], Named | None]] = {
    "moodle": names.moodle,
    "canvas": names.canvas,
    "ilias": systems.ilias,
    "brightspace": systems.brightspace,
    "blackboard": systems.blackboard,
    "nbgrader": systems.nbgrader,
}


class Collected(NamedTuple):
    """A notebook whose student and chapter are known; `how` as in `chapters.ChapterGuess`."""

    member: Member
    named: Named
    chapter: str
    how: str


class Report:
    """Prints a line for each thing that is not taken, and counts what was refused."""

    def __init__(self) -> None:
        self.refused = 0
        self.told: list[tuple[Member, str]] = []  # what is not taken, and why

    def say(self, line: str) -> None:
        """Print a line."""
        print(line.encode("utf-8", "replace").decode(), flush=True)

    def passed(self, member: Member, why: str) -> None:
        """Say that a member is passed over."""
        self.told.append((member, why))
        self.say(f"{show(member.name)}: passed over, {why}")

    def refuse(self, member: Member, why: str) -> None:
        """Say that a member is refused, and count it."""
        self.refused += 1
        self.told.append((member, why))
        self.say(f"{show(member.name)}: refused, {why}")


def select(
    course: Course, archive: Archive, lms: str, known: list[str], given: str | None, report: Report
) -> list[Collected]:
    """Return what can be collected; GradingError where the archive looks like another LMS's."""
    if not any(LMS[lms](member.name) for member in archive.members):
        for other in LMS.keys() - {lms}:
            if any(LMS[other](member.name) for member in archive.members):
                raise GradingError(
                    f"Nothing in the archive is named as {lms.capitalize()} names a submission; "
                    f"it looks like a download of {other.capitalize()}'s."
                )
    members = [m for m in archive.members if not _clutter(m.name)]
    looked = (_look(course, archive, m, lms, known, given, report) for m in members)
    return [found for found in looked if found is not None]


def _clutter(name: str) -> bool:
    """Return whether a file is a system's own: they come in hundreds, and are not worth a line."""
    *folders, base = name.split("/")
    return base.startswith("._") or base in CLUTTER or any(f in FOLDERS for f in folders)


def _look(
    course: Course,
    archive: Archive,
    member: Member,
    lms: str,
    known: list[str],
    given: str | None,
    report: Report,
) -> Collected | None:
    if member.refused:
        report.refuse(member, member.refused)
        return None
    ending = member.name[member.name.rfind(".") :].casefold()
    if ending in PACKED:
        report.refuse(member, "an archive inside the archive is opened only where it is a zip")
        return None
    named = LMS[lms](member.name)
    typed = named.kind != "file" if named else CANVAS_TEXT.match(member.name) and lms == "canvas"
    if typed:
        report.passed(member, "text that was typed into the LMS, not a notebook")
        return None
    about = read_name(named.file if named else member.name.rsplit("/", 1)[-1], known)
    if about is None:
        report.passed(member, "not a notebook")
        return None
    if about.form == ARCHIVE:
        archive.open_inside(member, known)
    if named is None:
        report.passed(member, f"not named as {lms.capitalize()} names a submission")
        return None
    if ambiguous(named, known):
        report.refuse(member, "its numbers can be read in two ways: whose is it?")
        return None
    try:
        of = by_name(named.file, known, given) or by_cells(course, archive.read(member))
    except Refused as error:
        report.refuse(member, str(error))
        return None
    if of is None:
        report.passed(member, "neither its name nor its cells tell a chapter; see --chapter")
        return None
    if of.how:
        report.say(f"{show(member.name)}: taken for {of.name}, {of.how}")
    return Collected(member, named, of.name, of.how)


def ambiguous(named: Named, known: list[str]) -> bool:
    """Return whether a third number follows the two that Canvas writes, and no chapter does.

    A student who is called x_99, or hands in 1_99_y.ipynb, would otherwise pass for another.
    """
    first, rest, _ = named.file.partition("_")
    chapter = named.file.casefold().startswith(tuple(known))
    return named.lms.startswith("canvas") and first.isdigit() and rest == "_" and not chapter


def newest(several: list[Collected], timed: bool, report: Report) -> Collected:
    """Return the notebook that counts of one student's for one chapter, and say so.

    One that only `--chapter` gives the chapter to counts least. `timed`: zip times mean something.
    """

    def order(f: Collected) -> tuple:
        time = f.member.time() if timed else None
        return f.how != "by --chapter", f.named.order, time[0].timestamp() if time else 0.0

    best = max(several, key=lambda f: (order(f), not f.how))  # of equals, the first in the archive
    for f in several:
        if f is not best:
            why = "newer" if order(f)[1:] < order(best)[1:] else "which is newer is not known"
            why = why if order(f)[0] == order(best)[0] else "it has the chapter's name"
            report.passed(f.member, f"{show(best.member.name)} counts ({why})")
    return best
