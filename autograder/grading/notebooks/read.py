"""A file that was handed in -> its cells, or the sentence that says why there are none."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import nbformat

from autograder import sizes
from autograder.grading.notebooks import as_text

KINDS = ("code", "markdown", "raw")
AGAIN = "Hand in the chapter's notebook, as your notebook program saves it (File, Download, .ipynb)."
BYTE_ORDER = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
OTHER_FILES = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive (or a Word document)"),
    (b"\x1f\x8b", "a packed archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
)
LOGIN = re.compile(rb"(?i)<form|password|log ?in|sign ?in|single sign|shibboleth")
POINTER = b"version https://git-lfs"


class Unreadable(NamedTuple):
    """A file that is no notebook: the sentence that says why."""

    says: str


def read_cells(submitted: bytes) -> list[dict] | Unreadable:
    """Return a notebook file's cells, each with a type, a source and metadata."""
    if not submitted.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        what = "is empty" if not submitted.strip() else "holds nothing but zeros and blanks"
        return Unreadable(f"The file {what}: saving it was cut short. {AGAIN}")
    parts = submitted.count(b"[") + submitted.count(b"{")
    if len(submitted) > sizes.NOTEBOOK or parts > sizes.NOTEBOOK_PARTS:
        size = f"{len(submitted) / 1e6:.0f} MB in {parts:,} parts"
        return Unreadable(f"The file is too large ({size}). Clear its outputs first.")
    if other := _other_file(submitted):
        return Unreadable(f"The file is not a notebook: it is {other}. {AGAIN}")
    text = _decode(submitted)
    if isinstance(text, Unreadable):
        return text
    nb = _parse(text)
    if isinstance(nb, Unreadable):
        cells = as_text.cells(text)
        return nb if cells is None else _bounded(cells)
    return _cells_of(nb, text)


def _other_file(data: bytes) -> str:
    """Return what a file is that is no text, or a page of the web; "" for the rest."""
    for begin, what in OTHER_FILES:
        if data.startswith(begin):
            return what
    if data.startswith(POINTER):
        return "a pointer to a large file (Git LFS), without the file"
    head = data[:3000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<?xml", b"<head", b"<!--")):
        body = data[:400_000].lower()
        if b"jp-notebook" in body or b"jupyter" in body:
            return "a web page (HTML) made from a notebook, which no longer holds it"
        if LOGIN.search(data[:200_000]):
            return "a web page that asks to log in, saved in place of the file"
        return "a web page (HTML), saved in place of the file"
    return ""


def _decode(data: bytes) -> str | Unreadable:
    for mark, encoding in BYTE_ORDER:
        if data.startswith(mark):
            break
    else:
        few = data[:200]
        encoding = "utf-8"
        if few.count(0) > len(few) // 4:  # UTF-16 without its mark
            encoding = "utf-16-le" if few[1::2].count(0) > few[::2].count(0) else "utf-16-be"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.removesuffix("-sig").upper()
        return Unreadable(
            f"The file is not a notebook: byte {error.start} is not {name} text. Save the notebook "
            "as UTF-8, or download it again, and hand it in once more."
        )


def _parse(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda name: None)
    except RecursionError:
        return Unreadable(
            f"The file is not a notebook: its JSON is nested too deeply. {AGAIN}"
        )
    except ValueError as error:
        at = str(error)
        if isinstance(error, json.JSONDecodeError):
            at = f"line {error.lineno}: {error.msg}"
        if "\n<<<<<<< " in f"\n{text}":
            mend = "It holds the marks of a merge conflict: settle it, and hand the file in again."
        elif text.lstrip().startswith("{"):
            mend = f"It begins like a notebook and is damaged or cut short. {AGAIN}"
        else:
            mend = f"It begins {' '.join(text.split())[:30]!r}. {AGAIN}"
        return Unreadable(f"The file is not a notebook: it is not JSON ({at}). {mend}")


def _cells_of(nb: Any, text: str) -> list[dict] | Unreadable:
    if isinstance(nb, dict) and isinstance(nb.get("notebook"), dict) and "cells" not in nb:
        nb = nb["notebook"]  # as a Jupyter server's own answer, and Kaggle's, wrap it
    if isinstance(nb, dict) and nb.get("type") == "notebook" and isinstance(nb.get("content"), dict):
        nb = nb["content"]
    raw = nb.get("nbformat") if isinstance(nb, dict) else None
    version = _number(raw)
    if version is None:
        if isinstance(nb, dict) and raw is None and _look_like_cells(nb.get("cells")):
            version = 4
        else:
            return Unreadable(
                f"The file is not a notebook: it is JSON, but has no nbformat number. {AGAIN}"
            )
    if version > 4:
        return Unreadable(
            f"The notebook has format {version}; formats up to 4 can be read. Save it in format 4."
        )
    if version < 4:
        cells = _upgraded({**nb, "nbformat": version})
        if isinstance(cells, Unreadable):
            return cells
    else:
        cells = nb.get("cells")
    if not isinstance(cells, list):
        return Unreadable(f"The file is not a notebook: it has no list of cells. {AGAIN}")
    return _bounded(cells)


def _number(value: Any) -> int | None:
    """Return a format's number, however it is written: 4, 4.0, "4", "4.5"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,3}(?:\.\d{1,3})?\s*", value):
        value = float(value)
    if isinstance(value, int | float) and 0 < value < 1000:
        return int(value)
    return None


def _look_like_cells(cells: Any) -> bool:
    return isinstance(cells, list) and bool(cells) and all(
        isinstance(c, dict) and "cell_type" in c and "source" in c for c in cells
    )


def _upgraded(nb: dict) -> Any:
    try:
        if nb["nbformat"] == 3:
            nb.setdefault("nbformat_minor", 0)
            nb.setdefault("metadata", {})
        made = nbformat.convert(nbformat.reader.reads(json.dumps(nb)), 4)
        return made.get("cells")
    except Exception:  # whatever an upgrade of unknown JSON raises
        return Unreadable(
            f"The notebook has the old format {nb['nbformat']} and cannot be upgraded. Open it in "
            "JupyterLab, save it, and hand that in."
        )


def _bounded(cells: list[Any]) -> list[dict] | Unreadable:
    """Return cells with a type that is known and a text each."""
    if len(cells) > sizes.NOTEBOOK_CELLS:
        return Unreadable(
            f"The notebook has {len(cells):,} cells, and the limit is {sizes.NOTEBOOK_CELLS:,}. "
            "Delete those that are not the chapter's and not your answers."
        )
    read = []
    for i, cell in enumerate(cells, 1):
        if not isinstance(cell, dict):
            return Unreadable(
                f"The file is not a notebook: cell {i} has no known cell type. {AGAIN}"
            )
        source = cell.get("source", "")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            return Unreadable(f"The file is not a notebook: cell {i} has no text. {AGAIN}")
        kind = cell.get("cell_type")
        source = writable(source).replace("\r\n", "\n").replace("\r", "\n")
        read.append({**cell, "cell_type": _kind(kind, cell), "source": source})
    return read


def _kind(kind: Any, cell: dict) -> str:
    """Return the kind of a cell; one that no notebook has (SQL, an app, a heading) is text."""
    if kind in KINDS:
        return kind
    return "code" if "outputs" in cell and "execution_count" in cell else "markdown"


def writable(text: str) -> str:
    """Return a text without lone surrogates and NULs, which files and databases do not take."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
