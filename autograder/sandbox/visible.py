"""What can be seen from inside: Python, a few packages, and the course's harmless modules.

Nothing is hidden there by name: what is not listed, here or by the course, is not there. So the
reference, the exercises' declarations, the key, the submissions and the gradebook cannot be read,
and a package that a course names for some chapters is there for these alone.
"""

from __future__ import annotations

import csv
import functools
import importlib.metadata
import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement

from autograder.core.course import Course

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent.parent  # of a checkout; of an installed package, its site-packages
CHECKOUT = (ROOT / "pyproject.toml").is_file()
NEEDED = ("numpy", "ipython")
OF_THE_ENGINE = (
    "autograder/core/__init__.py",
    "autograder/core/call.py",
    "autograder/core/time_limit.py",
    "autograder/sandbox/limits.py",
    "autograder/sandbox/protocol.py",
    "autograder/sandbox/namespaces.py",
    "autograder/sandbox/seccomp.py",
    "autograder/sandbox/child.py",
    "autograder/sandbox/habits.py",
    "autograder/sandbox/zygote.py",
)
TOP = ("/bin", "/lib", "/lib32", "/lib64")  # links into /usr on most systems
SYSTEM = (*TOP, *(f"/usr{p}" for p in TOP), "/usr/share", "/etc/ld.so.cache", "/etc/fonts")
OF_PYTHON = ("bin", "lib", "lib64")
NO_PACKAGE = {"", ".", "..", "__pycache__"}  # at the top of what a distribution lists
COURSE, PACKAGES = Path("/course"), Path("/packages")


def files(course: Course | None) -> dict[Path, Path]:
    """Return the engine's and the course's files to be seen inside, by their path there."""
    stubs = PACKAGE / "stubs"
    found = {p.relative_to(stubs): p for p in stubs.rglob("*.py")}
    found |= {Path(name): ROOT / name for name in OF_THE_ENGINE}
    return found | dict(course.visible.files if course else {})


def copy_files(course: Course, into: Path) -> None:
    """Copy these files for a sandbox without isolation."""
    for name, source in files(course).items():
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, into / name)


@functools.cache
def site_packages(names: tuple[str, ...]) -> dict[Path, Path]:
    """Return what of site-packages is seen, by its path inside: what `names` need, no more."""
    found: dict[Path, Path] = {}
    seen: set[str] = set()
    pending = [*NEEDED, *names]
    while pending:
        name = re.sub(r"[-_.]+", "-", pending.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        for top in _tops(distribution) - NO_PACKAGE:
            found[PACKAGES / top] = Path(str(distribution.locate_file(top)))
        for line in distribution.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                pending.append(requirement.name)
    return {inside: path for inside, path in found.items() if path.exists()}


def _tops(distribution: importlib.metadata.Distribution) -> set[str]:
    """Return what a distribution has at the top of site-packages.

    `distribution.files` makes a path of each of its files, of which torch has thousands.
    """
    record = distribution.read_text("RECORD")
    if record is None:
        return {file.parts[0] for file in distribution.files or ()}
    return {row[0].split("/", 1)[0] for row in csv.reader(record.splitlines()) if row}


def binds(course: Course | None = None, packages: tuple[str, ...] = ()) -> dict[Path, Path]:
    """Return everything that is seen inside, read-only: path inside -> path here.

    `packages` are those of a chapter, beside the course's own.
    """
    shown = {Path(p): Path(p) for p in SYSTEM if Path(p).exists() and not Path(p).is_symlink()}
    base = Path(sys.base_prefix).resolve()
    parts = [base / part for part in OF_PYTHON]
    shown |= {p: p for p in parts if p.is_dir() and not p.is_symlink()}
    shown |= {COURSE / name: source for name, source in files(course).items()}
    shown |= site_packages((*(course.visible.packages if course else ()), *packages))
    shown[Path("/etc/passwd")] = PACKAGE / "stubs" / "passwd"
    return shown


def packages_for(course: Course, chapter: str, texts: Iterable[str] = ()) -> tuple[str, ...]:
    """Return a chapter's packages, and those seen on demand that one of the cells imports."""
    packages, cells = course.chapter(chapter).packages, list(texts)
    return packages + tuple(
        name
        for name in course.visible.on_demand
        if name not in packages
        and any(re.search(rf"(?m)^[ \t]*(?:import|from) [^#\n]*\b{name}\b", t) for t in cells)
    )


def links() -> dict[str, str]:
    """Return the symbolic links among the system's directories (/lib -> usr/lib on most)."""
    base = Path(sys.base_prefix).resolve()
    places = (*SYSTEM, *(str(base / part) for part in OF_PYTHON))
    return {p: os.readlink(p) for p in places if Path(p).is_symlink()}


def covered(course: Course | None = None) -> list[Path]:
    """Return what lies below a directory that is shown and must not be seen: it is covered."""
    base = Path(sys.base_prefix).resolve()
    libraries = [Path(sysconfig.get_path("stdlib", vars={"installed_base": str(base)})).parent]
    libraries += [Path("/usr/lib"), Path("/usr/local/lib")]
    hidden = [
        place
        for library in libraries
        for python in library.glob("python3*")
        for place in (python / "site-packages", python / "dist-packages")
    ]
    hidden += [ROOT, Path(sys.prefix).resolve()] if sys.prefix != sys.base_prefix else [ROOT]
    hidden += [course.solutions, course.notebooks] if course else []
    shown = [p for p in binds(course).values() if p.is_dir()]
    found = {p for p in hidden if p.exists() and any(p.is_relative_to(s) for s in shown)}
    return sorted(p for p in found if found.isdisjoint(p.parents))  # covered with what holds it
