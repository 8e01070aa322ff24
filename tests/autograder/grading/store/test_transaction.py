"""What the writer leaves behind: all of a grading or none of it, and the file as it was."""

from __future__ import annotations

import pytest
from nbgrader.api import Student
from sqlalchemy import select

from autograder.grading.store import records
from autograder.grading.store.gradebook import by_submission
from tests.autograder.grading.store.classroom import WRITTEN, Pages, came, opened
from tests.helpers.submissions import CHAPTER

TEXT = {"sigmoid": "s", "affine": "a", WRITTEN: "Units."}


@pytest.fixture
def room(tmp_path):
    with opened(tmp_path) as made:
        yield made


def students(room) -> list[str]:
    return sorted(room.gb.db.scalars(select(Student.id)))


def test_a_record_says_of_what_it_is_the_grading(room):
    submission, writer = room.hand_in(), room.writer(seed=11)
    writer.begin(submission, b"{}")
    made = came(sigmoid=1.0, answers=TEXT, notes=("a note",), isolation="none", seconds=2.5)
    written = writer.record(submission, made, "the digest")
    found = records.get(room.gb, "ada", CHAPTER)
    assert found == written.record
    assert (found.digest, found.seed, found.isolation, found.seconds) == (
        "the digest",
        11,
        "none",
        2.5,
    )
    assert (found.notes, found.refused, found.answers) == (("a note",), None, TEXT)
    assert [(o.exercise, o.status, o.score, o.max_score) for o in found.results] == [
        ("sigmoid", "failed", 1.0, 2.0),
        ("affine", "passed", 3.0, 3.0),
    ]


def test_a_submission_that_was_refused_has_its_reason_in_the_record_and_in_the_rows(room):
    answers: dict[str, str] = {}
    made = came(0.0, 0.0, answers, refused=("unreadable", "No JSON."), results=())
    rows = room.grade(room.hand_in(), made).rows
    assert records.get(room.gb, "ada", CHAPTER).refused == ("unreadable", "No JSON.")
    assert {(row.status, row.mistake, row.score) for row in rows} == {("error", "unreadable", 0.0)}


def test_what_lies_beside_the_notebook_is_noted_by_name(room):
    submission = room.hand_in()._replace(beside=tuple("abcdefg"))
    room.grade(submission, came(notes=("first",)))
    first, beside = records.get(room.gb, "ada", CHAPTER).notes
    assert first == "first"
    assert beside == "Beside the notebook lies a, b, c, d, e, …: it was not looked at."


def test_five_files_beside_the_notebook_are_all_named(room):
    room.grade(room.hand_in()._replace(beside=tuple("abcde")), came())
    (beside,) = records.get(room.gb, "ada", CHAPTER).notes
    assert beside == "Beside the notebook lies a, b, c, d, e: it was not looked at."


def test_where_a_file_cannot_be_written_neither_scores_nor_record_are_there(room):
    submission, writer = room.hand_in(), room.writer()
    room.grade(submission, came())
    writer.begin(submission, b"{}")
    (room.root / "autograded" / "ada").rmdir()
    (room.root / "autograded" / "ada").write_text("in the way")
    with pytest.raises(OSError):
        writer.record(submission, came(sigmoid=1.0), "digest")
    assert room.mark("check_sigmoid") == (0.0, None, False)
    assert records.get(room.gb, "ada", CHAPTER).digest == ""
    assert not room.directory.path("feedback", "ada", CHAPTER, ".html").exists()


def test_a_transaction_that_failed_does_not_hinder_the_next_one(room):
    submission, writer = room.hand_in(), room.writer()
    writer.begin(submission, b"{}")
    with pytest.raises(ValueError):
        writer.record(submission, came(notebook="no notebook"), "digest")
    assert writer.record(submission, came(), "digest").page
    assert room.total() == 5.0


def test_while_a_grading_has_begun_nothing_of_the_one_before_can_be_read(room):
    submission = room.hand_in()
    room.grade(submission, came())
    assert room.directory.path("autograded", "ada", CHAPTER).is_file()
    room.writer().begin(submission, b"{}")
    assert not room.directory.path("autograded", "ada", CHAPTER).exists()
    assert not room.directory.path("feedback", "ada", CHAPTER, ".html").exists()
    record = records.get(room.gb, "ada", CHAPTER)
    assert (record.digest, record.results, record.refused[0]) == ("", (), "not_graded")


def test_a_grading_that_has_begun_keeps_the_answers_of_the_last_good_one(room):
    submission = room.hand_in()
    room.grade(submission, came(answers=TEXT))
    room.writer().begin(submission, b"{}")
    room.writer().begin(submission, b"{}")
    assert records.get(room.gb, "ada", CHAPTER).answers == TEXT


def test_a_first_grading_that_has_begun_is_unknown_to_the_gradebook(room):
    room.writer().begin(room.hand_in(), b"{}")
    assert records.get(room.gb, "ada", CHAPTER) is None
    assert list(by_submission(room.gb, room.directory)) == []


def test_what_was_handed_in_is_kept_byte_for_byte_with_its_time(room):
    submission = room.hand_in(stamp="2030-05-01 12:00:00.5 UTC")
    room.writer().begin(submission, b"\xff whatever")
    kept = room.directory.path("submitted", "ada", CHAPTER)
    assert kept.read_bytes() == b"\xff whatever"
    assert (kept.parent / "timestamp.txt").read_text() == "2030-05-01 12:00:00.500000 UTC\n"


def test_of_what_was_handed_in_before_nothing_is_left(room):
    room.writer().begin(room.hand_in(stamp="2030-05-01 12:00:00 UTC"), b"before")
    (room.submitted / "ada" / CHAPTER / "timestamp.txt").unlink()
    room.writer().begin(room.hand_in(), b"")
    kept = room.directory.path("submitted", "ada", CHAPTER).parent
    assert kept.is_dir()
    assert list(kept.iterdir()) == []


def test_the_time_of_handing_in_stands_in_the_gradebook(room):
    room.grade(room.hand_in(stamp="2030-05-01 12:00:00 UTC"), came())
    assert f"{room.gb.find_submission(CHAPTER, 'ada').timestamp}" == "2030-05-01 12:00:00"


def test_enrolled_twice_a_student_is_known_once(room):
    room.grade(room.hand_in("ada"), came())
    room.writer().enrol(["ada", "bob"])
    room.writer().enrol(["bob", "cyd"])
    assert students(room) == ["ada", "bob", "cyd"]


def test_a_failure_leaves_a_page_that_says_whose_mistake_it_is_not_and_no_graded_notebook(room):
    submission, writer = room.hand_in(), room.writer()
    room.grade(submission, came(), writer)
    writer.fail(submission, "the disk is full")
    assert "not your mistake" in room.page()
    assert not room.directory.path("autograded", "ada", CHAPTER).exists()


def test_a_page_that_is_written_anew_has_what_a_person_put_into_the_gradebook(room):
    room.grade(room.hand_in(), came(answers=TEXT))
    room.score_by_hand(WRITTEN, 1.5)
    ((record, rows),) = by_submission(room.gb, room.directory)
    assert room.writer().write_page(record, rows)
    assert f'"{WRITTEN}": 1.5' in room.page()
    assert '"walls": "bubblewrap"' in room.page()


def test_a_page_that_breaks_when_written_anew_is_told(room):
    room.grade(room.hand_in(), came())
    ((record, rows),) = by_submission(room.gb, room.directory)
    assert not room.writer(Pages(breaks=True)).write_page(record, rows)


def test_the_page_of_what_is_not_graded_says_so_and_is_no_failure(room):
    submission = room.hand_in()
    room.grade(submission, came())
    room.writer().begin(submission, b"{}")
    ((record, rows),) = by_submission(room.gb, room.directory)
    assert room.writer().write_page(record, rows)
    assert "not your mistake" in room.page()


def test_a_writer_does_not_hold_the_whole_class_in_memory(room):
    writer = room.writer()
    for student in ("ada", "bob", "cyd"):
        room.grade(room.hand_in(student), came(), writer)
        assert list(room.gb.db.identity_map) == []
