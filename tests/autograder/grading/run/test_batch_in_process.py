"""A batch over an executor whose futures have ended before they are asked for."""

from __future__ import annotations

import logging
import os
import signal
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.course import COURSE
from autograder.grading.job import Job
from autograder.grading.run.batch import Batch, Stopped, Task
from autograder.grading.submissions import Submission
from tests.autograder.grading.store.classroom import LOG, came, opened
from tests.helpers.submissions import CHAPTER


class Done:
    """An executor that is done at once; `dies` says how often a worker dies with a file."""

    def __init__(self, slots: int = 2, **dies: int) -> None:
        self.slots, self.dies, self.seen = slots, dies, []

    def submit(self, job: Job) -> Future:
        name = job.data.decode()
        self.seen.append(name)
        future: Future = Future()
        if self.dies.get(name, 0) > 0:
            self.dies[name] -= 1
            future.set_exception(RuntimeError(f"the worker of {name} died"))
        else:
            future.set_result(came(notes=(name,)))
        return future

    def close(self, now: bool = False) -> None:
        """End nothing."""


class Notes:
    """A writer that notes what it is told; `breaks` names where it breaks, and for whom."""

    def __init__(self, *breaks: str) -> None:
        self.breaks, self.told = breaks, []
        self.directory = SimpleNamespace(log=LOG)
        self.page, self.changed = True, []

    def _note(self, what: str, student: str) -> None:
        self.told.append(f"{what} {student}")
        if f"{what} {student}" in self.breaks:
            raise OSError(f"{what} broke")

    def begin(self, submission, data):
        self._note("begin", submission.student)

    def record(self, submission, graded, digest):
        self._note("record", submission.student)
        assert graded.notes == (submission.student,)
        assert digest == f"digest of {submission.student}"
        record = SimpleNamespace(student=submission.student)
        return SimpleNamespace(rows=["row"], record=record, changed=self.changed, page=self.page)

    def fail(self, submission, why):
        self._note("fail", submission.student)
        self.why = why
        return ["0"]


def task(student: str) -> Task:
    job = Job(COURSE, CHAPTER, "", student.encode())
    return Task(Submission(student, CHAPTER, Path(student)), job, f"digest of {student}")


def ran(executor, writer, *students: str) -> dict:
    """Return what came of each student."""
    done = list(Batch(executor, writer).run(iter([task(s) for s in students])))
    assert len(done) == len({d.submission.student for d in done})
    return {d.submission.student: d for d in done}


def test_each_submission_is_begun_run_and_recorded_once():
    executor, writer = Done(), Notes()
    done = ran(executor, writer, "ada", "bob", "cyd")
    assert executor.seen == ["ada", "bob", "cyd"]
    assert sorted(writer.told) == sorted(f"{w} {s}" for s in done for w in ("begin", "record"))
    assert all(d.record.student == s and d.rows == ["row"] for s, d in done.items())
    assert not any(d.failed or d.changed for d in done.values())


def test_an_empty_batch_ends():
    assert ran(Done(), Notes()) == {}


def test_a_worker_that_dies_once_costs_nobody_anything():
    executor, writer = Done(ada=1), Notes()
    done = ran(executor, writer, "ada", "bob")
    assert not any(d.failed for d in done.values())
    assert executor.seen.count("ada") == 2
    assert writer.told.count("begin ada") == 1


def test_a_submission_whose_worker_dies_twice_fails_and_is_not_tried_again():
    executor, writer = Done(ada=5), Notes()
    done = ran(executor, writer, "ada", "bob")
    assert executor.seen.count("ada") == 2
    assert done["ada"].record is None
    assert done["ada"].rows == ["0"]
    assert done["ada"].failed == "not graded (RuntimeError: the worker of ada died)"
    assert writer.why == done["ada"].failed
    assert done["bob"].record.student == "bob"


def test_suspects_run_one_at_a_time_with_nothing_beside_them():
    executor = Done(slots=3, ada=1, bob=1, cyd=2)
    batch = Batch(executor, Notes())
    beside = []
    submit = batch._submit

    def watched(one):
        if one.again:
            beside.append(len(batch.under_way))
        submit(one)

    batch._submit = watched
    assert len(list(batch.run(iter([task(s) for s in ("ada", "bob", "cyd", "dan")])))) == 4
    assert beside == [0, 0, 0]


def test_where_the_writer_cannot_begin_it_fails_and_those_after_it_are_graded():
    executor, writer = Done(), Notes("begin ada")
    done = ran(executor, writer, "ada", "bob")
    assert executor.seen == ["bob"]
    assert done["ada"].failed == "not graded (OSError: begin broke)"
    assert "fail ada" in writer.told
    assert done["bob"].record is not None


def test_where_the_writer_cannot_record_it_fails_and_is_not_run_again():
    executor, writer = Done(), Notes("record ada")
    done = ran(executor, writer, "ada", "bob")
    assert executor.seen == ["ada", "bob"]
    assert (done["ada"].record, done["ada"].failed) == (None, "not graded (OSError: record broke)")
    assert done["bob"].record is not None


def test_where_not_even_the_failure_can_be_recorded_it_is_told_all_the_same():
    done = ran(Done(), Notes("record ada", "fail ada"), "ada", "bob")
    assert done["ada"].failed == "not recorded (OSError: fail broke)"
    assert done["ada"].rows == []
    assert done["bob"].record is not None


def test_a_page_that_could_not_be_written_is_told_beside_the_record():
    writer = Notes()
    writer.page, writer.changed = False, ["sigmoid"]
    done = ran(Done(), writer, "ada")["ada"]
    assert done.record.student == "ada"
    assert done.failed == "its page could not be written"
    assert done.changed == ("sigmoid",)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_batch_between_two_submissions(number):
    writer = Notes()
    before = signal.getsignal(number)
    batch = Batch(Done(slots=1), writer).run(iter([task(s) for s in ("ada", "bob", "cyd")]))
    assert next(batch).submission.student == "ada"
    os.kill(os.getpid(), number)
    with pytest.raises(Stopped) as stopped:
        list(batch)
    assert stopped.value.args == (number,)
    assert "record cyd" not in writer.told
    assert signal.getsignal(number) == before


def test_after_a_batch_the_signals_are_as_they_were():
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    ran(Done(), Notes(), "ada")
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before


def test_no_more_than_the_slots_have_begun_and_not_ended():
    writer = Notes()
    for _ in Batch(Done(slots=3), writer).run(iter([task(f"s{i}") for i in range(20)])):
        begun = sum(told.startswith("begin") for told in writer.told)
        recorded = sum(told.startswith("record") for told in writer.told)
        assert begun - recorded <= 3


def test_what_comes_back_stands_in_the_gradebook(tmp_path):
    with opened(tmp_path) as room:
        todo = [(room.hand_in(s), s) for s in ("ada", "bob")]
        jobs = [Task(one, Job(COURSE, CHAPTER, "", s.encode()), s) for one, s in todo]
        done = list(Batch(Done(bob=2), room.writer()).run(iter(jobs)))
        assert [bool(d.record) for d in done] == [True, False]
        assert (room.total("ada"), room.total("bob")) == (5.0, 0.0)
    assert logging.getLogger().level  # the batch leaves logging alone
