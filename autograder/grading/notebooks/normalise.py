"""The released notebook and a student's file -> the notebook that is run, and what was noticed.

The notebook is rebuilt from the release's own cells. Of the student's cells it takes the sources
of the answers, and the cells that the student added, since answers may need what they define.
What a student does to any other cell changes nothing.
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any, NamedTuple

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder import sizes

OURS = "autograder"  # the metadata key for what grading itself writes into a notebook
NEW = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


class Unreadable(NamedTuple):
    """A file that is no notebook: the sentence that says why."""

    says: str


class Normalised(NamedTuple):
    """The notebook to run, and a sentence for each thing that the student should know of."""

    notebook: nbformat.NotebookNode
    notes: tuple[str, ...]


def grade_id(cell: Any) -> str | None:
    """Return the name that nbgrader knows a cell by."""
    metadata = cell.get("metadata")
    grading = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = grading.get("grade_id") if isinstance(grading, dict) else None
    return name if isinstance(name, str) else None


def is_answer(cell: Any) -> bool:
    """Return whether the student writes this cell of the release: an answer, code or text."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def normalise(release: nbformat.NotebookNode, submitted: bytes) -> Normalised | Unreadable:
    """Return the release with the student's answers and own cells in it."""
    cells = read_cells(submitted)
    if isinstance(cells, Unreadable):
        return cells
    places = [_place(release, cell) for cell in cells]
    given: dict[int, list[dict]] = {}  # what stands in the file for each cell of the release
    added: dict[int, list[dict]] = {}  # the student's own cells, by the known cell that they follow
    last = -1
    for cell, place in zip(cells, places, strict=True):
        if place is None:
            added.setdefault(last, []).append(cell)
        else:
            given.setdefault(place, []).append(cell)
            last = place

    nb = copy.deepcopy(release)
    built = [_own(cell, i) for i, cell in enumerate(added.get(-1, []))]
    notes = _foreign(release, given)
    for place, cell in enumerate(nb.cells):
        theirs = given.get(place, [])
        if is_answer(cell):
            notes += _answer(cell, theirs)
            if cell.cell_type == "code":  # an earlier copy ran before the last one, and does here
                built += [_own(c, f"{place}-copy-{i}") for i, c in enumerate(theirs[:-1])]
        else:
            notes += _dropped(cell, theirs)
        built.append(cell)
        built += [_own(c, f"{place}-{i}") for i, c in enumerate(added.get(place, []))]
    nb.cells = built
    return Normalised(nb, tuple(notes))


def read_cells(submitted: bytes) -> list[dict] | Unreadable:
    """Return a notebook file's cells, each with a type, a source and metadata."""
    if not submitted.strip():
        return Unreadable("The file is empty.")
    parts = submitted.count(b"[") + submitted.count(b"{")
    if len(submitted) > sizes.NOTEBOOK or parts > sizes.NOTEBOOK_PARTS:
        size = f"{len(submitted) / 1e6:.0f} MB in {parts:,} parts"
        return Unreadable(f"The file is too large ({size}). Clear its outputs first.")
    try:
        text = submitted.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Unreadable(f"The file is not a notebook: byte {error.start} is not UTF-8 text.")
    try:
        nb = json.loads(text)
    except RecursionError:
        return Unreadable("The file is not a notebook: its JSON is nested too deeply.")
    except ValueError as error:
        at = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
        merge = " It holds the marks of a merge conflict." if "\n<<<<<<< " in f"\n{text}" else ""
        return Unreadable(f"The file is not a notebook: it is not JSON ({at}).{merge}")
    version = nb.get("nbformat") if isinstance(nb, dict) else None
    if type(version) is not int:
        return Unreadable("The file is not a notebook: it is JSON, but has no nbformat number.")
    if version > 4:
        return Unreadable(f"The notebook has format {version}; formats up to 4 can be read.")
    if version < 4:
        try:
            nb = nbformat.convert(nbformat.reader.reads(text), 4)
        except Exception:  # whatever an upgrade of unknown JSON raises
            return Unreadable(f"The notebook has the old format {version} and cannot be upgraded.")
    cells = nb.get("cells")
    if not isinstance(cells, list):
        return Unreadable("The file is not a notebook: it has no list of cells.")
    if len(cells) > sizes.NOTEBOOK_CELLS:
        return Unreadable(
            f"The notebook has {len(cells):,} cells, and the limit is {sizes.NOTEBOOK_CELLS:,}."
        )
    read = []
    for i, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or str(cell.get("cell_type")) not in NEW:
            return Unreadable(f"The file is not a notebook: cell {i} has no known cell type.")
        source = cell.get("source", "")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            return Unreadable(f"The file is not a notebook: cell {i} has no text.")
        source = _writable(source)
        read.append({**cell, "source": source})
    return read


def _writable(text: str) -> str:
    """Return a text without lone surrogates and NULs, which files and databases do not take."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _place(release: nbformat.NotebookNode, cell: dict) -> int | None:
    """Return the index of the release's cell that this is, or None for a student's own.

    The grade_id decides; then the cell's id; then, for files that lost their ids, the same text.
    """
    name = grade_id(cell)
    for i, known in enumerate(release.cells):
        if name is not None and name == grade_id(known):
            return i
    if name is not None:
        return None
    for i, known in enumerate(release.cells):
        if cell.get("id") == known.id:
            return i
    for i, known in enumerate(release.cells):
        if (cell["cell_type"], cell["source"].strip()) == (known.cell_type, known.source.strip()):
            return i
    return None


def _own(cell: dict, name: Any) -> nbformat.NotebookNode:
    """Return a student's own cell, with nothing of it but text and pictures."""
    new = NEW[cell["cell_type"]](cell["source"], id=f"own-{name}")
    new.metadata[OURS] = {"own": True}
    return _with_pictures(new, cell)


def _with_pictures(new: nbformat.NotebookNode, cell: dict) -> nbformat.NotebookNode:
    pictures = cell.get("attachments")
    if new.cell_type == "markdown" and isinstance(pictures, dict):
        kept = {
            _writable(name): nbformat.from_dict({k: _writable(data) for k, data in bundle.items()})
            for name, bundle in pictures.items()
            if isinstance(bundle, dict)
            and all(k in ("image/png", "image/jpeg", "image/gif") for k in bundle)
            and all(isinstance(data, str) for data in bundle.values())
        }
        if kept:
            new["attachments"] = nbformat.from_dict(kept)
    return new


def _answer(cell: nbformat.NotebookNode, theirs: list[dict]) -> list[str]:
    """Put the student's answer into the release's cell; return what there is to say."""
    name = grade_id(cell)
    if not theirs:
        return [f"The answer cell of `{name}` is missing, so it counts as not attempted."]
    counts = theirs[-1]
    if not counts["source"].strip():
        return [f"The answer cell of `{name}` is empty, so it counts as not attempted."]
    if counts["source"].strip() != cell.source.strip():  # white space is no attempt
        cell.source = counts["source"]
        _with_pictures(cell, counts)
    if len(theirs) > 1:
        return [f"The answer cell of `{name}` is there {len(theirs)} times. The last one counts."]
    return []


def _dropped(cell: nbformat.NotebookNode, theirs: list[dict]) -> list[str]:
    """Return a note where a change to a course's cell took a definition along that may be used."""
    if cell.cell_type != "code" or not theirs:
        return []
    new = set().union(*(_defines(c["source"]) for c in theirs)) - _defines(cell.source)
    if not new or "predict(" in cell.source:
        return []
    names = ", ".join(f"`{n}`" for n in sorted(new)[:5])
    first = cell.source.strip().split("\n")[0]
    return [
        f"You defined {names} inside the course's own cell `{first[:50]}`. In grading the course's "
        "text of that cell runs, without your lines: move them to your answer or to a new cell."
    ]


def _defines(source: str) -> set[str]:
    """Return the names that a cell's top level defines or imports.

    Read line by line: the text is a stranger's, and Python's own parser can be made to crash.
    """
    names = set()
    for line in source.split("\n", 5000)[:5000]:
        line = line[:300]
        if m := re.match(r"(?:async )?(?:def|class) +(\w+)|(\w+) *(?::[^=]+)?=(?!=)", line):
            names.add(m[1] or m[2])
        elif m := re.match(r"(?:from \S+ )?import ([^#(]+)", line):
            names |= {p.split(" as ")[-1].strip().split(".")[0] for p in m[1].split(",")}
    return {name for name in names if name.isidentifier()}


def _foreign(release: nbformat.NotebookNode, given: dict[int, list[dict]]) -> list[str]:
    if any(grade_id(release.cells[place]) for place in given):
        return []
    return ["None of this chapter's cells is in the file. Is it the notebook of another chapter?"]
