"""What an answer prints while it is checked: some lines, so that the verdict stays in sight."""

from __future__ import annotations

import io
from typing import TextIO

MOST = 12  # lines: a check calls an answer some twenty times


class FewLines(io.TextIOBase):
    """A text stream that passes its first lines on and counts the others."""

    def __init__(self, out: TextIO, most: int = MOST) -> None:
        self.out, self.left, self.more = out, most, 0

    def write(self, text: str) -> int:
        """Pass text on while there is room; return how long it was."""
        for line in text.splitlines(keepends=True):
            if self.left > 0:
                self.out.write(line)
                self.left -= line.endswith("\n")
            else:
                self.more += line.endswith("\n")
        return len(text)

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def flush(self) -> None:
        """Pass on what the stream below has kept."""
        self.out.flush()

    def end(self) -> None:
        """Say how many lines were left out, if any."""
        if self.more:
            self.out.write(f"… and {self.more} more lines that your function prints.\n")
