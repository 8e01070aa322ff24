"""∂h_t/∂h_{t-1} of the three cells, its products over time, and what follows for the gradient.

D(v) is the diagonal matrix of v. The GRU's, with q = W_hn h_{t-1} + b_hn:

    J_t = D(z_t) + D((h_{t-1} - n_t) ⊙ z_t(1-z_t)) W_hz + D(1-z_t) N                (1)
    N = D(1-n_t²) [D(r_t) W_hn + D(q ⊙ r_t(1-r_t)) W_hr]                            (2)   after
    N = D(1-n_t²) W_hn [D(r_t) + D(h_{t-1} ⊙ r_t(1-r_t)) W_hr]                      (2')  before
    J_t ≈ D(z_t) + D((1-z_t) ⊙ (1-n_t²)) D(r_t) W_hn                                (3)   after
    J_t ≈ D(z_t) + D((1-z_t) ⊙ (1-n_t²)) W_hn D(r_t)                                (3')  before

(3) is often printed for (1), as in GeeksforGeeks' article on the GRU: it leaves out the paths
through z_t and r_t. `rnn.py` and `lstm.py` hold those of the two other cells. Over time, with dh_t
= ∂L/∂h_t:

    ∂h_T/∂h_0 = J_T J_{T-1} ··· J_1                                                 (4)
    dh_{t-1} = J_tᵀ dh_t                                                            (5)
    z^τ = 1/e,  so that  τ = -1/ln z                                                (6)  horizon
    b_z = ln u,  u ~ U(1, T_max - 1),  so that  z = u/(1+u) and τ ≈ u + 1/2         (7)  chrono
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gru_ref._shapes import Float
from gru_ref.cell import GRUParams, step_values
from gru_ref.gradcheck import leaves, map_leaves
from gru_ref.lstm import LSTMParams, lstm_jacobian, lstm_step
from gru_ref.rnn import RNNParams, rnn_jacobian, rnn_step

CELLS = {"rnn": RNNParams, "gru": GRUParams, "lstm": LSTMParams}


def gru_jacobian(
    x_t: Float[np.ndarray, "*N D"],
    h_prev: Float[np.ndarray, "*N H"],
    p: GRUParams,
    reset: str = "after",
) -> Float[np.ndarray, "*N H H"]:
    """Return J_t = ∂h_t/∂h_{t-1} of a GRU, (1); row i is that of the i-th unit of h_t."""
    r_t, z_t, n_t, _ = step_values(x_t, h_prev, p, reset)
    if reset == "after":
        q = h_prev @ p.W_hn.T + p.b_hn
        N = _rows(r_t, p.W_hn) + _rows(q * r_t * (1 - r_t), p.W_hr)
    else:
        N = p.W_hn @ (_diagonal(r_t) + _rows(h_prev * r_t * (1 - r_t), p.W_hr))
    N = _rows(1 - n_t**2, N)  # (2), (2')
    through_z = _rows((h_prev - n_t) * z_t * (1 - z_t), p.W_hz)
    return _diagonal(z_t) + through_z + _rows(1 - z_t, N)  # (1)


def article_jacobian(
    x_t: Float[np.ndarray, "*N D"],
    h_prev: Float[np.ndarray, "*N H"],
    p: GRUParams,
    reset: str = "after",
) -> Float[np.ndarray, "*N H H"]:
    """Return what is left of ∂h_t/∂h_{t-1} when z_t and r_t are taken for constants, (3).

    It is wrong by the paths through the gates; `relative_difference` says by how much.
    """
    r_t, z_t, n_t, _ = step_values(x_t, h_prev, p, reset)
    N = _rows(r_t, p.W_hn) if reset == "after" else p.W_hn @ _diagonal(r_t)
    return _diagonal(z_t) + _rows((1 - z_t) * (1 - n_t**2), N)  # (3), (3')


def jacobians(
    cell: str,
    params: RNNParams | GRUParams | LSTMParams,
    x: Float[np.ndarray, "T *N D"],
    h_0: Float[np.ndarray, "*N H"],
    reset: str = "after",
) -> Float[np.ndarray, "T *N S S"]:
    """Return J_1 … J_T along the states that "rnn", "gru" or "lstm" runs through from h_0.

    S is H, and 2H for an LSTM, whose c_0 is 0; reset is the GRU's. ValueError on an unknown cell.
    """
    if not isinstance(params, CELLS.get(cell, ())):
        due = " or ".join(f"{name!r} with {kind.__name__}" for name, kind in CELLS.items())
        raise ValueError(
            f"cell is {cell!r} with {type(params).__name__}, expected {due}: let the two agree."
        )
    Js, h_t, c_t = [], h_0, np.zeros_like(h_0)
    for x_t in x:
        if isinstance(params, RNNParams):
            Js.append(rnn_jacobian(x_t, h_t, params))
            h_t = rnn_step(x_t, h_t, params)
        elif isinstance(params, GRUParams):
            Js.append(gru_jacobian(x_t, h_t, params, reset))
            h_t = step_values(x_t, h_t, params, reset).h_t
        else:
            Js.append(lstm_jacobian(x_t, h_t, c_t, params))
            *_, c_t, h_t = lstm_step(x_t, h_t, c_t, params)
    return np.stack(Js)


def jacobian_product(Js: Float[np.ndarray, "T *N S S"]) -> Float[np.ndarray, "*N S S"]:
    """Return ∂h_T/∂h_0 from J_1 … J_T: the last step stands on the left."""
    product = Js[0]
    for J_t in Js[1:]:
        product = J_t @ product  # (4)
    return product


def state_gradients(
    dh_T: Float[np.ndarray, "*N S"], Js: Float[np.ndarray, "T *N S S"]
) -> Float[np.ndarray, "lags ... S"]:
    """Return ∂L_T/∂h_{T-k} at index k = 0 … T, one vector-Jacobian product a step."""
    gradients = [dh_T]
    for J_t in Js[::-1]:
        gradients.append((gradients[-1][..., None, :] @ J_t)[..., 0, :])  # (5)
    return np.stack(gradients)


def gradient_norms(
    dh_T: Float[np.ndarray, "*N S"], Js: Float[np.ndarray, "T *N S S"]
) -> Float[np.ndarray, "lags ..."]:
    """Return ‖∂L_T/∂h_{T-k}‖ at index k = 0 … T, the lag."""
    return np.linalg.norm(state_gradients(dh_T, Js), axis=-1)


def norms_against_lag(
    cell: str,
    params: RNNParams | GRUParams | LSTMParams,
    x: Float[np.ndarray, "T *N D"],
    h_0: Float[np.ndarray, "*N H"],
    dh_T: Float[np.ndarray, "*N H"],
    reset: str = "after",
) -> Float[np.ndarray, "lags ..."]:
    """Return ‖∂L_T/∂h_{T-k}‖ at index k = 0 … T for a loss that sees h_T only.

    Of an LSTM it is the norm over (h, c), the two taken as separate inputs of the next step. Its
    first lag is where the gradient enters c; `norms[1:]` shows what c keeps of it.
    """
    Js = jacobians(cell, params, x, h_0, reset)
    if cell == "lstm":
        dh_T = np.concatenate([dh_T, np.zeros_like(dh_T)], axis=-1)
    return gradient_norms(dh_T, Js)


def memory_horizon(norms: Float[np.ndarray, " lags"]) -> float:
    """Return the first lag at which the norm is 1/e of norms[0], else inf.

    Between two lags ln(norm) is taken for a straight line. ValueError where there is no gradient.
    """
    if not (norms[0] > 0 and np.isfinite(norms).all()):
        raise ValueError(
            f"norms begins with {norms[0]} and {np.sum(~np.isfinite(norms))} of its values are not "
            f"finite, expected a positive start and none of those: take a dh_T that is not 0, or "
            f"fewer steps."
        )
    with np.errstate(divide="ignore"):
        log_norms = np.log(norms / norms[0])
    below = np.flatnonzero(log_norms <= -1)
    if below.size == 0:
        return float("inf")
    k = below[0]
    above = log_norms[k - 1]
    return float(k - 1 + (above + 1) / (above - log_norms[k]))


def predicted_horizon(
    z: Float[np.ndarray, "*shape"] | float,
) -> Float[np.ndarray, "*shape"] | float:
    """Return -1/ln z, the horizon of a state that is multiplied by z at every step."""
    with np.errstate(divide="ignore", over="ignore"):
        return 1 / np.log(np.divide(1, z))  # (6), with inf at z = 1 and 0 at z = 0


def spectral_radius(J: Float[np.ndarray, "*N S S"]) -> Float[np.ndarray, "*N"] | float:
    """Return the largest |eigenvalue| of J."""
    return np.abs(np.linalg.eigvals(J)).max(axis=-1)


def relative_difference(J: Float[np.ndarray, "S S"], J_true: Float[np.ndarray, "S S"]) -> float:
    """Return ‖J - J_true‖ / ‖J_true‖ in the Frobenius norm; 0 where the two are equal."""
    difference, size = np.linalg.norm(J - J_true), np.linalg.norm(J_true)
    if difference == 0:
        return 0.0
    return float(difference / size) if size else float("inf")


def clip_by_norm(grads: tuple[Any, ...], max_norm: float | int) -> tuple[tuple[Any, ...], float]:
    """Return grads, scaled down where their norm is above max_norm, and the norm before.

    The norm is that of all arrays of grads together (Pascanu, Mikolov, Bengio 2013); layers may
    stand in a tuple. ValueError where a gradient is not finite: no factor repairs it.
    """
    largest = float(np.max([np.abs(g).max(initial=0) for g in leaves(grads)], initial=0))
    if not (np.isfinite(largest) and max_norm > 0):
        raise ValueError(
            f"The largest gradient is {largest} and max_norm {max_norm}, expected a finite one and "
            f"a positive number: leave out this update, or clip earlier."
        )
    scale = largest or 1.0  # squares of what is divided by it do not overflow
    norm = scale * float(np.sqrt(sum(np.sum((g / scale) ** 2) for g in leaves(grads))))
    factor = min(1.0, max_norm / norm) if norm else 1.0
    return map_leaves(lambda g: g * factor, grads), norm


def chrono_bias(
    rng: np.random.Generator, H: int | np.integer, T_max: float | int
) -> Float[np.ndarray, " H"]:
    """Return b_z for memories from 1 to T_max - 1 steps, where z keeps the past, as in PyTorch.

    Positive, one bias a gate: b_iz = chrono_bias(...), b_hz = 0; negate it where z renews the state
    (Chung 2014). Tallec & Ollivier 2018. ValueError below T_max = 2.
    """
    if not T_max >= 2:
        raise ValueError(
            f"T_max is {T_max}, expected 2 or more: pass the longest memory, in steps."
        )
    return np.log(rng.uniform(1, T_max - 1, H))  # (7)


def _diagonal(v: np.ndarray) -> Any:
    return v[..., :, None] * np.eye(v.shape[-1], dtype=v.dtype)


def _rows(v: np.ndarray, M: np.ndarray) -> Any:
    return v[..., :, None] * M  # D(v) M without the zeros of D(v)
