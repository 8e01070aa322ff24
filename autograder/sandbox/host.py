"""The warm parent as the grader sees it: start it, have it fork a child, ask the child, end it."""

from __future__ import annotations

import contextlib
import json
import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from autograder.core.call import DIED, MEMORY, SILENT, TIMED_OUT
from autograder.core.course import Course
from autograder.errors import SandboxError
from autograder.sandbox import cgroup, protocol, visible
from autograder.sandbox.bubblewrap import BUBBLEWRAP, NONE, command, environment
from autograder.sandbox.limits import BUSY, Limits

STARTING = 120.0  # seconds for the imports, on a cold disk
SHORT = 20.0  # seconds for what takes milliseconds
GRACE = 1.0  # seconds between an interrupt and the end
LOOK = 0.25  # seconds between two looks at what a child has computed
NOTHING: Mapping[str, str] = MappingProxyType({})


class Stopped(Exception):
    """A child was stopped or ended by itself: why, in a word, and how in more."""

    def __init__(self, why: str, how: str = "") -> None:
        super().__init__(why)
        self.why, self.how = why, how


class Interrupted(Exception):
    """A cell or a call was interrupted at its time limit; the child lives on."""


class Host:
    """One warm parent and, at a time, one child of it."""

    def __init__(
        self,
        course: Course,
        isolation: str = BUBBLEWRAP,
        limits: Limits | None = None,
        packages: tuple[str, ...] = (),
    ) -> None:
        self.course, self.isolation, self.packages = course, isolation, packages
        self.limits = limits or Limits()
        self.process: subprocess.Popen | None = None
        self.child: socket.socket | None = None
        self.asked = 0
        self.took = 0.0  # seconds that the last request has cost
        self.scratch: Path | None = None
        self.group: cgroup.Group | None = None
        self.killed = 0  # processes that the kernel had ended in the group before this child

    def __enter__(self) -> Host:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the warm parent, if it does not run; SandboxError where it cannot."""
        if self.process is not None and self.process.poll() is None:
            return
        self.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        env = environment(self.isolation)
        folder = visible.COURSE
        if self.isolation == NONE:
            self.scratch = Path(tempfile.mkdtemp(prefix="autograder-"))
            folder, home = self.scratch / "course", self.scratch / "home"
            visible.copy_files(self.course, folder)
            home.mkdir()
            env |= {"PATH": "/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home)}
            env |= {"MPLCONFIGDIR": str(self.scratch / "mpl")}
        else:
            self.group = cgroup.group(self.limits)
        words = tempfile.TemporaryFile()
        about = (self.isolation, self.course, self.packages, folder)
        with theirs:
            self.process = subprocess.Popen(
                [
                    *(self.group.enter if self.group else []),
                    *command(self.limits, theirs.fileno(), *about),
                ],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=words,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C is for the grader
            )
        self.control = ours
        try:
            self._hear(STARTING)
        except (OSError, EOFError, ValueError) as error:
            words.seek(0)
            said = words.read().decode("utf-8", "replace").strip().splitlines()
            self.close()
            last = said[-1][:300] if said else type(error).__name__
            raise SandboxError(f"The sandbox does not start: {last}.") from error
        finally:
            words.close()

    def close(self) -> None:
        """End the child, the warm parent and all that they started."""
        self._drop()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.control.close()
        if self.group is not None:
            self.group.close()
            self.group = None
        if self.scratch is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)
            self.scratch = None

    def fresh(self, seed: int, names: list[str], given: Mapping[str, str] = NOTHING) -> None:
        """End the present child and fork a new one, for a chapter with these exercises.

        `given` are programs, by name: what earlier chapters have built.
        """
        self.end()
        for attempt in (1, 2):
            self.start()
            ours, theirs = socket.socketpair()
            try:
                with theirs:
                    socket.send_fds(self.control, [b'{"do": "fork"}'], [theirs.fileno()])
                if self._hear(SHORT)["forked"]:
                    self.child = ours
                    self.killed = self.group.killed() if self.group else 0
                    hello = {"do": "hello", "seed": seed, "names": names, "given": dict(given)}
                    self.ask(hello, SHORT)
                    return
            except (OSError, EOFError, ValueError, Stopped, Interrupted):
                pass
            ours.close()
            self.child = None
            self.close()
            if attempt == 2:
                raise SandboxError("The sandbox's warm parent does not give a child.")

    def end(self) -> dict[str, Any]:
        """End the child; return how it ended."""
        self._drop()
        if self.process is None or self.process.poll() is not None:
            return {}
        try:
            ended = self._command("end")
        except (OSError, EOFError, ValueError):
            self.close()
            return {}
        if self.scratch is not None:
            for left in (self.scratch / "home").iterdir():
                with contextlib.suppress(OSError):
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
        return ended

    def ask(self, request: dict[str, Any], seconds: float) -> tuple[dict[str, Any], memoryview]:
        """Return the child's answer to a request.

        After `seconds` of its own the child is interrupted: Interrupted where that helps. Stopped
        where the child had to be ended, ended by itself, or said what cannot be read. `took` is
        what the request has cost, in these seconds.
        """
        if self.child is None:
            raise Stopped(DIED, "it had ended before")
        self.asked += 1  # a reply that was sent before, or twice, is none to this request
        try:
            self.child.settimeout(SHORT)
            protocol.send(self.child, {**request, "id": self.asked})
            try:
                until = time.monotonic() + BUSY * seconds
                self._await_reply(seconds, until)
                reply, data = protocol.receive(self.child, self.limits.reply, until)
            except TimeoutError:
                self._command("interrupt")
                reply, _ = protocol.receive(self.child, self.limits.reply, time.monotonic() + GRACE)
                if reply.get("id") == self.asked:
                    raise Interrupted from None
            if reply.get("id") != self.asked or reply.get("unreadable"):
                raise protocol.ProtocolError("not a reply")
        except TimeoutError:
            self.end()
            raise Stopped(TIMED_OUT) from None
        except protocol.ProtocolError:
            self.end()
            raise Stopped(SILENT) from None
        except (EOFError, OSError, ValueError):
            full = MEMORY if self.group and self.group.killed() > self.killed else ""
            ended = self.end()
            raise Stopped(ended.get("over") or full or DIED, _how(ended.get("how"))) from None
        return reply, data

    def _await_reply(self, seconds: float, until: float) -> None:
        """Wait until the child begins to reply; TimeoutError where it has used up its seconds.

        The first moment counts by the clock, which costs no question. Then it is asked what the
        child's processes have computed since, or whether they sleep.
        """
        child = self.child
        if child is None:
            return
        began = time.monotonic()
        look = min(LOOK, seconds / 2)
        before: float | None = None
        self.took = 0.0
        while True:
            since = time.monotonic()
            if select.select([child], [], [], look)[0]:
                if before is None:
                    self.took = time.monotonic() - began
                return
            used = self._command("usage")
            if before is None:
                self.took = look
            else:
                slept = time.monotonic() - since if used["asleep"] else 0.0
                self.took += max(used["cpu"] - before, slept)
            before = used["cpu"]
            if self.took >= seconds or time.monotonic() >= until:
                raise TimeoutError

    def _command(self, what: str) -> dict[str, Any]:
        self.control.settimeout(SHORT)
        self.control.send(json.dumps({"do": what}).encode())
        return self._hear(SHORT)

    def _hear(self, seconds: float) -> dict[str, Any]:
        self.control.settimeout(seconds)
        text = self.control.recv(65536)
        if not text:
            raise EOFError
        return json.loads(text)

    def _drop(self) -> None:
        if self.child is not None:
            self.child.close()
            self.child = None


def _how(code: Any) -> str:
    """Return an exit status in words."""
    if not isinstance(code, int):
        return "how is not known"
    if code in (247, 248, 250, 245):  # the keeper passes on a signal's number as 256 - n
        names = {247: "killed", 248: "a floating point fault", 250: "aborted", 245: "a crash"}
        return names[code]
    return f"exit status {code}"
