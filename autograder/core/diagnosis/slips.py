"""The sentence for a kind of slip: where it is, and what to look at; not the mended line."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from autograder.core.diagnosis.edits import Edit


def slip(edit: Edit, rows: Sequence[str], first_line: int) -> str:
    """Return the sentence for an edit; `rows` are the text's, `first_line` its place in the cell.

    The line is quoted as it stands in the student's text.
    """
    number = getattr(edit.old, "lineno", 1)
    line = rows[number - 1].strip() if number <= len(rows) else ""
    where = f"Look at line {number + first_line - 1}, `{line}`"
    return f"{where}: {_SAYS.get(edit.kind, _other)(edit)}"


def _text(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _operator(edit: Edit) -> str:
    return f"an operator in `{_text(edit.old)}` is not the one that is due."


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


def _operands(edit: Edit) -> str:
    return f"the two sides of `{_text(edit.old)}` are exchanged."


def _sign(edit: Edit) -> str:
    return f"a sign is wrong at `{_text(edit.old)}`."


def _complement(edit: Edit) -> str:
    return f"`{_text(edit.old)}` is not what is due here, but what is left of 1."


def _transpose(edit: Edit) -> str:
    many = isinstance(edit.old, ast.Attribute) and edit.old.attr in ("T", "mT")
    return f"a transpose, `.T`, is {'too many' if many else 'missing'} at `{_text(edit.old)}`."


def _field(edit: Edit) -> str:
    return f"`{_text(edit.old)}` is not the array that is due here."


def _name(edit: Edit) -> str:
    return f"`{_text(edit.old)}` is not what is due here: which variable is?"


def _number(edit: Edit) -> str:
    return f"the number `{_text(edit.old)}` is wrong."


def _power(edit: Edit) -> str:
    return f"`{_text(edit.old)}` still has to be squared."


def _dtype(edit: Edit) -> str:
    return f"think of the dtype in `{_text(edit.old)}`: which numbers can it hold?"


def _comparison(edit: Edit) -> str:
    if isinstance(edit.old, ast.If):
        return "the condition is not needed, or wrong."
    return f"the condition `{_text(edit.old)}` is not the one that is due; its border, too."


def _index(edit: Edit) -> str:
    return f"an index at `{_text(edit.old)}` is wrong, missing, or too many."


def _assignment(edit: Edit) -> str:
    if isinstance(edit.old, ast.AugAssign):
        return "this line adds to what was there; it should replace it."
    return "this line overwrites what earlier steps have added."


def _arguments(edit: Edit) -> str:
    func = _text(edit.old.func) if isinstance(edit.old, ast.Call) else _text(edit.old)
    return f"the arguments of `{func}` are not in order."


def _results(edit: Edit) -> str:
    return f"`{_text(edit.old)}` is not in order."


def _axis(edit: Edit) -> str:
    return f"`{_text(edit.old)}` runs along another axis than the one that is due."


def _keepdims(edit: Edit) -> str:
    return f"think of `keepdims` in `{_text(edit.old)}`: which shape must stay?"


def _function(edit: Edit) -> str:
    func = _text(edit.old.func) if isinstance(edit.old, ast.Call) else _text(edit.old)
    return f"`{func}` is not the function that is due."


def _call_too_many(edit: Edit) -> str:
    func = _text(edit.old.func) if isinstance(edit.old, ast.Call) else _text(edit.old)
    return f"`{func}` is one step too many here."


def _call_missing(edit: Edit) -> str:
    return f"`{_text(edit.old)}` still has to pass through a function."


def _too_much(edit: Edit) -> str:
    return f"something in `{_text(edit.old)}` is too much: a term or a factor."


def _line_place(edit: Edit) -> str:
    return "this line stands in the wrong place: mind its order, and its indentation at a loop."


def _line_too_many(edit: Edit) -> str:
    return "this line is too many."


def _line_missing(edit: Edit) -> str:
    return "after it a line is missing: what does the next step start from?"


def _loop(edit: Edit) -> str:
    return f"`{_text(edit.old)}` runs over other steps, or in another order, than is due."


def _missing(edit: Edit) -> str:
    new = edit.new
    product = isinstance(new, ast.BinOp) and isinstance(new.op, ast.Mult | ast.Div)
    return f"a {'factor' if product else 'term'} is missing at `{_text(edit.old)}`."


def _clip(edit: Edit) -> str:
    return f"`{_text(edit.old)}` cuts off what should stay."


def _doubled(edit: Edit) -> str:
    return f"`{_text(edit.old)}` is off by a factor of 2."


def _other(edit: Edit) -> str:
    return f"`{_text(edit.old)}` is not what is due."


_SAYS = {
    name.removeprefix("_"): f
    for name, f in {**globals()}.items()
    if name.startswith("_") and callable(f) and name not in ("_text", "_other")
}
