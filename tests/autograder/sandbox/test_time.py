"""Time is what a student's processes compute, or sleep; busy neighbours cost nobody a point."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys

import pytest

from autograder.core.call import TIMED_OUT
from autograder.course import COURSE
from autograder.sandbox import host as hosts
from autograder.sandbox.host import Host
from autograder.sandbox.limits import BUSY, Limits
from autograder.sandbox.session import Session

needs_walls = pytest.mark.needs("bubblewrap")


def waited(monkeypatch, usage, seconds=1.0, reply_after=None):
    """Return what a request has cost, with a clock and a child that are played here.

    `usage` yields (CPU seconds so far, asleep) at each look; without a reply it is timed out.
    """
    clock, looks = [0.0], iter(usage)
    made = Host(COURSE, limits=Limits(call=seconds))
    made.child = socket.socket()

    def selected(readable, *rest):
        clock[0] += rest[-1]
        ready = reply_after is not None and clock[0] >= reply_after
        return ([made.child] if ready else [], [], [])

    def command(what):
        cpu, asleep = next(looks)
        return {"cpu": cpu, "asleep": asleep}

    monkeypatch.setattr(select, "select", selected)
    monkeypatch.setattr(hosts.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(made, "_command", command)
    with made.child, contextlib.suppress(TimeoutError):
        made._await_reply(seconds, BUSY * seconds)
        return made.took, clock[0], "replied"
    return made.took, clock[0], "timed out"


def test_a_short_request_counts_by_the_clock_and_asks_nobody(monkeypatch):
    took, _, how = waited(monkeypatch, [], reply_after=0.2)
    assert how == "replied" and 0 < took <= 0.5


def test_what_computes_is_stopped_when_its_seconds_are_used_up(monkeypatch):
    took, _, how = waited(monkeypatch, ((0.25 * i, False) for i in range(99)))
    assert how == "timed out" and took >= 1.0


def test_what_sleeps_is_stopped_as_well(monkeypatch):
    took, clock, how = waited(monkeypatch, ((0.0, True) for _ in range(99)))
    assert how == "timed out" and took >= 1.0 and clock < 2.0


def test_waiting_for_a_processor_costs_nothing(monkeypatch):
    took, clock, how = waited(monkeypatch, ((0.01 * i, False) for i in range(99)), reply_after=4.0)
    assert how == "replied" and clock >= 4.0 and took < 1.0


def test_by_the_clock_there_is_a_bound_too(monkeypatch):
    took, clock, how = waited(monkeypatch, ((0.0, False) for _ in range(99)))
    assert how == "timed out" and took < 1.0 and clock >= BUSY


@needs_walls
def test_beside_neighbours_that_use_every_processor_an_honest_call_has_its_time():
    burn = [sys.executable, "-c", "while True: pass"]
    neighbours = [subprocess.Popen(burn) for _ in range(3 * (os.cpu_count() or 1))]
    try:
        with Host(COURSE, limits=Limits(call=3.0, submission=60.0)) as host:
            session = Session(host, [], seed=0)
            busy = "import time\nuntil = time.process_time() + 1.2\n"
            busy += "while time.process_time() < until: pass\nprint('done')"
            assert session.run(busy).printed == "done\n"
    finally:
        for one in neighbours:
            one.kill()
            one.wait()


@needs_walls
@pytest.mark.parametrize(
    "cell",
    [
        "while True: pass",
        "import time\ntime.sleep(60)",
        "import os, signal\nfor _ in range(2):\n    os.fork()\nsignal.pause()",
        "import threading\nthreading.Event().wait()",
    ],
)
def test_what_does_not_end_is_stopped_whether_it_computes_or_waits(cell):
    with Host(COURSE, limits=Limits(call=0.5, submission=20.0)) as host:
        ran = Session(host, [], seed=0).run(cell)
    assert ran.stopped is not None and ran.stopped[0] == TIMED_OUT
