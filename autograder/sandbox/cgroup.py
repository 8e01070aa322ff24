"""Groups of cgroup v2: the kernel itself bounds what a sandbox holds and how many processes it has.

What the other walls cannot see counts here too: pages of sockets, pipes and files in memory. A
group may only be made where the machine lets us, and its processes must not be above it:

    home/                  the group in which the command was started, with no process of others
        autograder         this command and its workers move here, since a group with groups in it
                           may hold no process
        sandbox-<pid>-<n>  one for each warm parent, whose children live and end in it

So it is used in a group of the command's own (a container, or `systemd-run --user --scope -p
Delegate=yes autograder grade ...`). Elsewhere nothing is changed, and `lacking` says why. Source:
the kernel's Documentation/admin-guide/cgroup-v2.rst.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from pathlib import Path
from typing import NamedTuple

from autograder.sandbox.limits import MB, Limits

SELF = "autograder"
SANDBOX = "sandbox-"
NEEDED = ("memory", "pids")
PARENT = 768 * MB  # what a warm parent may hold beside its children: PyTorch and the libraries
THREADS = 24  # processes of the sandbox itself, and of a warm parent that gives up an old child
ENTER = 'echo 0 > "$0" && exec "$@"'  # of sh: the process that writes 0 is moved

_number = itertools.count(1)


class Machine(NamedTuple):
    """Where the kernel shows processes and groups; a test has a tree of files in their place."""

    proc: Path = Path("/proc")
    pid: int = 0  # 0: this process

    def own(self) -> Path | None:
        """Return the group of cgroup v2 that this process is in, or None where there is none."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            lines = (self.proc / "self/mountinfo").read_text().splitlines()
            mounts = [line.split() for line in lines if " - cgroup2 " in line]
            place = next(x for x in _lines(self.proc / "self/cgroup") if x.startswith("0::"))[3:]
            for mount in mounts:
                root, point = mount[3], Path(mount[4])
                if place == root or place.startswith(root.rstrip("/") + "/"):
                    return point / place[len(root.rstrip("/")) :].lstrip("/")
        return None

    def is_ours(self, pid: int) -> bool:
        """Return whether a process is this one, or was started by it."""
        me = self.pid or os.getpid()
        while pid > 1 and pid != me:
            try:
                pid = int((self.proc / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                return True  # it has ended
        return pid == me


HERE = Machine()


class Group:
    """The group of one warm parent: `enter` stands before its command, `close` ends all in it."""

    def __init__(self, path: Path, limits: Limits) -> None:
        """Make the group and set its bounds; OSError where that cannot be done."""
        self.path = path
        path.mkdir()
        try:
            _write(path / "memory.max", limits.memory + PARENT)
            _write(path / "pids.max", limits.processes + THREADS)
            for name, value in (("memory.swap.max", 0), ("memory.oom.group", 0)):
                with contextlib.suppress(OSError):  # a kernel without swap has no such file
                    _write(path / name, value)
        except OSError:
            path.rmdir()
            raise

    @property
    def enter(self) -> list[str]:
        """What stands before a command so that it, and all that it starts, is in the group."""
        return ["/bin/sh", "-c", ENTER, str(self.path / "cgroup.procs")]

    def killed(self) -> int:
        """Return how many processes the kernel has ended here because memory was used up."""
        counts = dict(line.split() for line in _lines(self.path / "memory.events"))
        return int(counts.get("oom_kill", 0))

    def close(self) -> None:
        """End what still runs in the group, and remove it."""
        remove(self.path)


def prepare(machine: Machine = HERE) -> str:
    """Move this command into a group below its own, if that may be; return why not, or "".

    Nothing is changed where not. What a killed grader has left there is removed.
    """
    home = machine.own()
    if home is None:
        return "this machine mounts no cgroup v2"
    if home.name == SELF:
        return ""  # done before
    if missing := [c for c in NEEDED if c not in _words(home / "cgroup.controllers")]:
        return f"cgroup v2 does not bound {' and '.join(missing)} here"
    try:
        pids = [int(pid) for pid in _lines(home / "cgroup.procs")]
        if not all(machine.is_ours(pid) for pid in pids):
            return "other programs are in this command's group of cgroup v2"
        (home / SELF).mkdir(exist_ok=True)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                _write(home / SELF / "cgroup.procs", pid)
        _write(home / "cgroup.subtree_control", " ".join(f"+{c}" for c in NEEDED))
    except (OSError, ValueError) as error:
        _undo(home)
        return f"its group of cgroup v2 cannot be divided ({getattr(error, 'strerror', error)})"
    _sweep(home, machine)
    return ""


def leave(machine: Machine = HERE) -> None:
    """Remove the groups of workers that have ended."""
    if not lacking(machine) and (own := machine.own()):
        _sweep(own.parent, machine)


def _sweep(home: Path, machine: Machine) -> None:
    """Remove the groups whose maker runs no more."""
    for left in home.glob(f"{SANDBOX}*"):
        if not (machine.proc / str(_maker(left))).exists():
            remove(left)


def lacking(machine: Machine = HERE) -> str:
    """Return why sandboxes have no groups here, or ""; `prepare` has been called before."""
    home = machine.own()
    if home is None or home.name != SELF:
        return "no group of its own"
    enabled = _words(home.parent / "cgroup.subtree_control")
    return "" if all(c in enabled for c in NEEDED) else "no group of its own"


def bounds(machine: Machine = HERE) -> str:
    """Return in words what bounds memory and processes of a sandbox."""
    if why := prepare(machine):
        return f"Memory and processes are bounded by limits and by looking on: {why}."
    return "Memory and processes of each sandbox are bounded by cgroup v2."


def group(limits: Limits, machine: Machine = HERE) -> Group | None:
    """Return a new group for a warm parent, or None where there can be none."""
    if lacking(machine):
        return None
    home = machine.own()
    try:
        name = f"{SANDBOX}{machine.pid or os.getpid()}-{next(_number)}"
        return Group(home.parent / name, limits) if home else None
    except OSError:
        return None


def remove(path: Path, seconds: float = 5.0) -> None:
    """End all processes of a group and remove it; it stays where the kernel does not let it go."""
    with contextlib.suppress(OSError):
        _write(path / "cgroup.kill", 1)
    until = time.monotonic() + seconds
    while path.exists():
        try:
            path.rmdir()
        except OSError:
            if time.monotonic() > until:
                return
            time.sleep(0.01)


def _undo(home: Path) -> None:
    """Take back what `prepare` has begun: a group that holds processes must not stay half made."""
    with contextlib.suppress(OSError, ValueError):
        for pid in _lines(home / SELF / "cgroup.procs"):
            _write(home / "cgroup.procs", pid)
    with contextlib.suppress(OSError):
        (home / SELF).rmdir()


def _maker(path: Path) -> int:
    pid = path.name.removeprefix(SANDBOX).partition("-")[0]
    return int(pid) if pid.isdigit() else 0


def _write(path: Path, value: object) -> None:
    path.write_text(f"{value}\n")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except FileNotFoundError:
        return []


def _words(path: Path) -> list[str]:
    return " ".join(_lines(path)).split()
