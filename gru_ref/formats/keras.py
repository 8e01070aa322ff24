"""Keras' GRU and LSTM <-> ours: kernel, recurrent_kernel and bias, or the lists of a model.

    kernel (D, GH) and recurrent_kernel (H, GH): columns z, r, h of a GRU, i, f, c, o of an LSTM
    bias (2, 3H), input then recurrent, with reset_after=True (the default); (3H,) with False
    bias (4H,) of an LSTM; none with use_bias=False

h and c are our n and g. reset_after=True is (3) of `gru_ref.cell`, False is (3'). A `Bidirectional`
has the arrays of its forward layer, then those of its backward one. Sources: `keras.layers.GRU`
and `keras.layers.LSTM`, documentation and keras/src/layers/rnn/gru.py, lstm.py, bidirectional.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gru_ref.cell import GRUParams, check_reset
from gru_ref.formats.layout import (
    Arrays,
    Params,
    from_packed,
    join_biases,
    read,
    refuse_biases,
    to_packed,
)
from gru_ref.lstm import LSTMParams

GRU, LSTM = "zrn", "ifgo"
NAMES = ("kernel", "recurrent_kernel", "bias")


def from_keras(weights: Mapping, reset: str = "after") -> GRUParams:
    """Return Keras' kernel, recurrent_kernel and bias as GRUParams.

    With reset "before" (reset_after=False) Keras has one bias a gate: then b_hr = b_hz = b_hn = 0.
    """
    check_reset(reset)
    form = f"Keras, reset_after={reset == 'after'}"
    shapes = {"kernel": "D 3H", "recurrent_kernel": "H 3H"}
    w = read(form, weights, ("bias",), **shapes, bias="2 3H" if reset == "after" else "3H")
    b_i, b_h = w["bias"] if reset == "after" else (w["bias"], np.zeros_like(w["bias"]))
    return from_packed(GRU, w["kernel"].T, w["recurrent_kernel"].T, b_i, b_h)


def lstm_from_keras(weights: Mapping) -> LSTMParams:
    """Return an LSTM's kernel, recurrent_kernel and bias as LSTMParams; its b_h are 0."""
    shapes = {"kernel": "D 4H", "recurrent_kernel": "H 4H", "bias": "4H"}
    w = read("a Keras LSTM", weights, ("bias",), **shapes)
    b = w["bias"]
    return from_packed(LSTM, w["kernel"].T, w["recurrent_kernel"].T, b, np.zeros_like(b))


def to_keras(p: Params, reset: str = "after", bias: bool = True) -> Arrays:
    """Return a GRU's or LSTM's p as Keras stores it; one bias a gate where Keras has one.

    Those are an LSTM's and, with reset "before", a GRU's: the two biases become their sum. With
    bias=False (use_bias) they are left out; ValueError where one is not 0.
    """
    check_reset(reset)
    if not bias:
        refuse_biases("Keras with use_bias=False", p)
    gru = isinstance(p, GRUParams)
    W_i, W_h, b_i, b_h = to_packed(p, GRU if gru else LSTM)
    arrays = {"kernel": np.array(W_i.T), "recurrent_kernel": np.array(W_h.T)}
    if bias:
        two = gru and reset == "after"
        arrays["bias"] = np.stack([b_i, b_h]) if two else join_biases(b_i, b_h)
    return arrays


def layers_from_keras(
    weights: Sequence[Sequence[Any]], reset: str = "after"
) -> tuple[tuple[Any, ...], ...]:
    """Return layers[i][d] from the `get_weights()` of each recurrent layer, first to last.

    A layer's list has 2 or 3 arrays, with 4 or 6 it is a `Bidirectional`. reset is a GRU's;
    whether it is one is told by the columns. ValueError names what does not fit.
    """
    layers = []
    for i, arrays in enumerate(weights):
        count = len(arrays) // 2 if len(arrays) > 3 else len(arrays)
        if len(arrays) not in (2, 3, 4, 6):
            raise ValueError(
                f"Layer {i} has {len(arrays)} arrays, expected 2 or 3, or 4 or 6 in both "
                f"directions: pass the get_weights() of each GRU, LSTM or Bidirectional."
            )
        each = [arrays[k : k + count] for k in range(0, len(arrays), count)]
        layers.append(tuple(one(dict(zip(NAMES, a, strict=False)), reset) for a in each))
    return tuple(layers)


def layers_to_keras(layers: Any, reset: str = "after", bias: bool = True) -> list[list[np.ndarray]]:
    """Return, for each of layers[i][d], the list that its Keras layer's `set_weights` takes."""
    return [[a for p in layer for a in to_keras(p, reset, bias).values()] for layer in layers]


def one(weights: Mapping, reset: str = "after") -> Any:
    """Return GRUParams or LSTMParams, as the recurrent_kernel (H, 3H) or (H, 4H) tells."""
    seen = np.shape(weights["recurrent_kernel"])
    if len(seen) == 2 and seen[1] == 4 * seen[0]:
        return lstm_from_keras(weights)
    return from_keras(weights, reset)
