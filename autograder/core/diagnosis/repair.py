"""The smallest change of an answer's own text that makes every case right.

It is true by construction: the changed text has been run on every case, and passes. The message
says where the change is and of what kind; the mended line comes later, behind the hint.
Where one change does not do, two are looked for. First come changes after which the answer is a
declared mistake, then those that make a case right in which the other slip is silent.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from autograder.core.compare import is_right, same
from autograder.core.diagnosis.edits import Edit, edits
from autograder.core.diagnosis.problem import Problem
from autograder.core.diagnosis.slips import slip
from autograder.core.diagnosis.workshop import Workshop
from autograder.core.diagnosis.zeroed_cases import quiet_trials
from autograder.core.exercise import Case, Exercise, Mistake
from autograder.core.outcome import Failure, Numbers, Outcome, call, outcome_of
from autograder.core.parts import leaves
from autograder.core.trials import Trial, trials
from autograder.core.verdict import Verdict

CHANGES = ("one_change", "two_changes")  # the mistakes of verdicts where a change was found
FIRST = "first_change"  # that of a change after which less is wrong, and not nothing
SINGLES, PAIRS = 1500, 6000  # variants that are tried, at most
PROMISING = 6  # first changes that any second one is tried on
FIRSTS = 40  # changes that are tried in pairs with each other
QUIET = 4  # cases with arrays at 0 that all changes are tried on
NOTICED = 0.2  # seconds
CHUNK = 100  # variants that are run at a time
NEAR = 1e-4  # of sums: a first look, before the numbers are compared
REMAINING = 8  # variants that may be a declared mistake, tried on every case
RARE = ("log2", "log10", "expm1", "log1p")  # log2(z) is log(z) / log(2)
LEFT = {
    "batch": "a batch",
    "edge sizes": "sizes of 1",
    "stability": "very large numbers",
}
TAKES_AWAY = ("too_much", "line_too_many", "call_too_many")  # and so may hide what was wrong


class Found(NamedTuple):
    """A variant and the edits that make it; the declared mistake that it seems to be, if any."""

    made: tuple[Edit, ...]
    variant: Any
    mistake: Mistake | None = None


def mend(
    exercise: Exercise,
    verdict: Verdict,
    workshop: Workshop,
    seed: int,
    seconds: float = np.inf,
    waiting: Callable[[], None] = lambda: None,
    pairs: bool = True,
) -> Verdict:
    """Return the verdict on a wrong answer; where a small change would do, it says which.

    `seconds` bounds the search, beside the number of variants; without `pairs` two changes at once
    are not tried. `waiting` is called once, where it takes long enough to be noticed.
    """
    if not workshop.text:
        return verdict
    search = _Search(exercise, workshop, seed, seconds, waiting, pairs)
    found = search.found()
    left: set[str] = set()
    if found is None and search.partly is not None:
        found, left = search.partly
    if found is None or left & {a.name for a in verdict.aspects if a.passed}:  # it would break more
        return verdict
    rows = workshop.text.split("\n")
    says = [slip(edit, rows, workshop.first_line) for edit in found.made]
    seen = [verdict.cause] if verdict.mistake else []  # a shape, an exception
    if left:
        rest = " and ".join(LEFT[a] for a in sorted(left))
        name, head = FIRST, f"One small change mends the values, and leaves {rest} for after it."
    elif len(says) > 1:
        name, head = CHANGES[1], "Two small changes make every case right."
    else:
        name, head = CHANGES[0], "One small change would do."
    return replace(
        verdict,
        mistake=verdict.mistake or name,
        cause=" ".join([*seen, head, *says]),
        mended=search.mended(found.made),
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
        pairs: bool,
    ) -> None:
        self.exercise, self.workshop, self.pairs = exercise, workshop, pairs
        began = workshop.clock()
        self.until, self.noticed, self.waiting = began + seconds, began + NOTICED, waiting
        self.partly: tuple[Found, set[str]] | None = (
            None  # a change, and what is still wrong after it
        )
        self.trials = trials(exercise, seed)
        self.fields = fields_of([t.case for t in self.trials])
        self.tree = ast.parse(workshop.text)

    def found(self) -> Found | None:
        """Return the first change, or pair of changes, that makes every case right."""
        answer = self.workshop.made(self.tree)
        failing = [t for t in self.trials if not self._passes(answer, t)]
        right_values = not any(t.case.aspect == "values" for t in failing)
        if not failing:  # what stands in the cell is not what was judged
            return None
        small = min(failing, key=_size)
        others = sorted((t for t in self.trials if t is not small), key=_size, reverse=True)
        others = [t for t in failing if t is not small][-1:] + others
        changes = [e for e in edits(self._written(), self.fields) if not self._far_fetched(e)]
        promising, remaining = [], []
        known = _Known(self.exercise, small)
        for found in self._telling(self._variants([(e,) for e in changes[:SINGLES]]), small, known):
            if found.mistake is not None:
                remaining.append(found)
            elif all(self._passes(found.variant, t) for t in others):
                return found
            else:
                promising.append(found.made[0])
                if not right_values and self.partly is None:
                    self.partly = self._mends_the_values(found, others)
        if not self.pairs:
            return None
        remaining.sort(key=lambda found: found.made[0].kind in TAKES_AWAY)
        some = [f for f in remaining[:REMAINING] if self._is_the_mistake(f, (*others, small))]
        promising = [f.made[0] for f in some] + promising
        for found in self._telling(self._variants(self._pairs(answer, changes, promising)), small):
            if all(self._passes(found.variant, t) for t in others):
                return found
        return None

    def _far_fetched(self, edit: Edit) -> bool:
        """Return whether an edit brings in a function that hides another's slip: log2 for log."""
        brings = edit.kind == "function" and isinstance(edit.new, ast.Call)
        name = getattr(edit.new.func, "attr", "") if brings else ""
        return name in RARE and name not in self.workshop.text

    def _written(self) -> ast.AST:
        """Return what the student has written of the text: all of it, or one definition."""
        name = self.exercise.writes
        return next((n for n in self.tree.body if getattr(n, "name", "") == name), self.tree)

    def _mends_the_values(
        self, found: Found, others: Sequence[Trial]
    ) -> tuple[Found, set[str]] | None:
        """Return a change that makes all "values" cases right, with the aspects that it does not.

        A change that takes something away may hide a mistake, and is none.
        """
        wrong = [t for t in others if not self._passes(found.variant, t)]
        left = {t.case.aspect for t in wrong}
        if "values" in left or found.made[0].kind in TAKES_AWAY:
            return None
        return found, left

    def _pairs(
        self, answer: Any, changes: list[Edit], promising: list[Edit]
    ) -> Iterator[tuple[Edit, ...]]:
        """Yield pairs of edits: those that begin with a promising one, then quiet ones, others."""
        half = PAIRS // 2
        begun = _apart((first, e) for first in promising[:PROMISING] for e in changes)
        yield from itertools.islice(begun, half)
        firsts = self._firsts(answer, changes)
        yield from itertools.islice(_apart(itertools.combinations(firsts, 2)), half)
        begun = _apart((first, e) for first in firsts[:PROMISING] for e in changes)
        yield from itertools.islice(begun, half)
        yield from _likely_pairs(changes, half)

    def _firsts(self, answer: Any, changes: list[Edit]) -> list[Edit]:
        """Return the edits that make quiet cases right, those that do so in most cases first."""
        wrong = [t for t in quiet_trials(self.exercise, self.trials) if not self._passes(answer, t)]
        rights: set[int] = set()  # the cases that some edit makes right
        firsts: dict[int, tuple[int, Edit]] = {}
        tried = 0
        for i, quiet in enumerate(wrong):
            if i in rights or tried == QUIET:  # it would say the same once more
                continue
            tried += 1
            singles = self._variants([(e,) for e in changes[:SINGLES]])
            for found in list(self._telling(singles, quiet)):
                edit = found.made[0]
                if id(edit) not in firsts:
                    also = {j for j, t in enumerate(wrong) if self._passes(found.variant, t)}
                    firsts[id(edit)] = -len(also), edit
                    rights |= also
        return [e for _, e in sorted(firsts.values(), key=lambda pair: pair[0])[:FIRSTS]]

    def mended(self, made: tuple[Edit, ...]) -> str:
        """Return the lines that a change makes."""
        old = ast.unparse(self.tree).split("\n")
        with all_made(made):
            new = ast.unparse(self.tree).split("\n")
        blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        lines = [row.strip() for tag, _, _, a, b in blocks if tag != "equal" for row in new[a:b]]
        return "\n".join(lines) or "The line is left out."

    def _variants(self, changes: Iterable[tuple[Edit, ...]]) -> Iterator[Found]:
        """Yield the variants that changes make, until the time is up."""
        for made in changes:
            now = self.workshop.clock()
            if now > self.until:
                return
            if now > self.noticed:
                self.noticed = np.inf
                self.waiting()
            try:
                with all_made(made):
                    variant = self.workshop.made(self.tree)
            except Exception:  # a text that Python cannot read is no variant
                continue
            yield Found(made, variant)

    def _telling(
        self, variants: Iterator[Found], trial: Trial, known: _Known | None = None
    ) -> Iterator[Found]:
        """Yield those that make one case right, or a mistake that is known by its numbers there."""
        while chunk := list(itertools.islice(variants, CHUNK)):
            ran = self.workshop.run([f.variant for f in chunk], trial.case.inputs)
            for found, one in zip(chunk, ran, strict=False):
                outcome = outcome_of(one, self.exercise, trial.case, trial.answer)
                if self._is_right(outcome, trial):
                    yield found
                elif known is not None:
                    for mistake in known.like(outcome):
                        yield found._replace(mistake=mistake)

    def _is_the_mistake(self, found: Found, some: Sequence[Trial]) -> bool:
        """Return whether a variant gives the numbers of its mistake in all cases."""
        return found.mistake is not None and all(
            same(
                self.exercise,
                self._outcome(found.variant, t),
                call(found.mistake.wrong, self.exercise, t.case, t.answer),
            )
            for t in some
        )

    def _passes(self, variant: Any, trial: Trial) -> bool:
        return self._is_right(self._outcome(variant, trial), trial)

    def _outcome(self, variant: Any, trial: Trial) -> Outcome:
        ran = next(iter(self.workshop.run([variant], trial.case.inputs)), None)
        if ran is None:
            return Failure(Problem("", "It did not run."))
        return outcome_of(ran, self.exercise, trial.case, trial.answer)

    def _is_right(self, outcome: Outcome, trial: Trial) -> bool:
        right = isinstance(outcome, Numbers) and not outcome.changed
        return right and is_right(self.exercise, outcome, trial.expected)


class _Known:
    """What the declared mistakes make of one case, where that is numbers, and wrong."""

    def __init__(self, exercise: Exercise, trial: Trial) -> None:
        self.exercise = exercise
        self.wrong: list[tuple[float, Mistake, Outcome]] = []
        for mistake in exercise.mistakes:
            outcome = call(mistake.wrong, exercise, trial.case, trial.answer)
            if not is_right(exercise, outcome, trial.expected) and _sum(outcome) is not None:
                self.wrong.append((_sum(outcome) or 0.0, mistake, outcome))

    def like(self, outcome: Outcome) -> Iterator[Mistake]:
        """Yield the mistakes that give these numbers."""
        total = _sum(outcome)
        if total is None:
            return
        for theirs, mistake, made in self.wrong:
            near = abs(total - theirs) <= NEAR * (1 + abs(theirs))
            if near and same(self.exercise, outcome, made):
                yield mistake


def _sum(outcome: Outcome) -> float | None:
    """Return the sum of all numbers of an outcome, if it has any and it is finite."""
    if not isinstance(outcome, Numbers):
        return None
    with np.errstate(all="ignore"):
        total = float(sum(a.sum() for a in outcome.parts.values()))
    return total if np.isfinite(total) else None


@contextlib.contextmanager
def all_made(made: tuple[Edit, ...]) -> Iterator[None]:
    """Make several changes, and undo them at the end."""
    with contextlib.ExitStack() as stack:
        for edit in made:
            stack.enter_context(edit.made())
        yield


def _apart(pairs: Iterable[tuple[Edit, ...]]) -> Iterator[tuple[Edit, ...]]:
    """Yield the pairs of edits of two places."""
    return (pair for pair in pairs if pair[0].place != pair[1].place)


def _likely_pairs(changes: list[Edit], most: int) -> list[tuple[Edit, ...]]:
    """Return pairs of edits, those of likely slips first."""
    ranks = range(min(len(changes), most))
    pairs = ((i, total - i) for total in ranks for i in range((total + 1) // 2))
    return list(itertools.islice(_apart((changes[i], changes[j]) for i, j in pairs), most))


def _size(trial: Trial) -> int:
    return sum(a.size for v in trial.case.inputs.values() for a in leaves(v))
