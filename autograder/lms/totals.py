"""DIR/grades.csv -> one total a student and chapter."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import NamedTuple

from autograder.errors import GradingError
from autograder.grading.store.gradebook import NOTHING
from autograder.spreadsheet import unescape_formula

NEEDED = ("student", "chapter", "exercise", "score", "max_score", "status")


class Totals(NamedTuple):
    """The points of a class; `waiting` counts the answers that no person has scored yet."""

    students: list[str]
    chapters: list[str]
    points: dict[tuple[str, str], float]  # (student, chapter): absent where nothing was handed in
    most: dict[str, float]
    waiting: dict[str, int]  # by chapter
    names: dict[str, str]


def read(path: Path) -> Totals:
    """Return the totals of a grades.csv; GradingError names the line that cannot be read."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            missing = [x for x in NEEDED if x not in (table.fieldnames or [])]
            if missing:
                raise GradingError(f"{path} has no column {missing[0]}.")
            rows = [(table.line_num, row) for row in table]
    except FileNotFoundError as error:
        raise GradingError(f"There is no {path}. `autograder grade` makes it.") from error
    except OSError as error:
        raise GradingError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise GradingError(f"{path} cannot be read as a CSV file in UTF-8.") from error
    if not rows:
        raise GradingError(f"{path} holds no grades yet.")
    return _add_up(path, rows)


def _add_up(path: Path, rows: list[tuple[int, dict]]) -> Totals:
    scores: dict[tuple[str, str], list[float]] = {}
    most: dict[str, dict[str, float]] = {}
    waiting: dict[str, int] = {}
    names: dict[str, str] = {}
    for line, row in rows:
        student, chapter = unescape_formula(row["student"] or ""), row["chapter"]
        if not student or not chapter:
            raise GradingError(f"{path}, line {line}: there is no student or no chapter.")
        names[student] = unescape_formula(row.get("name") or "")
        if row["status"] == NOTHING:
            continue
        mine = scores.setdefault((student, chapter), [])
        if (row["score"] or "").strip():
            mine.append(_number(path, line, row["score"]))
        else:
            waiting[chapter] = waiting.get(chapter, 0) + 1
        most.setdefault(chapter, {})[row["exercise"]] = _number(path, line, row["max_score"])
    return Totals(
        students=sorted(names),
        chapters=sorted(most),
        points={key: math.fsum(values) for key, values in scores.items()},
        most={chapter: math.fsum(points.values()) for chapter, points in most.items()},
        waiting=waiting,
        names=names,
    )


def _number(path: Path, line: int, text: str | None) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise GradingError(f"{path}, line {line}: {text!r} is not a number of points.")
    return number
