"""What decides a grading: code that may change a score, and never a comment or another chapter."""

import json
import shutil
import subprocess
import sys

import pytest

from autograder.authoring import build
from autograder.course import COURSE, ROOT
from autograder.grading.run.pending import deciding
from autograder.grading.run.version import _declarations, chapter_version

CHAPTERS = ("01_reset_gate", "08_training")
PRINT = (
    "from autograder.course import COURSE; from autograder.grading.run.version import "
    f"chapter_version; print(*(chapter_version(COURSE, c) for c in {CHAPTERS}))"
)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Return a copy of the two packages and of the keys."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    for name in ("autograder", "gru_ref", "solutions"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def as_it_stands(house):
    return versions(house)


def versions(house):
    done = subprocess.run(
        [sys.executable, "-c", PRINT], cwd=house, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def changed(house, old, file, before, after):
    """Return for each chapter whether an edit of one file changes its version."""
    path = house / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    try:
        path.write_text(text.replace(before, after, 1), encoding="utf-8")
        return [a != b for a, b in zip(old, versions(house), strict=True)]
    finally:
        path.write_text(text, encoding="utf-8")


def test_a_version_is_the_same_in_every_process(house, as_it_stands):
    assert versions(house) == as_it_stands


@pytest.mark.parametrize(
    ("file", "before", "after", "regrades"),
    [
        ("autograder/core/judge.py", "CORE = {", "# a comment\n\nCORE = {", [False, False]),
        ("autograder/core/judge.py", '"""Return the verdict on', '"""Give the verdict on', [0, 0]),
        ("autograder/core/judge.py", '{"values", "batch"}', '{"values"}', [True, True]),
        ("autograder/core/compare.py", "1e-4, 1e-5", "1e-2, 1e-5", [True, True]),
        ("autograder/sandbox/limits.py", "call: float = 10.0", "call: float = 9.0", [True, True]),
        ("autograder/course/cases.py", "LARGE = 1e6", "LARGE = 1e5", [True, True]),
        ("autograder/course/chapters/ch01_reset_gate.py", "points=3", "points=4", [True, False]),
        ("autograder/sizes.py", "CELL_RUN = 200_000", "CELL_RUN = 100_000", [True, True]),
        ("autograder/course/warm_up.py", '"GRUCell"', '"LSTMCell"', [True, True]),
        (
            "autograder/course/stubs/gru_ref/__init__.py",
            "raise ImportError",
            "return 0",
            [True, True],
        ),
        ("autograder/core/feedback.py", "46, 160, 67", "0, 0, 0", [False, False]),
        ("gru_ref/figures/diagrams.py", "import", "import math\nimport", [False, False]),
        ("autograder/grading/reports/page.py", "OWN = 30", "OWN = 31", [False, False]),
        ("solutions/02_update_gate.py", "return z_t * h_prev +", "return h_prev * z_t +", [0, 1]),
        ("solutions/00_start_here.py", "### BEGIN", "# a comment\n    ### BEGIN", [False, False]),
    ],
)
def test_an_edit_regrades_what_it_may_change(house, as_it_stands, file, before, after, regrades):
    assert changed(house, as_it_stands, file, before, after) == [bool(r) for r in regrades]


def test_every_chapter_has_a_version_of_its_own():
    assert len({chapter_version(COURSE, c) for c in COURSE.names}) == len(COURSE.names)


def test_prose_and_demonstrations_of_a_release_regrade_nobody():
    text = build.text(build.student_notebook(COURSE, "01_reset_gate"))
    release = json.loads(text)
    graded = {id(c) for c in release["cells"] if "nbgrader" in c["metadata"]}
    prose = next(c for c in release["cells"] if c["cell_type"] == "markdown")
    plot = next(
        c
        for c in release["cells"]
        if "show(diagrams" in "".join(c["source"]) and id(c) not in graded
    )
    prose["source"], plot["source"] = ["other words"], ["print(1)"]
    assert deciding(json.dumps(release)) == deciding(text)


@pytest.mark.parametrize("what", ["points", "source", "setup"])
def test_points_answers_and_the_first_cell_of_a_release_decide(what):
    text = build.text(build.student_notebook(COURSE, "01_reset_gate"))
    release = json.loads(text)
    code = [c for c in release["cells"] if c["cell_type"] == "code"]
    answer = next(c for c in code if c["metadata"].get("nbgrader", {}).get("solution"))
    check = next(c for c in code if c["metadata"].get("nbgrader", {}).get("grade"))
    if what == "points":
        check["metadata"]["nbgrader"]["points"] += 1
    else:
        (answer if what == "source" else code[0])["source"] += ["\nx = 1"]
    assert deciding(json.dumps(release)) != deciding(text)


@pytest.mark.parametrize("chapter", COURSE.chapters, ids=lambda c: c.name)
def test_the_files_that_declare_a_chapter_are_among_what_decides(chapter):
    declared = "".join(p.read_text(encoding="utf-8") for p in _declarations(COURSE, chapter.name))
    assert all(f'name="{e.name}"' in declared for e in chapter.exercises)
