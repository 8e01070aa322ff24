"""A small change of an answer's own text: found where there is one, and true."""

import ast
import contextlib
import dataclasses
import signal
import textwrap

import numpy as np
import pytest

from autograder.core.call import TIMED_OUT, Bounded, Halted, Returned, run_variant
from autograder.core.diagnosis.edits import edits
from autograder.core.diagnosis.repair import mend
from autograder.core.diagnosis.workshop import definition
from autograder.core.diagnosis.zeroed_cases import quiet_trials
from autograder.core.exercise import Case, Exercise, Mistake
from autograder.core.judge import judge
from autograder.core.time_limit import TooLongError, time_limit
from autograder.core.trials import trials
from autograder.core.verdict import FAILED, Verdict


def cases(rng):
    return [
        Case(
            "values",
            {"a": rng.normal(size=n), "b": rng.normal(size=n), "W": rng.normal(size=(n, n))},
        )
        for n in (1, 2, 3)
    ]


EXERCISE = Exercise("f", 1, lambda a, b, W: W @ a + 2 * (1 - b), cases, (), ("", ""))


class Here:
    """Variants in this test."""

    def __init__(self, text, first_line=1):
        self.text, self.first_line, self.runs = text, first_line, 0

    def clock(self):
        return 0.0 if self.runs == 0 else float(self.runs)

    def made(self, tree):
        return ast.unparse(tree)

    def run(self, variants, inputs):
        for code in variants:
            self.runs += 1
            yield run_variant(code, "f", {"np": np}, inputs)


def mended(body, **more):
    text = "def f(a, b, W):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    scope = {"np": np}
    exec(text, scope)
    verdict = judge(EXERCISE, scope["f"])
    assert (verdict.status, verdict.mistake) == (FAILED, "") or more.pop("seen", False)
    return mend(EXERCISE, verdict, Here(text), 0, **more)


@pytest.mark.parametrize(
    ("body", "says", "line"),
    [
        ("return W @ a + 2 * 1 - b", "brackets", "return W @ a + 2 * (1 - b)"),
        ("return W.T @ a + 2 * (1 - b)", "transpose", "return W @ a + 2 * (1 - b)"),
        ("return W @ a - 2 * (1 - b)", "operator", "return W @ a + 2 * (1 - b)"),
        ("return W @ a + 2 * b", "what is left of 1", "return W @ a + 2 * (1 - b)"),
        ("return W @ a + 3 * (1 - b)", "number `3`", "return W @ a + 2 * (1 - b)"),
        ("c = W @ a\nc = 2 * (1 - b)\nreturn c", "overwrites", "c += 2 * (1 - b)"),
        ("return W @ b + 2 * (1 - b)", "`b` is not what is due", "return W @ a + 2 * (1 - b)"),
        ("return np.tanh(W @ a + 2 * (1 - b))", "too many", "return W @ a + 2 * (1 - b)"),
    ],
)
def test_one_slip_is_found_and_the_mended_line_is_kept_back(body, says, line):
    verdict = mended(body)
    assert verdict.mistake == "one_change"
    assert says in verdict.cause and "Look at line" in verdict.cause
    assert verdict.mended == line and line not in verdict.cause


def test_two_slips_are_found():
    verdict = mended("return W.T @ a + 3 * (1 - b)")
    assert verdict.mistake == "two_changes"
    assert verdict.mended == "return W @ a + 2 * (1 - b)"


def test_a_change_after_which_a_declared_mistake_is_left_is_never_shown_alone():
    halved = Mistake("halved", lambda a, b, W: (W @ a + 2 * (1 - b)) / 2, "All is halved.")
    exercise = dataclasses.replace(EXERCISE, mistakes=(halved,))
    text = "def f(a, b, W):\n    c = W.T @ a\n    return 0.5 * (c + 2 - 2 * b)"
    verdict = mend(exercise, Verdict("f", FAILED, 0.0, 1.0), Here(text), 0)
    assert verdict.mistake == "two_changes" and "All is halved." not in verdict.cause
    assert verdict.mended.split("\n")[0] == "c = W @ a"


def test_two_slips_far_apart_are_found_by_cases_in_which_one_is_silent():
    rows = ["c = W.T @ a", "d = 1 - b", "e = c + b", "g = e - b", "k = a - a", "return g + 3 * d"]
    text = "def f(a, b, W):\n    " + "\n    ".join(rows)
    verdict = mend(EXERCISE, Verdict("f", FAILED, 0.0, 1.0), Here(text), 0)
    assert verdict.mistake == "two_changes"
    assert verdict.mended == "c = W @ a\nreturn g + 2 * d"


def test_quiet_cases_hold_zeros_and_their_expected_answers():
    tried = trials(EXERCISE, 0)
    quiet = quiet_trials(EXERCISE, tried)
    assert len(quiet) > 4
    for one in quiet:
        assert any(not v.any() for v in one.case.inputs.values())
        np.testing.assert_allclose(one.expected[""], EXERCISE.reference(**one.case.inputs))


def test_what_is_far_from_right_stays_as_it_was():
    verdict = mended("return np.fft.fft(a).real + np.sort(b)")
    assert (verdict.mistake, verdict.mended) == ("", "")


def test_a_line_is_numbered_as_in_the_cell():
    text = "def f(a, b, W):\n    return W @ a + 3 * (1 - b)"
    verdict = mend(EXERCISE, Verdict("f", FAILED, 0.0, 1.0), Here(text, first_line=5), 0)
    assert "Look at line 6, `return W @ a + 3 * (1 - b)`" in verdict.cause


def test_a_text_that_is_not_what_was_judged_is_left_alone():
    verdict = Verdict("f", FAILED, 0.0, 1.0)
    assert (
        mend(EXERCISE, verdict, Here("def f(a, b, W):\n    return W @ a + 2 * (1 - b)"), 0)
        == verdict
    )
    assert mend(EXERCISE, verdict, Here(""), 0) == verdict


def test_the_search_ends_with_its_time_and_says_once_that_it_goes_on(monkeypatch):
    heard = []
    monkeypatch.setattr("autograder.core.diagnosis.repair.NOTICED", 0.0)
    verdict = mended("return np.sort(b)", seconds=10, waiting=lambda: heard.append(1))
    assert verdict.mistake == "" and len(heard) == 1
    mended("return np.sort(b)", waiting=lambda: heard.append(1))
    assert len(heard) == 2


def test_every_edit_is_undone():
    tree = ast.parse(
        "def f(a, b):\n    for i in range(3):\n        a += b\n        b = -a\n    return a @ b.T"
    )
    before = ast.dump(tree)
    found = edits(tree)
    texts = set()
    for edit in found:
        with edit.made():
            texts.add(ast.unparse(tree))
        assert ast.dump(tree) == before
    assert len(texts) > 50
    with pytest.raises(ZeroDivisionError), found[0].made():
        raise ZeroDivisionError
    assert ast.dump(tree) == before


def test_the_text_of_an_answer_is_its_definition_and_what_it_calls():
    cell = "import os\n\ndef g(a):\n    return a\n\ndef f(a):\n    return g(a)\n"
    text, line = definition(cell.replace("import os\n", ""), "f")
    assert line == 2 and "def g" in text and "def f" in text
    assert definition(cell, "h") == ("", 0)
    assert definition("def f(:", "f") == ("", 0)
    assert definition(cell, "f", line=3) == ("", 0)  # another f than the one that was judged


def test_a_variant_that_does_not_end_is_stopped():
    ran = run_variant("def f(a):\n    while True: pass", "f", {}, {"a": np.ones(1)})
    assert isinstance(ran, Halted)


def test_a_call_is_bounded_and_not_made_again():
    calls = []

    def endless(a):
        calls.append(1)
        while True:
            pass

    bounded = Bounded(endless, 0.2)
    assert [bounded.run({"a": 1}).by for _ in range(2)] == [TIMED_OUT] * 2
    assert calls == [1]
    assert isinstance(Bounded(lambda a: a, 1).run({"a": 1}), Returned)


def test_an_interrupt_is_one_sentence():
    def interrupted(a):
        raise KeyboardInterrupt

    exercise = Exercise(
        "f", 1, lambda a: a, lambda rng: [Case("values", {"a": np.ones(1)})], (), ("", "")
    )
    verdict = judge(exercise, Bounded(interrupted, 1))
    assert verdict.mistake == "interrupted" and "nothing was judged" in verdict.cause


def test_no_except_of_an_answer_catches_the_limit():
    with pytest.raises(TooLongError), time_limit(0.1):
        while True:
            try:
                while True:
                    pass
            except Exception:
                pass


def test_an_alarm_that_was_running_goes_on():
    signal.setitimer(signal.ITIMER_REAL, 60)
    with contextlib.suppress(TooLongError), time_limit(0.05):
        while True:
            pass
    left = signal.getitimer(signal.ITIMER_REAL)[0]
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert 55 < left < 60


def with_a_batch(line):
    def both(rng):
        batch = {
            "a": rng.normal(size=(2, 2)),
            "b": rng.normal(size=2),
            "W": rng.normal(size=(2, 2)),
        }
        return [*cases(rng), Case("batch", batch)]

    exercise = dataclasses.replace(
        EXERCISE, reference=lambda a, b, W: a @ W.T + 2 * (1 - b), cases=both
    )
    text = f"def f(a, b, W):\n    {line}"
    scope = {"np": np}
    exec(text, scope)
    return mend(exercise, judge(exercise, scope["f"]), Here(text), 0, seconds=300)


def test_a_change_that_would_break_what_passes_is_not_told():
    verdict = with_a_batch("return np.stack([W @ v + 2 * (1 - b) for v in np.atleast_2d(a)])")
    assert verdict.mistake == "wrong_shape" and "One axis is too many" in verdict.cause
    assert "leaves a batch" not in verdict.cause


@pytest.mark.parametrize(
    ("line", "drawn_in"),
    [
        ("-np.log(a) - 1", "-np.log(a - 1)"),
        ("1 + np.exp(a)", "np.exp(1 + a)"),
        ("np.log(a) * 2", "np.log(a * 2)"),
    ],
)
def test_what_stands_beside_a_function_is_drawn_into_its_brackets(line, drawn_in):
    found = [ast.unparse(e.new) for e in edits(ast.parse(line), set()) if e.kind == "brackets"]
    assert drawn_in in found


def test_a_change_that_mends_the_values_is_told_with_what_it_leaves():
    verdict = with_a_batch("return np.einsum('ij,j', W, a) - 2 * (1 - b)")
    assert verdict.mistake == "first_change" and "leaves a batch for after it" in verdict.cause
    assert verdict.mended == "return np.einsum('ij,j', W, a) + 2 * (1 - b)"


@pytest.mark.parametrize(
    ("body", "says", "line"),
    [
        ("return np.dot(W, a) + 2 * (1 - b)", "on the other's side", "np.dot(a, W.T)"),
        ("return W @ a + 2 * np.log(np.exp(1) * np.exp(-b))", "once, to both", "np.exp(1 + -b)"),
    ],
)
def test_sides_and_parts_are_told(body, says, line):
    tree = ast.parse(f"def f(a, b, W):\n    {body}")
    kinds = {"on the other's side": "side", "once, to both": "once"}
    (edit,) = [e for e in edits(tree) if e.kind == kinds[says]]
    assert ast.unparse(edit.new) == line
