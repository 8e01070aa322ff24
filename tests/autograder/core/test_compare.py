"""What counts as equal: float64 nearly to the last digit, float32 as far as it carries."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.core.compare import is_right, same
from autograder.core.diagnosis.problem import Problem
from autograder.core.exercise import Case, Exercise
from autograder.core.judge import judge
from autograder.core.outcome import Failure, Numbers
from autograder.core.precision import float32_error
from autograder.core.verdict import FAILED, PASSED

EXERCISE = Exercise(
    name="cube",
    points=10,
    reference=lambda a: a**3,
    cases=lambda rng: [Case("values", {"a": rng.uniform(1, 2, n)}) for n in (1, 2, 3)],
    mistakes=(),
    hints=("", ""),
)
A = np.linspace(1.0, 2.0, 5)


def right(seen, expected=A, slack=None, **fields):
    exercise = Exercise(**(vars(EXERCISE) | fields))
    return is_right(exercise, Numbers({"": np.asarray(seen)}, slack=slack), {"": expected})


def test_the_same_numbers_are_right():
    assert right(A.copy())


@pytest.mark.parametrize(("error", "holds"), [(1e-12, True), (1e-8, True), (1e-6, False)])
def test_float64_is_right_to_seven_digits(error, holds):
    assert right(A * (1 + error)) is holds


@pytest.mark.parametrize(("off", "holds"), [(0.9e-3, True), (1.1e-3, False)])
def test_float32_may_be_off_by_its_slack(off, holds):
    assert right(A + off, slack={"": 1e-3}, rtol=0.0) is holds


@pytest.mark.parametrize(("slack", "small", "large"), [(0, 5e-10, 5e-9), (1e-5, 5e-6, 5e-5)])
def test_beside_0_an_absolute_error_counts(slack, small, large):
    zero = np.zeros(3)
    assert right(zero + small, zero, {"": slack})
    assert not right(zero + large, zero, {"": slack})


def test_an_exercise_may_ask_for_another_tolerance():
    assert right(A * 1.01, rtol=0.1)
    assert right(A + 0.05, rtol=0.0, atol=0.1)


def slack_of(reference, a):
    exercise = Exercise(**(vars(EXERCISE) | {"reference": reference}))
    return float32_error(exercise, Case("values", {"a": np.array(a)}))[""]


def test_the_slack_is_what_float32_does_to_the_formula_and_not_more():
    assert slack_of(lambda a: a**3, [1.5, 2.0]) < 1e-4  # seven digits of 8
    assert slack_of(lambda a: 1e4 + a - 1e4, [1.1]) > 1e-4  # a difference of large numbers
    assert slack_of(lambda a: 1e9 + a - 1e9, [1.1]) == pytest.approx(1.1e-3)  # float32 cannot tell
    assert slack_of(lambda a: float(np.float64(a[0])) ** 3, [2.0]) < 1e-4  # float64 alone


def test_a_formula_that_is_off_by_more_than_float32_is_wrong_in_float32_too():
    off = judge(EXERCISE, lambda a: (a**3 * (1 + 5e-5)).astype(np.float32))
    assert off.status == FAILED
    assert judge(EXERCISE, lambda a: a.astype(np.float32) ** 3).status == PASSED


def test_one_wrong_number_of_many_is_wrong():
    seen = A.copy()
    seen[-1] += 1e-3
    assert not right(seen)


@pytest.mark.parametrize("seen", [A[:1], A[None], A[:, None], np.float64(1.0)])
def test_a_shape_that_would_broadcast_is_wrong(seen):
    assert not right(seen, np.ones_like(A))
    assert not right(np.ones_like(seen), np.ones_like(A))


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_what_is_not_finite_is_never_right(odd):
    assert not right(A * odd)
    assert not right(np.full(3, np.nan), np.full(3, np.nan))


def test_all_parts_have_to_be_right():
    expected = {"h": A, "c": -A}
    assert is_right(EXERCISE, Numbers({"h": A, "c": -A}), expected)
    assert not is_right(EXERCISE, Numbers({"h": A, "c": A}), expected)
    assert not is_right(EXERCISE, Numbers({"h": -A, "c": -A}), expected)


def test_a_failure_is_never_right():
    assert not is_right(EXERCISE, Failure(Problem("wrong_shape", "", {"": A})), {"": A})


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda a: a, PASSED),
        (lambda a: a * (1 + 1e-5), FAILED),
        (lambda a: a.astype(np.float32), PASSED),
        (lambda a: (a * (1 + 1e-3)).astype(np.float32), FAILED),
        (lambda a: (a * (1 + 5e-3)).astype(np.float32), FAILED),
        (lambda a: a.astype(np.float16), FAILED),
    ],
)
def test_the_judge_pays_for_what_is_equal(change, status):
    verdict = judge(EXERCISE, lambda a: change(a**3))
    assert verdict.status == status
    assert verdict.score == (10 if status == PASSED else 0)


def number(*values, **fields):
    return Numbers({"": np.array(values)}, **fields)


def failure(name, detail=None):
    return Failure(Problem(name, "says", detail))


@pytest.mark.parametrize(
    ("a", "b", "holds"),
    [
        (number(1.0, np.nan), number(1.0, np.nan), True),
        (number(1.0), number(1.1), False),
        (number(1.0), failure("returns_none"), False),
        (failure("returns_none"), number(1.0), False),
        (failure("returns_none"), failure("returns_none"), True),
        (failure("returns_none"), failure("wrong_type"), False),
        (failure("raises_NameError", "a"), failure("raises_NameError", "b"), False),
        (failure("wrong_shape", {"": A}), failure("wrong_shape", {"": A + 1e-12}), True),
        (failure("wrong_shape", {"": A}), failure("wrong_shape", {"": A + 1}), False),
    ],
)
def test_two_outcomes_are_one_where_numbers_or_failures_agree(a, b, holds):
    assert same(EXERCISE, a, b) is holds
