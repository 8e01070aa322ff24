"""Mutants of the code that decides about points: how many do its fast tests see?

A mutant is a module with one small change: a comparison, a constant, `and` for `or`, a sign, a
condition turned round, a returned value that becomes None. It is killed where a test fails or does
not end. Files are not touched: the tests run in a fork of this process, where the one module is
compiled from its changed tree. cosmic-ray starts Python and nbgrader anew for each mutant, seconds
each, and writes into the working tree; mutmut passes over whatever stands outside of functions,
like the tolerances of float32. Both were considered.

    python -m benchmarks.code_mutants [--number 100] [--seed 0] [--room core] [--named]
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import functools
import importlib
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
CORE, GRADING = "tests/autograder/core", "tests/autograder/grading"


class Room(NamedTuple):
    """Modules to change, and the tests that are to see it, the quickest first."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = {
    "core": Room(
        ("core/*.py", "core/diagnosis/*.py"),
        tuple(f"{CORE}/test_{n}.py" for n in ("compare", "points", "outcome", "judge")),
    ),
    "store": Room(
        ("grading/store/*.py",),
        tuple(
            f"{GRADING}/store/test_{n}.py" for n in ("scores", "records", "transaction", "places")
        ),
    ),
    "run": Room(
        ("grading/run/pending.py", "grading/run/batch.py", "grading/run/pools.py"),
        tuple(f"{GRADING}/run/test_{n}.py" for n in ("pending", "batch_in_process", "pools")),
    ),
}


class Named(NamedTuple):
    """A mutant that stands for a way to lose points, which must never survive."""

    says: str
    module: str
    before: str
    after: str
    tests: tuple[str, ...]


NAMED = (
    Named(
        "float32 is right to two digits",
        "core/precision.py",
        "DIGITS = 16 *",
        "DIGITS = 160_000 *",
        (f"{CORE}/test_compare.py",),
    ),
    Named(
        "a stopped call counts in the first case alone",
        "core/judge.py",
        "(p for p in problems if p.name in STOPPED)",
        "(o.problem for o in outcomes[:1] if isinstance(o, Failure) and o.problem.name in STOPPED)",
        (f"{CORE}/test_points.py",),
    ),
    Named(
        "graded without a sandbox is graded",
        "grading/run/pending.py",
        "weaker = rules.level == REQUIRED and isolation == NONE",
        "weaker = False",
        (f"{GRADING}/run/test_pending.py",),
    ),
    Named(
        "an interruption forgets who has looked: nothing is noted",
        "grading/store/writer.py",
        "_replace(answers=before.answers, asked=asked)",
        "_replace(answers=before.answers)",
        (f"{GRADING}/store/test_scores.py",),
    ),
    Named(
        "an interruption forgets who has looked: noted anew each time",
        "grading/store/writer.py",
        "scores.asked() if before.digest else before.asked",
        "scores.asked()",
        (f"{GRADING}/store/test_scores.py",),
    ),
    Named(
        "an interruption forgets who has looked: what was noted is not heeded",
        "grading/store/scores.py",
        "looked[name] and before.asked.get(name, True)",
        "looked[name]",
        (f"{GRADING}/store/test_scores.py",),
    ),
    Named(
        "an interruption forgets who has looked: it is not read",
        "grading/store/records.py",
        "return Record(**fields)",
        "return Record(**fields | {'asked': {}})",
        (f"{GRADING}/store/test_scores.py",),
    ),
    Named(
        "a cell that hung runs twice",
        "sandbox/session.py",
        "except Interrupted:\n            self.fatal.add(index)",
        "except Interrupted:",
        (f"{GRADING}/run/test_hung_cells.py",),
    ),
    Named(
        "a cell that died runs twice",
        "sandbox/session.py",
        "except Stopped as stopped:\n            self.fatal.add(index)",
        "except Stopped as stopped:",
        (f"{GRADING}/run/test_hung_cells.py",),
    ),
    Named(
        "a cell that did harm runs again",
        "sandbox/session.py",
        "if i not in self.fatal or only is not None",
        "if True",
        (f"{GRADING}/run/test_hung_cells.py",),
    ),
    Named(
        "nobody watches what processes hold",
        "sandbox/zygote.py",
        "        held = count = 0\n",
        "        return\n        held = count = 0\n",
        (f"{GRADING}/run/test_hung_cells.py",),
    ),
)
OPPOSITE: dict[type, type] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
SURVIVED, FAILED, LATE = 0, 1, -1  # two of them are pytest's
SHOWS = ("feedback.py",)  # says what was decided, and decides nothing
QUIET = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
QUIET += ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # jaxtyping was imported before
TWIN = {"any": "all", "all": "any", "min": "max", "max": "min"}


class Mutant(NamedTuple):
    """A module with one change: where, what, and its source."""

    module: str
    line: int
    says: str
    source: str


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a file."""
    module = path.relative_to(ROOT).as_posix()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    spared = {id(n) for n in _spared(nodes)}
    for place, node in enumerate(nodes):
        for which in range(0 if id(node) in spared else _changes(node)):
            changed = copy.deepcopy(tree)
            twin = next(n for i, n in enumerate(ast.walk(changed)) if i == place)
            before = _line(twin)
            _change(twin, which)
            source = ast.unparse(ast.fix_missing_locations(changed))
            yield Mutant(module, node.lineno, f"{before} -> {_line(twin)}", source)


def _line(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:70]


def _spared(nodes: list[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes of annotations and decorators: a change there changes nothing."""
    for node in nodes:
        parts = [getattr(node, name, None) for name in ("annotation", "returns")]
        for part in (*parts, *getattr(node, "decorator_list", [])):
            yield from ast.walk(part) if part is not None else ()


def _changes(node: ast.AST) -> int:
    """Return how many changes a node allows."""
    match node:
        case ast.Compare(ops=ops):
            return len(ops)
        case ast.BoolOp() | ast.If() | ast.IfExp():
            return 1
        case ast.BinOp(op=op):
            return int(type(op) in OPPOSITE)
        case ast.Constant(value=bool() | int() | float()):
            return 1
        case ast.Return(value=value):
            return int(value is not None and not _is_none(value))
        case ast.Call(func=ast.Name(id=name)):
            return int(name in TWIN)
    return 0


def _change(node: Any, which: int) -> None:
    match node:
        case ast.Compare():
            node.ops[which] = OPPOSITE[type(node.ops[which])]()
        case ast.BoolOp() | ast.BinOp():
            node.op = OPPOSITE[type(node.op)]()
        case ast.If() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Constant(value=bool()):
            node.value = not node.value
        case ast.Constant(value=int()):
            node.value += 1
        case ast.Constant():
            node.value = node.value * 100 or 1.0
        case ast.Return():
            node.value = ast.Constant(None)
        case ast.Call():
            node.func.id = TWIN[node.func.id]


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from another source."""

    def __init__(self, path: Path, source: str) -> None:
        name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        self.name, self.path, self.source = name.removesuffix(".__init__"), path, source

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self.name:
            return None
        where = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        spec = importlib.util.spec_from_loader(name, self, origin=str(self.path))
        spec.submodule_search_locations = where
        spec.has_location = True
        return spec

    def exec_module(self, module: Any) -> None:
        exec(compile(self.source, self.path, "exec"), module.__dict__)


def preload() -> None:
    """Import all that the tests need, then forget what is ours: each fork imports it anew."""
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    os.chdir(ROOT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("pytest", "tests.conftest", "torch", "autograder.grading.run.grade"):
            importlib.import_module(name)
        importlib.import_module("tests.helpers.submissions")
    for name in [n for n in sys.modules if n.split(".")[0] in ("autograder", "tests")]:
        del sys.modules[name]


def outcome(path: Path, source: str | None, tests: list[str], seconds: float) -> int:
    """Return pytest's exit status with a file's source in place of what is there.

    SURVIVED where all tests pass, FAILED where one does not; LATE where they do not end in time.
    """
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setsid()
            quiet = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(quiet, stream)
            if source is not None:
                sys.meta_path.insert(0, _Changed(path, source))
            import pytest

            status = pytest.main([*QUIET, *tests])
        finally:
            os._exit(int(status))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, raw = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(raw)
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return LATE


@functools.cache
def clean(tests: tuple[str, ...]) -> tuple[list[str], float]:
    """Return the tests, which have to pass, and how long a mutant may take."""
    began = time.monotonic()
    if outcome(ROOT, None, list(tests), 600) != SURVIVED:
        sys.exit(f"The tests fail without any mutant: {' '.join(tests)}")
    return list(tests), 4 * (time.monotonic() - began) + 10


def run_named() -> int:
    """Try the mutants that have a name; return how many survive."""
    survivors = 0
    for one in NAMED:
        path = ROOT / "autograder" / one.module
        text = path.read_text(encoding="utf-8")
        if text.count(one.before) != 1:
            sys.exit(f"{one.module} has changed: {one.before!r} is not there once.")
        tests, seconds = clean(one.tests)
        seen = outcome(path, text.replace(one.before, one.after), tests, seconds)
        survivors += seen != FAILED  # that it cannot be imported would prove nothing
        said = "killed" if seen == FAILED else f"NOT KILLED ({seen})"
        print(f"{said}  {one.module}: {one.says}", flush=True)
    return survivors


def run_room(name: str, number: int, seed: int) -> None:
    """Try a sample of a room's mutants; print who survives, and the score of each module."""
    room = ROOMS[name]
    found = [p for pattern in room.modules for p in sorted((ROOT / "autograder").glob(pattern))]
    files = [p for p in found if p.name not in SHOWS]
    every = [m for path in files for m in mutants(path)]
    sample = random.Random(seed).sample(every, min(number, len(every)))
    tests, seconds = clean(room.tests)
    killed: dict[str, list[bool]] = {}
    for one in sorted(sample, key=lambda m: (m.module, m.line)):
        alive = outcome(ROOT / one.module, one.source, tests, seconds) == SURVIVED
        killed.setdefault(one.module, []).append(not alive)
        if alive:
            print(f"  survived  {one.module}:{one.line}  {one.says}", flush=True)
    for module, seen in killed.items():
        print(f"{name:6} {module:48} {sum(seen):3} of {len(seen):3} killed")
    if outcome(ROOT, None, tests, seconds) != SURVIVED:  # a file that is gone kills every mutant
        sys.exit(f"{name}: the tests fail without any mutant by now, so nothing was measured.")
    total = [k for seen in killed.values() for k in seen]
    print(
        f"{name:6} {sum(total)} of {len(total)} killed, {sum(total) / len(total):.0%} "
        f"(of {len(every)} mutants, seed {seed})",
        flush=True,
    )


def main() -> None:
    """Print how many changes no test sees; end with 1 where a named one survives."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=100, help="mutants of each room")
    parser.add_argument("--seed", type=int, default=0, help="draws the sample")
    parser.add_argument("--room", choices=ROOMS, action="append", help="only this one")
    parser.add_argument("--named", action="store_true", help="only the mutants that have a name")
    options = parser.parse_args()
    preload()
    survivors = 0 if options.room else run_named()
    for room in [] if options.named else options.room or ROOMS:
        run_room(room, options.number, options.seed)
    sys.exit(survivors > 0)


if __name__ == "__main__":
    main()
