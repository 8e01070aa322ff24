"""Pictures of time without a loop: a scan, errors over rounds, rounds against λ, work and depth."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gru_ref import unroll
from gru_ref.cell import init_params
from gru_ref.converge import lyapunov_exponent
from gru_ref.figures import plots
from gru_ref.figures.palette import COLOURS, SHAPES
from gru_ref.figures.plots import axes
from gru_ref.figures.shown import describe
from gru_ref.jacobian import jacobians
from gru_ref.parallel import parallel_round, residual

FLOOR = 1e-16


def scan_picture(T: int = 8) -> Axes:
    """Draw what a scan of T = 2, 4, 8 or 16 steps makes of what, round by round from below."""
    ax = axes("step t", "round", (8.2, 3.6))
    maps = dict.fromkeys(range(1, T + 1), 0)  # the round in which a step's last map was made
    states, k, width = {0: 0}, 0, 1

    def point(t: int, made: int, parts: list[tuple[int, int]], colour: str, mark: str) -> None:
        for part in parts:
            ax.plot([part[0], t], [part[1], made], color=colour, lw=1.3, zorder=1)
        ax.plot(t, made, mark, color=colour, ms=7)

    made_at = {1: dict(maps)}
    while width < T:
        k, width = k + 1, 2 * width
        for t in range(width, T + 1, width):
            parts = [(t - width // 2, maps[t - width // 2]), (t, maps[t])]
            point(t, k, parts, COLOURS["update"], "s")
            maps[t] = k
        made_at[width] = dict(maps)
    while width:
        k += 1
        for t in range(width, T + 1, 2 * width):
            parts = [(t - width, states[t - width]), (t, made_at[width][t])]
            point(t, k, parts, COLOURS["state"], "o")
            states[t] = k
        width //= 2
    ax.plot(range(1, T + 1), [0] * T, "s", color=COLOURS["plain"], ms=7, label="a step's own map")
    ax.plot(0, 0, "o", color=COLOURS["state"], ms=7, label="a state")
    ax.plot([], [], "s", color=COLOURS["update"], label="two maps, joined")
    ax.set(xticks=range(T + 1), yticks=range(k + 1), xlim=(-0.4, T + 0.4))
    ax.grid(False)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    describe(
        ax,
        f"The maps of {T} steps in a row at the bottom, h_0 beside them. In {k // 2} rounds maps "
        f"are joined in pairs, pairs of pairs and so on; in {k - k // 2} more, states follow from "
        f"h_0: first h_{T}, then h_{T // 2}, and at last every second one.",
    )
    return ax


def error_map(errors: np.ndarray, ax: Axes | None = None, title: str = "", first: str = "") -> Axes:
    """Draw the error of every state, (rounds, T), a row a round, on a log scale."""
    if ax is None:
        ax = axes("step t", "round", (7.2, 2.8))
    logs = np.log10(np.maximum(errors, FLOOR))
    rounds, T = errors.shape
    image = ax.imshow(
        logs,
        aspect="auto",
        vmin=-16,
        vmax=0,
        cmap="viridis",
        interpolation="nearest",
        extent=(0.5, T + 0.5, rounds + 0.5, 0.5),
    )
    ax.set_title(title, fontsize=10)
    ax.set_xlabel("step t")
    ax.grid(False)
    ax.figure.colorbar(image, ax=ax, label="log₁₀ of the error")
    step = max(1, rounds // 8)
    ax.set_yticks(range(1, rounds + 1, step))
    if first:
        ax.set_yticklabels([first, *map(str, range(1 + step, rounds + 1, step))])
    worst = ", ".join(f"{e:.0e}" for e in errors.max(axis=1)[[0, rounds // 2, -1]])
    describe(
        ax,
        f"Heat map of the error of {T} states over {rounds} rounds, a row each. The largest error "
        f"of the first, the middle and the last row: {worst}.",
    )
    return ax


def rounds_against_exponent(
    exponents: np.ndarray, rounds: np.ndarray, most: int, ax: Axes | None = None
) -> Axes:
    """Draw how many rounds it took against λ; a cross where `most` were not enough."""
    ax = ax or axes("Lyapunov exponent λ, a step", "rounds")
    done = rounds <= most
    ax.plot(exponents[done], rounds[done], "o", color=COLOURS["state"], label="arrived")
    style: dict[str, Any] = {"color": COLOURS["candidate"], "ms": 8}
    ax.plot(exponents[~done], rounds[~done], "x", label=f"not in {most} rounds", **style)
    ax.axvline(0, color=COLOURS["plain"], lw=1)
    ax.set_ylim(0, most * 1.1)
    ax.legend(frameon=False, fontsize=8, loc="upper left")
    bands = ((-np.inf, -0.3), (-0.3, -0.1), (-0.1, 0.0), (0.0, np.inf))
    describe(
        ax,
        f"Points of {len(rounds)} networks: rounds against the Lyapunov exponent λ. "
        + " ".join(filter(None, (_band(exponents, rounds, most, *band) for band in bands))),
    )
    return ax


def _band(e: np.ndarray, rounds: np.ndarray, most: int, low: float, high: float) -> str:
    """Return in words what the networks with λ from low to high took; "" where there are none."""
    there = rounds[(e >= low) & (e < high)]
    if not len(there):
        return ""
    where = f"below {high:g}" if low == -np.inf else f"from {low:g} to {high:g}"
    where = f"of {low:g} and more" if high == np.inf else where
    done = there[there <= most]
    took = f"{done.min()} to {done.max()} rounds" if len(done) else "none arrives"
    late = f", and {len(there) - len(done)} of {len(there)} do not arrive" if len(done) else ""
    return f"With λ {where}: {took}{late if len(done) < len(there) else ''}."


def work_and_depth(
    sizes: np.ndarray, work: dict[str, np.ndarray], depth: dict[str, np.ndarray]
) -> Axes:
    """Draw multiplications (left) and steps one after the other (right) against T."""
    panels = plots.panels(2, (9.6, 3.2), "")
    kinds = ((work, "multiplications"), (depth, "steps one after the other"))
    for ax, (curves, label) in zip(panels, kinds, strict=True):
        for i, (name, values) in enumerate(curves.items()):
            style: dict[str, Any] = {**plots.line("plain", i), "marker": SHAPES[i], "ms": 5}
            ax.loglog(sizes, values, label=name, **style)
        ax.set(xlabel="T", ylabel=label)
        ax.grid(alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, fontsize=8)
        ends = "; ".join(f"{name} {v[-1]:.1e}" for name, v in curves.items())
        describe(
            ax, f"{label} against T up to {sizes[-1]}, both on log scales. At its end: {ends}."
        )
    return panels[0]


def network(g: float | int, T: int = 300, H: int = 16) -> tuple[np.ndarray, Any]:
    """Return an input and a new GRU whose recurrent weights are g times as large."""
    rng = np.random.default_rng(4)
    p = init_params(rng, 4, H)
    p = p._replace(W_hr=g * p.W_hr, W_hz=g * p.W_hz, W_hn=g * p.W_hn)
    return rng.normal(size=(T, 1, 4)), p


def newton_errors(x: np.ndarray, p: Any, due: np.ndarray, most: int, gates: int = 0) -> np.ndarray:
    """Return the error of every state after each round, (rounds, T): gate rounds, then Newton's."""
    h = np.zeros_like(due)
    errors: list[np.ndarray] = []
    with np.errstate(over="ignore", invalid="ignore"):
        while len(errors) < most and np.abs(residual(h, x, p)).max() > 1e-10:
            h = parallel_round(h, x, p, kind="gate" if len(errors) < gates else "newton")
            errors.append(np.abs(h - due).max(axis=(1, 2)))
    return np.array(errors)


def edge_of_chaos(g: float | int = 1.0, panels: Any = None, most: int = 40) -> Axes:
    """Draw how two neighbours part, and the errors of the rounds, for recurrent weights times g."""
    if panels is None:
        panels = plots.panels(2, (9.6, 3.0), "")
    x, p = network(g)
    h = unroll(x, p).h
    start = np.zeros_like(h[0]) + 1e-8
    gap = np.linalg.norm(unroll(x, p, start).h - h, axis=-1)[:, 0]
    lam = float(lyapunov_exponent(jacobians("gru", p, x[:, 0], np.zeros(h.shape[-1]))))
    errors = newton_errors(x, p, h, most, 1)
    arrived = len(errors) < most or errors[-1].max() < 1e-9
    ax = panels[0]
    ax.semilogy(np.maximum(gap, FLOOR), color=COLOURS["state"], lw=1.5)
    ax.set(ylim=(FLOOR, 10), xlabel="step t", ylabel="distance of two neighbours")
    ax.set_title(f"g = {g:g}, λ = {lam:+.3f}", fontsize=10)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    described = f"{len(errors)} rounds" if arrived else f"not in {most} rounds"
    describe(
        ax,
        f"The distance of two trajectories that start 2e-8 to 4e-8 apart, on a log scale. With "
        f"g = {g:g} it is {gap[-1]:.0e} after {len(x)} steps; λ is {lam:+.3f}.",
    )
    error_map(errors, panels[1], described, "minGRU")
    return ax
