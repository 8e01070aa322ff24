"""What is counted of one answer: from its text, and while it runs on the cases of its check."""

from __future__ import annotations

import ast
import builtins
import io
import tokenize
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograder.core.diagnosis.workshop import Workshop
from autograder.core.parts import leaves
from autograder.notebook.beside.counting import Counted, Counts, runs, variant

SECONDS = 1.0  # of counting, for one answer
NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
Inputs = dict[str, Any]
DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module


class Loop(NamedTuple):
    """A loop that ran: what it goes over in words, "" where no size explains its passes.

    `number` is its place among all loops of the text.
    """

    number: int
    kind: str
    line: int
    over: str
    passes: int  # in the case that is counted


class Facts(NamedTuple):
    """What an answer is in numbers. What could not be counted is None.

    `products`, `arrays`, `copies`, `again` and the passes of loops are of one run, on the case
    with the most numbers; `loops` are those that ran in any case. `calls` are the functions from
    outside the text that are called by name.
    """

    lines: int
    calls: frozenset[str]
    loops: tuple[Loop, ...] | None = None
    products: int | None = None
    arrays: int | None = None
    copies: int | None = None
    again: int | None = None


def facts(
    workshop: Workshop, text: str, name: str, cases: Sequence[Inputs], sizes: Callable
) -> Facts:
    """Return what is counted of the answer whose text this is; SyntaxError where it is no Python.

    `cases` are the inputs of its check, `sizes(inputs)` their sizes by letter.
    """
    known = Facts(lines(text), calls(text))
    cases = sorted(cases, key=numbers, reverse=True)
    tree, met = variant(text, name)
    found = list(runs(workshop, tree, cases, workshop.clock() + SECONDS))
    if not found or found[0] is None:
        return known
    most, all_arrays = found[0], not any(c.foreign for c in found if c)
    return known._replace(
        loops=_loops(met, cases, found, sizes),
        products=None if met.by_value else most.products,
        arrays=most.arrays if all_arrays else None,
        copies=most.copies if all_arrays else None,
        again=most.again,
    )


def numbers(inputs: Inputs) -> int:
    """Return how many numbers a case holds."""
    return sum(np.size(a) for v in inputs.values() for a in leaves(v))


def lines(text: str) -> int:
    """Return how many lines of a text hold code; a docstring is none."""
    spans = [_docstring(node) for node in ast.walk(ast.parse(text)) if isinstance(node, DEFINITION)]
    held = {n for span in spans for n in span}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    code = (t for t in tokens if t.type not in (*NO_CODE, tokenize.ENDMARKER))
    return len({n for t in code for n in range(t.start[0], t.end[0] + 1)} - held)


def _docstring(node: Any) -> range:
    """Return the lines of a definition's docstring."""
    first = node.body[0] if node.body else None
    if ast.get_docstring(node, clean=False) is None or first is None:
        return range(0)
    return range(first.lineno, first.end_lineno + 1)


def calls(text: str) -> frozenset[str]:
    """Return the functions that are called by a name from outside the text; no builtins."""
    tree = ast.parse(text)
    inside = set(dir(builtins))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            inside.add(node.id)
        elif isinstance(node, ast.arg):
            inside.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            inside.add(node.name)
    chains = (chain(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call))
    return frozenset(c for c in chains if c and c.split(".")[0] not in inside)


def chain(node: ast.expr) -> str:
    """Return `np.linalg.norm` as text; "" for what is no chain of names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := chain(node.value)):
        return f"{before}.{node.attr}"
    return ""


def _loops(
    met: Counted, cases: Sequence[Inputs], found: Iterable[Counts | None], sizes: Callable
) -> tuple[Loop, ...]:
    """Return the loops that ran."""
    ran = [(case, counts) for case, counts in zip(cases, found, strict=False) if counts]
    made = []
    for k, loop in enumerate(met.loops):
        entries = [(case, counts.passes[k]) for case, counts in ran if k in counts.passes]
        if entries:
            most = sum(ran[0][1].passes.get(k, ()))
            made.append(Loop(k, loop.kind, loop.line, over(entries, sizes), most))
    return tuple(made)


def over(entries: Sequence[tuple[Inputs, list[int]]], sizes: Callable) -> str:
    """Return what a loop goes over: the size that every one of its runs had as many passes as.

    "" where there is none, or where all runs had as many passes as one another: a size must have
    changed, or the passes may be a number that stands in the text.
    """
    passes = {p for _, each in entries for p in each}
    if len(passes) < 2:
        return ""
    named = [_named(case, sizes) for case, _ in entries]
    for what in dict.fromkeys(w for each in named for w in each):
        pairs = zip(named, entries, strict=True)
        if all(p == each.get(what, 1) for each, (_, some) in pairs for p in some):
            return what
    return ""


def _named(case: Inputs, sizes: Callable) -> Mapping[str, int]:
    """Return the sizes of a case by letter, then by argument and axis."""
    found = dict(sizes(case))
    for name, value in case.items():
        if isinstance(value, tuple):
            found[f"`{name}`"] = len(value)
        elif isinstance(value, np.ndarray) and value.ndim:
            found[f"`{name}`"] = len(value)
            found |= {f"axis {i} of `{name}`": n for i, n in enumerate(value.shape) if i}
            found |= {f"all numbers of `{name}`": value.size}
    return found
