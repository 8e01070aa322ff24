"""Damaged notebooks: whatever is done to the file, every exercise gets one result."""

from __future__ import annotations

import copy
import json
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import nbformat
import pytest

from autograder.authoring import source
from autograder.authoring.build import student_notebook, text
from autograder.course import COURSE
from autograder.grading.job import Job
from autograder.grading.notebooks.normalise import Normalised, normalise
from autograder.grading.run.grade_one import grade_one
from autograder.sandbox.limits import Limits
from tests.helpers import submissions

BLOCKS, IN_A_BLOCK = 16, 40
RELEASE = text(student_notebook(COURSE, submissions.CHAPTER))
KEYS = source.keys(COURSE, submissions.CHAPTER)
LIMITS = Limits(call=2.0, submission=20.0)
POINTS = {"sigmoid": 2.0, "affine": 3.0}

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 10**25, 1.5, float("nan"), float("inf"), "", "x", "\ud800", "\0"),
    *("code", "sigmoid", "check_affine", [], {}, [[]], {"a": {}}, ["x", 1], ["a", "b"]),
    "x" * 5000,
)
FIELDS = ("cell_type", "source", "metadata", "id", "outputs", "execution_count", "attachments")


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def _some_cell(nb: dict, rng: random.Random) -> dict:
    return rng.choice(nb["cells"]) if nb.get("cells") else {}


def set_field(nb: dict, rng: random.Random) -> None:
    _some_cell(nb, rng)[rng.choice(FIELDS)] = copy.deepcopy(rng.choice(ODD))


def drop_field(nb: dict, rng: random.Random) -> None:
    _some_cell(nb, rng).pop(rng.choice(FIELDS), None)


def nest_deeply(nb: dict, rng: random.Random) -> None:
    _some_cell(nb, rng)[rng.choice(FIELDS)] = _nested(rng.choice((5, 200, 900)))


def swap_type(nb: dict, rng: random.Random) -> None:
    _some_cell(nb, rng)["cell_type"] = rng.choice(("code", "markdown", "raw", "heading", "Code"))


def odd_grading(nb: dict, rng: random.Random) -> None:
    _some_cell(nb, rng)["metadata"] = {"nbgrader": copy.deepcopy(rng.choice(ODD))}


def another_name(nb: dict, rng: random.Random) -> None:
    names = ("sigmoid", "affine", "check_sigmoid", "why_the_transpose", "nobody", 5, None)
    _some_cell(nb, rng)["metadata"] = {"nbgrader": {"grade_id": rng.choice(names)}}


def same_ids(nb: dict, rng: random.Random) -> None:
    for cell in nb["cells"]:
        cell["id"] = "sigmoid"


def shuffle(nb: dict, rng: random.Random) -> None:
    rng.shuffle(nb["cells"])


def twice(nb: dict, rng: random.Random) -> None:
    if nb["cells"]:
        nb["cells"].insert(rng.randrange(len(nb["cells"])), copy.deepcopy(_some_cell(nb, rng)))


def delete(nb: dict, rng: random.Random) -> None:
    if nb["cells"]:
        del nb["cells"][rng.randrange(len(nb["cells"]))]


def odd_notebook(nb: dict, rng: random.Random) -> None:
    key = rng.choice(("metadata", "nbformat_minor", "nbformat_minor", "extra", "worksheets"))
    nb[key] = copy.deepcopy(rng.choice(ODD))


def odd_cells(nb: dict, rng: random.Random) -> None:
    nb["cells"].insert(rng.randrange(len(nb["cells"]) + 1), copy.deepcopy(rng.choice(ODD)))


def odd_version(nb: dict, rng: random.Random) -> None:
    nb["nbformat"] = rng.choice((*ODD, 1, 2, 3, 3, 3, 5))


def own_cell(nb: dict, rng: random.Random) -> None:
    texts = ("1 / 0", "def", "\ud800 = 1", "a\0b", "# " + "ü" * 3000, "%%bash", "x = [" * 300, "\r")
    cell = {"cell_type": rng.choice(("code", "markdown", "raw")), "source": rng.choice(texts)}
    cell["attachments"] = {"\ud800": {"image/png": "\udfff\0"}, "b": 5}
    nb["cells"].insert(rng.randrange(len(nb["cells"]) + 1), cell)


STRUCTURAL: tuple[Callable[[dict, random.Random], None], ...] = (
    *(set_field, set_field, drop_field, nest_deeply, swap_type, odd_grading, another_name),
    *(same_ids, shuffle, twice, twice, delete, delete, odd_notebook, odd_cells, odd_version),
    *(own_cell, own_cell),
)


def damage(data: bytes, rng: random.Random) -> bytes:
    """Return a file after one change of its bytes."""
    at = rng.randrange(len(data))
    how = rng.randrange(8)
    if how == 0:
        return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
    if how == 1:
        return data[:at] + data[at + rng.randrange(1, 50) :]
    if how == 2:
        return data[:at] + rng.randbytes(rng.randrange(1, 9)) + data[at:]
    if how == 3:
        return data[:at]
    if how == 4:
        end = data.find(b"\n", at) + 1
        mine, theirs = b"<<<<<<< HEAD\n", b"=======\n>>>>>>> theirs\n"
        return data[:end] + mine + data[end : end + 60] + theirs + data[end + 60 :]
    if how == 5:
        odd = rng.choice(
            (b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b"\\ud800", b"\\u0000", b"\0")
        )
        return data[:at] + odd + data[at:]
    if how == 6:
        return rng.choice((b"\xef\xbb\xbf", b"\xff\xfe", b" \n", b"{", b"[")) + data
    return data.replace(
        *rng.choice(((b'"', b"'"), (b"4", b"3"), (b"code", b"raw"), (b"\n", b"\r")))
    )


def mutated(seed: int) -> bytes:
    """Return a solved chapter 0 after one to three changes."""
    rng = random.Random(seed)
    nb = json.loads(json.dumps(submissions.solved(*KEYS)))
    if rng.random() < 0.35:
        data = json.dumps(nb, indent=1).encode()
        return damage(damage(data, rng) if rng.random() < 0.3 else data, rng)
    for _ in range(rng.randrange(1, 4)):
        change = rng.choice(STRUCTURAL)
        if all(isinstance(c, dict) for c in nb["cells"]):
            change(nb, rng)
    return json.dumps(nb).encode()


def untouched(data: bytes) -> bool:
    """Return whether the file is a notebook whose answers are the key's, each there once."""
    made = normalise(nbformat.v4.reads(RELEASE), data)
    if not isinstance(made, Normalised):
        return False
    return not any("`" in note for note in made.notes) and all(
        submissions.named(made.notebook, name).source == KEYS[name] for name in POINTS
    )


@pytest.mark.needs("bubblewrap")
@pytest.mark.parametrize("block", range(BLOCKS))
def test_whatever_is_done_to_a_file_every_exercise_gets_one_result(block):
    whole = refused = 0
    for seed in range(block * IN_A_BLOCK, (block + 1) * IN_A_BLOCK):
        data = mutated(seed)
        job = Job(COURSE, submissions.CHAPTER, RELEASE, data, seed=seed, limits=LIMITS)
        graded = grade_one(job)
        got = {r.exercise: r.score for r in graded.results}
        assert [r.exercise for r in graded.results] == list(POINTS), seed
        assert all(0 <= got[name] <= most for name, most in POINTS.items()), (seed, got)
        assert all(r.max_score == POINTS[r.exercise] for r in graded.results), seed
        assert all(r.cause and "Traceback" not in r.cause for r in graded.results if not r.score)
        nbformat.validate(json.loads(graded.notebook.encode()))
        refused += graded.refused is not None
        if untouched(data):
            whole += 1
            assert got == POINTS, (seed, graded.results)
    assert whole and refused, "a block holds files that are whole and files that are refused"


@pytest.mark.parametrize(
    "data, says",
    [
        (b'{"nbformat": 4, "cells": [' + b"[]," * 600_000 + b"[]]}", "too large"),
        (b'{"nbformat": 4, "cells": ' + b"[" * 300_000 + b"]" * 300_000 + b"}", "nested"),
        (b" " * 20_000_001, "empty"),
        (b'{"nbformat": 4, "x": "' + b"x" * 20_000_000 + b'"}', "too large"),
        (b'{"nbformat": 4, "cells": [' + b'"a",' * 3000 + b"1]}", "3,001 cells"),
    ],
    ids=["many brackets", "deep brackets", "blanks", "one long text", "many cells"],
)
@pytest.mark.needs("bubblewrap")
def test_a_file_that_would_take_much_memory_is_refused_before_it_does(data, says):
    graded = grade_one(Job(COURSE, submissions.CHAPTER, RELEASE, data))
    assert graded.refused is not None and says in graded.refused[1]


def _peak(answer: str, *own: str) -> tuple[float, int]:
    """Return the most memory, in MB, that grading an answer takes here; the notebook's size."""
    nb = submissions.solved("affine", sigmoid=answer)
    nb.cells[5:5] = [nbformat.v4.new_code_cell(text) for text in own]
    job = Job(COURSE, submissions.CHAPTER, RELEASE, json.dumps(nb).encode(), limits=LIMITS)
    tracemalloc.start()
    try:
        graded = grade_one(job)
        assert graded.results[1].score == 3.0
        return tracemalloc.get_traced_memory()[1] / 1e6, len(graded.notebook)
    finally:
        tracemalloc.stop()


@pytest.mark.needs("bubblewrap")
def test_what_an_answer_returns_or_prints_takes_little_memory_here():
    large = "def sigmoid(a):\n    return np.zeros(4_000_000, bool)"
    many = "def sigmoid(a):\n    return [[np.zeros(9, np.int8)] * 9000, 'x' * 4000]"
    loud = "def sigmoid(a):\n    print('x' * 10**7)\n    return np.zeros(2 * 10**6, np.int16)"
    for answer in (large, many, loud):
        assert _peak(answer)[0] < 100
    memory, size = _peak("def sigmoid(a): return a", *["print('x' * 10**6)"] * 100)
    assert memory < 20 and size < 1_000_000
