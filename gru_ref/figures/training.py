"""Pictures of training: a step as a circle, loss curves, a loss that is drawn while it falls."""

from __future__ import annotations

import time
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from gru_ref.figures.diagrams import COLOURS, Arrow, Box, draw
from gru_ref.figures.plots import axes


def training_step_picture() -> Axes:
    """Draw one step of training: forward to the loss, back to the gradients, on to new weights."""
    boxes = {
        "x": Box(0.7, 2.6, "$x$", "input"),
        "f": Box(2.7, 2.6, "forward"),
        "l": Box(5.0, 2.6, "loss"),
        "y": Box(5.0, 3.7, "target", "input"),
        "b": Box(7.3, 2.6, "backward"),
        "c": Box(7.3, 0.8, "clip"),
        "a": Box(5.0, 0.8, "step"),
        "w": Box(2.7, 0.8, "weights", "state"),
    }
    arrows = [
        Arrow("x", "f", "(T, N, D)"),
        Arrow("f", "l", "(N, K)"),
        Arrow("y", "l", ""),
        Arrow("l", "b", "dy"),
        Arrow("b", "c", "grads"),
        Arrow("c", "a"),
        Arrow("a", "w"),
        Arrow("w", "f"),
    ]
    return draw(boxes, arrows, (8.6, 4.2))


SMOOTH = 20  # losses in a running mean
COLOURED = tuple(plt.rcParams["axes.prop_cycle"].by_key()["color"])


def loss_curves(
    curves: dict[str, Any], levels: dict[str, float] | None = None, ax: Axes | None = None
) -> Axes:
    """Plot losses on a logarithmic axis, with named levels to compare them with.

    A curve is a list of losses, one a step, drawn pale and as a running mean; or a pair of lists,
    steps and losses, drawn as they are.
    """
    ax = ax or axes("step", "loss")
    averaged = ""
    for (name, curve), colour in zip(curves.items(), COLOURED * len(curves), strict=False):
        if isinstance(curve, tuple):
            ax.semilogy(*curve, ".-", ms=4, lw=1.4, color=colour, label=name)
            continue
        ax.semilogy(np.arange(1, len(curve) + 1), curve, lw=0.7, alpha=0.35, color=colour)
        mean = running_mean(curve)[SMOOTH - 1 :]
        ax.semilogy(np.arange(SMOOTH, SMOOTH + len(mean)), mean, lw=1.8, color=colour, label=name)
        averaged = f"pale: each step; full: mean of the last {SMOOTH}"
    for (name, level), style in zip((levels or {}).items(), (":", "--", "-."), strict=False):
        ax.axhline(level, color="0.4", ls=style, lw=1, label=name)
    if averaged:
        ax.set_title(averaged, fontsize=8, loc="left")
    ax.legend(frameon=False, fontsize=8)
    return ax


def running_mean(losses: list[float], width: int = SMOOTH) -> np.ndarray:
    """Return the mean of each loss and of up to width - 1 before it."""
    sums = np.cumsum(np.r_[0.0, losses])
    k = np.arange(1, len(losses) + 1)
    first = np.maximum(0, k - width)
    return (sums[k] - sums[first]) / (k - first)


class LiveCurve:
    """A loss curve in a notebook that is redrawn once a second while training goes on."""

    def __init__(self, levels: dict[str, float] | None = None, live: bool = True) -> None:
        self.levels, self.live = levels, live
        self.losses: list[float] = []
        self.handle: Any = None
        self.drawn = time.monotonic()

    def add(self, loss: float) -> None:
        """Take in the loss of one more step."""
        self.losses.append(float(loss))
        if time.monotonic() - self.drawn > 1:
            self.show()

    def show(self) -> None:
        """Draw the curve, in the place where it was drawn before."""
        from IPython.display import display

        if self.losses and self.live:
            ax = loss_curves({"training": self.losses}, self.levels)
            if self.handle is None:
                self.handle = display(ax.figure, display_id=True)
            else:
                self.handle.update(ax.figure)
            plt.close(ax.figure)  # type: ignore[arg-type]  # fresh axes fill a figure
        self.drawn = time.monotonic()


STEEP = np.array([0.04, 1.0])  # along and across the valley


def valley(learning_rate: float = 0.1, ax: Axes | None = None, steps: int = 60) -> Axes:
    """Draw the way of plain descent and of Adam in a valley 25 times as steep across as along."""
    ax = ax or axes("", "", (6.4, 3.6))
    grid = np.meshgrid(np.linspace(-11, 3, 120), np.linspace(-2.6, 4.4, 100))
    height = (STEEP[0] * grid[0] ** 2 + STEEP[1] * grid[1] ** 2) / 2
    ax.contour(*grid, height, levels=12, colors="0.8", linewidths=0.8)
    for name, path in zip(("descent", "Adam"), valley_paths(learning_rate, steps), strict=True):
        loss = (STEEP * path[-1] ** 2).sum() / 2
        ax.plot(*path.T, ".-", ms=3, lw=1, label=f"{name}, loss {loss:.1e}")
    ax.plot(0, 0, "k*", ms=8)
    ax.set(xlim=(-11, 3), ylim=(-2.6, 4.4), yticks=(-2, 0, 2))
    ax.set(xlabel="along the valley", ylabel="across")
    ax.set_title(f"rate {learning_rate:g}, {steps} steps", fontsize=10)
    ax.legend(fontsize=8, loc="upper right", edgecolor="none")
    return ax


def valley_paths(learning_rate: float, steps: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Return the ways, (steps + 1, 2), of plain descent and of Adam down the valley."""
    return _descend(STEEP, learning_rate, steps), _adam(STEEP, learning_rate, steps)


def _descend(steep: np.ndarray, learning_rate: float, steps: int) -> np.ndarray:
    path = [np.array([-10.0, 2.0])]
    for _ in range(steps):
        path.append(np.clip(path[-1] - learning_rate * steep * path[-1], -1e6, 1e6))
    return np.array(path)


def _adam(steep: np.ndarray, learning_rate: float, steps: int) -> np.ndarray:
    path, m, v = [np.array([-10.0, 2.0])], np.zeros(2), np.zeros(2)
    for t in range(1, steps + 1):
        g = steep * path[-1]
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        path.append(path[-1] - learning_rate * step)
    return np.array(path)


def gates_over_steps(gates: np.ndarray, marks: np.ndarray, ax: Axes | None = None) -> Axes:
    """Plot a gate (T, H) as a map, units sorted by their mean, with marks at some steps."""
    ax = ax or axes("step t", "unit, sorted by mean $z$", (8.4, 3.2))
    order = np.argsort(gates.mean(0))
    ax.grid(False)
    image = ax.imshow(
        gates[:, order].T, aspect="auto", vmin=0, vmax=1, cmap="viridis", origin="lower"
    )
    ax.figure.colorbar(image, ax=ax, label="$z_t$", pad=0.01)
    top = gates.shape[1]
    for t in marks:
        ax.annotate(
            "mark", (t, top - 0.5), (t, top + 2), ha="center", fontsize=8, annotation_clip=False,
            arrowprops={"arrowstyle": "-|>", "color": COLOURS["reset"]}, color=COLOURS["reset"],
        )  # fmt: skip
    return ax


def packed_cell_picture() -> Axes:
    """Draw a cell as PyTorch computes it: two products of 3H numbers, each cut into r, z and n."""
    boxes = {
        "x": Box(0.7, 3.0, "$x_t$", "input"),
        "h": Box(0.7, 1.2, "$h_{t-1}$", "state"),
        "i": Box(2.9, 3.0, "$W_{ih} x_t + b_{ih}$"),
        "s": Box(2.9, 1.2, "$W_{hh} h_{t-1} + b_{hh}$"),
        "z": Box(6.0, 3.4, "$z_t$", "update"),
        "r": Box(6.0, 2.1, "$r_t$", "reset"),
        "n": Box(6.0, 0.8, "$n_t$", "candidate"),
        "o": Box(8.2, 2.1, "$h_t$", "state"),
    }
    arrows = [
        Arrow("x", "i", "(N, D)"),
        Arrow("h", "s", "(N, H)"),
        *(Arrow(side, gate) for side in "is" for gate in "rzn"),
        Arrow("r", "n"),
        Arrow("z", "o"),
        Arrow("n", "o", "(N, H)"),
    ]
    return draw(boxes, arrows, (9.0, 4.0))


def cell_sizes(units: float = 32, inputs: float = 8, ax: Axes | None = None) -> Axes:
    """Plot how many numbers a tanh-RNN, a GRU and an LSTM hold at equal units."""
    H, D = int(units), int(inputs)
    ax = ax or axes("numbers that learn", "", (6.4, 2.2))
    counts = [gates * H * (D + H + 2) for gates in (1, 3, 4)]
    ax.barh(["tanh", "GRU", "LSTM"], counts, color=["0.6", "#2f6fb3", "#c0392b"])
    for i, n in enumerate(counts):
        ax.text(n, i, f" {n}", va="center", fontsize=9)
    ax.invert_yaxis()
    ax.set_title(f"{H} units, {D} inputs", fontsize=10)
    return ax


def gates_over_words(words: list[str], gates: np.ndarray, ax: Axes | None = None) -> Axes:
    """Plot one gate of every unit (T, H) over a review: units by their mean, words below."""
    ax = ax or axes("", "unit", (10, 2.6))
    order = np.argsort(gates.mean(0))
    ax.grid(False)
    ax.imshow(gates[:, order].T, aspect="auto", vmin=0, vmax=1, cmap="viridis", origin="lower")
    ax.set_xticks(range(len(words)), words, rotation=90, fontsize=6)
    return ax
