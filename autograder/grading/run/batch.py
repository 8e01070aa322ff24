"""A batch: submissions go to the executor, what comes back goes to the writer, one at a time.

At most `slots` submissions are under way, so that memory does not grow with the class. Where a
worker dies, each submission that was under way runs once more, alone: the one that did it is then
told from those that were beside it.
"""

from __future__ import annotations

import contextlib
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, NamedTuple

from autograder.errors import brief
from autograder.grading.job import Graded, Job
from autograder.grading.run.pools import Executor
from autograder.grading.store.gradebook import Row
from autograder.grading.store.records import Record
from autograder.grading.store.writer import Writer
from autograder.grading.submissions import Submission


class Attempt(NamedTuple):
    """One of several attempts, graded."""

    submission: Submission
    job: Job
    graded: Graded


class Task(NamedTuple):
    """A submission that is to be graded; `again` after a worker has died with it.

    Where the best of several attempts counts, they are graded one after the other: `job` is the one
    under way, `tried` those before it.
    """

    submission: Submission
    job: Job
    digest: str
    again: bool = False
    failed: Exception | None = None  # it could not even be looked at
    others: tuple[tuple[Submission, Job], ...] = ()  # attempts that may be better
    tried: tuple[Attempt, ...] = ()


class Done(NamedTuple):
    """What came of one submission.

    `record` is None, and `failed` says why, where the grader failed; where it could only not write
    the page, there are both. `changed` are the answers that are not what a person has scored.
    """

    submission: Submission
    rows: list[Row]
    record: Record | None = None
    changed: tuple[str, ...] = ()
    failed: str = ""


class Stopped(Exception):
    """A signal asked for an end; the argument is its number."""


class Batch:
    """Grades what it is given."""

    def __init__(self, executor: Executor, writer: Writer) -> None:
        self.executor, self.writer = executor, writer
        self.events: SimpleQueue[Any] = SimpleQueue()  # futures that are done, numbers of signals
        self.under_way: dict[Future, Task] = {}
        self.suspects: deque[Task] = deque()

    def run(self, tasks: Iterator[Task]) -> Iterator[Done]:
        """Yield what came of each submission, as they end; Stopped at a signal."""
        with self._signals():
            while True:
                yield from self._start(tasks)
                if not self.under_way:
                    return
                event = self.events.get()
                if isinstance(event, int):
                    raise Stopped(event)
                yield from self._end(event)

    def _start(self, tasks: Iterator[Task]) -> Iterator[Done]:
        """Start what may be started; yield what failed at that."""
        if self.suspects:
            if not self.under_way:
                self._submit(self.suspects.popleft())
            return
        while len(self.under_way) < self.executor.slots:
            task = next(tasks, None)
            if task is None:
                return
            try:
                if task.failed is not None:
                    raise task.failed
                self.writer.begin(task.submission, task.job.data)
            except Exception as error:  # no submission may stop those after it
                yield self._failed(task, error)
            else:
                self._submit(task)

    def _submit(self, task: Task) -> None:
        future = self.executor.submit(task.job)
        self.under_way[future] = task
        future.add_done_callback(self.events.put)

    def _end(self, future: Future) -> Iterator[Done]:
        task = self.under_way.pop(future)
        try:
            graded = future.result()
        except Exception as error:
            if task.again:
                yield self._failed(task, error)
            else:
                self.suspects.append(task._replace(again=True))
            return
        try:
            task = self._with(task, graded)
            if task.others:
                self._submit_other(task)
                return
            best = self._best(task)
            made = self.writer.record(best.submission, best.graded, task.digest)
        except Exception as error:
            yield self._failed(task, error)
        else:
            page = "" if made.page else "its page could not be written"
            yield Done(task.submission, made.rows, made.record, tuple(made.changed), page)

    def _with(self, task: Task, graded: Graded) -> Task:
        return task._replace(tried=(*task.tried, Attempt(task.submission, task.job, graded)))

    def _submit_other(self, task: Task) -> None:
        (submission, job), *rest = task.others
        self._submit(task._replace(submission=submission, job=job, others=tuple(rest), again=False))

    def _best(self, task: Task) -> Attempt:
        """Return the attempt that counts: of equal ones the last."""
        if len(task.tried) == 1:
            return task.tried[0]
        best = max(task.tried, key=self._reached)  # the last comes first
        if best is not task.tried[0]:
            self.writer.begin(best.submission, best.job.data)
        return best

    def _reached(self, attempt: Attempt) -> float:
        """Return the points of an attempt, with what its own lateness takes."""
        of, results = attempt.submission, attempt.graded.results
        points, most = sum(r.score for r in results), sum(r.max_score for r in results)
        agreed = self.writer.directory.agreed
        standing = agreed.standing(of.student, of.chapter, of.time())
        return round(points - standing.penalty(points, most), 6)

    def _failed(self, task: Task, error: Exception) -> Done:
        student, chapter = task.submission.student, task.submission.chapter
        self.writer.directory.log.error("%s/%s", student, chapter, exc_info=error)
        why = f"not graded ({brief(error)})"
        try:
            return Done(task.submission, self.writer.fail(task.submission, why), failed=why)
        except Exception as worse:  # the gradebook itself, or the disk
            self.writer.directory.log.error("%s/%s", student, chapter, exc_info=worse)
            return Done(task.submission, [], failed=f"not recorded ({brief(worse)})")

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Turn Ctrl-C and SIGTERM into events, so that nothing is cut in the middle."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {n: signal.signal(n, lambda number, _: self.events.put(number)) for n in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
