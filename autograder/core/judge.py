"""The judge: (exercise, callable, seed) -> Verdict. It knows nothing of notebooks or files.

Every case is run. An aspect passes when all its cases do. Where something failed, the declared
mistakes run on the same cases: the one whose numbers are the student's numbers is the cause.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from autograder.core.call import Undefined
from autograder.core.exercise import ASPECTS, Case, Exercise, Mistake
from autograder.core.outcome import (
    FLOAT32,
    Outcome,
    call,
    parts_of,
    signature_problem,
)
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
from autograder.sandbox.limits import STOPPED

CORE = {"values", "batch"}  # without one of these right, no other aspect earns a point
UNTOUCHED = "inputs untouched"
ELSEWHERE = "needs_another_exercise"  # the case would show nothing that can be mended here


def judge(exercise: Exercise, f: Any, seed: int = 0) -> Verdict:
    """Return the verdict on `f`, a callable, over the cases drawn from `seed`."""
    try:
        cases = exercise.cases(np.random.default_rng(seed))
        answers = [exercise.reference(**copy.deepcopy(case.inputs)) for case in cases]
        dues = [_observed(exercise, *pair) for pair in zip(cases, answers, strict=True)]
    except Exception as error:
        return _verdict(exercise, BROKEN, cause=_broken(f"{type(error).__name__}: {error}"))
    if any(not np.isfinite(a).all() for due in dues for a in due.values()):
        return _verdict(exercise, BROKEN, cause=_broken("it returns values that are not finite"))

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

    outcomes = [call(f, exercise, c.inputs, a) for c, a in zip(cases, answers, strict=True)]
    if outcomes[0].problem and outcomes[0].problem.name == "not_attempted":
        return _verdict(exercise, NOT_ATTEMPTED, cause=outcomes[0].problem.says)
    stopped = next((o.problem for o in outcomes if o.problem and o.problem.name in STOPPED), None)
    if stopped is not None:
        return _verdict(exercise, ERROR, mistake=stopped.name, cause=stopped.says)
    right = [is_right(exercise, o, due) for o, due in zip(outcomes, dues, strict=True)]
    aspects = _aspects(exercise, cases, outcomes, right)
    if all(a.passed for a in aspects):
        return _verdict(exercise, PASSED, aspects=aspects, remarks=_remarks(outcomes, right))

    found = recognise(exercise, cases, answers, dues, outcomes) or _batch_only(
        exercise, cases, right
    )
    worst = _smallest(cases, outcomes, right)
    outcome = outcomes[worst]
    remarks = _remarks(outcomes, right)
    if found is None:
        name, cause = _cause(exercise, cases, outcomes, dues, right, worst)
    else:
        name, cause = found.name, found.says
        if outcome.problem and outcome.problem.name != "wrong_shape":
            remarks = (outcome.problem.says, *remarks)
        theirs = call(found.wrong, exercise, cases[worst].inputs, answers[worst])
        if outcome.changed and not theirs.changed:
            remarks = (_changed_says(outcome.changed), *remarks)
    everything_raises = all(o.problem and o.problem.name.startswith("raises_") for o in outcomes)
    return _verdict(
        exercise,
        ERROR if everything_raises and found is None else FAILED,
        aspects=aspects,
        mistake=name,
        cause=cause,
        case=None if name == ELSEWHERE else _failing(cases[worst], outcome, dues[worst]),
        remarks=remarks,
    )


def is_right(exercise: Exercise, outcome: Outcome, due: dict[str, np.ndarray]) -> bool:
    """Return whether the numbers of an outcome are the ones that are due."""
    return outcome.parts is not None and _close(exercise, outcome, outcome.parts, due)


def _close(
    exercise: Exercise, outcome: Outcome, mine: dict, theirs: dict, equal_nan: bool = False
) -> bool:
    """Return whether all arrays agree, within the tolerance that the outcome's precision asks."""
    rtol, atol = FLOAT32 if outcome.single else (exercise.rtol, exercise.atol)
    return all(
        mine[k].shape == theirs[k].shape
        and np.allclose(mine[k], theirs[k], rtol=rtol, atol=atol, equal_nan=equal_nan)
        for k in theirs
    )


def recognise(
    exercise: Exercise,
    cases: list[Case],
    answers: list[Any],
    dues: list[dict],
    outcomes: list[Outcome],
) -> Mistake | None:
    """Return the declared mistake that explains the outcomes, or None.

    It must give the student's own numbers in every "values" case, and be wrong in at least one of
    them; or, where it shows elsewhere only (a batch, ±1000), in every case. Of several, the
    one that agrees on the most cases is taken.
    """
    core = [i for i, case in enumerate(cases) if case.aspect == "values"]
    rest = [i for i in range(len(cases)) if i not in core]
    best, most = None, 0
    for mistake in exercise.mistakes:
        theirs: dict[int, Outcome] = {}
        agree = 0
        for i in core + rest:
            theirs[i] = call(mistake.wrong, exercise, cases[i].inputs, answers[i])
            same = _same(exercise, outcomes[i], theirs[i])
            agree += same
            if not same and i in core:
                break  # most mistakes are ruled out by the first case
        else:
            wrong = {i for i, o in theirs.items() if not is_right(exercise, o, dues[i])}
            changed = [theirs[i].changed for i in range(len(cases))]
            if any(changed) and changed != [o.changed for o in outcomes]:
                continue
            shows_in_core = any(i in wrong and _comparable(theirs[i]) for i in core)
            explains = shows_in_core or agree == len(cases)
            if explains and (wrong or any(changed)) and agree > most:
                best, most = mistake, agree
    return best


def _batch_only(exercise: Exercise, cases: list[Case], right: list[bool]) -> Mistake | None:
    """Return the mistake "fails_for_a_batch" where every vector is right and some batch is not.

    There are many ways to write it (`W @ x`, a loop over the units, einsum("hd,d->h")), and each
    fails in its own way.
    """
    named = (m for m in exercise.mistakes if m.name == "fails_for_a_batch")
    return next(named, None) if _failed(cases, right) == {"batch"} else None


def _failed(cases: list[Case], right: list[bool]) -> set[str]:
    """Return the aspects of the cases that failed."""
    return {case.aspect for case, ok in zip(cases, right, strict=True) if not ok}


def _comparable(outcome: Outcome) -> bool:
    """Return whether an outcome says enough to be recognised: numbers, of any shape."""
    return outcome.parts is not None or outcome.problem.name == "wrong_shape"


def _same(exercise: Exercise, a: Outcome, b: Outcome) -> bool:
    mine, theirs = a.parts, b.parts
    if mine is None or theirs is None:
        if mine is not theirs or a.problem.name != b.problem.name:
            return False
        mine, theirs = a.problem.detail, b.problem.detail
        if a.problem.name != "wrong_shape":
            return mine == theirs
    return _close(exercise, a, mine, theirs, equal_nan=True)


def _observed(exercise: Exercise, case: Case, answer: Any) -> dict[str, np.ndarray]:
    if exercise.observe is None:
        return parts_of(answer, exercise.outputs)
    return parts_of(exercise.observe(case.inputs, answer))


def _broken(why: str) -> str:
    return (
        f"The course's own answer does not run here ({why}). This is not your mistake, and costs "
        "no points: tell whoever runs the course."
    )


def _aspects(
    exercise: Exercise, cases: list[Case], outcomes: list[Outcome], right: list[bool]
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


def _smallest(cases: list[Case], outcomes: list[Outcome], right: list[bool]) -> int:
    """Return the first failing case; one with numbers, unless no "values" case has any."""
    failing = [i for i, ok in enumerate(right) if not ok]
    with_numbers = [i for i in failing if outcomes[i].parts is not None]
    changed = [i for i, o in enumerate(outcomes) if o.changed]
    if any(cases[i].aspect == "values" for i in with_numbers) or right.count(True):
        return (with_numbers or failing or changed)[0]
    return (failing or changed)[0]


def _failing(case: Case, outcome: Outcome, due: dict[str, np.ndarray]) -> FailingCase:
    words = {"returns_none": "None"}
    seen = outcome.parts
    if seen is None:
        name = outcome.problem.name
        seen = words.get(name, name.replace("_", " "))
    return FailingCase(case.aspect, case.inputs, seen, due)


def _cause(
    exercise: Exercise,
    cases: list[Case],
    outcomes: list[Outcome],
    dues: list[dict],
    right: list[bool],
    worst: int,
) -> tuple[str, str]:
    """Return name and sentence for a failure that no declared mistake explains."""
    if outcomes[worst].problem is not None:
        return outcomes[worst].problem.name, outcomes[worst].problem.says
    if all(right):
        return "changes_its_inputs", _changed_says(outcomes[worst].changed)
    pairs = [
        (o.parts, due)
        for o, due, ok in zip(outcomes, dues, right, strict=True)
        if not ok and o.parts is not None
    ]
    if any(np.isnan(a).any() for a in pairs[0][0].values()):
        large = ", with inputs of ±1000" if cases[worst].aspect == "stability" else ""
        return "nan", (
            f"Your result holds NaN{large}. NaN comes from inf - inf, inf / inf, 0 * inf, or the "
            "log or root of a negative number: find the factor that is not finite."
        )
    failed = _failed(cases, right)
    if failed == {"stability"}:
        return "", (
            "Right, but not for extreme inputs like those below. Look for an exp of a large "
            "number, a division by what may be 0, or its log."
        )
    if len(dues[worst]) > 1:
        return "", _parts_says(exercise, pairs)
    if exercise.explain is not None:
        return "", exercise.explain(outcomes[worst].parts[""], dues[worst][""])
    pattern = _pattern(pairs)
    if pattern:
        return "", pattern
    if failed == {"batch"}:
        return "", (
            "One vector is right, a batch is not. A batch has one row per sequence: (N, D) and "
            "(N, H). Write the product so that it acts on the last axis: x_t @ W.T."
        )
    if failed == {"edge sizes"}:
        return (
            "",
            "Right, but for sizes of 1. Look for a squeeze, a sum, or an axis given by number.",
        )
    return "", (
        "The numbers differ, and not by a mistake that this check knows. Redo the case below by "
        "hand with the equation, one operation at a time, and compare."
    )


def _parts_says(exercise: Exercise, pairs: list[tuple[dict, dict]]) -> str:
    """Return which of several results are wrong, each with the fact that holds for it."""
    names = list(pairs[0][1])
    tolerance = {"rtol": exercise.rtol, "atol": exercise.atol}
    wrong = [k for k in names if any(not np.allclose(s[k], d[k], **tolerance) for s, d in pairs)]
    facts = {k: _pattern([({k: s[k]}, {k: d[k]}) for s, d in pairs]) for k in wrong}
    says = (
        f"Wrong: {', '.join(wrong)}."
        if len(wrong) < len(names)
        else "Every one of the results differs from what is expected."
    )
    if len(wrong) < len(names):
        says += f" Right: {', '.join(k for k in names if k not in wrong)}."
    for k, fact in facts.items():
        if fact:
            says += f" Of {k}: {fact[0].lower()}{fact[1:]}"
    return says + " Look at the lines that make what is wrong, and redo the case below by hand."


def _pattern(pairs: list[tuple[dict, dict]]) -> str:
    """Return a fact that holds between seen and due in every failing case, or ""."""
    flat = [(np.ravel(s[k]), np.ravel(d[k])) for s, d in pairs for k in d]
    seen = np.concatenate([s for s, _ in flat])
    due = np.concatenate([d for _, d in flat])
    if seen.size < 3 or not np.isfinite(seen).all():
        return ""
    if np.allclose(seen, -due):
        return "Every number has the wrong sign."
    if np.allclose(seen, 1 - due):
        return "Every number is 1 minus the one that is due."
    if np.ptp(seen) < 1e-12:
        return f"Your result is {seen[0]:g} whatever the inputs are."
    factor = seen @ due / (due @ due)
    if np.allclose(seen, factor * due) and abs(factor) > 1e-9:
        return f"Every number is {factor:.4g} times the one that is due."
    squares = [(s[k], d[k]) for s, d in pairs for k in d if d[k].ndim == 2]
    if len(squares) == len(flat) and all(
        s.shape == d.T.shape and np.allclose(s, d.T) for s, d in squares
    ):
        return "Your result is the transpose of the one that is due."
    return ""


def _changed_says(names: tuple[str, ...]) -> str:
    return (
        f"Your function changes its argument {' and '.join(names)} in place (`+=`, `*=`, or "
        f"`{names[0]}[...] =`). The caller still needs it: compute into a new array."
    )


def _remarks(outcomes: list[Outcome], right: list[bool]) -> tuple[str, ...]:
    warned = sorted({w for o in outcomes for w in o.warned})
    if not warned or not all(right):  # a warning beside a wrong answer leads away from its cause
        return ()
    return (f"The numbers are right. Python warned on the way: {'; '.join(warned)}.",)


def _verdict(exercise: Exercise, status: str, aspects: tuple[Aspect, ...] = (), **more) -> Verdict:
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
