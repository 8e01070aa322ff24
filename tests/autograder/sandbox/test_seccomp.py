"""Where the filter of system calls cannot be set up, there is no sandbox: it is never ignored."""

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course import COURSE
from autograder.errors import SandboxError
from autograder.sandbox import bubblewrap, seccomp
from autograder.sandbox.bubblewrap import AUTO, BUBBLEWRAP, NONE, OFF, REQUIRED
from autograder.sandbox.host import Host

needs_walls = pytest.mark.needs("bubblewrap")
CANNOT = """
import sys

def refuse_calls():
    raise OSError("the kernel takes no filter of system calls")

if __name__ == "__main__":
    sys.exit("the kernel takes no filter of system calls")
"""


@pytest.fixture
def without_a_filter(tmp_path):
    """Return the course as if this machine's kernel took no filter."""
    (tmp_path / "seccomp.py").write_text(CANNOT)
    files = {**COURSE.visible.files, Path("autograder/sandbox/seccomp.py"): tmp_path / "seccomp.py"}
    return replace(COURSE, visible=replace(COURSE.visible, files=files))


def test_an_unknown_machine_is_named(monkeypatch):
    monkeypatch.setattr(seccomp, "MACHINES", {})
    with pytest.raises(OSError, match="knows"):
        seccomp.refuse_calls()


@needs_walls
def test_a_child_without_the_filter_is_a_sandbox_error(without_a_filter):
    with pytest.raises(SandboxError), Host(without_a_filter) as host:
        host.fresh(0, [])


@needs_walls
def test_what_is_tried_meanwhile_is_what_is_asked_for(monkeypatch):
    made, command = [], bubblewrap.command
    monkeypatch.setattr(
        bubblewrap, "command", lambda *args, **more: made.append(args) or command(*args, **more)
    )
    bubblewrap.choose.cache_clear()
    try:
        with bubblewrap.trying(REQUIRED):
            assert len(made) == 1
            assert bubblewrap.choose(REQUIRED) == bubblewrap.choose(REQUIRED) == BUBBLEWRAP
        assert len(made) == 1
        with bubblewrap.trying(REQUIRED):
            pass
        assert bubblewrap._begun == []  # it has ended unasked
        with bubblewrap.trying(OFF):
            assert bubblewrap.choose(OFF) == NONE
        assert len(made) == 2
    finally:
        bubblewrap.choose.cache_clear()


@needs_walls
def test_without_the_filter_required_refuses_and_auto_says_none(without_a_filter, monkeypatch):
    command = bubblewrap.command
    monkeypatch.setattr(
        bubblewrap, "command", lambda *args, **more: command(*args, course=without_a_filter, **more)
    )
    assert "filter of system calls" in bubblewrap.lacking()
    bubblewrap.choose.cache_clear()
    try:
        with pytest.raises(SandboxError, match="filter of system calls"):
            bubblewrap.choose(REQUIRED)
        assert bubblewrap.choose(AUTO) == NONE
    finally:
        bubblewrap.choose.cache_clear()
