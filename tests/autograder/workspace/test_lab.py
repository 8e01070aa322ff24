"""JupyterLab on a student's folder: it serves what it says, where it says, until it is stopped."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from dataclasses import replace

import pytest

from autograder.course import COURSE
from autograder.errors import UserError
from autograder.workspace import folder, lab


def test_without_notebooks_the_command_that_builds_them_is_named(tmp_path):
    with pytest.raises(UserError, match="autograder build"):
        lab.lab(replace(COURSE, notebooks=tmp_path), tmp_path / "work")


@pytest.mark.parametrize(("environ", "found"), [({}, False), ({"BROWSER": "true"}, True)])
def test_a_browser_needs_a_screen_or_a_name(environ, found):
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    keep = {name: value for name, value in os.environ.items() if name not in screens}
    program = (
        "import sys; sys.platform = 'linux'; from autograder.workspace import lab; "
        "print(lab.has_browser())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=keep | environ, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(found), done.stderr


# The real thing


def configuration(page):
    script = r'id="jupyter-config-data"[^>]*>(.*?)</script>'
    (found,) = re.findall(script, page.read().decode(), re.S)
    return json.loads(found)


def test_lab_serves_the_course_where_it_says_and_stops(tmp_path, jupyter_home, served):
    with served(tmp_path / "work") as (url, said, process):
        with urllib.request.urlopen(url, timeout=30) as page:
            assert page.status == 200 and "/lab/tree/00_start_here.ipynb" in page.url
            assert set(lab.LEFT_OUT) <= set(configuration(page)["disabledExtensions"])
        status, token = url.split("/lab/")[0] + "/api/status", url.split("token=")[1]
        asked = urllib.request.Request(status, headers={"Authorization": f"token {token}"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    copies = sorted(path.stem for path in (tmp_path / "work").glob("*.ipynb"))
    assert copies == folder.chapters(COURSE)
    assert "Traceback" not in said() and "nbgrader" not in said()
