"""The judge: (exercise, callable, seed) -> Verdict. It knows nothing of notebooks or files.

Every case is run. An aspect passes when all its cases do. Where something failed, the declared
mistakes run on the same cases: the one whose numbers are the student's numbers is the cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.core.call import STOPPED, Undefined
from autograder.core.compare import is_right
from autograder.core.diagnosis.declared import batch_only, recognise
from autograder.core.diagnosis.facts import cause, changed_says
from autograder.core.exercise import ASPECTS, Case, Exercise
from autograder.core.outcome import Failure, Numbers, Outcome, call, call_all, signature_problem
from autograder.core.parts import Parts
from autograder.core.trials import trials
from autograder.core.verdict import (
    BROKEN,
    ERROR,
    FAILED,
    NOT_ATTEMPTED,
    PASSED,
    Aspect,
    FailingCase,
    Verdict,
)

CORE = {"values", "batch"}  # without one of these right, no other aspect earns a point
UNTOUCHED = "inputs untouched"
SHOWN = 60  # numbers of a result of a wrong shape, at most
ELSEWHERE = "needs_another_exercise"  # the case would show nothing that can be mended here


def judge(exercise: Exercise, f: Any, seed: int = 0, explain: bool = True) -> Verdict:
    """Return the verdict on `f`, a callable, over the cases drawn from `seed`.

    Without `explain` the cause of a mistake is not sought: it is named where it shows by itself.
    """
    try:
        tried = trials(exercise, seed)
    except Exception as error:
        return _verdict(exercise, BROKEN, cause=_broken(f"{type(error).__name__}: {error}"))
    cases, answers, expected = map(list, zip(*tried, strict=True))
    if any(not np.isfinite(a).all() for parts in expected for a in parts.values()):
        return _verdict(exercise, BROKEN, cause=_broken("it returns values that are not finite"))

    unusable = _unusable(exercise, f)
    if unusable is not None:
        return unusable
    outcomes = call_all(f, exercise, cases, answers)
    problems = [o.problem for o in outcomes if isinstance(o, Failure)]
    if isinstance(outcomes[0], Failure) and outcomes[0].problem.name == "not_attempted":
        return _verdict(exercise, NOT_ATTEMPTED, cause=outcomes[0].problem.says)
    stopped = next((p for p in problems if p.name in STOPPED), None)
    if stopped is not None:
        return _verdict(exercise, ERROR, mistake=stopped.name, cause=stopped.says)
    right = [is_right(exercise, o, e) for o, e in zip(outcomes, expected, strict=True)]
    aspects = _aspects(exercise, cases, outcomes, right)
    if all(a.passed for a in aspects):
        return _verdict(exercise, PASSED, aspects=aspects, remarks=_remarks(outcomes, right))
    if explain:
        return _diagnosed(exercise, cases, answers, expected, outcomes, right, aspects)
    shown = outcomes[_smallest(cases, outcomes, right)]
    return _verdict(
        exercise,
        ERROR if _everything_raises(outcomes) else FAILED,
        aspects=aspects,
        mistake=shown.problem.name if isinstance(shown, Failure) else "",
    )


def _unusable(exercise: Exercise, f: Any) -> Verdict | None:
    """Return the verdict on what cannot be called with the exercise's arguments at all."""
    if isinstance(f, Undefined):
        return _verdict(
            exercise,
            ERROR,
            mistake="syntax_error" if f.why else "name_not_defined",
            cause=f.why
            or f"{exercise.name} is not defined. Run the cell that defines it; if that cell "
            "shows an error (a SyntaxError, say), mend this first.",
        )
    if not callable(f):
        return _verdict(
            exercise,
            ERROR,
            mistake="not_a_function",
            cause=f"{exercise.name} is {f!r:.60}, not a function. Some cell has given the name to "
            "another thing: run the cell with `def` again, then this one.",
        )
    problem = signature_problem(f, exercise)
    if problem is not None:
        return _verdict(exercise, ERROR, mistake=problem.name, cause=problem.says)
    return None


def _diagnosed(
    exercise: Exercise,
    cases: Sequence[Case],
    answers: Sequence[Any],
    expected: Sequence[Parts],
    outcomes: Sequence[Outcome],
    right: Sequence[bool],
    aspects: tuple[Aspect, ...],
) -> Verdict:
    """Return the verdict on an answer that is wrong somewhere: its cause and its smallest case."""
    found = recognise(exercise, cases, answers, expected, outcomes)
    found = found or batch_only(exercise, cases, answers, outcomes, right)
    worst = _smallest(cases, outcomes, right)
    outcome, ok = outcomes[worst], right[worst]
    remarks = _remarks(outcomes, right)
    if found is None:
        name, says = cause(exercise, cases, outcomes, expected, right, worst)
    else:
        name, says = found.name, found.says
        if isinstance(outcome, Failure) and outcome.problem.name != "wrong_shape":
            remarks = (outcome.problem.says, *remarks)
        theirs = call(found.wrong, exercise, cases[worst], answers[worst])
        if outcome.changed and not theirs.changed:
            remarks = (changed_says(outcome.changed), *remarks)
    return _verdict(
        exercise,
        ERROR if found is None and _everything_raises(outcomes) else FAILED,
        aspects=aspects,
        mistake=name,
        cause=says,
        case=None if name == ELSEWHERE else _failing(cases[worst], outcome, expected[worst], ok),
        remarks=remarks,
    )


def _everything_raises(outcomes: Sequence[Outcome]) -> bool:
    return all(isinstance(o, Failure) and o.problem.name.startswith("raises_") for o in outcomes)


def _broken(why: str) -> str:
    return (
        f"The course's own answer does not run here ({why}). This is not your mistake, and costs "
        "no points: tell whoever runs the course."
    )


def _aspects(
    exercise: Exercise, cases: Sequence[Case], outcomes: Sequence[Outcome], right: Sequence[bool]
) -> tuple[Aspect, ...]:
    passed = {
        name: all(ok for case, ok in zip(cases, right, strict=True) if case.aspect == name)
        for name in ASPECTS
        if any(case.aspect == name for case in cases)
    }
    passed[UNTOUCHED] = not any(o.changed for o in outcomes)
    if not any(passed[name] for name in CORE & set(passed)):
        passed = dict.fromkeys(passed, False)
    total = sum(ASPECTS[name] for name in passed)
    shares = {name: round(exercise.points * ASPECTS[name] / total, 1) for name in passed}
    shares["values"] += exercise.points - sum(shares.values())
    return tuple(
        Aspect(name, ok, round(shares[name], 2) if ok else 0.0, round(shares[name], 2))
        for name, ok in passed.items()
    )


def _smallest(cases: Sequence[Case], outcomes: Sequence[Outcome], right: Sequence[bool]) -> int:
    """Return the first failing case; one with numbers, unless no "values" case has any."""
    failing = [i for i, ok in enumerate(right) if not ok]
    with_numbers = [i for i in failing if isinstance(outcomes[i], Numbers)]
    changed = [i for i, o in enumerate(outcomes) if o.changed]
    if any(cases[i].aspect == "values" for i in with_numbers) or (any(right) and with_numbers):
        return (with_numbers or failing or changed)[0]
    telling = [i for i in failing if _tells(outcomes[i])]
    if telling:
        return telling[0]
    if any(right):
        return (failing or changed)[0]
    showing = [i for i in failing if _shape_shows(outcomes[i])]
    showing.sort(key=lambda i: cases[i].aspect != "values")
    return (showing or failing or changed)[0]


def _tells(outcome: Outcome) -> bool:
    """Return whether a wrong shape is one in which each axis has a name of its own."""
    return isinstance(outcome, Failure) and outcome.problem.telling


def _shape_shows(outcome: Outcome) -> bool:
    """Return whether a wrong shape is not one of ones alone, where no axis can be told apart."""
    if not isinstance(outcome, Failure) or outcome.problem.name != "wrong_shape":
        return False
    return any(a.size > 1 for a in outcome.problem.detail.values())


def _failing(case: Case, outcome: Outcome, expected: Parts, ok: bool) -> FailingCase:
    """Return the case as it is shown: what came back, or the arguments that a right call spoils."""
    if isinstance(outcome, Numbers) and ok and all(_is_array(v) for v in _after(outcome).values()):
        seen = {f"{k} afterwards": np.asarray(v) for k, v in _after(outcome).items()}
        before = {f"{k} afterwards": np.asarray(case.inputs[k]) for k in _after(outcome)}
        return FailingCase(case.aspect, case.inputs, seen, before)
    if isinstance(outcome, Numbers):
        return FailingCase(case.aspect, case.inputs, outcome.parts, expected)
    name = outcome.problem.name
    if name == "wrong_shape":
        arrays = outcome.problem.detail.items()
        k, first = next((k, a) for k, a in arrays if a.shape != expected[k].shape)
        if first.size <= SHOWN:
            return FailingCase(case.aspect, case.inputs, {k: first}, {k: expected[k]})
    word = "None" if name == "returns_none" else name.replace("_", " ")
    return FailingCase(case.aspect, case.inputs, word, expected)


def _after(outcome: Numbers) -> Mapping[str, Any]:
    return outcome.after or {}


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiub"


def _remarks(outcomes: Sequence[Outcome], right: Sequence[bool]) -> tuple[str, ...]:
    warned = sorted({w for o in outcomes for w in o.warned})
    if not warned or not all(right):  # a warning beside a wrong answer leads away from its cause
        return ()
    return (f"The numbers are right. Python warned on the way: {'; '.join(warned)}.",)


def _verdict(
    exercise: Exercise, status: str, aspects: tuple[Aspect, ...] = (), **more: Any
) -> Verdict:
    score = round(sum(a.points for a in aspects), 2)
    return Verdict(
        exercise.name,
        status,
        float(score),
        float(exercise.points),
        aspects,
        shows=exercise.shows,
        **more,
    )
