"""Every way to set the course up installs the same, and says in one sentence what is missing."""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import jaxtyping
import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import autograder
import gru_ref

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NOT_LOCKED = {"gru-course", "pip", "wheel"}  # pip comes with Python
PARTS_OF_TORCH = ("nvidia-", "cuda-")  # on a GPU machine; torch pins them itself

needs_make = pytest.mark.needs("make")


def pins():
    """Return the lock as {name: version}."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert len({canonicalize_name(r.name) for r in found}) == len(found), "a name is there twice"
    return {canonicalize_name(r.name): Version(str(r.specifier).removeprefix("==")) for r in found}


def requirements(*extras):
    """Return what pyproject.toml asks for, with these extras."""
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    found = [Requirement(line) for line in lines]
    others = [e for r in found if r.name == PROJECT["name"] for e in r.extras]
    found += requirements(*others) if others else []
    return [r for r in found if r.name != PROJECT["name"]]


# The lock


def test_every_installed_package_is_in_the_lock_at_its_version():
    installed = {
        canonicalize_name(d.name): Version(Version(d.version).public)
        for d in importlib.metadata.distributions(path=[sysconfig.get_path("purelib")])
    }
    asked = {
        name: version
        for name, version in installed.items()
        if name not in NOT_LOCKED and not name.startswith(PARTS_OF_TORCH)
    }
    locked = pins()
    differs = {
        n: f"{v} installed, {locked.get(n)} locked" for n, v in asked.items() if locked.get(n) != v
    }
    assert not differs, f"`make lock`, or take these out of .venv: {differs}"


def test_the_lock_satisfies_every_requirement():
    locked = pins()
    for r in requirements("course", "test"):
        assert locked[canonicalize_name(r.name)] in r.specifier, r


def test_pyproject_admits_a_range_of_torch_and_the_lock_names_one():
    (asked,) = [r for r in requirements("train") if r.name == "torch"]
    assert asked.specifier == SpecifierSet(">=2.6,<3")
    builds = {n: str(v) for n, v in pins().items() if n.startswith(("torch", *PARTS_OF_TORCH))}
    assert builds.pop("torchmetrics")  # lightning's, and no part of torch
    assert builds == {"torch": "2.13.0"}


def test_the_lock_names_no_build_of_one_machine():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert not re.search(
        r"==.*\+|://|--|@", "\n".join(x for x in text.splitlines() if x[:1] != "#")
    )


def test_the_lock_says_how_it_was_made():
    assert "make lock" in (ROOT / "constraints.txt").read_text(encoding="utf-8").split("==")[0]


def test_chapters_0_to_7_ask_for_numpy_matplotlib_and_a_notebooks_own():
    names = {r.name for r in requirements()}
    assert names == {"numpy", "matplotlib", "ipython", "ipywidgets", "click"}


def test_what_a_room_of_the_code_imports_is_asked_for_by_its_extra():
    asked = {x: {canonicalize_name(r.name) for r in requirements(x)} for x in ("grade", "train")}
    rooms = [("autograder/**/*.py", asked["grade"]), ("gru_ref/training/**/*.py", asked["train"])]
    elsewhere = {
        "torch",
        "lightning",
        "distributed",
        "jupyterlab",
        "music21",
        "triton",
        "onnx",
        "safetensors",
    }  # each in its own extra
    for files, names in rooms:
        for path in ROOT.glob(files):
            if "stubs" not in path.parts:
                missing = imports(path) - names - elsewhere
                assert not missing - {"tensorboardx", "jaxtyping"}, path


def imports(path):
    """Return the packages that a file imports, without Python's and the course's own."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) if n.module]
    named += [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    tops = {name.split(".")[0] for name in named} - {"autograder", "gru_ref", "tests"}
    return {canonicalize_name(top) for top in tops - sys.stdlib_module_names}


# conda and Binder


def environment():
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def pip_lines():
    (lines,) = [d["pip"] for d in environment()["dependencies"] if isinstance(d, dict)]
    return lines


def test_environment_yml_installs_this_project_as_make_lab_does():
    assert "tools/install course\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
    said = (ROOT / "tools/install").read_text(encoding="utf-8")
    assert 'pip -c constraints.txt -e ".[$extras]"' in said
    assert pip_lines() == ["-c constraints.txt", "-e .[course]"]
    assert (ROOT / "constraints.txt").is_file()


def test_environment_yml_asks_conda_for_nothing_but_a_python_that_the_project_takes():
    names = [d for d in environment()["dependencies"] if isinstance(d, str)]
    (python,) = [d for d in names if d.startswith("python")]
    assert set(names) == {python, "pip"}
    version = python.removeprefix("python=")
    assert SpecifierSet(PROJECT["requires-python"]).contains(f"{version}.0")


# The packages


def test_the_course_is_imported_from_this_checkout():
    assert Path(autograder.__file__).parent == ROOT / "autograder"
    assert Path(gru_ref.__file__).parent == ROOT / "gru_ref"


def test_shapes_in_the_signatures_of_gru_ref_are_executed():
    with pytest.raises(jaxtyping.TypeCheckError):
        gru_ref.sigmoid("not an array")
    gru_ref.sigmoid(np.zeros(3))


# make, with a stand-in for Python that records how it is called

STAND_IN = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in
    *sys.exit*) exit ${TOO_OLD:-0};;
    -V) echo "Python 3.8.1";;
    *'m.version("torch")'*) exit ${NO_TORCH:-0};;
    *download.pytorch.org*) echo "Looking for it"; exit ${NO_INDEX:-0};;
    *constraints.txt*) for i in 1 2 3 9; do echo "Collecting $i"; done; exit ${BROKEN:-0};;
    "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python;;
esac
"""


PIP = "-m pip install --disable-pip-version-check --progress-bar off"
CPU = "--index-url https://download.pytorch.org/whl/cpu --no-deps --timeout 10 --retries 1"


@pytest.fixture
def course(tmp_path):
    """A folder with spaces in its name, holding what make reads."""
    folder = tmp_path / "my courses" / "a GRU"
    folder.mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "tools", folder / "tools")
    python = tmp_path / "bin dir" / "python3"
    python.parent.mkdir()
    python.write_text(STAND_IN)
    python.chmod(0o755)
    return folder


def make(folder, *words, python=None, **environ):
    """Run make in a folder; return what was run, and how the stand-in was called."""
    calls = folder / "calls"
    calls.write_text("")
    python = python or folder.parent.parent / "bin dir" / "python3"
    ours = ("MAKE", "MFLAGS", "PYTHON", "ARGS", "CHAPTER", "NVIDIA", "TORCH")  # of a `make test`
    keep = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    done = subprocess.run(
        ["make", f"PYTHON={python}", *words],
        cwd=folder,
        env=keep | {"CALLS": str(calls)} | environ,
        capture_output=True,
        text=True,
    )
    lines = calls.read_text().splitlines()
    return done, [line for line in lines if not line.startswith("-c import importlib")]


@needs_make
def test_make_lab_sets_up_once_and_then_only_opens_the_course(course):
    done, calls = make(course, "lab")
    assert done.returncode == 0, done.stderr
    assert calls[1:] == [
        "-m venv .venv",
        f"{PIP} -c constraints.txt -e .[course]",
        "-m autograder lab",
    ]
    assert len(done.stdout.splitlines()) <= 5 and "Collecting" not in done.stdout
    assert "Collecting 9" in (course / ".venv/install.log").read_text()
    assert make(course, "lab")[1] == ["-m autograder lab"]


@needs_make
def test_make_test_sets_up_what_make_lab_needs_too(course):
    done, calls = make(course, "test")
    assert done.returncode == 0, done.stderr
    assert [c.split()[1] for c in calls[1:]] == ["venv", "pip", "pytest"]
    assert calls[2].endswith("-e .[course,test]")
    assert "NVIDIA" not in done.stdout
    assert make(course, "lab")[1] == ["-m autograder lab"]
    assert make(course, "test", "ARGS=-k setup")[1] == ["-m pytest -n 2 -k setup"]


@needs_make
@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_lock_is_installed(course, name):
    make(course, "lab")
    newer = (course / ".venv/course.stamp").stat().st_mtime + 5
    os.utime(course / name, (newer, newer))
    assert [c.split()[1] for c in make(course, "lab")[1]] == ["pip", "autograder"]


@needs_make
def test_a_course_that_was_moved_is_installed_again(course):
    make(course, "lab")
    moved = course.rename(course.parent / "elsewhere")
    assert [c.split()[1] for c in make(moved, "lab")[1]] == ["pip", "autograder"]


@needs_make
def test_an_interrupted_set_up_is_done_again(course):
    make(course, "lab")
    (course / ".venv/course.stamp").unlink()
    assert [c.split()[1] for c in make(course, "lab")[1]] == ["pip", "autograder"]


@needs_make
def test_an_old_python_is_told_in_one_sentence(course):
    done, _ = make(course, "lab", TOO_OLD="1")
    assert done.returncode != 0
    (said,) = done.stdout.splitlines()
    assert said.startswith("Python 3.11 or newer is needed") and "Python 3.8.1" in said
    assert not (course / ".venv").exists()


@needs_make
def test_a_missing_python_is_told_in_one_sentence(course):
    done, _ = make(course, "lab", python="no-such-python")
    assert done.returncode != 0
    (said,) = done.stdout.splitlines()
    assert said.startswith("Python 3.11 or newer is needed and 'no-such-python' is not found")


@needs_make
def test_make_alone_lists_every_command(course):
    done, calls = make(course)
    listed = re.findall(r"^  make ([a-z]+)  ", done.stdout, re.M)
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.M)[1].split()
    assert {*listed, "FORCE"} == set(phony) and calls == []


@needs_make
def test_a_failed_set_up_shows_all_that_pip_said_and_is_done_again(course):
    done, _ = make(course, "lab", BROKEN="1")
    assert done.returncode != 0
    assert "Collecting 1\n" in done.stderr and "Collecting 9\n" in done.stderr
    assert "The set-up failed" in done.stderr
    assert [c.split()[1] for c in make(course, "lab")[1]] == ["pip", "autograder"]


needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="only there PyTorch brings CUDA")


@needs_make
@needs_linux
@pytest.mark.parametrize(
    ("card", "no_index", "asked", "says"),
    [
        ("no", "0", True, "no NVIDIA card is here, so its CPU build"),
        ("no", "1", True, "PyTorch comes from pip's usual index instead"),
        ("yes", "0", False, "an NVIDIA card is here, so its CUDA build"),
    ],
)
def test_make_lab_says_which_pytorch_it_chose(course, card, no_index, asked, says):
    done, calls = make(course, "lab", NVIDIA=card, NO_TORCH="1", NO_INDEX=no_index)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
    first = [f"{PIP} {CPU} torch=={pins()['torch']}"] if asked else []
    assert calls[2:] == [*first, f"{PIP} -c constraints.txt -e .[course]", "-m autograder lab"]
    assert len(done.stdout.splitlines()) <= 6


@needs_make
def test_a_pytorch_that_is_there_is_left_alone(course):
    done, calls = make(course, "lab", NVIDIA="no")
    assert "PyTorch" not in done.stdout
    assert not any("download.pytorch.org" in c for c in calls)


# tools/system and .ci/run, with a stand-in for the system


STAMPS = [f".venv/{part}.stamp" for part in ("test", "site", "lite")]
CI = sorted(f"make {goal}" for goal in (*STAMPS, "site", "test"))
ALL = {"bubblewrap", "chromium", "fonts-dejavu-core", "make", "openssl", "postgresql"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("present", "installs"),
    [
        ({"chromium", "make", "openssl"}, ["bubblewrap", "fonts-dejavu-core", "postgresql"]),
        (ALL, []),
    ],
)
def test_ci_installs_what_the_system_lacks_builds_the_site_and_runs_make_test(
    tmp_path, present, installs
):
    done, called = system(tmp_path, ".ci/run", present)
    assert done.returncode == 0, done.stderr
    apt = ["apt-get update", *(f"apt-get install {name}" for name in installs)] if installs else []
    assert called[: -len(CI)] == apt
    assert sorted(called[-len(CI) :]) == CI  # the site is built beside the tests


def test_who_is_not_root_is_told_what_to_install(tmp_path):
    done, called = system(tmp_path, "tools/system", ALL - {"bubblewrap"}, user=1000)
    assert done.returncode == 1 and called == []
    assert done.stderr == "Not installed here: bubblewrap. As root: apt install bubblewrap\n"


def test_ci_goes_on_where_a_package_cannot_be_installed(tmp_path):
    done, called = system(tmp_path, ".ci/run", ALL - {"chromium"}, apt="exit 100")
    assert done.returncode == 0
    assert "apt could not install: chromium." in done.stderr
    assert "Going on without" in done.stdout
    assert sorted(called) == CI


@pytest.mark.parametrize("fails", ["site", "test", ".venv/lite.stamp"])
def test_ci_fails_where_a_part_of_it_does(tmp_path, fails):
    done, called = system(tmp_path, ".ci/run", ALL, fails=fails)
    assert done.returncode != 0 and f"make {fails}" in called
    if fails == "site":
        assert "why it failed" in done.stdout


def system(tmp_path, command, present, user=0, apt=None, fails="nothing"):
    """Run a command where these packages are installed; return what was run, and what it called."""
    for name in (".ci", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name)
    stand_ins = {
        "dpkg-query": f'case " {" ".join(present)} " in *" $3 "*) echo "x installed";; esac',
        "apt-get": apt
        or 'words=; for w; do case "$w" in -*) ;; *) words="$words $w";; esac; done;'
        ' echo "apt-get$words" >> "$CALLS"',
        "make": 'echo "make $1" >> "$CALLS"; '
        f'[ "$1" != {fails} ] || {{ echo why it failed; exit 2; }}',
        "id": f"echo {user}",
        "python3": "exit 0",
    }
    for name, text in stand_ins.items():
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    calls = tmp_path / "calls"
    keep = {k: v for k, v in os.environ.items() if k != "PYTHON"}
    env = keep | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "CALLS": str(calls)}
    calls.touch()
    done = subprocess.run([tmp_path / command], env=env, capture_output=True, text=True)
    return done, calls.read_text().splitlines()
