"""Where a network places labels that came without times."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from gru_ref.figures.palette import COLOURS, INK, line
from gru_ref.figures.shown import describe


def alignment(
    x: np.ndarray,
    p: np.ndarray,
    names: Sequence[str],
    label: Sequence[int],
    ends: Sequence[int],
) -> list[Axes]:
    """Draw the input x (T,), above p (T, 1 + names), the probability of each symbol at each step.

    names are those of symbols 1, 2, …, symbol 0 is the blank; label and ends say which symbols
    there are and at which steps they end.
    """
    _, (top, below) = plt.subplots(
        2, 1, figsize=(9.6, 4.2), layout="constrained", sharex=True, height_ratios=(2, 3)
    )
    top.plot(x, color=COLOURS["input"], lw=1.5)
    for k, end in zip(label, ends, strict=True):
        for ax in (top, below):
            ax.axvline(end, color=INK, lw=0.7, ls=":")
        top.annotate(
            names[k - 1],
            (end, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-3, -2),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=8,
        )
    below.plot(p[:, 0], color=INK, lw=0.8, label="blank")
    for i, name in enumerate(names):
        below.plot(p[:, i + 1], **line("candidate", i), label=name)
    top.set(ylabel="$x_t$")
    below.set(xlabel="step", ylabel="probability", ylim=(-0.03, 1.03))
    below.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    for ax in (top, below):
        ax.spines[["top", "right"]].set_visible(False)
    there = ", ".join(f"{names[k - 1]} up to step {e}" for k, e in zip(label, ends, strict=True))
    describe(top, f"Line plot of the input over {len(x)} steps. In it are {there}.")
    likeliest = [int(k) for k in p.argmax(1)]
    runs = [(k, len(list(run))) for k, run in groupby(likeliest)]
    starts = np.cumsum([0, *(n for _, n in runs)])
    seen = [
        f"{names[k - 1]} at step {t}" + (f" to {t + n - 1}" if n > 1 else "")
        for (k, n), t in zip(runs, starts, strict=False)
        if k
    ]
    describe(
        below,
        "Line plot of the probability of each stroke and of the blank at each step. The blank is "
        f"the likeliest except for: {', '.join(seen) or 'nowhere'}.",
    )
    return [top, below]
