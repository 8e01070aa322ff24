"""Flax' GRUCell, of linen and of nnx <-> GRUParams: (1)-(4) of `gru_ref.cell`.

    linen   {"ir": {kernel (D, H), bias (H,)}, "iz", "in", "hr": {kernel (H, H)}, "hz", "hn"}
            with biases of ir, iz, in and hn: b_hr = b_hz = 0
    nnx     {"dense_i": {kernel (D, 3H), bias (3H,)}, "dense_h": {kernel (H, 3H)}}, columns r, z, n:
            b_hn = 0 as well, so an nnx cell cannot hold a GRU whose b_hn is not 0

Trees are read nested or flat, with names joined by dots, and written nested. Sources: GRUCell in
google/flax, flax/linen/recurrent.py and flax/nnx/nn/recurrent.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gru_ref.cell import GRUParams
from gru_ref.formats.layout import (
    from_packed,
    join_biases,
    no_biases,
    read,
    refuse_biases,
    to_packed,
    tree,
)

LINEN = {f"{gate}.kernel": "D H" for gate in ("ir", "iz", "in")}
LINEN |= {f"{gate}.kernel": "H H" for gate in ("hr", "hz", "hn")}
LINEN |= {f"{gate}.bias": "H" for gate in ("ir", "iz", "in", "hn")}
NNX = {"dense_i.kernel": "D 3H", "dense_h.kernel": "H 3H", "dense_i.bias": "3H"}


def from_flax_linen(weights: Mapping) -> GRUParams:
    """Return the params of a `flax.linen.GRUCell` as GRUParams; b_hr = b_hz = 0."""
    w = read("a Flax linen GRUCell", weights, **LINEN)
    b_ir, b_iz, b_in, b_hn = list(w.values())[6:]
    kernels = [np.array(kernel.T) for kernel in list(w.values())[:6]]
    biases = (b_ir, b_iz, b_in, *no_biases(kernels[3], 2), b_hn)
    return GRUParams(*kernels, *biases)


def to_flax_linen(p: GRUParams) -> dict[str, Any]:
    """Return p as the params of a `flax.linen.GRUCell`; the biases of r and of z become sums."""
    to_packed(p, "rzn")  # the sizes
    biases = (join_biases(p.b_ir, p.b_hr), join_biases(p.b_iz, p.b_hz), p.b_in, p.b_hn)
    arrays = [*(w.T for w in p[:6]), *biases]
    return tree({name: np.array(a) for name, a in zip(LINEN, arrays, strict=True)})


def from_flax_nnx(weights: Mapping) -> GRUParams:
    """Return the state of a `flax.nnx.GRUCell` as GRUParams; b_hr = b_hz = b_hn = 0."""
    w = read("a Flax nnx GRUCell", weights, **NNX)
    b = w["dense_i.bias"]
    return from_packed("rzn", w["dense_i.kernel"].T, w["dense_h.kernel"].T, b, np.zeros_like(b))


def to_flax_nnx(p: GRUParams) -> dict[str, Any]:
    """Return p as the state of a `flax.nnx.GRUCell`; ValueError where b_hn is not 0."""
    refuse_biases("A Flax nnx GRUCell", p, "b_hn")
    W_i, W_h, b_i, b_h = to_packed(p, "rzn")
    arrays = (np.array(W_i.T), np.array(W_h.T), join_biases(b_i, b_h))
    return tree(dict(zip(NNX, arrays, strict=True)))
