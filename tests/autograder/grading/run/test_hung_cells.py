"""A cell that hung or died is not run again; processes that hold too much are ended."""

from __future__ import annotations

import os
import signal
from types import SimpleNamespace

import numpy as np
import pytest

from autograder.core.call import DIED, MEMORY, PROCESSES, TIMED_OUT, Halted, Returned
from autograder.course import COURSE
from autograder.sandbox import zygote
from autograder.sandbox.bubblewrap import BUBBLEWRAP, NONE
from autograder.sandbox.host import Host, Interrupted, Stopped
from autograder.sandbox.limits import MB, Limits
from autograder.sandbox.session import LATE, Session
from autograder.sandbox.zygote import Zygote
from autograder.sizes import CELL_RUN

needs_walls = pytest.mark.needs("bubblewrap")
FUNCTION = {"is": "function", "signature": [["a", 1, False]], "calls": []}


class Child:
    """Stands for a Host: what cells do is written in them, and what ran is noted by child."""

    def __init__(self, **limits) -> None:
        self.limits = Limits(**limits)
        self.course, self.took = COURSE, 0.0
        self.ran: list[list[str]] = []

    def fresh(self, seed, names, given):
        self.ran.append([])

    def ask(self, request, seconds):
        if request["do"] == "look":
            self.act(request["name"])
            return FUNCTION, memoryview(b"")
        if request["do"] == "call":
            self.ran[-1].append(request["name"])
            self.act(request["name"])
            return {"value": None, "value_after": ["dict", []]}, memoryview(b"")
        self.ran[-1].append(request["source"])
        self.act(request["source"])
        return {"printed": request["source"]}, memoryview(b"")

    def act(self, text):
        if "hang" in text:
            raise Interrupted
        if "die" in text:
            raise Stopped(DIED, "exit status 3")


def session(*cells: str, **limits) -> tuple[Session, Child]:
    child = Child(**limits)
    made = Session(child, ["f"], seed=0)
    for cell in cells:
        made.run(cell)
    return made, child


@pytest.mark.parametrize("harm", ["hang", "die"])
def test_a_cell_that_hung_or_died_is_not_run_again(harm):
    made, child = session("a", harm, "b")
    made.again()
    assert child.ran[-1] == ["a", "b"]
    assert [cells.count(harm) for cells in child.ran].count(1) == 1


def test_a_cell_that_died_costs_itself_and_those_before_it_are_run_again():
    made, child = session("a")
    ran = made.run("die")
    assert ran.stopped[0] == DIED
    assert "exit status 3" in ran.stopped[1]
    assert child.ran == [["a", "die"], ["a"]]


def test_a_cell_that_hung_is_told_and_the_child_lives_on():
    made, child = session("a")
    assert made.run("hang").stopped[0] == TIMED_OUT
    assert made.run("b").stopped is None
    assert child.ran == [["a", "hang", "b"]]


def test_a_cell_that_dies_only_the_second_time_is_left_out_after_that():
    made, child = session("a", "b", "c")
    act, counted = child.act, []

    def once(text):
        counted.append(text)
        if text == "b":
            raise Stopped(DIED)
        act(text)

    child.act = once
    made.again()
    assert child.ran[-1] == ["a", "c"]
    assert counted.count("b") == 1
    assert made.fatal == {1}


def test_where_only_some_cells_are_asked_for_only_those_run_harmful_or_not():
    made, child = session("a", "b", "die", "hang")
    ran = made.alone({0, 2, 3})
    assert child.ran[-2:] == [["a", "die"], ["a", "hang"]]
    assert {i: r.stopped and r.stopped[0] for i, r in ran.items()} == {
        0: None,
        2: DIED,
        3: TIMED_OUT,
    }


def test_a_cell_that_hung_beside_others_and_not_alone_has_run():
    made, child = session("a", "hang")
    child.act = lambda text: None
    assert made.alone({0, 1})[1].stopped is None


def test_where_an_answer_alone_ends_its_process_no_other_cell_comes_back():
    made, child = session("a", "b", "c")
    made.alone({0, 2})
    assert made.find("die").kind == "stopped"
    assert child.ran[-2:] == [["a", "c"], ["a", "c"]]


def test_a_cell_that_is_too_long_is_never_run():
    made, child = session()
    assert made.run("#" * (CELL_RUN + 1)).stopped[0] == "too_long"
    made.again()
    assert made.alone({0})[0].stopped[0] == "too_long"
    assert child.ran == [[], [], []]
    assert made.run("#" * CELL_RUN).stopped is None


def test_after_the_time_of_the_whole_notebook_no_cell_is_run_and_that_is_told():
    made, child = session("a", submission=-1.0)
    assert child.ran == [[]]
    word, says = made.run("b").stopped
    assert (word, "All of this notebook's cells" in says) == (TIMED_OUT, True)
    assert child.ran == [[]]
    assert LATE


@pytest.mark.parametrize(("name", "by"), [("hang", TIMED_OUT), ("die", DIED)])
def test_a_function_that_was_stopped_is_not_called_again(name, by):
    made, child = session("a")
    child.act, act = lambda text: None, child.act
    f = made.find(name).stand_in
    assert isinstance(f.run({"a": np.ones(1)}), Returned)
    child.act = act
    for _ in range(3):
        ran = f.run({"a": np.ones(1)})
        assert isinstance(ran, Halted) and ran.by == by
    assert sum(cells.count(name) for cells in child.ran) == 2


@pytest.mark.parametrize(("name", "by"), [("hang", TIMED_OUT), ("die", DIED)])
def test_a_name_at_which_even_looking_stops_is_told(name, by):
    made, child = session("a")
    found = made.find(name)
    assert (found.kind, found.stopped[0]) == ("stopped", by)
    assert child.ran[-1] == ["a"]


@pytest.fixture
def watch(monkeypatch):
    """Return what looks once at processes that hold these MB each; it returns who was killed."""

    def look(*held: int, memory: int = 100, processes: int = 4) -> tuple[list[int], str]:
        killed: list[int] = []
        pids = list(range(1000, 1000 + len(held)))
        own = {os.getpid(): 0} | dict(zip(pids, [n * MB for n in held], strict=True))
        monkeypatch.setattr(zygote, "_private_memory", own.__getitem__)
        monkeypatch.setattr(zygote, "_others", lambda keeper, isolation: pids)
        monkeypatch.setattr(zygote.os, "kill", lambda pid, number: killed.append((pid, number)))
        limits = Limits(memory=memory * MB, processes=processes)
        made = Zygote(SimpleNamespace(), None, limits, True, {})
        made.child, made.keeper = 7, 6
        made._watch()
        assert all(one == (7, signal.SIGKILL) for one in killed)
        return killed, made.over

    return look


@pytest.mark.parametrize(
    ("held", "over"),
    [
        ((100,), ""),
        ((101,), MEMORY),
        ((50, 50), ""),
        ((50, 51), MEMORY),
        ((1,) * 6, ""),
        ((1,) * 7, PROCESSES),
        ((), ""),
    ],
)
def test_what_holds_too_much_or_is_too_many_is_ended(watch, held, over):
    killed, seen = watch(*held)
    assert seen == over
    assert bool(killed) == bool(over)


FORKS = """
import os, time
for _ in range(9):
    if os.fork() == 0:
        {each}
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""


def of_forks(each: str, walls: str, **limits) -> tuple[str, bool]:
    """Return why a cell was stopped that starts processes, and whether the next one runs."""
    bounds = Limits(call=10.0, submission=60.0, **{"processes": 32, **limits})
    with Host(COURSE, walls, bounds) as host:
        made = Session(host, ["sigmoid"], seed=0)
        stopped = made.run(FORKS.format(each=each)).stopped
        return (stopped or ("not at all",))[0], made.run("x = 1").stopped is None


@needs_walls
def test_behind_the_walls_processes_that_together_hold_too_much_are_ended():
    assert of_forks("block = b'x' * (90 * 2**20)", BUBBLEWRAP, memory=700 * MB) == (MEMORY, True)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="the watch reads /proc")
def test_without_walls_more_processes_than_are_allowed_are_ended():
    assert of_forks("pass", NONE, processes=4) == (PROCESSES, True)
