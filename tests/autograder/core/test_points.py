"""What the judge pays: the share of each aspect, nothing for a call that was stopped."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.core.call import STOPPED, Halted, Remote, Returned, Undefined
from autograder.core.exercise import ASPECTS, Case, Exercise, Mistake
from autograder.core.judge import judge
from autograder.core.verdict import BROKEN, ERROR, FAILED, NOT_ATTEMPTED, PASSED

SIZES = {"values": 2, "batch": 3, "edge sizes": 1, "stability": 4}


def exercise(*aspects: str, points: int = 10, **fields) -> Exercise:
    """Return an exercise that asks for twice the input, with two cases of each aspect."""
    cases = [Case(name, {"a": np.full(SIZES[name], 3.0 + i)}) for name in aspects for i in (0, 1)]
    made = {"reference": lambda a: 2 * a, "cases": lambda rng: cases, "mistakes": ()}
    return Exercise(name="double", points=points, hints=("", ""), **made | fields)


ALL = exercise(*SIZES)


def wrong_where(*aspects: str):
    """Return an answer that is wrong for the cases of these aspects."""
    return lambda a: 2 * a + (1 if a.size in [SIZES[name] for name in aspects] else 0)


def test_a_right_answer_has_all_points():
    verdict = judge(ALL, lambda a: a + a)
    assert (verdict.status, verdict.score, verdict.max_score) == (PASSED, 10.0, 10.0)


@pytest.mark.parametrize("aspect", ["batch", "edge sizes", "stability"])
def test_an_aspect_that_fails_costs_its_own_share(aspect):
    verdict = judge(ALL, wrong_where(aspect))
    assert verdict.status == FAILED
    assert verdict.score == 10 - ASPECTS[aspect]
    assert {a.name for a in verdict.aspects if not a.passed} == {aspect}


def test_wrong_values_cost_their_share_where_a_batch_is_right():
    assert judge(ALL, wrong_where("values")).score == 10 - ASPECTS["values"]


def test_without_values_or_batch_no_other_aspect_earns_a_point():
    verdict = judge(ALL, wrong_where("values", "batch"))
    assert verdict.score == 0
    assert not any(a.passed or a.points for a in verdict.aspects)


def test_one_wrong_case_costs_the_whole_aspect():
    verdict = judge(ALL, lambda a: 2 * a + (a[0] == 4.0 and a.size == SIZES["batch"]))
    assert {a.name for a in verdict.aspects if not a.passed} == {"batch"}


def test_an_input_that_is_changed_costs_its_share():
    def double(a):
        b = 2 * a
        a += 1
        return b

    verdict = judge(ALL, double)
    assert (verdict.score, verdict.mistake) == (9, "changes_its_inputs")


@pytest.mark.parametrize("points", [1, 2, 3, 7, 10])
@pytest.mark.parametrize("aspects", [("values",), ("values", "batch"), tuple(SIZES)])
def test_what_no_case_tests_is_shared_out_and_no_point_is_lost(points, aspects):
    verdict = judge(exercise(*aspects, points=points), lambda a: 2 * a)
    assert {a.name for a in verdict.aspects} == {*aspects, "inputs untouched"}
    assert sum(a.max_points for a in verdict.aspects) == pytest.approx(points)
    assert verdict.score == points


class Stops(Remote):
    """Doubles, until the call that is stopped; the same again at each call after it."""

    def __init__(self, at: int, by: str) -> None:
        self.left, self.by = at, by

    def __call__(self, a):
        raise AssertionError("a remote function is called by `run`")

    def run(self, inputs):
        self.left -= 1
        if self.left < 0:
            return Halted(self.by, "It was stopped.")
        return Returned(2 * inputs["a"], inputs)


@pytest.mark.parametrize("by", STOPPED)
@pytest.mark.parametrize("at", range(8))
def test_a_call_that_is_stopped_in_any_case_earns_nothing(at, by):
    verdict = judge(ALL, Stops(at, by))
    assert (verdict.status, verdict.mistake, verdict.score) == (ERROR, by, 0)
    assert verdict.cause == "It was stopped."
    assert verdict.aspects == ()


def test_what_is_not_stopped_has_all_points():
    assert judge(ALL, Stops(8, "died")).score == 10


def test_a_stub_that_still_runs_in_the_first_case_is_not_attempted():
    def double(a):
        raise NotImplementedError

    verdict = judge(ALL, double)
    assert (verdict.status, verdict.score) == (NOT_ATTEMPTED, 0)


def test_a_stub_that_still_runs_in_a_later_case_is_attempted():
    def double(a):
        if a.size == SIZES["stability"]:
            raise NotImplementedError
        return 2 * a

    verdict = judge(ALL, double)
    assert (verdict.status, verdict.score) == (FAILED, 9)


def test_an_exception_everywhere_is_an_error_and_in_one_aspect_a_failure():
    def raises(a, sizes):
        if a.size in sizes:
            raise ValueError("no")
        return 2 * a

    assert judge(ALL, lambda a: raises(a, (1, 2, 3, 4))).status == ERROR
    verdict = judge(ALL, lambda a: raises(a, (SIZES["edge sizes"],)))
    assert (verdict.status, verdict.score, verdict.mistake) == (FAILED, 9, "raises_ValueError")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_reference_that_is_not_finite_is_the_graders_fault(value):
    verdict = judge(exercise("values", reference=lambda a: a * value), lambda a: a)
    assert (verdict.status, verdict.score, verdict.max_score) == (BROKEN, 0, 10)


def test_a_declared_mistake_is_named_and_its_remark_tells_what_it_does_not_explain():
    mistake = Mistake("squared", lambda a: a * a, "You square.")
    asked = exercise(*SIZES, mistakes=(mistake,))

    def squares(a):
        b = a * a
        a += 1
        return b

    verdict = judge(asked, squares)
    assert (verdict.status, verdict.mistake, verdict.cause) == (FAILED, "squared", "You square.")
    assert any("in place" in remark for remark in verdict.remarks)
    assert judge(asked, lambda a: a * a).remarks == ()


def test_the_smallest_failing_case_is_shown_with_what_was_due():
    verdict = judge(ALL, wrong_where("batch", "stability"))
    assert verdict.case.aspect == "batch"
    assert verdict.case.inputs["a"].tolist() == [3.0, 3.0, 3.0]
    assert verdict.case.expected[""].tolist() == [6.0, 6.0, 6.0]
    assert verdict.case.seen[""].tolist() == [7.0, 7.0, 7.0]


def test_of_failures_the_case_with_numbers_is_shown():
    def double(a):
        return None if a.size == SIZES["batch"] else 2 * a + (a.size == SIZES["stability"])

    verdict = judge(ALL, double)
    assert (verdict.case.aspect, verdict.score) == ("stability", 7)


def test_a_warning_is_told_beside_right_numbers_alone():
    def warns(a, error=0.0):
        np.log(0 * a)
        return 2 * a + error * (a.size == SIZES["stability"])

    assert "Python warned" in judge(ALL, lambda a: warns(a)).remarks[0]
    assert judge(ALL, lambda a: warns(a, 1.0)).remarks == ()


def test_the_same_seed_gives_the_same_cases():
    drawn = []

    def cases(rng):
        drawn.append(rng.random())
        return [Case("values", {"a": np.ones(1)})]

    asked = exercise("values", cases=cases)
    for seed in (1, 1, 2):
        judge(asked, lambda a: 2 * a, seed)
    assert drawn[0] == drawn[1] != drawn[2]


def test_shares_are_whole_tenths_and_the_values_take_the_rest():
    aspects = judge(exercise("values", "batch", "stability", points=7), lambda a: 2 * a).aspects
    assert {a.name: a.max_points for a in aspects} == {
        "values": 3.8,
        "batch": 1.6,
        "stability": 0.8,
        "inputs untouched": 0.8,
    }


@pytest.mark.parametrize("case", [0, 1])
def test_the_first_case_alone_tells_whether_it_was_attempted(case):
    calls = []

    def double(a):
        calls.append(a)
        if len(calls) - 1 == case:
            raise NotImplementedError
        raise ValueError("no")

    verdict = judge(ALL, double)
    assert (verdict.status == NOT_ATTEMPTED) is (case == 0)
    assert verdict.score == 0


def test_without_a_seed_the_cases_are_those_of_seed_0():
    drawn = []

    def cases(rng):
        drawn.append(rng.random())
        return [Case("values", {"a": np.ones(1)})]

    judge(exercise("values", cases=cases), lambda a: 2 * a)
    assert drawn == [np.random.default_rng(0).random()]


@pytest.mark.parametrize(
    ("why", "mistake", "says"),
    [("", "name_not_defined", "double is not defined"), ("Line 3.", "syntax_error", "Line 3.")],
)
def test_a_name_that_is_not_defined_says_why(why, mistake, says):
    verdict = judge(ALL, Undefined("double", why))
    assert (verdict.status, verdict.mistake, verdict.score) == (ERROR, mistake, 0)
    assert verdict.cause.startswith(says)


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "None"), ("text", "wrong type"), (np.ones(99), "wrong shape")]
)
def test_of_what_cannot_be_compared_the_kind_is_shown(value, shown):
    assert judge(ALL, lambda a: value).case.seen == shown


def test_a_small_result_of_a_wrong_shape_is_shown():
    case = judge(ALL, lambda a: np.ones(9)).case
    assert case.seen[""].shape == (9,) and list(case.expected) == [""]
