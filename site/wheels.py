"""What the browser's Python is made of: Pyodide's core, its wheels and ours, and the lock of all.

    npm's `pyodide` -> core, and a lock of 356 packages -> the closure of what the course asks for
    -> each wheel from a folder, an earlier build, pip, or Pyodide's delivery network

A wheel that comes from elsewhere than pip is compared with the digest in Pyodide's own lock.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jupyterlite_pyodide_kernel.constants import (
    PYODIDE_CDN_URL,
    PYODIDE_PYTHON_VERSION,
    PYODIDE_VERSION,
)

from autograder.course import ROOT
from autograder.errors import UserError

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
KERNELS = ("ipython", "jedi", "micropip", "sqlite3", "ssl")  # those that are in the lock
ASKED = ("numpy", "matplotlib", "ipython", "ipywidgets", "click")  # what our wheel depends on
BESIDE = {"ipywidgets": ("comm", "ipython", "traitlets"), "comm": ("traitlets",)}  # not Pyodide's
PURE = (  # wheels for any system, of the browser's Python rather than of this one
    *("--no-deps", "--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none"),
    f"--python-version={PYODIDE_PYTHON_VERSION}",
)
SECONDS = 20  # that the delivery network may be silent

Lock = dict[str, Any]


def core(parts: Path) -> Path:
    """Return a folder with npm's `pyodide` in the kernel's version, fetched where it is not there.

    UserError where npm is not installed or does not give it.
    """
    folder = parts / f"pyodide-{PYODIDE_VERSION}"
    if (folder / "pyodide-lock.json").is_file():
        return folder
    parts.mkdir(parents=True, exist_ok=True)
    npm = shutil.which("npm")
    if npm is None:
        raise UserError(
            "Pyodide comes from npm, and the program npm is not installed. Install Node.js, or "
            "name a folder with a full Pyodide: make lite ARGS='--pyodide FOLDER'."
        )
    command = [npm, "pack", "--silent", f"pyodide@{PYODIDE_VERSION}"]
    done = subprocess.run(command, cwd=parts, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"npm does not give pyodide {PYODIDE_VERSION}:\n{done.stderr.strip()}")
    archive = parts / done.stdout.split()[-1]
    with tarfile.open(archive) as files:
        files.extractall(parts / "unpacked", filter="data")
    (parts / "unpacked" / "package").rename(folder)
    archive.unlink()
    return folder


def copy_core(folder: Path, into: Path) -> None:
    """Copy what starts Python; the version decides which files those are."""
    for name in CORE:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, into / name)


def locked(core: Path, into: Path, parts: Path, self_hosted: bool) -> tuple[Lock, list[str]]:
    """Return a lock with the course's wheel in it, and the names of wheels that cannot be had.

    The course's wheel and those that Pyodide does not have are laid into a folder, where the lock
    will lie too; so are Pyodide's own where all is to be beside the page.
    """
    lock = json.loads((core / "pyodide-lock.json").read_text(encoding="utf-8"))
    theirs = lock["packages"]
    needed = closure(theirs, (*KERNELS, *ASKED)) if self_hosted else set()
    pins = _pins(BESIDE)
    _download([*_on_pip(theirs[n] for n in needed), *pins.values()], parts)
    lacking = []
    for name, entry in sorted(theirs.items()):
        if not self_hosted:
            entry["file_name"] = f"{PYODIDE_CDN_URL}/{entry['file_name']}"
        elif name in needed and not _fetch(entry, core, into, parts):
            lacking.append(f"{entry['name']} {entry['version']}")
    for name, depends in BESIDE.items():
        wheel = _kept(pins[name], parts)
        if wheel is None:
            raise UserError(f"pip does not give {pins[name]}, which the sliders need.")
        theirs[name] = _entry(wheel, into, [name], depends)
    theirs["gru-course"] = _entry(ours(parts), into, ["autograder", "gru_ref"], ASKED)
    return lock, lacking


def closure(packages: Lock, names: Iterable[str]) -> set[str]:
    """Return the keys of a lock's packages that these need, themselves among them."""
    found: set[str] = set()
    waiting = [_plain(n) for n in names]
    while waiting:
        name = waiting.pop()
        if name in packages and name not in found:
            found.add(name)
            waiting += [_plain(n) for n in packages[name]["depends"]]
    return found


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _fetch(entry: Lock, core: Path, into: Path, parts: Path) -> bool:
    """Lay one of Pyodide's wheels into a folder; return whether it could be had."""
    name = entry["file_name"]
    kept = next((f / name for f in (core, parts) if _is(f / name, entry["sha256"])), None)
    kept = kept or _kept(_requirement(entry), parts) or _from_network(entry, parts)
    if kept is None:
        return False
    shutil.copyfile(kept, into / kept.name)
    entry |= {"file_name": kept.name, "sha256": _digest(kept)}
    return True


def _from_network(entry: Lock, parts: Path) -> Path | None:
    """Return a wheel from Pyodide's delivery network, None where it is not there or not intact."""
    kept = parts / entry["file_name"]
    try:
        url = f"{PYODIDE_CDN_URL}/{entry['file_name']}"
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            kept.write_bytes(answer.read())
    except OSError:
        return None
    return kept if _is(kept, entry["sha256"]) else None


def _on_pip(entries: Iterable[Lock]) -> list[str]:
    """Return, of a lock's packages, those of pure Python as pip is asked for them."""
    return [_requirement(e) for e in entries if e["file_name"].endswith("none-any.whl")]


def _requirement(entry: Lock) -> str:
    return f"{entry['name']}=={entry['version']}"


def _download(requirements: list[str], parts: Path) -> None:
    """Have pip fetch wheels of pure Python that are not kept yet: all at once, else one by one."""
    new = [r for r in requirements if _kept(r, parts) is None]
    for asked in ([new] if new else []) + [[r] for r in new]:
        if any(_kept(r, parts) is None for r in asked):
            _pip("download", "-q", *PURE, "-d", str(parts / "pip"), *asked)


def _kept(requirement: str, parts: Path) -> Path | None:
    """Return the wheel that pip has fetched for a requirement, or None."""
    name, version = _plain(requirement).split("==")
    found = (parts / "pip").glob("*none-any.whl")
    return next((w for w in found if _plain(w.name).startswith(f"{name}-{version}-")), None)


def ours(parts: Path) -> Path:
    """Return the course's wheel, built from this checkout; UserError where that fails."""
    folder = parts / "ours"
    shutil.rmtree(folder, ignore_errors=True)
    said = _pip("wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT))
    wheel = next(folder.glob("*.whl"), None)
    if wheel is None:
        raise UserError(f"The course's wheel could not be built.\n{said[-2000:]}")
    return wheel


def _pip(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout + done.stderr


def _pins(names: Iterable[str]) -> dict[str, str]:
    """Return what the lock of the course says of packages, each as pip is asked for it."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = {line.partition("==")[0]: line for line in lines if line and line[0] != "#"}
    return {name: found[name] for name in names}


def _entry(wheel: Path, into: Path, imports: list[str], depends: Iterable[str]) -> Lock:
    """Lay a wheel into a folder; return what a lock says of it."""
    shutil.copyfile(wheel, into / wheel.name)
    name, version = wheel.name.split("-")[:2]
    return {
        "name": _plain(name),
        "version": version,
        "file_name": wheel.name,
        "sha256": _digest(wheel),
        "install_dir": "site",
        "package_type": "package",
        "imports": imports,
        "depends": list(depends),
        "unvendored_tests": False,
    }


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and _digest(path) == digest


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
