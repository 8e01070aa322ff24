"""A student's progress on disk: one small JSON file a thing, in `.progress/` beside the notebooks.

One file a thing means that two open notebooks never write the same file; each is written beside
and renamed, so that none is ever half there. `at` is the folder of the notebooks; without it, the
running notebook's.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from autograder.io import write_file

FOLDER = ".progress"


def beside() -> Path | None:
    """Return the folder of the running notebook, or None while nbgrader runs it."""
    return None if os.environ.get("NBGRADER_EXECUTION") else Path.cwd()


def folder(at: Path | None = None) -> Path | None:
    """Return where progress is kept, or None while nbgrader runs the notebook."""
    place = at or beside()
    return place / FOLDER if place else None


def load(kind: str, name: str, at: Path | None = None) -> dict:
    """Return what was stored for a thing; {} when nothing was, or when it cannot be read."""
    where = folder(at)
    if where is None:
        return {}
    try:
        found = json.loads((where / f"{kind}.{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def store(kind: str, name: str, values: dict, at: Path | None = None) -> None:
    """Store a thing; a read-only or full disk costs the record, never the student's check."""
    where = folder(at)
    if where is None:
        return
    path = where / f"{kind}.{name}.json"
    try:
        write_file(path, json.dumps(values))
    except OSError as error:
        print(f"(Progress is not kept: {error.strerror or error}. Your check is not affected.)")


def forget(kind: str, name: str) -> None:
    """Remove what was stored for a thing."""
    where = folder()
    if where is not None:
        (where / f"{kind}.{name}.json").unlink(missing_ok=True)


def checked(name: str, status: str, score: float, tried: bool, at: Path | None = None) -> None:
    """Store the outcome of a check: its status, the best score so far, how often it was tried."""
    before = load("exercise", name, at)
    best, checks = _number(before.get("best")), int(_number(before.get("checks")))
    now = {"status": status, "score": score, "best": max(score, best), "checks": checks + tried}
    store("exercise", name, now, at)


def next_hint(name: str, hints: int, at: Path | None = None) -> int:
    """Return how many of an exercise's hints are to be shown now: one more than before."""
    shown = min(int(_number(load("hint", name, at).get("shown"))) + 1, hints)
    store("hint", name, {"shown": shown}, at)
    return shown


def _number(value: object) -> float:
    """Return a stored number; 0 where a file holds something else."""
    return value if isinstance(value, int | float) else 0.0
