"""Pictures of trained models: gates over a word, a sound cleaned, what `inspect` measures."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from gru_ref.figures.palette import COLOURS, INK, line
from gru_ref.figures.plots import axes, spectrum
from gru_ref.figures.shown import describe
from gru_ref.figures.training import gate_map
from gru_ref.inspection import Inspected

LONGEST = 1e6  # half-life that is drawn; a gate at 1 has none


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


def spectra(sounds: dict[str, np.ndarray], rate: int) -> Figure:
    """Return the power of each S (T, F), windows that overlap by half, over time and frequency."""
    figure, row = plt.subplots(
        1, len(sounds), figsize=(3.7 * len(sounds), 2.8), layout="constrained", sharey=True
    )
    powers = [20 * np.log10(np.maximum(np.abs(S.T), 1e-6)) for S in sounds.values()]
    top = max(power.max() for power in powers)
    for ax, (name, S), power in zip(row, sounds.items(), powers, strict=True):
        seconds = len(S) * (S.shape[1] - 1) / rate
        image = ax.imshow(
            power - top,
            origin="lower",
            aspect="auto",
            extent=(0, seconds, 0, rate / 2000),
            vmin=-60,
            vmax=0,
            cmap="Greys",
        )
        ax.set(xlabel="time (s)", title=name)
        loud = np.mean(power > top - 30)
        describe(
            ax,
            f"The {name} sound over {seconds:.1f} s, up to {rate / 2000:g} kHz: {loud:.0%} of the "
            "map is less than 30 dB below the loudest point.",
        )
    row[0].set_ylabel("frequency (kHz)")
    figure.colorbar(image, ax=row, label="dB below the loudest", pad=0.01)
    return figure


def inspection_picture(seen: list[Inspected]) -> Figure:
    """Return a row for each layer and direction: its gate, its half-lives, its eigenvalues."""
    figure, grid = plt.subplots(
        len(seen), 3, figsize=(10.5, 2.9 * len(seen)), layout="constrained", squeeze=False
    )
    for one, row in zip(seen, grid, strict=True):
        for ax in row:
            ax.grid(color=INK, alpha=0.25)
            ax.spines[["top", "right"]].set_visible(False)
        _keeping_gates(one, row[0])
        _half_lives(one, row[1])
        spectrum(one.J, row[2], "eigenvalues of $J_T$")
        row[2].set_ylabel("imaginary part")
    return figure


def _keeping_gates(one: Inspected, ax: Axes) -> None:
    gates = one.gates[one.keeps]
    ax.hist(gates.ravel(), bins=40, range=(0, 1), color=COLOURS["update"])
    ax.set(xlabel=f"${one.keeps}_t$", ylabel="how many")
    ax.set_title(one.name, fontsize=10)
    low, middle, high = np.quantile(gates, (0.05, 0.5, 0.95))
    describe(
        ax,
        f"Histogram of {gates.size} gates {one.keeps}_t between 0 and 1: half are above "
        f"{middle:.2f}, nine in ten between {low:.2f} and {high:.2f}.",
    )


def _half_lives(one: Inspected, ax: Axes) -> None:
    finite = [np.minimum(np.sort(steps), LONGEST) for steps in (one.at_rest, one.running)]
    for i, (steps, label) in enumerate(zip(finite, ("at x = 0, h = 0", "along x"), strict=True)):
        ax.semilogy(steps, **line("update", i), label=label)
    ax.yaxis.set_major_formatter("{x:g}")
    shortest, longest = min(s[0] for s in finite), max(s[-1] for s in finite)
    ax.yaxis.set_minor_formatter("{x:.1g}" if longest < 4 * shortest else NullFormatter())
    ax.set(xlabel="units, sorted", ylabel="half-life (steps)")
    ax.set_title("half-life", fontsize=10)
    ax.legend(frameon=False, fontsize=8)
    rest, along = (f"from {s[0]:.3g} to {s[-1]:.3g}, median {np.median(s):.3g}" for s in finite)
    describe(
        ax,
        f"Line plot of the half-lives of {len(one.at_rest)} units in steps, sorted, on a "
        f"logarithmic axis: at x = 0 and h = 0, solid, {rest}; along the input, dashed, {along}.",
    )
