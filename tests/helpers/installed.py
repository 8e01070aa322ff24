"""The course as a wheel in a virtual environment of its own, which knows of no checkout.

The environment sees the third-party packages of the one that runs the tests: its site-packages is
on the path, as a line of a .pth file, and the .pth files there (the editable install is one) are
not read.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

from autograder.course import COURSE, ROOT
from autograder.workspace.release import built


class Installed(NamedTuple):
    """An environment with the wheel, and the folder that stands for a student's home."""

    wheel: Path
    prefix: Path
    home: Path

    def run(self, *command: str | Path, cwd: Path | None = None, **environ: str):
        """Run a program of the environment; return what came of it."""
        return subprocess.run(
            [self.prefix / "bin" / command[0], *map(str, command[1:])],
            cwd=cwd or self.home,
            env=self.environment() | environ,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def environment(self) -> dict[str, str]:
        """Return the variables of a shell in which the environment is active."""
        ours = ("PYTHON", "AUTOGRADER", "NBGRADER", "JUPYTER", "VIRTUAL_ENV", "COV_")
        keep = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        path = (str(self.prefix / "bin"), str(Path(sys.executable).parent), keep.get("PATH", ""))
        jupyter = self.home / ".jupyter"
        return keep | {
            "PATH": os.pathsep.join(path),  # ours for `alembic`, which nbgrader calls by name
            "HOME": str(self.home),
            "IPYTHONDIR": str(jupyter / "ipython"),
            "MPLBACKEND": "Agg",
            **{f"JUPYTER_{n}_DIR": str(jupyter / n.lower()) for n in ("CONFIG", "DATA", "RUNTIME")},
        }


def build(into: Path) -> Path:
    """Return a wheel of this checkout."""
    return built(COURSE, ROOT, into)


def install(wheel: Path, into: Path) -> Installed:
    """Return a new environment that has the wheel installed."""
    prefix, home = into / "venv", into / "home"
    home.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    (ours,) = prefix.glob("lib/python3*/site-packages")
    (ours / "third_party.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip("--python", prefix / "bin" / "python", "install", "--no-index", wheel)
    return Installed(wheel, prefix, home)


def pip(*words: str | Path) -> None:
    """Run pip quietly, without dependencies."""
    place = words.index("wheel") if "wheel" in words else words.index("install")
    command = [*words[: place + 1], "--no-deps", "--quiet", *words[place + 1 :]]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, command)],
        cwd=sysconfig.get_path("scripts"),  # pip takes an egg-info where it stands for installed
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
