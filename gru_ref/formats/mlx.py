"""MLX' GRU <-> GRUParams: (1)-(4) of `gru_ref.cell`, four biases.

    Wx (3H, D), Wh (3H, H), b (3H,), rows r, z, n, and bhn (H,): b_hr = b_hz = 0

bias=False leaves b and bhn out. The first releases had Wx and Wh transposed: pass Wx.T and Wh.T.
Source: ml-explore/mlx, python/mlx/nn/layers/recurrent.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gru_ref.cell import GRUParams
from gru_ref.formats.layout import Arrays, from_packed, join_biases, read, refuse_biases, to_packed


def from_mlx(weights: Mapping) -> GRUParams:
    """Return the parameters of an `mlx.nn.GRU` as GRUParams; b_hr = b_hz = 0."""
    shapes = {"Wx": "3H D", "Wh": "3H H", "b": "3H", "bhn": "H"}
    w = read("an MLX GRU", weights, ("b", "bhn"), **shapes)
    b_h = np.concatenate([np.zeros_like(w["b"])[len(w["bhn"]) :], w["bhn"]])
    return from_packed("rzn", w["Wx"], w["Wh"], w["b"], b_h)


def to_mlx(p: GRUParams, bias: bool = True) -> Arrays:
    """Return p as the parameters of an `mlx.nn.GRU`; the biases of r and of z become sums.

    With bias=False they are left out; ValueError where one is not 0.
    """
    if not bias:
        refuse_biases("MLX with bias=False", p)
    W_i, W_h, *_ = to_packed(p, "rzn")
    b = [join_biases(p.b_ir, p.b_hr), join_biases(p.b_iz, p.b_hz), p.b_in]
    arrays = {"Wx": W_i, "Wh": W_h}
    return arrays | ({"b": np.concatenate(b), "bhn": np.array(p.b_hn)} if bias else {})
