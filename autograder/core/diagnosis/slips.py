"""The sentence for a kind of slip: where it is, and what to look at; not the mended line."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from autograder.core.diagnosis.edits import Edit


def slip(edit: Edit, rows: Sequence[str], first_line: int) -> str:
    """Return the sentence for an edit; `rows` are the text's, `first_line` its place in the cell.

    The line is quoted as it stands in the student's text.
    """
    number = getattr(edit.old, "lineno", 1)
    line = rows[number - 1].strip() if number <= len(rows) else ""
    where = f"Look at line {number + first_line - 1}, `{line}`"
    says = SAYS.get(edit.kind, OTHER)
    return f"{where}: {says(edit) if callable(says) else says.format(**_pieces(edit))}"


def _text(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _pieces(edit: Edit) -> dict[str, str]:
    """Return what a sentence may quote: the text that stands there, and its function if any."""
    text = _text(edit.old)
    return {"it": text, "f": _text(edit.old.func) if isinstance(edit.old, ast.Call) else text}


def _brackets(edit: Edit) -> str:
    old, says = edit.old, f"which operation of `{_text(edit.old)}` comes first? Mind the brackets."
    if isinstance(old, ast.BinOp):
        tight, loose = ast.Mult | ast.Div | ast.MatMult, ast.Add | ast.Sub
        inner = [n for n in (old.left, old.right) if isinstance(n, ast.BinOp)]
        if isinstance(old.op, loose) and any(isinstance(n.op, tight) for n in inner):
            return f"`*`, `/` and `@` bind before `+` and `-`; {says}"
        if isinstance(old.op, ast.Pow) or any(isinstance(n.op, ast.Pow) for n in inner):
            return f"`**` binds before everything else; {says}"
    return says


def _transpose(edit: Edit) -> str:
    many = isinstance(edit.old, ast.Attribute) and edit.old.attr in ("T", "mT")
    return f"a transpose, `.T`, is {'too many' if many else 'missing'} at `{_text(edit.old)}`."


def _comparison(edit: Edit) -> str:
    if isinstance(edit.old, ast.If):
        return "the condition is not needed, or wrong."
    return f"the condition `{_text(edit.old)}` is not the one that is due; its border, too."


def _assignment(edit: Edit) -> str:
    if isinstance(edit.old, ast.AugAssign):
        return "this line adds to what was there; it should replace it."
    return "this line overwrites what earlier steps have added."


def _missing(edit: Edit) -> str:
    new = edit.new
    product = isinstance(new, ast.BinOp) and isinstance(new.op, ast.Mult | ast.Div)
    return f"a {'factor' if product else 'term'} is missing at `{_text(edit.old)}`."


OTHER = "`{it}` is not what is due."
SAYS: dict[str, str | Callable[[Edit], str]] = {
    "arguments": "the arguments of `{f}` are not in order.",
    "assignment": _assignment,
    "axis": "`{it}` runs along another axis than the one that is due.",
    "brackets": _brackets,
    "call_missing": "`{it}` still has to pass through a function.",
    "call_too_many": "`{f}` is one step too many here.",
    "clip": "`{it}` cuts off what should stay.",
    "comparison": _comparison,
    "complement": "`{it}` is not what is due here, but what is left of 1.",
    "doubled": "`{it}` is off by a factor of 2.",
    "dtype": "think of the dtype in `{it}`: which numbers can it hold?",
    "field": "`{it}` is not the array that is due here.",
    "function": "`{f}` is not the function that is due.",
    "index": "an index at `{it}` is wrong, missing, or too many.",
    "keepdims": "think of `keepdims` in `{it}`: which shape must stay?",
    "line_missing": "after it a line is missing: what does the next step start from?",
    "line_place": "this line stands in the wrong place: mind its order, and its indentation at a "
    "loop.",
    "line_too_many": "this line is too many.",
    "loop": "`{it}` runs over other steps, or in another order, than is due.",
    "missing": _missing,
    "name": "`{it}` is not what is due here: which variable is?",
    "number": "the number `{it}` is wrong.",
    "once": "in `{it}` a function is applied to each part; it is due once, to both together.",
    "operands": "the two sides of `{it}` are exchanged.",
    "operator": "an operator in `{it}` is not the one that is due.",
    "power": "`{it}` still has to be squared.",
    "results": "`{it}` is not in order.",
    "side": "in `{it}` each factor stands on the other's side: a batch has one row a sequence, "
    "(N, ...), so its rows are on the left of the product.",
    "stack": "in `{it}` a stack of matrices meets a stack of vectors, and `@` takes the vectors "
    "for the rows of one matrix: for the product each needs a last axis of 1, `b[..., None]`.",
    "sign": "a sign is wrong at `{it}`.",
    "too_much": "something in `{it}` is too much: a term or a factor.",
    "transpose": _transpose,
}
