"""Where variants of an answer are tried out: its source, and a way to run a changed text of it.

In the notebook that is the kernel (`Local`), in grading the sandbox (`sandbox.session`). No variant
runs anywhere else than the answer itself.
"""

from __future__ import annotations

import ast
import linecache
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from autograder.core.call import ONE_VARIANT, Ran, run_variant


class Workshop(Protocol):
    """The text of an answer, and what changed texts of it do."""

    text: str
    first_line: int  # of the text, in the cell that the student sees

    def clock(self) -> float:
        """Return seconds, by which a search here is bounded."""

    def made(self, tree: ast.Module) -> Any:
        """Return a variant, ready to be run; the tree may change afterwards."""

    def run(self, variants: Sequence[Any], inputs: dict[str, Any]) -> Iterator[Ran]:
        """Yield what each variant's function does when it is called with these inputs."""


class Local:
    """Variants in this process: a function of the notebook, in copies of its own namespace.

    One run of a variant may take some seconds.
    """

    def __init__(self, f: Callable[..., Any], name: str, seconds: float = ONE_VARIANT) -> None:
        self.name, self.seconds = name, seconds
        self.scope: dict[str, Any] = getattr(f, "__globals__", {})
        code = getattr(f, "__code__", None)
        lines = linecache.getlines(code.co_filename) if code is not None else []
        line = code.co_firstlineno if code is not None else 1
        self.text, self.first_line = definition("".join(lines), name, line)

    def clock(self) -> float:
        """Return the seconds that this thread has computed: a busy machine costs no cause."""
        return time.thread_time()

    def made(self, tree: ast.Module) -> Any:
        """Return the code of a variant."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's own, of texts that nobody has written
            return compile(tree, "<variant>", "exec")

    def run(self, variants: Sequence[Any], inputs: dict[str, Any]) -> Iterator[Ran]:
        """Yield what each variant's function does when it is called with these inputs."""
        for code in variants:
            yield run_variant(code, self.name, self.scope, inputs, self.seconds)


def definition(text: str, name: str, line: int = 0) -> tuple[str, int]:
    """Return the text of a function, with those beside it that it calls, and its first line.

    `line` is where it begins, 0 where it is the last of its name. "" where there is none.
    """
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return "", 0
    made = {n.name: n for n in body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    whole = made.get(name)
    if whole is None or (line and not whole.lineno <= line <= (whole.end_lineno or 0)):
        return "", 0
    wanted, waiting = {name}, [whole]
    while waiting:
        used = {n.id for n in ast.walk(waiting.pop()) if isinstance(n, ast.Name)}
        for other in sorted((used & set(made)) - wanted):
            wanted.add(other)
            waiting.append(made[other])
    kept = [made[n] for n in made if n in wanted]
    rows = text.split("\n")
    first, last = kept[0].lineno, max(n.end_lineno or n.lineno for n in kept)
    if len(kept) == 1 or all(isinstance(n, ast.FunctionDef | ast.ClassDef) for n in body):
        return "\n".join(rows[first - 1 : last]), first
    start, end = whole.lineno, whole.end_lineno or whole.lineno
    return "\n".join(rows[start - 1 : end]), start
