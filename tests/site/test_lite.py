"""The course for the browser: it builds, starts beside the page alone, and finds our wheel.

NumPy's wheel for the browser comes from Pyodide's delivery network. Where that cannot be reached
the build lacks it, and the engine is imported as far as NumPy: the test says which it saw.
"""

import contextlib
import functools
import hashlib
import http.server
import json
import re
import subprocess
import sys
import threading

import pytest
from filelock import FileLock
from playwright.sync_api import sync_playwright

from autograder.course import COURSE
from tests.helpers import parts
from tests.site.conftest import ROOT

pytestmark = [pytest.mark.needs("lite"), pytest.mark.timeout(600)]

IN_THE_BROWSER = """
import sys
from autograder.core.time_limit import TooLongError, time_limit
def spins():
    while True:
        pass
try:
    with time_limit(0.2):
        spins()
except TooLongError:
    print("a loop was stopped on", sys.platform)
try:
    import autograder.student
    print("engine: all of it")
except ModuleNotFoundError as missing:
    print("engine: as far as", missing.name)
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder):
    """Serve a folder on this machine; give its address."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def lite():
    """Build the course for the browser, with all that can be had beside the page."""
    (ROOT / "build").mkdir(exist_ok=True)
    out = ROOT / "build" / "lite-tested"
    command = [
        sys.executable,
        ROOT / "site" / "lite.py",
        "--self-hosted",
        "--partial",
        "--out",
        out,
    ]
    with FileLock(ROOT / "build" / "lite.lock"):
        done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def lock_of(folder):
    path = folder / "static" / "pyodide" / "course-lock.json"
    return json.loads(path.read_text(encoding="utf-8"))["packages"]


def test_the_chapters_are_those_of_a_release(lite):
    names = {p.stem for p in (lite / "files").glob("*.ipynb")}
    assert names == {name for name in COURSE.names if name[:2] not in ("08", "09")}
    for name in names:
        ours, there = COURSE.notebooks / f"{name}.ipynb", lite / "files" / f"{name}.ipynb"
        assert there.read_bytes() == ours.read_bytes()


def test_the_lock_holds_our_wheel_and_what_it_needs(lite):
    lock = lock_of(lite)
    ours = lock["gru-course"]
    wheel = lite / "static" / "pyodide" / ours["file_name"]
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() == ours["sha256"]
    assert {"autograder", "gru_ref"} == set(ours["imports"])
    assert set(ours["depends"]) <= set(lock) and "ipywidgets" in ours["depends"]


def test_the_usual_build_takes_pyodide_from_its_delivery_network(lite, tmp_path):
    import wheels

    fetched = ROOT / "build" / "lite-parts"  # by the build before
    lock, lacking = wheels.locked(wheels.core(fetched), tmp_path, fetched, self_hosted=False)
    theirs, ours = lock["packages"]["numpy"], lock["packages"]["gru-course"]
    assert theirs["file_name"].startswith(wheels.PYODIDE_CDN_URL) and not lacking
    assert {p.name for p in tmp_path.iterdir()} == {
        ours["file_name"],
        lock["packages"]["ipywidgets"]["file_name"],
        lock["packages"]["comm"]["file_name"],
    }


@pytest.mark.needs("chromium")
def test_the_kernel_starts_with_no_outside_request_and_finds_the_engine(lite):
    with served(lite) as address, sync_playwright() as tool:
        chromium = tool.chromium.launch(executable_path=parts.browser(), args=["--no-sandbox"])
        page, asked = chromium.new_page(), []
        page.context.on("request", lambda r: asked.append(r.url))
        page.set_default_timeout(120_000)  # a busy machine takes its time
        page.goto(f"{address}/lab/index.html?path=00_start_here.ipynb")
        cell = page.locator(".jp-Notebook .jp-CodeCell").first
        cell.locator(".cm-content").click(timeout=120_000)
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(IN_THE_BROWSER)
        cell.locator(".cm-content").filter(has_text="engine:").wait_for()
        page.keyboard.press("Shift+Enter")
        said = cell.locator(".jp-OutputArea-output")
        said.filter(has_text="engine:").wait_for(timeout=300_000)
        text = said.all_inner_texts()
        chromium.close()
    assert "a loop was stopped on emscripten" in " ".join(text)
    there = (lite / "static" / "pyodide" / lock_of(lite)["numpy"]["file_name"]).is_file()
    assert ("engine: all of it" if there else "engine: as far as numpy") in " ".join(text)
    outside = [url for url in asked if not re.match(rf"{address}/|data:|blob:", url)]
    assert asked and not outside
