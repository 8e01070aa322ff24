"""What stands beside the answers, and answers as HTML."""

from __future__ import annotations

import json
import re

import pytest

from autograder.authoring import source
from autograder.course import COURSE
from autograder.grading.review.shown import model_answer, question
from tests.autograder.grading.review.room import reviewed
from tests.autograder.grading.store.classroom import WRITTEN
from tests.helpers.submissions import CHAPTER

WRITTEN_CELLS = [
    (chapter, cell.keys["answer"], cell.keys["points"])
    for chapter in source.chapter_names(COURSE)
    for cell in source.read(COURSE, chapter)
    if "answer" in cell.keys
]


@pytest.fixture(scope="module")
def room_and_page(tmp_path_factory):
    with reviewed(tmp_path_factory.mktemp("class")) as (room, page):
        yield room, page


@pytest.mark.parametrize("chapter, name, points", WRITTEN_CELLS)
def test_a_written_question_has_a_model_answer_and_a_rubric_of_all_its_points(
    chapter, name, points
):
    model, rubric = model_answer(COURSE, chapter, name)
    assert model and "**Points**" not in model
    given = re.findall(r"^- ([\d.]+): \S", rubric, re.MULTILINE)
    assert sum(map(float, given)) == points and len(given) == len(rubric.split("\n"))


@pytest.mark.parametrize("chapter, name, points", WRITTEN_CELLS)
def test_a_student_sees_nothing_of_the_rubric(chapter, name, points):
    text = (COURSE.notebooks / f"{chapter}.ipynb").read_text(encoding="utf-8")
    _, rubric = model_answer(COURSE, chapter, name)
    first = rubric.split("\n")[0].removeprefix("- 1: ")
    assert json.dumps(first)[1:-1] not in text and first not in text


def test_the_question_is_the_text_above_the_answer_from_its_heading_on():
    cells = [
        {"cell_type": "markdown", "source": ["Before.\n", "## A\n", "Asked.\n", "### B\n", "Why?"]},
        {"cell_type": "markdown", "source": [], "metadata": {"nbgrader": {"grade_id": "why"}}},
    ]
    assert question(cells, "why") == "### B\nWhy?"
    assert question(cells[1:], "why") == question(cells, "other") == ""


def test_formulas_are_set_in_question_model_and_answer(room_and_page):
    page = room_and_page[1]
    _, key = page.ask(f"question?chapter={CHAPTER}&name={WRITTEN}")
    assert all('<span class="tex"><i>N</i>' in key[part] for part in ("question", "model"))
    assert "<i>h</i><sub><i>t</i></sub>" in page.answer("ada")["html"]


@pytest.mark.parametrize("missing", ["why", "check_affine", "", "../../x"])
def test_a_question_that_is_not_there_is_not_found(room_and_page, missing):
    assert room_and_page[1].ask(f"question?chapter={CHAPTER}&name={missing}")[0] == 404


def test_html_of_a_student_is_text(room_and_page):
    room, page = room_and_page
    room.answer("fay", "<script>x</script> [a](javascript:x) <b onclick=x>b</b>")
    html = page.answer("fay")["html"]
    assert "&lt;script&gt;" in html and "<b" not in html and "href" not in html


def test_an_answer_of_any_length_comes_in_a_bounded_size(room_and_page):
    room, page = room_and_page
    room.answer("gil", "x " * 200_000)
    html = page.answer("gil")["html"]
    assert len(html) < 20_000 and "more characters are not shown" in html


def test_a_graded_notebook_that_is_damaged_is_said(room_and_page):
    room, page = room_and_page
    room.answer("hal", "because")
    room.directory.path("autograded", "hal", CHAPTER).write_text("{")
    assert "cannot be read" in page.answer("hal")["html"]
