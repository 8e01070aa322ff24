"""The settings under which cells are compared, the same for every cell of a task but EXCEPT."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from gru_ref.errors import UsageError, choose
from gru_ref.training.models import CELLS
from gru_ref.training.settings import Settings
from gru_ref.training.tasks import TASKS

COMPARED = (
    "sine",
    "adding",
    "adding@400",
    "copy",
    "temporal_order",
    "latch",
    "reviews",
    "reviews_early",
    "characters",
    "chorales",
)

# small: two CPU cores
_REVIEWS = {"steps": 2000, "until_solved": True}
SMALL: dict[str, dict[str, Any]] = {
    "sine": {"steps": 600, "until_solved": True},
    "adding": {"steps": 3000, "until_solved": True},
    "adding_early": {"steps": 3000, "until_solved": True},
    "copy": {"steps": 3000, "hidden": 128, "batch": 64, "until_solved": True},
    "temporal_order": {"length": 50, "steps": 3000, "until_solved": True},
    "latch": {"steps": 2000, "until_solved": True},
    **{name: _REVIEWS for name in TASKS if name.startswith("reviews")},
    "characters": {"steps": 800, "hidden": 128, "lr": 5e-3},
    "chorales": {"steps": 600, "hidden": 64, "batch": 16, "lr": 3e-3},
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
    "chorales": {"steps": 1000, "hidden": 128, "batch": 64, "lr": 2e-3},
}

# tuned: one CPU core; `experiments.tuned` chooses the rate and the start, the rest is the same
TUNED: dict[str, dict[str, Any]] = {
    "latch": {"steps": 2000},
    "temporal_order@50": {"steps": 2000},
    "adding": {"steps": 2000},
    "reviews_early": {"steps": 2000},
    "reviews": {"steps": 2000},
    "sine": {"steps": 600},
}

PRESETS = {"small": SMALL, "full": FULL}
EXCEPT = {("copy", "tanh"): {"lr": 1e-3}}  # at the gated cells' rate it ends worse than chance


def options_of(preset: str, task: str, cell: str) -> dict[str, Any]:
    """Return what a preset sets of `Settings` for a task and a cell, one's own cell too."""
    s = settings_for(preset, task, cell if cell in CELLS else "gru", 0)
    return {f.name: getattr(s, f.name) for f in fields(s) if f.name not in ("task", "cell", "seed")}


def settings_for(preset: str, task: str, cell: str, seed: int) -> Settings:
    """Return the settings of one run.

    A task `adding@400` has sequences of length 400, a cell `lstm+3` is an LSTM with a forget bias
    of 3.
    """
    choose("preset", preset, PRESETS)
    name, at, length = task.partition("@")
    choose("task", name, PRESETS[preset])
    options = PRESETS[preset][name] | EXCEPT.get((name, cell), {})
    if at:
        if not length.isdigit():
            raise UsageError(f"There is no task {task!r}: a length is a number, as in adding@400.")
        options = options | {"length": int(length)}
    rnn, plus, bias = cell.partition("+")
    choose("cell", rnn, CELLS)
    if plus:
        try:
            options = options | {"forget_bias": float(bias)}
        except ValueError:
            rnn = ""
        if rnn != "lstm":
            raise UsageError(f"There is no cell {cell!r}: only an lstm takes a bias, as in lstm+1.")
    return Settings(name, rnn, seed=seed, **options)
