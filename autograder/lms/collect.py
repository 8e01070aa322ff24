"""`autograder collect`: a download of Moodle's or Canvas's -> SUBMITTED/<student>/<chapter>/.

Every run first writes the roster, then each notebook beside its place and then into it, so that a
run that was stopped is completed by the same command. Nothing but notebooks is read.

timestamp.txt is written only where the times in an archive can be those of submissions. Canvas and
Moodle since 3.11 give every member the time of the download; then there is no such file. A zip's
time has no time zone, unless it has Info-ZIP's extra field, which is UTC; nbgrader takes it as UTC.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from autograder.authoring.source import chapter_names
from autograder.core.course import Course
from autograder.errors import Exit, GradingError
from autograder.io import write_file
from autograder.lms.archive import Archive, Refused, opened
from autograder.lms.names import count, show
from autograder.lms.roster import FILE, Roster
from autograder.lms.select import Collected, Report, newest, select

NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"
ONE_DOWNLOAD = timedelta(hours=1)  # members within it have the time at which the zip was made


def collect(course: Course, path: Path, lms: str, into: Path, chapter: str | None = None) -> int:
    """Collect an archive; return the exit status: 1 where something was refused, 2 for nothing."""
    known = chapter_names(course)
    if chapter is not None and chapter not in known:
        raise GradingError(f"There is no chapter {chapter}. The chapters: {', '.join(known)}.")
    if into.exists() and not into.is_dir():
        raise GradingError(f"--into {into} is a file, not a directory.")
    report = Report()
    counts: Counter[str] = Counter()
    with opened(path) as archive:
        found = select(course, archive, lms, known, chapter, report)
        if found:
            _make(into)
            timed = _timed(found, report)
            for (student, of), several in sorted(_by_student(into, found, report).items()):
                best = newest(several, timed, report)
                try:
                    counts[_store(archive, into / student / of, best, timed, report)] += 1
                except Refused as error:
                    report.refuse(best.member, str(error))
    report.say(
        f"{count(counts.total(), 'notebook')} in {into}: {counts[NEW]} new, "
        f"{counts[CHANGED]} changed, {counts[UNCHANGED]} unchanged; {report.refused} refused."
    )
    if not counts:
        return Exit.NOTHING
    return Exit.SOME_FAILED if report.refused else Exit.DONE


def _timed(found: list[Collected], report: Report) -> bool:
    """Return whether the members' times can be those of the submissions."""
    times = [t for f in found if (t := f.member.time())]
    if len(times) < 2 or max(times)[0] - min(times)[0] <= ONE_DOWNLOAD:
        return False
    if not all(utc for _, utc in times):
        report.say("The archive's times have no time zone; timestamp.txt holds them as UTC.")
    return True


def _by_student(
    into: Path, found: list[Collected], report: Report
) -> dict[tuple[str, str], list[Collected]]:
    """Return the notebooks by student's directory and chapter, once the roster is written."""
    roster = Roster(into / FILE)
    numbers: dict[str, set[str]] = {}
    for f in found:
        numbers.setdefault(f.named.name, set()).add(f.named.id)
    made: dict[tuple[str, str], list[Collected]] = {}
    for f in found:
        namesakes = len(numbers[f.named.name]) > 1
        who = f.named
        student = roster.student(who.lms, f.chapter, who.id, who.name, namesakes)
        made.setdefault((student, f.chapter), []).append(f)
    roster.write()
    if roster.by_name:
        report.say(
            f"{count(roster.by_name, 'student')} known from another assignment by name alone: "
            "Moodle numbers students anew in each."
        )
    return made


def _store(archive: Archive, home: Path, found: Collected, timed: bool, report: Report) -> str:
    """Put a notebook into its directory; return whether it was new there, changed or neither."""
    path, stamp = home / f"{found.chapter}.ipynb", home / "timestamp.txt"
    time = found.member.time() if timed else None
    for place in (home.parent, home):
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            raise Refused(f"{place} is not a directory of its own")
    data, there = archive.read(found.member), _there(path)
    if there not in (None, data) and time and (before := _stamped(stamp)) and before > time[0]:
        report.say(f"{show(found.member.name)}: older than {path}, which stays")
        return UNCHANGED
    _make(home)
    if time:
        _put(stamp, f"{time[0]:%Y-%m-%d %H:%M:%S} UTC\n".encode())
    elif there != data:
        stamp.unlink(missing_ok=True)  # of the notebook that was there before
    if there == data:
        return UNCHANGED
    _put(path, data)
    if there is None:
        return NEW
    report.say(f"{home}: changed since it was last collected")
    return CHANGED


def _there(path: Path) -> bytes | None:
    """Return what a notebook's place holds; None for nothing, or a link, which gets replaced."""
    if path.is_symlink() or not path.exists():
        return None
    if not path.is_file():
        raise Refused(f"{path} is not a file")
    return path.read_bytes()


def _stamped(path: Path) -> datetime | None:
    """Return the time in a timestamp.txt of ours, or None."""
    with contextlib.suppress(OSError, ValueError):
        text = path.read_text(encoding="utf-8").strip()
        return datetime.strptime(text.replace("UTC", "+0000"), "%Y-%m-%d %H:%M:%S %z")
    return None


def _put(path: Path, data: bytes) -> None:
    """Write a file beside its place, then into it; never through a link that lies there."""
    try:
        write_file(path, data)
    except OSError as error:
        raise GradingError(
            f"{path} cannot be written: {error.strerror}. What was collected before it stays, and "
            "the same command goes on from there."
        ) from error


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradingError(f"{directory} cannot be made: {error.strerror}.") from error
