"""What an answer needs of its notebook: its own cell, and the cells that define what it uses.

An answer that does not pass is judged once more with these cells alone, so that nothing else that a
student has written, by mistake or to do harm, can be why.
"""

from __future__ import annotations

import ast
import builtins
import functools
import symtable
from collections.abc import Collection, Sequence

from IPython.core.inputtransformer2 import TransformerManager

_BUILT_IN = frozenset(dir(builtins))


def needed(cells: Sequence[str], name: str, answer: int, given: Collection[int]) -> set[int]:
    """Return which cells an answer's cell needs: `given` ones, its own, and what these use.

    `name` is the answer's. A name is looked for in the last of the given cells that binds it, else
    in the last of all: what the course gives, no other cell takes away. Cells are those that ran
    before the check.
    """
    binds = [_names(text).bound for text in cells]
    stars = {i for i, text in enumerate(cells) if _names(text).star}
    again = [i for i in range(answer + 1, len(cells)) if name in binds[i]][-1:]
    found = {*given, answer, *again}
    waiting = [answer, *again]
    while waiting:
        i = waiting.pop()
        for used in _names(cells[i]).used - _BUILT_IN:
            definers = [j for j in range(len(cells)) if used in binds[j]]
            definers = [j for j in definers if j in given] or definers
            wanted = set(definers[-1:] or stars) - found  # a star may bring what nobody defines
            found |= wanted
            waiting += sorted(wanted)
    return found


class _Names:
    """The names that a cell binds for others, and those that it uses."""

    def __init__(self, text: str) -> None:
        self.bound: set[str] = set()
        self.used: set[str] = set()
        self.star = False
        try:
            source = TransformerManager().transform_cell(text)
            tree = ast.parse(source)
            self.used = _globals(symtable.symtable(source, "cell", "exec"))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        for statement in tree.body:
            self._bind(statement)
        for node in ast.walk(tree):
            if isinstance(node, ast.Global):
                self.bound |= set(node.names)

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.bound.add(node.name)
            return  # what is bound inside stays there
        if isinstance(node, ast.Lambda):
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.star |= any(a.name == "*" for a in node.names)
            self.bound |= {(a.asname or a.name).partition(".")[0] for a in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        for child in ast.iter_child_nodes(node):
            self._bind(child)


def _globals(scope: symtable.SymbolTable) -> set[str]:
    """Return the names that a scope and those in it take from the notebook: no local ones."""
    module = scope.get_type() == "module"
    found = {
        s.get_name() for s in scope.get_symbols() if s.is_referenced() and (module or s.is_global())
    }
    return found.union(*(_globals(child) for child in scope.get_children()))


@functools.lru_cache(maxsize=256)
def _names(text: str) -> _Names:
    return _Names(text)
