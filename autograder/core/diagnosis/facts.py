"""Facts that hold in every failing case, for an answer that no declared mistake explains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.core.compare import agrees
from autograder.core.exercise import Case, Exercise
from autograder.core.outcome import Failure, Numbers, Outcome
from autograder.core.parts import Parts, leaves

# How a sentence begins that sends its reader back to the equation, and knows no more.
SAYS_NOTHING = ("The numbers differ, and not by", "Every one of the results differs from")
Pair = tuple[Parts, Parts]  # seen and expected


def cause(
    exercise: Exercise,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    expected: Sequence[Parts],
    right: Sequence[bool],
    worst: int,
) -> tuple[str, str]:
    """Return name and sentence for a failure; the name is "" where it has none."""
    shown = outcomes[worst]
    if isinstance(shown, Failure):
        return shown.problem.name, shown.problem.says
    if shown.unnamed and agrees(exercise, shown, expected[worst]):
        return "not_a_named_tuple", shown.unnamed
    if all(right):
        return "changes_its_inputs", changed_says(shown.changed)
    pairs = [
        (o.parts, e)
        for o, e, ok in zip(outcomes, expected, right, strict=True)
        if not ok and isinstance(o, Numbers)
    ]
    if any(np.isnan(a).any() for a in pairs[0][0].values()):
        given = [a for v in cases[worst].inputs.values() for a in leaves(v)]
        if any(a.dtype.kind == "f" and np.isnan(a).any() for a in given):
            return "nan", (
                "Your result holds NaN. The inputs hold it too, at places that must not count: 0 "
                "times NaN is NaN, so a mask that multiplies lets it through. `np.where` chooses."
            )
        large = ", with very large inputs" if cases[worst].aspect == "stability" else ""
        return "nan", (
            f"Your result holds NaN{large}. NaN comes from inf - inf, inf / inf, 0 * inf, or the "
            "log or root of a negative number: find the factor that is not finite."
        )
    says = _unnamed(exercise, failed_aspects(cases, right), pairs, shown, expected[worst])
    if exercise.put_back is not None and failed_aspects(cases, right) != {"stability"}:
        back = exercise.put_back(cases[worst].inputs, shown.parts[""])
        says = back if says.startswith(SAYS_NOTHING) else f"{says} {back}"
    return "", says


def _unnamed(
    exercise: Exercise, failed: set[str], pairs: list[Pair], shown: Numbers, expected: Parts
) -> str:
    """Return the sentence for numbers that differ, and not by a mistake that has a name."""
    if failed == {"stability"}:
        return f"Right, but not for large numbers like those below. {_of_large(pairs)}".rstrip()
    if len(expected) > 1:
        return _parts_says(exercise, pairs)
    if exercise.explain is not None:
        return exercise.explain(shown.parts[""], expected[""])
    if pattern := _pattern(pairs):
        return pattern
    if failed == {"batch"}:
        return exercise.words.batch_only
    if failed == {"edge sizes"}:
        return "Right, but for sizes of 1. Look for a squeeze, a sum, or an axis given by number."
    return (
        "The numbers differ, and not by a mistake that this check knows. Redo the case below by "
        "hand with the equation, one operation at a time, and compare."
    )


def _of_large(pairs: list[Pair]) -> str:
    """Return what numbers that are wrong for large inputs alone have in common, or ""."""
    seen = np.concatenate([np.ravel(s[k]) for s, e in pairs for k in e])
    due = np.concatenate([np.ravel(e[k]) for s, e in pairs for k in e])
    wrong = ~np.isclose(seen, due, rtol=1e-7, atol=1e-9)
    if not np.isfinite(seen).all():
        return "Look for an exp of a large number, a division by what may be 0, or its log."
    limits = np.unique(np.abs(seen[wrong]).round(9))
    if len(limits) == 1 and (np.abs(due[wrong]) > limits[0]).all():
        return f"Where they are wrong they are ±{limits[0]:g}: something clips them."
    return ""


def failed_aspects(cases: Sequence[Case], right: Sequence[bool]) -> set[str]:
    """Return the aspects of the cases that failed."""
    return {case.aspect for case, ok in zip(cases, right, strict=True) if not ok}


def changed_says(names: tuple[str, ...]) -> str:
    """Return the sentence for arguments that were changed in place."""
    return (
        f"Your function changes its argument {' and '.join(names)} in place (`+=`, `*=`, or "
        f"`{names[0]}[...] =`). The caller still needs it: compute into a new array."
    )


def _parts_says(exercise: Exercise, pairs: list[Pair]) -> str:
    """Return which of several results are wrong, each with the fact that holds for it."""
    names = list(pairs[0][1])
    rtol, atol = exercise.rtol, exercise.atol
    wrong = [k for k in names if any(not np.allclose(s[k], e[k], rtol, atol) for s, e in pairs)]
    facts = {k: _pattern([({k: s[k]}, {k: e[k]}) for s, e in pairs]) for k in wrong}
    if len(wrong) < len(names):
        says = f"Wrong: {', '.join(wrong)}. Right: {', '.join(k for k in names if k not in wrong)}."
    else:
        says = "Every one of the results differs from what is expected."
    for fact in dict.fromkeys(f for f in facts.values() if f):
        of = [k for k, f in facts.items() if f == fact]
        says += f" Of {', '.join(of)}: {fact[0].lower()}{fact[1:]}"
    return f"{says} Look at the lines that make what is wrong, and redo the case below by hand."


def _pattern(pairs: list[Pair]) -> str:
    """Return a fact that holds between seen and expected in every failing case, or ""."""
    flat = [(np.ravel(s[k]), np.ravel(e[k])) for s, e in pairs for k in e]
    seen = np.concatenate([s for s, _ in flat])
    expected = np.concatenate([e for _, e in flat])
    if seen.size < 3 or not np.isfinite(seen).all():
        return ""
    if np.allclose(seen, -expected):
        return "Every number has the wrong sign."
    if np.allclose(seen, 1 - expected):
        return "Every number is 1 minus the one that is due."
    if np.ptp(seen) < 1e-12:
        return f"Your result is {seen[0]:g} whatever the inputs are."
    size = expected @ expected
    factor = seen @ expected / size if size > 0 else 0.0
    if np.allclose(seen, expected, rtol=1e-4, atol=1e-6):
        return (
            "Nearly right: every number agrees to four digits or more, and not to seven. Is "
            "something rounded, held in float32, or is a small number added?"
        )
    if np.allclose(seen, factor * expected) and abs(factor) > 1e-9:
        return f"Every number is {factor:.4g} times the one that is due."
    squares = [(s[k], e[k]) for s, e in pairs for k in e if e[k].ndim == 2]
    if len(squares) == len(flat) and all(
        s.shape == e.T.shape and np.allclose(s, e.T) for s, e in squares
    ):
        return "Your result is the transpose of the one that is due."
    return ""
