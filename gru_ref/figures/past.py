"""What a past costs: one more step as it grows, and training as sequences grow."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from gru_ref.figures.palette import COLOURS, INK
from gru_ref.figures.plots import panels
from gru_ref.figures.shown import describe

NAMES = {"gru": ("GRU", "s"), "mingru": ("minGRU", "D"), "transformer": ("Transformer", "P")}
Point = tuple[str, int, float]  # cell, length, seconds or bytes


def costs_of_a_past(
    seconds: Sequence[Point], held: Sequence[Point], training: Sequence[Point]
) -> list[Axes]:
    """Draw seconds and bytes of one more step against the past, and seconds of training."""
    row = panels(3, (10.4, 3.1))
    for ax, title, xlabel, points in zip(
        row,
        ("seconds of one more step", "bytes kept of the past", "seconds of training"),
        ("steps before it", "steps before it", "steps of a sequence"),
        (seconds, held, training),
        strict=True,
    ):
        ax.set_title(title, loc="left", fontsize=10)
        ax.set(xlabel=xlabel, xscale="log", yscale="log")
        ax.grid(color=INK, alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
        describe(ax, "Line plot, both axes logarithmic.")
        for cell, (name, mark) in NAMES.items():
            at = [(length, value) for of, length, value in points if of == cell]
            if at:
                ax.plot(*zip(*at, strict=True), marker=mark, color=COLOURS[cell], label=name)
                (first, low), (last, high) = at[0], at[-1]
                describe(ax, f"{name}: {low:.2g} at {first}, {high:.2g} at {last}.")
    row[0].legend(frameon=False, fontsize=8)
    return row
