"""Facts by isolation: said where they hold in every case, and left out where they say nothing."""

import dataclasses

import numpy as np
import pytest

from autograder.core.diagnosis.isolation import facts
from autograder.core.exercise import Case, Exercise, Mistake
from autograder.core.words import Words


def cases(rng):
    return [
        Case(
            "values",
            {"x": rng.normal(size=(n, d)), "W": rng.normal(size=(d, d)), "b": rng.normal(size=d)},
        )
        for n, d in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 3), (2, 4))
    ]


def right(x, W, b):
    return x @ W.T + b


def sizes(inputs):
    return {"N": inputs["x"].shape[0], "D": inputs["x"].shape[1]}


MISTAKES = tuple(
    Mistake(f"m{i}", lambda x, W, b, i=i: right(x, W, b) * (2 + i), "") for i in range(4)
)
EXERCISE = Exercise("f", 1, right, cases, MISTAKES, ("", ""), words=Words(sizes=sizes))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda x, W, b: right(x, W, b) * len(x), "N times the right one"),
        (lambda x, W, b: right(x, W, b) / x.shape[1], "divided by D"),
        (lambda x, W, b: x @ W.T + b**3, "right wherever b is 0"),
        (lambda x, W, b: x @ W + b, "right where W is symmetric"),
        (lambda x, W, b: right(x, W, b) * np.exp(x.shape[1] - 1), "D is 1, and"),
        (lambda x, W, b: right(x, W, b)[::-1], "reverse order along axis 0"),
        (lambda x, W, b: x, "the argument x, as it came in"),
        (lambda x, W, b: right(x, W, b) ** 2, "Your result is the square of the right one"),
        (lambda x, W, b: right(x, W, b) + 0.25, "the right one plus 0.25, always"),
        (lambda x, W, b: right(x, W, b) * (0.5 + 1e-3 * np.tanh(x)), "half of the right one in"),
        (lambda x, W, b: np.abs(right(x, W, b)), "the absolute value of the right one"),
        (lambda x, W, b: right(x, W, b) * (2 + np.tanh(x)), "Your result is too large: between"),
    ],
)
def test_a_fact_is_said_where_it_holds(wrong, says):
    assert says in " ".join(facts(EXERCISE, wrong, 0))


def test_a_result_that_is_never_too_small_is_said_to_be_so():
    found = facts(EXERCISE, lambda x, W, b: np.maximum(right(x, W, b), 0), 0)
    assert found == ["Your result is right or too large, and never too small."]


def test_results_that_are_always_equal_are_not_called_exchanged():
    def three(x):
        return x, x, 2 * x

    def some(rng):
        return [Case("values", {"x": rng.normal(size=n)}) for n in (1, 2, 3)]

    exercise = Exercise("t", 1, three, some, (), ("", ""), outputs=("a", "b", "c"))
    found = facts(exercise, lambda x: (x, x, 3 * x), 0)
    assert not any("exchanged" in f for f in found)
    assert any("a and c are exchanged" in f for f in facts(exercise, lambda x: (2 * x, x, x), 0))


def test_half_of_the_largest_numbers_is_not_half_of_all():
    def some(rng):
        return [Case("values", {"x": np.array([1e6, 1.0, 2.0])}) for _ in range(3)]

    exercise = Exercise("h", 1, lambda x: x, some, (), ("", ""))
    found = facts(exercise, lambda x: np.where(x > 10, x / 2, x / 3), 0)
    assert not any("half of" in f for f in found)


def test_arrays_that_stand_for_each_other_are_named():
    def two(U, V):
        return U - 2 * V

    def some(rng):
        sizes = (1, 2, 3)
        return [Case("values", {k: rng.normal(size=(n, n)) for k in "UV"}) for n in sizes]

    exercise = Exercise("g", 1, two, some, (), ("", ""))
    found = facts(exercise, lambda U, V: V - 2 * U, 0)
    assert "It would be right if U and V were exchanged: each stands for the other." in found


def test_the_line_between_right_and_wrong_cases_is_found():
    def some(rng):
        return [Case("values", {"steps": rng.normal(size=n)}) for n in range(1, 9)]

    exercise = Exercise("m", 1, lambda steps: np.median(steps), some, (), ("", ""))
    found = facts(exercise, lambda steps: np.sort(steps)[len(steps) // 2], 0)
    assert any("in which steps has an odd number of rows, and in no other" in f for f in found)


def test_a_transpose_is_told_by_a_symmetric_matrix():
    found = facts(EXERCISE, lambda x, W, b: x @ W + b, 0)
    assert any("symmetric" in f for f in found)


def test_what_has_nothing_in_common_with_the_right_answer_gets_no_fact():
    assert facts(EXERCISE, lambda x, W, b: np.sin(9 * x), 0) == []


def test_where_the_mistakes_are_right_too_a_fact_says_nothing():
    alike = tuple(
        Mistake(f"m{i}", lambda x, W, b, i=i: x @ W.T + b * (2 + i), "") for i in range(4)
    )
    exercise = dataclasses.replace(EXERCISE, mistakes=alike)
    found = facts(exercise, lambda x, W, b: x @ W.T + b**3, 0)
    assert not any("wherever b is 0" in f for f in found)


def test_results_that_are_exchanged_are_told():
    exercise = Exercise(
        "two",
        1,
        lambda a: (a, 2 * a),
        lambda rng: [Case("values", {"a": rng.normal(size=n)}) for n in (2, 3)],
        (),
        ("", ""),
        outputs=("one", "other"),
    )
    assert facts(exercise, lambda a: (2 * a, a), 0)[0].startswith("one and other are exchanged")
