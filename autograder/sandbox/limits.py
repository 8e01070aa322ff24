"""What an answer may use, and what it is called when it uses more."""

from __future__ import annotations

from typing import NamedTuple

from autograder.core.call import DIED, MEMORY, PROCESSES, SILENT, TIMED_OUT

MB = 2**20


BUSY = 6  # times its seconds a call may take by the clock, where others keep the machine busy


class Limits(NamedTuple):
    """Bounds on one student's process; seconds and bytes.

    Time is what the student's own processes have computed, or spent asleep. Waiting for a processor
    that others use does not count, up to `BUSY` times the bound by the clock.
    """

    call: float = 10.0  # of one cell, or of one call
    submission: float = 120.0  # of all of a notebook's cells and calls
    cpu: int = 120  # CPU time of one process
    memory: int = 2048 * MB  # address space of one process, and what all of them hold together
    processes: int = 12  # the three of the sandbox, and threads, count
    file: int = 32 * MB  # one file
    disk: int = 64 * MB  # all files
    files: int = 64  # open at once; sockets and pipes, which hold memory of the kernel's, count
    output: int = 20_000  # characters that a cell may print; the rest is dropped
    reply: int = 4 * MB  # one answer


SAYS = {
    TIMED_OUT: "Your code took longer than {call:g} seconds and was stopped. Is there a loop whose "
    "condition never becomes false, a call of itself, or a wait?",
    DIED: "Python itself ended while your code ran ({how}), so that no result came back. It does "
    "so for an exit, or when its memory or one of its files is closed under it.",
    MEMORY: "Your code held more than {memory} MB of memory and was stopped. The arrays of this "
    "exercise need a few kB: how large are yours?",
    PROCESSES: "Your code started more than {processes} processes and threads, and was stopped. "
    "An answer needs none.",
    SILENT: "Your code ran, but what came back could not be read. It does so when code replaces "
    "parts of Python itself, or closes files that it did not open.",
}


def says(stopped: str, limits: Limits, how: str = "") -> str:
    """Return what a student reads of an answer that was stopped."""
    return SAYS[stopped].format(
        call=limits.call, memory=limits.memory // MB, processes=limits.processes, how=how
    )
