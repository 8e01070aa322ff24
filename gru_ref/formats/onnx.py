"""ONNX' operators GRU and LSTM <-> ours: W, R and B of one layer, both directions or one.

    W (directions, GH, D), R (directions, GH, H): rows z, r, h of a GRU, i, o, f, c of an LSTM
    B (directions, 2GH), input then recurrent; where it is absent it is 0

h and c are our n and g. linear_before_reset=1 is (3) of `gru_ref.cell`, 0 (the default) is (3');
the arrays are the same. A stack is a chain of operators. Source: ONNX' operators GRU and LSTM,
https://onnx.ai/onnx/operators. `gru_ref.formats.graph` reads a whole file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gru_ref.cell import GRUParams
from gru_ref.formats.layout import Arrays, Params, from_packed, read, refuse_biases, to_packed
from gru_ref.lstm import LSTMParams

GRU, LSTM = "zrn", "iofg"


def from_onnx(weights: Mapping) -> GRUParams:
    """Return the W, R and B of a forward ONNX GRU as GRUParams, for either linear_before_reset."""
    return _directions(weights, GRU, "a forward ONNX GRU", "1")[0]


def lstm_from_onnx(weights: Mapping) -> LSTMParams:
    """Return the W, R and B of a forward ONNX LSTM as LSTMParams."""
    return _directions(weights, LSTM, "a forward ONNX LSTM", "1")[0]


def to_onnx(p: Params, bias: bool = True) -> Arrays:
    """Return a GRU's or LSTM's p as W, R and B of a forward operator.

    For either linear_before_reset. With bias=False B is left out; ValueError where it is not 0.
    """
    return _layer(p, bias=bias)


def layers_from_onnx(weights: Sequence[Mapping]) -> tuple[tuple[Any, ...], ...]:
    """Return layers[i][d] from the W, R and perhaps B of each operator, first to last.

    The cell is told by the rows of R, 3H or 4H. ValueError names what does not fit.
    """
    return tuple(directions_from_onnx(w) for w in weights)


def layers_to_onnx(layers: Any, bias: bool = True) -> list[Arrays]:
    """Return W, R and B for each of layers[i][d]; with bias=False without B, which must be 0."""
    return [_layer(*layer, bias=bias) for layer in layers]


def directions_from_onnx(weights: Mapping) -> tuple[Any, ...]:
    """Return one operator's parameters, those of the forward direction first."""
    seen = np.shape(weights.get("R", ()))
    lstm = len(seen) == 3 and seen[1] == 4 * seen[2]
    return _directions(weights, LSTM if lstm else GRU, f"an ONNX {'LSTM' if lstm else 'GRU'}", "S")


def _directions(weights, order, form, S):
    G = len(order)
    w = read(form, weights, ("B",), W=f"{S} {G}H D", R=f"{S} {G}H H", B=f"{S} {2 * G}H")
    return tuple(
        from_packed(order, W, R, *np.split(B, 2))
        for W, R, B in zip(w["W"], w["R"], w["B"], strict=True)
    )


def _layer(*directions, bias):
    if not bias:
        for p in directions:
            refuse_biases("ONNX without B", p)
    order = GRU if isinstance(directions[0], GRUParams) else LSTM
    W, R, b_i, b_h = (
        np.stack(a) for a in zip(*(to_packed(p, order) for p in directions), strict=True)
    )
    return {"W": W, "R": R} | ({"B": np.concatenate([b_i, b_h], axis=1)} if bias else {})
