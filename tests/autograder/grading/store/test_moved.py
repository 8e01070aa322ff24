"""Whom the class list names after grading gets what was graded under a directory's name."""

from __future__ import annotations

import pytest
from nbgrader.api import Student
from sqlalchemy import select

from autograder.grading.people.enrolment import ENROLLED, Member
from autograder.grading.store import records
from autograder.grading.store.gradebook import all_rows
from tests.autograder.grading.store.classroom import WRITTEN, came, opened

ANSWERS = {WRITTEN: "because", "sigmoid": "s"}


@pytest.fixture
def room(tmp_path):
    with opened(tmp_path) as made:
        yield made


def graded(room, student: str, mark: float | None = None) -> None:
    room.grade(room.hand_in(student, **{WRITTEN: "because"}), came(answers=ANSWERS))
    if mark is not None:
        room.score_by_hand(WRITTEN, mark, student)


def named(room, **directories: str) -> list[str]:
    """Say in the class list whose the directories are; return what is said."""
    members = {
        s: Member(s, s, state=ENROLLED, key=s, directories=d) for s, d in directories.items()
    }
    room.directory.agreed = room.directory.agreed._replace(members=members)
    writer = room.writer()
    writer.enrol([])
    return writer.move()


def students(room) -> set[str]:
    return set(room.gb.db.scalars(select(Student.id)))


def test_scores_marks_and_files_go_to_the_person(room):
    graded(room, "Ada_Li-11", 1.5)
    assert named(room, s7="Ada_Li-11") == []
    found = {(r.student, r.exercise): r.score for r in all_rows(room.gb, room.directory)}
    assert found == {("s7", "sigmoid"): 2.0, ("s7", "affine"): 3.0, ("s7", WRITTEN): 1.5}
    assert [r.student for r in records.all(room.gb)] == ["s7"] and students(room) == {"s7"}
    assert room.page("s7") and not (room.root / "feedback" / "Ada_Li-11").exists()


def test_where_the_person_is_graded_already_the_other_row_ends(room):
    graded(room, "Ada_Li-11")
    graded(room, "s7", 1.0)
    assert named(room, s7="Ada_Li-11/s7") == []
    assert {r.student for r in all_rows(room.gb, room.directory)} == {"s7"}
    assert room.mark(WRITTEN, "s7")[1] == 1.0
    assert not (room.root / "submitted" / "Ada_Li-11").exists()


def test_a_mark_that_cannot_be_moved_is_kept_and_said(room):
    graded(room, "Ada_Li-11", 1.5)
    graded(room, "s7", 1.0)
    (line,) = named(room, s7="Ada_Li-11/s7")
    assert "has marks by hand" in line and room.mark(WRITTEN, "Ada_Li-11")[1] == 1.5


def test_a_teams_own_row_ends_where_its_members_are_named(room):
    graded(room, "Rot-1")
    named(room, bo="Rot-1", cy="Rot-1")
    assert students(room) == {"bo", "cy"}


def test_a_directory_that_is_a_members_own_name_stays(room):
    graded(room, "bo", 1.0)
    assert named(room, bo="bo", cy="bo") == []
    assert room.mark(WRITTEN, "bo")[1] == 1.0
