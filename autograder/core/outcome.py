"""Reading what a student's function did: call it on one case, and say what came back.

An outcome is `Numbers`, which can be compared, or a `Failure`: a sentence about why there are none.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograder.core.call import Halted, Other, Ran, Threw, run, run_all
from autograder.core.diagnosis.exceptions import raised_problem
from autograder.core.diagnosis.problem import Problem
from autograder.core.exercise import Case, Exercise
from autograder.core.parts import Parts, leaves, like, parts_of
from autograder.core.precision import float32_error

KEPT = 10_000  # numbers of an answer of a wrong shape; no declared mistake returns more


class Numbers(NamedTuple):
    """A call that gave what was asked for in kind and shape, in float64.

    `changed` are the arguments that the call changed in place. `slack`, where some array came back
    in float32, is how far off the right formula may be in float32, by the name of the part.
    """

    parts: Parts
    changed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    slack: Mapping[str, float] | None = None
    after: Mapping[str, Any] | None = None  # the arguments that were changed, as they were left
    unnamed: str = ""  # what to say of a list where a NamedTuple is asked for


class Failure(NamedTuple):
    """A call that gave nothing to compare."""

    problem: Problem
    changed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()


Outcome = Numbers | Failure


def signature_problem(f: Callable[..., Any], exercise: Exercise) -> Problem | None:
    """Return what is wrong with the parameters of `f`, if anything."""
    expected = list(inspect.signature(exercise.reference).parameters)
    try:
        signature = inspect.signature(f)
        signature.bind(*expected)
        return None
    except ValueError:  # a builtin or a ufunc has no signature to read; the call will tell
        return None
    except TypeError:
        seen = list(signature.parameters)
    missing = [p for p in expected if p not in seen]
    extra = [p for p in seen if p not in expected]
    name = "missing_parameter" if len(seen) < len(expected) else "extra_parameter"
    what = [f"{p} is missing" for p in missing] + [f"{p} is one too many" for p in extra]
    return Problem(
        name,
        f"{exercise.name} takes {len(expected)} parameters, ({', '.join(expected)}); yours has "
        f"{len(seen)}, ({', '.join(seen)}): {', '.join(what) or 'count them again'}. "
        "Restore the first line of the stub.",
    )


def call(f: Callable[..., Any], exercise: Exercise, case: Case, expected: Any) -> Outcome:
    """Return the outcome of `f` on copies of a case's inputs; `expected` is the reference's."""
    return outcome_of(run(f, case.inputs), exercise, case, expected)


def call_all(
    f: Callable[..., Any], exercise: Exercise, cases: Sequence[Case], answers: Sequence[Any]
) -> list[Outcome]:
    """Return the outcomes of `f` on copies of all cases' inputs; `answers` are the reference's."""
    ran = run_all(f, [case.inputs for case in cases])
    tried = zip(ran, cases, answers, strict=True)
    return [outcome_of(one, exercise, case, answer) for one, case, answer in tried]


def outcome_of(ran: Ran, exercise: Exercise, case: Case, expected: Any) -> Outcome:
    """Return what came of a call on a case."""
    inputs = case.inputs
    if isinstance(ran, Halted):
        return Failure(Problem(ran.by, ran.says))
    changed = _changed(inputs, ran.after)
    if isinstance(ran, Threw):
        problem = raised_problem(ran.raised, exercise)
        return Failure(problem, () if ran.raised.stub else changed)
    read = _read(ran.value, expected, exercise, exercise.words.sizes(inputs))
    if isinstance(read, Problem):
        return Failure(read, changed, ran.warned)
    parts, single, unnamed = read
    if exercise.observe is not None:
        with np.errstate(all="ignore"):
            parts = parts_of(exercise.observe(case.observed(), like(expected, parts)))
    slack = float32_error(exercise, case) if single else None
    after = {name: ran.after.get(name) for name in changed}
    return Numbers(parts, changed, ran.warned, slack, after, unnamed)


def _changed(before: dict[str, Any], after: Any) -> tuple[str, ...]:
    """Return the names of the arguments that the call changed in place."""
    return tuple(k for k in before if not _untouched(before[k], after.get(k)))


def _untouched(before: Any, after: Any) -> bool:
    mine, theirs = leaves(before), leaves(after)
    return len(mine) == len(theirs) and all(map(_equal, theirs, mine))


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    if a.dtype.kind == "O":
        return False
    if a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes():
        return True
    return np.array_equal(a, b, equal_nan=True)


def _read(
    answer: Any, expected: Any, exercise: Exercise, sizes: Mapping[str, int]
) -> tuple[Parts, bool, str] | Problem:
    """Return named float64 arrays, whether float32 was among them, and `Numbers.unnamed`."""
    wanted = parts_of(expected, exercise.outputs)
    if answer is None:
        return Problem(
            "returns_none",
            "Your function returns None. Is the `return` missing, or do you print the result?",
        )
    answer = _flat(answer, expected)
    if list(wanted) == [""]:
        given = {"": answer}
    elif isinstance(answer, dict) and set(answer) == set(wanted):
        given = {k: answer[k] for k in wanted}
    elif hasattr(answer, "_fields") and set(answer._fields) == set(wanted):
        given = {k: getattr(answer, k) for k in wanted}
    elif _length(answer) == len(wanted):
        given = dict(zip(wanted, answer, strict=True))
    else:
        seen = f"{len(answer)} values" if isinstance(answer, tuple | list) else _kind(answer)
        return Problem(
            "wrong_type",
            f"Your function returns {seen}; expected are {len(wanted)} arrays: "
            f"{', '.join(wanted)}.",
            seen,
        )
    unnamed = ""
    if hasattr(expected, "_fields") and not hasattr(answer, "_fields"):
        unnamed = _not_named(type(expected).__name__, answer)
    arrays: Parts = {}
    single, misshapen = False, None
    for name, value in given.items():
        array = _array(value, wanted[name], name, exercise.words.extra_axis, sizes)
        if isinstance(array, Problem):
            if array.name != "wrong_shape":
                return array
            misshapen, array = misshapen or array, array.detail
        single |= array.dtype == np.float32
        arrays[name] = array.astype(np.float64)
    if misshapen is not None:
        return misshapen._replace(detail=arrays)
    return arrays, single, unnamed


def _length(answer: Any) -> int:
    """Return how many values a tuple, a list or an array holds; -1 for anything else."""
    if isinstance(answer, np.ndarray) and answer.ndim == 0:
        return -1
    return len(answer) if isinstance(answer, tuple | list | np.ndarray) else -1


def _not_named(kind: str, answer: Any) -> str:
    """Return what to say of a list or a dict where a NamedTuple is asked for."""
    return (
        f"The numbers are right, and come as {_kind(answer)}; expected is a {kind}, whose arrays "
        f"are reached by name: `{kind}(*...)` makes one of a list in the right order."
    )


def _flat(answer: Any, expected: Any) -> Any:
    """Return a tuple that holds tuples as one list; anything else as it is.

    A list is taken for one array, but where the reference has a tuple.
    """
    if not isinstance(answer, tuple | list):
        return answer
    same = isinstance(expected, tuple) and len(expected) == len(answer)
    pairs = list(zip(answer, expected if same else [None] * len(answer), strict=True))
    grouped = [isinstance(v, tuple | dict) or isinstance(d, tuple) for v, d in pairs]
    if not any(grouped):
        return answer
    out: list[Any] = []
    for v, group in zip(answer, grouped, strict=True):
        many = group and isinstance(v, tuple | list | dict)
        out += v.values() if isinstance(v, dict) else v if many else [v]
    return out


def _array(
    value: Any, expected: np.ndarray, name: str, extra_axis: str, sizes: Mapping[str, int]
) -> np.ndarray | Problem:
    what = name or "Your function"
    verb = "is" if name else "returns"
    if _module(value) == "torch":
        return Problem(
            "torch_tensor",
            f"{what} {verb} a torch tensor; a NumPy array is expected. "
            "Use NumPy throughout, or end with `.numpy()`.",
        )
    if callable(value) or (isinstance(value, Other) and value.is_callable):
        return Problem(
            "wrong_type",
            f"{what} {verb} a function, not numbers. Are the parentheses of a call missing?",
        )
    if isinstance(value, tuple):
        return Problem(
            "wrong_type", f"{what} {verb} a tuple of {len(value)} values; one array is expected."
        )
    try:
        array = np.array(value, subok=False)
    except ValueError:
        return Problem("wrong_type", f"{what} {verb} a ragged list; one array is expected.")
    if array.dtype.kind not in "fiub":
        return Problem(
            "wrong_type",
            f"{what} {verb} {_kind(value)}; {'a number' if expected.ndim == 0 else 'an array'} of "
            "real numbers is expected.",
            _kind(value),
        )
    if array.shape == expected.shape:
        return array
    if expected.ndim == 0 and array.size == 1:
        return array.reshape(())
    spare = 1 in array.shape and array.ndim > expected.ndim  # an axis of 1 too many is no D or N
    letters = "" if spare else _letters(array.shape, sizes), _letters(expected.shape, sizes)
    says = _shape_says(what, array.shape, expected.shape, bool(name), extra_axis, letters)
    kept = array if array.size <= KEPT else np.zeros(0)
    return Problem("wrong_shape", says, kept, all(letters))


def _letters(shape: tuple[int, ...], sizes: Mapping[str, int]) -> str:
    """Return a shape in letters, (N, H); "" where some axis could be two of them, or none."""
    known = [(k, v) for k, v in sizes.items() if len(k) == 1]
    found = [[k for k, v in known if v == n] for n in shape]
    if not shape or any(len(some) != 1 for some in found) or len(set(shape)) < len(shape):
        return ""
    return f"({', '.join(some[0] for some in found)}{',' if len(shape) == 1 else ''})"


def _module(value: Any) -> str:
    module = value.module if isinstance(value, Other) else type(value).__module__
    return module.split(".")[0]


def _kind(value: Any) -> str:
    name = value.kind if isinstance(value, Other) else type(value).__name__
    if isinstance(value, np.ndarray):
        name = f"array of {value.dtype}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _shape_says(
    what: str,
    seen: tuple[int, ...],
    shape: tuple[int, ...],
    named: bool,
    extra_axis: str,
    letters: tuple[str, str],
) -> str:
    has = "has shape" if named else "returns shape"
    expected = "one number" if shape == () else str(shape)
    says = f"{what} {has} {seen}; expected is {expected}."
    if all(letters):
        yours, due = letters
        says = f"{what} {has} {seen}, that is {yours}; expected is {expected}, that is {due}."
    if len(seen) == len(shape) == 2 and seen == shape[::-1]:
        return f"{says} It is transposed."
    if seen == () and named:
        return (
            f"{says} One number came back: a sum or a mean over every axis? Where there is nothing "
            "to compute, give an array of zeros of that shape."
        )
    if seen == ():
        return f"{says} One number came back: is a sum or a mean too many?"
    if len(seen) == len(shape) + 1 and 1 in seen:
        more = "One axis is too many: which line, or which argument, brings it in?"
        return f"{says} {extra_axis if len(shape) == 1 and 1 in seen[-1:] else more}"
    return f"{says} Follow the shapes through your lines, one operation at a time."
