"""Texts from outside as cells of a table: a spreadsheet runs a cell that begins like a formula."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from autograder.errors import GradingError
from autograder.io import write_file

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")
_FULL_WIDTH = ("\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}")
_MORE = (*_FULL_WIDTH, "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet would take a cell with this text for a formula."""
    return text.startswith(_BEGINNINGS) or text.lstrip().startswith((*_BEGINNINGS, *_MORE))


def escape_formula(text: str) -> str:
    """Return the text as a cell that no spreadsheet takes for a formula."""
    return "'" + text if is_formula(text) else text


def unescape_formula(cell: str) -> str:
    """Return the text of a cell that `escape_formula` made."""
    return cell[1:] if cell.startswith("'") and is_formula(cell[1:]) else cell


def plain(text: str) -> str:
    """Return the text on one line, without control characters; each becomes a replacement sign."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in _DIRECTIONS
        else c
        for c in text
    )


_DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def cell(value: object) -> str:
    """Return a value as a cell of a table that spreadsheets and terminals show as it is."""
    return escape_formula(plain(str(value)))


def write_rows(path: Path, rows: Iterable[Iterable[object]]) -> None:
    """Write a CSV file whose cells are harmless; it is replaced in one step."""
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows([cell(x) for x in row] for row in rows)
    try:
        write_file(path, file.getvalue())
    except OSError as error:
        raise GradingError(f"{path} cannot be written: {error.strerror}.") from error
