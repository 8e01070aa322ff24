"""Due dates, points and dropped exercises are applied to scores as they were graded."""

from __future__ import annotations

from datetime import datetime

import pytest

from autograder.grading.people.enrolment import ENROLLED, Member
from autograder.grading.store.class_terms import terms_of
from autograder.grading.store.gradebook import DROPPED, LATE, NOTHING, all_rows
from tests.autograder.grading.store.classroom import COURSE, WRITTEN, came, opened
from tests.helpers.submissions import CHAPTER

LATE_TERMS = f"""
[late]
per_day = 10
maximum = 50
[chapters.{CHAPTER}]
due = 2026-10-08T22:00:00
"""


@pytest.fixture
def room(tmp_path):
    with opened(tmp_path) as made:
        yield made


def agree(room, text: str) -> None:
    """Write gru-course.toml and do what every run does with it."""
    (room.root / "gru-course.toml").write_text(text)
    terms = terms_of(COURSE, room.root)
    room.directory.agreed = room.directory.agreed._replace(terms=terms)
    ours = room.writer().settle(getattr(room, "ours", []))
    room.ours = ours


def table(room) -> dict[str, tuple]:
    made = all_rows(room.gb, room.directory)
    return {r.exercise: (r.score, r.max_score, r.status, r.mistake) for r in made}


def test_a_penalty_is_a_row_and_stands_in_the_gradebook_too(room):
    agree(room, LATE_TERMS)
    room.grade(room.hand_in(stamp="2026-10-10 12:00:00 UTC"), came())
    assert table(room)["late_penalty"] == (-1.0, 0.0, LATE, "2 days late")
    assert room.penalty() == 1.0
    assert '"late_penalty": -1.0' in room.page()


def test_a_moved_due_date_changes_the_penalty_without_grading(room):
    room.grade(room.hand_in(stamp="2026-10-10 12:00:00 UTC"), came())
    assert "late_penalty" not in table(room)
    agree(room, LATE_TERMS)
    assert table(room)["late_penalty"][0] == -1.0 and room.penalty() == 1.0
    agree(room, LATE_TERMS.replace("10-08", "10-09"))
    assert table(room)["late_penalty"][0] == -0.5 and room.penalty() == 0.5
    agree(room, "")
    assert "late_penalty" not in table(room) and room.penalty() == 0


def test_an_extension_reaches_nbgrader_too(room):
    room.grade(room.hand_in(stamp="2026-10-10 12:00:00 UTC"), came())
    agree(room, LATE_TERMS + "[extensions]\nada = 1\n")
    assert table(room)["late_penalty"][3] == "1 day late"
    assert room.gb.find_submission(CHAPTER, "ada").total_seconds_late == 14 * 3600


def test_nbgraders_penalty_and_ours_do_not_count_twice(tmp_path):
    with opened(tmp_path, "\nc.LateSubmissionPlugin.penalty_method = 'zero'\n") as room:
        assignment = room.gb.find_assignment(CHAPTER)
        assignment.duedate = datetime(2026, 10, 1)
        room.gb.db.commit()
        room.grade(room.hand_in(stamp="2026-10-10 12:00:00 UTC"), came())
        assert table(room)["late_penalty"][:1] == (-5.0,)
        agree(room, LATE_TERMS)
        assert table(room)["late_penalty"][:1] == (-1.0,) and room.penalty() == 1.0


def test_a_due_date_moved_in_nbgrader_asks_its_plugin_anew(tmp_path):
    with opened(tmp_path, "\nc.LateSubmissionPlugin.penalty_method = 'zero'\n") as room:
        room.grade(room.hand_in(stamp="2026-10-10 12:00:00 UTC"), came())
        for day, taken in ((1, 5.0), (11, 0.0)):
            room.gb.find_assignment(CHAPTER).duedate = datetime(2026, 10, day)
            room.gb.db.commit()
            room.writer().settle([])
            assert room.penalty() == taken


def test_a_dropped_exercise_counts_for_nothing_and_comes_back_with_a_persons_mark(room):
    room.grade(room.hand_in(**{WRITTEN: "because"}), came(answers={WRITTEN: "because"}))
    room.score_by_hand(WRITTEN, 1.5)
    agree(room, f'[chapters.{CHAPTER}]\ndrop = ["{WRITTEN}"]\n')
    assert table(room)[WRITTEN] == (0.0, 0.0, DROPPED, "")
    agree(room, "")
    assert table(room)[WRITTEN] == (1.5, 2.0, "manual", "")


def test_changed_points_keep_the_share_of_a_check_and_of_a_persons_mark(room):
    room.grade(room.hand_in(**{WRITTEN: "because"}), came(affine=1.5, answers={WRITTEN: "because"}))
    room.score_by_hand(WRITTEN, 1.5)
    agree(room, f"[chapters.{CHAPTER}]\npoints = {{affine = 6, {WRITTEN} = 4}}\n")
    found = table(room)
    assert found["affine"][:2] == (3.0, 6.0) and found[WRITTEN][:2] == (3.0, 4.0)


def test_who_is_enrolled_and_hands_in_nothing_has_a_row(room):
    room.grade(room.hand_in(), came())
    zoe = Member("zoe", "Zoe", state=ENROLLED)
    room.directory.agreed = room.directory.agreed._replace(members={"zoe": zoe})
    last = all_rows(room.gb, room.directory)[-1]
    assert last == ("zoe", CHAPTER, "", None, 7.0, NOTHING, "")


def test_nbgrader_knows_the_names_of_the_class_list_and_keeps_a_persons_own(room):
    ada = Member("ada", "Ada L", "Ada", "L", "a@x", state=ENROLLED, key="ada")
    bo = Member("bo", "bo b", "bo", "b")
    room.directory.agreed = room.directory.agreed._replace(members={"ada": ada, "bo": bo})
    room.gb.update_or_create_student("bo", first_name="Robert")
    room.writer().enrol(["ada", "bo"])
    found = {s.id: (s.first_name, s.last_name, s.email) for s in room.gb.students}
    assert found == {"ada": ("Ada", "L", "a@x"), "bo": ("Robert", "b", None)}


def test_a_class_with_several_chapters_is_settled_whatever_has_a_due_date(room):
    room.gb.add_assignment("01_reset_gate")
    room.gb.add_assignment("zz_last")
    agree(room, LATE_TERMS)
    assert room.ours == [CHAPTER]
