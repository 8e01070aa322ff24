"""The tanh-RNN, as `torch.nn.RNN` computes it: a cell without gates, forward and back.

    h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)       (1)

Backward, with dh_t = ∂L/∂h_t and a_t the argument of the tanh in (1):

    da_t = dh_t ⊙ (1 - h_t²)                                (2)
    dx_t = W_ihᵀ da_t                                       (3)
    dh_{t-1} = W_hhᵀ da_t                                   (4)
    dW_ih = Σ_t da_t x_tᵀ,  dW_hh = Σ_t da_t h_{t-1}ᵀ       (5)
    db_ih = db_hh = Σ_t da_t                                (6)

The Jacobian of one step, with D(v) the diagonal matrix of v:

    ∂h_t/∂h_{t-1} = D(1 - h_t²) W_hh                        (7)

(1) is PyTorch's documented equation; the sums run over steps and over sequences.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gru_ref._shapes import Float


class RNNParams(NamedTuple):
    """The four arrays of one tanh-RNN layer; a gradient with respect to them has this type too."""

    W_ih: Float[np.ndarray, "H D"]
    W_hh: Float[np.ndarray, "H H"]
    b_ih: Float[np.ndarray, " H"]
    b_hh: Float[np.ndarray, " H"]


class RNNStepGradients(NamedTuple):
    """The gradients with respect to what one step was given."""

    dx_t: Float[np.ndarray, "N D"]
    dh_prev: Float[np.ndarray, "N H"]
    params: RNNParams


class RNNGradients(NamedTuple):
    """The gradients with respect to what a whole sequence was given."""

    dx: Float[np.ndarray, "T N D"]
    dh_0: Float[np.ndarray, "N H"]
    params: RNNParams


def init_rnn_params(
    rng: np.random.Generator, D: int | np.integer, H: int | np.integer
) -> RNNParams:
    """Return parameters drawn from U(-1/√H, 1/√H), PyTorch's initialisation of `torch.nn.RNN`."""
    k = 1 / np.sqrt(H)
    return RNNParams(*(rng.uniform(-k, k, shape) for shape in [(H, D), (H, H), (H,), (H,)]))


def rnn_step(
    x_t: Float[np.ndarray, "*N D"], h_prev: Float[np.ndarray, "*N H"], p: RNNParams
) -> Float[np.ndarray, "*N H"]:
    """Return h_t for one x_t or N of them."""
    return np.tanh(x_t @ p.W_ih.T + p.b_ih + h_prev @ p.W_hh.T + p.b_hh)  # (1)


def rnn_step_backward(
    dh_t: Float[np.ndarray, "N H"],
    x_t: Float[np.ndarray, "N D"],
    h_prev: Float[np.ndarray, "N H"],
    h_t: Float[np.ndarray, "N H"],
    p: RNNParams,
) -> RNNStepGradients:
    """Return the gradients of the step that made h_t, given dh_t."""
    da_t = dh_t * (1 - h_t**2)  # (2)
    db = da_t.sum(axis=0)  # (6)
    dp = RNNParams(da_t.T @ x_t, da_t.T @ h_prev, db, db.copy())  # (5)
    return RNNStepGradients(da_t @ p.W_ih, da_t @ p.W_hh, dp)  # (3), (4)


def rnn_jacobian(
    x_t: Float[np.ndarray, "*N D"], h_prev: Float[np.ndarray, "*N H"], p: RNNParams
) -> Float[np.ndarray, "*N H H"]:
    """Return ∂h_t/∂h_{t-1}, row i for the i-th unit of h_t."""
    h_t = rnn_step(x_t, h_prev, p)
    return (1 - h_t**2)[..., :, None] * p.W_hh  # (7)


def rnn_forward(
    x: Float[np.ndarray, "T N D"], h_0: Float[np.ndarray, "N H"], p: RNNParams
) -> Float[np.ndarray, "T N H"]:
    """Return h_1 … h_T; h[t] is the state after x[t]."""
    h = np.empty((len(x), *h_0.shape), np.result_type(x, h_0, *p))
    h_t = h_0
    for t, x_t in enumerate(x):
        h[t] = h_t = rnn_step(x_t, h_t, p)
    return h


def rnn_backward(
    dh: Float[np.ndarray, "T N H"],
    x: Float[np.ndarray, "T N D"],
    h_0: Float[np.ndarray, "N H"],
    h: Float[np.ndarray, "T N H"],
    p: RNNParams,
) -> RNNGradients:
    """Return the gradients of the sequence h = rnn_forward(x, h_0, p), back through time.

    dh[t] is the gradient that the loss itself gives to h[t]: zero at a step where it does not look.
    """
    dx, dp = np.empty_like(x, dtype=h.dtype), RNNParams(*map(np.zeros_like, p))
    dh_t = np.zeros_like(h_0)
    for t in reversed(range(len(x))):
        h_prev = h[t - 1] if t else h_0
        dx[t], dh_t, dp_t = rnn_step_backward(dh[t] + dh_t, x[t], h_prev, h[t], p)
        dp = RNNParams(*(a + b for a, b in zip(dp, dp_t, strict=True)))
    return RNNGradients(dx, dh_t, dp)
