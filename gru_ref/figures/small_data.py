"""How well cells do on new pieces when there are few to learn from."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from matplotlib.axes import Axes

from gru_ref.figures.palette import COLOURS
from gru_ref.figures.past import NAMES
from gru_ref.figures.plots import axes, level
from gru_ref.figures.shown import describe


def by_data(points: Sequence[tuple[str, int, Sequence[float]]], unit: str, counted: float) -> Axes:
    """Draw medians of seeds against the pieces for training, bars from the least to the most.

    counted is what counts of how often each thing comes reach with all pieces.
    """
    ax = axes("pieces to learn from", unit, (5.6, 3.2))
    describe(ax, f"Line plot of {unit} on new pieces against the pieces to learn from.")
    for i, (cell, (name, mark)) in enumerate(NAMES.items()):
        of = sorted((pieces, scores) for c, pieces, scores in points if c == cell)
        shift = 1.04 ** (i - 1)
        middle = [statistics.median(scores) for _, scores in of]
        bars = [
            [m - min(scores) for m, (_, scores) in zip(middle, of, strict=True)],
            [max(scores) - m for m, (_, scores) in zip(middle, of, strict=True)],
        ]
        ax.errorbar(
            [shift * pieces for pieces, _ in of],
            middle,
            bars,
            marker=mark,
            color=COLOURS[cell],
            capsize=3,
            label=name,
        )
        said = ", ".join(f"{m:.2f} with {n}" for m, (n, _) in zip(middle, of, strict=True))
        describe(ax, f"{name}: {said}.")
    level(ax, counted, label="counts, all pieces")
    ax.set(xscale="log")
    ticks = sorted({pieces for _, pieces, _ in points})
    ax.set_xticks(ticks, [str(n) for n in ticks], minor=False)
    ax.minorticks_off()
    ax.legend(frameon=False, fontsize=8)
    return ax
