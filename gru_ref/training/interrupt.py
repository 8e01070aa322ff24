"""Ctrl-C between two steps: the step that runs is finished, and nothing is left half done."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import torch
from lightning.fabric import Fabric


@contextlib.contextmanager
def stop_when_asked(
    stop: Callable[[], bool] | None, fabric: Fabric | None = None, every: int = 10
) -> Iterator[Callable[[int], bool]]:
    """Yield a function of the step that says whether to stop: after Ctrl-C, or where stop() does.

    A second Ctrl-C interrupts at once. Several processes ask each other, once in `every` steps, so
    that all of them end at the same one.
    """
    pressed = threading.Event()
    main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT) if main else None
    ours = main and before is not signal.SIG_IGN

    def note(number, frame):
        pressed.set()
        signal.signal(signal.SIGINT, before)

    def asked(step):
        now = pressed.is_set() or (stop is not None and stop())
        if fabric is None or fabric.world_size == 1:
            return now
        if step % every:
            return False
        votes = torch.tensor(float(now), device=fabric.device)
        total: Any = fabric.all_reduce(votes, reduce_op="sum")
        return bool(total > 0)

    if ours:
        signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)
