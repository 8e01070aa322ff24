"""The smallest change of an answer's own text that makes every case right.

It is true by construction: the changed text has been run on every case, and passes. The message
says where the change is and of what kind; the mended line comes later, behind the hint.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from autograder.core.compare import is_right
from autograder.core.diagnosis.edits import Edit, edits
from autograder.core.diagnosis.slips import slip
from autograder.core.diagnosis.workshop import Workshop
from autograder.core.exercise import Case, Exercise
from autograder.core.outcome import Numbers, Outcome, outcome_of
from autograder.core.parts import leaves
from autograder.core.trials import Trial, trials
from autograder.core.verdict import Verdict

CHANGES = ("one_change", "two_changes")  # the mistakes of verdicts where a change was found
SINGLES, PAIRS = 1500, 1500  # variants that are tried, at most
PROMISING = 6  # first changes that a second one is tried on
NOTICED = 0.2  # seconds
CHUNK = 100  # variants that are run at a time


class Found(NamedTuple):
    """A variant, and the edits that make it."""

    made: tuple[Edit, ...]
    variant: Any


def mend(
    exercise: Exercise,
    verdict: Verdict,
    workshop: Workshop,
    seed: int,
    seconds: float = np.inf,
    waiting: Callable[[], None] = lambda: None,
) -> Verdict:
    """Return the verdict on a wrong answer; where a small change would do, it says which.

    `seconds` bounds the search, beside the number of variants; `waiting` is called once, where it
    takes long enough to be noticed.
    """
    if not workshop.text:
        return verdict
    search = _Search(exercise, workshop, seed, seconds, waiting)
    found = search.found()
    if found is None:
        return verdict
    rows = workshop.text.split("\n")
    says = [slip(edit, rows, workshop.first_line) for edit in found]
    many = len(says) > 1
    head = "Two small changes make every case right." if many else "One small change would do."
    seen = [verdict.cause] if verdict.mistake else []  # a shape, an exception
    return replace(
        verdict,
        mistake=verdict.mistake or CHANGES[len(says) - 1],
        cause=" ".join([*seen, head, *says]),
        mended=search.mended(found),
    )


def fields_of(cases: Sequence[Case]) -> set[str]:
    """Return the fields of the NamedTuples among the arguments of cases."""
    found: set[str] = set()
    stack = [v for case in cases for v in case.inputs.values()]
    while stack:
        value = stack.pop()
        found |= set(getattr(value, "_fields", ()))
        stack += value if isinstance(value, tuple) else ()
    return found


class _Search:
    """One search: the cases, the text, and what is left of the budget."""

    def __init__(
        self,
        exercise: Exercise,
        workshop: Workshop,
        seed: int,
        seconds: float,
        waiting: Callable[[], None],
    ) -> None:
        self.exercise, self.workshop = exercise, workshop
        began = time.monotonic()
        self.until, self.noticed, self.waiting = began + seconds, began + NOTICED, waiting
        self.trials = trials(exercise, seed)
        self.fields = fields_of([t.case for t in self.trials])
        self.tree = ast.parse(workshop.text)

    def found(self) -> tuple[Edit, ...] | None:
        """Return the first change, or pair of changes, that makes every case right."""
        answer = self.workshop.made(self.tree)
        failing = [t for t in self.trials if not self._passes(answer, t)]
        if not failing:  # what stands in the cell is not what was judged
            return None
        small = min(failing, key=_size)
        others = sorted((t for t in self.trials if t is not small), key=_size, reverse=True)
        others = [t for t in failing if t is not small][-1:] + others
        changes = edits(self.tree, self.fields)
        promising = []
        for found in self._right(self._variants([(e,) for e in changes[:SINGLES]]), small):
            if all(self._passes(found.variant, t) for t in others):
                return found.made
            promising.append(found.made[0])
        pairs: list[tuple[Edit, ...]] = [
            (first, e) for first in promising[:PROMISING] for e in changes if e is not first
        ]
        pairs = pairs[: PAIRS // 2]
        pairs += _likely_pairs(changes, PAIRS - len(pairs))
        for found in self._right(self._variants(pairs), others[0]):
            if all(self._passes(found.variant, t) for t in (small, *others[1:])):
                return found.made
        return None

    def mended(self, made: tuple[Edit, ...]) -> str:
        """Return the lines that a change makes."""
        old = ast.unparse(self.tree).split("\n")
        with _all_made(made):
            new = ast.unparse(self.tree).split("\n")
        blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        lines = [row.strip() for tag, _, _, a, b in blocks if tag != "equal" for row in new[a:b]]
        return "\n".join(lines) or "The line is left out."

    def _variants(self, changes: list[tuple[Edit, ...]]) -> Iterator[Found]:
        """Yield the variants that changes make, until the time is up."""
        for made in changes:
            now = time.monotonic()
            if now > self.until:
                return
            if now > self.noticed:
                self.noticed = np.inf
                self.waiting()
            try:
                with _all_made(made):
                    variant = self.workshop.made(self.tree)
            except Exception:  # a text that Python cannot read is no variant
                continue
            yield Found(made, variant)

    def _right(self, variants: Iterator[Found], trial: Trial) -> Iterator[Found]:
        """Yield those that make one case right."""
        while chunk := list(itertools.islice(variants, CHUNK)):
            ran = self.workshop.run([f.variant for f in chunk], trial.case.inputs)
            for found, one in zip(chunk, ran, strict=False):
                outcome = outcome_of(one, self.exercise, trial.case, trial.answer)
                if self._is_right(outcome, trial):
                    yield found

    def _passes(self, variant: Any, trial: Trial) -> bool:
        ran = next(iter(self.workshop.run([variant], trial.case.inputs)), None)
        if ran is None:
            return False
        outcome = outcome_of(ran, self.exercise, trial.case, trial.answer)
        return self._is_right(outcome, trial)

    def _is_right(self, outcome: Outcome, trial: Trial) -> bool:
        right = isinstance(outcome, Numbers) and not outcome.changed
        return right and is_right(self.exercise, outcome, trial.expected)


@contextlib.contextmanager
def _all_made(made: tuple[Edit, ...]) -> Iterator[None]:
    """Make several changes, and undo them at the end."""
    with contextlib.ExitStack() as stack:
        for edit in made:
            stack.enter_context(edit.made())
        yield


def _likely_pairs(changes: list[Edit], most: int) -> list[tuple[Edit, ...]]:
    """Return pairs of edits, those of likely slips first."""
    ranks = range(min(len(changes), most))
    pairs = ((i, total - i) for total in ranks for i in range((total + 1) // 2))
    found: Iterator[tuple[Edit, ...]] = (
        (changes[i], changes[j]) for i, j in pairs if changes[i].place != changes[j].place
    )
    return list(itertools.islice(found, most))


def _size(trial: Trial) -> int:
    return sum(a.size for v in trial.case.inputs.values() for a in leaves(v))
