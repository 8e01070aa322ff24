"""Attacks by the file itself: markdown and TeX of size, names, metadata, bytes of another kind.

They are rows as those of `attacks`. Two right answers stand in each file: what can be read is
graded, and the rest is refused as a whole with a sentence.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from typing import Any

from nbformat.v4 import new_markdown_cell, new_raw_cell

from tests.helpers import submissions
from tests.helpers.attacks import Attack
from tests.helpers.tangles import NESTED, tangle

REFUSED = "it is no notebook: it is refused with a sentence"


def texts(name: str, *sources: str, **more: Any) -> Attack:
    """Return a right submission with these texts of its own."""

    def change(nb: Any) -> None:
        nb.cells[2:2] = [new_markdown_cell(source) for source in sources]

    return Attack(name, change=change, **({"most": 2.0} | more))


def file(name: str, change: Callable[[Any], Any], refused: bool = False) -> Attack:
    """Return a right submission whose file is changed; `refused`: it cannot be read."""
    if refused:
        return Attack(name, change=change, refused=True, neighbour=0.0, why=REFUSED)
    return Attack(name, change=change, most=2.0)


def replaced(old: str, new: str) -> Callable[[Any], bytes]:
    """Return a change of the file's text."""

    def change(nb: Any) -> bytes:
        text = json.dumps(nb)
        assert old in text
        return text.replace(old, new, 1).encode()

    return change


def metadata(**fields: Any) -> Callable[[Any], None]:
    """Return a change of the metadata of the notebook and of every cell."""

    def change(nb: Any) -> None:
        nb.metadata.update(fields)
        for cell in nb.cells:
            cell.metadata.update(fields)

    return change


def deep(n: int) -> Any:
    made: Any = 1
    for _ in range(n):
        made = {"x": made}
    return made


def _pasted(nb: Any) -> None:
    cell = new_markdown_cell("![a](attachment:a.png) " * 500)
    cell.attachments = {"a.png": {"image/png": "A" * 3_000_000, "text/html": "<script>"}}
    nb.cells.insert(2, cell)


def _written(nb: Any) -> None:
    submissions.named(nb, submissions.written(nb)[0]).source = "\\\\(" * 60_000


def _ids(nb: Any) -> None:
    for i, cell in enumerate(nb.cells):
        cell["id"] = f"{i}" * 100_000


def _parts(nb: Any) -> None:
    for cell in nb.cells:
        cell["source"] = list(cell["source"])


def _names(nb: Any) -> None:
    for cell in nb.cells:
        cell.metadata["name"] = "\x1b[2J\u202e../../x\0\r\n=1+1"


TEXTS = (
    *(
        texts(f"31 long texts of {i} kinds of signs", *(tangle(random.Random(i), 12_000),) * 31)
        for i in range(6)
    ),
    *(texts(f"a text nested in the way {i}", make(600)) for i, make in enumerate(NESTED)),
    texts("one text of 3 MB", "*a" * 1_500_000),
    texts("TeX of 100 kB", "$" + "\\frac{a}{b}_{c}^{d}" * 5000 + "$"),
    texts("environments that never end", "\\begin{a}" * 10_000),
    texts("macros that call themselves", "$\\def\\a{\\a\\a}\\a$ " * 100),
    texts("scripts", "<script>alert(1)</script>\n\n[a](javascript:alert(1))\n\n$\\href{x}{y}$"),
    texts("rows of a table without end", "|a|\n|-|\n" + "|b|\n" * 50_000),
    texts("1,000 short texts", *("**a** $b$",) * 1000),
    file("a picture of 3 MB, pasted and shown 500 times", _pasted),
    file("a written answer of 180 kB of signs", _written),
    file("raw cells of HTML", lambda nb: nb.cells.extend([new_raw_cell("<b>" * 9999)] * 9)),
)
NAMES = (
    file("ids of 100 kB", _ids),
    file("names that steer a terminal", _names),
    file("a metadata tree 300 deep", metadata(x=deep(300))),
    file("a list of 100,000 tags", lambda nb: nb.metadata.update(tags=["a"] * 100_000)),
    file("a title of 1 MB", metadata(title="x" * 10_000)),
    file("the course's own marks", metadata(autograder={"refused": None, "own": True})),
    file("sources in single characters", _parts),
    file("a number of 4,000 digits", replaced('"nbformat_minor": 5', '"x": ' + "9" * 4000)),
    file("a number that is none", replaced('"nbformat_minor": 5', '"nbformat_minor": NaN')),
    file("a format of the future", replaced('"nbformat": 4', '"nbformat": 400'), True),
    file("half characters", replaced('"source": "', '"source": "\\ud800')),
    file("one key, twice", replaced('"cells": [', '"cells": [], "cells": [')),
)
BYTES = tuple(
    file(name, change, refused=True)
    for name, change in (
        ("a compressed file", lambda nb: gzip.compress(json.dumps(nb).encode())),
        ("the first half", lambda nb: json.dumps(nb).encode()[: len(json.dumps(nb)) // 2]),
        ("zeros", lambda nb: bytes(10**6)),
        ("one bracket, again and again", lambda nb: b"[" * 400_000),
        ("one key, again and again", lambda nb: b'{"cells":' * 100_000),
        ("a list of cells that is a number", lambda nb: b'{"nbformat": 4, "cells": 7}'),
        ("cells that are cells' names", lambda nb: b'{"nbformat": 4, "cells": ["a", 1, null]}'),
        ("a text in quotes", lambda nb: json.dumps(json.dumps(nb)).encode()),
        ("bytes of no encoding", lambda nb: b"\xff\xfe\x00\xd8" + b"\xc3\x28" * 1000),
    )
)
ATTACKS = (*TEXTS, *NAMES, *BYTES)
