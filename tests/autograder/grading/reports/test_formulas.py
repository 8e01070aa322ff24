"""Formulas that students write are set as they read, braces in braces too."""

from __future__ import annotations

import re

import pytest

from autograder.grading.reports.formulas import formula


def said(tex: str) -> str:
    """Return what a formula says, with ^ and _ before what stands above and below."""
    html = formula(tex).replace("<sub>", "_[").replace("<sup>", "^[")
    return re.sub("<[^>]*>", "", re.sub("</su[bp]>", "]", html))


@pytest.mark.parametrize(
    "tex, reads",
    [
        (r"\sigma(a) = \frac{1}{1 + e^{-a}}", "σ(a) = 1 / (1 + e^[−a])"),
        (r"\frac{\partial h_{t}}{\partial h_{t-1}}", "(∂h_[t]) / (∂h_[t−1])"),
        (r"\sqrt{\frac{x_{t}}{2}}", "√((x_[t]) / 2)"),
        (r"W_{h_{t_{i}}}", "W_[h_[t_[i]]]"),
        (r"e^{\frac{1}{2}}", "e^[1 / 2]"),
    ],
)
def test_braces_in_braces_are_read(tex, reads):
    assert said(tex) == reads


@pytest.mark.parametrize("tex", [r"\frac{1}{2", "a_{{{{{b}}}}}"])
def test_what_is_not_whole_stays_as_it_was_typed(tex):
    assert said(tex).replace("−", "-") == tex


def test_markup_in_braces_is_text():
    assert "<b>" not in formula(r"\frac{<b>}{x_{<b>}}") and "&lt;" in formula(r"\sqrt{{<b>}}")
