"""A solved notebook -> the same answers as people and tools leave them: moved, merged, retyped.

Each change takes the cells and a generator of random numbers, and returns cells that hold every
answer still. Cells are plain values: kind, text, grade_id, id.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.authoring import source
from autograder.course import COURSE
from tests.helpers.submissions import notebook

WRITTEN = "The rows of the weights are units, and so the product needs the transpose."


@dataclass(frozen=True)
class Cell:
    """One cell. `stub` is the release's text of an answer cell, "" elsewhere."""

    kind: str
    text: str
    name: str = ""  # the grade_id
    id: str = ""
    stub: str = ""
    exercise: str = ""  # that it answers, whatever becomes of its name

    def new(self) -> Cell:
        """Return it as a cell of the student's own."""
        return replace(self, name="", id="")


Change = Callable[[list[Cell], np.random.Generator], list[Cell]]


def solved(chapter: str) -> list[Cell]:
    """Return a chapter's cells, with the key in the answers and a text in the written ones."""
    keys = source.keys(COURSE, chapter)
    made = []
    for cell in notebook(chapter).cells:
        about = cell.metadata.get("nbgrader", {})
        name = about.get("grade_id", "")
        if name in keys:
            made.append(Cell("code", keys[name], name, cell.id, cell.source, name))
        elif about.get("solution"):
            made.append(Cell("markdown", f"{WRITTEN} {name}", name, cell.id, cell.source, name))
        else:
            made.append(Cell(cell.cell_type, cell.source, name, cell.id))
    return made


def as_notebook(cells: list[Cell], **fields: Any) -> dict:
    """Return the notebook's JSON, format 4.5 where cells have ids."""
    made = []
    for cell in cells:
        one: dict[str, Any] = {"cell_type": cell.kind, "metadata": {}, "source": cell.text}
        if cell.name:
            one["metadata"] = {"nbgrader": {"grade_id": cell.name}}
        if cell.id:
            one["id"] = cell.id
        if cell.kind == "code":
            one |= {"outputs": [], "execution_count": None}
        made.append(one)
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made, **fields}


def _answers(cells: list[Cell]) -> list[int]:
    return [i for i, c in enumerate(cells) if c.exercise and c.kind == "code"]


def _pick(rng: np.random.Generator, some: list[int]) -> int:
    return int(rng.choice(some))


def without_metadata(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    return [replace(c, name="") for c in cells]


def without_ids(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    return [replace(c, id="") for c in cells]


def other_ids(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    return [replace(c, id=f"{int(rng.integers(2**31)):08x}-{i}") for i, c in enumerate(cells)]


def without_texts(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    return [c for c in cells if c.kind == "code" or c.exercise]


def merged(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    """Join some code cells that follow each other; the first one's metadata stays."""
    codes = [i for i, c in enumerate(cells) if c.kind == "code"]
    at = int(rng.integers(len(codes)))
    chosen = codes[at : at + int(rng.integers(2, 9))]
    first = cells[chosen[0]]
    text = "\n\n".join(cells[i].text for i in chosen)
    holds = next((cells[i].exercise for i in chosen if cells[i].exercise), "")
    whole = replace(first, text=text, exercise=holds, stub=first.stub)
    return [whole if i == chosen[0] else c for i, c in enumerate(cells) if i not in chosen[1:]]


def in_one_cell(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    whole = "\n\n".join(c.text for c in cells if c.kind == "code")
    return [*(c for c in cells if c.kind != "code"), Cell("code", whole)]


def split(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    """Cut an answer's cell between two statements; both halves keep the metadata, or the first."""
    made = []
    for c in cells:
        body = _body(c.text) if c.exercise and c.kind == "code" else []
        if len(body) < 2:
            made.append(c)
            continue
        at = int(rng.integers(1, len(body)))
        lines = c.text.split("\n")
        line = body[at].lineno - 1 - len(getattr(body[at], "decorator_list", []))
        second = replace(c, text="\n".join(lines[line:]), id="")
        made += [
            replace(c, text="\n".join(lines[:line])),
            second if rng.random() < 0.5 else second.new(),
        ]
    return made


def _body(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except SyntaxError:
        return []


def moved(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    """Put an answer's cell elsewhere, by its name or as a new cell."""
    i = _pick(rng, _answers(cells))
    left = [*cells[:i], *cells[i + 1 :]]
    cell = cells[i] if rng.random() < 0.5 else cells[i].new()
    at = int(rng.integers(len(left) + 1))
    return [*left[:at], cell, *left[at:]]


def retyped(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    """Write an answer in a cell of one's own; the stub stays, or was deleted."""
    i = _pick(rng, _answers(cells))
    made = list(cells)
    made[i] = replace(cells[i], text=cells[i].stub or "pass", exercise="")
    typed = cells[i].new()
    at = i + int(rng.integers(0, 4))
    left = made[:i] if rng.random() < 0.5 else made[: i + 1]
    made = [*left, *made[i + 1 :]]
    return [*made[:at], typed, *made[at:]]


def in_the_check(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    """Write an answer into its check's cell, above the check."""
    made = list(cells)
    for i in _answers(cells):
        check = next((k for k, c in enumerate(made) if f"check({made[i].exercise})" in c.text), i)
        if check != i and rng.random() < 0.5 and made[check].exercise == "":
            text = f"{made[i].text}\n\n{made[check].text}"
            made[check] = replace(made[check], text=text, exercise=made[i].exercise)
            made[i] = replace(made[i], text=made[i].stub or "pass", exercise="")
    return made


def helpers_below(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    """Let an answer call a function that stands in a cell below, or at the end."""
    i = _pick(rng, _answers(cells))
    cell = cells[i]
    defined = {n.name: n for n in _body(cell.text) if isinstance(n, ast.FunctionDef)}
    f = defined.get(cell.exercise)
    if f is None or f"def {cell.exercise}(" not in cell.text:
        return cells
    helper = f"{cell.exercise}_of_mine"
    head = ast.unparse(ast.FunctionDef(f.name, f.args, [ast.Pass()], [], lineno=1)).split("\n")[0]
    names = ", ".join(a.arg for a in f.args.args)
    below = Cell("code", cell.text.replace(f"def {cell.exercise}(", f"def {helper}("))
    made = list(cells)
    made[i] = replace(cell, text=f"{head}\n    return {helper}({names})")
    at = int(rng.integers(i + 1, len(made) + 1))
    return [*made[:at], below, *made[at:]]


def wrong_first(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    """Leave an attempt that failed in a cell above."""
    exercise = cells[_pick(rng, _answers(cells))].exercise
    i = next(i for i in _answers(cells) if cells[i].exercise == exercise)
    tried = Cell("code", f"def {cells[i].exercise}(*args):\n    return args[0] * 0 + 7")
    return [*cells[:i], tried, *cells[i:]]


def stub_again(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    """Leave the stub in a copy of the cell, below."""
    i = _pick(rng, _answers(cells))
    stub = replace(cells[i], text=cells[i].stub, exercise="", id="")
    stub = stub if rng.random() < 0.5 else replace(stub.new(), text=f"# to do\n{stub.text}")
    at = int(rng.integers(i + 1, len(cells) + 1))
    return [*cells[:at], stub, *cells[at:]] if stub.text.strip() else cells


def other_order(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    """Let the answers stand in each other's places, by their names or without."""
    answers = _answers(cells)
    order = rng.permutation(answers)
    made = list(cells)
    for i, k in zip(answers, order, strict=True):
        made[i] = cells[k] if rng.random() < 0.5 else cells[k].new()
    return made


def noise(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    """Add what people leave behind: prints, magics, a failed line, an empty cell."""
    made = list(cells)
    for text in ("%matplotlib inline", "!ls", "print('here')", "1 / 0", "", "import math", "x = ("):
        at = int(rng.integers(len(made) + 1))
        made = [*made[:at], Cell("code", text), *made[at:]]
    return made


def answer_below(cells: list[Cell], rng: np.random.Generator) -> list[Cell]:
    """Write the written answers in new cells below or above the placeholder."""
    made: list[Cell] = []
    for c in cells:
        if c.exercise and c.kind == "markdown" and c.stub:
            pair = [replace(c, text=c.stub, exercise=""), replace(c.new(), stub="")]
            made += pair if rng.random() < 0.5 else pair[::-1]
        else:
            made.append(c)
    return made


CHANGES: tuple[Change, ...] = (
    *(without_metadata, without_ids, other_ids, without_texts, merged, in_one_cell, split, moved),
    *(retyped, in_the_check, helpers_below, wrong_first, stub_again, other_order, noise),
    answer_below,
)


def reworked(chapter: str, seed: int) -> tuple[list[Cell], list[str]]:
    """Return a chapter's cells after one to five changes, and the names of these."""
    rng = np.random.default_rng([seed, len(chapter)])
    cells, names = solved(chapter), []
    drawn = [int(k) for k in rng.permutation(len(CHANGES))[: int(rng.integers(1, 6))]]
    for k in sorted(drawn, key=lambda k: CHANGES[k] in (noise, wrong_first)):  # these break others
        if _answers(cells):
            cells = CHANGES[k](cells, rng)
            names.append(CHANGES[k].__name__)
    return cells, names
