"""The declared mistake whose numbers are the student's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.core.compare import is_right, same
from autograder.core.exercise import Case, Exercise, Mistake
from autograder.core.outcome import Failure, Numbers, Outcome, call
from autograder.core.parts import Parts

OF_A_PRODUCT = ("matmul", "not aligned", "einstein sum", "einsum")  # in the words of NumPy


def recognise(
    exercise: Exercise,
    cases: Sequence[Case],
    answers: Sequence[Any],
    expected: Sequence[Parts],
    outcomes: Sequence[Outcome],
) -> Mistake | None:
    """Return the declared mistake that explains the outcomes, or None.

    It must give the student's own numbers in every "values" case, and be wrong in at least one of
    them; or, where it shows elsewhere only (a batch, a million), in every case. Of several, the
    one that agrees on the most cases is taken.
    """
    core = [i for i, case in enumerate(cases) if case.aspect == "values"]
    rest = [i for i in range(len(cases)) if i not in core]
    best, most = None, 0
    for mistake in exercise.mistakes:
        theirs: dict[int, Outcome] = {}
        agree = 0
        for i in core + rest:
            theirs[i] = call(mistake.wrong, exercise, cases[i], answers[i])
            agrees = same(exercise, outcomes[i], theirs[i])
            agree += agrees
            if not agrees and i in core:
                break  # most mistakes are ruled out by the first case
        else:
            wrong = {i for i, o in theirs.items() if not is_right(exercise, o, expected[i])}
            changed = [theirs[i].changed for i in range(len(cases))]
            if any(changed) and changed != [o.changed for o in outcomes]:
                continue
            shows_in_core = any(i in wrong and _comparable(theirs[i]) for i in core)
            explains = shows_in_core or agree == len(cases)
            if explains and (wrong or any(changed)) and agree > most:
                best, most = mistake, agree
    return best


def batch_only(
    exercise: Exercise,
    cases: Sequence[Case],
    answers: Sequence[Any],
    outcomes: Sequence[Outcome],
    right: Sequence[bool],
) -> Mistake | None:
    """Return the mistake that is meant where every vector is right and a product fails on a batch.

    There are many ways to write it (`W @ x`, np.dot, einsum("hd,d->h")), and each fails in its own
    way: by an exception of NumPy's about a product, or by the declared mistake's own numbers.
    """
    wrong = [i for i, ok in enumerate(right) if not ok]
    named = (m for m in exercise.mistakes if m.name == exercise.words.batch_mistake)
    mistake = next(named, None)
    if mistake is None or {cases[i].aspect for i in wrong} != {"batch"}:
        return None
    for i in wrong:
        outcome = outcomes[i]
        if isinstance(outcome, Failure) and any(p in outcome.problem.says for p in OF_A_PRODUCT):
            return mistake
        theirs = call(mistake.wrong, exercise, cases[i], answers[i])
        if isinstance(outcome, Numbers) and same(exercise, outcome, theirs):
            return mistake
    return None


def _comparable(outcome: Outcome) -> bool:
    """Return whether an outcome says enough to be recognised: numbers, of any shape."""
    return isinstance(outcome, Numbers) or outcome.problem.name == "wrong_shape"
