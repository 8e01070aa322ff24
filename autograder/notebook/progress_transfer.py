"""Progress as one file, which moves to another machine and is joined with what is there.

It holds what checks, hints, predictions and questions have left, and no answer: the notebooks are
copied as they are.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from autograder.core.course import Course
from autograder.errors import UserError
from autograder.io import write_file
from autograder.notebook import progress_file

FORMAT = 1
NAME = re.compile(r"^([a-z]+)\.(\w[\w-]*)$")  # kind.name: never a path


def export_progress(course: Course, work: Path, file: Path) -> int:
    """Write the progress in a folder into one file; return how many things it holds."""
    things = {}
    for path in sorted((work / progress_file.FOLDER).glob("*.json")):
        if found := NAME.match(path.stem):
            things[path.stem] = progress_file.load(found[1], found[2], work)
    note = {"format": FORMAT, "course": course.name, "progress": things}
    write_file(file, json.dumps(note, indent=1, ensure_ascii=False) + "\n")
    return len(things)


def import_progress(course: Course, work: Path, file: Path) -> int:
    """Join the progress of a file with that of a folder; return how many things have changed.

    Nothing that is solved here is lost. UserError where the file is none of ours.
    """
    changed = 0
    for stem, theirs in _read(course, file).items():
        found = NAME.match(stem)
        if found is None or not isinstance(theirs, dict):
            continue
        kind, name = found.groups()
        mine = progress_file.load(kind, name, work)
        both = joined(kind, mine, theirs)
        if both != mine:
            progress_file.store(kind, name, both, work)
            changed += 1
    return changed


def joined(kind: str, mine: dict, theirs: dict) -> dict:
    """Return two records of one thing as one: the better check, the most hints, all questions."""
    if not mine or not theirs:
        return mine or theirs
    if kind == "exercise":
        better = max((mine, theirs), key=lambda r: _number(r, "score"))
        most = {k: max(_number(mine, k), _number(theirs, k)) for k in ("best", "checks")}
        return better | most
    if kind == "hint":
        return max((mine, theirs), key=lambda r: _number(r, "shown"))
    return theirs | mine


def _number(record: dict, name: str) -> float:
    value = record.get(name, 0)
    return value if isinstance(value, int | float) else 0


def _read(course: Course, file: Path) -> dict:
    try:
        note = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(
            f"There is no file {file}. `autograder progress export` writes one."
        ) from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file} cannot be read as progress ({type(error).__name__}).") from error
    things = note.get("progress") if isinstance(note, dict) else None
    if not isinstance(things, dict) or note.get("format") != FORMAT:
        raise UserError(
            f"{file} is not a file that `autograder progress export` of this version wrote."
        )
    if note.get("course") != course.name:
        raise UserError(f"{file} holds progress in {note.get('course')!r}, not in {course.name!r}.")
    return things
