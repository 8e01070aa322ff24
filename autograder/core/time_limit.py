"""A bound on how long code may run: by an alarm, else by a look at the clock as loops turn."""

from __future__ import annotations

import contextlib
import math
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

TOOL = 4  # the number under which `sys.monitoring` knows this; debuggers and the like have others
_ends: list[tuple[int, float]] = []  # of the limits that look at loops: the thread, and when
_soonest = math.inf  # the first of those ends, which is all that a turn looks at


class TooLongError(BaseException):
    """Code that ran longer than it may; no `except Exception` of a student's catches it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TooLongError in the code below after some seconds.

    Where no alarm can be set (outside the main thread, on Windows, in a browser) a loop of Python
    is stopped as it turns, from Python 3.12 on; what stands still elsewhere is not. An alarm that
    is running goes on afterwards; where it rings sooner, it is left to itself.
    """
    able = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not able and seconds > 0:
        with _at_each_turn(seconds):
            yield
        return
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


@contextlib.contextmanager
def _at_each_turn(seconds: float) -> Iterator[None]:
    """Raise TooLongError at the first turn of a loop after some seconds, where Python shows turns.

    Of limits within one another, in one thread or several, each ends its own.
    """
    global _soonest
    watch: Any = getattr(sys, "monitoring", None)
    if watch is None or (not _ends and watch.get_tool(TOOL) is not None):
        yield
        return
    mine = (threading.get_ident(), time.monotonic() + seconds)
    if not _ends:
        watch.use_tool_id(TOOL, "time limit")
        watch.register_callback(TOOL, watch.events.JUMP, _turned)
        watch.set_events(TOOL, watch.events.JUMP)
    _ends.append(mine)
    _soonest = min(end for _, end in _ends)
    try:
        yield
    finally:
        _ends.remove(mine)
        _soonest = min((end for _, end in _ends), default=math.inf)
        if not _ends:
            watch.set_events(TOOL, 0)
            watch.free_tool_id(TOOL)


def _turned(code: Any, at: int, to: int) -> Any:
    """Raise TooLongError where a loop of this thread turns after its time."""
    if to > at:  # not back: no loop, and not to be shown again
        return sys.monitoring.DISABLE  # type: ignore[attr-defined]
    now = time.monotonic()
    if now > _soonest and any(t == threading.get_ident() and now > end for t, end in _ends):
        raise TooLongError
    return None
