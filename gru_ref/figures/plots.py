"""Pictures of numbers: gates, memories, candidates and the one-unit map.

Every function draws on fresh axes and returns them; `gru_ref.figures.widgets` puts sliders on
the same functions, so that the interactive figure and its static twin cannot differ.
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from gru_ref.cell import init_params, sigmoid, step_backward, step_values
from gru_ref.figures.diagrams import COLOURS
from gru_ref.jacobian import norms_against_lag

SHADES = ("#9ecae1", "#4a90c4", "#12508f", "#08223d")


def axes(xlabel: str, ylabel: str, size: tuple[float, float] = (6.4, 3.2)) -> Axes:
    """Return fresh axes in the course's style."""
    _, ax = plt.subplots(figsize=size, layout="constrained")
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def sigmoid_curve(w: float = 1.0, b: float = 0.0, ax: Axes | None = None, **line) -> Axes:
    """Draw σ(w x + b): w sets how steep the step is, b where it stands."""
    ax = ax or axes("x", "σ(w x + b)")
    a = np.linspace(-8, 8, 401)
    style: dict[str, Any] = {"color": COLOURS["reset"], "lw": 2} | line
    ax.plot(a, sigmoid(w * a + b), **style)
    ax.axhline(0.5, color="0.7", lw=0.8)
    ax.set_ylim(-0.05, 1.05)
    return ax


def gate_over_state(
    w_h: float = 2.0,
    w_i: float = 1.0,
    x: float = 0.0,
    b: float = 0.0,
    ax: Axes | None = None,
    **line,
) -> Axes:
    """Draw a one-unit gate σ(w_i x + w_h h + b) against the state h in (-1, 1)."""
    ax = ax or axes("state $h_{t-1}$", "gate $r_t$")
    h = np.linspace(-1, 1, 201)
    style: dict[str, Any] = {"color": COLOURS["reset"], "lw": 2} | line
    ax.plot(h, sigmoid(w_i * x + w_h * h + b), **style)
    ax.set_ylim(-0.05, 1.05)
    return ax


def bars(values: np.ndarray, ylabel: str, role: str = "plain", ax: Axes | None = None) -> Axes:
    """Draw the components of one vector as bars."""
    ax = ax or axes("component", ylabel, (7.2, 2.4))
    ax.bar(np.arange(len(values)), values, color=COLOURS[role], width=0.85)
    ax.axhline(0, color="0.3", lw=0.8)
    return ax


def memory_decay(
    z: float | tuple[float, ...] = 0.9, steps: int = 60, ax: Axes | None = None
) -> Axes:
    """Draw what is left of h_0 after k steps of a constant z, z^k, and where it is one half."""
    ax = ax or axes("steps k", "share of $h_0$ left, $z^k$")
    k = np.arange(steps + 1)
    zs = z if isinstance(z, tuple) else (z,)
    for value, colour in zip(zs, SHADES[: len(zs)] if len(zs) > 1 else SHADES[2:3], strict=True):
        half = np.log(0.5) / np.log(value)
        ax.plot(k, value**k, color=colour, lw=2, label=f"z = {value:g}: half-life {half:.1f}")
        if half <= steps:
            ax.plot([half], [0.5], "o", color=colour)
    ax.axhline(0.5, color="0.7", lw=0.8)
    ax.set_ylim(-0.03, 1.05)
    ax.legend(frameon=False)
    return ax


def leaky_memory(z: np.ndarray, n: np.ndarray, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw h_t = z_t h_{t-1} + (1 - z_t) n_t from h_0 = 0, over the candidates n_t."""
    ax = ax or axes("step t", "")
    h, path = 0.0, []
    for z_t, n_t in zip(z, n, strict=True):
        h = z_t * h + (1 - z_t) * n_t
        path.append(h)
    t = np.arange(1, len(n) + 1)
    ax.plot(t, n, ".", color=COLOURS["candidate"], alpha=0.5, label="candidate $n_t$")
    ax.plot(t, path, color=COLOURS["state"], lw=2, label="state $h_t$")
    ax.set_title(title, fontsize=10)
    ax.set_ylim(-1.25, 1.25)
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
    ax.plot(r, after, color=COLOURS["candidate"], lw=2, label="after (3)")
    ax.plot(r, before, color=COLOURS["plain"], lw=2, ls="--", label="before (3')")
    ax.set_ylim(-1.05, 1.05)
    ax.legend(frameon=False)
    return ax


def one_unit_step(
    h: np.ndarray | float, x: float, w_hn: float, b_z: float, r: float = 1.0
) -> np.ndarray | float:
    """Return h_t of a one-unit cell with constant gates z = σ(b_z) and r, W_in = 1, no biases."""
    z = sigmoid(b_z)
    return (1 - z) * np.tanh(x + r * w_hn * h) + z * h


def one_unit_map(
    b_z: float = 0.0, w_hn: float = 2.0, x: float = 0.0, h_0: float = 0.05, ax: Axes | None = None
) -> Axes:
    """Draw h_t against h_{t-1} of a one-unit cell, the diagonal, and the path from h_0."""
    ax = ax or axes("$h_{t-1}$", "$h_t$", (4.2, 4.2))
    h = np.linspace(-1, 1, 401)
    ax.plot(h, h, color="0.6", lw=1)
    ax.plot(h, one_unit_step(h, x, w_hn, b_z), color=COLOURS["state"], lw=2.2)
    xs, ys, now = [h_0], [-1.0], h_0
    for _ in range(40):
        new = float(one_unit_step(np.float64(now), x, w_hn, b_z))
        xs += [now, new]
        ys += [new, new]
        now = new
    ax.plot(xs, ys, color=COLOURS["candidate"], lw=0.9)
    ax.set(xlim=(-1, 1), ylim=(-1, 1), aspect="equal")
    ax.set_title(f"z = {sigmoid(b_z):.2f}, $w_{{hn}}$ = {w_hn:g}, x = {x:g}", fontsize=10)
    return ax


def two_starts(b_z: float = 0.0, ax: Axes | None = None, steps: int = 40) -> Axes:
    """Draw one unit that reads the same random input from h_0 = 0.9 and from h_0 = -0.9."""
    ax = ax or axes("step t", "state $h_t$")
    x = np.random.default_rng(0).normal(0, 0.5, steps)
    for start, colour in ((0.9, COLOURS["state"]), (-0.9, COLOURS["candidate"])):
        path: list[Any] = [np.float64(start)]
        for x_t in x:
            path.append(one_unit_step(path[-1], x_t, 0.5, b_z))
        ax.plot(path, color=colour, lw=2, label=f"$h_0$ = {start}")
    ax.set_ylim(-1, 1)
    ax.set_title(f"$b_z$ = {b_z:g}, z = {sigmoid(b_z):.2f}", fontsize=10)
    return ax


def slopes() -> Axes:
    """Draw the slopes of σ and tanh against the pre-activation."""
    ax = axes("pre-activation a", "slope")
    a = np.linspace(-6, 6, 401)
    ax.plot(a, sigmoid(a) * (1 - sigmoid(a)), color=COLOURS["reset"], lw=2, label="σ'(a)")
    ax.plot(a, 1 - np.tanh(a) ** 2, color=COLOURS["candidate"], lw=2, label="tanh'(a)")
    ax.legend(frameon=False)
    return ax


def gradient_flow(
    b_z: float = 0.0, ax: Axes | None = None, steps: int = 60, H: int = 16, **line
) -> Axes:
    """Draw the norm of ∂L/∂h_t for a loss on the last state of a new GRU with update bias b_z."""
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
    style: dict[str, Any] = {"color": COLOURS["state"], "lw": 2} | line
    ax.semilogy(np.arange(steps, -1, -1), np.array(norms) / norms[0], **style)
    ax.set_ylim(1e-16, 10)
    ax.set_title(f"$b_z$ = {b_z:g}", fontsize=10)
    return ax


def norms_by_lag(curves: dict[str, np.ndarray], ax: Axes | None = None, floor=1e-12) -> Axes:
    """Draw ‖∂L/∂h‖ against lag, each curve relative to its value at lag 0, and the level 1/e."""
    ax = ax or axes("lag (steps before the loss)", "norm of the gradient, lag 0 = 1")
    for label, norms in curves.items():
        shares = norms / norms[0]
        ax.semilogy(np.where(shares > floor, shares, np.nan), lw=2, label=label)
    ax.axhline(np.exp(-1), color="0.6", ls=":", label="1/e")
    ax.set_ylim(floor, None)
    ax.legend(frameon=False, fontsize=8)
    return ax


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
    return norms_by_lag(curves, ax)


def spectrum(J: np.ndarray, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw the eigenvalues of a Jacobian in the complex plane, and the unit circle."""
    ax = ax or axes("real part", "imaginary part", (3.6, 3.6))
    angle = np.linspace(0, 2 * np.pi, 200)
    ax.plot(np.cos(angle), np.sin(angle), color="0.6", lw=1)
    values = np.linalg.eigvals(J)
    ax.plot(values.real, values.imag, ".", color=COLOURS["state"])
    ax.set(aspect="equal", xlim=(-1.3, 1.3), ylim=(-1.3, 1.3), xlabel="real part")
    ax.set_title(title, fontsize=10)
    return ax
