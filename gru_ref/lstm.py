"""The LSTM, as `torch.nn.LSTM` computes it: three gates and two states, forward and back.

    i_t = σ(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi)          (1)   input gate
    f_t = σ(W_if x_t + b_if + W_hf h_{t-1} + b_hf)          (2)   forget gate
    g_t = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)       (3)   candidate
    o_t = σ(W_io x_t + b_io + W_ho h_{t-1} + b_ho)          (4)   output gate
    c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t                         (5)   cell state
    h_t = o_t ⊙ tanh(c_t)                                   (6)   hidden state

Backward, with dc_t the gradient that reaches c_t from later steps, and a_k the argument of gate k:

    dc'_t = dc_t + dh_t ⊙ o_t ⊙ (1 - tanh²(c_t))            (7)   c_t is seen through h_t too
    da_i = dc'_t ⊙ g_t ⊙ i_t (1 - i_t)                      (8)
    da_f = dc'_t ⊙ c_{t-1} ⊙ f_t (1 - f_t)                  (9)
    da_g = dc'_t ⊙ i_t ⊙ (1 - g_t²)                         (10)
    da_o = dh_t ⊙ tanh(c_t) ⊙ o_t (1 - o_t)                 (11)
    dc_{t-1} = dc'_t ⊙ f_t                                  (12)
    dx_t = Σ_k W_ikᵀ da_k,  dh_{t-1} = Σ_k W_hkᵀ da_k       (13)  k = i, f, g, o
    dW_ik = Σ_t da_k x_tᵀ,  dW_hk = Σ_t da_k h_{t-1}ᵀ       (14)
    db_ik = db_hk = Σ_t da_k                                (15)

The Jacobian of one step is that of (h, c), with D(v) the diagonal matrix of v:

    ∂c_t/∂h_{t-1} = D(g i(1-i)) W_hi + D(c_{t-1} f(1-f)) W_hf + D(i(1-g²)) W_hg         (16)
    ∂c_t/∂c_{t-1} = D(f)                                                                (17)
    ∂h_t/∂h_{t-1} = D(o(1-tanh²(c_t))) ∂c_t/∂h_{t-1} + D(tanh(c_t) o(1-o)) W_ho         (18)
    ∂h_t/∂c_{t-1} = D(o(1-tanh²(c_t))) ∂c_t/∂c_{t-1}                                    (19)

(1)-(6) are PyTorch's documented equations; the sums over t run over sequences too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gru_ref._shapes import Float
from gru_ref.cell import sigmoid


class LSTMParams(NamedTuple):
    """The sixteen arrays of one LSTM layer; a gradient with respect to them has this type too."""

    W_ii: Float[np.ndarray, "H D"]
    W_if: Float[np.ndarray, "H D"]
    W_ig: Float[np.ndarray, "H D"]
    W_io: Float[np.ndarray, "H D"]
    W_hi: Float[np.ndarray, "H H"]
    W_hf: Float[np.ndarray, "H H"]
    W_hg: Float[np.ndarray, "H H"]
    W_ho: Float[np.ndarray, "H H"]
    b_ii: Float[np.ndarray, " H"]
    b_if: Float[np.ndarray, " H"]
    b_ig: Float[np.ndarray, " H"]
    b_io: Float[np.ndarray, " H"]
    b_hi: Float[np.ndarray, " H"]
    b_hf: Float[np.ndarray, " H"]
    b_hg: Float[np.ndarray, " H"]
    b_ho: Float[np.ndarray, " H"]


class LSTMValues(NamedTuple):
    """What one step computes, in its order; of a whole sequence, with T in front of each shape."""

    i: Float[np.ndarray, "... H"]
    f: Float[np.ndarray, "... H"]
    g: Float[np.ndarray, "... H"]
    o: Float[np.ndarray, "... H"]
    c: Float[np.ndarray, "... H"]
    h: Float[np.ndarray, "... H"]


class LSTMStepGradients(NamedTuple):
    """The gradients with respect to what one step was given."""

    dx_t: Float[np.ndarray, "N D"]
    dh_prev: Float[np.ndarray, "N H"]
    dc_prev: Float[np.ndarray, "N H"]
    params: LSTMParams


class LSTMGradients(NamedTuple):
    """The gradients with respect to what a whole sequence was given."""

    dx: Float[np.ndarray, "T N D"]
    dh_0: Float[np.ndarray, "N H"]
    dc_0: Float[np.ndarray, "N H"]
    params: LSTMParams


def init_lstm_params(
    rng: np.random.Generator, D: int | np.integer, H: int | np.integer
) -> LSTMParams:
    """Return parameters drawn from U(-1/√H, 1/√H), PyTorch's initialisation of `torch.nn.LSTM`."""
    k, shapes = 1 / np.sqrt(H), [(H, D)] * 4 + [(H, H)] * 4 + [(H,)] * 8
    return LSTMParams(*(rng.uniform(-k, k, shape) for shape in shapes))


def lstm_step(
    x_t: Float[np.ndarray, "*N D"],
    h_prev: Float[np.ndarray, "*N H"],
    c_prev: Float[np.ndarray, "*N H"],
    p: LSTMParams,
) -> LSTMValues:
    """Return the gates and both new states for one x_t or N of them."""
    i_t = sigmoid(x_t @ p.W_ii.T + p.b_ii + h_prev @ p.W_hi.T + p.b_hi)  # (1)
    f_t = sigmoid(x_t @ p.W_if.T + p.b_if + h_prev @ p.W_hf.T + p.b_hf)  # (2)
    g_t = np.tanh(x_t @ p.W_ig.T + p.b_ig + h_prev @ p.W_hg.T + p.b_hg)  # (3)
    o_t = sigmoid(x_t @ p.W_io.T + p.b_io + h_prev @ p.W_ho.T + p.b_ho)  # (4)
    c_t = f_t * c_prev + i_t * g_t  # (5)
    h_t = o_t * np.tanh(c_t)  # (6)
    return LSTMValues(i_t, f_t, g_t, o_t, c_t, h_t)


def lstm_step_backward(
    dh_t: Float[np.ndarray, "N H"],
    dc_t: Float[np.ndarray, "N H"],
    x_t: Float[np.ndarray, "N D"],
    h_prev: Float[np.ndarray, "N H"],
    c_prev: Float[np.ndarray, "N H"],
    values: LSTMValues,
    p: LSTMParams,
) -> LSTMStepGradients:
    """Return the gradients of the step that made values, given dh_t and dc_t."""
    i_t, f_t, g_t, o_t, c_t, _ = values
    tanh_c = np.tanh(c_t)
    dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2)  # (7)
    da_i = dc_t * g_t * i_t * (1 - i_t)  # (8)
    da_f = dc_t * c_prev * f_t * (1 - f_t)  # (9)
    da_g = dc_t * i_t * (1 - g_t**2)  # (10)
    da_o = dh_t * tanh_c * o_t * (1 - o_t)  # (11)
    dc_prev = dc_t * f_t  # (12)
    dx_t = da_i @ p.W_ii + da_f @ p.W_if + da_g @ p.W_ig + da_o @ p.W_io  # (13)
    dh_prev = da_i @ p.W_hi + da_f @ p.W_hf + da_g @ p.W_hg + da_o @ p.W_ho  # (13)
    da = (da_i, da_f, da_g, da_o)
    dW_i, dW_h = [da_k.T @ x_t for da_k in da], [da_k.T @ h_prev for da_k in da]  # (14)
    db_i, db_h = [da_k.sum(axis=0) for da_k in da], [da_k.sum(axis=0) for da_k in da]  # (15)
    return LSTMStepGradients(dx_t, dh_prev, dc_prev, LSTMParams(*dW_i, *dW_h, *db_i, *db_h))


def lstm_jacobian(
    x_t: Float[np.ndarray, "*N D"],
    h_prev: Float[np.ndarray, "*N H"],
    c_prev: Float[np.ndarray, "*N H"],
    p: LSTMParams,
) -> Float[np.ndarray, "*N 2*H 2*H"]:
    """Return the Jacobian of the joint state (h, c), h first; `J[..., H:, H:]` is ∂c_t/∂c_{t-1}."""
    # every vector stands as a column, so that v * M is D(v) M
    i, f, g, o, c_t, _ = (v[..., None] for v in lstm_step(x_t, h_prev, c_prev, p))
    c_prev, tanh_c = c_prev[..., None], np.tanh(c_t)
    ch = g * i * (1 - i) * p.W_hi + c_prev * f * (1 - f) * p.W_hf + i * (1 - g**2) * p.W_hg  # (16)
    cc = f * np.eye(len(p.b_hf), dtype=f.dtype)  # (17)
    hh = o * (1 - tanh_c**2) * ch + tanh_c * o * (1 - o) * p.W_ho  # (18)
    hc = o * (1 - tanh_c**2) * cc  # (19)
    return np.block([[hh, hc], [ch, cc]])


def lstm_forward(
    x: Float[np.ndarray, "T N D"],
    h_0: Float[np.ndarray, "N H"],
    c_0: Float[np.ndarray, "N H"],
    p: LSTMParams,
) -> LSTMValues:
    """Return the gates and the states of every step; `.h[t]` is the state after x[t]."""
    shape, dtype = (len(x), *h_0.shape), np.result_type(x, h_0, c_0, *p)
    values = LSTMValues(*(np.empty(shape, dtype) for _ in LSTMValues._fields))
    h_t, c_t = h_0, c_0
    for t, x_t in enumerate(x):
        step = lstm_step(x_t, h_t, c_t, p)
        h_t, c_t = step.h, step.c
        for a, a_t in zip(values, step, strict=True):
            a[t] = a_t
    return values


def lstm_backward(
    dh: Float[np.ndarray, "T N H"],
    x: Float[np.ndarray, "T N D"],
    h_0: Float[np.ndarray, "N H"],
    c_0: Float[np.ndarray, "N H"],
    values: LSTMValues,
    p: LSTMParams,
) -> LSTMGradients:
    """Return the gradients of values = lstm_forward(x, h_0, c_0, p), back through time.

    dh[t] is the gradient that the loss itself gives to h[t]: zero at a step where it does not look.
    """
    dx, dp = np.empty_like(x, dtype=values.h.dtype), LSTMParams(*map(np.zeros_like, p))
    dh_t, dc_t = np.zeros_like(h_0), np.zeros_like(c_0)
    for t in reversed(range(len(x))):
        h_prev, c_prev = (values.h[t - 1], values.c[t - 1]) if t else (h_0, c_0)
        values_t = LSTMValues(*(a[t] for a in values))
        dx[t], dh_t, dc_t, dp_t = lstm_step_backward(
            dh[t] + dh_t, dc_t, x[t], h_prev, c_prev, values_t, p
        )
        dp = LSTMParams(*(a + b for a, b in zip(dp, dp_t, strict=True)))
    return LSTMGradients(dx, dh_t, dc_t, dp)
