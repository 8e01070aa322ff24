"""The table of a comparison: one row a run, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from gru_ref.errors import UsageError

T = TypeVar("T")


class Row(NamedTuple):
    """What came of one run: seconds of CPU or GPU time, loss and metric at its end.

    chance is the task's, so that a table can be drawn without the tasks.
    """

    task: str
    cell: str
    seed: int
    steps: int
    seconds: float
    loss: float
    metric: float
    solved: bool
    steps_to_solve: int | None
    parameters: int
    chance: float


def read(path: Path | str) -> list[Row]:
    """Return the rows of a table; UsageError where it is none."""
    return read_rows(path, _row, "compare")


def to_csv(rows: Sequence[Row]) -> str:
    """Return the table that `read` reads."""
    return rows_to_csv(Row._fields, rows, digits=6)


def read_rows(path: Path | str, row: Callable[..., T], of: str) -> list[T]:
    """Return `row` of each line of a table; UsageError where the file is no table `of` these."""
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            return [row(**line) for line in csv.DictReader(file)]
    except FileNotFoundError as error:
        raise UsageError(f"There is no table at {path}.") from error
    except (TypeError, ValueError, KeyError) as error:
        raise UsageError(f"{path} is not a table of {of}; it is left as it is.") from error


def rows_to_csv(names: Sequence[str], rows: Sequence[Sequence[Any]], digits: int) -> str:
    """Return a table with these names above its rows, numbers to so many digits."""
    file = io.StringIO()
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(names)
    lines.writerows([f"{v:.{digits}g}" if isinstance(v, float) else v for v in row] for row in rows)
    return file.getvalue()


def _row(**line):
    number: dict[str, Callable[[str], Any]] = {"seed": int, "steps": int, "parameters": int}
    number |= dict.fromkeys(("seconds", "loss", "metric", "chance"), float)
    line = {name: number.get(name, str)(value) for name, value in line.items()}
    line["solved"] = {"True": True, "False": False}[line["solved"]]
    line["steps_to_solve"] = int(line["steps_to_solve"]) if line["steps_to_solve"] else None
    return Row(**line)


def key(row: Row) -> tuple[str, str, int]:
    """Return (task, cell, seed), which names a run."""
    return row.task, row.cell, row.seed
