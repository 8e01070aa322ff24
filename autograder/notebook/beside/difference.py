"""What differs in kind between two answers, in sentences that are read off the counts."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from autograder.notebook.beside.facts import DEFINITION, Facts, Loop

SAME = "Yours is written as the course's is."
SAME_BUT_NAMES = "Yours is written as the course's is, apart from names."
ALIKE = "The two have the same loops, products and calls."


def differences(yours: Facts, courses: Facts, written: str) -> list[str]:
    """Return the sentences; `written` is what `same` says of the two texts, and then the only one.

    What could not be counted of both is passed over.
    """
    if written:
        return [written]
    says = [*_of_loops(yours, courses), *_of_a_run(yours, courses)]
    for whose, calls in (
        ("yours", yours.calls - courses.calls),
        ("the course's", courses.calls - yours.calls),
    ):
        if calls:
            says.append(f"Only {whose} calls {_listed([f'`{c}`' for c in sorted(calls)])}.")
    uncounted = None in (yours.loops, yours.products, courses.loops, courses.products)
    return says or [] if uncounted else says or [ALIKE]


def _of_loops(yours: Facts, courses: Facts) -> list[str]:
    if yours.loops is None or courses.loops is None:
        return []
    mine, theirs = _loops(yours.loops), _loops(courses.loops)
    if mine != theirs:
        return [f"Yours {mine}, the course's {theirs}."]
    return [f"Each {mine}."] if yours.loops else []


def _of_a_run(yours: Facts, courses: Facts) -> list[str]:
    says = []
    mine, theirs = yours.products, courses.products
    if mine is not None and theirs is not None and (mine or theirs):
        both = f"yours takes {mine}, the course's {theirs}"
        says.append(
            f"Of products, `@` and its like, {f'each takes {mine}' if mine == theirs else both} "
            "in the run below."
        )
    mine, theirs = yours.again, courses.again
    if mine is not None and theirs is not None and mine != theirs:
        of = [f"calls itself {_times(n)}" if n else "does not call itself" for n in (mine, theirs)]
        says.append(f"Yours {of[0]} there, the course's {of[1]}.")
    return says


def same(yours: str, courses: str, name: str) -> str:
    """Return the sentence that says that two texts are one, "" where they are not."""
    mine, theirs = (_defined(text, name) for text in (yours, courses))
    if mine is None or theirs is None:
        return ""
    if ast.dump(mine) == ast.dump(theirs):
        return SAME
    alike = ast.dump(_renamed(mine)) == ast.dump(_renamed(theirs))
    return SAME_BUT_NAMES if alike else ""


def _defined(text: str, name: str) -> ast.AST | None:
    """Return a text's tree without docstrings and annotations; None where it has not that name."""
    tree = ast.parse(text)
    if name not in {getattr(s, "name", "") for s in tree.body}:
        return None
    for node in ast.walk(tree):
        if isinstance(node, DEFINITION) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef):
            node.returns = None
    return tree


def _renamed(tree: ast.AST) -> ast.AST:
    """Return a tree whose own names are numbered in the order in which they come."""
    own = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    own |= {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    given: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.arg = given.setdefault(node.arg, f"_{len(given)}")
        elif isinstance(node, ast.Name) and node.id in own:
            node.id = given.setdefault(node.id, f"_{len(given)}")
    return tree


def loops_in_short(loops: Sequence[Loop]) -> str:
    """Return what the loops go over, as a cell of a table: `none`, `3`, `2 over T, 1 other`."""
    named = [loop.over for loop in loops if loop.over]
    others = len(loops) - len(named)
    parts = [f"{named.count(what)} over {what}" for what in dict.fromkeys(named)]
    if others:
        parts.append(f"{others} other" if named else str(others))
    return ", ".join(parts) or "none"


def _over(loops: Sequence[Loop]) -> list[str]:
    return list(dict.fromkeys(loop.over for loop in loops if loop.over))


def _loops(loops: Sequence[Loop]) -> str:
    """Return a verb phrase."""
    if not loops:
        return "has no Python loop"
    named = _over(loops)
    count = "a Python loop" if len(loops) == 1 else f"{len(loops)} Python loops"
    if all(loop.over for loop in loops):
        return f"has {count} over {_listed(named)}"
    return f"has {count}" + (f", over {_listed(named)} among them" if named else "")


def _listed(words: Sequence[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"
