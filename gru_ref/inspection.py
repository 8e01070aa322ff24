"""What chapter 7 teaches, measured on a trained GRU or LSTM: how long it remembers, and how safely.

Of each layer and direction, on a given or a random input:

    τ = ln ½ / ln z,  z = σ(b_iz + b_hz)         (1)   half-life at x_t = 0, h_{t-1} = 0
    τ = ln ½ / mean_t ln z_t                     (2)   half-life along the input
    ρ(J_t),  J_t = ∂h_t/∂h_{t-1}                 (3)   spectral radius
    λ = 1/T ln ‖J_T ··· J_1 v‖                   (4)   Lyapunov exponent

(1) and (2) follow what the gate alone leaves of a unit, z_1 ··· z_τ = ½, and leave out what W_h
brings back, which is in (3) and (4). An LSTM has its forget gate f for z, and its state is (h, c).
A gate is called saturated below 0.1 and above 0.9 (Karpathy, Johnson and Li 2015, arXiv
1506.02078). Reading order: `jacobian` and `converge`, whose quantities these are, then this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gru_ref.cell import GRUParams, sigmoid, step_values
from gru_ref.converge import DIGITS
from gru_ref.errors import UsageError
from gru_ref.formats.found import LIBRARIES, Network
from gru_ref.formats.layout import Params, check_sizes
from gru_ref.jacobian import gru_jacobian, predicted_horizon, spectral_radius
from gru_ref.lstm import lstm_jacobian, lstm_step

SATURATED = (0.1, 0.9)
RADII, FEW = 20, 5  # steps at which the eigenvalues are taken; of more than MANY units
MANY = 128
STEPS, SEQUENCES = 200, 8  # of the random input


class Inspected(NamedTuple):
    """One layer and direction; `keeps` is the name of the gate that keeps the state, z or f."""

    name: str
    keeps: str
    biases: dict[str, np.ndarray]  # by gate, b_i + b_h
    at_rest: np.ndarray  # (H,), half-lives in steps, (1)
    running: np.ndarray  # (H,), (2)
    gates: dict[str, np.ndarray]  # by gate, (T, N, H)
    radii: np.ndarray  # (3), at up to RADII steps of the first sequence
    exponent: float  # (4), of the first sequence
    J: np.ndarray  # (S, S), of its last step; S is H, and 2H of an LSTM


def inspect_network(network: Network, x: np.ndarray) -> list[Inspected]:
    """Return what is measured of each layer and direction while it reads x (T, N, D).

    A layer reads the states of the one below. ValueError where x does not fit.
    """
    D, _ = network.sizes
    if x.ndim != 3 or x.shape[2] != D or x.size == 0:
        raise ValueError(
            f"The input has shape {x.shape}, expected (T, N, {D}) or (T, {D}), since the network "
            f"reads D = {D} numbers a step."
        )
    x = x.astype(float)
    both = len(network.layers[0]) == 2
    seen = []
    for i, layer in enumerate(network.layers, 1):
        h = []
        for d, p in enumerate(layer):
            name = f"layer {i}" + (f", {('forward', 'backward')[d]}" if both else "")
            p = type(p)(*(w.astype(float) for w in p))
            states, measured = _measure(name, p, x[::-1] if d else x, network.reset)
            h.append(states[::-1] if d else states)
            seen.append(measured)
        x = np.concatenate(h, axis=2)
    return seen


def half_life(z: np.ndarray) -> np.ndarray:
    """Return ln ½ / ln z, the steps after which half is left of what z multiplies at each."""
    return np.log(2) * np.asarray(predicted_horizon(z))


def report(source: str, network: Network, seen: list[Inspected], on: str) -> str:
    """Return what was measured, in lines; `on` names the input, `source` the file."""
    D, H = network.sizes
    layers = network.layers
    count = sum(w.size for layer in layers for p in layer for w in p)
    kind = "a GRU" if network.cell == "gru" else "an LSTM"
    reset = f", reset {network.reset} the product with W_hn" if network.reset else ""
    ways = "both directions" if len(layers[0]) == 2 else "forward"
    lines = [
        f"{source}: {network.name}, {kind} as {LIBRARIES[network.library]} stores it{reset}",
        f"{len(layers)} layer{'s' * (len(layers) > 1)}, {ways}, D = {D} inputs, H = {H} units, "
        f"{count:,} numbers of {layers[0][0][0].dtype}",
        f"Measured on {on}.",
        f"A half-life counts what the gate {seen[0].keeps} alone leaves of a unit.",
    ]
    for one in seen:
        lines += ["", one.name, *(f"  {line}" for line in _lines(one))]
    return "\n".join(lines)


def random_input(D: int, steps: int = STEPS, seed: int = 0) -> np.ndarray:
    """Return SEQUENCES sequences of independent standard normal numbers, (T, N, D)."""
    return np.random.default_rng(seed).normal(size=(steps, SEQUENCES, D))


def held_out_input(folder: Path, steps: int = STEPS) -> tuple[np.ndarray, str]:
    """Return what a run's network has not been trained on, (T, N, D), and what that is in words.

    They are the first SEQUENCES held-out sequences of its task, at most `steps` steps of each.
    UsageError where the run or its data cannot be read.
    """
    from torch import device

    from gru_ref.training.run import load_model

    _, settings, task = load_model(folder)
    x = task.held_out(device("cpu")).x[:steps, :SEQUENCES].double().numpy()
    T, N, _ = x.shape
    return x, f"{N} held-out sequences of the task {settings.task}, {T} steps of each"


def read_input(path: Path) -> np.ndarray:
    """Return the array of a .npy file, or the one of a .npz file, as (T, N, D).

    UsageError where it holds none, or one without two or three axes.
    """
    try:
        loaded = np.load(path, allow_pickle=False)
        arrays = list(loaded.values()) if isinstance(loaded, Mapping) else [loaded]
    except OSError:
        raise
    except Exception as error:  # whatever a foreign file makes NumPy say
        raise UsageError(f"{path} is no array that np.save or np.savez has written.") from error
    shapes = ", ".join(str(a.shape) for a in arrays)
    if len(arrays) != 1 or arrays[0].ndim not in (2, 3) or arrays[0].dtype.kind not in "fiub":
        raise UsageError(
            f"{path} holds the shapes {shapes or 'of no array'}, expected one array of numbers, "
            f"(T, D) or (T, N, D)."
        )
    x = arrays[0].astype(float)
    if not np.isfinite(x).all():
        raise UsageError(f"{path} holds numbers that are not finite: replace or leave them out.")
    return x if x.ndim == 3 else x[:, None]


def _measure(
    name: str, p: Params, x: np.ndarray, reset: str | None
) -> tuple[np.ndarray, Inspected]:
    T, N, _ = x.shape
    _, H = check_sizes(p)
    names = ("r", "z") if isinstance(p, GRUParams) else ("i", "f", "o")
    keeps = "z" if isinstance(p, GRUParams) else "f"
    gates = {gate: np.empty((T, N, H)) for gate in names}
    h = np.empty((T, N, H))
    count = min(T, RADII if H <= MANY else FEW)
    at = set(np.linspace(0, T - 1, count).astype(int).tolist())
    radii, v, total = [], None, 0.0
    for t, (values, h[t], J) in enumerate(_run(p, x, reset or "after")):
        for gate in names:
            gates[gate][t] = values[gate]
        if t in at:
            radii.append(spectral_radius(J))
        v = J @ (np.full(len(J), len(J) ** -0.5) if v is None else v)
        norm = np.linalg.norm(v)
        with np.errstate(divide="ignore"):
            total += np.log(norm)
        v = v / (norm or 1)
    biases = {
        g: getattr(p, f"b_i{g}") + getattr(p, f"b_h{g}")
        for g in (*names, "n" if keeps == "z" else "g")
    }
    with np.errstate(divide="ignore"):
        along = np.exp(np.log(gates[keeps]).mean(axis=(0, 1)))
    return h, Inspected(
        name,
        keeps,
        biases,
        half_life(sigmoid(biases[keeps])),  # (1)
        half_life(along),  # (2)
        gates,
        np.array(radii),  # (3)
        float(total / T),  # (4)
        J,
    )


def _run(p: Any, x: np.ndarray, reset: str) -> Iterator[tuple[dict[str, Any], np.ndarray, Any]]:
    """Yield the gates and h_t of all sequences at every step, and J_t of the first."""
    h = c = np.zeros((x.shape[1], check_sizes(p)[1]))
    for x_t in x:
        if isinstance(p, GRUParams):
            J = gru_jacobian(x_t[0], h[0], p, reset)
            v = step_values(x_t, h, p, reset)
            h = v.h_t
            yield {"r": v.r_t, "z": v.z_t}, h, J
        else:
            J = lstm_jacobian(x_t[0], h[0], c[0], p)
            i, f, _, o, c, h = lstm_step(x_t, h, c, p)
            yield {"i": i, "f": f, "o": o}, h, J


def _lines(one: Inspected) -> list[str]:
    low, high = SATURATED
    rows = {
        "biases, b_i + b_h": ", ".join(_range(g, b) for g, b in one.biases.items()),
        "half-life at x = 0, h = 0": _spread(one.at_rest),
        "half-life along the input": _spread(one.running),
        f"gates < {low}, > {high}": ", ".join(
            f"{g} {np.mean(a < low):.0%}, {np.mean(a > high):.0%}" for g, a in one.gates.items()
        ),
        "spectral radius of J_t": f"median {np.median(one.radii):.3g}, largest "
        f"{one.radii.max():.3g} of {len(one.radii)} steps",
        "Lyapunov exponent": _told(one.exponent),
    }
    return [f"{name:<27}{told}" for name, told in rows.items()]


def _range(gate: str, b: np.ndarray) -> str:
    return f"{gate} {b.min():.2g} to {b.max():.2g}" if b.any() else f"{gate} 0"


def _spread(steps: np.ndarray) -> str:
    long = [f"{np.sum(steps > k)} of {len(steps)} units above {k}" for k in (10, 100)]
    told = "; ".join(text for text in long if not text.startswith("0 "))
    spread = f"{steps.min():.3g} to {steps.max():.3g} steps, median {np.median(steps):.3g}"
    return f"{spread}; {told}" if told else spread


def _told(exponent: float) -> str:
    if exponent == -np.inf:
        return "-inf: the state before has no influence at all"
    told = f"{exponent:+.3f} a step: a small difference of states "
    if abs(exponent) < 5e-4:
        return f"{told}neither grows nor shrinks"
    if exponent < 0:
        return f"{told}shrinks to 1/e in {-1 / exponent:.3g} steps"
    return (
        f"{told}grows by e in {1 / exponent:.3g} steps, and the digits of float64 are lost after "
        f"{DIGITS / exponent:.0f}"
    )
