"""A run's losses and metrics, kept as they come: lines of JSON, and TensorBoard where asked."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from typing import Any

from gru_ref.errors import UsageError
from gru_ref.io import unwritable, write_whole

NAME = "metrics.jsonl"


class Journal:
    """The records of a run; with a folder, also a line each in its `metrics.jsonl`.

    Begun again with the records of a checkpoint, the file holds those and no others. With quiet
    nothing is written: of several processes one writes.
    """

    def __init__(
        self,
        folder: Path | str | None,
        history: list[dict[str, Any]],
        tensorboard: bool = False,
        quiet: bool = False,
    ):
        self.history, self.file, self.board = history, None, None
        if quiet:
            return
        if tensorboard:
            self.board = _board(folder, history[-1]["step"] if history else 0)
        if folder is not None:
            path = Path(folder) / NAME
            write_whole(path, "".join(map(_line, history)).encode())
            self.file = path.open("a", encoding="utf-8")

    def write(self, record: dict[str, Any]) -> None:
        """Keep {"step": …, name: value, …}; UsageError where the file cannot be written."""
        self.history.append(record)
        if self.file is not None:
            try:
                self.file.write(_line(record))
                self.file.flush()
            except OSError as error:
                raise unwritable(Path(self.file.name), error) from error
        if self.board is not None:
            for name, value in record.items():
                if name != "step":
                    self.board.add_scalar(name, value, record["step"])

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.file is not None:
            with contextlib.suppress(OSError):  # a full disk has been reported by write
                self.file.close()
        if self.board is not None:
            self.board.close()


def _line(record):
    finite = {k: v if math.isfinite(v) else None for k, v in record.items()}
    return json.dumps(finite) + "\n"


def _board(folder, step):
    if folder is None:
        raise UsageError("TensorBoard's files need a folder: give one with --out.")
    try:
        from tensorboardX import SummaryWriter
    except ModuleNotFoundError as error:
        raise UsageError(
            "--tensorboard needs the package tensorboardX: "
            '`pip install "gru-course[tensorboard]"` or `pip install tensorboardX`.'
        ) from error
    return SummaryWriter(str(Path(folder) / "tensorboard"), purge_step=step + 1)
