"""nbgrader's formgrader on the gradebook of one batch, in a Jupyter server of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from autograder.grading.run.grade import check_graded
from autograder.grading.store import database
from autograder.grading.store.class_directory import settings_of


def formgrader(out: Path, port: int | None = None, browser: bool = True, db: str = "") -> int:
    """Serve formgrader until interrupted; return the exit status."""
    check_graded(out)
    password = database.password(database.chosen(out, db, settings_of(out)["db"]))
    root = out.resolve()
    command = [
        *(sys.executable, "-m", "jupyter_server"),
        f"--ServerApp.root_dir={root}",
        *([f"--ServerApp.port={port}"] if port else []),
        "--ServerApp.default_url=/formgrader",
        f"--ServerApp.open_browser={browser}",
        "--ServerApp.log_level=WARN",
        # in a container everything runs as root, and Jupyter would refuse to start
        *(["--ServerApp.allow_root=True"] if hasattr(os, "getuid") and os.getuid() == 0 else []),
    ]
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    os.chdir(root)  # nbgrader reads the nbgrader_config.py of the directory that it runs in
    os.execve(sys.executable, command, os.environ | {"PATH": path} | password)
