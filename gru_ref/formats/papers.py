"""The GRU as articles and papers write it <-> GRUParams.

    r = σ(W_r X + b_r), z = σ(W_z X + b_z), n = tanh(W [r ⊙ h_{t-1}, x] + b)           (A)
        with X = [h_{t-1}, x], and h = z ⊙ h_{t-1} + (1-z) ⊙ n
    r = σ(W_r x + U_r h_{t-1}), z = σ(W_z x + U_z h_{t-1})
        n = tanh(W x + r ⊙ (U h_{t-1})), h = z ⊙ h_{t-1} + (1-z) ⊙ n                    (B)
        n = tanh(W x + U (r ⊙ h_{t-1})), h = z ⊙ h_{t-1} + (1-z) ⊙ n                    (Cho)
        n = tanh(W x + U (r ⊙ h_{t-1})), h = (1-z) ⊙ h_{t-1} + z ⊙ n                    (Chung)
    r = σ(x U_r + H W_r), u = σ(x U_u + H W_u), n = tanh(x U_g + (r ⊙ H) W_g)          (C)
        with row vectors x and H = H_{t-1}, and H_t = u ⊙ H + (1-u) ⊙ n

(A) "the flow of information through a GRU cell"; (B) Kostadinov, "Understanding GRU networks",
2017; (C) "Introduction to GRU", Analytics Vidhya, 2021; (Cho) arXiv 1406.1078,
whose function the GeeksforGeeks article on the GRU describes; (Chung) arXiv 1412.3555. (B) resets
after the product, the others before it. The z of (Chung) is 1 - z of the others: since
σ(-a) = 1 - σ(a), W_z and U_z change sign.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gru_ref.cell import GRUParams, sizes
from gru_ref.formats.layout import join_biases, no_biases, read, refuse_biases

Arrays = dict[str, np.ndarray]


def from_article_a(weights: Mapping) -> GRUParams:
    """Return (A)'s W_r W_z W (H, H + D) and b_r b_z b (H,) as GRUParams; b_hr = b_hz = b_hn = 0."""
    form = "article A"
    matrices = {"W_r": "H X", "W_z": "H X", "W": "H X"}
    w = read(form, weights, **matrices, b_r="H", b_z="H", b="H")
    H, X = w["W"].shape
    if X <= H:
        raise ValueError(
            f"{form}: W has shape {(H, X)}, expected (H, H + D) with D of 1 or more: "
            f"the columns are those of h_prev, then those of x_t."
        )
    W_h, W_i = zip(*(np.split(w[name], [H], axis=1) for name in matrices), strict=True)
    biases = (w["b_r"], w["b_z"], w["b"], *no_biases(w["W"], 3))
    return GRUParams(*(*W_i, *W_h, *biases))


def to_article_a(p: GRUParams) -> Arrays:
    """Return p in the form (A), where the two biases of each gate become their sum."""
    sizes(p)
    return {
        "W_r": np.hstack([p.W_hr, p.W_ir]),
        "W_z": np.hstack([p.W_hz, p.W_iz]),
        "W": np.hstack([p.W_hn, p.W_in]),
        "b_r": join_biases(p.b_ir, p.b_hr),
        "b_z": join_biases(p.b_iz, p.b_hz),
        "b": join_biases(p.b_in, p.b_hn),
    }


def from_article_b(weights: Mapping) -> GRUParams:
    """Return (B)'s W_r W_z W (H, D) and U_r U_z U (H, H) as GRUParams whose biases are 0."""
    return _from_wu("article B", weights)


def to_article_b(p: GRUParams) -> Arrays:
    """Return p in the form (B); ValueError where a bias is not 0."""
    return _to_wu("article B", p)


def from_cho2014(weights: Mapping) -> GRUParams:
    """Return (Cho)'s W_r W_z W (H, D) and U_r U_z U (H, H) as GRUParams whose biases are 0."""
    return _from_wu("Cho 2014", weights)


def to_cho2014(p: GRUParams) -> Arrays:
    """Return p in the form (Cho); ValueError where a bias is not 0."""
    return _to_wu("Cho 2014", p)


def from_chung2014(weights: Mapping) -> GRUParams:
    """Return (Chung)'s W_r W_z W (H, D) and U_r U_z U (H, H) as GRUParams whose biases are 0."""
    return _flip_z(_from_wu("Chung 2014", weights))


def to_chung2014(p: GRUParams) -> Arrays:
    """Return p in the form (Chung); ValueError where a bias is not 0."""
    return _to_wu("Chung 2014", _flip_z(p))


def from_article_c(weights: Mapping) -> GRUParams:
    """Return (C)'s U_r U_u U_g (D, H) and W_r W_u W_g (H, H) as GRUParams whose biases are 0."""
    inputs = {"U_r": "D H", "U_u": "D H", "U_g": "D H"}
    hidden = {"W_r": "H H", "W_u": "H H", "W_g": "H H"}
    w = read("article C (row vectors)", weights, **inputs, **hidden)
    return GRUParams(*(w[name].T for name in (*inputs, *hidden)), *no_biases(w["W_g"], 6))


def to_article_c(p: GRUParams) -> Arrays:
    """Return p in the form (C); ValueError where a bias is not 0."""
    refuse_biases("article C", p)
    names = ("U_r", "U_u", "U_g", "W_r", "W_u", "W_g")
    return {name: np.array(w.T) for name, w in zip(names, p[:6], strict=True)}


def _from_wu(form, weights):
    inputs = {"W_r": "H D", "W_z": "H D", "W": "H D"}
    hidden = {"U_r": "H H", "U_z": "H H", "U": "H H"}
    w = read(form, weights, **inputs, **hidden)
    return GRUParams(*(w[name] for name in (*inputs, *hidden)), *no_biases(w["U"], 6))


def _to_wu(form, p):
    refuse_biases(form, p)
    names = ("W_r", "W_z", "W", "U_r", "U_z", "U")
    return {name: np.array(w) for name, w in zip(names, p[:6], strict=True)}


def _flip_z(p):
    return p._replace(W_iz=-p.W_iz, W_hz=-p.W_hz)
