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
            parts += [_entry(node, name) for node in public]
    return "\n\n".join(parts) + "\n"


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
