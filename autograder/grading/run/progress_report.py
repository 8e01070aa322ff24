"""What a batch says while it runs: a line for each submission, a bar, grading.log."""

from __future__ import annotations

import logging
import sys
from types import TracebackType

from tqdm import tqdm

from autograder.core.verdict import BROKEN, ERROR, MANUAL, NOT_ATTEMPTED, PASSED
from autograder.grading.run.batch import Done
from autograder.grading.store.gradebook import Row
from autograder.grading.submissions import in_line


class ProgressReport:
    """Prints a line for each submission that is done, logs it, and keeps the counts."""

    def __init__(self, total: int, log: logging.Logger) -> None:
        self.log = log
        self.graded = self.wrong = self.failed = self.same = 0
        self.bar = tqdm(
            total=total,
            desc="grading",
            unit=" submissions",
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
            dynamic_ncols=True,
        )

    def __enter__(self) -> ProgressReport:
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.close()

    def unchanged(self) -> None:
        """Count a submission that is graded already."""
        self.same += 1
        self.bar.update()

    def done(self, done: Done) -> None:
        """Report one submission: what came of it, and what a person should look at."""
        student, chapter, *_ = done.submission
        if done.record is None:
            says = done.failed
        else:
            self.graded += 1
            says = done.record.refused[1] if done.record.refused else summary(done.rows)
            says += f"; {done.failed}" if done.failed else ""
        self.wrong += any(row.status == ERROR for row in done.rows)
        self.failed += bool(done.failed) or any(row.status == BROKEN for row in done.rows)
        seconds = done.record.seconds if done.record else 0.0
        self._write(f"{student}  {chapter}  {says}", seconds)
        for name in done.changed:
            again = f"{name} has changed since a person scored it: look again"
            self._write(f"{student}  {chapter}  {again}")
        if done.submission.note:
            self._write(f"{student}  {chapter}  {done.submission.note}")
        for r in done.record.results if done.record else ():
            if r.said:
                self._write(f"{student}  {chapter}  {r.exercise} has passed in the notebook: look")
        if done.submission.beside:
            names = ", ".join(done.submission.beside[:3])
            more = len(done.submission.beside) - 3
            names += f" and {more} more" if more > 0 else ""
            self._write(f"{student}  {chapter}  beside the notebook, not looked at: {names}")
        self.bar.set_postfix(errors=self.wrong, refresh=False)
        self.bar.update()

    def say(self, text: str) -> None:
        """Print a line, above the bar where there is one."""
        tqdm.write(text, file=sys.stdout)
        sys.stdout.flush()

    def _write(self, text: str, seconds: float = 0.0) -> None:
        line = in_line(text)
        self.say(line)
        self.log.info("%s%s", line, f"  [{seconds:.2f} s]" if seconds else "")


def summary(made: list[Row]) -> str:
    """Return what came of a submission in a few words."""
    score = sum(row.score or 0 for row in made)
    says = f"{score:g} of {sum(row.max_score for row in made):g}"
    for row in made:
        if row.status == MANUAL and row.score is None:
            says += f", {row.exercise} waits for a person"
        elif row.status not in (PASSED, MANUAL, NOT_ATTEMPTED):
            says += f", {row.exercise} {row.status}{f' ({row.mistake})' if row.mistake else ''}"
    untouched = sum(row.status == NOT_ATTEMPTED for row in made)
    return says + (f", {untouched} not attempted" if untouched else "")
