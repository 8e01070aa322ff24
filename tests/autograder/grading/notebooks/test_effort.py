"""No text of a student's makes more than a bounded number of steps where it is shown."""

from __future__ import annotations

import random
import sys

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder import sizes
from autograder.authoring.source import chapter_names
from autograder.course import COURSE
from autograder.grading.notebooks.effort import NOTE, SIGN, Effort, steps
from autograder.grading.notebooks.sanitize import sanitize
from autograder.grading.reports import markup
from autograder.grading.reports.markup import AS_TYPED, markdown_html
from tests.helpers.submissions import notebook
from tests.helpers.tangles import tangle

CALLS = 60  # of functions, for each character and for what every text costs


def calls(text: str) -> int:
    """Return how many functions are called to set a text."""
    count = 0

    def seen(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        markdown_html(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("seed", range(60))
def test_a_hostile_text_calls_a_bounded_number_of_functions(seed):
    text = tangle(random.Random(seed), 1500)
    assert calls(text) <= CALLS * (len(text) + 100)


def test_no_more_than_the_share_of_a_text_and_of_a_notebook_is_ever_set(monkeypatch):
    rng, done = random.Random(7), []

    class Counting(markup.MarkdownWithMath):
        def __init__(self, renderer: object) -> None:
            pass

        def render(self, text: str) -> str:
            done.append(len(text) * len(SIGN.findall(text)))
            return ""

    monkeypatch.setattr(markup, "MarkdownWithMath", Counting)
    effort = Effort()
    for _ in range(300):
        markdown_html(tangle(rng, rng.choice([100, 3000, 12_000, 50_000])), {}, effort)
    assert done and max(done) <= sizes.TEXT_STEPS and sum(done) <= sizes.NOTEBOOK_STEPS


def test_what_formgrader_shows_has_the_same_bound_and_a_second_time_changes_nothing():
    rng = random.Random(8)
    cells = [new_markdown_cell(tangle(rng, rng.choice([500, 20_000]))) for _ in range(100)]
    once = sanitize(new_notebook(cells=cells))
    texts = [c.source.removesuffix(NOTE).rstrip("\n") for c in once.cells]
    assert max(map(steps, texts)) <= sizes.TEXT_STEPS
    assert sum(map(steps, texts)) <= sizes.NOTEBOOK_STEPS
    assert [c.source for c in sanitize(once).cells] == [c.source for c in once.cells]


def test_what_is_too_much_is_there_as_it_was_typed():
    html = markdown_html("[" * 9000 + "<b>")
    assert AS_TYPED in html and "[" * 9000 + "&lt;b&gt;" in html


def test_a_text_as_people_write_it_is_set():
    prose = "The gate $z_t = \\sigma(W x_t)$ copies **most** of `h_prev`; see (2), [a](https://b.c). "
    assert AS_TYPED not in markdown_html(prose * 60)


def test_every_chapters_own_texts_take_less_than_a_tenth():
    for chapter in chapter_names(COURSE):
        texts = [c.source for c in notebook(chapter).cells if c.cell_type == "markdown"]
        assert max(map(steps, texts)) < sizes.TEXT_STEPS / 10
        assert sum(map(steps, texts)) < sizes.NOTEBOOK_STEPS / 10
