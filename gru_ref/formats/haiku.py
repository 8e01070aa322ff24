"""Haiku's GRU <-> GRUParams: Chung 2014 with biases, so that its z renews the state.

    h_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ a_t,  a_t = tanh(W_ia x_t + W_ha (r_t ⊙ h_{t-1}) + b_a)
    w_i (D, 3H), w_h (H, 3H), b (3H,), columns z, r, a

Its z is 1 - z of (2) in `gru_ref.cell`: since σ(-a) = 1 - σ(a), the signs of W_iz, W_hz and b_iz
change. Reset before the product, (3'). Source: `haiku.GRU`, google-deepmind/dm-haiku,
haiku/_src/recurrent.py, whose docstring gives the equations.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gru_ref.cell import GRUParams
from gru_ref.formats.layout import Arrays, from_packed, join_biases, read, to_packed


def from_haiku(weights: Mapping) -> GRUParams:
    """Return the w_i, w_h and b of a `haiku.GRU` as GRUParams; b_hr = b_hz = b_hn = 0."""
    w = read("a Haiku GRU", weights, w_i="D 3H", w_h="H 3H", b="3H")
    b = w["b"]
    return _flip_z(from_packed("zrn", w["w_i"].T, w["w_h"].T, b, np.zeros_like(b)))


def to_haiku(p: GRUParams) -> Arrays:
    """Return p as the w_i, w_h and b of a `haiku.GRU`; a gate's two biases become their sum."""
    W_i, W_h, b_i, b_h = to_packed(_flip_z(p), "zrn")
    return {"w_i": np.array(W_i.T), "w_h": np.array(W_h.T), "b": join_biases(b_i, b_h)}


def _flip_z(p):
    return p._replace(W_iz=-p.W_iz, W_hz=-p.W_hz, b_iz=-p.b_iz, b_hz=-p.b_hz)
