"""What a terminal is shown: colour, widths and signs that it can take."""

import io
import os
import sys

import click
import pytest

from autograder.core.verdict import FAILED
from autograder.workspace import terminal
from autograder.workspace.terminal import Terminal


class Tty(io.TextIOWrapper):
    def isatty(self):
        return True


@pytest.fixture
def tty(monkeypatch):
    """A terminal of 30 columns; a function that returns what it shows."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    raw = io.BytesIO()

    def use(encoding="utf-8", columns=30):
        monkeypatch.setattr(sys, "stdout", Tty(raw, encoding=encoding, write_through=True))
        size = os.terminal_size((columns, 24))
        monkeypatch.setattr(terminal.shutil, "get_terminal_size", lambda: size)
        return lambda: raw.getvalue().decode(encoding)

    return use


def test_a_status_has_its_colour(tty):
    shown = tty()
    screen = Terminal()
    screen.say(screen.coloured("failed", FAILED))
    assert "\x1b[31mfailed\x1b[0m" in shown()


def test_no_color_means_none(tty, monkeypatch):
    shown = tty()
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Terminal()
    screen.say(screen.coloured("failed", FAILED))
    assert "\x1b" not in shown()


def test_a_pipe_gets_no_colour_and_whole_lines(capsys):
    screen = Terminal()
    screen.say(screen.coloured("word " * 60, FAILED))
    assert capsys.readouterr().out == "word " * 60 + "\n"


@pytest.mark.parametrize("columns", [20, 30, 47])
def test_no_line_is_wider_than_the_terminal(tty, columns):
    shown = tty(columns=columns)
    screen = Terminal()
    screen.say(screen.coloured("a word and another " * 9, FAILED), "   in = [1, 2, 3] " * 5)
    rows = click.unstyle(shown()).splitlines()
    assert max(map(len, rows)) <= columns and "".join(rows).count("another") == 9


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_a_console_of_few_signs_gets_plain_ones(tty, encoding):
    shown = tty(encoding)
    screen = Terminal()
    screen.say("✓ ✗ ○ σ", screen.bar(1, 2))
    assert "x" in shown() and len(shown().splitlines()) == 2
