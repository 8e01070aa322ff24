"""The site, built once for all tests of a run; `site/` is importable, after everything else."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "site"))


@pytest.fixture(scope="session")
def site():
    """Build the site, quick where the chapters have run before; return its folder."""
    done = subprocess.run(
        [sys.executable, ROOT / "site" / "build.py"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "build" / "site"
