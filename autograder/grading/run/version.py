"""What decides a grading, as a digest: a submission is graded again when this changes.

It is made of the meaning of code, not of its text: of the syntax trees without docstrings, so that
a comment, a line break or a sentence about the code regrades nobody. A chapter's is made of the
judge, the sandbox with what a course puts into it and the earlier answers that it is handed, the
notebook's reading, and of the declarations of that chapter with all that they import of the
course's own; a plot or a later chapter is not among it.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.authoring.program import given
from autograder.core.course import Course

PACKAGE = Path(__file__).resolve().parents[2]
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
HOLD_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)  # an expression holds none
DECIDES = ("core", "sandbox", "sizes.py", "grading/notebooks", "grading/run/grade_one.py")
NO_SCORE = ("feedback.py",)  # how a verdict looks


@functools.cache
def chapter_version(course: Course, chapter: str) -> str:
    """Return the digest of all code that decides a grading of a chapter."""
    made = hashlib.sha256(_engine().encode())
    declared = course.chapter(chapter)
    seen = course.visible
    made.update(repr((declared.packages, seen.packages, seen.on_demand)).encode())
    for e in declared.exercises:
        made.update(repr((e.name, e.points, e.outputs, e.rtol, e.atol)).encode())
    for name, text in given(course, chapter).items():
        made.update(f"{name}\0{_tree(text)}".encode())
    for path in (*_in_the_sandbox(course), *_declarations(course, chapter)):
        made.update(_meaning(path).encode())
    return made.hexdigest()


@functools.cache
def code_version(course: Course) -> str:
    """Return the digest of the engine and of all chapters: two machines with it grade alike."""
    made = hashlib.sha256(_engine().encode())
    for chapter in course.names:
        made.update(chapter_version(course, chapter).encode())
    return made.hexdigest()


@functools.cache
def _engine() -> str:
    made = hashlib.sha256()
    for part in DECIDES:
        place = PACKAGE / part
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if path.name not in NO_SCORE:
                made.update(f"{path.relative_to(PACKAGE)}\0{_meaning(path)}".encode())
    return made.hexdigest()


@functools.cache
def _declarations(course: Course, chapter: str) -> tuple[Path, ...]:
    """Return the files that declare a chapter, and what these import of their own packages.

    An exercise is declared where its reference, its cases and its mistakes are defined.
    """
    pending = set()
    for exercise in course.chapter(chapter).exercises:
        functions: list[Callable[..., Any]] = [
            exercise.reference,
            exercise.cases,
            *(m.wrong for m in exercise.mistakes),
        ]
        functions += [f for f in (exercise.observe, exercise.explain) if f is not None]
        pending |= {f.__module__ for f in functions}
    found: dict[str, Path] = {}
    while pending:
        name = pending.pop()
        path = _file(name) if _is_of(course, name) else None
        if path is not None and name not in found:
            found[name] = path
            pending |= _imported(path) - found.keys()
    return tuple(path for _, path in sorted(found.items()))


@functools.cache
def _in_the_sandbox(course: Course) -> tuple[Path, ...]:
    """Return what a course puts into the sandbox to decide what answers may do there.

    These are what it imports first, and the files that stand there for other modules; what is
    there as it is everywhere is for pictures and for the notebook's face.
    """
    stand_ins = [
        here
        for inside, here in course.visible.files.items()
        if _file(".".join(inside.with_suffix("").parts).removesuffix(".__init__")) != here.resolve()
    ]
    first = _file(course.visible.warm_up) if course.visible.warm_up else None
    return tuple(sorted(stand_ins + ([first] if first else [])))


def _is_of(course: Course, module: str) -> bool:
    return any(module == p or module.startswith(f"{p}.") for p in course.code)


def _file(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin).resolve()


def _imported(path: Path) -> set[str]:
    """Return the modules that a file imports, by full name."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
    return names


@functools.cache
def _meaning(path: Path) -> str:
    return _tree(path.read_text(encoding="utf-8"))


def _tree(text: str) -> str:
    """Return the syntax tree of a text, without docstrings and places."""
    tree = ast.parse(text)
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, DOCUMENTED) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:] or [ast.Pass()]
        pending += [n for n in ast.iter_child_nodes(node) if isinstance(n, HOLD_STATEMENTS)]
    return ast.dump(tree)
