"""What two persons have graded comes together, with what they do not agree on."""

from __future__ import annotations

import contextlib
import csv
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import COURSE
from autograder.errors import GradingError
from autograder.grading.people import enrolment
from autograder.grading.people.enrolment import Member
from autograder.grading.run.lock import locked
from autograder.grading.run.merge import merge
from autograder.grading.run.start import seed_of
from tests.autograder.grading.store.classroom import WRITTEN, Classroom, came, opened
from tests.helpers.submissions import CHAPTER


@pytest.fixture
def rooms(tmp_path):
    with opened(tmp_path / "a") as one, opened(tmp_path / "b") as two:
        yield one, two


def graded(
    room: Classroom, student: str, mark: float | None = None, answer: str = "because"
) -> None:
    made = came(answers={WRITTEN: answer, "sigmoid": "s"})
    room.grade(room.hand_in(student, **{WRITTEN: answer}), made)
    if mark is not None:
        room.score_by_hand(WRITTEN, mark, student)


def merged(rooms: tuple[Classroom, ...], into: Path) -> tuple[int, dict[tuple[str, str], str]]:
    """Return the exit status and the scores by student and exercise."""
    for room in rooms:
        room.gb.db.commit()
    status = merge(COURSE, tuple(r.root for r in rooms), into)
    with (into / "grades.csv").open(newline="", encoding="utf-8") as file:
        table = {(r["student"], r["exercise"]): r["score"] for r in csv.DictReader(file)}
    return status, table


def test_two_sections_come_together_whole(rooms, tmp_path):
    graded(rooms[0], "ada", 1.5)
    graded(rooms[1], "bo", 0.5)
    status, table = merged(rooms, tmp_path / "c")
    assert status == 0
    assert (table["ada", WRITTEN], table["bo", WRITTEN], table["bo", "affine"]) == (
        "1.5",
        "0.5",
        "3",
    )
    for step, ending in (("submitted", "ipynb"), ("autograded", "ipynb"), ("feedback", "html")):
        assert (tmp_path / "c" / step / "bo" / CHAPTER / f"{CHAPTER}.{ending}").is_file()


def test_marks_of_two_assistants_for_one_class_come_together(rooms, tmp_path):
    for room, marks in zip(rooms, ((1.5, None), (None, 0.5)), strict=True):
        graded(room, "ada", marks[0])
        graded(room, "bo", marks[1])
    status, table = merged(rooms, tmp_path / "c")
    assert (status, table["ada", WRITTEN], table["bo", WRITTEN]) == (0, "1.5", "0.5")


def test_different_marks_are_a_conflict_and_the_first_counts(rooms, tmp_path, capsys):
    graded(rooms[0], "ada", 1.5)
    graded(rooms[1], "ada", 0.5)
    status, table = merged(rooms, tmp_path / "c")
    assert (status, table["ada", WRITTEN]) == (1, "1.5")
    assert f"{WRITTEN}: " in (tmp_path / "c" / "conflicts.csv").read_text()
    assert "1.5 counts" in capsys.readouterr().out


def test_a_mark_for_another_answer_is_not_taken_over(rooms, tmp_path):
    graded(rooms[0], "ada", 1.5, "because")
    made = came(answers={WRITTEN: "no", "sigmoid": "s"})
    writer = rooms[1].writer()
    submission = rooms[1].hand_in("ada", **{WRITTEN: "no"})
    writer.begin(submission, submission.read()[0])
    writer.record(submission, made, "another digest")
    status, table = merged(rooms, tmp_path / "c")
    assert status == 1 and table["ada", WRITTEN] in ("", "1.5")
    text = (tmp_path / "c" / "conflicts.csv").read_text()
    assert "two different files or gradings" in text


def test_whom_one_directory_knows_by_name_gets_what_the_other_graded_without(rooms, tmp_path):
    graded(rooms[0], "s7")
    graded(rooms[1], "Ada-11", 1.5)
    graded(rooms[1], "bo")
    enrolment.write(rooms[0].root, {"s8": Member("s8", "Ada", key="8", directories="Ada-11")})
    enrolment.write(rooms[1].root, {"Ada-11": Member("Ada-11", "Ada-11")})
    status, table = merged(rooms, tmp_path / "c")
    assert status == 0 and table["s8", WRITTEN] == "1.5"
    assert {student for student, _ in table} == {"s7", "s8", "bo"}


def test_the_merged_directories_stay_as_they_are(rooms, tmp_path):
    graded(rooms[0], "ada", 1.5)
    graded(rooms[1], "bo")
    merged(rooms, tmp_path / "c")
    assert rooms[0].mark(WRITTEN)[1] == 1.5 and not (rooms[0].root / "submitted" / "bo").exists()


@pytest.mark.parametrize("names", [("a/graded",), ("a/graded", "a/graded"), ("a/graded", "none")])
def test_what_cannot_be_merged_is_a_sentence(rooms, tmp_path, names):
    with pytest.raises(GradingError):
        merge(COURSE, tuple(tmp_path / n for n in names), tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_a_directory_that_is_there_is_not_merged_into(rooms, tmp_path):
    with pytest.raises(GradingError, match="is there already"):
        merge(COURSE, tuple(r.root for r in rooms), rooms[0].root)


@pytest.mark.parametrize("command", ["report", "feedback", "drop"])
def test_while_one_grades_the_other_commands_wait(rooms, capsys, command):
    args = {"drop": ["drop", CHAPTER, "affine", "--out"]}.get(command, [command])
    with locked(rooms[0].root):
        assert main([*args, str(rooms[0].root)]) == 2
    assert "Another grader is at work" in capsys.readouterr().err


def test_a_seed_file_is_drawn_once_and_shared(tmp_path):
    file = tmp_path / "seed"
    assert seed_of(None, file) == seed_of(None, file) and file.stat().st_mode & 0o77 == 0
    with pytest.raises(GradingError, match="name two seeds"):
        seed_of(3, file)
    file.write_text("soon")
    with pytest.raises(GradingError, match="holds no seed"):
        seed_of(None, file)
    with contextlib.suppress(GradingError):
        seed_of(None, tmp_path)
