"""A function judged in the sandbox and the same function judged here: one verdict.

The sandbox itself is tried in test_sandbox_escape and test_grading_attacks.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from autograder.authoring import source
from autograder.authoring.program import given
from autograder.core.call import Bounded, Undefined
from autograder.core.feedback import as_html
from autograder.core.judge import judge
from autograder.core.verdict import ERROR, NOT_ATTEMPTED, PASSED
from autograder.course import CHAPTERS, COURSE, EXERCISES
from autograder.sandbox.examined import examined
from autograder.sandbox.host import Host
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import Session
from benchmarks.diagnosis import texts
from gru_ref.cell import GRUParams

pytestmark = pytest.mark.needs("bubblewrap")
SIGMOID = "def sigmoid(a):\n    return 0.5 * (1 + np.tanh(0.5 * a))"
SETUP = f"""
import math
from collections import namedtuple
import numpy as np
GRUParams = namedtuple("GRUParams", {GRUParams._fields})
{SIGMOID}
"""
AFFINE = source.keys(COURSE, "00_start_here")["affine"]


@pytest.fixture(scope="module")
def host():
    with Host(COURSE, limits=Limits(call=2.0, submission=20.0)) as h:
        yield h


@pytest.fixture
def session(host):
    s = Session(host, [e.name for e in CHAPTERS[0].exercises], seed=7)
    s.run(SETUP)
    yield s
    host.end()


def here(code: str, name: str):
    """Return the function that a cell defines, with its lines where tracebacks find them."""
    namespace: dict = {}
    exec(SETUP, namespace)
    exec(compile(code, "<answer>", "exec"), namespace)
    return namespace[name]


def without_lines(verdict):
    """Return a verdict's fields but for arrays, compared by the panel that shows them."""
    fields = dataclasses.asdict(dataclasses.replace(verdict, case=None))
    return fields, as_html(verdict)


@pytest.mark.parametrize("name", [n for n in EXERCISES if n in texts()])
def test_a_wrong_answer_gets_the_same_verdict_in_the_sandbox(name, session):
    exercise = EXERCISES[name]
    for _, code in texts()[name][:6]:
        body = code.replace(f"def {name}(", "", 1)
        if any(other in body for other in EXERCISES if other != "sigmoid"):
            continue  # it needs an answer which is not there
        session.run(code)
        remote = session.find(name).stand_in
        mine = judge(exercise, here(code, name), seed=3)
        theirs = judge(exercise, remote, seed=3)
        if "Your line" not in as_html(theirs):  # here the lines are not known
            assert without_lines(theirs) == without_lines(mine), code
        assert (theirs.status, theirs.score, theirs.mistake) == (
            mine.status,
            mine.score,
            mine.mistake,
        )


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)
def test_the_key_passes_in_the_sandbox(chapter):
    with Host(COURSE, limits=Limits(call=5.0), packages=chapter.packages) as host:
        _passes(chapter, host)


def _passes(chapter, host):
    names, earlier = [e.name for e in chapter.exercises], given(COURSE, chapter.name)
    session = Session(host, names, seed=7, given=earlier)
    session.run(SETUP)
    for cell in source.read(COURSE, chapter.name):
        code = source.without_markers(cell.text)
        if "solution" in cell.keys or code.startswith(("class ", "def ")):
            session.run(code)
        elif cell.kind == "code" and "start(" in code:
            session.run(code)
    for exercise in chapter.exercises:
        verdict = judge(exercise, session.find(exercise.name).stand_in, seed=3)
        assert verdict.status == PASSED, verdict.cause


@pytest.mark.parametrize(
    ("returned", "mistake", "says"),
    [
        ("None", "returns_none", "returns None"),
        ("'0.5'", "wrong_type", "a str"),
        ("lambda: 0", "wrong_type", "returns a function"),
        ("np.array([None])", "wrong_type", "an array of object"),
        ("a.astype(complex)", "wrong_type", "an array of complex128"),
        ("{'a': a}", "wrong_type", "a dict"),
        ("(a, a)", "wrong_type", "a tuple of 2"),
        ("np.zeros(10**7)", "wrong_type", "a very large value"),
        ("[[1.0], [2.0, 3.0]]", "wrong_type", "ragged"),
        ("np.ones((3, 1, 4))", "wrong_shape", "(3, 1, 4)"),
        ("np.exp(b)", "raises_NameError", "name 'b' is not defined"),
        ("print(10 ** 10**9)", "timed_out", "longer than 2 seconds"),
    ],
)
def test_what_is_no_array_of_numbers_is_told(returned, mistake, says, session):
    session.run(f"def sigmoid(a):\n    return {returned}")
    verdict = judge(EXERCISES["sigmoid"], session.find("sigmoid").stand_in)
    assert (verdict.mistake, verdict.score) == (mistake, 0.0)
    assert says in verdict.cause


def test_a_line_that_raises_is_quoted(session):
    session.run("def sigmoid(a):\n    half = a / 2\n    return half @ half @ 'x'")
    verdict = judge(EXERCISES["sigmoid"], session.find("sigmoid").stand_in)
    assert "Your line `return half @ half @ 'x'` raises" in verdict.cause


def test_of_a_helper_that_raises_the_line_of_the_answer_is_quoted(session):
    session.run("def helper(a):\n    return a @ 'x'")
    session.run("def sigmoid(a):\n    return helper(a)")
    verdict = judge(EXERCISES["sigmoid"], session.find("sigmoid").stand_in)
    assert "Your line `return helper(a)` raises" in verdict.cause


def test_changed_arguments_are_seen_from_outside(session):
    session.run("def sigmoid(a):\n    a *= 0.5\n    a += 0\n    return 0.5 * (1 + np.tanh(a))")
    verdict = judge(EXERCISES["sigmoid"], session.find("sigmoid").stand_in)
    assert verdict.mistake == "changes_its_inputs"
    assert verdict.score == pytest.approx(EXERCISES["sigmoid"].points * 0.9, abs=0.11)


LATE = """
kept = {}
def sigmoid(a):
    for earlier, right in kept.values():  # every array of an earlier call is mended
        earlier[...] = right
    y = np.zeros(np.shape(a))
    kept[len(kept)] = y, 0.5 * (1 + np.tanh(0.5 * np.array(a)))
    return y
"""
REUSED = """
room = np.empty(10**4)
def sigmoid(a):
    y = room[: np.size(a)].reshape(np.shape(a))  # the same memory each time
    y[...] = 0.5 * (1 + np.tanh(0.5 * np.asarray(a)))
    return y
"""


@pytest.mark.parametrize(("code", "passes"), [(LATE, False), (REUSED, True)])
def test_what_a_call_returned_is_what_it_was_then_whatever_later_calls_do(session, code, passes):
    session.run(code)
    mine = here(code, "sigmoid")
    for f in (session.find("sigmoid").stand_in, mine, Bounded(mine, 5)):
        verdict = judge(EXERCISES["sigmoid"], f)
        assert verdict.score == (verdict.max_score if passes else 0)


def test_a_warning_is_a_remark_and_costs_nothing(session):
    code = "import warnings\ndef sigmoid(a):\n    warnings.warn('careful')\n"
    session.run(code + "    return 0.5 * (1 + np.tanh(0.5 * a))")
    verdict = judge(EXERCISES["sigmoid"], session.find("sigmoid").stand_in)
    assert verdict.status == PASSED
    assert "careful" in verdict.remarks[0]


def test_a_stub_is_not_attempted_and_an_answer_that_needs_it_says_so(session):
    session.run("def sigmoid(a):\n    raise NotImplementedError()")
    session.run("def affine(x_t, h_prev, W_i, b_i, W_h, b_h):\n    return sigmoid(x_t)")
    first = judge(EXERCISES["sigmoid"], session.find("sigmoid").stand_in)
    assert first.status == NOT_ATTEMPTED
    second = judge(EXERCISES["affine"], session.find("affine").stand_in)
    assert second.mistake == "needs_another_exercise"


def test_a_hung_cell_keeps_what_was_defined_before_it(session):
    ran = session.run(f"{SIGMOID}\nwhile True:\n    pass")
    assert ran.stopped[0] == "timed_out"
    assert session.find("sigmoid").kind == "function"
    assert judge(EXERCISES["sigmoid"], session.find("sigmoid").stand_in).status == PASSED


def test_a_hung_call_costs_its_exercise_alone(session):
    session.run(
        "calls = 0\ndef sigmoid(a):\n    global calls\n    calls += 1\n    while True: pass"
    )
    session.run(AFFINE)
    verdict = judge(EXERCISES["sigmoid"], session.find("sigmoid").stand_in)
    assert (verdict.status, verdict.mistake) == (ERROR, "timed_out")
    assert judge(EXERCISES["affine"], session.find("affine").stand_in).status == PASSED


def test_a_process_that_ends_is_replaced_by_one_that_ran_the_cells(session):
    session.run(AFFINE)
    session.run("import os\ndef sigmoid(a):\n    os._exit(3)")
    verdict = judge(EXERCISES["sigmoid"], session.find("sigmoid").stand_in)
    assert verdict.mistake == "died"
    assert "exit status 3" in verdict.cause
    assert judge(EXERCISES["affine"], session.find("affine").stand_in).status == PASSED


def test_a_name_that_is_no_function_is_shown(session):
    session.run("sigmoid = 3")
    found = session.find("sigmoid")
    assert (found.kind, found.shown) == ("other", "3")
    assert session.find("blend").kind == "undefined"


def test_syntax_errors_come_with_their_line(session):
    ran = session.run("def sigmoid(a)\n    return a")
    assert ran.syntax == (1, "expected ':'", "def sigmoid(a)")
    assert session.run("exec('1 +')").syntax is None


def test_random_numbers_are_the_same_for_the_same_seed(session, host):
    one = session.run("import random\nprint(np.random.rand(), random.random())").printed
    again = Session(host, [], seed=7)
    again.run(SETUP)
    assert again.run("import random\nprint(np.random.rand(), random.random())").printed == one


def test_a_name_of_the_course_that_is_not_defined_yet_says_so(session):
    session.run("from autograder.student import start\ndel sigmoid")
    session.run("start('00_start_here', globals())")
    session.run("def affine(x_t, h_prev, W_i, b_i, W_h, b_h):\n    return sigmoid(x_t)")
    verdict = judge(EXERCISES["affine"], session.find("affine").stand_in)
    assert verdict.mistake == "needs_another_exercise"
    assert judge(EXERCISES["sigmoid"], Undefined("sigmoid")).mistake == "name_not_defined"


def test_without_walls_the_same_verdict_comes_out():
    with Host(COURSE, isolation="none", limits=Limits(call=2.0)) as host:
        session = Session(host, ["sigmoid"], seed=7)
        session.run(SETUP)
        session.run(SIGMOID)
        assert judge(EXERCISES["sigmoid"], session.find("sigmoid").stand_in).status == PASSED
        assert session.run("import torch").raised.kind == "ModuleNotFoundError"
        assert session.run("from gru_ref import step\nstep()").raised.kind == "ImportError"
        assert session.run("import autograder.core.judge").raised.kind == "ModuleNotFoundError"


def test_arrays_of_every_kind_survive_the_way(session):
    session.run("def sigmoid(a):\n    return [a, (a > 0), a.astype('f4'), {'n': 3, 'm': None}]")
    ran = session.find("sigmoid").stand_in.run({"a": np.arange(6.0).reshape(2, 3)})
    array, flags, single, rest = ran.value
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]] and flags.dtype == bool
    assert single.dtype == np.float32 and rest == {"n": 3, "m": None}


def test_garbage_is_looked_for_where_answers_run(session):
    assert session.run("import gc\nprint(gc.isenabled())").printed == "True\n"


def test_pictures_are_drawn_and_printers_fonts_can_be_had(session):
    done = session.run(
        "import io\nimport matplotlib.pyplot as plt\nfrom matplotlib import _afm, font_manager\n"
        "for kind in ('png', 'pdf', 'ps', 'svg'):\n"
        "    plt.figure().text(0.5, 0.5, '$h_t$')\n    plt.savefig(io.BytesIO(), format=kind)\n"
        "print(isinstance(_afm.AFM, type), font_manager.findfont('Helvetica', fontext='afm')[-4:])"
    )
    assert done.raised is None, done.raised
    assert done.printed.splitlines()[-1] == "True .afm"


def test_the_first_wrong_step_of_an_answer_is_told_in_the_sandbox_too(host):
    exercise = EXERCISES["gru_cell"]
    s = Session(host, [exercise.name], seed=7)
    s.run(SETUP)
    s.run(
        "def sigmoid(a):\n    return 0.5 * (1 + np.tanh(a / 2))\n\n\n"
        "def gru_cell(x_t, h_prev, p):\n"
        "    r = sigmoid(x_t @ p.W_ir.T + p.b_ir + h_prev @ p.W_hr.T + p.b_hr)\n"
        "    z = sigmoid(np.abs(x_t) @ p.W_iz.T)\n"
        "    n = np.tanh(x_t @ p.W_in.T)\n"
        "    return z * h_prev + n\n"
    )
    verdict = examined(s, exercise, s.find(exercise.name).stand_in, 0, seconds=0.1)
    host.end()
    assert verdict.mistake == "first_wrong_step"
    assert "r is right, and the first that is wrong is z." in verdict.cause
