"""The warm parent: imports what answers need once, and forks a fresh child for each submission.

It runs inside the sandbox and runs no student's code. Its children are the first processes of
namespaces of their own: they see neither the parent nor each other, whatever they leave behind
ends with them, and what they write is gone with their private /tmp.

Requests come over a socket: fork (with the child's socket), interrupt, usage, end, in JSON lines.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from autograder.core.call import MEMORY, PROCESSES
from autograder.sandbox import child, namespaces
from autograder.sandbox.habits import take_as_a_notebook_does
from autograder.sandbox.limits import Limits
from autograder.sandbox.seccomp import refuse_calls

WATCH = 0.1  # seconds between two looks at what a child holds
HELD = ("RssAnon:", "RssShmem:", "VmSwap:")  # kB; files do not count


def main() -> None:
    """Serve requests from the socket whose number is the first argument."""
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(sys.argv[2])
    limits = Limits(**settings["limits"])
    namespaces.die_with_parent()
    gc.disable()  # what is imported stays
    shell = warm_up(settings["packages"], settings["warm_up"])
    functions = _named(settings["functions"]) if settings["functions"] else {}
    gc.collect()
    gc.freeze()  # children then share these pages for good
    gc.enable()
    Zygote(control, shell, limits, settings["isolated"], functions).serve()


def warm_up(packages: list[str], module: str) -> Any:
    """Return an IPython shell that has run a cell; everything that a chapter imports is loaded.

    `module` is the course's own, whose `warm_up(packages)` imports what its chapters use.
    """
    with contextlib.suppress(ImportError):  # a course may do without
        import matplotlib

        matplotlib.use("agg")
        with _reading_headers_alone():
            import matplotlib.pyplot
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False  # it would write a file, from a thread
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.xmode = "Minimal"
    shell: Any = InteractiveShell.instance(config=config)
    shell.showtraceback = shell.showsyntaxerror = lambda *args, **kwargs: None
    shell.showindentationerror = lambda *args, **kwargs: None
    if module:
        importlib.import_module(module).warm_up(packages)
    out, sys.stdout = sys.stdout, child.Output(0)
    shell.run_cell("import numpy as np\nnp.ones((2, 2)) @ np.ones(2)", store_history=False)
    shell.run_cell("del np", store_history=False)
    take_as_a_notebook_does(shell)
    sys.stdout = out
    return shell


@contextlib.contextmanager
def _reading_headers_alone() -> Iterator[None]:
    """Have matplotlib, which lists all fonts, read of printers' the headers: it asks no more.

    The rest of these 60 files takes a sixth of all imports.
    """
    fonts: Any = None
    with contextlib.suppress(ImportError):  # another matplotlib
        from matplotlib import _afm as fonts
    whole, header = getattr(fonts, "AFM", None), getattr(fonts, "_parse_header", None)
    if whole is None or header is None:
        yield
        return

    def read(self: Any, file: Any) -> None:
        self._header = header(file)

    fonts.AFM = type("AFM", (whole,), {"__init__": read})
    try:
        yield
    finally:
        fonts.AFM = whole


def _named(where: str) -> Any:
    """Return what stands at "module:NAME"."""
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(module), name)


class Zygote:
    """Forks children, one at a time, and watches what they hold."""

    def __init__(
        self,
        control: socket.socket,
        shell: Any,
        limits: Limits,
        isolated: bool,
        functions: dict[str, Any],
    ) -> None:
        self.control, self.shell, self.limits, self.isolated = control, shell, limits, isolated
        self.functions = functions  # those that exercises take as an argument, by name
        self.own = _private_memory(os.getpid())  # every child begins with as much, shared
        self.keeper = self.child = 0  # the keeper waits for the child, which is first of its kind
        self.over = ""

    def serve(self) -> None:
        """Answer requests until the grader hangs up."""
        self._reply(ready=True)
        while True:
            busy = bool(self.child)
            readable, _, _ = select.select([self.control], [], [], WATCH if busy else None)
            if busy and not readable:
                self._watch()
                continue
            text, fds, _, _ = socket.recv_fds(self.control, 65536, 1)
            if not text:
                self._end()
                return
            what = json.loads(text)["do"]
            if what == "fork":
                self._end()
                self._fork(fds[0])
                os.close(fds[0])
                self._reply(forked=bool(self.child))
            elif what == "interrupt":
                if self.child:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(self.child, signal.SIGINT)
                self._reply(done=True)
            elif what == "usage":
                self._reply(**self._usage())
            elif what == "end":
                self._reply(**self._end())

    def _reply(self, **fields: Any) -> None:
        self.control.send(json.dumps(fields).encode())

    def _fork(self, judge: int) -> None:
        self.over = ""
        read_end, write_end = os.pipe()
        keeper = os.fork()
        if keeper == 0:
            os.close(read_end)
            self._keep(judge, write_end)
        os.close(write_end)
        self.keeper = keeper
        with os.fdopen(read_end, "rb") as pipe:
            self.child = int(pipe.read() or 0)

    def _keep(self, judge: int, write_end: int) -> None:
        """Start the child in namespaces of its own, wait for it, and end as it did."""
        status = 1
        try:
            self.control.close()
            namespaces.die_with_parent()
            os.setsid()
            if self.isolated:
                namespaces.unshare(
                    namespaces.NEW_MOUNTS | namespaces.NEW_IPC | namespaces.NEW_PROCESSES
                )
            pid = os.fork()
            if pid == 0:
                self._live(judge, write_end)
            os.close(judge)
            os.write(write_end, str(pid).encode())
            os.close(write_end)
            _, raw = os.waitpid(pid, 0)
            status = os.waitstatus_to_exitcode(raw) & 0xFF
        finally:
            os._exit(status)

    def _live(self, judge: int, write_end: int) -> None:
        """Be the student's process."""
        try:
            os.close(write_end)
            namespaces.die_with_parent()
            place = os.environ["TMPDIR"]
            if self.isolated:
                namespaces.private_places(self.limits)
                namespaces.drop_capabilities()
                refuse_calls()
                os.setsid()  # a signal to the whole group must not reach the keeper
                os.mkdir(place, 0o700)
            os.dup2(1, 2)  # the warm parent's own is one file for all its children
            namespaces.set_limits(self.limits, self.isolated)
            os.chdir(place)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            connection = socket.socket(fileno=os.dup(judge))
            child.become(connection, self.shell, self.limits, self.functions)
        except BaseException:  # the judge hung up, or the student's code broke this process
            os._exit(1)
        finally:
            os._exit(0)

    def _end(self) -> dict[str, Any]:
        """End the child and all that it started; return how it ended and what it took."""
        if not self.keeper:
            return {"how": "", "over": ""}
        if not self.isolated:
            _kill_session(self.keeper)
        if self.child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)
        _, raw = os.waitpid(self.keeper, 0)
        code = os.waitstatus_to_exitcode(raw)
        self.keeper = self.child = 0
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {"how": code, "over": self.over, "cpu": used.ru_utime + used.ru_stime}

    def _usage(self) -> dict[str, Any]:
        """Return the CPU seconds of the child's processes, and whether all of them are asleep."""
        stats = [_stat(pid) for pid in _others(self.keeper, self.isolated)]
        return {
            "cpu": sum(stat.cpu for stat in stats),
            "asleep": all(stat.asleep for stat in stats),
        }

    def _watch(self) -> None:
        """End a child whose processes hold too much, or are too many."""
        held = count = 0
        for pid in _others(self.keeper, self.isolated):
            held += max(0, _private_memory(pid) - self.own)
            count += 1
        if held > self.limits.memory:
            self.over = MEMORY
        elif count > self.limits.processes + 2:
            self.over = PROCESSES
        if self.over:
            if not self.isolated:
                _kill_session(self.keeper)
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(self.child, signal.SIGKILL)


def _others(keeper: int, isolated: bool) -> list[int]:
    """Return the present child's processes; of an isolated one, all that were not there before."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    if isolated:
        return [pid for pid in pids if pid not in (1, os.getpid(), keeper)]
    return [pid for pid in pids if _session(pid) == keeper and pid != keeper]


def _private_memory(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/status") as file:
            rows = [line.split() for line in file if line.startswith(HELD)]
    except OSError:  # it has ended
        return 0
    return sum(int(row[1]) for row in rows) * 1024


class _Stat(NamedTuple):
    cpu: float  # seconds, of the process and of those it has waited for
    asleep: bool


def _stat(pid: int) -> _Stat:
    """Return what a process has computed, and whether it waits for something but a processor."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:  # it has ended
        return _Stat(0.0, True)
    return _Stat(sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK"), fields[0] not in "RD")


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def _kill_session(keeper: int) -> None:
    for pid in _others(keeper, isolated=False):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue


if __name__ == "__main__":
    main()
