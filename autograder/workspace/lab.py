"""`autograder lab` and `autograder reset`: a student's own copy of the chapters, in JupyterLab.

`notebooks/` stays as it came, so that a newer course can be fetched over it; a student writes in
`work/`, which nothing here ever overwrites.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import sys
import time
import webbrowser
from pathlib import Path
from typing import Any

from autograder.core.course import Course
from autograder.errors import UserError
from autograder.io import write_file

FIRST = "00_start_here.ipynb"
ORIGINS = ".originals.json"  # chapter -> digest of the original that the copy was made from
LEFT_OUT = [
    "@jupyter/nbgrader",  # its menus and warnings concern an instructor only
    "@jupyterlab/apputils-extension:announcements",  # asks about news, needs the network
]


def lab(
    course: Course, no_browser: bool = False, port: int | None = None, work: Path | None = None
) -> int:
    """Copy the chapters that are not yet in `work`, serve it in JupyterLab until it is stopped."""
    work = work or work_folder(course)
    if not chapters(course):
        where = _short(course.notebooks)
        raise UserError(f"There is no chapter in {where}. `autograder build` builds them.")
    for line in copy_chapters(course, work):
        print(line)
    opens = not no_browser and has_browser()
    server, url = start_server(work, opens, port)
    said = ["", "The course is at", "", f"    {url}", ""]
    if not (opens or no_browser):
        said.append("No browser was found here: open this address in yours.")
    said.append(f"Ctrl-C stops it. What you save is kept in {_short(work)}/.")
    # The server listens from its loop's first turn; what is said comes after that.
    server.io_loop.add_callback(print, "\n".join(said), flush=True)
    server.start()
    return 0


def work_folder(course: Course) -> Path:
    """Return where a student writes: `work/` beside the course's notebooks."""
    return course.notebooks.parent / "work"


def chapters(course: Course) -> list[str]:
    """Return the names of the chapters that can be opened, in order."""
    return sorted(path.stem for path in course.notebooks.glob("*.ipynb"))


def copy_chapters(course: Course, work: Path) -> list[str]:
    """Copy what is not yet there; return what there is to say about it."""
    work.mkdir(parents=True, exist_ok=True)
    origins, new, newer = _origins(work), [], []
    for chapter in chapters(course):
        original, copy = course.notebooks / f"{chapter}.ipynb", work / f"{chapter}.ipynb"
        if not copy.exists():
            shutil.copyfile(original, copy)
            origins[chapter] = _digest(original)
            new.append(chapter)
        elif origins.get(chapter, _digest(original)) != _digest(original):
            newer.append(chapter)
    if new:
        _store(work, origins)
    said = [f"Copied to {_short(work)}/: {', '.join(new)}."] if new else []
    said += [
        f"{chapter} has changed since your copy was made; yours is as you left it. "
        f"To set yours aside and take the new one: {_command(chapter)}"
        for chapter in newer
    ]
    return said


def reset_chapter(course: Course, name: str, work: Path | None = None) -> int:
    """Set the student's copy of a chapter aside and put a fresh one in its place."""
    work = work or work_folder(course)
    chapter = name.removesuffix(".ipynb")
    if chapter not in chapters(course):
        raise UserError(
            f"There is no chapter {name!r}. The chapters: {', '.join(chapters(course))}."
        )
    work.mkdir(parents=True, exist_ok=True)
    copy = work / f"{chapter}.ipynb"
    if copy.exists():
        aside = _free(work / f"{chapter}.before-{time.strftime('%Y%m%d-%H%M%S')}.ipynb")
        copy.rename(aside)
        print(f"Your copy is now {_short(aside)}.")
    shutil.copyfile(course.notebooks / f"{chapter}.ipynb", copy)
    _store(work, _origins(work) | {chapter: _digest(copy)})
    print(
        f"{_short(copy)} is fresh. If it is open in JupyterLab, close it there and open it again."
    )
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


def start_server(work: Path, opens: bool, port: int | None) -> tuple[Any, str]:
    """Return a JupyterLab server that has yet to be started, and its address."""
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
            f"--LabApp.default_url=/lab/tree/{FIRST}",
            f"--IdentityProvider.token={token}",
            *(
                f"--ServerApp.jpserver_extensions=nbgrader.server_extensions.{name}=False"
                for name in ("formgrader", "validate_assignment", "assignment_list", "course_list")
            ),
            *([f"--ServerApp.port={port}"] if port is not None else []),
        ]
    )
    server.web_app.settings["page_config_hook"] = _leave_out
    return server, f"http://localhost:{server.port}/lab/tree/{FIRST}?token={token}"


def _leave_out(handler: Any, config: dict[str, Any]) -> dict[str, Any]:
    return config | {"disabledExtensions": [*config.get("disabledExtensions", []), *LEFT_OUT]}


def _origins(work: Path) -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((work / ORIGINS).read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    return {}


def _store(work: Path, origins: dict[str, str]) -> None:
    write_file(work / ORIGINS, json.dumps(origins, indent=1) + "\n")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _free(path: Path) -> Path:
    """Return the path, numbered when it is taken."""
    found, n = path, 2
    while found.exists():
        found, n = path.with_stem(f"{path.stem}-{n}"), n + 1
    return found


def _command(chapter: str) -> str:
    on_path = shutil.which("autograder") is not None
    return f"autograder reset {chapter}" if on_path else f"make reset CHAPTER={chapter}"


def _short(path: Path) -> str:
    """Return a path as seen from here where it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
