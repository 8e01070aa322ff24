"""A person of a class."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"  # Hindi, Persian and others need them
DROPPED = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


class Person(NamedTuple):
    """One row of a class list; what the list does not say is "".

    `participant` is Moodle's number in one assignment, `canvas` Canvas's ID. `extension` are days
    on every due date. `line` is the row's line in its file.
    """

    id: str = ""
    username: str = ""
    email: str = ""
    first: str = ""
    last: str = ""
    group: str = ""
    extension: float = 0.0
    withdrawn: bool = False
    participant: str = ""
    canvas: str = ""
    directory: str = ""
    line: int = 0

    @property
    def name(self) -> str:
        """The name as it is spoken."""
        return f"{self.first} {self.last}".strip()

    @property
    def key(self) -> str:
        """What tells this person from all others of the class, on every list of it."""
        return self.id or self.username or self.email or self.canvas or self.name

    @property
    def called(self) -> str:
        """The name, with what tells namesakes apart."""
        return f"{self.name} ({self.key})" if self.name and self.key != self.name else self.key


def clean(text: str) -> str:
    """Return a text in NFC, on one line, without control characters and reading directions."""
    kept = "".join(
        " " if c.isspace() else c
        for c in text
        if c.isspace() or c in JOINERS or unicodedata.category(c) not in DROPPED
    )
    return unicodedata.normalize("NFC", " ".join(kept.split()))[:200]


def first_and_last(name: str, turned: bool = True) -> tuple[str, str]:
    """Return a whole name's two parts; "Lovelace, Ada" and "Ada Lovelace" give the same.

    Where names are not turned round, a comma is a part of the name: "Ann Smith, Jr".
    """
    last, comma, first = (part.strip() for part in name.partition(","))
    if turned and comma and first:
        return first, last
    words = name.split() if not turned else name.replace(",", " ").split()
    return " ".join(words[:-1]), words[-1] if words else ""


def turned(names: list[str]) -> bool:
    """Return whether a list writes "Lovelace, Ada": half of its names or more have a comma."""
    written = [name for name in names if name.strip()]
    return 2 * sum("," in name for name in written) >= len(written)
