"""An answer's text -> the same with a `Tally` in it, as a variant that returns its counts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autograder.core.call import Returned
from autograder.core.diagnosis.workshop import Workshop
from autograder.notebook.beside import tally

PRODUCTS = frozenset(
    "dot matmul einsum tensordot inner outer vdot vecdot matvec vecmat mm bmm mv linear".split()
)
LEFT_ALONE = {"super", "locals", "globals", "vars", "dir", "eval", "exec"}  # they read the frame
FOR, WHILE, COMPREHENSION, MAP = "for", "while", "comprehension", "map"


class Written(NamedTuple):
    """A loop as it stands in a text: its kind and its line, from 1."""

    kind: str
    line: int


class Counts(NamedTuple):
    """What one run was seen to do; `passes` of a loop has a number for each time it was entered."""

    products: int
    arrays: int
    copies: int
    again: int  # calls of itself
    foreign: bool  # arrays of other libraries were among the values
    passes: dict[int, list[int]]


class Counted(ast.NodeTransformer):
    """Puts the counting into a tree; `loops` are those that it met, in their order."""

    def __init__(self) -> None:
        self.loops: list[Written] = []
        self.by_value = False  # a product is named where it is not called

    def _loop(self, kind: str, line: int) -> ast.Constant:
        self.loops.append(Written(kind, line))
        return ast.Constant(len(self.loops) - 1)

    def visit_For(self, node: ast.For) -> ast.AST:
        """Count a loop's passes."""
        k = self._loop(FOR, node.lineno)
        self.generic_visit(node)
        node.iter = _hook("loop", k, node.iter)
        return node

    def visit_While(self, node: ast.While) -> list[ast.stmt]:
        """Count a loop's passes."""
        k = self._loop(WHILE, node.lineno)
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(_hook("turn", k)))
        return [ast.Expr(_hook("enter", k)), node]

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        """Count a comprehension's passes."""
        k = self._loop(COMPREHENSION, node.target.lineno)
        self.generic_visit(node)
        node.iter = _hook("loop", k, node.iter)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Count a product, and what it makes."""
        self.generic_visit(node)
        made = _hook("seen", node)
        return _hook("product", made) if isinstance(node.op, ast.MatMult) else made

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        """Count a product that goes into its own left side, and an array where none was before."""
        node.value = self.visit(node.value)
        found: list[ast.stmt] = [node]
        if isinstance(node.target, ast.Name):
            found.append(ast.Expr(_hook("seen", ast.Name(node.target.id, ast.Load()))))
        if isinstance(node.op, ast.MatMult):
            found.append(ast.Expr(_hook("product", ast.Constant(None))))
        return found

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """Count what it makes."""
        self.generic_visit(node)
        return _hook("seen", node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Count what it makes."""
        self.generic_visit(node)
        return _hook("seen", node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Count what it makes, and whether it is a product."""
        name = last_name(node.func)
        if isinstance(node.func, ast.Name) and name in LEFT_ALONE:
            return node
        k = self._loop(MAP, node.lineno) if is_map(node) else None
        for part in (*node.args, *(w.value for w in node.keywords)):
            self.by_value |= last_name(part) in PRODUCTS
        self.generic_visit(node)
        takes_two = name != "einsum" or len(node.args) > 2
        made: ast.expr = _hook("seen", node, ast.Constant(name))
        if k is not None:
            return _hook("loop", k, made)
        return _hook("product", made) if name in PRODUCTS and takes_two else made

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """Note a product under another name."""
        self.by_value |= last_name(node.value) in PRODUCTS
        self.generic_visit(node)
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        """Leave annotations alone."""
        node.defaults = [self.visit(d) for d in node.defaults]
        node.kw_defaults = [d and self.visit(d) for d in node.kw_defaults]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Leave the annotation alone."""
        node.value = node.value and self.visit(node.value)
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        """Leave the pattern alone."""
        node.body = [kept for s in node.body for kept in _listed(self.visit(s))]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Leave the annotation of what comes back alone."""
        node.args = self.visit(node.args)
        node.body = [kept for s in node.body for kept in _listed(self.visit(s))]
        return node


def variant(text: str, name: str) -> tuple[ast.Module, Counted]:
    """Return the module in which `name` returns its counts, and what was met in the text.

    SyntaxError where the text is no Python.
    """
    counted = Counted()
    tree = counted.visit(ast.parse(text))
    above = ast.parse(Path(tally.__file__).read_text(encoding="utf-8")).body
    below = ast.parse(f"_beside.answer = {name}\n{name} = _beside.run").body
    return ast.fix_missing_locations(ast.Module([*above, *tree.body, *below], [])), counted


def runs(
    workshop: Workshop, tree: ast.Module, many: list[dict[str, Any]], until: float
) -> Iterator[Counts | None]:
    """Yield what the variant did with each of many inputs, None where it did not end.

    After `until`, a time of the workshop's clock, nothing more is yielded.
    """
    made = workshop.made(tree)
    for inputs in many:
        if workshop.clock() > until:
            return
        ran = next(iter(workshop.run([made], inputs)), None)
        yield _counts(ran.value) if isinstance(ran, Returned) else None


def _counts(value: Any) -> Counts | None:
    """Return what came back; None where it is something else, since a stranger's code ran."""
    try:
        numbers, loops, *passes = (np.asarray(v, dtype=int).tolist() for v in value)
        products, arrays, copies, again, foreign = numbers
        by_loop = dict(zip(loops, passes, strict=True))
    except (TypeError, ValueError):
        return None
    return Counts(products, arrays, copies, again, bool(foreign), by_loop)


def last_name(node: ast.AST) -> str:
    """Return `dot` for np.dot and for dot, "" for what has no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def is_map(node: ast.Call) -> bool:
    """Return whether this is Python's own `map`."""
    return isinstance(node.func, ast.Name) and node.func.id == "map"


def _hook(name: str, *args: ast.expr) -> ast.Call:
    tally_s = ast.Attribute(ast.Name("_beside", ast.Load()), name, ast.Load())
    return ast.Call(tally_s, list(args), [])


def _listed(found: Any) -> list[ast.stmt]:
    return found if isinstance(found, list) else [found]
