"""Memory that does not suffice, a card's or the machine's: a sentence that says what to change.

What a step holds grows with batch · length · hidden · layers: every state is kept for the way back.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import torch

from gru_ref.errors import UsageError
from gru_ref.training import checkpoints
from gru_ref.training.settings import Settings

# torch on a CPU and the libraries of a card say it in words of their own
SAID = re.compile(r"out of memory|can't allocate memory|not enough memory|ALLOC_FAILED", re.I)


@contextlib.contextmanager
def memory_that_suffices(
    s: Settings, device: torch.device, precision: str = "", folder: Path | None = None
) -> Iterator[None]:
    """Raise UsageError in the place of whatever says that memory is used up."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise UsageError(_sentence(s, device, precision, folder)) from error
    except RuntimeError as error:
        if not SAID.search(str(error)):
            raise
        raise UsageError(_sentence(s, device, precision, folder)) from error


def _sentence(s, device, precision, folder):
    where = f"The device {device}" if device.type == "cuda" else "This machine"
    length = f"length {s.length}" if s.length else "the task's own length"
    ways = ["shorter sequences (length)", "fewer units (hidden)"]
    if s.batch > 1:
        ways.insert(0, f"a smaller batch ({s.batch // 2} needs about half as much)")
    if device.type == "cuda" and precision not in ("auto", "bf16"):
        ways.append("the precision bf16")
    there = folder is not None and (folder / checkpoints.NAME).exists()
    kept = f" {folder} keeps what was learned up to the last look." if there else ""
    return (
        f"{where} has not enough memory for {s.task} with batch {s.batch}, {length}, hidden "
        f"{s.hidden} and layers {s.layers}: take {', '.join(ways[:-1])} or {ways[-1]}.{kept}"
    )
