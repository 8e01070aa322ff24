"""Text on a terminal: colour where it is wanted, lines no wider than it, signs that it can show.

click makes the colours work in a Windows console and leaves them out of a file or a pipe.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap

import click

from autograder.core.verdict import BROKEN, ERROR, FAILED, NOT_ATTEMPTED, PASSED

COLOUR = {
    PASSED: "green",
    FAILED: "red",
    ERROR: "red",
    NOT_ATTEMPTED: "bright_black",
    BROKEN: "magenta",
}
PLAIN = {
    "✓": "+",
    "✗": "x",
    "○": "o",
    "⚠": "!",
    "█": "#",
    "░": "-",
    "·": "-",
    "…": "...",
    "→": ">",
    "─": "-",
    "◐": "+",
    "●": "*",
}
NARROWEST = 20


class Terminal:
    """Where a command speaks: standard output as it is when it is used."""

    def __init__(self) -> None:
        self.wants_colour = "NO_COLOR" not in os.environ and sys.stdout.isatty()

    @property
    def width(self) -> int:
        """How many columns a line may have; a file has no end."""
        return max(NARROWEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else 0

    def coloured(self, text: str, status: str) -> str:
        """Return text in the colour of a status."""
        return click.style(text, fg=COLOUR.get(status)) if self.wants_colour else text

    def say(self, *lines: str) -> None:
        """Print lines, wrapped at words where they are wider than the terminal."""
        for line in lines:
            for row in self._rows(line):
                click.echo(self._signs(row), color=self.wants_colour)

    def bar(self, done: float, of: float) -> str:
        """Return a bar, a third of the terminal wide, at most 30."""
        cells = min(30, (self.width or 90) // 3)
        full = round(cells * done / of) if of else 0
        return "█" * full + "░" * (cells - full)

    def _rows(self, line: str) -> list[str]:
        plain = click.unstyle(line)
        if not self.width or len(plain) <= self.width:
            return [line]
        indent = " " * min(len(plain) - len(plain.lstrip()), self.width // 2)
        rows = textwrap.wrap(plain, self.width, subsequent_indent=indent, replace_whitespace=False)
        before, after = line.split(plain) if plain in line else ("", "")
        return [f"{before}{row}{after}" for row in rows]

    def _signs(self, text: str) -> str:
        encoding = sys.stdout.encoding or "utf-8"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            for sign, plain in PLAIN.items():
                text = text.replace(sign, plain)
            return text.encode(encoding, "replace").decode(encoding)
        except LookupError:
            pass
        return text
