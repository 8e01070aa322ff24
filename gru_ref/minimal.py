"""Cells whose gates do not see h_{t-1}: each is an affine recurrence, and one scan runs it.

    z_t = σ(W_iz x_t + b_z)                                                        (1)
    n_t = W_in x_t + b_n                                                           (2)
    h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ n_t                                          (3)   minGRU
    f_t = σ(W_if x_t + b_f),  i_t = σ(W_ii x_t + b_i)                              (4)
    h_t = (f_t ⊙ h_{t-1} + i_t ⊙ n_t) / (f_t + i_t)                                (5)   minLSTM

Feng et al. 2024, "Were RNNs all we needed?" (arXiv 2410.01201), which writes (1 - z_t) where (3)
has z_t: there the gate renews. A GRU's own weights give such a cell too, with 0 for h_{t-1} in its
gates and its candidate:

    z_t = σ(W_iz x_t + b_iz + b_hz),  r_t = σ(W_ir x_t + b_ir + b_hr)              (6)
    n_t = tanh(W_in x_t + b_in + r_t ⊙ b_hn)                                       (7)   after
    n_t = tanh(W_in x_t + b_in + b_hn)                                             (7')  before

with the blend (3). It is the first round of `parallel.py`, whose limit is that GRU.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gru_ref._shapes import Float
from gru_ref.cell import GRUParams, check_reset, sigmoid, sizes
from gru_ref.scan import linear_scan


class MinGRUParams(NamedTuple):
    """The four arrays of a minGRU."""

    W_iz: Float[np.ndarray, "H D"]
    W_in: Float[np.ndarray, "H D"]
    b_z: Float[np.ndarray, " H"]
    b_n: Float[np.ndarray, " H"]


class MinLSTMParams(NamedTuple):
    """The six arrays of a minLSTM."""

    W_if: Float[np.ndarray, "H D"]
    W_ii: Float[np.ndarray, "H D"]
    W_in: Float[np.ndarray, "H D"]
    b_f: Float[np.ndarray, " H"]
    b_i: Float[np.ndarray, " H"]
    b_n: Float[np.ndarray, " H"]


def mingru(
    x: Float[np.ndarray, "T *N D"], p: MinGRUParams, h_0: Float[np.ndarray, "*N H"] | None = None
) -> Float[np.ndarray, "T *N H"]:
    """Return h_1 … h_T of a minGRU from h_0, which is 0 unless given."""
    z = sigmoid(x @ p.W_iz.T + p.b_z)  # (1)
    n = x @ p.W_in.T + p.b_n  # (2)
    return linear_scan(z, (1 - z) * n, h_0)  # (3)


def minlstm(
    x: Float[np.ndarray, "T *N D"], p: MinLSTMParams, h_0: Float[np.ndarray, "*N H"] | None = None
) -> Float[np.ndarray, "T *N H"]:
    """Return h_1 … h_T of a minLSTM from h_0, which is 0 unless given."""
    f, i = sigmoid(x @ p.W_if.T + p.b_f), sigmoid(x @ p.W_ii.T + p.b_i)  # (4)
    n = x @ p.W_in.T + p.b_n
    return linear_scan(f / (f + i), i / (f + i) * n, h_0)  # (5)


def mingru_of(
    x: Float[np.ndarray, "T *N D"],
    p: GRUParams,
    h_0: Float[np.ndarray, "*N H"] | None = None,
    reset: str = "after",
) -> Float[np.ndarray, "T *N H"]:
    """Return h_1 … h_T of the GRU p whose gates and candidate read 0 for every h_{t-1}."""
    check_reset(reset)
    sizes(p)
    z = sigmoid(x @ p.W_iz.T + p.b_iz + p.b_hz)  # (6)
    r = sigmoid(x @ p.W_ir.T + p.b_ir + p.b_hr) if reset == "after" else 1.0
    n = np.tanh(x @ p.W_in.T + p.b_in + r * p.b_hn)  # (7), (7')
    return linear_scan(z, (1 - z) * n, h_0)  # (3)


def init_mingru(rng: np.random.Generator, D: int, H: int) -> MinGRUParams:
    """Return parameters drawn from U(-1/√D, 1/√D), as `torch.nn.Linear` begins."""
    return MinGRUParams(*_linear(rng, D, H, 2))


def init_minlstm(rng: np.random.Generator, D: int, H: int) -> MinLSTMParams:
    """Return parameters drawn from U(-1/√D, 1/√D), as `torch.nn.Linear` begins."""
    return MinLSTMParams(*_linear(rng, D, H, 3))


def _linear(rng, D, H, maps):
    k = 1 / np.sqrt(D)
    return [rng.uniform(-k, k, shape) for shape in [(H, D)] * maps + [(H,)] * maps]
