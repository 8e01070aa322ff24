"""`autograder merge A B --into C`: what sections or assistants have graded, in one directory.

A submission that is in one of them is taken as it is there. Where it is in both, each mark is taken
from whoever gave one to the same answer; where two persons gave different ones, the first
directory's stands and the conflict is listed. Nothing is graded, and A and B stay as they are.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from nbgrader.api import Gradebook

from autograder.core.course import Course
from autograder.errors import Exit, GradingError
from autograder.grading.notebooks.check_cells import CHECK
from autograder.grading.people import enrolment
from autograder.grading.people.enrolment import Member, class_file
from autograder.grading.people.links import KEPT, Link, kept_links
from autograder.grading.run.grade import (
    check_graded,
    gradebook_failures,
    new_writer,
    round_off,
)
from autograder.grading.run.lock import locked
from autograder.grading.run.start import check_path
from autograder.grading.store import records
from autograder.grading.store.class_directory import ClassDirectory, log_to, settings_of
from autograder.grading.store.gradebook import by_submission
from autograder.grading.store.records import Record
from autograder.grading.store.scores import ChapterCells, Scores
from autograder.grading.store.writer import Writer
from autograder.grading.submissions import in_line
from autograder.grading.terms.settings import NAME
from autograder.spreadsheet import write_rows

STEPS = ("submitted", "autograded", "feedback")


class Source(NamedTuple):
    """One directory that is merged, and its records by student and chapter."""

    directory: ClassDirectory
    gb: Gradebook
    records: dict[tuple[str, str], Record]

    def scores(self, student: str, chapter: str) -> Scores:
        """Return what its gradebook holds of a submission."""
        return Scores(self.gb, ChapterCells(self.gb, chapter), student)


def merge(course: Course, sources: tuple[Path, ...], into: Path) -> int:
    """Merge directories; return the exit status: 1 where there are conflicts."""
    _check(sources, into)
    into.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        for place in sorted({*sources, into}, key=lambda p: str(p.resolve())):
            stack.enter_context(locked(place))
        log = stack.enter_context(log_to(into / "nbgrader.log"))
        stack.enter_context(gradebook_failures())
        read = [_source(stack, course, place, log) for place in sources]
        for line in _share_files(sources, into):
            print(line)
        target = ClassDirectory(course, into, log)
        chapters = sorted({chapter for s in read for _, chapter in s.records})
        about = settings_of(sources[0])
        wanted = {k: about[k] for k in ("seed", "timeout", "level")}
        target.lay_out(chapters, **wanted, finished=True)
        with target.gradebook() as gb:
            conflicts = _merge_into(target, gb, read, about["seed"])
    return _say(into, read, conflicts)


def _check(sources: tuple[Path, ...], into: Path) -> None:
    if len(sources) < 2 or len({p.resolve() for p in sources}) < len(sources):
        raise GradingError("Name two or more different directories that were graded.")
    for place in sources:
        check_graded(place)
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise GradingError(f"--into {into} is there already. Name a new directory.")
    check_path(into)


def _source(stack: contextlib.ExitStack, course: Course, place: Path, log: Any) -> Source:
    directory = ClassDirectory(course, place, log)
    gb = stack.enter_context(directory.gradebook())
    found = {(r.student, r.chapter): r for r, _ in by_submission(gb, directory)}
    return Source(directory, gb, found)


def _share_files(sources: tuple[Path, ...], into: Path) -> Iterator[str]:
    """Write people.csv, what was collected, and the settings; yield a line for each difference."""
    everyone: dict[str, Member] = {}
    links: dict[Link, None] = {}
    for place in reversed(sources):  # the first says the last word
        everyone |= enrolment.read(place)
        links |= dict.fromkeys(kept_links(place))
    theirs = {d for m in everyone.values() if m.key for d in m.directories.split("/")}
    enrolment.write(into, {s: m for s, m in everyone.items() if m.key or s not in theirs})
    if links:
        write_rows(into / KEPT, [Link._fields, *sorted(links)])
    texts = {p: p.read_bytes() for place in sources if (p := class_file(place, NAME))}
    if texts:
        first = next(iter(texts))
        (into / NAME).write_bytes(texts[first])
        for path, text in texts.items():
            if text != texts[first]:
                yield f"{path} differs from {first}, which counts."
    seeds = {place: settings_of(place)["seed"] for place in sources}
    if len(set(seeds.values())) > 1:
        yield "They were graded with different seeds, on different hidden cases. See --seed-file."


def _merge_into(
    target: ClassDirectory, gb: Gradebook, read: list[Source], seed: int
) -> list[tuple[str, str, str]]:
    writer = new_writer(target, gb, seed)
    writer.enrol([])
    conflicts = []
    for student, chapter in sorted({key for s in read for key in s.records}):
        having = [s for s in read if (student, chapter) in s.records]
        conflicts += _merge_one(target, gb, having, student, chapter)
        gb.db.commit()
    for line in writer.move():  # where one knows whose a directory is, and the other does not
        print(line)
    for record, rows in list(by_submission(gb, target, False)):
        writer.write_page(record, rows)
    target.save(shown="")
    _round_off(target, gb, writer)
    return conflicts


def _round_off(target: ClassDirectory, gb: Gradebook, writer: Writer) -> None:
    enrolment.write(target.root, dict(target.agreed.members))
    round_off(target, gb, writer)


def _merge_one(
    target: ClassDirectory, gb: Gradebook, having: list[Source], student: str, chapter: str
) -> list[tuple[str, str, str]]:
    """Merge one submission; return its conflicts."""
    key = (student, chapter)
    conflicts: list[tuple[str, str, str]] = []
    best = max(having, key=lambda s: (bool(s.records[key].digest), s is having[0]))
    if len({s.records[key].digest for s in having}) > 1:
        best = max(having, key=lambda s: (bool(s.records[key].digest), s.records[key].time))
        says = f"two different files or gradings; that of {best.directory.root.name} counts"
        conflicts.append((student, chapter, says))
    having.sort(key=lambda s: s is not best)
    _copy_files(target, best, student, chapter)
    made = Scores(gb, ChapterCells(gb, chapter), student)
    of = [(s, s.scores(student, chapter)) for s in having]
    made.submission.timestamp = of[0][1].submission.timestamp
    answers = best.records[key].answers
    for name, grade in made.grades.items():
        answer = name.removeprefix(CHECK)
        same = [(s, x) for s, x in of if s.records[key].answers.get(answer) == answers.get(answer)]
        theirs = [(s, x.grades[name]) for s, x in same if name in x.grades]
        if not theirs:
            conflicts.append((student, chapter, f"{name}: the chapter had no such cell then"))
            continue
        grade.auto_score = theirs[0][1].auto_score
        marks = {g.manual_score: s for s, g in reversed(theirs) if g.manual_score is not None}
        given = next((g.manual_score for _, g in theirs if g.manual_score is not None), None)
        grade.manual_score = given
        grade.extra_credit = next((g.extra_credit for _, g in theirs if g.extra_credit), None)
        waits = [g.needs_manual_grade for _, g in theirs if g.manual_score == given]
        grade.needs_manual_grade = all(waits)
        if len(marks) > 1:
            said = " against ".join(f"{m:g} ({s.directory.root.name})" for m, s in marks.items())
            conflicts.append((student, chapter, f"{name}: {said}; {given:g} counts"))
    for name, comment in made.comments.items():
        comments = [x.comments[name] for _, x in of if name in x.comments]
        comment.auto_comment = comments[0].auto_comment if comments else None
        words = list(dict.fromkeys(c.manual_comment for c in comments if c.manual_comment))
        comment.manual_comment = "\n\n".join(words) or None
    records.put(gb, best.records[key])
    return conflicts


def _copy_files(target: ClassDirectory, source: Source, student: str, chapter: str) -> None:
    for step in STEPS:
        old = source.directory.path(step, student, chapter).parent
        if old.is_dir() and not old.is_symlink():
            new = target.path(step, student, chapter).parent
            shutil.copytree(old, new, symlinks=True, dirs_exist_ok=True)


def _say(into: Path, read: list[Source], conflicts: list[tuple[str, str, str]]) -> int:
    both = {key for s in read for key in s.records}
    numbers = " + ".join(str(len(s.records)) for s in read)
    print(f"{numbers} submissions, {len(both)} together: {into}")
    if conflicts:
        path = into / "conflicts.csv"
        write_rows(path, [("student", "chapter", "conflict"), *conflicts])
        for student, chapter, says in conflicts[:20]:
            print(in_line(f"  {student}  {chapter}  {says}"))
        number = "1 conflict" if len(conflicts) == 1 else f"{len(conflicts)} conflicts"
        print(f"{number}: {path}. formgrader, there, settles them.")
        return Exit.SOME_FAILED
    print("No conflicts.")
    return Exit.DONE
