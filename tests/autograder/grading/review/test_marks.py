"""What a person gives on the page is nbgrader's own mark: it is kept and shown."""

from __future__ import annotations

import csv

import pytest

from autograder.course import COURSE
from autograder.grading.run.feedback import feedback
from autograder.grading.run.lock import locked
from tests.autograder.grading.review.room import reviewed
from tests.autograder.grading.store.classroom import WRITTEN, came
from tests.helpers.submissions import CHAPTER


@pytest.fixture
def room_and_page(tmp_path):
    with reviewed(tmp_path, disputed=True) as (room, page):
        yield room, page


def comment(room, student):
    room.gb.db.expire_all()
    return room.gb.find_comment(WRITTEN, CHAPTER, CHAPTER, student).manual_comment


def test_points_and_comment_are_what_formgrader_would_have_written(room_and_page):
    room, page = room_and_page
    assert page.mark("ada", 1.5, "Say which axis.")[0] == 200
    assert room.mark(WRITTEN, "ada") == (None, 1.5, False)
    assert comment(room, "ada") == "Say which axis."
    assert room.total("ada") == 6.5


def test_a_mark_leaves_the_answers_of_others_alone(room_and_page):
    room, page = room_and_page
    page.mark("ada", 1.5, "Say which axis.")
    assert room.mark(WRITTEN, "bo") == (None, None, True) and comment(room, "bo") is None


def test_feedback_puts_the_mark_on_the_page_and_into_the_table(room_and_page):
    room, page = room_and_page
    page.mark("ada", 1.5, "Say *which* axis of $x_t$.")
    assert feedback(COURSE, room.root) == 0
    html = room.page("ada")
    assert "1.5 / 2" in html and "Say <em>which</em> axis" in html
    with (room.root / "grades.csv").open(newline="") as file:
        rows = {(r["student"], r["exercise"]): r["score"] for r in csv.DictReader(file)}
    assert rows["ada", WRITTEN] == "1.5" and rows["bo", WRITTEN] == ""


def test_a_later_grading_of_the_same_answer_keeps_the_mark(room_and_page):
    room, page = room_and_page
    page.mark("bo", 0.5, "Think of a batch.")
    room.answer("bo", "I do not know", sigmoid=0.0)
    assert room.mark(WRITTEN, "bo") == (None, 0.5, False)
    assert comment(room, "bo") == "Think of a batch."


def test_an_answer_that_has_changed_waits_again_and_says_why(room_and_page):
    room, page = room_and_page
    page.mark("bo", 0.5)
    room.answer("bo", "Now I know")
    found = page.answer("bo")
    assert found["mark"]["unmarked"] and "has changed" in found["why"]
    assert found["mark"]["score"] == 0.5


def test_a_mark_that_is_taken_back_lets_the_answer_wait(room_and_page):
    room, page = room_and_page
    page.mark("ada", 1)
    page.mark("ada", None)
    assert room.mark(WRITTEN, "ada") == (None, None, True)


def test_only_the_answers_of_those_who_answered_are_listed(room_and_page):
    question = room_and_page[1].questions()[WRITTEN]
    assert {a["who"] for a in question["answers"]} == {"ada", "bo", "cyd", "dan"}
    assert question["empty"] == 1


def test_a_check_that_the_notebook_disputes_is_listed_with_the_reason(room_and_page):
    room, page = room_and_page
    assert [a["who"] for a in page.questions()["affine"]["answers"]] == ["dan"]
    found = page.answer("dan", "affine")
    assert "passed" in found["why"] and (found["automatic"], found["most"]) == (1.0, 3.0)
    assert page.mark("dan", 3, "Right.", "affine")[0] == 200
    assert room.mark("check_affine", "dan") == (1.0, 3.0, False)


def test_a_disputed_check_can_be_left_as_it_was_graded(room_and_page):
    room, page = room_and_page
    assert page.mark("dan", None, "", "affine")[0] == 200
    assert room.mark("check_affine", "dan") == (1.0, None, False)
    assert "affine" not in page.questions()


def test_while_a_grader_is_at_work_a_mark_is_refused_and_nothing_is_written(room_and_page):
    room, page = room_and_page
    with locked(room.root):
        status, made = page.mark("ada", 1)
    assert status == 422 and "Another grader is at work" in made["says"]
    assert room.mark(WRITTEN, "ada") == (None, None, True)
    assert page.mark("ada", 1)[0] == 200


def test_between_two_marks_a_grader_can_work(room_and_page):
    room, page = room_and_page
    page.mark("ada", 1)
    with locked(room.root):
        room.answer("bo", "graded while the page is open")
    assert "graded while" in page.answer("bo")["html"]


def test_of_two_who_mark_the_same_answer_the_second_is_told(room_and_page):
    room, page = room_and_page
    seen = page.answer("ada")
    sent = {"id": seen["id"], "comment": "", "version": seen["mark"]["version"]}
    room.score_by_hand(WRITTEN, 2.0, "ada")
    status, made = page.ask("mark", {**sent, "score": 0})
    assert status == 409 and "Somebody else" in made["says"]
    assert room.mark(WRITTEN, "ada")[1] == 2.0


@pytest.mark.parametrize("score", [-0.5, 2.5, "2", True, float("nan"), float("inf"), [1]])
def test_points_that_cannot_be_are_refused(room_and_page, score):
    room, page = room_and_page
    status, made = page.mark("ada", score)
    assert status == 422 and "Points" in made["says"]
    assert room.mark(WRITTEN, "ada")[1] is None


@pytest.mark.parametrize("text", ["x" * 10_001, None, 3])
def test_a_comment_that_cannot_be_is_refused_with_its_points(room_and_page, text):
    room, page = room_and_page
    status, made = page.mark("ada", 1, text)
    assert status == 422 and "comment" in made["says"]
    assert room.mark(WRITTEN, "ada")[1] is None and comment(room, "ada") is None


def test_who_hands_in_again_without_an_answer_is_no_longer_listed(room_and_page):
    room, page = room_and_page
    room.record("ada", came())
    assert {a["who"] for a in page.questions()[WRITTEN]["answers"]} == {"bo", "cyd", "dan"}
