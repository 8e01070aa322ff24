"""Written answers: a text that stands beside its place goes to the person who grades.

A student writes below the placeholder in a cell of its own, or in the question's cell; a tool that
drops metadata makes the answer's cell one of many texts. Which text is an answer is for a person to
say: what is found near the place of an answer that is not there is put into it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, NamedTuple


WORDS = re.compile(r"[^\W\d_]{2,}")
LONGEST = 4000  # characters of an answer in a code cell
FEW = 3  # words that make a text an answer where its own cell is gone


class Text(NamedTuple):
    """A text of the student's own, and the known cell that it stands in or follows."""

    says: str
    after: int
    at: int  # of the file's cells
    cell: dict
    own: bool  # a cell of its own


def texts(
    release: Any, cells: list[dict], places: list[int | None], placeholders: Collection[str]
) -> list[Text]:
    """Return the student's own texts, in order: lines that the release's text cells do not have."""
    lines = {
        line.strip()
        for cell in release.cells
        if cell.cell_type != "code"
        for line in cell.source.split("\n")
    } | {p.strip() for p in placeholders}
    found, after = [], -1
    for at, (cell, place) in enumerate(zip(cells, places, strict=True)):
        after = after if place is None else place
        if place is not None:
            known = release.cells[place]
            if known.cell_type == "code" or known.metadata.get("nbgrader", {}).get("solution"):
                continue
        if cell["cell_type"] == "code" and not (place is None and is_prose(cell["source"])):
            continue
        rows = [row for row in cell["source"].split("\n") if row.strip() not in lines]
        kept = "\n".join(rows).strip()
        if kept and (place is not None or rows != cell["source"].split("\n")):
            found.append(Text(kept, after, at, cell, False))
        elif kept:
            found.append(Text(cell["source"], after, at, cell, True))
    return found


def is_prose(source: str) -> bool:
    """Return whether a code cell holds an answer in words: a comment, a string, or plain text."""
    text = source.strip()
    if len(text) > LONGEST or len(WORDS.findall(text)) <= FEW:
        return False
    if all(line.lstrip().startswith("#") for line in text.split("\n") if line.strip()):
        return True
    if re.fullmatch(r"[rf]?(\"{3}|'{3}|\"|')(?:(?!\1).)*\1", text, re.DOTALL):
        return True
    return not re.search(r"[=(\[{%!]|(?m:^(?:import|from|def|class|if|for|while|with|return)\b)", text)


def beside(release: Any, place: int, found: list[Text], stubs: list[int]) -> list[Text]:
    """Return the texts that stand at the place of a written answer.

    `stubs` are the cells of the file that hold its placeholder. Where there is none, and nothing
    stands at its place, it is the nearest text.
    """
    before = [
        i
        for i, cell in enumerate(release.cells[:place])
        if cell.cell_type == "code" or cell.metadata.get("nbgrader", {}).get("solution")
    ]
    low = max(before, default=-1)

    def within(t: Text, cells: int) -> bool:
        return t.own and any(abs(t.at - stub) <= cells for stub in stubs)

    near = [t for t in found if low < t.after <= place or within(t, 1)]
    if near or stubs:  # farther where something else was put between
        return near or [t for t in found if within(t, 3)]
    long = [t for t in found if len(WORDS.findall(t.says)) >= FEW]
    return sorted(long, key=lambda t: abs(t.after - place))[:1]
