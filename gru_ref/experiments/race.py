"""GRU, minGRU and a causal Transformer on one another's ground, with about as many numbers.

Each has eight choices for a task, the search and the seeds of `tuned`: the GRU and the minGRU four
rates at two starts, the Transformer four rates with one layer and with two. The GRU has one layer
of `hidden` units. The minGRU has two layers, since the gates of one see no state at all; it and the
Transformer are as wide as makes their numbers nearest to the GRU's.

The chorales are read, so a model can learn them by heart: a run looks at validation pieces, ends
after `patience` looks without a better one, and is judged by its best. chorales/10 has a tenth of
the pieces to train on, and the same pieces to watch and to be judged on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch

from gru_ref.experiments.numpy_cells import NumpyGRU
from gru_ref.experiments.tuned import (
    RATES,
    STARTS,
    Trial,
    judged,
    keep,
    learn,
    parted,
    ranked,
    search,
)
from gru_ref.training.attention import HEADS, Transformer
from gru_ref.training.devices import fabric_for
from gru_ref.training.models import SequenceModel, parameters
from gru_ref.training.parallel import MinGRU
from gru_ref.training.run import Run
from gru_ref.training.settings import Settings
from gru_ref.training.tasks import Task, task
from gru_ref.training.tasks.corpora import music

_CHORALES: dict[str, Any] = {"steps": 600, "hidden": 64, "batch": 16, "check_every": 20}
RACED: dict[str, dict[str, Any]] = {
    "adding": {"steps": 2000},
    "copy": {"steps": 2000},
    "latch": {"steps": 2000},
    "temporal_order@50": {"steps": 2000},
    "reviews": {"steps": 2000},
    "reviews_early": {"steps": 2000},
    "chorales": _CHORALES,
    "chorales/10": _CHORALES,
    "chorales/30": _CHORALES,
}
CELLS: dict[str, Any] = {"gru": NumpyGRU, "mingru": MinGRU, "transformer": Transformer}
LAYERS = (1.0, 2.0)  # of a Transformer; they stand in a row's `start`
MINGRU_LAYERS = 2


def race(
    tasks: Sequence[str] = (), *, out: Path | str = "runs/race", progress: bool = True
) -> list[Trial]:
    """Return the trials of all cells on these tasks, or all; `out`/race.csv keeps them.

    One core runs them, one after the other; the same call goes on where it was stopped.
    """
    starts = {cell: LAYERS if cell == "transformer" else STARTS for cell in CELLS}
    wanted = [
        (name, cell, [(lr, start) for start in starts[cell] for lr in RATES])
        for name in tasks or RACED
        for cell in CELLS
    ]
    return search(wanted, Path(out) / "race.csv", run, _order, _ranked, progress)


def run(name: str, cell: str, lr: float, start: float, seed: int) -> Trial:
    """Train one model; a fresh seed is then tested. The metrics are those of its best look."""
    torch.set_num_threads(1)
    to_do, layers = task_of(name), layers_of(cell, start)
    sizes = {"hidden": width(name, cell, layers), "layers": layers}
    s = Settings(to_do.name, cell, **RACED[name] | sizes, lr=lr, seed=seed)
    fabric = fabric_for("cpu", "auto", 1, 1)
    one = Run(s, fabric, to_do, CELLS[cell])
    if cell != "transformer" and start:
        keep(one.net.rnn, start)
    metric = learn(one, to_do, to_do.validation(fabric.device))
    return judged(one, to_do, name, cell, start, metric)


def layers_of(cell: str, start: float) -> int:
    """Return how many layers a cell has at this start."""
    return {"gru": 1, "mingru": MINGRU_LAYERS}.get(cell, int(start))


@cache
def task_of(name: str) -> Task:
    """Return the task of a name of RACED."""
    task_name, _, part = name.partition("/")
    return music(part=int(part)) if part else task(*parted(task_name))


@cache
def width(name: str, cell: str, layers: int = 1) -> int:
    """Return the hidden size with which a cell has about as many numbers as the task's GRU."""
    of_gru = RACED[name].get("hidden", 32)
    if cell == "gru":
        return of_gru
    due, sizes = numbers(name, "gru", of_gru), range(HEADS, 256, HEADS)
    return min(sizes, key=lambda d: abs(numbers(name, cell, d, layers) - due))


def numbers(name: str, cell: str, hidden: int, layers: int = 1) -> int:
    """Return how many numbers a cell of this size learns on a task, its read-out among them."""
    to_do = task_of(name)
    with torch.device("meta"):
        make = torch.nn.GRU if cell == "gru" else CELLS[cell]
        return parameters(SequenceModel(make, to_do.input_size, hidden, to_do.output_size, layers))


def _ranked(searched):
    """Return the choices, best first: of a task that is read, what ends best on validation data."""
    if not task_of(searched[0].task).ends:
        return ranked(searched)
    choices = dict.fromkeys((r.lr, r.start) for r in searched)
    return sorted(
        choices, key=lambda c: sum(r.validation for r in searched if (r.lr, r.start) == c)
    )


def _order(row):
    return list(RACED).index(row.task), list(CELLS).index(row.cell), row.searched, *row[2:5]
