"""The declared mistake whose numbers are the student's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.core.compare import is_right, same
from autograder.core.exercise import Case, Exercise, Mistake
from autograder.core.outcome import Numbers, Outcome, call
from autograder.core.parts import Parts


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


def batch_only(exercise: Exercise, failed: set[str]) -> Mistake | None:
    """Return the mistake that is meant where every vector is right and some batch is not.

    There are many ways to write it (`W @ x`, a loop over the units, einsum("hd,d->h")), and each
    fails in its own way.
    """
    named = (m for m in exercise.mistakes if m.name == exercise.words.batch_mistake)
    return next(named, None) if failed == {"batch"} else None


def _comparable(outcome: Outcome) -> bool:
    """Return whether an outcome says enough to be recognised: numbers, of any shape."""
    return isinstance(outcome, Numbers) or outcome.problem.name == "wrong_shape"
