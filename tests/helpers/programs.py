"""Programs under test that go on running while a test reads what they say.

Whoever waits for a line is told when the program ends without it, or when the time is up. What is
not waited for is read all the same, so that no pipe fills.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence

WAIT = 120.0  # seconds that a busy machine may take, not that it should


class Program:
    """A program that has been started, and what it has said."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self._lines: list[str] = []
        self._read = 0  # lines that `until` has passed
        self._closed = False
        self._news = threading.Condition()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def said(self) -> str:
        """Return all that it has said."""
        return "".join(self._lines)

    def until(self, pattern: str, seconds: float = WAIT) -> re.Match[str]:
        """Return the match of its next line that has one; AssertionError if there is none."""
        deadline = time.monotonic() + seconds
        with self._news:
            while True:
                for line in self._lines[self._read :]:
                    self._read += 1
                    if match := re.search(pattern, line):
                        return match
                ended = self.process.poll() is not None
                assert not self._closed, f"It ended without {pattern!r}; it said:\n{self.said}"
                left = deadline - time.monotonic()
                assert left > 0, f"No {pattern!r} in {seconds} s; it said:\n{self.said}"
                # its children may hold the pipe open after its end
                if not self._news.wait(min(left, 1.0)) and ended:
                    self._closed = True

    def end(self, seconds: float = WAIT) -> int:
        """Return its exit status; it has this long, then it is killed."""
        try:
            status = self.process.wait(seconds)
        finally:
            self.process.kill()
        self._listener.join(10)
        return status

    def _listen(self) -> None:
        for line in self.process.stdout:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._closed = True
            self._news.notify_all()


@contextlib.contextmanager
def running(command: Sequence[object], **about: object) -> Iterator[Program]:
    """Start a program, standard output and error as one; it has ended when this is left."""
    with subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **about,
    ) as process:
        program = Program(process)
        try:
            yield program
        finally:
            process.kill()
            process.wait()
            program._listener.join(10)


@contextlib.contextmanager
def formgrader(out: object) -> Iterator[tuple[str, str]]:
    """Serve formgrader on a class; yield its address and its token, once it answers."""
    start = "import sys\nfrom autograder.cli import main\nmain(sys.argv[1:])"
    with running([sys.executable, "-c", start, "formgrader", out, "--no-browser"]) as server:
        url, token = server.until(r"(http://127\S+?)/formgrader\?(token=\w+)").groups()
        deadline = time.monotonic() + WAIT
        while True:  # the address is printed before the server listens
            with contextlib.suppress(urllib.error.URLError):
                urllib.request.urlopen(f"{url}/login", timeout=WAIT).close()
                break
            assert server.process.poll() is None and time.monotonic() < deadline, server.said
        yield url, token
