"""What was graded under a directory's own name goes to the person whom the class list names since.

`grade` asks whose a directory is, and grades it all the same. Once the list answers, the scores,
a person's marks and the files are that person's; where they are not to be moved they end.
"""

from __future__ import annotations

import shutil
from collections import defaultdict

from nbgrader.api import Gradebook, Student, SubmittedAssignment
from sqlalchemy import select, update

from autograder.grading.store import records
from autograder.grading.store.class_directory import ClassDirectory
from autograder.grading.store.gradebook import marks
from autograder.grading.submissions import in_line

KEPT_STEPS = ("submitted", "autograded", "feedback")


def move(directory: ClassDirectory, gb: Gradebook) -> list[str]:
    """Give what was graded to its persons; return a line for each that could not be given."""
    lines = []
    owners = _owners(directory)
    there = set(gb.db.scalars(select(Student.id)))
    for old in sorted(owners.keys() & there):
        for assignment, chapter in _handed_in(gb, old):
            found = marks(gb, old, chapter).get((old, chapter), {})
            by_hand = any(m.manual_score is not None for m in found.values())
            new = owners[old][0]
            free = len(owners[old]) == 1 and chapter not in [c for _, c in _handed_in(gb, new)]
            if free:
                _give(directory, gb, assignment, old, new, chapter)
            elif by_hand:
                who = ", ".join(directory.agreed.shown(s) for s in owners[old])
                lines.append(
                    in_line(
                        f"{old}/{chapter}: has marks by hand, and is {who} now, whose own row "
                        "counts. It stays under its own name: give the marks there, and remove it."
                    )
                )
            else:
                _end(directory, gb, old, chapter)
        if not _handed_in(gb, old):
            gb.remove_student(old)
    return lines


def _owners(directory: ClassDirectory) -> dict[str, list[str]]:
    """Return the members to whom each directory belongs that is no member's name."""
    members = directory.agreed.members
    made: dict[str, list[str]] = defaultdict(list)
    for m in members.values():
        for name in m.directories.split("/") if m.directories else []:
            if name not in members:
                made[name].append(m.student)
    return made


def _handed_in(gb: Gradebook, student: str) -> list[tuple[str, str]]:
    """Return the submissions of a student: nbgrader's id and the chapter."""
    query = select(SubmittedAssignment).where(SubmittedAssignment.student_id == student)
    return [(s.id, s.assignment.name) for s in gb.db.scalars(query)]


def _give(
    directory: ClassDirectory, gb: Gradebook, assignment: str, old: str, new: str, chapter: str
) -> None:
    """Make a submission another student's. The files go first: without them it is graded again."""
    for step in KEPT_STEPS:
        source = directory.path(step, old, chapter).parent
        target = directory.path(step, new, chapter).parent
        if source.is_dir() and not source.is_symlink():
            shutil.rmtree(target, ignore_errors=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
            _remove_empty(directory, step, old)
    where = SubmittedAssignment.id == assignment
    gb.db.execute(update(SubmittedAssignment).where(where).values(student_id=new))
    records.give(gb, old, new, chapter)
    gb.db.commit()
    gb.db.expunge_all()


def _end(directory: ClassDirectory, gb: Gradebook, old: str, chapter: str) -> None:
    for step in KEPT_STEPS:
        shutil.rmtree(directory.path(step, old, chapter).parent, ignore_errors=True)
        _remove_empty(directory, step, old)
    records.remove(gb, old, chapter)
    gb.remove_submission(chapter, old)  # commits


def _remove_empty(directory: ClassDirectory, step: str, student: str) -> None:
    place = directory.root / step / student
    if place.is_dir() and not any(place.iterdir()):
        place.rmdir()
