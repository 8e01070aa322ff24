"""The wheel works anywhere: everything here runs in an environment that knows of no checkout."""

import csv
import json
import shutil
import sys
import tomllib
import zipfile

import pytest

from autograder.course import ROOT
from autograder.sandbox import bubblewrap
from tests.helpers import installed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="laid out for POSIX")

CHAPTER = "01_reset_gate"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
WHERE = "import autograder, gru_ref; print(autograder.__file__); print(gru_ref.__file__)"
SOLVE = """
import sys, nbclient, nbformat
from autograder.authoring.build import instructor_notebook
from autograder.course import COURSE
nb = instructor_notebook(COURSE, sys.argv[1])
nbclient.NotebookClient(nb, timeout=120).execute()
nbformat.write(nb, sys.argv[2])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return installed.build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def there(wheel, tmp_path_factory):
    return installed.install(wheel, tmp_path_factory.mktemp("there"))


@pytest.fixture(scope="module")
def course(there):
    """Return a student's folder, made by `autograder init`."""
    done = there.run("autograder", "init", "my-course")
    assert (done.returncode, done.stderr) == (0, "")
    return there.home / "my-course"


@pytest.fixture(scope="module")
def solved(there, course):
    """Return chapter 1, solved and run in the student's folder."""
    path = there.home / "solved.ipynb"
    done = there.run("python", "-c", SOLVE, CHAPTER, path, cwd=course)
    assert done.returncode == 0, done.stderr
    return json.loads(path.read_text(encoding="utf-8"))


def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {n: archive.read(n) for n in archive.namelist() if not n.endswith("/RECORD")}


def test_the_wheel_has_the_chapters_and_the_sources_only_packed(wheel):
    found = names(wheel)
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert found[f"autograder/course/data/notebooks/{path.name}"] == path.read_bytes()
    assert "autograder/course/data/keys.pack" in found and "autograder/py.typed" in found
    assert not any(n.startswith(("solutions", "tests", "notebooks", "benchmarks")) for n in found)


def test_what_runs_is_the_wheel_and_it_says_its_version(there):
    done = there.run("python", "-c", WHERE)
    for line in done.stdout.splitlines():
        assert line.startswith(str(there.prefix)), line
    assert there.run("autograder", "--version").stdout == f"autograder, version {VERSION}\n"


def test_commands_say_in_one_sentence_what_they_cannot_do_here(there):
    for words, says in [
        (["build"], "There is nothing to build in an installed package"),
        (["lab", "--no-browser"], "There is no course in this folder. `autograder init"),
        (["reset", CHAPTER], "There is no course in this folder. `autograder init"),
    ]:
        done = there.run("autograder", *words)
        assert done.returncode == 2 and done.stdout == "", words
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"autograder: {says}")


def test_reset_gives_a_fresh_chapter_in_the_students_folder(there, course):
    (course / "02_update_gate.ipynb").write_text("my answers")
    done = there.run("autograder", "reset", "02_update_gate", cwd=course)
    assert done.returncode == 0, done.stderr
    original = (ROOT / "notebooks" / "02_update_gate.ipynb").read_bytes()
    assert (course / "02_update_gate.ipynb").read_bytes() == original
    (aside,) = course.glob("02_update_gate.before-*.ipynb")
    assert aside.read_text() == "my answers"


def test_checks_pass_and_show_the_model_solution(solved, course):
    panels = [
        "".join(cell["outputs"][0]["data"]["text/plain"])
        for cell in solved["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id", "").startswith("check_")
    ]
    assert len(panels) == 4
    assert all("One way to write it:" in text for text in panels), panels  # shown after a pass
    assert all("Another way." in text for text in panels), panels
    assert (course / ".progress" / "exercise.reset_gate.json").is_file()


@pytest.mark.parametrize("level", ["required", "off"])
def test_grade_gives_full_marks_and_no_answer_finds_the_key(there, solved, level):
    if level == "required" and bubblewrap.lacking():
        pytest.skip(bubblewrap.lacking())
    (pack,) = there.prefix.glob("lib/python3*/site-packages/autograder/course/data/keys.pack")
    for student in ("alice", "thief"):
        place = there.home / level / student / CHAPTER / f"{CHAPTER}.ipynb"
        place.parent.mkdir(parents=True)
        nb = json.loads(json.dumps(solved))
        if student == "thief" and level == "required":
            for cell in nb["cells"]:
                if cell["metadata"].get("nbgrader", {}).get("grade_id") == "reset_gate":
                    head, rest = "".join(cell["source"]).split('"""\n', 1)
                    looks = f"    import os\n    assert not os.path.exists({str(pack)!r})\n"
                    cell["source"] = f'{head}"""\n{looks}{rest}'
        place.write_text(json.dumps(nb))
    out = there.home / f"graded-{level}"
    done = there.run("autograder", "grade", level, "--out", out, "--sandbox", level, "--workers=1")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = list(csv.DictReader((out / "grades.csv").read_text("utf-8").splitlines()))
    judged = {(r["student"], r["exercise"], r["status"]) for r in rows if r["status"] != "manual"}
    assert len(judged) == 8 and {s for _, _, s in judged} == {"passed"}, judged
    assert (out / "feedback" / "alice" / CHAPTER / f"{CHAPTER}.html").is_file()


def test_release_from_the_package_gives_the_same_package(there):
    done = there.run("autograder", "release", "hand-out", "--zip")
    assert done.returncode == 0, done.stderr
    (again,) = (there.home / "hand-out").glob("*.whl")
    assert names(again) == names(there.wheel)
    shutil.rmtree(there.home / "hand-out")
    shutil.unpack_archive(there.home / "hand-out.zip", there.home)
    other = installed.install(*there.home.glob("hand-out/*.whl"), there.home / "other")
    done = other.run("autograder", "reset", CHAPTER, cwd=there.home / "hand-out")
    assert done.returncode == 0, done.stderr


def test_gru_ref_trains_where_it_stands(there, tmp_path):
    done = there.run("python", "-m", "gru_ref", "train", "adding", "--steps", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert any(tmp_path.rglob("*adding*"))
