"""How a worker process begins, and how it ends with the grader."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.context import BaseContext
from unittest import mock

from autograder.grading.job import Beginning
from autograder.sandbox.bubblewrap import THREADS

COURSE = "AUTOGRADER_COURSE"  # the variable with the name of the course's module


def prepare(course: str = "") -> BaseContext:
    """Return how worker processes begin; what they all import begins to be imported now.

    They are forked from a server that has one thread, which has imported what grading needs and,
    where this is the first call, the module `course`.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.grading.run.preload"])
    variables = dict.fromkeys(THREADS, "1") | {COURSE: course}
    with mock.patch.dict(os.environ, variables):
        forkserver.ensure_running()
    return context


def begin(beginning: Beginning | None = None) -> None:
    """Begin a worker process: Ctrl-C is for the grader, and it ends when the grader does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_grader, daemon=True).start()
    if beginning is not None:
        from autograder.grading.run.grade_one import make_ready  # all that grades

        make_ready(beginning)


def nothing() -> None:
    """Do nothing: the first job of workers that are to begin now."""


def _end_with_grader() -> None:
    """Wait for the grader's end. The server of processes, which is the parent, waits for ours."""
    grader = multiprocessing.parent_process()
    if grader is None:
        return
    grader.join()
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
