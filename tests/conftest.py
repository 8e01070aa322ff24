"""What the tests share: executed shapes, and the course served by a real JupyterLab."""

import contextlib
import os
import socket
import subprocess
import sys
import threading

import pytest
from jaxtyping import install_import_hook

os.environ["MPLBACKEND"] = "Agg"  # inherited by the kernels that tests start
install_import_hook("gru_ref", "beartype.beartype")  # before anything imports gru_ref

LAB = """
import pathlib, sys
from autograder.course import COURSE
from autograder.workspace.lab import lab
sys.exit(lab(COURSE, pathlib.Path(sys.argv[2]), no_browser=True, port=int(sys.argv[1])))
"""


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
        said, url, known = [], [], threading.Event()

        def listen(stream):
            for line in stream:
                said.append(line)
                if line.strip().startswith("http://"):
                    url.append(line.strip())
                    known.set()
            known.set()

        command = [sys.executable, "-c", LAB, str(_free_port()), str(work)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            listener = threading.Thread(target=listen, args=[process.stdout])
            listener.start()
            try:
                known.wait(120)
                assert url, f"The lab printed no address: {''.join(said)}"
                yield url[0], lambda: "".join(said), process
            finally:
                process.terminate()
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
                listener.join(10)

    return serve


def _free_port():
    with socket.socket() as s:
        s.bind(("localhost", 0))
        return s.getsockname()[1]
