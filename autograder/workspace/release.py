"""`autograder release`: a folder to hand out, with the chapters, the package and how to start.

No key lies open in it: the sources are packed in the wheel, as in any installed copy of the course.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import importlib.metadata
import io
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection
from pathlib import Path

from packaging.version import Version

from autograder.core.course import Course
from autograder.errors import Exit, UserError
from autograder.io import write_file
from autograder.workspace import folder as students
from autograder.workspace.folder import short

EXTRAS = "lab,train"  # of the package: what a student needs
OF_A_WHEEL = (  # what of a checkout it is built from
    "pyproject.toml",
    "setup.py",
    "README.md",
    "LICENSE",
    "constraints.txt",
    "solutions",
    "notebooks",
)
OF_ONE_INSTALL = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
SETUPTOOLS = Version("77")  # as in pyproject.toml
README = """# {title}

You need Python 3.11 or newer. In a terminal, in this folder:

    python3 -m venv .venv
    .venv/bin/pip install -c constraints.txt "./{wheel}[{extras}]"
    .venv/bin/autograder lab

On Windows `py` stands for `python3`, and `.venv\\Scripts\\` for `.venv/bin/`.

The last command opens the chapters in JupyterLab; from the second time on it is all you need. Write
in an answer cell, run the check cell below it. To begin a chapter anew, with your copy set aside:

    .venv/bin/autograder reset {first}

Your answers are in the notebooks of this folder. Your instructor says how one is handed in.
"""


def release(course: Course, folder: Path, zipped: bool = False, only: Collection[str] = ()) -> int:
    """Make a folder to hand out, and an archive of it; return the exit status.

    It has `only` these chapters, all where none is named.
    """
    for name in only:
        students.need_chapter(course, name)
    folder = folder.resolve()
    archive = folder.with_name(f"{folder.name}.zip")
    students.need_empty(folder)
    if zipped and archive.exists():
        raise UserError(f"{short(archive)} is there already. Move it, or name another folder.")
    if students.is_checkout(course):
        _need_fresh(course)
    with tempfile.TemporaryDirectory() as place:
        wheel = _wheel(course, Path(place))
        with students.writing(folder):
            _fill(course, folder, wheel, sorted(only))
            if zipped:
                write_file(archive, _zip(folder))
    print(f"{short(folder)} is ready to hand out: {len(students.wanted(course, folder))} chapters,")
    print(f"{wheel.name}, constraints.txt, and in README.md the three commands of a student.")
    if zipped:
        print(f"{short(archive)} is the same as one file.")
    print("No key lies open in it. Who searches the package finds them; no grade depends on that.")
    return Exit.DONE


def _need_fresh(course: Course) -> None:
    from autograder.authoring.build import stale  # nbgrader, which only a checkout needs here

    if old := stale(course):
        raise UserError(
            f"{', '.join(old)}: the notebook is not what its source gives. "
            "`autograder build` builds it; then release again."
        )


def _fill(course: Course, folder: Path, wheel: Path, only: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    note = {"course": course.name, "chapters": only}
    write_file(folder / students.MARKER, json.dumps(note, indent=1) + "\n")
    students.copy_chapters(course, folder)
    shutil.copyfile(wheel, folder / wheel.name)
    shutil.copyfile(course.notebooks.parent / "constraints.txt", folder / "constraints.txt")
    words = {"title": course.title, "wheel": wheel.name, "extras": EXTRAS}
    first = students.wanted(course, folder)[0]
    write_file(folder / "README.md", README.format(**words, first=first))


def _zip(folder: Path) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.iterdir() if p.is_file()):
            archive.write(path, f"{folder.name}/{path.name}")
    return made.getvalue()


def _wheel(course: Course, into: Path) -> Path:
    """Return a wheel of the course: built from a checkout, or of the package as it is installed."""
    if students.is_checkout(course):
        return built(course, course.solutions.parent, into)
    return _repacked(course.name, into)


def built(course: Course, checkout: Path, into: Path) -> Path:
    """Return a wheel of a checkout, built in a folder from a copy of what it is made of."""
    source = into / "source"  # setuptools leaves its traces beside what it builds
    source.mkdir()
    for name in (*OF_A_WHEEL, *packages(course)):
        path = checkout / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.exists():
            shutil.copyfile(path, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--wheel-dir", str(into), str(source)]
    if _has_setuptools():
        command.append("--no-build-isolation")  # nothing is fetched
    done = subprocess.run(command, capture_output=True, text=True)
    wheels = list(into.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        said = (done.stderr.strip().splitlines() or ["pip made none"])[-1]
        raise UserError(
            f"The wheel could not be built ({said[:300]}). "
            f"`pip install 'setuptools>={SETUPTOOLS}'` gives what it is built with."
        )
    return wheels[0]


def _has_setuptools() -> bool:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return Version(importlib.metadata.version("setuptools")) >= SETUPTOOLS
    return False


def _repacked(name: str, into: Path) -> Path:
    """Return an installed package as the wheel that it came from."""
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        raise UserError(f"{name} is not installed, so there is no package to hand out.") from None
    wheel = into / f"{name.replace('-', '_')}-{found.version}-py3-none-any.whl"
    record = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(found.files or (), key=str):
            own = not {"..", "__pycache__"} & set(file.parts)  # not a script, nor compiled here
            if own and file.name not in OF_ONE_INSTALL:
                data = Path(str(found.locate_file(file))).read_bytes()
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
                record.append(f"{file.as_posix()},sha256={digest.decode()},{len(data)}")
                archive.writestr(file.as_posix(), data)
            elif file.name == "RECORD":
                listed = file.as_posix()
        archive.writestr(listed, "\n".join([*record, f"{listed},,"]) + "\n")
    return wheel


def packages(course: Course) -> list[str]:
    """Return the packages that the engine and the course lie in."""
    return sorted({"autograder", *(name.partition(".")[0] for name in course.code)})
