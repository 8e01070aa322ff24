"""The curves of a run: its training losses, and its looks at sequences that are not trained on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from gru_ref.figures.palette import COLOURS, MARKERS, line
from gru_ref.figures.plots import level, panels
from gru_ref.figures.shown import Picture, describe, description, figure_of

Points = tuple[Sequence[int], Sequence[float]]  # steps, and a value at each
WIDE = 30  # from so many times the least value on, an axis is logarithmic


def run_curves(
    cell: str,
    losses: Points,
    looks: Points,
    *,
    unit: str,
    seen_on: str = "held-out sequences",
    levels: dict[str, float] | None = None,
    best: int | None = None,
) -> Axes:
    """Draw a run's losses, and beside them its looks, their levels, and the best look's step.

    Values that are not finite are left out. Returns the panel of the losses.
    """
    left, right = panels(2, (9.6, 3.0))
    role = cell if cell in MARKERS else "gru"
    _curve(left, losses, role, "training loss", "")
    _curve(right, looks, role, f"{unit}, {seen_on}", MARKERS[role])
    for (name, value), dashes in zip((levels or {}).items(), (":", "--"), strict=False):
        level(right, value, name, dashes)
        describe(right, f"A level marks {name}, {value:.3g}.")
    if best is not None:
        right.axvline(best, color=COLOURS["plain"], lw=1, ls="-.", label=f"best, step {best}")
        describe(right, f"An upright line marks the best look, at step {best}.")
    _scale(left, losses[1])
    _scale(right, [*looks[1], *(levels or {}).values()])
    right.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return left


def _curve(ax: Axes, points: Points, role: str, name: str, mark: str) -> None:
    steps, values = (np.asarray(a, float) for a in points)
    there = np.isfinite(values)
    steps, values = steps[there], values[there]
    ax.plot(steps, values, marker=mark, ms=4, **line(role) | {"ls": "-", "lw": 1.5})
    ax.set(xlabel="step", title=name)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color=COLOURS["plain"], alpha=0.25)
    if not len(steps):
        describe(ax, "Line plot against the step; nothing has been measured yet.")
        return
    places = dict.fromkeys([0, len(steps) // 4, len(steps) // 2, len(steps) - 1])
    way = ", ".join(f"{values[i]:.3g} at {steps[i]:g}" for i in places)
    least = f"{values.min():.3g} at {steps[values.argmin()]:g}"
    describe(ax, f"Line plot against the step: {way}; the least is {least}.")


def _scale(ax: Axes, values: Sequence[float]) -> None:
    """Make the axis logarithmic where values lie far apart, else let it begin where they do."""
    seen = np.asarray(values, float)
    seen = seen[np.isfinite(seen)]
    if len(seen) and seen.min() > 0 and seen.max() > WIDE * seen.min():
        ax.set_yscale("log")
        describe(ax, "The vertical axis is logarithmic.")


class Redrawn:
    """A picture in a notebook that is drawn again in its place, while something goes on.

    Once a second, or less often where drawing would take more than a tenth of the time.
    """

    def __init__(self, draw: Callable[[], Axes]) -> None:
        self.draw = draw
        self.handle: Any = None
        self.drawn, self.pause = time.monotonic(), 1.0

    def show_in_time(self) -> None:
        """Draw it, where the last time is long enough ago."""
        if time.monotonic() - self.drawn > self.pause:
            self.show()

    def show(self) -> None:
        """Draw it, in the place where it was drawn before."""
        from IPython.display import display

        begun = time.monotonic()
        figure = figure_of(self.draw())
        picture = Picture(figure, description(figure))
        if self.handle is None:
            self.handle = display(picture, display_id=True)
        else:
            self.handle.update(picture)
        plt.close(figure)
        self.drawn = time.monotonic()
        self.pause = max(1.0, 9 * (self.drawn - begun))
