"""What the tests share: executed shapes, parts of the system that some need, a real JupyterLab."""

import contextlib
import os
import socket
import sys

import pytest
from jaxtyping import install_import_hook

os.environ["MPLBACKEND"] = "Agg"  # inherited by the kernels that tests start
install_import_hook("gru_ref", "beartype.beartype")  # before anything imports gru_ref

from tests.helpers import parts  # noqa: E402
from tests.helpers.programs import running  # noqa: E402

LAB = """
import pathlib, sys
from autograder.course import COURSE
from autograder.workspace.lab import lab
sys.exit(lab(COURSE, pathlib.Path(sys.argv[2]), no_browser=True, port=int(sys.argv[1])))
"""


def pytest_configure(config):
    config.addinivalue_line(
        "markers", f"needs(*parts): skip it where one is missing: {', '.join(parts.PARTS)}"
    )


@pytest.hookimpl(tryfirst=True)  # before any fixture is made
def pytest_runtest_setup(item):
    for part in [part for marker in item.iter_markers("needs") for part in marker.args]:
        if why := parts.lacking(part):
            item.user_properties.append(("lacking", (part, why)))  # xdist brings it home
            pytest.skip(f"{parts.PARTS[part].name}: {why}")


def pytest_terminal_summary(terminalreporter):
    skipped = terminalreporter.stats.get("skipped", [])
    lines = parts.report(
        tuple(value) for r in skipped for name, value in r.user_properties if name == "lacking"
    )
    if lines:
        terminalreporter.section("not here")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def jupyter_home(tmp_path, monkeypatch):
    """Keep Jupyter away from the settings of whoever runs the tests; return its folder."""
    home = tmp_path / "jupyter"
    for name in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{name}_DIR", str(home / name.lower()))
    monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", str(home / "settings"))
    monkeypatch.setenv("JUPYTERLAB_WORKSPACES_DIR", str(home / "workspaces"))
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    return home


@pytest.fixture
def served(jupyter_home):
    """Return a context manager: `autograder lab` serves a folder, with the address it prints."""

    @contextlib.contextmanager
    def serve(work):
        with running([sys.executable, "-c", LAB, _free_port(), work]) as program:
            url = program.until(r"^\s*(http://\S+)")[1]
            try:
                yield url, lambda: program.said, program.process
            finally:
                program.process.terminate()
                program.end(60)

    return serve


def _free_port():
    with socket.socket() as s:
        s.bind(("localhost", 0))
        return s.getsockname()[1]
