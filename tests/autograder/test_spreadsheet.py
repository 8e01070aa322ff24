"""Texts that a spreadsheet would run."""

import pytest

from autograder.spreadsheet import escape_formula, unescape_formula


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_a_formula_becomes_text_and_comes_back(text):
    assert escape_formula(text) == f"'{text}"
    assert unescape_formula(escape_formula(text)) == text


@pytest.mark.parametrize("text", ["", "ada", "'ada", "1=1", "d'Arc"])
def test_any_other_text_stays_as_it_is(text):
    assert escape_formula(text) == text == unescape_formula(text)
