"""Texts from outside as cells of a table: a spreadsheet runs a cell that begins like a formula."""

from __future__ import annotations

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet would take a cell with this text for a formula."""
    return text.startswith(_BEGINNINGS)


def escape_formula(text: str) -> str:
    """Return the text as a cell that no spreadsheet takes for a formula."""
    return "'" + text if is_formula(text) else text


def unescape_formula(cell: str) -> str:
    """Return the text of a cell that `escape_formula` made."""
    return cell[1:] if cell.startswith("'") and is_formula(cell[1:]) else cell
