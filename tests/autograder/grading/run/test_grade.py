"""One batch through `autograder grade`, as an instructor runs it: a process of its own.

nbgrader warns while it imports and while it writes; warnings are errors in this process only.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

from autograder.cli import main
from tests.helpers.programs import formgrader
from tests.helpers.submissions import (
    CHAPTER,
    changed,
    hand_in,
    insert_copy,
    named,
    notebook,
    remove,
    solved,
    written,
)

pytestmark = pytest.mark.needs("bubblewrap")
WRITTEN = written(notebook())[0]
ANSWER = "The rows of $W$ are units. <script>alert(1)</script>"
WRONG_SIGN = "def sigmoid(a):\n    return 1 / (1 + np.exp(a))"
NO_B_H = (
    "def affine(x_t, h_prev, W_i, b_i, W_h, b_h):\n    return x_t @ W_i.T + b_i + h_prev @ W_h.T"
)
LEAVES = "import os\n\ndef sigmoid(a):\n    os._exit(3)"
LOOPS = "def affine(x_t, h_prev, W_i, b_i, W_h, b_h):\n    while True:\n        x_t = x_t + 1"


def autograder(*args: object, code: str = "") -> subprocess.CompletedProcess:
    """Run the command line; `code` runs before it in the same process."""
    program = f"import sys\n{code}\nfrom autograder.cli import main\nsys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


class Batch(NamedTuple):
    """What came of one run."""

    submitted: Path
    out: Path
    done: subprocess.CompletedProcess

    def rows(self) -> dict[tuple[str, str], dict[str, str]]:
        """Return the rows of grades.csv by student and exercise."""
        with (self.out / "grades.csv").open(newline="", encoding="utf-8") as file:
            return {(r["student"], r["exercise"]): r for r in csv.DictReader(file)}

    def row(self, student: str, exercise: str) -> tuple[str, str, str]:
        """Return score, status and mistake."""
        r = self.rows()[student, exercise]
        return r["score"], r["status"], r["mistake"]

    def page(self, student: str) -> str:
        """Return a student's feedback page."""
        path = self.out / "feedback" / student / CHAPTER / f"{CHAPTER}.html"
        return path.read_text(encoding="utf-8")


def without_checks(nb: nbformat.NotebookNode) -> None:
    remove(nb, "check_sigmoid")
    remove(nb, WRITTEN)
    named(nb, "check_affine").source = "check('nothing')"
    nb.cells.insert(2, nbformat.v4.new_code_cell("def half(a):\n    return a / 2"))
    named(nb, "sigmoid").source = (
        "import sys\n\ndef sigmoid(a):\n    print('seen', file=sys.stderr)\n"
        "    return (1 + np.tanh(half(a))) / 2"
    )


def twice_sigmoid(nb: nbformat.NotebookNode) -> None:
    insert_copy(nb, "sigmoid", source=WRONG_SIGN)
    insert_copy(nb, "check_sigmoid")
    named(nb, "affine").source = "def affine(x_t, h_prev, W_i, b_i, W_h, b_h):\n    return (x_t"


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    root = tmp_path_factory.mktemp("class of 2030")
    submitted, out = root / "submitted", root / "graded"
    for student, nb in {
        "untouched": notebook(),
        "solved": solved("sigmoid", "affine", **{WRITTEN: ANSWER}),
        "half": solved("sigmoid"),
        "mistaken": solved(sigmoid=WRONG_SIGN, affine=NO_B_H),
        "o'deléted": changed(without_checks),
        "duplicated": changed(twice_sigmoid),
        "stuck": solved(sigmoid=LEAVES, affine=LOOPS),
        "not_json": "this is no notebook",
    }.items():
        hand_in(submitted, student, nb)
    (submitted / "missing" / CHAPTER).mkdir(parents=True)
    (submitted / "missing" / CHAPTER / "Untitled.pdf").write_text("%PDF")
    (submitted / "missing" / "77_none").mkdir()
    (submitted / "list.txt").write_text("a stray file")
    done = autograder("grade", submitted, "--out", out, "--seed", 5, "--timeout", 5)
    assert done.returncode == 0, done.stderr
    return Batch(submitted, out, done)


def test_grades_csv_has_a_row_an_exercise_sorted_by_student_in_notebook_order(batch):
    text = (batch.out / "grades.csv").read_text(encoding="utf-8")
    columns = "student,chapter,exercise,score,max_score,status,mistake,name,handed_in"
    assert text.partition("\n")[0] == columns
    students = sorted(p.name for p in batch.submitted.iterdir() if p.is_dir())
    order = ["sigmoid", "affine", WRITTEN]
    assert list(batch.rows()) == [(s, e) for s in students for e in order]


def test_an_untouched_notebook_is_not_attempted(batch):
    for exercise in ("sigmoid", "affine", WRITTEN):
        assert batch.row("untouched", exercise) == ("0", "not attempted", "")


def test_a_solved_notebook_has_full_marks_and_its_written_answer_waits_for_a_person(batch):
    assert batch.row("solved", "sigmoid") == ("2", "passed", "")
    assert batch.row("solved", "affine") == ("3", "passed", "")
    assert batch.row("solved", WRITTEN) == ("", "manual", "")


def test_a_half_solved_notebook_has_half_the_marks(batch):
    assert batch.row("half", "sigmoid") == ("2", "passed", "")
    assert batch.row("half", "affine") == ("0", "not attempted", "")


def test_a_mistaken_notebook_has_its_mistakes_named(batch):
    assert batch.row("mistaken", "sigmoid") == ("0", "failed", "sign_of_the_exponent")
    assert batch.row("mistaken", "affine") == ("0", "failed", "b_h_forgotten")


def test_deleted_and_edited_check_cells_change_nothing_and_a_missing_answer_is_told(batch):
    assert batch.row("o'deléted", "sigmoid") == ("2", "passed", "")  # with a cell of its own
    assert batch.row("o'deléted", "affine") == ("3", "passed", "")
    assert batch.row("o'deléted", WRITTEN) == ("0", "not attempted", "")
    assert "is missing" in batch.page("o'deléted")


def test_of_a_duplicated_answer_the_last_one_counts_and_that_is_told(batch):
    assert batch.row("duplicated", "sigmoid") == ("0", "failed", "sign_of_the_exponent")
    assert "The last one counts" in batch.page("duplicated")


def test_a_syntax_error_costs_its_own_exercise_and_the_page_shows_the_line(batch):
    assert batch.row("duplicated", "affine") == ("0", "error", "syntax_error")
    assert "Line 2" in batch.page("duplicated")
    assert "return (x_t" in batch.page("duplicated")


def test_an_answer_that_ends_python_does_not_take_the_next_exercise_along(batch):
    assert batch.row("stuck", "sigmoid") == ("0", "error", "died")
    assert batch.row("stuck", "affine") == ("0", "error", "timed_out")
    assert "while True:" in re.sub("<[^>]*>", "", batch.page("stuck"))


@pytest.mark.parametrize(
    ("student", "mistake"), [("not_json", "unreadable"), ("missing", "no_notebook")]
)
def test_a_file_that_is_no_notebook_has_rows_with_an_error(batch, student, mistake):
    for exercise in ("sigmoid", "affine", WRITTEN):
        assert batch.row(student, exercise) == ("0", "error", mistake)
    assert "could not be graded" in batch.page(student)


def test_what_is_passed_over_has_a_line_and_no_traceback_is_shown(batch):
    assert "missing/77_none: passed over" in batch.done.stdout
    assert "list.txt: passed over" in batch.done.stdout
    assert "not_json  00_start_here  The file is not a notebook" in batch.done.stdout
    assert "Untitled.pdf" in batch.done.stdout
    assert batch.done.stderr == ""


def test_the_gradebook_has_the_scores_of_grades_csv_and_no_key(batch):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{batch.out}/gradebook.db", "") as gb:
        assert "key" not in {s.id for s in gb.students}
        seen = 0
        for submission in gb.assignment_submissions(CHAPTER):
            for grade in submission.notebooks[0].grades:
                row = batch.rows()[submission.student_id, grade.name.removeprefix("check_")]
                assert grade.score == float(row["score"] or 0)
                assert grade.needs_manual_grade == (row["score"] == "")
                seen += 1
    assert seen == len(batch.rows())


def test_a_page_shows_score_cause_and_smallest_case_and_runs_nothing_of_the_student(batch):
    page = batch.page("mistaken")
    assert "0 of 7 points" in page
    assert "b_h is missing" in page
    assert "smallest failing case" in page
    page = batch.page("solved")
    assert "5 of 7 points" in page
    assert "&lt; script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_what_was_handed_in_is_kept_as_it_was(batch):
    for student in ("solved", "duplicated", "not_json"):
        name = f"{student}/{CHAPTER}/{CHAPTER}.ipynb"
        received = (batch.out / "submitted" / name).read_bytes()
        assert received == (batch.submitted / name).read_bytes()


def test_the_seed_is_kept_with_the_results(batch):
    assert json.loads((batch.out / "run.json").read_text())["seed"] == 5


FAIL_ONE = """
from autograder.grading.store.writer import Writer
right = Writer.record
def record(self, submission, graded, digest):
    assert submission.student != "o'deléted", "the disk is full"
    return right(self, submission, graded, digest)
Writer.record = record
"""


def test_regrading_keeps_a_persons_score_and_leaves_no_old_score_standing(batch, tmp_path):
    from nbgrader.api import Gradebook

    again = Batch(tmp_path / "submitted", tmp_path / "graded", batch.done)
    shutil.copytree(batch.out, again.out)
    url = f"sqlite:///{again.out}/gradebook.db"
    with Gradebook(url, "") as gb:
        grade = gb.find_grade(WRITTEN, CHAPTER, CHAPTER, "solved")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gb.find_grade("check_sigmoid", CHAPTER, CHAPTER, "solved").manual_score = 1.0
        comment = gb.find_comment(WRITTEN, CHAPTER, CHAPTER, "solved")
        comment.manual_comment = "Which **rows**?"
        gb.db.commit()
    other = "def sigmoid(a):\n    return 1 / (1 + np.exp(-a))"
    hand_in(again.submitted, "solved", solved("affine", sigmoid=other, **{WRITTEN: ANSWER}))
    hand_in(again.submitted, "half", b"\xff\xfe")
    hand_in(again.submitted, "o'deléted", solved("sigmoid", "affine"))
    args = ["grade", again.submitted, "--out", again.out, "--chapter", CHAPTER]
    done = autograder(*args, code=FAIL_ONE)
    assert done.returncode == 1, done.stderr
    assert again.row("solved", WRITTEN) == ("1.5", "manual", "")
    assert again.row("solved", "sigmoid") == ("1", "passed", "")
    assert "sigmoid has changed since a person scored it" in done.stdout
    assert again.row("half", "sigmoid") == ("0", "error", "unreadable")
    assert again.row("o'deléted", "affine") == ("0", "error", "not_graded")
    assert "not graded (AssertionError: the disk is full)" in done.stdout
    assert "not your mistake" in again.page("o'deléted")
    assert again.row("mistaken", "affine") == batch.row("mistaken", "affine")  # not in this batch
    with Gradebook(url, "") as gb:
        assert not gb.find_grade(WRITTEN, CHAPTER, CHAPTER, "solved").needs_manual_grade
        assert gb.find_grade("check_sigmoid", CHAPTER, CHAPTER, "solved").needs_manual_grade
        assert gb.find_submission(CHAPTER, "half").score == 0
        assert gb.find_submission(CHAPTER, "o'deléted").score == 0
    assert "Which <strong>rows</strong>?" in again.page("solved")
    assert "5.5 of 7 points" in again.page("solved")


BREAK_THE_KEY = """
import autograder.grading.run.key as key
right = key.instructor_notebook
def wrong(course, chapter):
    nb = right(course, chapter)
    for cell in nb.cells:
        cell.source = cell.source.replace("0.5 * a", "2.0 * a")
    return nb
key.instructor_notebook = wrong
"""


def test_a_key_without_full_marks_stops_everything_and_touches_nothing(batch):
    before = {p: p.read_bytes() for p in sorted(batch.out.glob("*.[dc]*")) if p.is_file()}
    done = autograder("grade", batch.submitted, "--out", batch.out, code=BREAK_THE_KEY)
    assert done.returncode == 2
    assert "The grader is broken" in done.stderr
    assert "00_start_here, sigmoid: 0 of 2 points, failed" in done.stderr
    assert "no student's grade was touched" in done.stderr
    assert {p.name for p in before} == {"grades.csv", "gradebook.db", "people.csv"}
    assert before == {p: p.read_bytes() for p in before}


TELL = """
from autograder.grading.run import pools, start
from autograder.sandbox import bubblewrap
right_begin, right_attempt = pools.Cores.begin, bubblewrap._attempt
def begin(self, job):
    right_begin(self, job)
    self.ahead[job].result()
    print("begun,", len(self.ahead))
def attempt():
    print("tried")
    return right_attempt()
pools.Cores.begin, bubblewrap._attempt = begin, attempt
"""
FALL_SHORT_ONCE = """
import autograder.grading.run.key as key
from autograder.errors import GradingError
right, times = key.need_full_marks, []
def need_full_marks(course, graded):
    times.append(1)
    if len(times) == 1:
        raise GradingError("there was no room beside the others")
    right(course, graded)
    print("the key is graded again,", end=" ")
key.need_full_marks = need_full_marks
"""


@pytest.fixture
def three(tmp_path):
    for student in ("ada", "bob", "cyd"):
        hand_in(tmp_path / "submitted", student, solved("sigmoid", **{WRITTEN: student}))
    return tmp_path / "submitted"


def test_nothing_is_written_where_the_key_fails_although_students_were_graded_beside_it(
    three, tmp_path
):
    out = tmp_path / "out"
    done = autograder("grade", three, "--out", out, "--workers", 2, code=TELL + BREAK_THE_KEY)
    assert done.returncode == 2
    assert "begun, 3" in done.stdout
    assert "The grader is broken" in done.stderr
    assert {p.name for p in out.iterdir()} <= {".lock", "nbgrader.log"}


def test_what_was_graded_beside_the_key_counts_once_and_the_sandbox_is_tried_once(three, tmp_path):
    out = tmp_path / "out"
    done = autograder("grade", three, "--out", out, "--workers", 2, "--seed", 5, code=TELL)
    assert done.returncode == 0, done.stderr
    assert "begun, 3" in done.stdout
    assert done.stdout.count("tried") == 1
    assert [done.stdout.count(f"{s}  {CHAPTER}  2 of 7") for s in ("ada", "bob", "cyd")] == [1] * 3
    done = autograder("grade", three, "--out", out, "--workers", 2, code=TELL)
    assert "begun" not in done.stdout  # which of them are to be graded is in the gradebook
    assert "3 of them graded before and unchanged" in done.stdout


def test_a_key_that_falls_short_beside_students_is_graded_again_alone(three, tmp_path):
    out = tmp_path / "out"
    done = autograder("grade", three, "--out", out, "--workers", 2, code=FALL_SHORT_ONCE)
    assert done.returncode == 0, done.stderr
    assert "the key is graded again, full marks" in done.stdout
    assert all(f"{student}  {CHAPTER}  2 of 7" in done.stdout for student in ("ada", "bob", "cyd"))


def test_formgrader_serves_the_gradebook(batch):
    with formgrader(batch.out) as (url, token):
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        page = browser.open(f"{url}/formgrader?{token}", timeout=60).read().decode()
        assert "Manage Assignments" in page
        with browser.open(f"{url}/formgrader/api/assignments", timeout=60) as answer:
            found = json.load(answer)
    assert [(a["name"], a["max_score"]) for a in found] == [(CHAPTER, 7.0)]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["grade", "nowhere", "--out", "out"], "nowhere does not exist"),
        (["grade", "file", "--out", "out"], "file is a file, not a directory"),
        (["grade", "empty", "--out", "out"], "empty holds no submission"),
        (["grade", "flat", "--out", "out"], "flat holds no submission"),
        (["grade", "good", "--out", "good/out"], "lies inside good"),
        (["grade", "good", "--out", "file"], "is a file"),
        (["grade", "good", "--out", "o[u]t"], "there is a [ in its name"),
        (["grade", "good", "--out", "out", "--chapter", "99_x"], "There is no chapter 99_x"),
        (["grade", "good", "--out", "out", "--seed", "x"], "a seed is a whole number"),
        (["grade", "good", "--out", "out", "--timeout", "0"], "seconds are a number above 0"),
        (["grade", "good", "--out", "out", "--workers", "0"], "0 is not in the range 1<=x<=1000"),
        (["grade", "good", "--out", "out", "--db", "here"], "not an address of a database"),
        (["grade", "good", "--out", "out", "--db", "sqlite:///x"], "needs the whole path"),
        (["formgrader", "nowhere"], "There is no directory nowhere"),
        (["formgrader", "empty"], "There is no gradebook.db in empty"),
        (["feedback", "empty"], "There is no gradebook.db in empty"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(tmp_path, monkeypatch, capsys, args, says):
    monkeypatch.chdir(tmp_path)
    hand_in(tmp_path / "good", "ada", "{}")
    (tmp_path / "flat").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "flat" / f"{CHAPTER}.ipynb").write_text("{}")
    (tmp_path / "file").write_text("")
    try:
        status = main(args)
    except SystemExit as stop:  # argparse's own way out
        status = stop.code
    said = capsys.readouterr()
    assert status == 2
    assert says in said.err
    assert said.out == ""
