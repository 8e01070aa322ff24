"""What is read from a call: numbers or a problem, changed arguments, the line that raised."""

from __future__ import annotations

import inspect
import linecache
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autograder.core.call import Other, Raised, Undefined, describe, run, signature
from autograder.core.course import Course, load
from autograder.core.diagnosis.elsewhere import blame_elsewhere
from autograder.core.diagnosis.exceptions import raised_problem
from autograder.core.exercise import Case, Chapter, Exercise, Mistake
from autograder.core.judge import judge
from autograder.core.outcome import KEPT, Failure, Numbers, call
from autograder.core.parts import leaves, parts_of
from autograder.core.verdict import ERROR, FAILED, PASSED
from autograder.core.words import Words

Pair = namedtuple("Pair", "h c")


def returns(value, expected, outputs=(), inputs=None, **fields):
    """Return the outcome of a function that returns this value where that is expected."""
    exercise = Exercise("f", 1, lambda a: expected, lambda rng: [], (), ("", ""), outputs=outputs)
    inputs = {"a": np.ones(2)} if inputs is None else inputs
    return call(lambda a: value, exercise, Case("values", inputs), expected)


ONE = np.arange(3.0)
TWO = (np.arange(3.0), np.ones((2, 2)))


@pytest.mark.parametrize("value", [ONE, [0, 1, 2], np.arange(3), np.arange(3.0) > 0, (ONE + 0)])
def test_an_array_of_real_numbers_is_read_in_float64(value):
    outcome = returns(value, ONE)
    assert isinstance(outcome, Numbers)
    assert outcome.parts[""].dtype == np.float64
    assert outcome.slack is None


def test_float32_is_noted_in_any_part():
    assert returns(ONE.astype(np.float32), ONE).slack is not None
    assert returns((ONE, TWO[1].astype(np.float32)), TWO, ("a", "b")).slack is not None
    assert returns(TWO, TWO, ("a", "b")).slack is None


@pytest.mark.parametrize(
    "value",
    [TWO, list(TWO), {"h": TWO[0], "c": TWO[1]}, Pair(*TWO), Pair(*TWO)._asdict()],
    ids=["tuple", "list", "dict", "named", "asdict"],
)
def test_two_parts_may_come_in_any_container(value):
    outcome = returns(value, TWO, ("h", "c"))
    assert outcome.parts["h"].tolist() == TWO[0].tolist()
    assert outcome.parts["c"].tolist() == TWO[1].tolist()


def test_parts_by_name_may_come_in_any_order():
    swapped = {"c": TWO[1], "h": TWO[0]}
    assert returns(swapped, TWO, ("h", "c")).parts["h"].tolist() == TWO[0].tolist()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (TWO[:1], "1 values"),
        ((*TWO, ONE), "3 values"),
        ({"h": ONE}, "a dict"),
        (np.float64(3), "a float64"),
        (3.0, "a float"),
        (np.array(3.0), "an array of float64"),
    ],
)
def test_where_parts_are_missing_it_is_said_what_came(value, says):
    problem = returns(value, TWO, ("h", "c")).problem
    assert problem.name == "wrong_type"
    assert f"returns {says}; expected are 2 arrays: h, c." in problem.says


@pytest.mark.parametrize("value", [3, 3.0, np.float32(3), np.array([3.0]), np.array([[3.0]])])
def test_a_number_may_come_in_an_array_of_one(value):
    outcome = returns(value, np.float64(3))
    assert outcome.parts[""].shape == ()
    assert outcome.parts[""] == 3


def test_two_numbers_are_not_one():
    assert returns([3.0, 3.0], np.float64(3)).problem.name == "wrong_shape"


@pytest.mark.parametrize(
    ("seen", "due", "says"),
    [
        ((2, 3), (3, 2), "It is transposed."),
        ((2, 2), (3, 3), "Follow the shapes"),
        ((), (3,), "One number came back"),
        ((1, 3), (3,), "axis"),
        ((3, 1), (3,), "axis"),
        ((2, 3), (3,), "Follow the shapes"),
        ((1, 1, 3), (3,), "Follow the shapes"),
        ((3,), (3, 3), "Follow the shapes"),
        ((2, 3, 4), (4, 3, 2), "Follow the shapes"),
        ((3,), (), "expected is one number"),
    ],
)
def test_a_wrong_shape_is_said_with_what_may_be_the_cause(seen, due, says):
    problem = returns(np.ones(seen), np.ones(due)).problem
    assert problem.name == "wrong_shape"
    assert says in problem.says
    assert ("transposed" in problem.says) == ("transposed" in says)


def test_one_number_for_a_named_part_asks_for_an_array():
    says = returns((0.0, TWO[1]), TWO, ("h", "c")).problem.says
    assert "h has shape (); expected is (3,)." in says
    assert "an array of zeros of that shape" in says


def test_of_a_wrong_shape_the_numbers_are_kept_unless_they_are_many():
    assert returns(np.ones(KEPT), ONE).problem.detail[""].size == KEPT
    assert returns(np.ones(KEPT + 1), ONE).problem.detail[""].size == 0


def test_a_part_of_a_wrong_type_goes_before_one_of_a_wrong_shape():
    assert returns((np.ones(9), "text"), TWO, ("h", "c")).problem.name == "wrong_type"


@pytest.mark.parametrize(
    ("value", "name", "says"),
    [
        (None, "returns_none", "`return`"),
        (Other("Tensor", module="torch"), "torch_tensor", "torch tensor"),
        (Other("Tensor", module="torch.nn"), "torch_tensor", "torch tensor"),
        (Other("function", True), "wrong_type", "parentheses"),
        (Other("set"), "wrong_type", "a set"),
        (len, "wrong_type", "parentheses"),
        (ONE * 1j, "wrong_type", "an array of complex128; an array of real numbers"),
        (TWO, "wrong_type", "a tuple of 2 values; one array"),
        ([[1.0], [1.0, 2.0]], "wrong_type", "ragged"),
    ],
)
def test_what_is_no_array_is_named(value, name, says):
    problem = returns(value, ONE).problem
    assert problem.name == name
    assert says in problem.says


def test_where_one_number_is_due_one_number_is_asked_for():
    assert "; a number of real numbers" in returns("3", np.float64(3)).problem.says


def test_gradients_in_a_tuple_have_a_d_before_their_names():
    assert set(parts_of((ONE, Pair(1.0, 2.0)), ("x", "p"))) == {"x", "dh", "dc"}
    assert set(parts_of((ONE, ONE))) == {"part 1", "part 2"}
    assert set(parts_of(Pair(1.0, 2.0))) == {"h", "c"}
    with pytest.raises(ValueError):
        parts_of((ONE, ONE), ("only one",))


def test_gradients_may_come_as_a_dict_in_a_tuple_or_flat():
    expected = (ONE, Pair(np.ones(1), np.zeros(1)))
    flat = (ONE, np.ones(1), np.zeros(1))
    for value in (expected, [ONE, Pair(*flat[1:])], (ONE, {"h": flat[1], "c": flat[2]}), flat):
        outcome = returns(value, expected, ("x", "p"))
        assert {k: v.tolist() for k, v in outcome.parts.items()} == {
            "x": [0, 1, 2],
            "dh": [1],
            "dc": [0],
        }


def changes(change, inputs):
    exercise = Exercise("f", 1, lambda a: ONE, lambda rng: [], (), ("", ""))

    def f(a):
        change(a)
        return ONE

    return call(f, exercise, Case("values", inputs), ONE).changed


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (lambda a: None, ()),
        (lambda a: a[0].__iadd__(1), ("a",)),
        (lambda a: a[1].__setitem__(0, 7), ("a",)),
        (lambda a: a[1].__setitem__(slice(None), a[1].copy()), ()),
    ],
)
def test_a_change_in_place_is_seen_in_any_array_of_an_argument(change, changed):
    assert changes(change, {"a": (np.ones(2), np.array([1.0, np.nan]))}) == changed


def test_a_change_in_place_does_not_reach_the_callers_arrays():
    mine = np.ones(2)
    assert changes(lambda a: a.fill(7), {"a": mine}) == ("a",)
    assert mine.tolist() == [1, 1]


def test_a_function_holds_no_arrays():
    assert leaves(np.tanh) == leaves(Other("x")) == []
    assert len(leaves((1.0, (ONE, np.tanh)))) == 2


def test_what_is_observed_is_compared_in_place_of_the_answer():
    exercise = Exercise(
        name="root",
        points=1,
        reference=lambda a: np.sqrt(a),
        cases=lambda rng: [Case("values", {"a": np.full(2, 4.0)})],
        mistakes=(),
        hints=("", ""),
        observe=lambda inputs, answer: answer**2 - inputs["a"],
    )
    assert judge(exercise, lambda a: -np.sqrt(a)).status == PASSED
    assert judge(exercise, lambda a: a).status == FAILED


def double(a, b):
    return a * 2 + b * 0


SMALL = Exercise(
    name="double",
    points=1,
    reference=double,
    cases=lambda rng: [Case("values", {"a": np.ones(2), "b": np.ones(2)})],
    mistakes=(),
    hints=("", ""),
)


def test_arguments_go_by_name_where_the_names_are_the_stubs_and_else_by_place():
    by_name = lambda b, a: a * 10 + b  # noqa: E731
    by_place = lambda x, y: x * 10 + y  # noqa: E731
    inputs = {"a": np.float64(1), "b": np.float64(2)}
    assert run(by_name, inputs).value == run(by_place, inputs).value == 12


@pytest.mark.parametrize(
    ("f", "name", "says"),
    [
        (lambda a: a, "missing_parameter", "b is missing"),
        (lambda a, b, c: a, "extra_parameter", "c is one too many"),
        (lambda a, c, d: a, "extra_parameter", "b is missing, c is one too many, d is one"),
        (lambda: 0, "missing_parameter", "a is missing, b is missing"),
        (lambda a, *, b: a, "extra_parameter", "count them again"),
    ],
)
def test_parameters_are_counted_and_named(f, name, says):
    verdict = judge(SMALL, f)
    assert (verdict.status, verdict.mistake) == (ERROR, name)
    assert says in verdict.cause
    assert "takes 2 parameters, (a, b)" in verdict.cause


def test_the_signature_of_what_has_none_is_unknown():
    assert signature(double) == [("a", 1, False), ("b", 1, False)]
    assert signature(lambda a=1: a) == [("a", 1, True)]
    with pytest.raises(ValueError):
        inspect.signature(min)
    assert signature(min) is None


def test_warnings_are_told_once_each_and_sorted_and_only_of_right_numbers():
    def warns(a, b):
        return np.log(a * 0) * 0 + np.exp(a * 1000) * 0 + double(a, b)

    ran = run(warns, {"a": np.ones(2), "b": np.ones(2)})
    assert list(ran.warned) == sorted(set(ran.warned)) and len(ran.warned) >= 2
    assert judge(SMALL, warns).remarks == ()
    right = judge(SMALL, lambda a, b: (np.log(a * 0), double(a, b))[1])
    assert "The numbers are right" in right.remarks[0]


def test_underflow_is_no_warning():
    assert run(lambda a: np.exp(-a * 1000), {"a": np.ones(1)}).warned == ()


def test_a_stub_that_still_runs_is_told_from_another_answers_stub():
    def stub(a, b):
        raise NotImplementedError

    def calls_it(a, b):
        return stub(a, b)

    inputs = {"a": ONE, "b": ONE}
    mine, other = run(stub, inputs).raised, run(calls_it, inputs).raised
    assert (mine.stub, mine.own_stub) == ("stub", True)
    assert (other.stub, other.own_stub) == ("stub", False)
    verdict = judge(SMALL, calls_it)
    assert verdict.mistake == "needs_another_exercise"
    assert "calls stub" in verdict.cause
    assert verdict.case is None


def test_the_stub_of_a_class_of_the_same_cell_is_the_answers_own():
    code = "class Cell:\n    def step(self, a):\n        raise NotImplementedError\n"
    code += "def f(a):\n    return Cell().step(a)\n"
    mine: dict = {}
    exec(compile(code, "<cell>", "exec"), mine)
    raised = run(mine["f"], {"a": ONE}).raised
    assert (raised.stub, raised.own_stub) == ("step", True)


def test_no_other_exception_is_a_stub():
    raised = run(lambda a: 1 / 0, {"a": ONE}).raised
    assert (raised.kind, raised.stub, raised.own_stub) == ("ZeroDivisionError", "", False)


def cells(monkeypatch, **sources):
    """Return what these cells define, run in order, with their lines where tracebacks find them."""
    made: dict = {}
    for name, source in sources.items():
        lines = source.splitlines(keepends=True)
        monkeypatch.setitem(linecache.cache, f"<{name}>", (len(source), None, lines, f"<{name}>"))
        exec(compile(source, f"<{name}>", "exec"), made)
    return made


def test_the_line_that_is_shown_is_the_answers_own_and_not_one_that_it_calls(monkeypatch):
    helper = "def helper(a):\n    return a.no_such_thing\n"
    answer = "def answer(a):\n    b = a\n    return helper(b)\n"
    f = cells(monkeypatch, helper=helper, answer=answer)["answer"]
    assert run(f, {"a": ONE}).raised.line == "return helper(b)"


def test_of_the_answers_own_lines_the_innermost_is_shown(monkeypatch):
    answer = "def inner(a):\n    return a.no_such_thing\ndef answer(a):\n    return inner(a)\n"
    f = cells(monkeypatch, answer=answer)["answer"]
    assert run(f, {"a": ONE}).raised.line == "return a.no_such_thing"


def test_a_name_that_no_cell_has_defined_is_told_from_any_other_name():
    undefined = run(Undefined("affine"), {"a": ONE}).raised
    assert (undefined.kind, undefined.name, undefined.undefined) == (
        "UndefinedError",
        "affine",
        True,
    )
    missing = run(lambda a: no_such_name, {"a": ONE}).raised  # noqa: F821
    assert (missing.kind, missing.name, missing.undefined) == ("NameError", "no_such_name", False)
    attribute = run(lambda a: a.nothing, {"a": ONE}).raised
    assert attribute.name == ""


def test_an_exception_of_any_length_is_cut():
    raised = run(lambda a: {}["x" * 5000], {"a": ONE}).raised
    assert len(raised.text) == 1000


def test_an_exception_that_does_not_know_its_words_has_none():
    class Odd(Exception):
        def __str__(self):
            raise ValueError

    assert describe(Odd()).text == ""


def squares(a, b):
    return a * a


def test_the_mistake_that_explains_most_cases_is_named():
    cases = [Case("values", {"a": np.full(2, 3.0), "b": np.ones(2)})]
    cases += [Case("batch", {"a": np.full((2, 2), 5.0), "b": np.ones((2, 2))})]
    mistakes = (
        Mistake("always_nine", lambda a, b: np.full(a.shape, 9.0), "Nine."),
        Mistake("squared", squares, "You square."),
        Mistake("right", double, "It is right."),
    )
    exercise = Exercise("double", 1, double, lambda rng: cases, mistakes, ("", ""))
    assert judge(exercise, squares).mistake == "squared"
    assert judge(exercise, lambda a, b: np.full(a.shape, 9.0)).mistake == "always_nine"
    assert judge(exercise, lambda a, b: a * 7.5).mistake == ""
    assert judge(exercise, double).mistake == ""


def test_where_only_a_batch_is_wrong_the_mistake_that_is_meant_is_named():
    cases = [Case("values", {"a": np.full(2, 3.0), "b": np.ones(2)})]
    cases += [Case("batch", {"a": np.full((2, 2), 5.0), "b": np.ones((2, 2))})]
    meant = Mistake("fails_for_a_batch", lambda a, b: a, "Use the last axis.")
    exercise = Exercise("double", 1, double, lambda rng: cases, (meant,), ("", ""))

    def on_the_left(a, b):
        return double(a, b) if a.ndim == 1 else np.ones((2, 3)) @ a

    verdict = judge(exercise, on_the_left)
    assert (verdict.mistake, verdict.cause) == ("fails_for_a_batch", "Use the last axis.")
    otherwise = judge(exercise, lambda a, b: double(a, b) + 0.1 * (a.ndim - 1) * np.arange(2))
    assert (otherwise.mistake, otherwise.cause) == ("", exercise.words.batch_only)
    both = judge(exercise, lambda a, b: double(a, b) + 0.1 * np.arange(2) + a.ndim)
    assert both.mistake == ""


FACTS = Exercise(
    name="double",
    points=1,
    reference=double,
    cases=lambda rng: [
        Case("values", {"a": rng.uniform(1, 2, (3, 3)), "b": np.ones((3, 3))}) for _ in range(2)
    ],
    mistakes=(),
    hints=("", ""),
)


@pytest.mark.parametrize(
    ("f", "says"),
    [
        (lambda a, b: -2 * a, "Every number has the wrong sign."),
        (lambda a, b: 1 - 2 * a, "Every number is 1 minus the one that is due."),
        (lambda a, b: 0 * a + 0.5, "Your result is 0.5 whatever the inputs are."),
        (lambda a, b: 3 * a, "Every number is 1.5 times the one that is due."),
        (lambda a, b: 2 * a.T, "Your result is the transpose of the one that is due."),
        (lambda a, b: np.sin(7 * a), "Redo the case below by hand"),
        (lambda a, b: a * np.nan, "Your result holds NaN."),
    ],
)
def test_a_fact_that_holds_in_every_failing_case_is_said(f, says):
    verdict = judge(FACTS, f)
    assert verdict.status == FAILED
    assert says in verdict.cause


def test_an_outcome_is_numbers_or_a_failure():
    assert isinstance(returns(ONE, ONE), Numbers)
    assert isinstance(returns(None, ONE), Failure)


PARTS = Exercise(
    name="both",
    points=1,
    reference=lambda a: (2 * a, a + 1),
    cases=lambda rng: [Case("values", {"a": rng.uniform(1, 2, 4)}) for _ in range(2)],
    mistakes=(),
    hints=("", ""),
    outputs=("twice", "next"),
)


@pytest.mark.parametrize(
    ("f", "says"),
    [
        (lambda a: (2 * a, a * a), "Wrong: next. Right: twice. Look at"),
        (lambda a: (-2 * a, a + 1), "Right: next. Of twice: every number has the wrong sign."),
        (lambda a: (a * a, a * a), "Every one of the results differs from what is expected. Look"),
    ],
)
def test_of_several_results_it_is_said_which_are_wrong(f, says):
    assert says in judge(PARTS, f).cause


def test_right_but_for_a_batch_is_said_where_no_mistake_is_declared():
    cases = [Case("values", {"a": np.full(2, 3.0), "b": np.ones(2)})]
    cases += [Case("batch", {"a": np.full((2, 2), 5.0), "b": np.ones((2, 2))})]
    exercise = Exercise("double", 1, double, lambda rng: cases, (), ("", ""))
    verdict = judge(exercise, lambda a, b: double(a, b) + 0.1 * (a.ndim - 1) * np.arange(2))
    assert verdict.cause == exercise.words.batch_only


def test_a_name_of_another_chapter_is_told_and_costs_the_same():
    course = Course(
        *("tests:NONE", "name", "Title"),
        (Chapter("one", "The first", 1, (SMALL,)), Chapter("two", "The second", 1, (PARTS,))),
        *(Path(), Path()),
    )

    def calls(a):
        return double_(a), a + 1  # noqa: F821

    verdict = judge(PARTS, calls)
    assert verdict.mistake == "raises_NameError"
    unknown = blame_elsewhere(course, verdict, (), lambda name: None, 0)
    assert unknown == verdict  # no exercise has this name
    named = replace(verdict, cause=verdict.cause.replace("double_", "double"))
    blamed = blame_elsewhere(course, named, (), lambda name: None, 0)
    assert "double is an exercise of chapter The first" in blamed.cause
    assert blamed.score == verdict.score


@pytest.mark.parametrize(
    ("theirs", "blamed"), [(lambda a, b: a, True), (double, False), (None, False)]
)
def test_an_answer_that_calls_a_wrong_one_is_sent_there(theirs, blamed):
    course = Course(
        *("tests:NONE", "name", "Title", (Chapter("one", "The first", 1, (SMALL, PARTS)),)),
        *(Path(), Path()),
    )
    verdict = judge(PARTS, lambda a: (a * a, a * a))
    assert verdict.mistake == ""
    seen = blame_elsewhere(course, verdict, ("both", "other", "double"), lambda name: theirs, 0)
    assert (seen.mistake == "needs_another_exercise") is blamed
    assert ("calls double" in seen.cause) is blamed
    assert seen.score == verdict.score
    named = replace(verdict, mistake="squared")  # it may well be the other one's mistake
    seen = blame_elsewhere(course, named, ("double",), lambda name: theirs, 0)
    assert (seen.mistake == "needs_another_exercise") is blamed
    assert seen.mistake == "squared" or blamed


def exception(line, monkeypatch, exercise=SMALL):
    """Return what is said of an answer of one line, which the sentence quotes."""
    made = cells(
        monkeypatch, a=f"import math\nimport numpy as np\ndef f(a, b):\n    return {line}\n"
    )
    return judge(exercise, made["f"]).cause


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("no_such_name", "is not defined. You may use the parameters"),
        ("math.exp(1000.0)", "math range error. exp of a number above 709"),
        ("math.exp(a)", "the functions of `math` take one number"),
        ("{}['x']", "raises KeyError: 'x'."),
        ("1 / 0", "raises ZeroDivisionError: division by zero."),
    ],
)
def test_an_exception_comes_with_the_advice_that_is_meant_for_it(monkeypatch, line, says):
    cause = exception(line, monkeypatch)
    assert cause.startswith(f"Your line `return {line}`")
    assert says in cause
    assert "np.concatenate" not in cause and "None" not in cause


def test_a_course_may_say_where_a_name_is_found(monkeypatch):
    words = Words(missing_name=lambda name: f"{name} is in chapter 7")
    cause = exception("zip_all", monkeypatch, replace(SMALL, words=words))
    assert cause.endswith("zip_all is in chapter 7.")
    assert "You may use" not in cause


def test_a_course_is_found_by_its_address_and_nothing_else_is():
    assert load("autograder.course:COURSE").name == "gru-course"
    with pytest.raises(TypeError, match="is not a Course"):
        load("autograder.course:EXERCISES")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("np.ones(2) ^ 2", "write `**`"),
        ("np.ones((2, 3)) @ np.ones((2, 3))", "The sides are `np.ones((2, 3))` and"),
        ("np.ones(3) + np.ones(4)", "write their shapes beside them"),
        ("np.ones(3).sum(axis=2)", "-1 is the last one"),
        ("a.ndim(3)", "operator missing"),
        ("print(1) + a", "returns nothing"),
    ],
)
def test_an_exception_of_python_is_explained(line, says, monkeypatch):
    assert says in exception(line, monkeypatch)


def test_a_shape_is_told_in_letters_where_each_axis_has_one():
    words = Words(sizes=lambda inputs: {"N": 3, "H": 2})
    exercise = Exercise("f", 1, lambda a: a[0], lambda rng: [], (), ("", ""), words=words)
    case = Case("values", {"a": np.ones((3, 2))})
    outcome = call(lambda a: a, exercise, case, np.ones(2))
    assert "(3, 2), that is (N, H); expected is (2,), that is (H,)" in outcome.problem.says
    assert outcome.problem.telling


def test_a_line_of_the_courses_own_function_is_not_called_the_students():
    exercise = Exercise(
        "f", 1, lambda a: a, lambda rng: [], (), ("", ""), writes="Cell",
        advice={"name 'g'": "It is written `h`"},
    )  # fmt: skip
    raised = Raised("ValueError", "no", "cell(a)", inside="f")
    assert raised_problem(raised, exercise).says.startswith("Your Cell cannot be run as the check")
    theirs = Raised("NameError", "name 'g' is not defined", "g(a)", "g", inside="forward")
    says = raised_problem(theirs, exercise).says
    assert says.startswith("Your line `g(a)`") and "It is written `h`" in says
