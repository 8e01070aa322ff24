"""What a student touches: check, hint, predict, progress, reset, and what is kept on disk."""

import json

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from autograder import student
from autograder.core.call import Undefined
from autograder.core.verdict import VERDICT_MIME
from autograder.course import EXERCISES
from autograder.notebook import progress_file as kept
from autograder.notebook.prediction import compared, same


def right(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


@pytest.fixture(autouse=True)
def notebook(tmp_path, monkeypatch):
    """A notebook's folder and namespace, chapter 0 started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    names = {}
    student.start("00_start_here", names)
    return names


def test_start_puts_a_placeholder_where_nothing_is_defined(notebook):
    assert isinstance(notebook["sigmoid"], Undefined)
    assert "not defined" in str(student.check(notebook["sigmoid"]))


def test_start_leaves_a_defined_function_alone(notebook):
    notebook["sigmoid"] = right
    student.start("00_start_here", notebook)
    assert notebook["sigmoid"] is right


def test_an_undefined_function_says_so_when_it_is_called(notebook):
    with pytest.raises(NameError, match="run the cell that defines it"):
        notebook["affine"](1)


def test_check_shows_html_and_the_same_as_text(notebook):
    notebook["sigmoid"] = sigmoid = right
    bundle = student.check(sigmoid)._repr_mimebundle_()
    assert "sigmoid: passed" in bundle["text/html"]
    assert "sigmoid: passed" in bundle["text/plain"]
    assert "np.tanh" in bundle["text/html"], "the model solution to compare with"


def test_under_nbgrader_the_text_is_the_score(notebook, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    notebook["sigmoid"] = sigmoid = EXERCISES["sigmoid"].mistakes[0].wrong
    bundle = student.check(sigmoid)._repr_mimebundle_()
    assert float(bundle["text/plain"]) == 1.8
    assert bundle[VERDICT_MIME]["mistake"] == "overflow"
    assert "exp overflows" in bundle["text/html"]


def test_nothing_is_kept_under_nbgrader(notebook, monkeypatch, tmp_path):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    notebook["sigmoid"] = sigmoid = right
    student.check(sigmoid)
    assert not (tmp_path / ".progress").exists()


def test_the_seed_of_the_grader_changes_the_cases(notebook, monkeypatch):
    seen = []

    def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
        seen.append(float(np.sum(x_t)))
        return h_prev

    notebook["affine"] = affine
    student.check(affine)
    first, seen[:] = list(seen), []
    monkeypatch.setenv("AUTOGRADER_SEED", "12345")
    student.check(affine)
    assert first != seen


def test_a_function_under_another_exercises_name_is_judged_by_the_name_that_the_cell_writes(
    notebook,
):
    notebook["affine"] = notebook["sigmoid"] = affine = right
    verdict = student.check(affine).verdict
    assert (verdict.exercise, verdict.mistake) == ("affine", "missing_parameter")


def test_check_of_something_else_says_what_it_takes(notebook):
    assert "takes the function of an exercise" in str(student.check(3))


def test_hints_come_one_by_one_and_stay(notebook):
    hints = EXERCISES["sigmoid"].hints
    sigmoid = notebook["sigmoid"]
    shown = [str(student.hint(sigmoid)) for _ in range(len(hints) + 1)]
    for i, text in enumerate(shown[:-1], 1):
        assert [hint in text for hint in hints] == [n < i for n in range(len(hints))]
    assert shown[-1] == shown[-2]


def test_full_points_are_kept_and_never_stand_beside_a_cross(notebook):
    notebook["sigmoid"] = sigmoid = right
    student.check(sigmoid)
    notebook["sigmoid"] = sigmoid = np.cos
    student.check(sigmoid)
    row = next(r for r in str(student.progress()).splitlines() if " sigmoid " in r)
    assert "✓" in row and "passed before" in row and "2/2" in row and "✗" not in row


def test_an_exercise_is_checked_by_its_name_in_quotes_too(notebook):
    notebook["sigmoid"] = right
    assert "2 of 2" in str(student.check("sigmoid"))
    assert "This takes the function of an exercise" in str(student.check())


def test_progress_lists_every_exercise(notebook):
    text = str(student.progress())
    assert all(name in text for name in EXERCISES)


def test_a_broken_progress_file_costs_nothing(notebook, tmp_path):
    (tmp_path / ".progress").mkdir()
    (tmp_path / ".progress" / "exercise.sigmoid.json").write_text("{half")
    notebook["sigmoid"] = sigmoid = right
    assert "passed" in str(student.check(sigmoid))
    assert json.loads((tmp_path / ".progress" / "exercise.sigmoid.json").read_text())["best"] == 2


def test_a_folder_that_cannot_be_written_costs_the_record_only(notebook, tmp_path, capsys):
    (tmp_path / ".progress").write_text("a file where the folder should be")
    notebook["sigmoid"] = sigmoid = right
    assert "passed" in str(student.check(sigmoid))
    assert "Progress is not kept" in capsys.readouterr().out


def test_reset_forgets_and_shows_the_stub(notebook):
    notebook["sigmoid"] = sigmoid = right
    student.check(sigmoid)
    assert "raise NotImplementedError" in str(student.reset(sigmoid))
    assert isinstance(notebook["sigmoid"], Undefined)
    assert kept.load("exercise", "sigmoid") == {}


def test_a_prediction_is_compared_with_what_was_measured(notebook):
    assert "Recorded: 0" in str(student.predict("q", 0))
    assert "They agree" in str(student.settle("q", 0))
    assert "Measured: 1" in str(student.settle("q", 1))


def test_no_prediction_is_said_and_does_no_harm(notebook):
    assert "Put your guess" in str(student.predict("q", ...))
    assert "not predicted" in str(student.settle("q", 0))


def test_ready_waits_for_the_check_to_pass(notebook, capsys):
    sigmoid = notebook["sigmoid"]
    assert not student.ready(sigmoid)
    assert "runs your sigmoid" in capsys.readouterr().out
    notebook["sigmoid"] = sigmoid = right
    assert student.ready(sigmoid)


def test_warnings_of_an_answer_go_nowhere_near_stderr(notebook, capfd):
    def sigmoid(a):
        return 1 / (1 + np.exp(-a))

    notebook["sigmoid"] = sigmoid
    student.check(sigmoid)
    assert capfd.readouterr().err == ""


def test_an_unknown_chapter_is_named(notebook):
    with pytest.raises(ValueError, match="00_start_here"):
        student.start("99_nowhere", {})


def test_an_answer_that_calls_an_unsolved_one_is_sent_there(notebook, monkeypatch):
    student.start("03_candidate_state", notebook)

    def convention_gap(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
        return candidate_reset_after(x_t)  # noqa: F821

    unsolved = notebook["candidate_reset_after"]
    monkeypatch.setitem(globals(), "candidate_reset_after", unsolved)
    notebook["convention_gap"] = convention_gap
    verdict = student.check(convention_gap).verdict
    assert verdict.mistake == "needs_another_exercise"
    assert "candidate_reset_after" in verdict.cause and verdict.case is None


def test_an_answer_that_calls_a_wrong_one_is_sent_there(notebook, monkeypatch):
    student.start("03_candidate_state", notebook)
    wrong = EXERCISES["candidate_reset_after"].mistakes[0].wrong

    def convention_gap(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
        other = candidate_reset_after  # noqa: F821
        return other(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn).max()

    notebook["candidate_reset_after"] = wrong
    monkeypatch.setitem(globals(), "candidate_reset_after", wrong)
    notebook["convention_gap"] = convention_gap
    verdict = student.check(convention_gap).verdict
    assert verdict.mistake == "needs_another_exercise"
    assert "own check does not pass" in verdict.cause


def test_a_function_of_another_chapter_is_told_from_any_unknown_name(notebook):
    def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
        return half_life(x_t)  # noqa: F821

    notebook["affine"] = affine
    assert "an exercise of chapter 2" in student.check(affine).verdict.cause


@pytest.fixture
def shell():
    """An IPython shell that is `get_ipython()`, as in a kernel."""
    yield InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    InteractiveShell.clear_instance()


def test_a_syntax_error_undoes_the_version_before(shell, capsys):
    shell.run_cell("from autograder.student import check, start; start('00_start_here', globals())")
    shell.run_cell("import numpy as np\ndef sigmoid(a):\n    return (1 + np.tanh(a / 2)) / 2")
    shell.run_cell("verdict = check(sigmoid).verdict")
    assert shell.user_ns["verdict"].status == "passed"
    shell.run_cell("def sigmoid(a)\n    return a")
    shell.run_cell("verdict = check(sigmoid).verdict")
    verdict = shell.user_ns["verdict"]
    assert (verdict.status, verdict.mistake) == ("error", "syntax_error")
    assert "def sigmoid(a)" in verdict.cause


@pytest.mark.parametrize(
    "guess, expected, agrees",
    [
        ("35%", 35, True),
        ("35.0", 35, True),
        ("34.9", 35, True),
        ("40", 35, False),
        ("1/2", 0.5, True),
        ("½", 0.5, True),
        ("True", "yes", True),
        ("NO", "no", True),
        ("yes", "no", False),
        ("np.nan", "nan", True),
        ("about 2.3", 2.3, True),
        ("43680 times", 43680, True),
        ("many", 43680, None),
        ("0.0", "0", True),
    ],
)
def test_a_guess_is_compared_by_what_it_means(guess, expected, agrees):
    assert same(guess, expected) is agrees


def test_a_guess_between_the_choices_counts_as_the_nearest(notebook):
    student.predict("q", 8)
    assert "They agree" in str(student.settle("q", 9, choices=(3, 10, 100)))
    student.predict("q", 80)
    assert "What did you assume" in str(student.settle("q", 9, choices=(3, 10, 100)))


def test_nan_and_inf_may_be_guessed_as_the_text_shows_them(notebook):
    assert np.isnan(notebook["nan"]) and np.isinf(notebook["inf"])


@pytest.mark.parametrize(
    ("guess", "measured", "says"),
    [
        ("0.34", 0.2, "Close: within a factor of 2"),
        ("40", 20.0, "Close: within a factor of 2"),
        ("41", 20.0, "What did you assume"),
        ("-0.2", 0.2, "What did you assume"),
        ("0.201", 0.2, "They agree"),
        ("no", 0.2, "could not be compared"),
    ],
)
def test_a_guess_is_close_within_a_stated_factor(guess, measured, says):
    assert says in compared(guess, measured)
