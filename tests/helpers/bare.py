"""Runs pytest as on a bare machine, where no program of bubblewrap, Chromium, PostgreSQL is found.

python -m tests.helpers.bare ARGUMENTS OF PYTEST
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.helpers.parts import BROWSERS

HIDDEN = {"bwrap", "initdb", "pg_ctl", "postgres", "psql", *BROWSERS}


def search_path(into: Path) -> str:
    """Return a PATH of one folder, with links to all programs that are found but the hidden."""
    for folder in os.get_exec_path():
        for program in Path(folder).iterdir() if Path(folder).is_dir() else ():
            link = into / program.name
            if program.name not in HIDDEN and not os.path.lexists(link):
                link.symlink_to(program)
    return str(into)


def environment(into: Path) -> dict[str, str]:
    """Return this process's environment, without these parts."""
    ours = ("PYTEST_", "GRU_COURSE_")  # of the pytest that runs this one
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return kept | {"PATH": search_path(into), "GRU_COURSE_POSTGRES": os.devnull}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="gru-bare-") as folder:
        command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        sys.exit(subprocess.run(command, env=environment(Path(folder))).returncode)
