"""TensorFlow 1's GRUBlockCell and trax' GRUCell <-> GRUParams: two matrices on [x, h].

    [r, u] = σ([x, h_{t-1}] w_ru + b_ru),  c = tanh([x, r ⊙ h_{t-1}] w_c + b_c)
    h_t = u ⊙ h_{t-1} + (1-u) ⊙ c
    TensorFlow   w_ru (D + H, 2H), w_c (D + H, H), b_ru (2H,), b_c (H,)     columns r, u
    trax         w1, w2, b1, b2 of the same shapes                          columns u, r

u is our z, c our n; reset before the product, (3') of `gru_ref.cell`. Sources:
https://www.tensorflow.org/api_docs/python/tf/raw_ops/GRUBlockCell; google/trax,
trax/layers/rnn.py, whose class cites Chung 2014 while its u keeps the state, as Cho's does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gru_ref.cell import GRUParams
from gru_ref.formats.layout import Arrays, check_sizes, join_biases, no_biases, read

BLOCK = ("w_ru", "w_c", "b_ru", "b_c")
TRAX = ("w1", "w2", "b1", "b2")


def from_gru_block_cell(weights: Mapping) -> GRUParams:
    """Return w_ru, w_c, b_ru and b_c as GRUParams; b_hr = b_hz = b_hn = 0."""
    return _read("TensorFlow's GRUBlockCell", weights, BLOCK, "rz")


def to_gru_block_cell(p: GRUParams) -> Arrays:
    """Return p as w_ru, w_c, b_ru and b_c; a gate's two biases become their sum."""
    return _write(p, BLOCK, "rz")


def from_trax(weights: Mapping | Sequence) -> GRUParams:
    """Return trax' (w1, b1, w2, b2), in a tuple or by name, as GRUParams."""
    if not isinstance(weights, Mapping):
        weights = dict(zip(("w1", "b1", "w2", "b2"), weights, strict=True))
    return _read("trax' GRUCell", weights, TRAX, "zr")


def to_trax(p: GRUParams) -> Arrays:
    """Return p as w1, w2, b1 and b2 by name; a gate's two biases become their sum."""
    return _write(p, TRAX, "zr")


def _read(form, weights, names, order):
    both, c, b_both, b_c = names
    w = read(form, weights, **{both: "X 2H", c: "X H", b_both: "2H", b_c: "H"})
    X, H = w[c].shape
    if X <= H:
        raise ValueError(
            f"{form}: {c} has shape {(X, H)}, expected (D + H, H) with D of 1 or more: the rows "
            f"are those of x_t, then those of h_prev."
        )
    gates = dict(zip(order, np.split(w[both], 2, axis=1), strict=True)) | {"n": w[c]}
    W_i, W_h = zip(*(np.split(gates[g], [X - H]) for g in "rzn"), strict=True)
    b = dict(zip(order, np.split(w[b_both], 2), strict=True)) | {"n": w[b_c]}
    matrices = [np.array(m.T) for m in (*W_i, *W_h)]
    return GRUParams(*matrices, *(b[g] for g in "rzn"), *no_biases(matrices[3], 3))


def _write(p, names, order):
    check_sizes(p)
    gates = {g: np.hstack([p[k], p[k + 3]]).T for k, g in enumerate("rzn")}
    b = {g: join_biases(p[k + 6], p[k + 9]) for k, g in enumerate("rzn")}
    first, second = order
    arrays = (
        np.hstack([gates[first], gates[second]]),
        np.array(gates["n"]),
        np.concatenate([b[first], b[second]]),
        b["n"],
    )
    return dict(zip(names, arrays, strict=True))
