"""Of a chapter's cells, the program that defines one function: what it needs, and nothing else.

Imports, definitions and constants are taken from wherever they stand; no check, no demonstration
and no picture is among them. Other exercises of the chapter come by `yours`, the one name that
whoever runs the program puts there (`run`). So an answer can be taken out of its notebook: a
student's for a later chapter, the course's own into the sandbox.
"""

from __future__ import annotations

import ast
import functools
import itertools
import linecache
import re
import symtable
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from autograder.authoring import source
from autograder.core.course import Course

YOURS = "yours"
IPYTHON = re.compile(r"(?m)^[%!].*$")  # lines that Python cannot read and IPython can
DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_runs = itertools.count(1)


def program(name: str, cells: Sequence[str], exercises: Collection[str]) -> str:
    """Return the program that defines `name`; "" where the last cell, its answer, does not.

    Of a name that several statements define the last one counts. `exercises` are those of the
    chapter.
    """
    *others, answer = cells
    statements = [s for text in others for s in _statements(text) if _is_quick(s)]
    own = _statements(answer)
    if name not in {n for s in own for n in _makes(s)}:
        return ""
    statements += own
    made = {n: i for i, s in enumerate(statements) for n in _makes(s)}
    needed, asked, seen, pending = set(), set(), {YOURS}, [name]
    while pending:
        wanted = pending.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        if wanted in exercises and wanted != name:
            asked.add(wanted)
        elif wanted in made:
            needed.add(made[wanted])
            pending += _needs(statements[made[wanted]])
    lines = [f"{other} = {YOURS}({other!r})" for other in sorted(asked)]
    return "\n".join([*lines, *(ast.unparse(statements[i]) for i in sorted(needed))]) + "\n"


def asked(text: str) -> list[str]:
    """Return the names for which a program asks `yours`."""
    calls = (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call))
    ours = (c for c in calls if isinstance(c.func, ast.Name) and c.func.id == YOURS)
    named = (a.value for c in ours for a in c.args if isinstance(a, ast.Constant))
    return list(dict.fromkeys(str(name) for name in named))


def run(name: str, text: str, yours: Callable[..., Any]) -> Any:
    """Run a program and return what it defines under `name`."""
    place = f"<{name}, {next(_runs)}>"
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    scope = {"__name__": name, YOURS: yours}
    exec(compile(text, place, "exec"), scope)
    return scope[name]


def of_the_course(course: Course, name: str, answer: str = "") -> str:
    """Return the program of the course's own answer to an exercise, its key or another one."""
    chapter = course.chapter_of(name)
    cells = [c for c in source.read(course, chapter.name) if c.kind == "code"]
    key = next((c.text for c in cells if c.keys.get("solution") == name), "")
    around = [c.text for c in cells if not {"solution", "check"} & c.keys.keys()]
    own = answer or source.without_markers(key)
    return program(name, [*around, own], {e.name for e in chapter.exercises})


def key_function(course: Course, name: str, answer: str = "") -> Any:
    """Return the course's own answer to an exercise as a function, its key or another one.

    KeyError where it has no key.
    """
    made: dict[str, Any] = {}

    def yours(*names: str) -> Any:
        for other in names:
            if other not in made:
                own = answer if other == name else ""
                made[other] = run(other, of_the_course(course, other, own), yours)
        return one_or_all([made[other] for other in names])

    return yours(name)


def one_or_all(found: Sequence[Any]) -> Any:
    """Return the one that there is, or a tuple of all: what `yours` returns."""
    return found[0] if len(found) == 1 else tuple(found)


@functools.cache
def given(course: Course, chapter: str) -> Mapping[str, str]:
    """Return the programs of the course's answers to all exercises of the chapters before this."""
    written = source.chapter_names(course)
    before = [c for c in course.names[: course.names.index(chapter)] if c in written]
    names = [e.name for c in before for e in course.chapter(c).exercises]
    return MappingProxyType({name: _of_the_course(course, name) for name in names})


_of_the_course = functools.cache(of_the_course)


def _statements(text: str) -> list[ast.stmt]:
    """Return what a cell defines, a name or a group of names a statement."""
    for readable in (text, IPYTHON.sub("", text)):
        try:
            return [s for statement in ast.parse(readable).body for s in _apart(statement)]
        except (SyntaxError, ValueError):
            continue
    return []


def _apart(statement: ast.stmt) -> Iterator[ast.stmt]:
    if isinstance(statement, ast.Import):
        yield from (ast.Import([a]) for a in statement.names)
    elif isinstance(statement, ast.ImportFrom):
        for a in statement.names:
            yield ast.ImportFrom(statement.module, [a], statement.level)
    elif isinstance(statement, DEFINITION | ast.Assign | ast.AnnAssign):
        yield statement


def _makes(statement: ast.stmt) -> set[str]:
    """Return the names that a statement defines."""
    if isinstance(statement, DEFINITION):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(a.asname or a.name).split(".")[0] for a in statement.names}
    names = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {n.id for n in names if isinstance(n.ctx, ast.Store)}


def _is_quick(statement: ast.stmt) -> bool:
    """Return whether a statement computes nothing: in an assignment only `yours` may be called."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return True
    calls = (n for n in ast.walk(statement) if isinstance(n, ast.Call))
    return all(isinstance(c.func, ast.Name) and c.func.id == YOURS for c in calls)


def _needs(statement: ast.stmt) -> set[str]:
    """Return the names that a statement takes from around it."""
    found = set()
    tables = [symtable.symtable(ast.unparse(statement), "cell", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        outermost = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (outermost or symbol.is_global()):
                found.add(symbol.get_name())
    return found
