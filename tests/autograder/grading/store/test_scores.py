"""Which score stands in the gradebook after a grading, a regrading, an interruption, a failure."""

from __future__ import annotations

import pytest

from autograder.grading.store import records
from autograder.grading.store.gradebook import all_rows
from tests.autograder.grading.store.classroom import WRITTEN, Pages, came, opened
from tests.helpers.submissions import CHAPTER

ZERO_IF_LATE = "c.LateSubmissionPlugin.penalty_method = 'zero'\n"
TEXT = {"sigmoid": "s", "affine": "a", WRITTEN: "Units."}


@pytest.fixture
def room(tmp_path):
    with opened(tmp_path) as made:
        yield made


@pytest.fixture
def ada(room):
    """Return a submission that was graded and whose written answer a person gave 1.5 points."""
    submission = room.hand_in()
    room.grade(submission, came(answers=TEXT))
    room.score_by_hand(WRITTEN, 1.5)
    return submission


def test_the_gradebook_has_the_score_of_each_check_cell(room):
    written = room.grade(room.hand_in(), came(sigmoid=1.4, affine=3.0))
    assert room.mark("check_sigmoid") == (1.4, None, False)
    assert room.mark("check_affine") == (3.0, None, False)
    assert room.total() == pytest.approx(4.4)
    assert [row.score for row in written.rows[:2]] == [1.4, 3.0]


def test_each_student_has_a_score_of_their_own(room):
    writer = room.writer()
    room.grade(room.hand_in("ada"), came(), writer)
    room.grade(room.hand_in("bob"), came(sigmoid=0.0, affine=0.0), writer)
    assert (room.total("ada"), room.total("bob")) == (5.0, 0.0)


def test_a_written_answer_waits_for_a_person(room):
    written = room.grade(room.hand_in(), came(answers=TEXT))
    assert room.mark(WRITTEN) == (None, None, True)
    row = next(row for row in written.rows if row.exercise == WRITTEN)
    assert (row.score, row.status) == (None, "manual")


def test_a_written_answer_that_was_not_touched_has_0_and_waits_for_nobody(room):
    written = room.grade(room.hand_in(), came())
    assert room.mark(WRITTEN) == (0.0, None, False)
    row = next(row for row in written.rows if row.exercise == WRITTEN)
    assert (row.score, row.status) == (0.0, "not attempted")


def test_what_has_passed_in_the_notebook_and_not_here_keeps_its_score_and_waits_for_a_look(room):
    written = room.grade(room.hand_in(), came(sigmoid=0.0, said="passed"))
    assert room.mark("check_sigmoid") == (0.0, None, True)
    assert room.mark("check_affine") == (3.0, None, False)
    assert [row.mistake for row in written.rows[:2]] == ["passed in the notebook", ""]
    room.score_by_hand("check_sigmoid", 2.0)
    assert room.mark("check_sigmoid") == (0.0, 2.0, False)


def test_a_persons_score_counts_in_the_total_and_in_the_rows(room, ada):
    assert room.total() == 6.5
    scores = {row.exercise: row.score for row in all_rows(room.gb, room.directory)}
    assert scores == {"sigmoid": 2.0, "affine": 3.0, WRITTEN: 1.5}


def test_a_persons_score_counts_before_the_automatic_one(room):
    room.grade(room.hand_in(), came(sigmoid=0.0))
    room.score_by_hand("check_sigmoid", 2.0)
    row = all_rows(room.gb, room.directory)[0]
    assert (row.exercise, row.score, row.status) == ("sigmoid", 2.0, "failed")


def test_a_regrading_puts_the_new_score_in_the_place_of_the_old(room):
    submission = room.hand_in()
    room.grade(submission, came())
    room.grade(submission, came(sigmoid=0.0))
    assert room.mark("check_sigmoid") == (0.0, None, False)
    assert room.total() == 3.0


def test_after_a_regrading_of_the_same_answer_a_persons_score_stays_and_nobody_is_asked(room, ada):
    written = room.grade(ada, came(answers=TEXT))
    assert room.mark(WRITTEN) == (None, 1.5, False)
    assert written.changed == []


def test_after_a_regrading_of_another_answer_a_person_is_asked_and_it_is_told(room, ada):
    written = room.grade(ada, came(answers=TEXT | {WRITTEN: "Rows are units."}))
    assert room.mark(WRITTEN) == (None, 1.5, True)
    assert written.changed == [WRITTEN]


def test_an_answer_that_was_taken_back_is_another_answer(room, ada):
    written = room.grade(ada, came())
    assert room.mark(WRITTEN) == (0.0, 1.5, True)
    assert written.changed == [WRITTEN]


def test_a_persons_score_of_code_goes_by_the_answer_and_not_by_the_check_cell(room, ada):
    room.score_by_hand("check_sigmoid", 1.0)
    written = room.grade(ada, came(answers=TEXT | {"sigmoid": "other"}))
    assert room.mark("check_sigmoid") == (2.0, 1.0, True)
    assert room.mark(WRITTEN) == (None, 1.5, False)
    assert written.changed == ["sigmoid"]


def test_whoever_was_asked_and_has_not_looked_is_still_asked_after_a_regrading(room, ada):
    other = came(answers=TEXT | {WRITTEN: "Rows are units."})
    room.grade(ada, other)
    assert room.grade(ada, other).changed == []
    assert room.mark(WRITTEN) == (None, 1.5, True)


@pytest.mark.parametrize("interruptions", [1, 2, 3])
def test_interrupted_a_grading_does_not_ask_for_what_a_person_has_looked_at(
    room, ada, interruptions
):
    for _ in range(interruptions):
        room.writer().begin(ada, b"{}")
        assert room.mark(WRITTEN) == (0.0, 1.5, True)  # formgrader tells that it is not graded
    written = room.grade(ada, came(answers=TEXT))
    assert room.mark(WRITTEN) == (None, 1.5, False)
    assert written.changed == []


@pytest.mark.parametrize("interruptions", [1, 2])
def test_interrupted_a_grading_still_asks_for_what_nobody_has_looked_at(room, ada, interruptions):
    other = came(answers=TEXT | {WRITTEN: "Rows are units."})
    room.grade(ada, other)
    for _ in range(interruptions):
        room.writer().begin(ada, b"{}")
    room.grade(ada, other)
    assert room.mark(WRITTEN) == (None, 1.5, True)


def test_interrupted_a_grading_still_tells_an_answer_that_has_changed(room, ada):
    room.writer().begin(ada, b"{}")
    written = room.grade(ada, came(answers=TEXT | {WRITTEN: "Rows are units."}))
    assert written.changed == [WRITTEN]
    assert room.mark(WRITTEN) == (None, 1.5, True)


def test_whoever_looks_while_the_grading_goes_on_is_not_asked_again(room, ada):
    other = came(answers=TEXT | {WRITTEN: "Rows are units."})
    room.grade(ada, other)
    writer = room.writer()
    writer.begin(ada, b"{}")
    room.score_by_hand(WRITTEN, 2.0)
    writer.record(ada, other, "digest")
    assert room.mark(WRITTEN) == (None, 2.0, False)


def test_a_grading_that_has_begun_leaves_no_automatic_score_standing(room, ada):
    room.writer().begin(ada, b"{}")
    assert room.mark("check_sigmoid") == (0.0, None, False)
    assert room.mark("check_affine") == (0.0, None, False)
    assert room.total() == 1.5
    rows = all_rows(room.gb, room.directory)
    assert {(row.status, row.mistake) for row in rows} == {("error", "not_graded")}


def test_a_grader_that_fails_leaves_a_persons_score_alone(room, ada):
    writer = room.writer()
    writer.begin(ada, b"{}")
    rows = writer.fail(ada, "the disk is full")
    assert room.total() == 1.5
    assert {row.exercise: row.score for row in rows} == {"sigmoid": 0, "affine": 0, WRITTEN: 1.5}
    assert {(row.status, row.mistake) for row in rows} == {("error", "not_graded")}
    assert records.get(room.gb, "ada", CHAPTER).refused == ("not_graded", "the disk is full")


def test_after_a_failure_the_same_answer_keeps_a_persons_score_and_nobody_is_asked(room, ada):
    writer = room.writer()
    writer.begin(ada, b"{}")
    writer.fail(ada, "the disk is full")
    assert room.grade(ada, came(answers=TEXT)).changed == []
    assert room.mark(WRITTEN) == (None, 1.5, False)


def test_a_grader_that_fails_at_the_first_grading_gives_0(room):
    submission, writer = room.hand_in(), room.writer()
    writer.begin(submission, b"{}")
    writer.fail(submission, "why")
    assert room.total() == 0.0
    assert room.mark("check_sigmoid") == (0.0, None, False)


IN_TIME, LATE = "2030-05-01 12:00:00 UTC", "2030-05-03 12:00:00 UTC"


@pytest.fixture
def due(tmp_path):
    """Return a classroom with a due date, where whoever is late loses everything."""
    with opened(tmp_path, ZERO_IF_LATE) as made:
        made.gb.update_or_create_assignment(CHAPTER, duedate="2030-05-02 00:00:00 UTC")
        yield made


@pytest.mark.parametrize(("stamp", "penalty"), [(IN_TIME, 0.0), (LATE, 5.0), ("", 0.0)])
def test_whoever_is_late_pays_what_the_plugin_says(due, stamp, penalty):
    due.grade(due.hand_in(stamp=stamp), came())
    assert (due.total(), due.penalty()) == (5.0, penalty)


def test_the_penalty_goes_by_the_new_score(due):
    due.grade(due.hand_in(stamp=LATE), came())
    due.grade(due.hand_in(stamp=LATE), came(sigmoid=0.5))
    assert (due.total(), due.penalty()) == (3.5, 3.5)


@pytest.mark.parametrize(("asked", "penalty"), [(1.5, 1.5), (99.0, 5.0), (-1.0, 0.0), (None, 0.0)])
def test_no_plugin_takes_more_than_the_score_or_gives_points(due, asked, penalty):
    writer = due.writer()
    writer.penalties.plugin_inst.late_submission_penalty = lambda student, score, late: asked
    due.grade(due.hand_in(stamp=LATE), came(), writer)
    assert due.penalty() == penalty


def test_whoever_hands_in_again_in_time_does_not_pay_any_more(due):
    due.grade(due.hand_in(stamp=LATE), came())
    due.grade(due.hand_in(stamp=IN_TIME), came())
    assert due.penalty() == 0.0


def test_a_late_grading_that_was_interrupted_has_no_penalty_left_of_the_one_before(due):
    submission = due.hand_in(stamp=LATE)
    due.grade(submission, came(answers=TEXT))
    due.score_by_hand(WRITTEN, 1.5)
    due.writer().begin(submission, b"{}")
    assert (due.total(), due.penalty()) == (1.5, 0.0)


def test_a_comment_of_a_person_goes_before_nbgraders_own(room):
    submission = room.hand_in()
    room.grade(submission, came())
    assert '"No response."' in room.page()
    comment = room.gb.find_comment(WRITTEN, CHAPTER, CHAPTER, "ada")
    comment.manual_comment = "Which rows?"
    room.gb.db.commit()
    room.grade(submission, came())
    assert "Which rows?" in room.page()
    assert f'"{WRITTEN}": "No response."' not in room.page()


def test_no_response_is_said_of_an_untouched_answer_alone(room):
    room.grade(room.hand_in(), came(answers={WRITTEN: "Units."}))
    assert f'"{WRITTEN}"' not in room.page().split('"comments"')[1]
    assert '"sigmoid": "No response."' in room.page()  # the stub stands in the notebook


def test_where_the_page_breaks_the_scores_stand_and_it_is_told(room):
    written = room.grade(room.hand_in(), came(), room.writer(Pages(breaks=True)))
    assert not written.page
    assert room.total() == 5.0
    assert "not your mistake" in room.page()


def test_whoever_looks_between_an_interruption_and_the_next_run_is_not_asked_again(room, ada):
    other = came(answers=TEXT | {WRITTEN: "Rows are units."})
    room.grade(ada, other)
    room.writer().begin(ada, b"{}")
    room.score_by_hand(WRITTEN, 2.0)
    room.grade(ada, other)
    assert room.mark(WRITTEN) == (None, 2.0, False)
