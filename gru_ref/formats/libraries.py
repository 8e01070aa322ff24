"""The GRU as libraries store it <-> GRUParams: three gates packed in one array.

    PyTorch   rows of weight_ih (3H, D), weight_hh (3H, H), bias_ih and bias_hh (3H,)   r, z, n
    Keras     columns of kernel (D, 3H) and recurrent_kernel (H, 3H)                    z, r, h
              bias (2, 3H), input then recurrent, with reset_after=True, else (3H,)
    ONNX      rows of W (1, 3H, D) and R (1, 3H, H)                                     z, r, h
              B (1, 6H), input then recurrent

PyTorch is article E (AI Summer on GRU cells, 2020), and its equations are (1)-(4) of
`gru_ref.cell`. The other two compute the same with reset_after=True and
linear_before_reset=1, and (3') instead of (3) with reset_after=False and linear_before_reset=0;
they call n h. Sources: `torch.nn.GRU`, `keras.layers.GRU` and ONNX's operator GRU, their
documentation. cuDNN and `torch.nn.GRUCell` have PyTorch's layout.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gru_ref.cell import GRUParams, check_reset, sizes
from gru_ref.formats.layout import join_biases, read

Arrays = dict[str, np.ndarray]


def from_pytorch(weights: Mapping, suffix: str | None = None) -> GRUParams:
    """Return a GRU's or a GRUCell's state_dict (tensors or arrays) as GRUParams.

    suffix ("_l1", "_l0_reverse") picks one of several layers or directions; without it, weights
    hold a single one, with the suffix "_l0" or none.
    """
    if suffix is None:
        suffix = "_l0" if "weight_ih_l0" in weights else ""
    else:
        weights = {name: w for name, w in weights.items() if name.endswith(suffix)}
    ih, hh, b_ih, b_hh = _pytorch_names(suffix)
    shapes = {ih: "3H D", hh: "3H H", b_ih: "3H", b_hh: "3H"}
    w = read("a PyTorch GRU of one layer and direction (or with suffix=...)", weights, **shapes)
    return GRUParams(*(gate for name in shapes for gate in np.split(w[name], 3)))


def to_pytorch(p: GRUParams, suffix: str = "_l0") -> Arrays:
    """Return p under PyTorch's names for a layer of a GRU; the suffix "" gives a GRUCell's."""
    sizes(p)
    return {
        name: np.concatenate(p[first : first + 3])
        for first, name in zip((0, 3, 6, 9), _pytorch_names(suffix), strict=True)
    }


def from_keras(weights: Mapping, reset: str = "after") -> GRUParams:
    """Return Keras' kernel, recurrent_kernel and bias as GRUParams.

    With reset "before" (reset_after=False) Keras has one bias a gate: then b_hr = b_hz = b_hn = 0.
    """
    check_reset(reset)
    form = f"Keras, reset_after={reset == 'after'}"
    bias = "2 3H" if reset == "after" else "3H"
    w = read(form, weights, kernel="D 3H", recurrent_kernel="H 3H", bias=bias)
    b_i, b_h = w["bias"] if reset == "after" else (w["bias"], np.zeros_like(w["bias"]))
    return GRUParams(
        *_from_zrh(w["kernel"].T),
        *_from_zrh(w["recurrent_kernel"].T),
        *_from_zrh(b_i),
        *_from_zrh(b_h),
    )


def to_keras(p: GRUParams, reset: str = "after") -> Arrays:
    """Return p as Keras stores it; with reset "before" a gate's two biases become their sum."""
    check_reset(reset)
    sizes(p)
    b_i, b_h = _to_zrh(p[6:9]), _to_zrh(p[9:12])
    return {
        "kernel": np.array(_to_zrh(p[0:3]).T),
        "recurrent_kernel": np.array(_to_zrh(p[3:6]).T),
        "bias": np.stack([b_i, b_h]) if reset == "after" else join_biases(b_i, b_h),
    }


def from_onnx(weights: Mapping) -> GRUParams:
    """Return the W, R and B of a forward ONNX GRU as GRUParams, for either linear_before_reset."""
    w = read("a forward ONNX GRU", weights, W="1 3H D", R="1 3H H", B="1 6H")
    b_i, b_h = np.split(w["B"][0], 2)
    return GRUParams(*_from_zrh(w["W"][0]), *_from_zrh(w["R"][0]), *_from_zrh(b_i), *_from_zrh(b_h))


def to_onnx(p: GRUParams) -> Arrays:
    """Return p as the W, R and B of a forward ONNX GRU, for either linear_before_reset."""
    sizes(p)
    return {
        "W": _to_zrh(p[0:3])[None],
        "R": _to_zrh(p[3:6])[None],
        "B": np.concatenate([_to_zrh(p[6:9]), _to_zrh(p[9:12])])[None],
    }


def _pytorch_names(suffix):
    return [f"{kind}{suffix}" for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]


def _from_zrh(packed):
    z, r, h = np.split(packed, 3)
    return r, z, h


def _to_zrh(gates):
    r, z, n = gates
    return np.concatenate([z, r, n])
