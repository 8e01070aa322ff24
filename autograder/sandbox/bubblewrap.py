"""The command that starts the warm parent: in bubblewrap, or without isolation.

bubblewrap gives it no network, a read-only system, no sight of other files or processes, no way
to make namespaces that would give a student's code more, and an end together with the grader.
Two capabilities stay with the warm parent, in this namespace alone: with them it gives each child
namespaces of its own, and takes both from the child.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from autograder.core.course import Course
from autograder.errors import SandboxError
from autograder.sandbox import cgroup, unprivileged, visible
from autograder.sandbox.limits import Limits

REQUIRED, AUTO, OFF = "required", "auto", "off"
LEVELS = (REQUIRED, AUTO, OFF)
BUBBLEWRAP, NONE = "bubblewrap", "none"  # what a level comes to
GROUPED = "bubblewrap, cgroup v2"  # the same, where the kernel bounds memory and processes too
HOME = "/tmp/home"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
GET_IT = (
    "Install it (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap), or pass "
    "--sandbox off where you trust everyone whose code will run."
)

_begun: list[subprocess.Popen[str]] = []  # at most one


@functools.cache
def choose(level: str) -> str:
    """Return the isolation that a level comes to here; SandboxError where `required` has none."""
    if level == OFF:
        return NONE
    why = lacking()
    if not why:
        return BUBBLEWRAP
    if level == REQUIRED:
        raise SandboxError(f"Answers run in a sandbox, and there is none here: {why} {GET_IT}")
    return NONE


def lacking() -> str:
    """Return why bubblewrap cannot be used here, or ""."""
    if not sys.platform.startswith("linux"):
        return f"bubblewrap works on Linux, and this is {sys.platform}."
    if shutil.which("bwrap") is None:
        return "bubblewrap (the program bwrap) is not installed."
    try:
        with _begun.pop() if _begun else _attempt() as attempt:
            try:
                _, words = attempt.communicate(timeout=60)
            except BaseException:
                attempt.kill()
                raise
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not start ({error})."
    said = (words.strip().splitlines() or [f"exit status {attempt.returncode}"])[-1]
    return "" if attempt.returncode == 0 else f"the sandbox does not work ({said[:200]})."


@contextlib.contextmanager
def trying(level: str) -> Iterator[None]:
    """Start now what `choose` waits for, so that other things can be done before it is asked."""
    if level != OFF and shutil.which("bwrap") is not None:
        with contextlib.suppress(OSError):  # `lacking` will say why
            _begun.append(_attempt())
    try:
        yield
    finally:
        while _begun:  # nobody has asked
            with _begun.pop() as attempt:
                attempt.kill()


def hoped(level: str) -> str:
    """Return what a level comes to where nothing is lacking."""
    return NONE if level == OFF else BUBBLEWRAP


@functools.cache  # asked once a submission; where a process runs does not change
def walls(isolation: str) -> str:
    """Return what stood around answers: the isolation, and cgroup v2 where there is one."""
    return GROUPED if isolation == BUBBLEWRAP and not cgroup.lacking() else isolation


def _attempt() -> subprocess.Popen[str]:
    """Start a sandbox in which the filter of system calls is set up, and no more."""
    return subprocess.Popen(
        command(Limits(), 0, BUBBLEWRAP, program=_python("autograder.sandbox.seccomp")),
        env=environment(BUBBLEWRAP),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def command(
    limits: Limits,
    control: int,
    isolation: str,
    course: Course | None = None,
    packages: tuple[str, ...] = (),
    folder: Path = visible.COURSE,
    program: list[str] | None = None,
) -> list[str]:
    """Return the command of a warm parent that listens on the file descriptor `control`.

    `packages` are those of a chapter; `folder` is where its files lie, as it sees them.
    """
    settings = {
        "limits": limits._asdict(),
        "isolated": isolation == BUBBLEWRAP,
        "packages": packages,
        "warm_up": course.visible.warm_up if course else "",
        "functions": course.functions_module if course else "",
    }
    if isolation == NONE:  # the course's own packages must not be found before those seen inside
        hidden = [str(visible.ROOT)] if visible.CHECKOUT else []  # site-packages is needed
        run = f"import sys; sys.path.insert(0, {str(folder)!r}); sys.path[:] = [p for p in sys.path"
        run += f" if p not in {hidden!r}]; sys.meta_path[:] = [f for f in sys.meta_path if"
        run += " 'editable' not in repr(f).lower()]; from autograder.sandbox.zygote import main;"
        return [sys.executable, "-c", f"{run} main()", str(control), json.dumps(settings)]
    program = program or [
        *_python("autograder.sandbox.zygote"),
        *(str(control), json.dumps(settings)),
    ]
    shown = visible.binds(course, packages)
    sources = sorted({str(p) for p in shown.values()})
    place = {s: s for s in sources}
    before: list[str] = []
    if os.getuid() == 0:
        place = unprivileged.stage(sources)
        before = [sys.executable, "-m", "autograder.sandbox.unprivileged", json.dumps(sources)]
    args = [
        "bwrap",
        "--unshare-all",
        "--unshare-user",
        "--disable-userns",
        "--die-with-parent",
        "--new-session",
    ]
    args += ["--uid", "65534", "--gid", "65534", "--hostname", "course"]
    args += ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP"]
    args += ["--tmpfs", "/tmp"]  # first, since a Python may lie below /tmp
    for inside, here in sorted(shown.items()):
        args += ["--ro-bind", place[str(here)], str(inside)]
    for link, target in visible.links().items():
        args += ["--symlink", target, link]
    for covered in visible.covered(course):
        args += ["--tmpfs", str(covered), "--remount-ro", str(covered)]
    args += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev", "--remount-ro", "/"]
    args += ["--setenv", "PATH", "/usr/bin:/bin", "--chdir", "/"]
    return [*before, *args, *program]


def _python(module: str) -> list[str]:
    """Return the command that runs a module inside, without site-packages of its own."""
    return [
        str(Path(getattr(sys, "_base_executable", sys.executable)).resolve()),
        "-S",
        "-m",
        module,
    ]


def environment(isolation: str) -> dict[str, str]:
    """Return the environment of the warm parent: nothing of the grader's own."""
    env = {
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        **dict.fromkeys(THREADS, "1"),
    }
    if isolation == BUBBLEWRAP:
        search = os.environ.get("PATH", "/usr/bin:/bin")  # for bwrap itself
        env |= {"PATH": search, "HOME": HOME, "TMPDIR": HOME, "IPYTHONDIR": f"{HOME}/.ipython"}
        env |= {"PYTHONPATH": f"{visible.COURSE}:{visible.PACKAGES}", "MPLCONFIGDIR": "/tmp/mpl"}
    return env
