"""`autograder collect`: downloads of an LMS, or nbgrader's exchange -> SUBMITTED/<student>/.

Every run first writes the roster, then each notebook beside its place and then into it, so that a
run that was stopped is completed by the same command. Nothing but notebooks is read. Of several
attempts the last counts, and the others are kept beside it; an upload that cannot be used is noted.

timestamp.txt is written only where the times in an archive can be those of submissions. Canvas and
Moodle since 3.11 give every member the time of the download; then there is no such file. A zip's
time has no time zone, unless it has Info-ZIP's extra field, which is UTC; nbgrader takes it as UTC.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from autograder.authoring.source import chapter_names
from autograder.core.course import Course
from autograder.errors import Exit, GradingError
from autograder.grading.people.links import NOTED
from autograder.grading.submissions import ATTEMPTS, COLLECTED, SECRET, STAMP, STEPS
from autograder.grading.terms.settings import NAME
from autograder.io import write_file
from autograder.lms.archive import Archive, Refused, opened
from autograder.lms.exchange import Inbound
from autograder.lms.names import Named, count, show
from autograder.lms.roster import Roster
from autograder.lms.select import LMS, Collected, Report, ambiguous, newest, select
from autograder.lms.times import worksheet_times, zone_of

NEW, CHANGED, UNCHANGED, UNUSABLE = "new", "changed", "unchanged", "unusable"
BESIDE = (STAMP, SECRET)
ONE_DOWNLOAD = timedelta(hours=1)  # members within it have the time at which the zip was made


def collect(
    course: Course,
    paths: Sequence[Path],
    lms: str,
    into: Path,
    chapter: str | None = None,
    worksheet: Path | None = None,
) -> int:
    """Collect downloads; return the exit status: 1 where something was refused, 2 for nothing.

    `worksheet` is Moodle's, for the times that its download does not have.
    """
    known = chapter_names(course)
    if chapter is not None and chapter not in known:
        raise GradingError(f"There is no chapter {chapter}. The chapters: {', '.join(known)}.")
    _check_place(into)
    times = worksheet_times(worksheet) if worksheet else {}
    counts: Counter[str] = Counter()
    refused = 0
    for path in paths:
        with _opened(path, lms) as archive:
            one = _Download(course, archive, lms, into, chapter, times)
            counts += one.take(known)
            refused += one.report.refused
    Report().say(
        f"{count(counts[NEW] + counts[CHANGED] + counts[UNCHANGED], 'notebook')} in {into}: "
        f"{counts[NEW]} new, {counts[CHANGED]} changed, {counts[UNCHANGED]} unchanged; "
        f"{refused} refused."
    )
    if counts[UNUSABLE]:
        n = count(counts[UNUSABLE], "student")
        Report().say(
            f"{n} with nothing that can be graded: `grade` gives them a row that says why."
        )
    if not counts:
        return Exit.NOTHING
    return Exit.SOME_FAILED if refused else Exit.DONE


def _check_place(into: Path) -> None:
    """Raise GradingError for a place that is none, or is the grader's own."""
    if into.exists() and not into.is_dir():
        raise GradingError(f"--into {into} is a file, not a directory.")
    for place in (into.resolve(), *into.resolve().parents):
        if (place.parent / "run.json").is_file() and place.name in STEPS:
            raise GradingError(
                f"--into {into} is where `grade` keeps its own copies, which it makes anew. Name a "
                "directory beside it."
            )


@contextlib.contextmanager
def _opened(path: Path, lms: str) -> Iterator[Archive | Inbound]:
    if lms == "nbgrader" and path.is_dir():
        yield Inbound(path)
    else:
        with opened(path) as archive:
            yield archive


class _Download:
    """One download on its way into SUBMITTED."""

    def __init__(
        self,
        course: Course,
        archive: Any,
        lms: str,
        into: Path,
        chapter: str | None,
        times: dict[str, datetime],
    ) -> None:
        self.course, self.archive, self.lms, self.into = course, archive, lms, into
        self.chapter, self.times, self.zone = chapter, times, zone_of(into)
        self.report = Report()
        self.timed = False

    def take(self, known: list[str]) -> Counter[str]:
        """Put all that is usable into SUBMITTED, note what is not; return the counts."""
        report, counts = self.report, Counter[str]()
        found = select(self.course, self.archive, self.lms, known, self.chapter, report)
        found = [f for f in found if f.named.file not in BESIDE]
        _check_users(found)
        roster = Roster(self.into / NOTED)
        lost = self._lost(found, known)
        if not found and not lost:
            return counts
        _make(self.into)
        self.timed = _timed([f for f in found if f.named.id not in self.times], report)
        by_student = _by_student(roster, found, [named for _, named, _ in lost], report)
        for (student, of), several in sorted(by_student.items()):
            home = self.into / student / of
            best = newest(several, self.timed, report)
            for one in sorted(several, key=lambda f: f.named.order):
                if one is not best:
                    self._keep_attempt(home, one)
            try:
                counts[self._store(home, best)] += 1
            except Refused as error:
                report.refuse(best.member, str(error))
                self._note(home, best.named, f"{best.named.file}: {error}.")
        for of, named, says in lost:
            home = self.into / roster.known(named, of) / of
            if not (home / f"{of}.ipynb").exists():
                self._note(home, named, says)
                counts[UNUSABLE] += 1
        return counts

    def _lost(self, found: list[Collected], known: list[str]) -> list[tuple[str, Named, str]]:
        """Return whose only uploads cannot be used: the chapter, what the name tells, and why.

        The chapter is the one that was asked for, or the one that all the others are of.
        """
        chapters = {f.chapter for f in found}
        of = self.chapter or (next(iter(chapters)) if len(chapters) == 1 else None)
        there = {(f.named.id, f.named.name) for f in found}
        made: dict[tuple[str, str], tuple[str, Named, str]] = {}
        for member, why in self.report.told if of else []:
            named = LMS[self.lms](member.name)
            if named is None or named.kind == "about" or named.file in BESIDE:
                continue
            if (named.id, named.name) not in there and not ambiguous(named, known):
                says = f"{show(named.file) or 'the upload'} was handed in: {why}."
                made.setdefault((named.id, named.name), (str(of), named, says))
        return list(made.values())

    def _time(self, f: Collected) -> datetime | None:
        """Return when it was handed in, in UTC: by its name, the worksheet, or the archive."""
        if f.named.when is not None:
            return f.named.when.replace(tzinfo=f.named.when.tzinfo or self.zone).astimezone(UTC)
        if f.named.lms == "moodle" and (said := self.times.get(f.named.id)):
            return said.replace(tzinfo=self.zone).astimezone(UTC)
        if self.timed and (told := f.member.time()):
            time, utc = told
            return time if utc else time.replace(tzinfo=self.zone).astimezone(UTC)
        return None

    def _note(self, home: Path, named: Named, unusable: str = "", member: str = "") -> None:
        """Note what is known of an upload beside it."""
        if _not_its_own(home):
            return
        about: dict[str, Any] = {"lms": named.lms, "id": named.id}
        about |= {"member": member} if member else {}
        about |= {"late": True} if named.late else {}
        about |= {"unusable": unusable} if unusable else {}
        _make(home)
        text = json.dumps(about, ensure_ascii=True, sort_keys=True)
        path = home / COLLECTED
        if not path.is_file() or path.is_symlink() or path.read_text(encoding="utf-8") != text:
            _put(path, text.encode())

    def _keep_attempt(self, home: Path, f: Collected) -> None:
        """Keep an earlier attempt beside the one that counts, by its time."""
        with contextlib.suppress(Refused):  # it is not the one that counts
            keep(home, self.archive.read(f.member), self._time(f))

    def _store(self, home: Path, found: Collected) -> str:
        """Put a notebook into its directory; return whether it is new there, changed or neither."""
        path, stamp = home / f"{found.chapter}.ipynb", home / STAMP
        time = self._time(found)
        if place := _not_its_own(home):
            raise Refused(f"{place} is not a directory of its own")
        data, there = self.archive.read(found.member), _there(path)
        before = _stamped(stamp)
        if there not in (None, data) and time and before and before > time:
            self.report.say(f"{show(found.member.name)}: older than {path}, which stays")
            keep(home, data, time)
            return UNCHANGED
        _make(home)
        if there is not None and there != data:
            keep(home, there, before)
        self._note(home, found.named, member=found.member.name.rpartition("/")[2])
        self._put_secret(home, found)
        if time:
            _put(stamp, f"{time:%Y-%m-%d %H:%M:%S} UTC\n".encode())
        elif there != data:
            stamp.unlink(missing_ok=True)  # of the notebook that was there before
        if there == data:
            return UNCHANGED
        _put(path, data)
        if there is None:
            return NEW
        self.report.say(f"{home}: changed since it was last collected")
        return CHANGED

    def _put_secret(self, home: Path, found: Collected) -> None:
        """Keep the secret of nbgrader's exchange, by which a student finds the page."""
        wanted = f"{found.member.name.rpartition('/')[0]}/{SECRET}"
        for member in self.archive.members if found.named.lms == "nbgrader" else []:
            if member.name == wanted:
                with contextlib.suppress(Refused):
                    _put(home / SECRET, self.archive.read(member)[:1000])


def _check_users(found: list[Collected]) -> None:
    """Raise GradingError where a hub has handed in everybody's work as one user's."""
    users = {f.named.id for f in found if f.named.lms == "nbgrader"}
    mine = {"root", "jovyan", *_caller()}
    if len(users) == 1 and users <= mine:
        user = next(iter(users))
        raise GradingError(
            f"All submissions are of the user {user}: the hub runs everybody as one user of the "
            "system, so that the exchange cannot tell students apart. Let the hub give each person "
            "a user (JupyterHub's spawner and nbgrader's course need that), or collect another way."
        )


def _caller() -> set[str]:
    try:
        return {getpass.getuser()}
    except (OSError, KeyError):  # an account without a name
        return set()


def _timed(found: list[Collected], report: Report) -> bool:
    """Return whether the members' times can be those of the submissions."""
    times = [t for f in found if f.named.when is None and (t := f.member.time())]
    if len(times) < 2 or max(times)[0] - min(times)[0] <= ONE_DOWNLOAD:
        return False
    if not all(utc for _, utc in times):
        report.say(
            f"The archive's times have no time zone: they are taken in that of {NAME}, or as UTC."
        )
    return True


def _by_student(
    roster: Roster, found: list[Collected], lost: list[Named], report: Report
) -> dict[tuple[str, str], list[Collected]]:
    """Return the notebooks by student's directory and chapter, once the roster is written."""
    numbers: dict[str, set[str]] = {}
    for named in (*(f.named for f in found), *lost):
        numbers.setdefault(named.name, set()).add(named.id)
    made: dict[tuple[str, str], list[Collected]] = {}
    chapter = found[0].chapter if found else ""
    for f in found:
        namesakes = len(numbers[f.named.name]) > 1
        who = f.named
        student = roster.student(who.lms, f.chapter, who.id, who.name, namesakes)
        made.setdefault((student, f.chapter), []).append(f)
    for who in lost:
        roster.student(who.lms, chapter, who.id, who.name, len(numbers[who.name]) > 1)
    roster.write()
    if roster.by_name:
        report.say(
            f"{count(roster.by_name, 'student')} known from another assignment by name alone: "
            "Moodle numbers students anew in each."
        )
    return made


def keep(home: Path, data: bytes, time: datetime | None) -> None:
    """Keep an attempt that does not count now: by its time, or else by what it holds."""
    name = f"{time:%Y%m%dT%H%M%SZ}" if time else hashlib.sha256(data).hexdigest()[:12]
    place = home / ATTEMPTS / name
    if _not_its_own(home) or _not_its_own(place):
        return
    _make(place)
    _put(place / f"{home.name}.ipynb", data)
    if time:
        _put(place / STAMP, f"{time:%Y-%m-%d %H:%M:%S} UTC\n".encode())


def _not_its_own(home: Path) -> Path | None:
    """Return which of a directory and the one that holds it is a link, or a file; None for none."""
    places = (home.parent, home)
    return next((p for p in places if p.is_symlink() or (p.exists() and not p.is_dir())), None)


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
