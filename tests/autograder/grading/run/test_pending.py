"""Which submissions are graded again: all that may have come out differently, and no other."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from autograder.course import COURSE
from autograder.grading.run import pending
from autograder.grading.run.case_seeds import of_submission
from autograder.grading.run.pending import Rules, digest, tasks
from autograder.grading.store import records
from autograder.sandbox.bubblewrap import BUBBLEWRAP, NONE, REQUIRED
from autograder.sandbox.limits import Limits
from tests.autograder.grading.store.classroom import came, opened
from tests.helpers.submissions import CHAPTER

RELEASE = json.dumps({"cells": [{"cell_type": "code", "source": "x = 1", "metadata": {}}]})
RULES = Rules(3, Limits(), REQUIRED, {CHAPTER: RELEASE})


@pytest.fixture
def room(tmp_path):
    with opened(tmp_path) as made:
        yield made


def todo(room, submissions, rules=RULES) -> tuple[list[str], int]:
    """Return who is to be graded, and how many are passed over."""
    passed = []
    found = tasks(
        room.directory, rules, submissions, records.known(room.gb), lambda: passed.append(1)
    )
    return [task.submission.student for task in found], len(passed)


def graded(room, student="ada", rules=RULES, isolation=BUBBLEWRAP, stamp=""):
    """Return a submission that a run with these rules has graded."""
    submission, writer = room.hand_in(student, stamp), room.writer()
    data, problem = submission.read()
    writer.begin(submission, data)
    writer.record(
        submission, came(isolation=isolation), digest(COURSE, submission, data, problem, rules)
    )
    return submission


def test_what_was_never_graded_is_graded(room):
    assert todo(room, [room.hand_in()]) == (["ada"], 0)


def test_what_is_graded_and_unchanged_is_passed_over(room):
    assert todo(room, [graded(room)]) == ([], 1)


def test_of_a_class_only_what_has_changed_is_graded(room):
    submissions = [graded(room, student) for student in ("ada", "bob", "cyd")]
    room.hand_in("bob", sigmoid="another answer")
    assert todo(room, submissions) == (["bob"], 2)


@pytest.mark.parametrize("level", ["required", "optional", "none"])
def test_graded_behind_walls_it_is_graded_at_every_level(room, level):
    assert todo(room, [graded(room)], RULES._replace(level=level)) == ([], 1)


def test_graded_without_a_sandbox_it_is_graded_again_where_one_is_required(room):
    assert todo(room, [graded(room, isolation=NONE)]) == (["ada"], 0)


@pytest.mark.parametrize("level", ["optional", "none"])
def test_graded_without_a_sandbox_it_is_graded_where_none_is_required(room, level):
    assert todo(room, [graded(room, isolation=NONE)], RULES._replace(level=level)) == ([], 1)


def test_all_are_graded_again_where_that_is_forced(room):
    assert todo(room, [graded(room)], RULES._replace(force=True)) == (["ada"], 0)


@pytest.mark.parametrize(
    "rules",
    [
        RULES._replace(seed=4),
        RULES._replace(limits=Limits(call=11.0)),
        RULES._replace(limits=Limits(memory=1)),
        RULES._replace(releases={CHAPTER: RELEASE.replace("x = 1", "import x")}),
    ],
    ids=["seed", "time", "memory", "release"],
)
def test_under_other_rules_it_is_graded_again(room, rules):
    assert todo(room, [graded(room)], rules) == (["ada"], 0)


def test_the_release_of_another_chapter_changes_nothing(room):
    rules = RULES._replace(releases={CHAPTER: RELEASE, "another": "new"})
    assert todo(room, [graded(room)], rules) == ([], 1)


def test_with_another_version_of_the_course_it_is_graded_again(room, monkeypatch):
    submission = graded(room)
    monkeypatch.setattr(pending, "chapter_version", lambda course, chapter: "another")
    assert todo(room, [submission]) == (["ada"], 0)


def test_handed_in_at_another_time_it_is_graded_again(room):
    graded(room, stamp="2030-05-01 12:00:00 UTC")
    again = room.hand_in(stamp="2030-05-03 12:00:00 UTC")
    assert todo(room, [again]) == (["ada"], 0)


def test_with_another_file_beside_it_is_graded_again(room):
    submission = graded(room)._replace(beside=("numpy.py",))
    assert todo(room, [submission]) == (["ada"], 0)


def test_refused_for_another_reason_it_is_graded_again(room):
    submission = graded(room)._replace(problem=("too_large", "The file has 30 MB."))
    assert todo(room, [submission]) == (["ada"], 0)


@pytest.mark.parametrize(("step", "end"), [("autograded", ".ipynb"), ("feedback", ".html")])
def test_where_a_file_of_the_grading_is_missing_it_is_graded_again(room, step, end):
    submission = graded(room)
    room.directory.path(step, "ada", CHAPTER, end).unlink()
    assert todo(room, [submission]) == (["ada"], 0)


def test_what_was_begun_and_not_ended_is_graded_again(room):
    submission = graded(room)
    room.writer().begin(submission, b"")
    assert todo(room, [submission]) == (["ada"], 0)


def test_what_the_grader_failed_at_is_graded_again(room):
    submission = graded(room)
    room.writer().fail(submission, "the disk is full")
    assert todo(room, [submission]) == (["ada"], 0)


def test_a_job_carries_what_was_handed_in_and_the_rules(room):
    submission = room.hand_in()
    rules = RULES._replace(seed=11, limits=Limits(call=1.0), level="optional")
    (task,) = tasks(room.directory, rules, [submission], {}, lambda: None)
    assert task.job.data == submission.path.read_bytes()
    assert (task.job.chapter, task.job.release) == (CHAPTER, RELEASE)
    number = of_submission(11, submission.student, CHAPTER, task.job.data)
    about = (task.job.seed, task.job.limits, task.job.level)
    assert about == (number, Limits(call=1.0), "optional")
    assert task.job.problem is None
    assert task.digest == digest(COURSE, submission, task.job.data, None, rules)
    assert not task.again


def test_what_cannot_be_read_is_a_job_with_its_problem(room):
    submission = room.hand_in()
    submission.path.unlink()
    (task,) = tasks(room.directory, RULES, [submission], {}, lambda: None)
    assert (task.job.data, task.job.problem[0]) == (b"", "unreadable")


def test_files_are_read_one_by_one_as_they_are_asked_for(room):
    submissions = [room.hand_in("ada"), room.hand_in("bob")]
    found: Iterator = tasks(room.directory, RULES, submissions, {}, lambda: None)
    next(found)
    submissions[1].path.write_bytes(b"written later")
    assert next(found).job.data == b"written later"
