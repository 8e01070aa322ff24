"""Reading what a student's function did: call it on one case, and say what came back.

An outcome holds numbers to compare, or a problem: a sentence about why there are none.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autograder.core.call import Raised, run
from autograder.core.exercise import Exercise
from autograder.sandbox.protocol import Other

KEPT = 10_000  # numbers of an answer of a wrong shape; no declared mistake returns more
FLOAT32 = 1e-4, 1e-5  # rtol, atol: seven digits, of which sums of a few terms lose two


class Problem(NamedTuple):
    """Why an answer cannot be compared: a short name, and the sentence for the student."""

    name: str
    says: str
    detail: Any = None


@dataclass(frozen=True)
class Outcome:
    """One call: the parts that were observed or a problem; which arguments were changed."""

    parts: dict[str, np.ndarray] | None
    problem: Problem | None = None
    changed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    single: bool = False  # some array came back in float32


def parts_of(value: Any, names: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """Return a reference answer as named float64 arrays; the name of a lone array is "".

    A NamedTuple inside a tuple gives a part for each field: of `grads`, the gradients of a
    GRUParams, the parts are dW_ir, dW_iz and so on.
    """
    if hasattr(value, "_fields"):
        return {k: np.array(v, dtype=np.float64) for k, v in value._asdict().items()}
    if isinstance(value, tuple):
        names = names or tuple(f"part {i + 1}" for i in range(len(value)))
        parts = {}
        for name, v in zip(names, value, strict=True):
            if hasattr(v, "_fields"):
                parts |= {f"d{k}": w for k, w in parts_of(v).items()}
            else:
                parts[name] = np.array(v, dtype=np.float64)
        return parts
    return {"": np.array(value, dtype=np.float64)}


def signature_problem(f: Callable, exercise: Exercise) -> Problem | None:
    """Return what is wrong with the parameters of `f`, if anything."""
    due = list(inspect.signature(exercise.reference).parameters)
    try:
        signature = inspect.signature(f)
        signature.bind(*due)
        return None
    except ValueError:  # a builtin or a ufunc has no signature to read; the call will tell
        return None
    except TypeError:
        seen = list(signature.parameters)
    missing = [p for p in due if p not in seen]
    extra = [p for p in seen if p not in due]
    name = "missing_parameter" if len(seen) < len(due) else "extra_parameter"
    what = [f"{p} is missing" for p in missing] + [f"{p} is one too many" for p in extra]
    return Problem(
        name,
        f"{exercise.name} takes {len(due)} parameters, ({', '.join(due)}); yours has {len(seen)}, "
        f"({', '.join(seen)}): {', '.join(what) or 'count them again'}. "
        "Restore the first line of the stub.",
    )


def call(f: Callable, exercise: Exercise, inputs: dict[str, Any], due: Any) -> Outcome:
    """Return the outcome of `f` on copies of `inputs`; `due` is the reference's own answer."""
    ran = run(f, inputs)
    if ran.stopped is not None:
        return Outcome(None, Problem(*ran.stopped))
    changed = _changed(inputs, ran.after)
    if ran.raised is not None:
        problem = _raised(ran.raised)
        return Outcome(None, problem, () if ran.raised.stub else changed)
    read = _read(ran.answer, due, exercise)
    if isinstance(read, Problem):
        return Outcome(None, read, changed, ran.warned)
    whole, single = read
    if exercise.observe is not None:
        with np.errstate(all="ignore"):
            whole = parts_of(exercise.observe(copy.deepcopy(inputs), _like(due, whole)))
    return Outcome(whole, None, changed, ran.warned, single)


def needs_first(name: str) -> Problem:
    """Return the problem of an answer that calls another one which is not there yet."""
    says = f"Your function calls {name}, which is not solved yet. Finish {name} first."
    return Problem("needs_another_exercise", says, name)


def _like(due: Any, parts: dict[str, np.ndarray]) -> Any:
    if hasattr(due, "_fields"):
        return type(due)(**parts)
    return tuple(parts.values()) if isinstance(due, tuple) else parts[""]


def _changed(before: dict[str, Any], after: Any) -> tuple[str, ...]:
    """Return the names of the arguments that the call changed in place."""
    return tuple(k for k in before if not _untouched(before[k], after.get(k)))


def _untouched(before: Any, after: Any) -> bool:
    mine, theirs = leaves(before), leaves(after)
    return len(mine) == len(theirs) and all(
        a.dtype.kind != "O" and np.array_equal(a, b, equal_nan=True)
        for a, b in zip(theirs, mine, strict=True)
    )


def leaves(value: Any) -> list[np.ndarray]:
    """Return the arrays that an argument holds: one, or those of a tuple; a function holds none."""
    if isinstance(value, tuple):
        return [a for v in value for a in leaves(v)]
    return [] if callable(value) or isinstance(value, Other) else [np.asarray(value)]


def _raised(raised: Raised) -> Problem:
    """Return the problem for an exception."""
    if raised.undefined:
        return needs_first(raised.name)
    if raised.stub and raised.own_stub:
        says = "The stub's line `raise NotImplementedError()` still runs. Put your code there."
        return Problem("not_attempted", says)
    if raised.stub:
        return needs_first(raised.stub)
    where = f"Your line `{raised.line}`" if raised.line else "Your code"
    text = raised.text or "no message"
    text = f"{text.rstrip('.')}. {_advice(raised)}".rstrip(". ")
    if raised.kind == "RecursionError":
        text = "the function calls itself without end"
    says = f"{where} raises {raised.kind}: {text}"
    detail = raised.name or None
    return Problem(
        f"raises_{raised.kind}", says if says.endswith((".", "?")) else says + ".", detail
    )


def _advice(raised: Raised) -> str:
    """Return what to do about an exception whose own words do not help a beginner."""
    if raised.kind == "MemoryError":
        return "The arrays of this exercise need a few kB: how large are yours?"
    if raised.name:
        if raised.name[:2] in ("W_", "b_"):
            return (
                f"{raised.name} is not among the parameters. Of a GRUParams p it is p.{raised.name}"
            )
        return "You may use the parameters, and what the cells above define in this notebook"
    for words, advice in ADVICE.items():
        if words in raised.text:
            return advice
    return ""


ADVICE = {
    "only integer scalar arrays": "np.concatenate takes one list: "
    "`np.concatenate([a, b], axis=-1)`",
    "math range error": "exp of a number above 709 is too large for Python: "
    "`0.5 * (1 + tanh(a / 2))` never overflows",
    "0-dimensional arrays can be": "The functions of `math` take one number; use NumPy's, "
    "`np.exp`, `np.log`, `np.tanh`",
    "truth value of an array": "`if`, `and` and Python's `max` need one True or False, and this is "
    "an array: use `np.where`, or `np.max`",
    "can't set attribute": "A GRUParams cannot be changed: `p._replace(...)` returns a changed "
    "copy",
}


def _read(answer: Any, due: Any, exercise: Exercise) -> tuple[dict, bool] | Problem:
    """Return the answer as named float64 arrays and whether float32 was among them."""
    wanted = parts_of(due, exercise.outputs)
    if answer is None:
        return Problem(
            "returns_none",
            "Your function returns None. Is the `return` missing, or do you print the result?",
        )
    answer = _flat(answer, due)
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
    arrays, single, misshapen = {}, False, None
    for name, value in given.items():
        array = _array(value, wanted[name], name)
        if isinstance(array, Problem):
            if array.name != "wrong_shape":
                return array
            misshapen, array = misshapen or array, array.detail
        single |= array.dtype == np.float32
        arrays[name] = array.astype(np.float64)
    if misshapen is not None:
        return misshapen._replace(detail=arrays)
    return arrays, single


def _length(answer: Any) -> int:
    """Return how many values a tuple, a list or an array holds; -1 for anything else."""
    if isinstance(answer, np.ndarray) and answer.ndim == 0:
        return -1
    return len(answer) if isinstance(answer, tuple | list | np.ndarray) else -1


def _flat(answer: Any, due: Any) -> Any:
    """Return a tuple that holds tuples as one list; anything else as it is.

    A list is taken for one array, but where the reference has a tuple.
    """
    if not isinstance(answer, tuple | list):
        return answer
    dues = due if isinstance(due, tuple) and len(due) == len(answer) else [None] * len(answer)
    pairs = list(zip(answer, dues, strict=True))
    grouped = [isinstance(v, tuple | dict) or isinstance(d, tuple) for v, d in pairs]
    if not any(grouped):
        return answer
    out: list = []
    for v, group in zip(answer, grouped, strict=True):
        many = group and isinstance(v, tuple | list | dict)
        out += v.values() if isinstance(v, dict) else v if many else [v]
    return out


def _array(value: Any, due: np.ndarray, name: str) -> np.ndarray | Problem:
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
            f"{what} {verb} {_kind(value)}; {'a number' if due.ndim == 0 else 'an array'} of real "
            "numbers is expected.",
            _kind(value),
        )
    if array.shape == due.shape:
        return array
    if due.ndim == 0 and array.size == 1:
        return array.reshape(())
    says = _shape_says(what, array.shape, due.shape, bool(name))
    return Problem("wrong_shape", says, array if array.size <= KEPT else np.zeros(0))


def _module(value: Any) -> str:
    module = value.module if isinstance(value, Other) else type(value).__module__
    return module.split(".")[0]


def _kind(value: Any) -> str:
    name = value.kind if isinstance(value, Other) else type(value).__name__
    if isinstance(value, np.ndarray):
        name = f"array of {value.dtype}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _shape_says(what: str, seen: tuple, due: tuple, named: bool) -> str:
    has = "has shape" if named else "returns shape"
    expected = "one number" if due == () else str(due)
    says = f"{what} {has} {seen}; expected is {expected}."
    if len(seen) == len(due) == 2 and seen == due[::-1]:
        return says + " It is transposed."
    if seen == () and named:
        return says + " Give an array of that shape, of zeros for instance, not a single number."
    if seen == ():
        return says + " One number came back: is a sum or a mean too many?"
    if len(seen) == len(due) + 1 and 1 in seen:
        return (
            says + " One axis is too many: a vector in the course is 1-D, shape (H,), not (H, 1)."
        )
    return says + " Follow the shapes through your lines, one operation at a time."
