"""Whatever becomes of a notebook's cells on the way, the answers in it are those that are judged."""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest

from autograder.authoring.program import given
from autograder.core.call import Undefined
from autograder.core.judge import judge
from autograder.core.verdict import PASSED
from autograder.course import COURSE
from autograder.grading.notebooks.check_cells import CHECK, is_check
from autograder.grading.notebooks.normalise import OURS, Normalised, grade_id, is_answer, normalise
from autograder.grading.run.grade_one import only_defines
from tests.helpers.reworked import CHANGES, WRITTEN, Cell, as_notebook, reworked, solved
from tests.helpers.submissions import notebook

CHAPTERS = [name for name in COURSE.names if "torch" not in COURSE.chapter(name).packages]
SEEDS = 8  # of each chapter; 200 were tried, with the torch chapter too


@functools.cache
def release(chapter):
    return notebook(chapter)


@functools.cache
def first_cell(chapter):
    """Return what a chapter's first cell defines, while nbgrader runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBGRADER_EXECUTION", "1")
        scope = {}
        setup = next(c for c in release(chapter).cells if c.cell_type == "code")
        exec(setup.source, scope)
    return scope


def scores(chapter, nb):
    """Return the exercises that do not pass, as grading would run the notebook."""
    scope = dict(first_cell(chapter))
    first = True
    failed = {}
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        if is_check(cell):
            name = grade_id(cell).removeprefix(CHECK)
            with np.errstate(all="ignore"):
                verdict = judge(COURSE.exercises[name], scope.get(name, Undefined(name)), 3)
            if verdict.status != PASSED:
                failed[name] = verdict.cause
        elif is_answer(cell) or cell.metadata.get(OURS, {}).get("own"):
            try:
                exec(cell.source, scope)
            except Exception:  # as a cell that stops
                pass
            except SyntaxError:
                pass
        elif first:
            first = False
        elif only_defines(cell.source):
            exec(cell.source, scope)
    return failed


def normalised(chapter, cells):
    made = normalise(release(chapter), json.dumps(as_notebook(cells)).encode())
    assert isinstance(made, Normalised)
    return made


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_one_change_loses_no_answer(chapter, change):
    cells = change(solved(chapter), np.random.default_rng(0))
    assert scores(chapter, normalised(chapter, cells).notebook) == {}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_several_changes_lose_no_answer(chapter):
    for seed in range(SEEDS):
        cells, names = reworked(chapter, seed)
        assert scores(chapter, normalised(chapter, cells).notebook) == {}, (seed, names)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_several_changes_lose_no_written_answer(chapter):
    asked = [c.name for c in solved(chapter) if c.kind == "markdown" and c.name]
    for seed in range(SEEDS):
        cells, names = reworked(chapter, seed)
        made = normalised(chapter, cells).notebook
        texts = {grade_id(c): c.source for c in made.cells if grade_id(c)}
        for name in asked:
            assert WRITTEN in texts[name], (seed, names, name)


def test_an_untouched_notebook_stays_unanswered_whatever_is_done_to_it():
    chapter = CHAPTERS[0]
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        cells = [Cell(c.kind, c.stub or c.text, c.name, c.id, c.stub, c.exercise) for c in solved(chapter)]
        for k in rng.permutation(4):
            cells = CHANGES[k](cells, rng)
        stubs = {grade_id(c): c.source for c in release(chapter).cells if grade_id(c)}
        made = normalised(chapter, cells).notebook
        assert {grade_id(c): c.source for c in made.cells if grade_id(c)} == stubs


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 150_000 + "x",
        " \n" * 90_000,
        "#\n" * 100_000,
        "x\n" * 90_000 + "def sigmoid(a):\n    return a\n" * 2,
        "check(" * 30_000,
        "a = " * 40_000,
        "'''" + "x" * 190_000,
        "(" * 190_000,
        "if x:\n" * 25_000,
        "@a\n" * 50_000,
        "word " * 38_000,
        "# ---\n" * 30_000,
        "\\\n" * 90_000,
        "✓ sigmoid: passed" * 9000,
    ],
)
def test_a_text_that_nobody_writes_ends_like_any_other(text):
    """Nothing takes longer than its length allows: the test's own limit of time would tell."""
    chapter = CHAPTERS[0]
    key = next(c for c in solved(chapter) if c.exercise == "sigmoid")
    for cells in ([Cell("code", text)], [Cell("code", text)] * 20, [Cell("markdown", text)]):
        made = normalised(chapter, [*cells, key.new()])
        texts = {grade_id(c): c.source for c in made.notebook.cells if grade_id(c)}
        assert texts["sigmoid"] == key.text
    normalise(release(chapter), text.encode())  # as the file itself
