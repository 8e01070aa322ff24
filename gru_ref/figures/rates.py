"""How a verdict on cells moves with the learning rate and the start: a panel a start."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from gru_ref.figures.palette import COLOURS, INK
from gru_ref.figures.shown import describe

MARKS = {"tanh": "o", "gru": "s", "lstm": "^", "mingru": "D"}
APART = 1.06  # factor between two cells at one rate


class Dot(NamedTuple):
    """A run: steps is None where it did not solve its task; chosen if rate and start were."""

    cell: str
    lr: float
    start: float
    steps: int | None
    chosen: bool


def by_rate(dots: Sequence[Dot], most: int, title: str = "") -> list[Axes]:
    """Draw steps to solve against the rate, a panel a start; return the panels.

    Each dot is a run of the search, a line joins the medians, hollow dots on top did not solve
    the task in `most` steps, a ring is what was chosen for a cell.
    """
    starts, rates = sorted({dot.start for dot in dots}), sorted({dot.lr for dot in dots})
    cells = list(dict.fromkeys(dot.cell for dot in dots))
    figure, row = plt.subplots(
        1, len(starts), figsize=(9.6, 2.9), layout="constrained", sharey=True, squeeze=False
    )
    top = 1.12 * most
    for ax, start in zip(row[0], starts, strict=True):
        share = f"{100 / (1 + math.exp(-start)):.0f} %"
        name = f"a start that keeps {share}" if start else "PyTorch's start"
        ax.set_title(f"{title}{', ' if title else ''}{name}", loc="left", fontsize=10)
        describe(ax, "Dot plot of the steps that solve the task against the rate, logarithmic.")
        for i, cell in enumerate(cells):
            shift, (colour, mark) = (
                APART ** (i - (len(cells) - 1) / 2),
                (COLOURS[cell], MARKS[cell]),
            )
            middles, said = [], []
            for lr in rates:
                of = [d for d in dots if d[:3] == (cell, lr, start)]
                heights = [top if d.steps is None else d.steps for d in of]
                for d, height in zip(of, heights, strict=True):
                    face = "none" if d.steps is None else colour
                    ax.plot(lr * shift, height, mark, ms=5, mfc=face, mec=colour)
                if not of:
                    continue
                middle = statistics.median(heights)
                middles.append((lr * shift, middle))
                ring = any(d.chosen for d in of)
                if ring:
                    ax.plot(lr * shift, middle, "o", ms=13, mfc="none", mec=colour, mew=1.5)
                steps = f"{middle:.0f} steps" if middle <= most else "not solved"
                said.append(f"at {lr:g} {steps}" + (", chosen" if ring else ""))
            ax.plot(*zip(*middles, strict=True), color=colour, lw=1)
            describe(ax, f"{cell}: {'; '.join(said)}.")
        ax.set_xscale("log")
        ax.set_xticks(rates, [f"{lr:g}" for lr in rates])
        ax.minorticks_off()
        ax.set(xlabel="learning rate", ylim=(-0.06 * top, 1.07 * top))
        ax.axhline(most, color=INK, lw=0.5)
        ax.grid(axis="y", color=INK, alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
    for cell in cells:
        row[0][0].plot([], [], MARKS[cell], color=COLOURS[cell], label=cell)
    row[0][0].set_ylabel("steps to solve")
    row[0][-1].annotate(
        "not solved",
        (1, top),
        xytext=(4, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        fontsize=8,
    )
    figure.legend(frameon=False, ncols=len(cells), fontsize=8, loc="outside lower center")
    return list(row[0])
