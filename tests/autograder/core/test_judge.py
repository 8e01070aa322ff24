"""The judge on answers that are wrong in kind: types, shapes, exceptions, changed inputs."""

import numpy as np
import pytest
import torch

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.core.judge import Undefined, judge
from autograder.core.verdict import BROKEN, ERROR, FAILED, NOT_ATTEMPTED, PASSED
from autograder.course import EXERCISES

AFFINE = EXERCISES["affine"]
right = AFFINE.reference


def of(f, exercise=AFFINE):
    return judge(exercise, f)


def wrapped(change):
    return lambda x_t, h_prev, W_i, b_i, W_h, b_h: change(right(x_t, h_prev, W_i, b_i, W_h, b_h))


def test_none_asks_for_the_return():
    verdict = of(wrapped(lambda a: None))
    assert (verdict.status, verdict.mistake) == (FAILED, "returns_none")
    assert "return" in verdict.cause and verdict.score == 0


def test_nan_is_named():
    verdict = of(wrapped(lambda a: a * np.nan))
    assert (verdict.status, verdict.mistake) == (FAILED, "nan")


def test_a_torch_tensor_is_named():
    verdict = of(wrapped(torch.as_tensor))
    assert verdict.mistake == "torch_tensor"
    assert "torch tensor" in verdict.cause


def test_a_string_is_a_wrong_type():
    verdict = of(wrapped(lambda a: "0.5"))
    assert verdict.mistake == "wrong_type"
    assert "a str" in verdict.cause


def test_a_function_as_result_asks_for_parentheses():
    assert "parentheses" in of(wrapped(lambda a: np.tanh)).cause


def test_a_ragged_list_is_a_wrong_type():
    assert "ragged" in of(wrapped(lambda a: [[1.0, 2.0], [3.0]])).cause


def test_complex_numbers_are_a_wrong_type():
    assert of(wrapped(lambda a: a + 1j)).mistake == "wrong_type"


def test_a_column_vector_is_told_from_a_vector():
    verdict = of(wrapped(lambda a: a[..., None]))
    assert verdict.mistake == "wrong_shape"
    assert "(2, 1)" in verdict.cause and "(2,)" in verdict.cause  # a size at which it shows


def test_a_sum_too_many_is_a_wrong_shape():
    verdict = of(wrapped(lambda a: a.sum()))
    assert verdict.mistake == "wrong_shape"
    assert "One number" in verdict.cause


def test_a_missing_parameter_is_named():
    verdict = of(lambda x_t, h_prev, W_i, b_i, W_h: 0)
    assert (verdict.status, verdict.mistake) == (ERROR, "missing_parameter")
    assert "b_h is missing" in verdict.cause


def test_an_extra_parameter_is_named():
    verdict = of(lambda x_t, h_prev, W_i, b_i, W_h, b_h, more: 0)
    assert (verdict.status, verdict.mistake) == (ERROR, "extra_parameter")
    assert "more is one too many" in verdict.cause


def test_a_parameter_with_a_default_is_no_mistake():
    assert of(lambda x_t, h_prev, W_i, b_i, W_h, b_h, k=1: right(x_t, h_prev, W_i, b_i, W_h, b_h))


def test_renamed_parameters_pass():
    assert of(lambda a, b, c, d, e, f: right(a, b, c, d, e, f)).status == PASSED


def test_the_same_parameters_in_another_order_pass():
    verdict = of(lambda W_i, b_i, W_h, b_h, x_t, h_prev: right(x_t, h_prev, W_i, b_i, W_h, b_h))
    assert verdict.status == PASSED


def test_an_exception_shows_the_students_own_line():
    def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
        return x_t @ W_i.T + undefined_name  # noqa: F821

    verdict = of(affine)
    assert (verdict.status, verdict.mistake) == (ERROR, "raises_NameError")
    assert "return x_t @ W_i.T + undefined_name" in verdict.cause
    assert "Traceback" not in verdict.cause


def test_endless_recursion_is_said_in_words():
    def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
        return affine(x_t, h_prev, W_i, b_i, W_h, b_h)

    assert "calls itself" in of(affine).cause


def test_sys_exit_in_an_answer_is_an_error_like_any_other():
    def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
        raise SystemExit(0)

    assert of(affine).status == ERROR


def test_an_undefined_name_is_told_from_a_wrong_answer():
    verdict = of(Undefined("affine"))
    assert (verdict.status, verdict.mistake) == (ERROR, "name_not_defined")


def test_a_number_in_place_of_the_function_is_named():
    verdict = of(3)
    assert (verdict.status, verdict.mistake) == (ERROR, "not_a_function")


def test_a_stub_is_not_attempted_and_costs_nothing_else():
    def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
        raise NotImplementedError()

    verdict = of(affine)
    assert (verdict.status, verdict.score, verdict.mistake) == (NOT_ATTEMPTED, 0, "")


def test_changing_an_input_in_place_costs_its_share_and_is_named():
    def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
        result = right(x_t, h_prev, W_i, b_i, W_h, b_h)
        h_prev *= 0
        return result

    verdict = of(affine)
    assert (verdict.status, verdict.mistake) == (FAILED, "changes_its_inputs")
    assert "h_prev" in verdict.cause
    assert 0 < verdict.score < AFFINE.points


def test_a_named_mistake_that_also_changes_an_input_says_both():
    def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
        result = x_t @ W_i.T + h_prev @ W_h.T + b_h
        x_t += 1
        return result

    verdict = of(affine)
    assert verdict.mistake == "b_i_forgotten"
    assert any("x_t in place" in r for r in verdict.remarks)


def test_an_input_changed_in_one_case_does_not_leak_into_the_next():
    calls = []

    def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
        calls.append(x_t.copy())
        x_t[...] = 7
        return 0 * h_prev

    of(affine)
    assert not any(np.all(x == 7) for x in calls)


def test_one_vector_right_and_a_batch_wrong_earns_part_of_the_points():
    verdict = of(lambda x_t, h_prev, W_i, b_i, W_h, b_h: W_i @ x_t + b_i + W_h @ h_prev + b_h)
    passed = {a.name for a in verdict.aspects if a.passed}
    assert passed == {"values", "edge sizes", "stability", "inputs untouched"}
    assert verdict.score == pytest.approx(sum(a.points for a in verdict.aspects))


def test_a_constant_earns_nothing():
    verdict = of(wrapped(lambda a: 0 * a))
    assert verdict.score == 0
    assert not any(a.points for a in verdict.aspects)


def test_an_unknown_mistake_gets_no_name():
    verdict = of(wrapped(lambda a: a + 0.37 * np.cos(a)))
    assert (verdict.status, verdict.mistake) == (FAILED, "")
    assert "redo" in verdict.cause.lower()


def test_a_constant_factor_is_said():
    assert "1.5 times" in of(wrapped(lambda a: 1.5 * a)).cause


def test_a_wrong_sign_is_said():
    assert "wrong sign" in of(wrapped(lambda a: -a)).cause


def test_the_smallest_failing_case_is_the_first_that_fails():
    seen = []

    def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
        result = right(x_t, h_prev, W_i, b_i, W_h, b_h)
        seen.append(x_t)
        return result if x_t.size < 3 else result + np.cos(result)

    verdict = of(affine)
    assert verdict.case.inputs["x_t"].size == min(x.size for x in seen if x.size >= 3)
    expected = right(**verdict.case.inputs)
    assert np.allclose(verdict.case.expected[""], expected)
    assert np.allclose(verdict.case.seen[""], expected + np.cos(expected))


def test_warnings_are_remarks_and_cost_nothing():
    def sigmoid(a):
        return 1 / (1 + np.exp(-a))

    verdict = of(sigmoid, EXERCISES["sigmoid"])
    assert (verdict.status, verdict.score) == (PASSED, 2)
    assert any("overflow" in r for r in verdict.remarks)


def test_overflow_to_nan_costs_stability_only():
    verdict = of(EXERCISES["sigmoid"].mistakes[0].wrong, EXERCISES["sigmoid"])
    assert verdict.mistake == "overflow"
    assert {a.name for a in verdict.aspects if not a.passed} == {"stability"}


def test_a_grader_whose_reference_fails_is_broken_and_not_the_student():
    broken = Exercise(
        name="affine",
        points=1,
        reference=lambda a: 1 / 0,
        cases=lambda rng: [Case("values", {"a": np.ones(2)})],
        mistakes=(Mistake("none", lambda a: a, ""),),
        hints=("", ""),
    )
    verdict = judge(broken, lambda a: a)
    assert verdict.status == BROKEN
    assert "not your mistake" in verdict.cause


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_the_points_of_the_aspects_sum_to_the_points_of_the_exercise(exercise):
    aspects = judge(exercise, exercise.reference).aspects
    assert sum(a.max_points for a in aspects) == pytest.approx(exercise.points)
