"""Of several attempts the last counts, or the best after what its lateness takes."""

from __future__ import annotations

import json
from concurrent.futures import Future
from datetime import UTC, datetime

import pytest

from autograder.authoring.build import student_notebook
from autograder.grading.run.batch import Batch, Done
from autograder.grading.run.pending import Rules, tasks
from autograder.grading.store import records
from autograder.grading.store.class_terms import terms_of
from autograder.grading.store.gradebook import all_rows
from autograder.grading.submissions import Submission, find
from autograder.lms.collect import keep
from autograder.sandbox.limits import Limits
from tests.autograder.grading.store.classroom import COURSE, came, opened
from tests.helpers.submissions import CHAPTER, hand_in

RELEASE = student_notebook(COURSE, CHAPTER)
RULES = Rules(3, Limits(), "off", {CHAPTER: json.dumps(RELEASE)})


class Scores:
    """An executor for which a submission's text is its score."""

    slots = 2

    def submit(self, job) -> Future:
        future: Future = Future()
        future.set_result(came(sigmoid=0.0, affine=float(job.data)))
        return future


@pytest.fixture
def room(tmp_path):
    with opened(tmp_path) as made:
        yield made


def handed_in(room, *attempts: tuple[str, int]) -> Submission:
    """Hand in scores on days of October, the last of them now."""
    for score, day in attempts:
        path = hand_in(room.submitted, "ada", score)
        stamp = datetime(2026, 10, day, tzinfo=UTC)
        (path.parent / "timestamp.txt").write_text(f"{stamp:%Y-%m-%d %H:%M:%S} UTC\n")
        if (score, day) != attempts[-1]:
            keep(path.parent, score.encode(), stamp)
    (found,) = find(room.submitted, [CHAPTER], [CHAPTER]).submissions
    return found


def run(room, submission: Submission, terms: str) -> list[Done]:
    (room.root / "gru-course.toml").write_text(terms)
    agreed = room.directory.agreed._replace(terms=terms_of(COURSE, room.root))
    room.directory.agreed = agreed
    pending = tasks(room.directory, RULES, [submission], records.known(room.gb), lambda: None)
    return list(Batch(Scores(), room.writer()).run(pending))


def affine(room) -> float:
    return next(r.score for r in all_rows(room.gb, room.directory) if r.exercise == "affine")


def kept(room) -> str:
    return room.directory.path("submitted", "ada", CHAPTER).read_text()


def test_usually_the_last_counts(room):
    run(room, handed_in(room, ("3", 1), ("1", 2)), "")
    assert affine(room) == 1.0


def test_the_best_counts_where_the_class_has_agreed_so_and_its_file_is_kept(room):
    (done,) = run(room, handed_in(room, ("2", 1), ("3", 2), ("1", 3)), 'attempts = "best"\n')
    assert affine(room) == 3.0 and kept(room) == "3"
    assert done.record.digest


def test_of_equal_attempts_the_last_counts(room):
    run(room, handed_in(room, ("2", 1), ("2", 3)), 'attempts = "best"\n')
    assert room.gb.find_submission(CHAPTER, "ada").timestamp.day == 3


def test_an_attempt_in_time_beats_one_that_lateness_costs_more(room):
    terms = f'attempts = "best"\n[late]\nper_day = 50\n[chapters.{CHAPTER}]\ndue = 2026-10-02\n'
    run(room, handed_in(room, ("2", 1), ("3", 3)), terms)
    assert affine(room) == 2.0


def test_a_moved_due_date_grades_again_only_who_has_several_attempts(room):
    terms = f'attempts = "best"\n[late]\nper_day = 50\n[chapters.{CHAPTER}]\ndue = 2026-10-02\n'
    submission = handed_in(room, ("2", 1), ("3", 3))
    run(room, submission, terms)
    assert not run(room, submission, terms)
    assert run(room, submission, terms.replace("10-02", "10-09"))
    assert affine(room) == 3.0
    alone = hand_in(room.submitted, "bo", "1")
    bo = Submission("bo", CHAPTER, alone)
    run(room, bo, terms)
    assert not run(room, bo, terms.replace("10-02", "10-09"))


def test_an_exception_between_two_submissions_costs_only_its_own(room, monkeypatch):
    first = handed_in(room, ("2", 1))
    bo = Submission("bo", CHAPTER, hand_in(room.submitted, "bo", "3"))

    def read(self):
        if self.student == "ada":
            raise ZeroDivisionError("nobody thought of it")
        return b"3", None

    monkeypatch.setattr(Submission, "read", read)
    pending = tasks(room.directory, RULES, [first, bo], {}, lambda: None)
    done = list(Batch(Scores(), room.writer()).run(pending))
    said = {d.submission.student: d.failed for d in done}
    assert "nobody thought of it" in said["ada"] and said["bo"] == ""
