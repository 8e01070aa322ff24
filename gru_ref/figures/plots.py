"""Pictures of numbers: gates, memories, candidates, the one-unit map, and what flows back.

Every function draws on fresh axes, or on those that it is given, returns them, and says in words
what it has drawn; `gru_ref.figures.widgets` puts sliders on the same functions, so that the
interactive figure and its static twin cannot differ. `variant` tells several curves of one
quantity apart: by dashes, since the colour is the quantity's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from gru_ref.cell import init_params, sigmoid, step_backward, step_values
from gru_ref.figures.palette import COLOURS, INK, SHAPES, line
from gru_ref.figures.shown import describe, is_described, plain
from gru_ref.jacobian import norms_against_lag


def axes(xlabel: str, ylabel: str, size: tuple[float, float] = (6.4, 3.2)) -> Axes:
    """Return fresh axes in the course's style."""
    _, ax = plt.subplots(figsize=size, layout="constrained")
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(color=INK, alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def panels(n: int, size: tuple[float, float], ylabel: str = "", sharey: bool = False) -> list[Axes]:
    """Return n fresh axes side by side, for the drawing functions to draw on."""
    _, row = plt.subplots(1, n, figsize=size, layout="constrained", sharey=sharey)
    row[0].set_ylabel(ylabel)
    return list(row)


def level(ax: Axes, y: float, label: str = "", dashes: str = ":") -> None:
    """Draw a level across the axes."""
    ax.axhline(y, color=INK, lw=1, ls=dashes, label=label or None)


def sigmoid_curve(
    w: float = 1.0, b: float = 0.0, ax: Axes | None = None, variant: int = 0, label: str = ""
) -> Axes:
    """Draw σ(w x + b): w sets how steep the step is, b where it stands."""
    ax = ax or axes("x", "σ(w x + b)")
    if not is_described(ax):
        describe(ax, "Line plot of sigma(w x + b), from 0 to 1, against x from -8 to 8.")
        level(ax, 0.5, dashes="-")
    a = np.linspace(-8, 8, 401)
    ax.plot(a, sigmoid(w * a + b), **line("plain", variant), label=label or None)
    ax.set_ylim(-0.05, 1.05)
    if w == 0:
        seen = f"it is a level line at {gate_value(sigmoid(b))}"
    else:
        way = "rises" if w > 0 else "falls"
        seen = f"it {way} with slope {w / 4:.2g} through 0.5 at x = {-b / w + 0:.2g}"
    describe(ax, f"With w = {w:g} and b = {b:g} {seen}.")
    return ax


def gate_over_state(
    w_h: float = 2.0,
    w_i: float = 1.0,
    x: float = 0.0,
    b: float = 0.0,
    ax: Axes | None = None,
    variant: int = 0,
    label: str = "",
) -> Axes:
    """Draw a one-unit gate σ(w_i x + w_h h + b) against the state h in (-1, 1)."""
    ax = ax or axes("state $h_{t-1}$", "gate $r_t$")
    if not is_described(ax):
        describe(ax, "Line plot of a unit's gate r_t, from 0 to 1, against its state from -1 to 1.")
    h = np.linspace(-1, 1, 201)
    r = sigmoid(w_i * x + w_h * h + b)
    ax.plot(h, r, **line("reset", variant), label=label or None)
    ax.set_ylim(-0.05, 1.05)
    describe(
        ax,
        f"With w_h = {w_h:g}, w_i x = {w_i * x:g} and b = {b:g} the gate goes from "
        f"{gate_value(r[0])} over {gate_value(r[100])} at state 0 to {gate_value(r[-1])}.",
    )
    return ax


def bars(values: np.ndarray, ylabel: str, role: str = "plain", ax: Axes | None = None) -> Axes:
    """Draw the components of one vector as bars."""
    ax = ax or axes("component", ylabel, (7.2, 2.4))
    ax.bar(np.arange(len(values)), values, color=COLOURS[role], width=0.85)
    ax.axhline(0, color=INK, lw=0.8)
    describe(
        ax,
        f"Bar chart of the {len(values)} components of {plain(ylabel) or 'a vector'}, in no order: "
        f"the smallest is {values.min():.2f}, the mean {values.mean():.2f}, the largest "
        f"{values.max():.2f}.",
    )
    return ax


def memory_decay(
    z: float | tuple[float, ...] = 0.9, steps: int = 150, ax: Axes | None = None
) -> Axes:
    """Draw what is left of h_0 after k steps of a constant z, z^k, and where it is one half."""
    ax = ax or axes("steps k", "share of $h_0$ left, $z^k$")
    k = np.arange(steps + 1)
    describe(ax, f"Line plot of the share of h_0 that is left, z^k, against k from 0 to {steps}.")
    for i, value in enumerate(z if isinstance(z, tuple) else (z,)):
        half = np.log(0.5) / np.log(value)
        ax.plot(
            k, value**k, **line("update", i), label=f"z = {value:g}: half-life {half:.1f} steps"
        )
        ax.plot([half], [0.5], SHAPES[i], color=COLOURS["update"])
        describe(
            ax,
            f"For z = {value:g} half is left after {half:.1f} steps, {share(value**50)} after 50 "
            f"and {share(value**steps)} at the end.",
        )
    level(ax, 0.5, dashes="-")
    ax.set(xlim=(0, steps), ylim=(-0.03, 1.05))
    ax.legend(frameon=False)
    return ax


def share(part: float) -> str:
    """Return a part of 1 in words."""
    return f"{part:.2g}" if part >= 0.001 else "less than 0.001"


def gate_value(g: float) -> str:
    """Return a gate in words: what is not 0 or 1 is not written as 0 or 1."""
    if g in (0, 1):
        return f"{g:g}"
    written = (f"{g:.{digits}f}" for digits in (2, 3, 4))
    nearly = "nearly 1" if g > 0.5 else "nearly 0"
    return next((text for text in written if float(text) not in (0, 1)), nearly)


def leaky_memory(z: np.ndarray, n: np.ndarray, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw h_t = z_t h_{t-1} + (1 - z_t) n_t from h_0 = 0, over the candidates n_t."""
    ax = ax or axes("step t", "")
    h, path = 0.0, []
    for z_t, n_t in zip(z, n, strict=True):
        h = z_t * h + (1 - z_t) * n_t
        path.append(h)
    t = np.arange(1, len(n) + 1)
    ax.plot(t, n, ".", color=COLOURS["candidate"], alpha=0.7, label="candidate $n_t$")
    ax.plot(t, path, **line("state"), label="state $h_t$")
    ax.set_title(title, fontsize=10)
    ax.set_ylim(-1.6, 1.6)
    half = len(n) // 2
    describe(
        ax,
        f"The candidates n_t, dots over {len(n)} steps, scatter around {np.mean(n[:half]):.1f} up "
        f"to step {half} and around {np.mean(n[half:]):.1f} after it, from {n.min():.1f} to "
        f"{n.max():.1f}.",
        f"The state h_t, a line from 0, is at {path[half // 3]:.2f} after step {half // 3 + 1}, at "
        f"{path[half - 1]:.2f} after step {half} and at {path[-1]:.2f} at the end; its mean change "
        f"from one step to the next is {np.abs(np.diff(path)).mean():.3f}.",
    )
    return ax


def candidates_over_reset(
    w_hn: float = 1.5, coupling: float = 1.5, b_hn: float = 0.5, ax: Axes | None = None
) -> Axes:
    """Draw a unit's candidate against its own r, reset after and before; its neighbour has r = 1.

    The unit has h = 0.8, its neighbour h = -0.6 and the weight `coupling` into the unit.
    """
    ax = ax or axes("$r_t$ of the unit (its neighbour's stays 1)", "candidate $n_t$ of the unit")
    r = np.linspace(0, 1, 201)
    u = w_hn * 0.8 + coupling * -0.6
    after = np.tanh(r * (u + b_hn))
    before = np.tanh(w_hn * r * 0.8 + coupling * -0.6 + b_hn)
    ax.plot(r, after, **line("candidate", 0), label="after (3)")
    ax.plot(r, before, **line("candidate", 1), label="before (3')")
    ax.set_ylim(-1.05, 1.05)
    ax.legend(frameon=False)
    apart = np.abs(after - before)
    describe(
        ax,
        "Line plot of a unit's candidate n_t against its own reset gate, from 0 to 1.",
        f"Reset after the product, solid, goes from {after[0]:.2f} to {after[-1]:.2f}.",
        "Reset before it, dashed, is the same curve."
        if apart.max() < 1e-9
        else f"Reset before it, dashed, goes from {before[0]:.2f} to {before[-1]:.2f}; the two are "
        f"{apart.max():.2f} apart at most, at r = {r[apart.argmax()]:.2g}.",
    )
    return ax


def one_unit_step(
    h: np.ndarray | float, x: float, w_hn: float, b_z: float, r: float = 1.0
) -> np.ndarray | float:
    """Return h_t of a one-unit cell with constant gates z = σ(b_z) and r, W_in = 1, no biases."""
    z = sigmoid(b_z)
    return (1 - z) * np.tanh(x + r * w_hn * h) + z * h


def one_unit_map(
    b_z: float = 0.0,
    w_hn: float = 2.0,
    x: float = 0.0,
    h_0: float | tuple[float, ...] = 0.05,
    ax: Axes | None = None,
) -> Axes:
    """Draw h_t against h_{t-1} of a one-unit cell, the diagonal, and the stairs from each h_0."""
    ax = ax or axes("$h_{t-1}$", "$h_t$", (4.2, 4.2))
    h = np.linspace(-1, 1, 401)
    ax.plot(h, h, color=INK, lw=1)
    ax.plot(h, one_unit_step(h, x, w_hn, b_z), **line("state"))
    ends = []
    for start, shape in zip(h_0 if isinstance(h_0, tuple) else (h_0,), SHAPES, strict=False):
        xs, ys, now = [start], [start], start
        for _ in range(40):
            new = float(one_unit_step(np.float64(now), x, w_hn, b_z))
            xs += [now, new]
            ys += [new, new]
            now = new
        ax.plot(xs, ys, color=COLOURS["state"], lw=1, ls="--")
        ax.plot(start, start, shape, color=COLOURS["state"], mfc="none")
        ax.plot(now, now, shape, color=COLOURS["state"])
        ends.append(f"From h_0 = {start:g} the state is at {_two(now)} after 40 steps.")
    ax.set(xlim=(-1, 1), ylim=(-1, 1), aspect="equal")
    ax.set_title(f"z = {gate_value(sigmoid(b_z))}, $w_{{hn}}$ = {w_hn:g}, x = {x:g}", fontsize=10)
    describe(
        ax,
        "Plot of the next state h_t against the state h_(t-1) of one unit, both from -1 to 1, with "
        "the diagonal; dashed stairs between curve and diagonal show the way from a hollow mark, "
        "the first state, to a filled one, the state after 40 steps.",
        f"For z = {gate_value(sigmoid(b_z))}, w_hn = {w_hn:g} and x = {x:g} the curve crosses the "
        f"diagonal at {_crossings(x, w_hn, b_z)}.",
        *ends,
    )
    return ax


def _crossings(x: float, w_hn: float, b_z: float) -> str:
    h = np.linspace(-1, 1, 2000)
    above = np.sign(np.asarray(one_unit_step(h, x, w_hn, b_z)) - h)
    return ", ".join(_two(h[i]) for i in np.flatnonzero(np.diff(above))) or "no place"


def _two(value: float) -> str:
    return f"{value:.2f}".replace("-0.00", "0.00")


def two_starts(b_z: float = 0.0, ax: Axes | None = None, steps: int = 40) -> Axes:
    """Draw one unit that reads the same random input from h_0 = 0.9 and from h_0 = -0.9."""
    ax = ax or axes("step t", "state $h_t$")
    x = np.random.default_rng(0).normal(0, 0.5, steps)
    paths = []
    for i, start in enumerate((0.9, -0.9)):
        path: list[Any] = [np.float64(start)]
        for x_t in x:
            path.append(one_unit_step(path[-1], x_t, 0.5, b_z))
        ax.plot(path, **line("state", i), label=f"$h_0$ = {start}")
        paths.append(path)
    apart = np.abs(np.array(paths[0]) - np.array(paths[1]))
    near = f"closer than 0.05 from step {np.argmax(apart < 0.05)} on, and"
    ax.set_ylim(-1, 1)
    ax.set_title(f"$b_z$ = {b_z:g}, z = {gate_value(sigmoid(b_z))}", fontsize=10)
    describe(
        ax,
        f"Line plot of the state of one unit over {steps} steps, twice: from 0.9, solid, and from "
        "-0.9, dashed, with the same random inputs.",
        f"With b_z = {b_z:g}, so z = {gate_value(sigmoid(b_z))}, the two paths are "
        f"{near if apart[-1] < 0.05 else ''} {apart[-1]:.2g} apart at the end.".replace("  ", " "),
    )
    return ax


def slopes() -> Axes:
    """Draw the slopes of σ and tanh against the pre-activation."""
    ax = axes("pre-activation a", "slope")
    a = np.linspace(-6, 6, 401)
    ax.plot(a, sigmoid(a) * (1 - sigmoid(a)), **line("plain", 0), label="σ'(a)")
    ax.plot(a, 1 - np.tanh(a) ** 2, **line("candidate", 1), label="tanh'(a)")
    ax.legend(frameon=False)
    describe(
        ax,
        "Line plot of two slopes against the pre-activation a, from -6 to 6. Both are bells "
        "around a = 0. That of sigma, solid, is 0.25 high and still 0.018 at a = 4; that of tanh, "
        "dashed, is 1 high, narrower, and 0.0013 at a = 4.",
    )
    return ax


def gradient_flow(
    b_z: float = 0.0,
    ax: Axes | None = None,
    steps: int = 60,
    H: int = 16,
    variant: int = 0,
    label: str = "",
) -> Axes:
    """Draw the norm of ∂L/∂h_t for a loss on the last state of a new GRU with update bias b_z."""
    fresh = ax is None
    ax = ax or axes("step t", "norm of $dh_t$, last step = 1")
    rng = np.random.default_rng(0)
    p = init_params(rng, 4, H)
    p = p._replace(b_iz=p.b_iz + b_z)
    h, kept = np.zeros(H), []
    for x_t in rng.normal(size=(steps, 4)):
        v = step_values(x_t, h, p)
        kept.append((x_t, h, v))
        h = v.h_t
    dh = rng.normal(size=H)
    norms = [np.linalg.norm(dh)]
    for x_t, h_prev, v in reversed(kept):
        dh = step_backward(dh, x_t, h_prev, v, p).dh_prev
        norms.append(np.linalg.norm(dh))
    shares = np.array(norms) / norms[0]
    ax.semilogy(np.arange(steps, -1, -1), shares, **line("gradient", variant), label=label or None)
    ax.set_ylim(min(1e-16, shares.min() / 2, ax.get_ylim()[0] if not fresh else 1), 10)
    ax.set_title(f"$b_z$ = {b_z:g}", fontsize=10)
    if fresh:
        describe(
            ax,
            "Line plot of the norm of the gradient at each state, 1 at the last step, against the "
            f"step from 0 to {steps}; the vertical axis is logarithmic.",
        )
    describe(
        ax,
        f"With b_z = {b_z:g} it is {shares[20]:.1e} twenty steps before the end and "
        f"{shares[-1]:.1e} at step 0.",
    )
    return ax


def norms_by_lag(curves: dict[str, np.ndarray], ax: Axes | None = None, floor=1e-12) -> Axes:
    """Draw ‖∂L/∂h‖ against lag, each curve relative to its value at lag 0, and the level 1/e.

    A curve whose label begins with a cell's name has that cell's colour.
    """
    ax = ax or axes("lag (steps before the loss)", "norm of the gradient, lag 0 = 1")
    describe(
        ax,
        "Line plot of the norm of the gradient, 1 at lag 0, against the lag, the number of steps "
        f"before the loss; the vertical axis is logarithmic, and what is below {floor:.0e} is not "
        "drawn. A dotted level marks 1/e.",
    )
    for (label, norms), style in zip(curves.items(), _styles(curves), strict=True):
        shares = norms / norms[0]
        ax.semilogy(np.where(shares > floor, shares, np.nan), **style, label=label)
        last = len(shares) - 1
        describe(
            ax,
            f"{plain(label)}: {shares[10]:.1e} at lag 10, {shares[last // 2]:.1e} at lag "
            f"{last // 2}, {shares[last]:.1e} at lag {last}.",
        )
    level(ax, np.exp(-1), "1/e")
    ax.set_ylim(floor, None)
    ax.legend(frameon=False, fontsize=8)
    return ax


def _styles(labels: Iterable[str]) -> list[dict[str, Any]]:
    """Return a style for each label: the cell's colour that it begins with, dashes by count."""
    seen: dict[str, int] = {}
    styles = []
    for label in labels:
        words = {"tanh": "tanh", "GRU": "gru", "LSTM": "lstm", "$z^k": "update"}
        role = next((role for word, role in words.items() if label.startswith(word)), "gradient")
        styles.append(line(role, seen.get(role, 1 if role == "update" else 0)))
        seen[role] = seen.get(role, 0) + 1
    return styles


def horizon_of_bias(b_z: float = 0.0, lags: int = 200, ax: Axes | None = None) -> Axes:
    """Draw the gradient's norm against lag of a new GRU with update bias b_z, and z^lag."""
    rng = np.random.default_rng(1)
    p = init_params(rng, 32, 32)
    p = p._replace(b_iz=p.b_iz + b_z)
    x, h_0, dh_T = rng.normal(size=(lags, 32)), np.zeros(32), rng.normal(size=32)
    norms = norms_against_lag("gru", p, x, h_0, dh_T)
    z = float(sigmoid(b_z))
    curves = {
        f"measured, $b_z$ = {b_z:g}": norms,
        f"$z^k$ with z = {z:.3f}": z ** np.arange(lags + 1),
    }
    ax = norms_by_lag(curves, ax)
    ax.set_title(f"$b_z$ = {b_z:g}", fontsize=10)
    return ax


def gate_histogram(gates: np.ndarray, ax: Axes) -> Axes:
    """Draw how many update gates lie where between 0 and 1."""
    ax.hist(gates, bins=40, range=(0, 1), color=COLOURS["update"])
    low, middle, high = np.quantile(gates, (0.05, 0.5, 0.95))
    describe(
        ax,
        f"Histogram of {gates.size} update gates between 0 and 1.",
        f"Half of them are above {middle:.2f}, and nine in ten between {low:.2f} and {high:.2f}.",
    )
    return ax


def spectrum(J: np.ndarray, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw the eigenvalues of a Jacobian in the complex plane, and the unit circle."""
    ax = ax or axes("real part", "imaginary part", (3.6, 3.6))
    angle = np.linspace(0, 2 * np.pi, 200)
    ax.plot(np.cos(angle), np.sin(angle), color=INK, lw=1)
    values = np.linalg.eigvals(J)
    ax.plot(values.real, values.imag, ".", color=COLOURS["gradient"])
    edge = max(1.3, 1.1 * np.abs(values).max())
    ax.set(aspect="equal", xlim=(-edge, edge), ylim=(-edge, edge), xlabel="real part")
    ax.set_title(title, fontsize=10)
    describe(
        ax,
        "Scatter plot of the eigenvalues of the Jacobian in the complex plane, with the unit "
        "circle.",
        f"{len(values)} eigenvalues with real parts from {values.real.min():.2f} to "
        f"{values.real.max():.2f}, mean {values.real.mean():.2f}, and imaginary parts of at most "
        f"{np.abs(values.imag).max():.2f}; {np.sum(np.abs(values) > 1)} lie outside the circle.",
    )
    return ax
