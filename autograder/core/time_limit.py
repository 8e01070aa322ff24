"""A bound on how long a piece of code may run, where the system can interrupt it."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any


class TooLongError(BaseException):
    """Code that ran longer than it may; no `except Exception` of a student's catches it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TooLongError in the code below after some seconds.

    It does nothing outside the main thread and on Windows, where no alarm can be set. An alarm that
    is running goes on afterwards; where it rings sooner, it is left to itself.
    """
    able = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    running = signal.getitimer(signal.ITIMER_REAL)[0] if able else 0.0
    if not able or seconds <= 0 or 0 < running <= seconds:
        yield
        return

    def stop(*_: Any) -> None:
        raise TooLongError

    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if running:
            left = running - (time.monotonic() - began)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
