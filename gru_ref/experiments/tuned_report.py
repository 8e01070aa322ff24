"""What the search and the five fresh seeds say: a table, and a picture of each task."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes

from gru_ref.experiments.table import Row
from gru_ref.experiments.tuned import FINAL_SEEDS, Trial, parted
from gru_ref.figures.rates import Dot, by_rate
from gru_ref.io import write_figure
from gru_ref.training.presets import TUNED
from gru_ref.training.tasks import task


def finals(rows: Sequence[Trial]) -> dict[tuple[str, str], list[Trial]]:
    """Return the fresh runs of each (task, cell), where all of them are there."""
    found: dict[tuple[str, str], list[Trial]] = {}
    for row in rows:
        if not row.searched:
            found.setdefault((row.task, row.cell), []).append(row)
    return {pair: runs for pair, runs in found.items() if len(runs) == len(FINAL_SEEDS)}


def as_rows(runs: Sequence[Trial]) -> list[Row]:
    """Return fresh runs as rows of `report`; the loss is not kept, nor how many numbers learn."""
    chance = {name: task(*parted(name)).chance for name in {r.task for r in runs}}
    return [
        Row(
            task=r.task,
            cell=r.cell,
            seed=r.seed,
            steps=r.steps,
            seconds=r.seconds,
            loss=math.nan,
            metric=math.nan if r.test is None else r.test,
            solved=r.solved,
            steps_to_solve=r.steps if r.solved else None,
            parameters=0,
            chance=chance[r.task],
        )
        for r in runs
    ]


def table(rows: Sequence[Trial]) -> str:
    """Return a line a task and cell: what was chosen, and how the fresh seeds ended."""
    lines = [
        f"{'task':18}{'cell':7} {'rate':>6} {'start':>9} {'solved':>6}  {'steps to solve':20} "
        f"{'test metric':26}{'searched':>8}"
    ]
    for (name, cell), runs in finals(rows).items():
        steps = sorted(float(r.steps) for r in runs if r.solved)
        tests = sorted(r.test for r in runs if r.test is not None)
        spent = sum(r.steps for r in rows if r[:2] == (name, cell) and r.searched)
        start = f"keeps {runs[0].start:g}" if runs[0].start else "PyTorch's"
        lines.append(
            f"{name:18}{cell:7} {runs[0].lr:6g} {start:>9} {len(steps):>4}/{len(runs)}  "
            f"{_spread(steps):20} {_spread(tests):26}{spent:8}"
        )
    return "\n".join(lines)


def draw_task(rows: Sequence[Trial], name: str) -> list[Axes]:
    """Draw how the verdict on a task moves with the rate, from the runs of the search."""
    picked = {cell: runs[0][2:4] for (of, cell), runs in finals(rows).items() if of == name}
    dots = [
        Dot(
            r.cell,
            r.lr,
            r.start,
            r.steps if r.solved else None,
            picked.get(r.cell) == (r.lr, r.start),
        )
        for r in rows
        if r.task == name and r.searched
    ]
    return by_rate(dots, TUNED[name]["steps"], name)


def draw_all(rows: Sequence[Trial], folder: Path | str) -> list[Path]:
    """Write one PNG for each task and return where they are; UsageError where it cannot."""
    files = []
    for name in dict.fromkeys(r.task for r in rows):
        files.append(Path(folder) / f"tuned-{name.replace('@', '-')}.png")
        write_figure(files[-1], draw_task(rows, name)[0].figure)
    return files


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "-"
    return f"{statistics.median(values):.3g} ({values[0]:.3g} to {values[-1]:.3g})"
