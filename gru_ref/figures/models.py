"""Pictures of trained models: a gate over the letters of a word, and what `inspect` measures."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from gru_ref.figures.plots import axes
from gru_ref.figures.shown import describe
from gru_ref.figures.training import gate_map


def gates_over_letters(word: str, gates: np.ndarray, ax: Axes | None = None) -> Axes:
    """Plot the update gates (T, H) over the letters of a word and its end, units by their mean."""
    ax = ax or axes("", "unit, sorted by mean $z$", (6.4, 3.2))
    image = gate_map(ax, gates[:, np.argsort(gates.mean(0))].T, "update")
    ax.figure.colorbar(image, ax=ax, label="$z_t$", pad=0.01)
    letters = [*word, "end"]
    ax.set_xticks(range(len(letters)), letters)
    means = ", ".join(f"{c} {m:.2f}" for c, m in zip(letters, gates.mean(axis=1), strict=True))
    describe(
        ax,
        f"Map of the update gates of {gates.shape[1]} units, sorted by their mean, over the "
        f"letters of '{word}' and its end: pale is 0, full colour is 1.",
        f"The mean over all units at each letter: {means}.",
        f"{np.mean(gates < 0.1):.0%} of all gates are below 0.1, {np.mean(gates > 0.9):.0%} above "
        "0.9.",
    )
    return ax
