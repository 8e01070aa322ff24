"""The parts of a system that some tests need: whether each is here, and how to get it.

`@pytest.mark.needs("bubblewrap")` skips a test where the part is missing; at the end of a run one
paragraph lists what was missing, how many tests that cost, and the line that installs it.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from autograder.sandbox import bubblewrap

POSTGRES_HOME = Path("/usr/lib/postgresql")  # Debian keeps the server's programs off the PATH
SITE = ("sphinx", "myst_nb", "sphinx_book_theme", "math_core")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Part(NamedTuple):
    """What it is called, why it cannot be used here ("" where it can), how to get it."""

    name: str
    lacking: Callable[[], str]
    get: str


def browser() -> str | None:
    """Return the path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def initdb() -> str | None:
    """Return the path of PostgreSQL's `initdb`, with the server's other programs beside it.

    GRU_COURSE_POSTGRES, a directory, stands in for the place where Debian keeps them.
    """
    home = Path(os.environ.get("GRU_COURSE_POSTGRES", POSTGRES_HOME))
    versions = sorted(home.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return str(versions[-1]) if versions else shutil.which("initdb")


def _card() -> str:
    import torch  # takes seconds, and only the tests of a GPU ask

    return "" if torch.cuda.is_available() else "PyTorch finds no CUDA device."


def _program(name: str) -> str:
    return "" if shutil.which(name) else f"The program {name} is not installed."


def _postgresql() -> str:
    if initdb() is None:
        return "The program initdb is not installed."
    there = importlib.util.find_spec("psycopg2")
    return "" if there else "The package psycopg2 is not installed (pip install -e '.[postgres]')."


def _site() -> str:
    lacking = [name for name in SITE if importlib.util.find_spec(name) is None]
    return f"The package {lacking[0]} is not installed." if lacking else ""


def _triton() -> str:
    return "" if importlib.util.find_spec("triton") else "The package triton is not installed."


def _lite() -> str:
    if importlib.util.find_spec("jupyterlite_pyodide_kernel") is None:
        return "The package jupyterlite_pyodide_kernel is not installed."
    return _program("npm")


def _apt(package: str) -> str:
    return f"Debian, Ubuntu: apt install {package}"


PARTS = {
    "bubblewrap": Part("bubblewrap", bubblewrap.lacking, _apt("bubblewrap")),
    "chromium": Part(
        "Chromium", lambda: "" if browser() else "No Chromium is installed.", _apt("chromium")
    ),
    "postgresql": Part("PostgreSQL", _postgresql, _apt("postgresql")),
    "openssl": Part("OpenSSL", lambda: _program("openssl"), _apt("openssl")),
    "site": Part("the site's packages", _site, "pip install -e '.[site]'"),
    "lite": Part(
        "JupyterLite", _lite, "pip install -e '.[lite]', and npm, which comes with Node.js"
    ),
    "make": Part("make", lambda: _program("make"), _apt("make")),
    "triton": Part("Triton", _triton, "On Linux: pip install -e '.[kernels]'"),
    "gpu": Part("an NVIDIA card", _card, "a machine with one, and PyTorch's CUDA build"),
}


@functools.cache
def lacking(part: str) -> str:
    """Return why a part cannot be used here, or ""."""
    return PARTS[part].lacking()


def report(skipped: Iterable[tuple[str, str]]) -> list[str]:
    """Return the closing paragraph: of each skipped test, the part it needs and why that lacks."""
    counts = Counter(skipped)
    lines = [
        f"{PARTS[part].name}: {count} {'test' if count == 1 else 'tests'} skipped. {why} "
        f"{PARTS[part].get}"
        for (part, why), count in sorted(counts.items())
    ]
    if any("apt install" in line for line in lines):
        lines.append("On Debian and Ubuntu, `make system` as root installs all that apt has.")
    return lines
