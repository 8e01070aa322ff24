"""The source format: Python text whose cells begin at `# %%`, read without any library.

A marker may say `[markdown]` and carry keys (`solution="name" points=2`). The text of a markdown
cell is the one string that stands below its marker, r-quoted, so that TeX keeps its backslashes.
It is a part of jupytext's percent format, which editors know.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from autograder.errors import SourceError

MARKER = re.compile(r"# %%(?P<markdown> \[markdown\])?(?P<keys>(?: \w+=(?:\"[^\"]*\"|\d+))*)\s*")
KEY = re.compile(r"(\w+)=(?:\"([^\"]*)\"|(\d+))")
QUOTE = '"""'


class Cell(NamedTuple):
    """One cell of a source: "code" or "markdown", its text, the keys of its marker."""

    kind: str
    text: str
    keys: dict[str, str | int]


def read_cells(text: str, name: str = "the source") -> list[Cell]:
    """Return the cells of a source; SourceError names the line that cannot be read."""
    starts: list[tuple[int, re.Match[str]]] = []
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.startswith("# %%"):
            marker = MARKER.fullmatch(line)
            if marker is None:
                raise SourceError(
                    f"{name}, line {number + 1}: {line!r} is no cell marker. Expected: # %%, "
                    '# %% [markdown], and keys like solution="name" or points=2.'
                )
            starts.append((number, marker))
    head = "\n".join(lines[: starts[0][0]] if starts else lines).strip()
    if head or not starts:
        raise SourceError(f"{name}: the first line is not a cell marker (# %%).")
    ends = [*(number for number, _ in starts[1:]), len(lines)]
    cells = []
    for (number, marker), end in zip(starts, ends, strict=True):
        body = "\n".join(lines[number + 1 : end]).strip("\n")
        keys = {k: int(n) if n else word for k, word, n in KEY.findall(marker["keys"])}
        if marker["markdown"]:
            cells.append(Cell("markdown", _unquoted(body, f"{name}, line {number + 2}"), keys))
        else:
            cells.append(Cell("code", body, keys))
    return cells


def _unquoted(body: str, where: str) -> str:
    inside = body.removeprefix("r").strip()
    whole = inside.startswith(QUOTE) and inside.endswith(QUOTE) and len(inside) >= 6
    if not whole or QUOTE in inside[3:-3]:
        raise SourceError(f'{where}: the text of a markdown cell stands between r""" and """.')
    return inside[3:-3].strip("\n")
