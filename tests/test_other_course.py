"""The engine knows no GRU: another course is built, checked, graded and reported by it."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys

import nbformat
import pytest

from autograder.authoring import build, source
from autograder.cli import main
from autograder.core.judge import judge
from autograder.core.verdict import FAILED, PASSED
from autograder.course import ROOT
from tests.other_course.course import COURSE

CHAPTER = "00_attention"
SCALE = "def scaled_dot_product(q, k, v):\n    return softmax_rows(q @ np.swapaxes(k, -1, -2)) @ v"
MISTAKES = [(e, m) for e in COURSE.exercises.values() for m in e.mistakes]


def test_its_notebook_is_built_from_its_source():
    committed = (COURSE.notebooks / f"{CHAPTER}.ipynb").read_text(encoding="utf-8")
    assert build.text(build.student_notebook(COURSE, CHAPTER)) == committed


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=lambda x: x.name)
@pytest.mark.parametrize("seed", range(5))
def test_its_mistakes_are_named(exercise, mistake, seed):
    assert judge(exercise, exercise.reference, seed).status == PASSED
    verdict = judge(exercise, mistake.wrong, seed)
    assert (verdict.status, verdict.mistake) == (FAILED, mistake.name)


def test_its_words_are_its_own():
    """One failing batch is told in this course's terms, and not in the GRU's."""

    def one_matrix_only(q, k, v):
        if q.ndim > 2:
            return 0 * COURSE.exercises["scaled_dot_product"].reference(q, k, v) + 7.5 * v.mean()
        return COURSE.exercises["scaled_dot_product"].reference(q, k, v)

    verdict = judge(COURSE.exercises["scaled_dot_product"], one_matrix_only)
    assert verdict.status == FAILED and "x_t" not in verdict.cause and "(N, D)" not in verdict.cause


def test_its_notebook_checks_in_a_kernel(tmp_path, monkeypatch):
    """Solved, its cells run in a process of their own and every check passes."""
    monkeypatch.chdir(tmp_path)
    cells = [c.text for c in source.read(COURSE, CHAPTER) if c.kind == "code"]
    cells = [f"print({text})" if text.startswith("check(") else text for text in cells]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(cells)],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.count(": passed") == 2, done.stdout + done.stderr


@pytest.mark.needs("bubblewrap")
def test_a_class_of_it_is_graded_and_reported(tmp_path, capfd):
    key = nbformat.reads(build.text(build.instructor_notebook(COURSE, CHAPTER)), as_version=4)
    wrong = nbformat.from_dict(json.loads(json.dumps(key)))
    cells = {c.metadata.get("nbgrader", {}).get("grade_id"): c for c in wrong.cells}
    cells["scaled_dot_product"].source = SCALE
    for student, nb in (("ada", key), ("bob", wrong)):
        path = tmp_path / "submitted" / student / CHAPTER / f"{CHAPTER}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(nb, path)
    out = tmp_path / "graded"
    args = ["grade", str(tmp_path / "submitted"), "--out", str(out), "--workers", "1"]
    assert main(args, COURSE) == 0, capfd.readouterr()
    written = (out / "grades.csv").read_text()
    rows = {(r["student"], r["exercise"]): r for r in csv.DictReader(written.splitlines())}
    assert rows["ada", "softmax_rows"]["status"] == rows["bob", "softmax_rows"]["status"] == PASSED
    assert rows["ada", "scaled_dot_product"]["score"] == "3"
    assert rows["bob", "scaled_dot_product"]["mistake"] == "scale_forgotten"
    assert json.loads((out / "run.json").read_text())["course"] == COURSE.where
    report = (out / "report.html").read_text()
    assert "not divided by the root of d" in report and "GRU" not in report
    page = (out / "feedback" / "bob" / CHAPTER / f"{CHAPTER}.html").read_text()
    assert "not divided by the root of d" in page and "GRU" not in page
    assert main(["feedback", str(out)], COURSE) == main(["report", str(out)], COURSE) == 0


ENGINE = ("core", "authoring", "notebook", "workspace", "sandbox", "grading", "lms")
STORED = {  # names of files, and in files of version 0.1
    *("grading/store/records.py", "grading/course.py", "grading/terms/settings.py"),
    "grading/people/columns.py",  # German groups
}
OF_THE_GRU = re.compile(r"\bgru(?!_course_records)|x_t\b|h_prev|W_h|autograder\.course(?!:)", re.I)


@pytest.mark.parametrize("room", ENGINE)
def test_no_room_of_the_engine_speaks_of_the_gru(room):
    package = ROOT / "autograder"
    for path in sorted((package / room).rglob("*")):
        name = path.relative_to(package).as_posix()
        if path.suffix in (".py", ".j2", ".css") and name not in STORED:
            found = OF_THE_GRU.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{name}: {found[0]}"
