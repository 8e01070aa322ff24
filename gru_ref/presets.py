"""The settings under which cells are compared: the same for every cell of a task."""

from __future__ import annotations

from typing import Any

from gru_ref.errors import UsageError, choose
from gru_ref.models import CELLS
from gru_ref.settings import Settings
from gru_ref.tasks import TASKS

COMPARED = ("sine", "adding", "copy", "temporal_order", "reviews", "characters", "chorales")

# small: two CPU cores
_REVIEWS = {"steps": 1000, "until_solved": True}
SMALL: dict[str, dict[str, Any]] = {
    "sine": {"steps": 600, "until_solved": True},
    "adding": {"steps": 3000, "until_solved": True},
    "adding_early": {"steps": 3000, "until_solved": True},
    "copy": {"steps": 3000, "hidden": 64, "lr": 5e-3, "until_solved": True},
    "temporal_order": {"steps": 3000, "lr": 3e-3, "until_solved": True},
    "latch": {"steps": 1000, "until_solved": True},
    **{name: _REVIEWS for name in TASKS if name.startswith("reviews")},
    "characters": {"steps": 400, "hidden": 128, "lr": 5e-3},
    "chorales": {"steps": 1000, "hidden": 64, "batch": 16},
}

# full: a GPU, long sequences and batches that fill it
_LONG = {"length": 1000, "hidden": 128, "batch": 1024, "lr": 1e-3}
FULL: dict[str, dict[str, Any]] = {
    "sine": _LONG | {"steps": 2000, "until_solved": True},
    "adding": _LONG | {"steps": 10000, "until_solved": True},
    "adding_early": _LONG | {"steps": 10000, "until_solved": True},
    "copy": _LONG | {"length": 200, "steps": 20000, "until_solved": True},
    "temporal_order": _LONG | {"steps": 10000, "until_solved": True},
    "latch": _LONG | {"steps": 5000, "until_solved": True},
    **{
        name: _LONG | {"steps": 5000, "until_solved": True}
        for name in TASKS
        if name.startswith("reviews")
    },
    "characters": {"steps": 5000, "hidden": 512, "batch": 256, "length": 200, "lr": 2e-3},
    "chorales": {"steps": 3000, "hidden": 128, "batch": 64, "lr": 3e-3},
}

PRESETS = {"small": SMALL, "full": FULL}


def settings_for(preset: str, task: str, cell: str, seed: int) -> Settings:
    """Return the settings of one run; a cell `lstm+3` is an LSTM with a forget bias of 3."""
    choose("preset", preset, PRESETS)
    choose("task", task, PRESETS[preset])
    name, plus, bias = cell.partition("+")
    choose("cell", name, CELLS)
    try:
        options = {"forget_bias": float(bias)} if plus else {}
    except ValueError:
        options = None
    if options is None or (options and name != "lstm"):
        raise UsageError(f"There is no cell {cell!r}: only an lstm takes a bias, as in lstm+1.")
    return Settings(task, name, seed=seed, **PRESETS[preset][task], **options)
