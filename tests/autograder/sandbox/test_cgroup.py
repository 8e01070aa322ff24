"""Groups of cgroup v2, in a tree of files as the kernel lays it out: who may use them, and how."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.sandbox import cgroup
from autograder.sandbox.cgroup import PARENT, SELF, THREADS, Group, Machine, group, lacking, prepare
from autograder.sandbox.limits import MB, Limits

ME, CHILD, STRANGER = 500, 501, 77
BOTH = "cpu memory pids"


class Kernel:
    """A tree of files: two processes of ours, one of somebody else, one mount of cgroup v2."""

    def __init__(self, root: Path, place: str, mounted: str, controllers: str) -> None:
        self.root, self.proc, self.fs = root, root / "proc", root / "cgroup"
        for pid, parent in ((ME, 1), (CHILD, ME), (STRANGER, 1)):
            (self.proc / str(pid)).mkdir(parents=True)
            (self.proc / str(pid) / "stat").write_text(f"{pid} (a ) b) S {parent} 1 1")
        (self.proc / "self").mkdir()
        lines = ["1 1 0:1 / / rw - ext4 /dev/x rw"]
        if mounted:
            lines.append(f"2 1 0:2 {mounted} {self.fs} rw shared:3 - cgroup2 cgroup2 rw")
        (self.proc / "self/mountinfo").write_text("\n".join(lines) + "\n")
        self.move(place)
        inside = place[len(mounted.rstrip("/")) :].lstrip("/")
        self.home = self.fs / inside
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "cgroup.controllers").write_text(controllers + "\n")
        (self.home / "cgroup.subtree_control").write_text("")
        self.hold(ME, CHILD)

    def hold(self, *pids: int) -> None:
        (self.home / "cgroup.procs").write_text("".join(f"{pid}\n" for pid in pids))

    def move(self, place: str) -> None:
        (self.proc / "self/cgroup").write_text(f"3:memory:/old\n0::{place}\n")

    @property
    def machine(self) -> Machine:
        return Machine(self.proc, ME)


@pytest.fixture
def kernel(tmp_path):
    def make(place="/user.slice/run-1.scope", mounted="/", controllers=BOTH):
        return Kernel(tmp_path, place, mounted, controllers)

    return make


@pytest.mark.parametrize(
    ("place", "mounted"),
    [
        ("/user.slice/run-1.scope", "/"),
        ("/", "/"),  # a container with a namespace of its own
        ("/docker/ab", "/docker/ab"),  # one without, that sees its own part
        ("/docker/ab/sub", "/docker/ab"),
    ],
)
def test_a_command_in_a_group_of_its_own_moves_below_it(kernel, place, mounted):
    k = kernel(place, mounted)
    assert prepare(k.machine) == ""
    assert (k.home / SELF / "cgroup.procs").read_text() == f"{CHILD}\n"  # the last one written
    assert (k.home / "cgroup.subtree_control").read_text().split() == ["+memory", "+pids"]
    k.move(f"{place.rstrip('/')}/{SELF}")
    (k.home / "cgroup.subtree_control").write_text("memory pids\n")
    assert lacking(k.machine) == "" and prepare(k.machine) == ""


def test_a_sandbox_has_a_group_with_bounds_and_enters_it_before_it_begins(kernel, monkeypatch):
    k = kernel()
    assert group(Limits(), k.machine) is None  # nothing was prepared
    prepare(k.machine)
    k.move(f"/user.slice/run-1.scope/{SELF}")
    (k.home / "cgroup.subtree_control").write_text("memory pids\n")
    one = group(Limits(memory=100 * MB, processes=5), k.machine)
    assert (one.path / "memory.max").read_text() == f"{100 * MB + PARENT}\n"
    assert (one.path / "pids.max").read_text() == f"{5 + THREADS}\n"
    assert one.path.parent == k.home and one.path.name.startswith(f"sandbox-{ME}-")
    assert group(Limits(), k.machine).path != one.path
    assert one.enter[-1] == str(one.path / "cgroup.procs")
    assert os.spawnv(os.P_WAIT, "/bin/sh", [*one.enter, "true"]) == 0
    assert (one.path / "cgroup.procs").read_text() == "0\n"
    assert one.killed() == 0
    (one.path / "memory.events").write_text("low 0\noom 3\noom_kill 2\noom_group_kill 0\n")
    assert one.killed() == 2


def test_what_a_killed_grader_has_left_is_removed_and_a_running_ones_is_not(kernel, monkeypatch):
    k = kernel()
    gone, running = k.home / f"sandbox-{STRANGER + 1}-1", k.home / f"sandbox-{CHILD}-1"
    gone.mkdir()
    running.mkdir()
    removed = []
    monkeypatch.setattr(cgroup, "remove", removed.append)
    assert prepare(k.machine) == ""
    assert removed == [gone]
    k.move(f"/user.slice/run-1.scope/{SELF}")
    (k.home / "cgroup.subtree_control").write_text("memory pids\n")
    cgroup.leave(k.machine)
    assert removed == [gone, gone]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"mounted": ""}, "mounts no cgroup v2"),
        ({"place": "/elsewhere", "mounted": "/docker/ab"}, "mounts no cgroup v2"),
        ({"controllers": "hugetlb"}, "does not bound memory and pids"),
        ({"controllers": "cpu memory"}, "does not bound pids"),
    ],
)
def test_elsewhere_nothing_is_changed_and_the_reason_is_said(kernel, change, why):
    k = kernel(**change)
    before = sorted(k.root.rglob("*"))
    assert why in prepare(k.machine)
    assert sorted(k.root.rglob("*")) == before
    assert lacking(k.machine) and group(Limits(), k.machine) is None


def test_a_group_that_others_are_in_is_left_alone(kernel):
    k = kernel()
    k.hold(ME, STRANGER)
    assert "other programs are in this command's group" in prepare(k.machine)
    assert not (k.home / SELF).exists()
    assert (k.home / "cgroup.subtree_control").read_text() == ""


def test_a_group_that_cannot_be_divided_is_put_back_as_it_was(kernel, monkeypatch):
    k = kernel()
    write = cgroup._write

    def refuse(path, value):
        if path.name == "cgroup.subtree_control":
            raise OSError(16, "Device or resource busy")
        write(path, value)

    monkeypatch.setattr(cgroup, "_write", refuse)
    assert "cannot be divided (Device or resource busy)" in prepare(k.machine)
    assert (k.home / "cgroup.procs").read_text() == f"{CHILD}\n"


def test_a_group_without_its_bounds_is_none(kernel, monkeypatch):
    k = kernel()

    def refuse(path, value):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(cgroup, "_write", refuse)
    with pytest.raises(PermissionError):
        Group(k.home / "one", Limits())
    assert not (k.home / "one").exists()
