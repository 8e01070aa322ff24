"""`autograder check`: a notebook file, judged in a terminal as in its own check cells."""

import json

import pytest

from autograder.cli import main
from autograder.course import COURSE
from autograder.errors import UserError
from autograder.notebook import progress_file
from autograder.workspace import check, folder
from tests.helpers.learner import OVERFLOWS, SIGMOID, START, key, save

CHILD, SANDBOX = ("--no-sandbox",), ()
PLACES = pytest.mark.parametrize(
    "place", [pytest.param(SANDBOX, marks=pytest.mark.needs("bubblewrap")), CHILD]
)


@pytest.fixture
def mine(tmp_path, capsys, monkeypatch):
    """A student's folder with untouched chapters; commands run in it."""
    folder.init(COURSE, tmp_path)
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(capsys, *args):
    """Return the exit status of `autograder check` and what it printed."""
    status = main(["check", *args])
    return status, capsys.readouterr().out


@PLACES
def test_a_solved_chapter_passes_with_status_0(mine, capsys, place):
    save(mine, START, **key())
    status, said = checked(capsys, START, *place)
    assert status == 0
    assert "2 of 2 exercises pass" in said and "5 of 5 points" in said


@PLACES
def test_a_wrong_answer_is_told_with_its_cause_and_its_smallest_case(mine, capsys, place):
    save(mine, START, sigmoid=OVERFLOWS)
    status, said = checked(capsys, START, *place)
    assert status == 1
    assert "✗ sigmoid: failed" in said and "exp overflows" in said
    assert "The smallest failing case:" in said and "expected:" in said
    assert "○ affine: not attempted" in said


@PLACES
def test_what_passes_is_set_beside_the_courses_answer_where_that_is_asked_for(mine, capsys, place):
    unit = "x_t @ W_i[h] + b_i[h] + h_prev @ W_h[h] + b_h[h]"
    affine = "def affine(x_t, h_prev, W_i, b_i, W_h, b_h):\n    H = range(len(b_i))\n"
    affine += f"    return np.array([{unit} for h in H]).T"
    save(mine, START, sigmoid=OVERFLOWS, affine=affine)
    _, said = checked(capsys, START, *place)
    assert "One way to write it" not in said
    _, said = checked(capsys, START, "--beside", *place)
    failed, passed = said.split("✓ affine: passed")
    assert "Yours has a Python loop over H, the course's has no Python loop." in passed
    assert "yours takes 10, the course's 2" in passed and "Another way." in passed
    assert "np.tanh" not in failed, "the answer to the one that fails"


@PLACES
def test_a_later_chapter_runs_with_what_earlier_ones_built(mine, capsys, place):
    save(mine, "01_reset_gate", reset_gate=key("01_reset_gate")["reset_gate"])
    status, said = checked(capsys, "1", *place)
    assert status == 1 and "✓ reset_gate: passed" in said and "1 of 4 exercises pass" in said


@PLACES
def test_a_syntax_error_is_told_with_its_line_and_costs_itself_alone(mine, capsys, place):
    save(mine, START, sigmoid="def sigmoid(a)\n    return a", affine=key()["affine"])
    _, said = checked(capsys, START, *place)
    assert "syntax error, line 1" in said and "✓ affine: passed" in said


@PLACES
def test_an_answer_that_ends_python_is_not_a_pass(mine, capsys, place):
    ends = "import os\n\ndef affine(x_t, h_prev, W_i, b_i, W_h, b_h):\n    os._exit(0)"
    save(mine, START, sigmoid=SIGMOID, affine=ends)
    status, said = checked(capsys, START, *place)
    assert status == 1
    assert "✓ sigmoid: passed" in said and "✗ affine: error" in said and "Python" in said


@PLACES
def test_a_cell_of_ones_own_runs_and_prints_nothing(mine, capsys, place):
    answer = "def sigmoid(a):\n    return HALF * (1 + np.tanh(HALF * a))"
    save(mine, START, "HALF = float('0.5')\nprint('shouted')", sigmoid=answer)
    _, said = checked(capsys, START, *place)
    assert "✓ sigmoid: passed" in said and "shouted" not in said


def test_without_a_sandbox_a_sentence_says_so(mine, capsys):
    assert "without a sandbox" in checked(capsys, START, *CHILD)[1]


@pytest.mark.needs("bubblewrap")
def test_in_the_sandbox_no_file_of_the_student_can_be_written(mine, capsys):
    save(mine, START, f"open({str(mine / 'written')!r}, 'w')", sigmoid=SIGMOID)
    checked(capsys, START)
    assert not (mine / "written").exists()


def test_what_was_checked_is_kept_as_progress_and_the_best_stays(mine, capsys):
    for answer in (SIGMOID, OVERFLOWS):
        save(mine, START, sigmoid=answer)
        checked(capsys, START, *CHILD)
    state = progress_file.load("exercise", "sigmoid", mine)
    assert (state["status"], state["best"], state["checks"]) == ("failed", 2.0, 2)
    assert progress_file.load("exercise", "affine", mine)["checks"] == 0


def test_without_a_name_the_notebook_saved_last_is_meant(mine):
    assert check.which(COURSE, None, mine) == START
    save(mine, "03_candidate_state", "pass")
    assert check.which(COURSE, None, mine) == "03_candidate_state"


@pytest.mark.parametrize("name", ["4", "04", "04_hidden_state", "work/04_hidden_state.ipynb"])
def test_a_chapter_is_named_by_its_number_or_its_file(mine, name):
    assert check.which(COURSE, name, mine) == "04_hidden_state"


@pytest.mark.parametrize("name", ["44", "hidden"])
def test_an_unknown_chapter_is_told_in_a_sentence(mine, name):
    with pytest.raises(UserError, match="There is no chapter"):
        check.which(COURSE, name, mine)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": [1]}', '{"cells": [{"source": 1}]}'])
def test_a_file_that_is_no_notebook_is_told_in_a_sentence(mine, capsys, text):
    (mine / f"{START}.ipynb").write_text(text)
    assert main(["check", START]) == 2
    said = capsys.readouterr().err
    assert "cannot be read as a notebook" in said and "Traceback" not in said


def test_a_notebook_that_is_not_there_is_told_with_the_way_to_get_it(mine, capsys):
    (mine / f"{START}.ipynb").unlink()
    assert main(["check", START]) == 2
    assert f"autograder reset {START}" in capsys.readouterr().err


def test_a_deleted_check_cell_hides_no_exercise(mine, capsys):
    path = save(mine, START, **key())
    nb = json.loads(path.read_text())
    about = [c["metadata"].get("nbgrader", {}).get("grade_id") for c in nb["cells"]]
    del nb["cells"][about.index("check_affine")]
    path.write_text(json.dumps(nb))
    assert checked(capsys, START, *CHILD)[0] == 0


def test_nothing_that_grading_needs_is_imported(mine):
    """`pip install gru-course` alone has no nbgrader."""
    import subprocess
    import sys

    code = (
        "import sys; from autograder.cli import main; main(['check', '0', '--no-sandbox']);"
        "print([m for m in sys.modules if m.partition('.')[0] in "
        "('nbgrader', 'nbformat', 'nbclient', 'nbconvert', 'sqlalchemy', 'jupyter_core')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=mine)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr
