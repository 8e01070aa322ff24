"""An exception that a student's function raised, as a sentence that says what to do."""

from __future__ import annotations

import ast

from autograder.core.call import Raised
from autograder.core.diagnosis.problem import Problem, needs_first
from autograder.core.exercise import Exercise

ADVICE = {
    "ufunc 'bitwise_xor' not supported": "`^` is no power in Python: write `**`",
    "unsupported operand type(s) for ^": "`^` is no power in Python: write `**`",
    "'tuple' object is not callable": "Is an operator missing between two brackets?",
    "object is not callable": "Is an operator missing before a bracket, or does a variable "
    "have the name of a function?",
    "unsupported operand type(s) for +: 'NoneType'": "One side is None: a function that you call "
    "returns nothing",
    "unsupported operand type(s) for *: 'NoneType'": "One side is None: a function that you call "
    "returns nothing",
    "unsupported operand type(s) for @: 'NoneType'": "One side is None: a function that you call "
    "returns nothing",
    "is out of bounds for array of dimension": "An axis counted from the front is not there in "
    "every case: -1 is the last one, whatever stands before it",
    "output array is read-only": "Work on a copy",
    "non-broadcastable output operand": "`+=` cannot make an array larger: write `a = a + b`",
    "Cannot cast ufunc": "`+=` cannot turn whole numbers into others: write `a = a + b`, or make "
    "the array with `np.zeros`",
    "cannot unpack non-iterable": "One value came back where several are taken apart",
    "not enough values to unpack": "Fewer values came back than names stand on the left",
    "too many values to unpack": "More values came back than names stand on the left",
    "raw_input was called": "Nobody is there to type: use the parameters",
    "EOF when reading a line": "`input()` waits for somebody to type: use the parameters",
    "setting an array element with a sequence": "One place of an array holds one number; the right "
    "side is an array",
    "inhomogeneous shape": "The rows have different lengths: every step must give the same shape",
    "only integer scalar arrays": "np.concatenate takes one list: "
    "`np.concatenate([a, b], axis=-1)`",
    "math range error": "exp of a number above 709 is too large for Python: "
    "`0.5 * (1 + tanh(a / 2))` never overflows",
    "0-dimensional arrays can be": "`float`, `int` and the functions of `math` take one number; "
    "this is an array, which NumPy's take whole: `np.exp`, `np.log`, `np.tanh`",
    "truth value of an array": "`if`, `and` and Python's `max` need one True or False, and this is "
    "an array: use `np.where`, or `np.max`",
}


def raised_problem(raised: Raised, exercise: Exercise) -> Problem:
    """Return the problem for an exception that an answer to an exercise raised."""
    if raised.undefined:
        return needs_first(raised.name)
    if raised.stub and raised.own_stub:
        says = "The stub's line `raise NotImplementedError()` still runs. Put your code there."
        return Problem("not_attempted", says)
    if raised.stub:
        return needs_first(raised.stub)
    where = f"Your line `{raised.line}`" if raised.line else "Your code"
    if exercise.writes and raised.inside == exercise.name:  # the course's own function
        where = f"Your {exercise.writes} cannot be run as the check does it: `{raised.line}`"
    text = raised.text or "no message"
    text = f"{text.rstrip('.')}. {_advice(raised, exercise)}".rstrip(". ")
    if names := _of_a_product(raised):
        text = f"{text}. {names}"
    if raised.kind == "RecursionError":
        text = "the function calls itself without end"
    says = f"{where} raises {raised.kind}: {text}"
    says = says if says.endswith((".", "?")) else f"{says}."
    return Problem(f"raises_{raised.kind}", says, raised.name or None)


def _of_a_product(raised: Raised) -> str:
    """Return the two sides of the line's one product, where the exception is about their shapes."""
    about = ("matmul", "not aligned", "could not be broadcast", "Incompatible dimensions")
    if not any(piece in raised.text for piece in about) or not raised.line:
        return ""
    try:
        tree = ast.parse(raised.line.strip().rstrip(":"))
    except SyntaxError:  # a line of a longer statement
        return ""
    found = [n for n in ast.walk(tree) if isinstance(n, ast.BinOp)]
    products = [n for n in found if isinstance(n.op, ast.MatMult)]
    if "broadcast" in raised.text:
        return "Each of the terms must have the same last size: write their shapes beside them"
    sides = [f"`{ast.unparse(n.left)}` and `{ast.unparse(n.right)}`" for n in products]
    if len(sides) == 1:
        return f"The sides are {sides[0]}: the last size of the left must be the right's first"
    return "In `a @ b` the last size of a must be the first of b: write the shapes beside each"


def _advice(raised: Raised, exercise: Exercise) -> str:
    """Return what to do about an exception whose own words do not help a beginner."""
    own = (says for piece, says in exercise.advice.items() if piece in raised.text)
    if advice := next(own, ""):
        return advice
    if raised.kind == "MemoryError":
        return "The arrays of this exercise need a few kB: how large are yours?"
    if raised.name in ("math", "numpy"):
        return "`np` is NumPy here, and takes arrays: np.log, np.exp, np.sqrt"
    if raised.name:
        return exercise.words.missing_name(raised.name) or (
            "You may use the parameters, and what the cells above define in this notebook"
        )
    for piece, advice in {**exercise.words.advice, **ADVICE}.items():
        if piece in raised.text:
            return advice
    return ""
