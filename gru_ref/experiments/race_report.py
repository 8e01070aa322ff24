"""What the race says: a line a task and cell, and the points of the picture of small data."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from gru_ref.experiments.race import layers_of, numbers, width
from gru_ref.experiments.tuned import Trial
from gru_ref.experiments.tuned_report import finals


def table(rows: Sequence[Trial]) -> str:
    """Return a line a task and cell: what was chosen, how many numbers learn, how it ended."""
    lines = [
        f"{'task':18}{'cell':12}{'numbers':>8} {'rate':>6}  {'choice':10}{'solved':>7}  "
        f"{'steps':23} test metric"
    ]
    for (name, cell), runs in finals(rows).items():
        lr, start = runs[0].lr, runs[0].start
        layers = layers_of(cell, start)
        learned = numbers(name, cell, width(name, cell, layers), layers)
        steps = spread([float(r.steps) for r in runs])
        tests = spread([r.test for r in runs if r.test is not None])
        solved = f"{sum(r.solved for r in runs)}/{len(runs)}"
        lines.append(
            f"{name:18}{cell:12}{learned:8,} {lr:6g}  {_choice(cell, start):10}{solved:>7}  "
            f"{steps:23} {tests}"
        )
    return "\n".join(lines)


def small_data(rows: Sequence[Trial], pieces: dict[str, int]) -> list[tuple[str, int, list[float]]]:
    """Return (cell, pieces, test metrics) of the tasks whose number of pieces is given."""
    return [
        (cell, pieces[name], sorted(r.test for r in runs if r.test is not None))
        for (name, cell), runs in finals(rows).items()
        if name in pieces
    ]


def spread(values: Sequence[float]) -> str:
    """Return the median of some values, with the least and the most."""
    middle, least, most = (
        f"{v:,.0f}" if v >= 100 else f"{v:.3g}"
        for v in (statistics.median(values), min(values), max(values))
    )
    return f"{middle} ({least} to {most})"


def _choice(cell, start):
    if cell == "transformer":
        return f"{start:g} layer{'s' if start > 1 else ''}"
    return f"keeps {start:g}" if start else "PyTorch's"
