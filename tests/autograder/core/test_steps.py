"""The first value on the way that is wrong, and the terms of a sum that are not there just once."""

import ast
import textwrap

import numpy as np
import pytest

from autograder.core.call import run_variant
from autograder.core.diagnosis.seen import seen_of
from autograder.core.diagnosis.steps import trace, variables
from autograder.core.diagnosis.terms import sums
from autograder.core.exercise import Case, Exercise, Step
from autograder.core.judge import judge
from autograder.core.trials import trials


def cases(rng):
    return [
        Case("values", {"a": rng.normal(size=(n, 2)), "b": rng.normal(size=(n, 2))})
        for n in (1, 2, 3)
    ]


def right(a, b):
    u_t = np.tanh(a)
    da = u_t * b
    return da + a, da.sum(0)


EXERCISE = Exercise(
    "f",
    1,
    right,
    cases,
    (),
    ("", ""),
    outputs=("h", "db"),
    steps=(
        Step("u_t", lambda i: np.tanh(i["a"]), "u_t = tanh(a)"),
        Step("da", lambda i: np.tanh(i["a"]) * i["b"], "da = u_t ⊙ b", "db"),
    ),
    terms=lambda i: {"h": {"da": np.tanh(i["a"]) * i["b"], "a": i["a"]}},
)


class Here:
    def __init__(self, text):
        self.text, self.first_line = text, 1

    def clock(self):
        return 0.0

    def made(self, tree):
        return ast.unparse(tree)

    def run(self, variants, inputs):
        for code in variants:
            yield run_variant(code, "f", {"np": np}, inputs)


def answer(body):
    text = "def f(a, b):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    scope = {"np": np}
    exec(text, scope)
    return scope["f"], Here(text)


def traced(body):
    f, place = answer(body)
    seen = [seen_of(EXERCISE, f, t) for t in trials(EXERCISE, 0)]
    return trace(EXERCISE, judge(EXERCISE, f), place, seen)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("u = np.tanh(a)\nda = u * a\nreturn da + a, da.sum(0)", "u is right, and the first that"),
        ("u = np.tan(a)\nd_a = u * b\nreturn d_a + a, d_a.sum(0)", "the first that is wrong is u."),
        ("c = np.tanh(a)\nda = c + b\nreturn da + a, da.sum(0)", "c is right, and the first that"),
    ],
)
def test_the_first_wrong_variable_is_named_with_its_formula_and_its_line(body, says):
    verdict = traced(body)
    assert verdict.mistake == "first_wrong_step"
    assert says in verdict.cause and "Look at line" in verdict.cause
    name = verdict.cause.split("wrong is ")[1].split(".")[0]
    assert next(iter(verdict.case.seen)) == next(iter(verdict.case.expected)) == name


def test_without_a_variable_the_result_that_is_its_sum_tells():
    verdict = traced("return np.tanh(a) * b + 2 * a, (np.tanh(a) * a).sum(0)")
    assert verdict.mistake == ""  # no step before it has a result that is right
    verdict = traced("return a, (np.tanh(a) * b).sum(0)")
    assert "Begin there" not in verdict.cause


def test_a_variable_that_is_written_twice_or_in_place_or_in_a_loop_tells_nothing():
    body = """
    u = a
    u = u + 1
    v = np.zeros_like(a)
    v[0] = 1
    for w in b:
        x = w
    y = 2 * a
    if True:
        return y
    """
    _, place = answer(body)
    held = variables(place, "f", {"a": np.ones((1, 2)), "b": np.ones((1, 2))})
    assert set(held) == {"y"}


def test_helpers_of_the_same_cell_run_as_they_are():
    text = "def g(a):\n    return np.tanh(a)\n\n\ndef f(a, b):\n    u = g(a)\n    return u, b"
    held = variables(Here(text), "f", {"a": np.ones((1, 2)), "b": np.ones((1, 2))})
    assert np.allclose(held["u"], np.tanh(1))


def test_what_is_right_in_one_case_alone_is_not_called_right():
    body = "u = np.tanh(a) if len(a) < 3 else a\nda = u + b\nreturn da + a, da.sum(0)"
    assert "u is right" not in traced(body).cause


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return np.tanh(a) * b, (np.tanh(a) * b).sum(0)", "In h `a` is missing"),
        ("return np.tanh(a) * b - a, (np.tanh(a) * b).sum(0)", "In h `a` has the wrong sign"),
        ("return 2 * np.tanh(a) * b + a, b[0]", "In h `da` is there twice"),
    ],
)
def test_terms_of_a_sum_are_counted(body, says):
    f, _ = answer(body)
    (said,) = sums(EXERCISE, [seen_of(EXERCISE, f, t) for t in trials(EXERCISE, 0)])
    assert said.startswith(says)


def test_what_is_no_sum_of_the_terms_gets_no_word():
    f, _ = answer("return np.sin(a), b[0]")
    assert not list(sums(EXERCISE, [seen_of(EXERCISE, f, t) for t in trials(EXERCISE, 0)]))
