"""Pictures of training: a step as a circle, loss curves, a loss that is drawn while it falls."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.image import AxesImage

from gru_ref.figures.boxes import Arrow, Box, draw
from gru_ref.figures.curves import Redrawn
from gru_ref.figures.palette import COLOURS, INK, MARKERS, SHAPES, line
from gru_ref.figures.plots import axes, level
from gru_ref.figures.shown import describe, is_described


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
        "w": Box(2.7, 0.8, "weights"),
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
    alt = (
        "Diagram of one step of training, a circle. The input x, shape (T, N, D), goes forward "
        "through the network; the output, shape (N, K), meets the target in the loss; from the "
        "loss dy goes backward and gives gradients; these are clipped, a step is made, and the "
        "new weights are those of the next forward pass."
    )
    return draw(boxes, arrows, (8.6, 4.2), alt)


SMOOTH = 20  # losses in a running mean


def marked_numbers(numbers: np.ndarray, marks: np.ndarray) -> Axes:
    """Draw one input of the adding problem: numbers as bars, the marked ones full and named."""
    ax = axes("step t", "number", (7.6, 2.4))
    steps, marked = np.arange(len(numbers)), marks == 1
    colour = COLOURS["input"]
    ax.bar(steps[~marked], numbers[~marked], edgecolor=colour, facecolor="none", lw=0.8)
    ax.bar(steps[marked], numbers[marked], color=colour)
    for t in steps[marked]:
        ax.annotate(
            "mark", (t, numbers[t]), (t, 1.08), ha="center", fontsize=8,
            arrowprops={"arrowstyle": "-|>", "color": INK},
        )  # fmt: skip
    ax.set_ylim(0, 1.2)
    early = steps[marked].max() < len(numbers) // 2
    where = "both in the first half" if early else "one in each half"
    two = " and ".join(f"{numbers[t]:.2f} at step {t}" for t in steps[marked])
    describe(
        ax,
        f"Bar chart of {len(numbers)} numbers between 0 and 1 against the step. Two bars are full "
        f"and marked, {where}: {two}. The others are hollow.",
    )
    return ax


def loss_curves(
    curves: dict[str, Any], levels: dict[str, float] | None = None, ax: Axes | None = None
) -> Axes:
    """Plot losses on a logarithmic axis, with named levels to compare them with.

    A curve is a list of losses, one a step, drawn pale and as a running mean; or a pair of lists,
    steps and losses, drawn as they are.
    """
    ax = ax or axes("step", "loss")
    averaged = ""
    if not is_described(ax):
        describe(ax, "Line plot of the loss against the step; the vertical axis is logarithmic.")
    for i, (name, curve) in enumerate(curves.items()):
        style = line(name, i) if name in MARKERS else line("plain", i)
        if isinstance(curve, tuple):
            ax.semilogy(*curve, marker=SHAPES[i], ms=3, **style, label=name)
            describe(ax, _fall(name, *curve))
            continue
        steps = np.arange(1, len(curve) + 1)
        ax.semilogy(steps, curve, lw=0.7, alpha=0.45, color=style["color"])
        mean = running_mean(curve)
        ax.semilogy(steps[SMOOTH - 1 :], mean[SMOOTH - 1 :], **style, label=name)
        averaged = f"pale: each step; full: mean of the last {SMOOTH}"
        describe(ax, _fall(name, steps, mean))
    for (name, value), dashes in zip((levels or {}).items(), (":", "--", "-."), strict=False):
        level(ax, value, name, dashes)
        describe(ax, f"A level marks {name}, {value:.3g}.")
    if averaged:
        ax.set_title(averaged, fontsize=8, loc="left")
    ax.legend(frameon=False, fontsize=8)
    return ax


def _fall(name: str, steps: Any, losses: Any) -> str:
    """Return in words how a loss goes: at the start, at a quarter, at half, at the end."""
    places = [0, len(losses) // 4, len(losses) // 2, len(losses) - 1]
    values = ", ".join(f"{losses[i]:.2g} at step {steps[i]}" for i in dict.fromkeys(places))
    return f"{name}: {values}."


def running_mean(losses: list[float], width: int = SMOOTH) -> np.ndarray:
    """Return the mean of each loss and of up to width - 1 before it."""
    sums = np.cumsum(np.r_[0.0, losses])
    k = np.arange(1, len(losses) + 1)
    first = np.maximum(0, k - width)
    return (sums[k] - sums[first]) / (k - first)


class LiveCurve:
    """A loss curve in a notebook that is redrawn while training goes on."""

    def __init__(self, levels: dict[str, float] | None = None, live: bool = True) -> None:
        self.live, self.losses = live, list[float]()
        self.picture = Redrawn(lambda: loss_curves({"training": self.losses}, levels))

    def add(self, loss: float) -> None:
        """Take in the loss of one more step."""
        self.losses.append(float(loss))
        if self.live:
            self.picture.show_in_time()

    def show(self) -> None:
        """Draw the curve, in the place where it was drawn before."""
        if self.losses and self.live:
            self.picture.show()


STEEP = np.array([0.04, 1.0])  # along and across the valley


def valley(learning_rate: float = 0.1, ax: Axes | None = None, steps: int = 60) -> Axes:
    """Draw the way of plain descent and of Adam in a valley 25 times as steep across as along."""
    ax = ax or axes("", "", (6.4, 3.6))
    paths = dict(zip(("descent", "Adam"), valley_paths(learning_rate, steps), strict=True))
    far = max(np.abs(path[:, 1]).max() for path in paths.values())
    edge = 3.0 if far <= 3 else 2 * far
    if edge > 3:
        ax.set_yscale("symlog", linthresh=3)
        tens = 10.0 ** np.arange(1, np.log10(edge))
        ax.set_yticks([*-tens[::-1], 0, *tens])
        across = np.r_[
            -np.geomspace(edge, 3, 60), np.linspace(-3, 3, 60), np.geomspace(3, edge, 60)
        ]
        ax.set_ylabel("across (logarithmic beyond 3)")
    else:
        across = np.linspace(-edge, edge, 100)
        ax.set_ylabel("across")
    grid = np.meshgrid(np.linspace(-11, 5, 120), across)
    height = (STEEP[0] * grid[0] ** 2 + STEEP[1] * grid[1] ** 2) / 2
    levels = np.linspace(0, 10, 13) if edge == 3 else np.geomspace(0.1, edge**2, 13)
    ax.contour(*grid, height, levels=levels, colors=INK, linewidths=0.5, alpha=0.5)
    describe(
        ax,
        "Map of a valley with its bottom at (0, 0), along from -11 to 5, across on the vertical "
        f"axis. Two ways of {steps} steps begin at (-10, 2).",
    )
    for i, (name, path) in enumerate(paths.items()):
        loss = (STEEP * path[-1] ** 2).sum() / 2
        turns = int(np.sum(np.diff(np.sign(path[:, 1])) != 0))
        style = line(("plain", "gradient")[i], 0) | {"lw": 1, "marker": "ox"[i], "ms": 3}
        ax.plot(*path.T, **style, label=f"{name}, loss {loss:.1e}")
        describe(
            ax,
            f"At the rate {learning_rate:g} {name} ends at ({path[-1, 0]:.2f}, {path[-1, 1]:.2g}) "
            f"with the loss {loss:.1e}; on its way it is at most {np.abs(path[:, 1]).max():.3g} "
            f"off across and changes sides at {turns} steps.",
        )
    ax.plot(0, 0, "*", color=INK, ms=9)
    ax.set(xlim=(-11, 5), ylim=(-edge, edge), xlabel="along the valley")
    ax.set_title(f"rate {learning_rate:g}, {steps} steps", fontsize=10)
    ax.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.22), frameon=False)
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


def gate_map(ax: Axes, gates: np.ndarray, role: str) -> AxesImage:
    """Draw gates (H, T) as a map: at 0 the page shows through, at 1 stands the gate's colour."""
    shades = LinearSegmentedColormap.from_list(role, [COLOURS[role] + "00", COLOURS[role]])
    ax.grid(False)
    return ax.imshow(
        gates, aspect="auto", vmin=0, vmax=1, cmap=shades, origin="lower", interpolation="nearest"
    )


def gates_over_steps(gates: np.ndarray, marks: np.ndarray, ax: Axes | None = None) -> Axes:
    """Plot a gate (T, H) as a map, units sorted by their mean, with marks at some steps."""
    ax = ax or axes("step t", "unit, sorted by mean $z$", (8.4, 3.2))
    order = np.argsort(gates.mean(0))
    image = gate_map(ax, gates[:, order].T, "update")
    ax.figure.colorbar(image, ax=ax, label="$z_t$", pad=0.01)
    top = gates.shape[1]
    for t in marks:
        ax.annotate(
            "mark", (t, top - 0.5), (t, top + 2), ha="center", fontsize=8, annotation_clip=False,
            arrowprops={"arrowstyle": "-|>", "color": INK}, color=INK,
        )  # fmt: skip
    means, (i, j) = gates.mean(axis=1), marks
    describe(
        ax,
        f"Map of the update gates of {top} units, sorted by their mean, over {len(gates)} steps: "
        f"pale is 0, full colour is 1. Marks stand at the steps {i} and {j}. The mean of all "
        f"units is {means[:i].mean():.2f} before the first mark, {means[i]:.2f} at it, "
        f"{means[i + 1 : j].mean():.2f} between the marks, {means[j]:.2f} at the second and "
        f"{means[j + 1 :].mean():.2f} after it. The unit with the lowest mean has "
        f"{gates.mean(axis=0).min():.2f}, that with the highest {gates.mean(axis=0).max():.2f}.",
    )
    return ax


def packed_cell_picture() -> Axes:
    """Draw a cell as PyTorch computes it: two products of 3H numbers, their gates, the blend."""
    boxes = {
        "x": Box(0.7, 3.0, "$x_t$", "input"),
        "h": Box(0.7, 1.2, "$h_{t-1}$", "state"),
        "i": Box(2.9, 3.0, "$W_{ih} x_t + b_{ih}$"),
        "s": Box(2.9, 1.2, "$W_{hh} h_{t-1} + b_{hh}$"),
        "z": Box(5.6, 3.4, "$z_t$", "update"),
        "r": Box(5.6, 2.1, "$r_t$", "reset"),
        "n": Box(5.6, 0.8, "$n_t$", "candidate"),
        "k": Box(8.1, 0.6, "$h_{t-1}$", "state"),
        "b": Box(8.1, 2.1, r"$(1 - z_t) \odot n_t + z_t \odot h_{t-1}$"),
        "o": Box(10.4, 2.1, "$h_t$", "state"),
    }
    arrows = [
        Arrow("x", "i", "(N, D)"),
        Arrow("h", "s", "(N, H)"),
        *(Arrow(side, gate) for side in "is" for gate in "rzn"),
        Arrow("r", "n"),
        Arrow("z", "b"),
        Arrow("n", "b"),
        Arrow("k", "b"),
        Arrow("b", "o", "(N, H)"),
    ]
    alt = (
        "Diagram of a cell as PyTorch computes it. The input x_t, shape (N, D), goes into one "
        "product W_ih x_t + b_ih, the state h_(t-1), shape (N, H), into another, W_hh h_(t-1) + "
        "b_hh. Each of the two goes into r_t, z_t and n_t, and r_t goes into n_t. Last comes the "
        "blend: z_t, n_t and once more h_(t-1), past the products, go into "
        "(1 - z_t) n_t + z_t h_(t-1), which is h_t, shape (N, H)."
    )
    return draw(boxes, arrows, (11.0, 4.0), alt)


def cell_sizes(units: float = 32, inputs: float = 8, ax: Axes | None = None) -> Axes:
    """Plot how many numbers a tanh-RNN, a GRU and an LSTM hold at equal units."""
    H, D = int(units), int(inputs)
    ax = ax or axes("numbers that learn", "", (6.4, 2.2))
    counts = [gates * H * (D + H + 2) for gates in (1, 3, 4)]
    ax.barh(["tanh", "GRU", "LSTM"], counts, color=[COLOURS[c] for c in MARKERS])
    for i, n in enumerate(counts):
        ax.text(n, i, f" {n}", va="center", fontsize=9)
    ax.invert_yaxis()
    ax.set_xlim(0, 1.15 * max(counts))
    ax.set_title(f"{H} units, {D} inputs", fontsize=10)
    describe(
        ax,
        "Bar chart of how many numbers a cell learns.",
        f"With {H} units and {D} inputs a tanh-RNN has {counts[0]}, a GRU {counts[1]} and an LSTM "
        f"{counts[2]}: in the ratio 1 to 3 to 4.",
    )
    return ax


def gates_over_words(
    words: list[str], gates: np.ndarray, ax: Axes | None = None, role: str = "update"
) -> Axes:
    """Plot one gate of every unit (T, H) over a review: units by their mean, words below."""
    ax = ax or axes("", "unit", (10, 2.6))
    order = np.argsort(gates.mean(0))
    gate_map(ax, gates[:, order].T, role)
    ax.set_xticks(range(len(words)), words, rotation=90, fontsize=6)
    means = gates.mean(axis=1)
    low, high = np.argsort(means)[:3], np.argsort(means)[-3:][::-1]
    describe(
        ax,
        f"Map of a gate of {gates.shape[1]} units, sorted by their mean, over the {len(words)} "
        "words of a review: pale is 0, full colour is 1.",
        f"The mean over all units is {means.mean():.2f}. It is lowest at "
        f"{_words(words, means, low)}, and highest at {_words(words, means, high)}.",
    )
    return ax


def _words(words: list[str], means: np.ndarray, places: np.ndarray) -> str:
    return ", ".join(f"word {t + 1}, '{words[t]}' ({means[t]:.2f})" for t in places)
