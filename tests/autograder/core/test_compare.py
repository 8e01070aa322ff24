"""What counts as equal: float64 nearly to the last digit, float32 as far as it carries."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.core.compare import is_right, same
from autograder.core.diagnosis.problem import Problem
from autograder.core.exercise import Case, Exercise
from autograder.core.judge import judge
from autograder.core.outcome import Failure, Numbers
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


def right(seen, expected=A, single=False, **fields):
    exercise = Exercise(**(vars(EXERCISE) | fields))
    return is_right(exercise, Numbers({"": np.asarray(seen)}, single=single), {"": expected})


def test_the_same_numbers_are_right():
    assert right(A.copy())


@pytest.mark.parametrize(("error", "holds"), [(1e-12, True), (1e-8, True), (1e-6, False)])
def test_float64_is_right_to_seven_digits(error, holds):
    assert right(A * (1 + error)) is holds


@pytest.mark.parametrize(("error", "holds"), [(1e-6, True), (5e-5, True), (1e-3, False)])
def test_float32_is_right_to_four_digits(error, holds):
    assert right(A * (1 + error), single=True) is holds


@pytest.mark.parametrize(("single", "small", "large"), [(False, 5e-10, 5e-9), (True, 5e-6, 5e-5)])
def test_beside_0_an_absolute_error_counts(single, small, large):
    zero = np.zeros(3)
    assert right(zero + small, zero, single)
    assert not right(zero + large, zero, single)


def test_an_exercise_may_ask_for_another_tolerance_but_of_float64_alone():
    assert right(A * 1.01, rtol=0.1)
    assert not right(A * 1.01, rtol=0.1, single=True)
    assert right(A + 0.05, rtol=0.0, atol=0.1)


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
