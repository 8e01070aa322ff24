"""`autograder watch`, as a person at a terminal drives it: saves, keys, and what it shows."""

import contextlib
import os
import re
import select
import signal
import struct
import subprocess
import sys
import time

import click
import pytest

from autograder.course import COURSE, EXERCISES
from autograder.notebook import progress_file
from autograder.workspace import folder
from tests.helpers.learner import OVERFLOWS, SIGMOID, START, key, save
from tests.helpers.programs import WAIT

if sys.platform == "win32":
    pytest.skip("a pty is POSIX's", allow_module_level=True)

COMMAND = [sys.executable, "-m", "autograder", "watch", "--no-sandbox", START]


class Screen:
    """The far end of a terminal: what is shown on it, and keys to press."""

    def __init__(self, end, process):
        self.end, self.process, self.shown = end, process, ""
        self.read = 0

    def until(self, words):
        """Read on until these words have come; return what came since the last call."""
        deadline = time.monotonic() + WAIT
        while words not in self.shown[self.read :]:
            left = deadline - time.monotonic()
            assert left > 0, f"no {words!r} in {self.shown!r}"
            if select.select([self.end], [], [], left)[0]:
                try:
                    piece = os.read(self.end, 65536)
                except OSError:  # the other end is closed
                    piece = b""
                assert piece, f"it ended without {words!r}: {self.shown!r}"
                self.shown += piece.decode("utf-8", "ignore")
        since = self.shown[self.read :]
        self.read = self.shown.index(words, self.read) + len(words)
        return since

    def press(self, keys):
        os.write(self.end, keys.encode())

    def done(self):
        """Return the exit status, after what is left was read."""
        with contextlib.suppress(OSError):
            while piece := os.read(self.end, 65536):
                self.shown += piece.decode("utf-8", "ignore")
        return self.process.wait(WAIT)


@contextlib.contextmanager
def watching(place, columns=80, **env):
    """Run `autograder watch` in a terminal of its own."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
    with subprocess.Popen(
        COMMAND,
        cwd=place,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment | env,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            yield Screen(ours, process)
        finally:
            process.kill()
            os.close(ours)


@pytest.fixture
def mine(tmp_path, capsys):
    folder.init(COURSE, tmp_path)
    return tmp_path


def test_a_save_brings_the_next_thing_to_do(mine):
    with watching(mine) as screen:
        first = screen.until("q quit")
        assert "Next: write sigmoid" in first and "0 of 2 exercises" in first
        save(mine, sigmoid=OVERFLOWS)
        second = screen.until("q quit")
        assert "\x1b[31m✗ sigmoid: failed" in second and "exp overflows" in second
        save(mine, sigmoid=SIGMOID)
        third = screen.until("q quit")
        assert "Next: write affine" in third and "1 of 2 exercises" in third
        save(mine, **key())
        fourth = screen.until("q quit")
        assert "All exercises of this chapter pass" in fourth and "01_reset_gate.ipynb" in fourth
        screen.press("q")
        assert screen.done() == 0


def test_the_keys_hint_next_and_list(mine):
    hints = EXERCISES["sigmoid"].hints
    with watching(mine, columns=400) as screen:
        screen.until("q quit")
        screen.press("h")
        assert hints[0] in screen.until("press h again.")
        screen.press("n")
        assert "affine: not attempted" in screen.until("q quit")
        screen.press("l")
        assert "  \x1b[90m○ sigmoid" in screen.until("→ \x1b[90m○ affine")
        screen.press("n")
        assert "sigmoid: not attempted" in screen.until("q quit")
        screen.press("\x04")
        assert screen.done() == 0
    assert progress_file.load("hint", "sigmoid", mine) == {"shown": 1}


def test_a_key_sets_the_answer_that_passed_last_beside_the_courses(mine):
    with watching(mine, columns=400) as screen:
        screen.until("q quit")
        screen.press("b")
        screen.until("once it passes")
        save(mine, sigmoid="def sigmoid(a):\n    return np.exp(-np.logaddexp(0, -a))")
        screen.until("q quit")
        screen.press("b")
        shown = screen.until("Another way.")
        assert "✓ sigmoid: passed" in shown and "Only yours calls np.exp and np.logaddexp." in shown
        screen.press("q")
        assert screen.done() == 0


def test_no_color_and_a_narrow_terminal_hold(mine):
    save(mine, sigmoid=OVERFLOWS)
    with watching(mine, columns=32, NO_COLOR="1") as screen:
        text = screen.until("quit")
        assert "\x1b" not in text
        assert max(len(row.rstrip("\r")) for row in text.split("\n")) <= 32
        assert "exp overflows" in re.sub(r"\s+", " ", text)


def test_a_save_that_is_no_notebook_is_told_and_the_next_one_counts(mine):
    with watching(mine) as screen:
        screen.until("q quit")
        (mine / f"{START}.ipynb").write_text("{ half")
        assert "cannot be read as" in screen.until("q quit")
        save(mine, sigmoid=SIGMOID)
        assert "1 of 2 exercises" in screen.until("q quit")


def test_ctrl_c_stops_it_with_status_0_and_gives_the_terminal_back(mine):
    import termios

    with watching(mine) as screen:
        screen.until("q quit")
        assert not termios.tcgetattr(screen.end)[3] & termios.ICANON
        os.kill(screen.process.pid, signal.SIGINT)
        while screen.process.poll() is None:
            with contextlib.suppress(OSError):
                select.select([screen.end], [], [], 1.0)[0] and os.read(screen.end, 65536)
        assert screen.process.returncode == 0
        assert termios.tcgetattr(screen.end)[3] & termios.ICANON


def test_without_a_terminal_it_prints_lines(mine):
    with subprocess.Popen(
        COMMAND,
        cwd=mine,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    ) as process:
        said = ""
        for wanted in ("Waiting for a save", "✓ All exercises of this chapter pass"):
            for line in process.stdout:
                said += line
                if wanted in line:
                    break
            save(mine, **key())
        process.send_signal(signal.SIGINT)
        said += process.communicate(timeout=WAIT)[0]
    assert process.returncode == 0
    assert "Next: write sigmoid" in said and said == click.unstyle(said)
