"""The panel: safe, complete, and the same in HTML and in text."""

import dataclasses
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup

from autograder.core.feedback import as_html, as_text, numbers
from autograder.core.judge import judge
from autograder.core.verdict import FAILED, FailingCase, Verdict
from autograder.course import EXERCISES

MISTAKES = [(e, m) for e in EXERCISES.values() for m in e.mistakes]


def panel(verdict, solution=""):
    return BeautifulSoup(as_html(verdict, solution), "html.parser").get_text()


@pytest.mark.parametrize("exercise, mistake", MISTAKES, ids=lambda x: x.name)
def test_a_panel_says_score_cause_and_smallest_case(exercise, mistake):
    verdict = judge(exercise, mistake.wrong)
    text, html = as_text(verdict), panel(verdict)
    for shown in (text, html):
        plain = shown.replace("`", "")
        assert f"of {exercise.points} point" in plain
        assert " ".join(mistake.says.replace("`", "").split()) in " ".join(plain.split())
        assert "yours" in plain and "expected" in plain
    for name, value in verdict.case.inputs.items():
        if not isinstance(value, tuple):
            assert f"{name} = " in text


def test_what_a_student_wrote_is_escaped():
    verdict = Verdict(
        "affine",
        FAILED,
        0.0,
        3.0,
        cause="Your line `<script>alert(1)</script>` raises",
        case=FailingCase("values", {"x": np.ones(1)}, "<img src=x onerror=y>", {"": np.ones(1)}),
        remarks=("<b>bold</b>",),
    )
    html = as_html(verdict, "<i>")
    assert not re.search(r"<(script|img|i>)", html)
    assert "<b>bold" not in html


def test_backticks_become_code():
    html = as_html(Verdict("affine", FAILED, 0.0, 3.0, cause="write `a @ b` here"))
    assert "a @ b</code>" in html


def test_the_model_solution_shows_on_success_only():
    exercise = EXERCISES["sigmoid"]
    passed, failed = judge(exercise, exercise.reference), judge(exercise, np.cos)
    assert "the_solution" in panel(passed, "the_solution")
    assert "the_solution" not in panel(failed, "the_solution")


def test_a_large_array_is_shortened():
    assert len(numbers(np.zeros((100, 100)))) < 1000


def test_only_the_parts_that_differ_are_shown():
    exercise = EXERCISES["flip_update_gate"]
    text = as_text(judge(exercise, exercise.mistakes[0].wrong))
    yours = text.split("yours:")[1].split("expected:")[0]
    assert "b_iz" in yours and "W_ir" not in yours


def test_colours_are_translucent_so_that_both_themes_work():
    html = as_html(judge(EXERCISES["sigmoid"], np.cos))
    assert "background:#" not in html and "color:#" not in html and "color:black" not in html


def test_small_numbers_keep_their_digits():
    assert numbers(np.array([0.00025, 1.5])) == "[0.00025, 1.5]"
    assert numbers(np.array([0.1234567, -2.0])) == "[ 0.1235, -2.    ]"


def test_of_many_wrong_arrays_the_first_are_shown_and_the_others_named():
    parts = {f"d{k}": np.zeros(1) for k in "abcdef"}
    case = FailingCase("values", {"x": np.ones(1)}, {k: v + 1 for k, v in parts.items()}, parts)
    verdict = Verdict("affine", FAILED, 0.0, 3.0, cause="c", case=case)
    for shown in (as_text(verdict), panel(verdict)):
        assert "dc = [1.]" in shown and "dd = " not in shown
        assert "Wrong too: dd, de, df." in shown
    many = dataclasses.replace(verdict, case=case._replace(inputs={"x": np.ones((40, 1))}))
    assert "The arguments, 40 lines" in as_html(many)
