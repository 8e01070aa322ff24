"""`autograder lab`: a student's folder in JupyterLab."""

from __future__ import annotations

import os
import secrets
import sys
import webbrowser
from pathlib import Path
from typing import Any

from autograder.core.course import Course
from autograder.errors import UserError
from autograder.workspace import folder
from autograder.workspace.folder import short

LEFT_OUT = [
    "@jupyter/nbgrader",  # its menus and warnings concern an instructor only
    "@jupyterlab/apputils-extension:announcements",  # asks about news, needs the network
]


def lab(course: Course, work: Path, no_browser: bool = False, port: int | None = None) -> int:
    """Copy the chapters that are not yet in `work`, serve it in JupyterLab until it is stopped."""
    if not folder.chapters(course):
        where = short(course.notebooks)
        raise UserError(f"There is no chapter in {where}. `autograder build` builds them.")
    for line in folder.copy_chapters(course, work):
        print(line)
    opens = not no_browser and has_browser()
    server, url = start_server(work, folder.wanted(course, work)[0], opens, port)
    said = ["", "The course is at", "", f"    {url}", ""]
    if not (opens or no_browser):
        said.append("No browser was found here: open this address in yours.")
    said.append(f"Ctrl-C stops it. What you save is kept in {work}.")
    # The server listens from its loop's first turn; what is said comes after that.
    server.io_loop.add_callback(print, "\n".join(said), flush=True)
    server.start()
    return 0


def has_browser() -> bool:
    """Return whether a browser can be opened here: a text browser in a terminal is none."""
    shown = sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    if not shown:
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def start_server(work: Path, first: str, opens: bool, port: int | None) -> tuple[Any, str]:
    """Return a JupyterLab server that has yet to be started, and the address of a chapter."""
    from jupyterlab.labapp import LabApp

    token = secrets.token_hex(24)
    server = LabApp.initialize_server(
        [
            f"--ServerApp.root_dir={work}",
            f"--ServerApp.open_browser={opens}",
            f"--ServerApp.allow_root={getattr(os, 'geteuid', lambda: 1)() == 0}",
            "--ServerApp.answer_yes=True",  # Ctrl-C stops without a question
            "--ServerApp.log_level=ERROR",
            "--LabApp.log_level=ERROR",
            f"--LabApp.default_url=/lab/tree/{first}.ipynb",
            f"--IdentityProvider.token={token}",
            *(
                f"--ServerApp.jpserver_extensions=nbgrader.server_extensions.{name}=False"
                for name in ("formgrader", "validate_assignment", "assignment_list", "course_list")
            ),
            *([f"--ServerApp.port={port}"] if port is not None else []),
        ]
    )
    server.web_app.settings["page_config_hook"] = _leave_out
    return server, f"http://localhost:{server.port}/lab/tree/{first}.ipynb?token={token}"


def _leave_out(handler: Any, config: dict[str, Any]) -> dict[str, Any]:
    return config | {"disabledExtensions": [*config.get("disabledExtensions", []), *LEFT_OUT]}
