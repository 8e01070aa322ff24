"""An exception that a student's function raised, as a sentence that says what to do."""

from __future__ import annotations

from autograder.core.call import Raised
from autograder.core.diagnosis.problem import Problem, needs_first
from autograder.core.words import Words

ADVICE = {
    "only integer scalar arrays": "np.concatenate takes one list: "
    "`np.concatenate([a, b], axis=-1)`",
    "math range error": "exp of a number above 709 is too large for Python: "
    "`0.5 * (1 + tanh(a / 2))` never overflows",
    "0-dimensional arrays can be": "The functions of `math` take one number; use NumPy's, "
    "`np.exp`, `np.log`, `np.tanh`",
    "truth value of an array": "`if`, `and` and Python's `max` need one True or False, and this is "
    "an array: use `np.where`, or `np.max`",
}


def raised_problem(raised: Raised, words: Words) -> Problem:
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
    text = f"{text.rstrip('.')}. {_advice(raised, words)}".rstrip(". ")
    if raised.kind == "RecursionError":
        text = "the function calls itself without end"
    says = f"{where} raises {raised.kind}: {text}"
    says = says if says.endswith((".", "?")) else f"{says}."
    return Problem(f"raises_{raised.kind}", says, raised.name or None)


def _advice(raised: Raised, words: Words) -> str:
    """Return what to do about an exception whose own words do not help a beginner."""
    if raised.kind == "MemoryError":
        return "The arrays of this exercise need a few kB: how large are yours?"
    if raised.name:
        return words.missing_name(raised.name) or (
            "You may use the parameters, and what the cells above define in this notebook"
        )
    for piece, advice in {**ADVICE, **words.advice}.items():
        if piece in raised.text:
            return advice
    return ""
