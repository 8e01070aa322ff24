"""Worker processes: how they start, how they end, which version of the code they run."""

from __future__ import annotations

import functools
import hashlib
import multiprocessing
import os
import signal
import threading
from multiprocessing.context import BaseContext
from pathlib import Path
from unittest import mock

from autograder.sandbox.bubblewrap import THREADS

ROOT = Path(__file__).resolve().parents[3]


def prepare() -> BaseContext:
    """Return how worker processes begin; what they all import begins to be imported now.

    They are forked from a server that has one thread, which has imported what grading needs.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.grading.run.grade_one"])
    with mock.patch.dict(os.environ, dict.fromkeys(THREADS, "1")):
        forkserver.ensure_running()
    return context


def begin() -> None:
    """Begin a worker process: Ctrl-C is for the grader, and it ends when the grader does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_grader, daemon=True).start()


def _end_with_grader() -> None:
    """Wait for the grader's end. The server of processes, which is the parent, waits for ours."""
    grader = multiprocessing.parent_process()
    if grader is None:  # not a worker
        return
    grader.join()
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


@functools.cache
def version() -> str:
    """Return a digest of the course's code: what it says of a submission may change with it."""
    made = hashlib.sha256()
    for package in ("autograder", "gru_ref"):
        for path in sorted((ROOT / package).rglob("*.py")):
            made.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return made.hexdigest()
