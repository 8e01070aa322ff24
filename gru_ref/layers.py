"""Several layers and two directions: GRUs of `gru_ref.fast`, joined as in `torch.nn.GRU`.

layers[i][d] holds the parameters of layer i in direction d: 0 reads forward in time, 1 backward,
from the last step that a sequence has. A layer's h holds its directions side by side, E units in
all, and is the x of the next one. States have torch's order, (S, N, H) with S = layers · directions
and those of a layer together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gru_ref._shapes import Float
from gru_ref.cell import GRUParams, init_params, sizes
from gru_ref.fast.backward import gru_backward
from gru_ref.fast.buffers import Workspace
from gru_ref.fast.forward import gru_forward
from gru_ref.sequence import Lengths, check_gradients, check_sequence, reverse

Layers = tuple[tuple[GRUParams, ...], ...]


class Stacked(NamedTuple):
    """The last layer's states, the last state of every layer and direction, and what is kept."""

    h: Float[np.ndarray, "T N E"]
    h_T: Float[np.ndarray, "S N H"]
    kept: Any  # None where nothing was kept


class StackGradients(NamedTuple):
    """∂L/∂ of each of the three things that a stack reads, in their shapes."""

    dx: Float[np.ndarray, "T N D"]
    dh_0: Float[np.ndarray, "S N H"]
    layers: Layers


def init_stack(
    rng: np.random.Generator, D: int, H: int, layers: int = 1, directions: int = 1
) -> Layers:
    """Return parameters as `init_params` draws them, for every layer and direction."""
    inputs = [D] + [directions * H] * (layers - 1)
    return tuple(tuple(init_params(rng, size, H) for _ in range(directions)) for size in inputs)


def stack_forward(
    x: Float[np.ndarray, "T N D"],
    layers: Layers,
    h_0: Float[np.ndarray, "S N H"] | None = None,
    lengths: Lengths = None,
    reset: str = "after",
    workspace: Workspace | None = None,
    keep: bool = True,
) -> Stacked:
    """Return the h of the last layer and the h_T of every layer; ValueError on a misfit.

    The arguments are those of `gru_forward`, with one initial state for each layer and direction.
    """
    directions, H = _check_layers(layers)
    first = check_sequence(x, layers[0][0], None, lengths, reset)
    lengths = None if lengths is None else first
    due = (len(layers) * directions, x.shape[1], H)
    if h_0 is not None and np.shape(h_0) != due:
        raise ValueError(
            f"h_0 has shape {np.shape(h_0)}, expected {due}: give every layer and direction its "
            f"own initial states, or leave h_0 out for zeros."
        )
    workspace = Workspace() if workspace is None else workspace
    h_T, kept = [], []
    for i, layer in enumerate(layers):
        h = []
        for d, p in enumerate(layer):
            state = None if h_0 is None else h_0[i * directions + d]
            seen = reverse(x, lengths) if d else x
            run = gru_forward(seen, p, state, lengths, reset, workspace.part(i, d), keep)
            h.append(reverse(run.h, lengths) if d else run.h)
            h_T.append(run.h_T)
            kept.append(run.kept)
        x = h[0] if directions == 1 else np.concatenate(h, axis=2)
    return Stacked(x, np.stack(h_T), (tuple(kept), directions, lengths) if keep else None)


def stack_backward(
    dh: Float[np.ndarray, "T N E"] | None,
    kept: tuple[Any, ...],
    dh_T: Float[np.ndarray, "S N H"] | None = None,
    window: int | None = None,
) -> StackGradients:
    """Return the gradients of x, of h_0 and of every layer; ValueError on a misfit.

    The arguments are those of `gru_backward`. window counts in each direction's own order of time.
    """
    runs, directions, lengths = kept
    T, N, H = runs[0].shape
    states = (len(runs), N, H)
    check_gradients(dh, (T, N, directions * H), None, window)
    if dh_T is not None and np.shape(dh_T) != states:
        raise ValueError(
            f"dh_T has shape {np.shape(dh_T)}, expected {states}: pass one ∂L/∂h_T for every layer "
            f"and direction."
        )
    dh_0: list[Any] = [None] * len(runs)
    layers: list[tuple[GRUParams, ...]] = []
    for i in reversed(range(len(runs) // directions)):
        dx: Any = 0
        layer = []
        for d in range(directions):
            at = i * directions + d
            dh_d = None if dh is None else dh[:, :, d * H : (d + 1) * H]
            if d and dh_d is not None:
                dh_d = reverse(dh_d, lengths)
            g = gru_backward(dh_d, runs[at], None if dh_T is None else dh_T[at], window)
            dx = dx + (reverse(g.dx, lengths) if d else g.dx)
            dh_0[at] = g.dh_0
            layer.append(g.params)
        dh = dx
        layers.insert(0, tuple(layer))
    return StackGradients(dx, np.stack(dh_0), tuple(layers))


def _check_layers(layers: Any) -> tuple[int, int]:
    """Return the number of directions and H."""
    if not layers or len({len(layer) for layer in layers}) != 1 or len(layers[0]) not in (1, 2):
        raise ValueError(
            f"layers has {[len(layer) for layer in layers]} directions by layer, expected 1 or 2, "
            f"the same in all: pass ((p,), (p,)) or ((p, p_reverse), (p, p_reverse))."
        )
    directions, (D, H) = len(layers[0]), sizes(layers[0][0])
    for i, layer in enumerate(layers):
        for d, p in enumerate(layer):
            due = (D if i == 0 else directions * H, H)
            if sizes(p) != due:
                raise ValueError(
                    f"layers[{i}][{d}] has (D, H) = {sizes(p)}, expected {due}: a layer reads the "
                    f"h of all directions below it, and every layer has the same H."
                )
    return directions, H
