"""Single keys from a terminal, on POSIX and Windows; where there is no terminal, time passes."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

END = "\x04"  # Ctrl-D, or the end of the terminal


class Keys:
    """Keys as they are pressed, without Enter; leaving restores the terminal."""

    def __init__(self) -> None:
        self.there = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
        self._before: list[Any] | None = None

    def __enter__(self) -> Keys:
        if self.there and sys.platform != "win32":
            import termios
            import tty

            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None and sys.platform != "win32":
            import termios

            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def get(self, seconds: float) -> str:
        """Return a key that is pressed within some seconds, "" where none is."""
        if not self.there:
            time.sleep(seconds)
            return ""
        if sys.platform == "win32":
            return self._of_windows(seconds)
        import os
        import select

        if not select.select([sys.stdin], [], [], seconds)[0]:
            return ""
        return os.read(sys.stdin.fileno(), 1).decode("ascii", "ignore").lower() or END

    @staticmethod
    def _of_windows(seconds: float) -> str:
        import msvcrt

        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if msvcrt.kbhit():  # type: ignore[attr-defined,unused-ignore]
                return str(msvcrt.getwch()).lower()  # type: ignore[attr-defined,unused-ignore]
            time.sleep(0.05)
        return ""
