"""PyTorch's GRU and LSTM <-> ours: a state_dict, one layer and direction or a whole stack.

    weight_ih_l0 (GH, D), weight_hh_l0 (GH, H), bias_ih_l0 and bias_hh_l0 (GH,)
    rows r, z, n of a GRU (G = 3) and i, f, g, o of an LSTM (G = 4)

_l1 is the second layer, which reads all directions of the first (D = directions · H); _l1_reverse
reads it backward; a cell's names have no suffix; bias=False leaves the biases out. PyTorch is
article E (AI Summer on GRU cells, 2020), and its equations are (1)-(4) of `gru_ref.cell` and
(1)-(6) of `gru_ref.lstm`. cuDNN has the same rows. Source: the documentation of `torch.nn.GRU`
and `torch.nn.LSTM`, "Variables".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gru_ref.cell import GRUParams
from gru_ref.formats.layout import Arrays, Params, from_packed, read, refuse_biases, to_packed
from gru_ref.lstm import LSTMParams

GRU, LSTM = "rzn", "ifgo"
CELLS = {3: GRU, 4: LSTM}
KINDS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def from_pytorch(weights: Mapping, suffix: str | None = None) -> GRUParams:
    """Return a GRU's or a GRUCell's state_dict (tensors or arrays) as GRUParams.

    suffix ("_l1", "_l0_reverse") picks one of several layers or directions; without it, weights
    hold a single one, with the suffix "_l0" or none. Without biases these are 0.
    """
    return _one(weights, suffix, GRU)


def lstm_from_pytorch(weights: Mapping, suffix: str | None = None) -> LSTMParams:
    """Return an LSTM's or an LSTMCell's state_dict as LSTMParams; suffix as in `from_pytorch`."""
    return _one(weights, suffix, LSTM)


def to_pytorch(p: Params, suffix: str = "_l0", bias: bool = True) -> Arrays:
    """Return a GRU's or LSTM's p under PyTorch's names; the suffix "" gives those of a cell.

    With bias=False they are left out; ValueError where one is not 0.
    """
    if not bias:
        refuse_biases("PyTorch with bias=False", p)
    packed = to_packed(p, GRU if isinstance(p, GRUParams) else LSTM)
    names = [f"{kind}{suffix}" for kind in KINDS[: 4 if bias else 2]]
    return dict(zip(names, packed, strict=False))


def layers_from_pytorch(weights: Mapping) -> tuple[tuple[Any, ...], ...]:
    """Return the state_dict of a GRU or LSTM as layers[i][d]; a cell's is one layer.

    The cell is told by the rows of weight_hh, 3H or 4H. ValueError names what does not fit.
    """
    own = [
        re.fullmatch(r"(?:weight|bias)_[ih]h((?:_l(\d+)(_reverse)?)?)", name) for name in weights
    ]
    parts = [match for match in own if match]
    if not any(name.startswith("weight_hh") for name in weights):
        raise ValueError(
            f"A PyTorch GRU or LSTM has the arrays weight_ih_l0, weight_hh_l0 and more, seen were "
            f"{sorted(weights)}: pass the state_dict of the layer alone, without its prefix."
        )
    if not any(part[1] for part in parts):
        stack = [[""]]
    else:
        directions = ("", "_reverse") if any(part[3] for part in parts) else ("",)
        count = 1 + max(int(part[2] or 0) for part in parts)
        stack = [[f"_l{k}{d}" for d in directions] for k in range(count)]
    due = {f"{kind}{s}" for layer in stack for s in layer for kind in KINDS}
    matrices = {name for name in due if name.startswith("weight")}
    if missing := sorted(matrices - set(weights)):
        raise ValueError(f"{missing[0]} is not there, seen were {sorted(weights)}.")
    for name in sorted(set(weights) - due):
        raise ValueError(f"{name} {_why_not(name)}.")
    cell = cell_of(f"weight_hh{stack[0][0]}", weights[f"weight_hh{stack[0][0]}"])
    return tuple(tuple(_one(weights, s, cell) for s in layer) for layer in stack)


def layers_to_pytorch(layers: Any, bias: bool = True) -> Arrays:
    """Return layers[i][d] of GRUParams or LSTMParams as the state_dict of one GRU or LSTM.

    With bias=False biases are left out; ValueError where one is not 0.
    """
    state: Arrays = {}
    for i, layer in enumerate(layers):
        for p, direction in zip(layer, ("", "_reverse"), strict=False):
            state |= to_pytorch(p, f"_l{i}{direction}", bias)
    return state


def cell_of(name: str, weight_hh: Any) -> str:
    """Return the rows of weight_hh (GH, H), GRU or LSTM; ValueError where it has neither's."""
    rows, H = weight_hh.shape if len(weight_hh.shape) == 2 else (0, 1)
    if rows not in (3 * H, 4 * H):
        seen = "a plain RNN's" if rows == H and H > 1 else "neither's"
        raise ValueError(
            f"{name} has shape {tuple(weight_hh.shape)}, {seen}: expected (3H, H), a GRU's, or "
            f"(4H, H), an LSTM's."
        )
    return CELLS[rows // H]


def _one(weights, suffix, order):
    if suffix is None:
        suffix = "_l0" if any(name.endswith("_l0") for name in weights) else ""
    else:
        weights = {
            f"{kind}{suffix}": weights[f"{kind}{suffix}"]
            for kind in KINDS
            if f"{kind}{suffix}" in weights
        }
    ih, hh, b_ih, b_hh = names = [f"{kind}{suffix}" for kind in KINDS]
    G = len(order)
    shapes = {ih: f"{G}H D", hh: f"{G}H H", b_ih: f"{G}H", b_hh: f"{G}H"}
    cell = "GRU" if order == GRU else "LSTM"
    form = f"a PyTorch {cell} of one layer and direction (or with suffix=...)"
    w = read(form, weights, optional=(b_ih, b_hh), **shapes)
    return from_packed(order, *(w[name] for name in names))


def _why_not(name):
    if re.match(r"weight_hr", name):
        return (
            "projects h to fewer numbers (proj_size): an LSTM of gru_ref has no projection, so "
            "this network cannot be held"
        )
    return "is no array of a PyTorch GRU or LSTM: pass the state_dict of the layer alone"
