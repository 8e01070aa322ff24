"""`autograder review` as a person starts it: what it says where it cannot begin."""

from __future__ import annotations

import contextlib
import sys
import urllib.request

import pytest

from autograder.cli import main
from autograder.grading.run.lock import locked
from tests.autograder.grading.review.room import Room
from tests.helpers.programs import running

START = "import sys\nfrom autograder.cli import main\nsys.exit(main(sys.argv[1:]))"


@pytest.fixture
def graded(tmp_path):
    room = Room(tmp_path)
    with contextlib.closing(room.gb):
        room.answer("ada", "because")
    return room.root


def test_it_prints_an_address_that_answers(graded):
    command = [sys.executable, "-c", START, "review", graded, "--no-browser"]
    with running(command) as program:
        assert program.until(r"Questions: (\d+)\. Answers to mark: (\d+)\.").groups() == ("1", "1")
        url = program.until(r"(http://127\.0\.0\.1:\d+/[\w-]{32}/)")[1]
        with urllib.request.urlopen(url, timeout=60) as reply:
            assert "<title>Review</title>" in reply.read().decode()


def test_while_a_grader_is_at_work_it_says_so(graded, capsys):
    with locked(graded):
        assert main(["review", str(graded), "--no-browser"]) == 2
    assert "Another grader is at work" in capsys.readouterr().err


def test_a_directory_that_was_not_graded_is_said(tmp_path, capsys):
    assert main(["review", str(tmp_path), "--no-browser"]) == 2
    assert "no gradebook.db" in capsys.readouterr().err


def test_where_nothing_waits_for_a_person_it_says_so(tmp_path, capsys):
    with contextlib.closing(Room(tmp_path).gb):
        pass
    assert main(["review", str(tmp_path / "graded"), "--no-browser"]) == 0
    assert "nothing here that a person marks" in capsys.readouterr().out


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_a_port_that_cannot_be_had_is_a_sentence(graded, capsys, port):
    assert main(["review", str(graded), "--no-browser", "--port", port]) == 2
    assert f"Port {port} cannot be had" in capsys.readouterr().err
