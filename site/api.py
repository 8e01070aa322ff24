"""API pages, read from the sources: a page for each room, what is public, with its docstring.

The docstrings are Markdown, so the pages are; nothing is imported. A name is public where it has no
underscore and a docstring.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from autograder.course import ROOT

Def = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
OURS = ("autograder", "gru_ref")
LEFT_OUT = {"stubs", "chapters", "answers", "__main__.py"}


def pages(package: str) -> dict[str, str]:
    """Return the pages of a package by name: its top, then one for each room of it."""
    rooms: dict[str, list[Path]] = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        inner = path.relative_to(ROOT / package).parts
        if not LEFT_OUT & set(inner) and (not path.name.startswith("_") or len(inner) == 1):
            room = package if len(inner) == 1 else f"{package}.{inner[0]}"
            rooms.setdefault(room, []).append(path)
    return {room: _page(room, paths) for room, paths in rooms.items()}


def _page(room: str, paths: list[Path]) -> str:
    first = ROOT / room.replace(".", "/") / "__init__.py"
    parts = [f"# `{room}`", _text(ast.get_docstring(_tree(first)))]
    for path in paths:
        if path.name.startswith("__"):
            continue
        tree = _tree(path)
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        public = [n for n in tree.body if isinstance(n, Def) and _is_public(n)]
        if public:
            parts += [f"## {name}", _text(ast.get_docstring(tree))]
            tree = ast.fix_missing_locations(_Qualified(tree, name).visit(tree))
            parts += [_entry(node, name) for node in public]
    return "\n\n".join(parts) + "\n"


class _Qualified(ast.NodeTransformer):
    """Write our types with their modules in signatures: two rooms may have a Batch each."""

    def __init__(self, tree: ast.Module, module: str) -> None:
        self.where = {n.name: module for n in tree.body if isinstance(n, ast.ClassDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OURS):
                names = {a.asname or a.name: node.module for a in node.names}
                self.where |= {} if "._" in node.module else names  # a private one has no page

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Change what the arguments and the value are said to be, and nothing else."""
        for arg in ast.walk(node.args):
            if isinstance(arg, ast.arg) and arg.annotation:
                arg.annotation = self._named(arg.annotation)
        node.returns = self._named(node.returns) if node.returns else None
        return node

    def _named(self, annotation: ast.expr) -> ast.expr:
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name) and node.id in self.where:
                node.id = f"{self.where[node.id]}.{node.id}"
        return annotation


def _entry(node: Def, module: str) -> str:
    """Return a function or class; of a class its fields and its public methods."""
    if isinstance(node, ast.ClassDef):
        inner = [f"- `{ast.unparse(n)}`" for n in node.body if isinstance(n, ast.AnnAssign)]
        methods = [_entry(n, "") for n in node.body if isinstance(n, Def) and _is_public(n)]
        body = "\n\n".join([_text(ast.get_docstring(node)), "\n".join(inner), *methods])
        kind, said = "class", node.name
    else:
        body = _text(ast.get_docstring(node))
        kind, said = ("method" if not module else "function"), f"{node.name}{_signature(node)}"
    fence = "`" * (4 if isinstance(node, ast.ClassDef) else 3) + "``"
    where = f":module: {module}\n" if module else ""
    return f"{fence}{{py:{kind}}} {said}\n{where}\n{body}\n{fence}"


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    args = ast.unparse(node.args)
    return f"({args})" + (f" -> {ast.unparse(node.returns)}" if node.returns else "")


def _is_public(node: Def) -> bool:
    overload = any(ast.unparse(d) == "overload" for d in node.decorator_list)
    return not node.name.startswith("_") and bool(ast.get_docstring(node)) and not overload


def _text(docstring: str | None) -> str:
    """Return a docstring as Markdown: angle brackets outside of code are text."""
    parts = re.split(r"(`[^`]*`|^    .*$)", docstring or "", flags=re.M)
    return "".join(p if i % 2 else p.replace("<", "\\<") for i, p in enumerate(parts))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
