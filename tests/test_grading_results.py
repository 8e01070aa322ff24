"""What is read out of a notebook that has run, and what nbgrader then reads of it."""

from __future__ import annotations

import copy

import nbformat
import pytest
from nbformat.v4 import new_output

from autograder.feedback import as_html
from autograder.grading.normalise import OURS
from autograder.grading.results import Result, Settle, results
from autograder.student import VERDICT_MIME
from autograder.verdict import Verdict
from tests.submissions import named, notebook, solved


def verdict(score: float = 2.0, **fields: object) -> nbformat.NotebookNode:
    """Return the output of `check(sigmoid)`."""
    shown = {"exercise": "sigmoid", "status": "passed", "mistake": "", "score": score} | fields
    html = as_html(Verdict("sigmoid", "passed", score, 2.0))
    data = {"text/plain": repr(score), "text/html": html, VERDICT_MIME: shown}
    return new_output("execute_result", data, execution_count=3)


def settled(*outputs: nbformat.NotebookNode, nb: nbformat.NotebookNode | None = None):
    """Return the check cell of sigmoid with these outputs, and its result, settled."""
    nb = copy.deepcopy(nb or solved("sigmoid"))
    check = named(nb, "check_sigmoid")
    check.outputs = list(outputs)
    Settle().preprocess(nb, {})
    nbformat.validate(nb)
    return check, results(nb)["check_sigmoid"]


def nbgraders_score(check: nbformat.NotebookNode) -> float:
    from nbgrader.utils import determine_grade

    return determine_grade(check)[0]


def test_a_verdict_stands():
    check, result = settled(verdict(1.2, status="failed", mistake="overflow"))
    assert result == Result("sigmoid", "failed", "overflow", 1.2)
    assert nbgraders_score(check) == 1.2


@pytest.mark.parametrize(
    ("outputs", "mistake"),
    [
        ([], "no_verdict"),  # nbgrader alone gives full points
        ([new_output("stream", text="2.0")], "no_verdict"),
        ([new_output("execute_result", {"text/plain": "'passed'"})], "no_verdict"),
        ([new_output("error", ename="CellTimeoutError", evalue="")], "timed_out"),
        ([new_output("error", ename="DeadKernelError", evalue="")], "kernel_died"),
        ([new_output("error", ename="NotRun", evalue="")], "not_run"),
        ([new_output("error", ename="KeyError", evalue="'a'")], "raises_KeyError"),
        (
            [new_output("error", ename="NameError", evalue="name 'check' is not defined")],
            "setup_failed",
        ),
        ([verdict(), new_output("error", ename="KeyError", evalue="")], "raises_KeyError"),
        ([verdict(3.0)], "no_verdict"),
        ([verdict(-1.0)], "no_verdict"),
        ([verdict(float("nan"))], "no_verdict"),
        ([verdict(exercise="affine")], "no_verdict"),
        ([verdict(status="excellent")], "no_verdict"),
    ],
)
def test_a_check_cell_without_a_verdict_of_its_own_is_an_error_of_no_points(outputs, mistake):
    check, result = settled(*outputs)
    assert result == Result("sigmoid", "error", mistake, 0.0)
    assert nbgraders_score(check) == 0.0
    assert "sigmoid: error" in check.outputs[-1].data["text/html"]


def test_stderr_costs_no_points():
    check, result = settled(new_output("stream", name="stderr", text="warning"), verdict())
    assert result.score == nbgraders_score(check) == 2.0
    assert check.outputs[0].text == "warning"


def test_a_syntax_error_in_the_answer_decides_and_its_line_is_shown():
    check, result = settled(verdict(), nb=solved(sigmoid="def sigmoid(a):\n    return a +"))
    assert result == Result("sigmoid", "error", "syntax_error", 0.0)
    assert "Line 2, <code" in check.outputs[-1].data["text/html"]
    assert "return a +" in check.outputs[-1].data["text/html"]


@pytest.mark.parametrize("line", ["%matplotlib inline", "!ls", "%%time", "x = await y"])
def test_what_ipython_can_read_is_no_syntax_error(line):
    nb = solved(sigmoid=f"{line}\ndef sigmoid(a):\n    return a")
    assert settled(verdict(), nb=nb)[1].status == "passed"


@pytest.mark.parametrize(
    ("ename", "mistake"),
    [
        ("ZeroDivisionError", "raises_ZeroDivisionError"),
        ("CellTimeoutError", "timed_out"),
        ("DeadKernelError", "kernel_died"),
    ],
)
def test_a_name_that_is_not_defined_has_the_error_of_its_cell_as_its_cause(ename, mistake):
    nb = solved(sigmoid="1 / 0\ndef sigmoid(a):\n    return a")
    traceback = ["\x1b[0;32m----> 1\x1b[0m \x1b[38;5;241m1\x1b[39m / 0"]
    named(nb, "sigmoid").outputs = [
        new_output("error", ename=ename, evalue="why", traceback=traceback)
    ]
    undefined = verdict(0.0, status="error", mistake="name_not_defined")
    check, result = settled(undefined, nb=nb)
    assert result.mistake == mistake
    if ename != "DeadKernelError":
        assert "in your line <code" in check.outputs[-1].data["text/html"]


def test_a_refused_file_has_an_error_in_every_check_cell():
    nb = notebook()
    nb.metadata[OURS] = {"refused": {"mistake": "unreadable", "says": "It is <b>no</b> notebook."}}
    Settle().preprocess(nb, {})
    assert {r.mistake for r in results(nb).values()} == {"unreadable"}
    assert "&lt;b&gt;" in named(nb, "check_affine").outputs[-1].data["text/html"]


def test_a_course_cell_that_fails_before_any_answer_is_the_graders_fault():
    nb = solved("sigmoid")
    first = next(c for c in nb.cells if c.cell_type == "code")
    first.outputs = [new_output("error", ename="ModuleNotFoundError", evalue="No module 'x'")]
    undefined = new_output("error", ename="NameError", evalue="name 'check' is not defined")
    check, result = settled(undefined, nb=nb)
    assert result == Result("sigmoid", "grader broken", "setup_failed", 0.0)
    assert "No module" in check.outputs[-1].data["text/html"]
