"""The GRU over time without the loop: guess all states, correct all of them at once.

With f(h_{t-1}, x_t) for the step of `cell.py`, h' for a guess of the whole trajectory, h'_0 = h_0:

    e_t = h'_t - f(h'_{t-1}, x_t)                                                  (1)   residual
    h_t = f(h'_{t-1}, x_t) + A_t (h_{t-1} - h'_{t-1})                              (2)   a round
    h_t - h'_t = A_t (h_{t-1} - h'_{t-1}) - e_t                                    (2')  the same

(2') is an affine recurrence in h - h', from 0: one scan. Whatever A_t is, the only trajectory that
a round leaves as it is has e = 0: the GRU's; and k rounds make the first k states exact.

    A_t = 0            Picard                                                      (3)
    A_t = D(z_t)       gate; from h' = 0 = h_0 the first is `minimal.mingru_of`    (4)
    A_t = D(diag J_t)  diagonal, quasi-DEER (Gonzalez et al., arXiv 2407.19115)    (5)
    A_t = J_t          Newton, DEER (Lim et al., arXiv 2309.12252)                 (6)

where J_t is ∂f/∂h_{t-1} at h'_{t-1}, of `jacobian.py`. States are kept in [-m, m], m = max(1,
|h_0|), which no GRU leaves, since h_t lies between n_t and h_{t-1}. Backwards nothing is guessed:

    dh_t = J_{t+1}ᵀ dh_{t+1} + ∂L/∂h_t                                             (7)

is affine already, so one scan is exact. `converge.py` repeats rounds until they have arrived.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gru_ref._shapes import Float
from gru_ref.cell import GRUParams, step_backward, step_values
from gru_ref.errors import choose
from gru_ref.jacobian import gru_jacobian
from gru_ref.scan import linear_scan
from gru_ref.sequence import SequenceGradients, check_gradients, check_sequence

ROUNDS = ("picard", "gate", "diagonal", "newton")


def residual(
    h: Float[np.ndarray, "T N H"],
    x: Float[np.ndarray, "T N D"],
    p: GRUParams,
    h_0: Float[np.ndarray, "N H"] | None = None,
    reset: str = "after",
) -> Float[np.ndarray, "T N H"]:
    """Return e_t = h_t - f(h_{t-1}, x_t) of every step at once; 0 where h is the trajectory."""
    h_0 = start(x, p, h_0, reset)
    return h - _of_all_steps(x, _before(h, h_0), p, reset).h_t  # (1)


def parallel_round(
    h: Float[np.ndarray, "T N H"],
    x: Float[np.ndarray, "T N D"],
    p: GRUParams,
    h_0: Float[np.ndarray, "N H"] | None = None,
    kind: str = "newton",
    reset: str = "after",
    clip: bool = True,
) -> Float[np.ndarray, "T N H"]:
    """Return the trajectory that one round of a kind of ROUNDS makes of the guess h.

    With clip the states are kept where a GRU's are. UsageError on an unknown kind.
    """
    choose("kind of round", kind, ROUNDS)
    h_0 = start(x, p, h_0, reset)
    new = h + linear_scan(*_correction(h, x, p, h_0, kind, reset))  # (2')
    if not clip:
        return new
    m = np.maximum(1, np.abs(h_0))
    return np.clip(np.where(np.isnan(new), h, new), -m, m)  # inf - inf: keep the guess


def parallel_bptt(
    dh: Float[np.ndarray, "T N H"],
    h: Float[np.ndarray, "T N H"],
    x: Float[np.ndarray, "T N D"],
    p: GRUParams,
    h_0: Float[np.ndarray, "N H"] | None = None,
    reset: str = "after",
) -> SequenceGradients:
    """Return the gradients of x, h_0 and p by one scan and one step backwards of all steps at once.

    dh holds ∂L/∂h_t for every step, 0 where the loss does not look; h is the trajectory.
    """
    h_0 = start(x, p, h_0, reset)
    check_gradients(dh, (*x.shape[:-1], h_0.shape[-1]), None, None)
    h_prev = _before(h, h_0)
    J = _jacobians(x, h_prev, p, reset)
    J_next = np.concatenate([J[1:], np.zeros_like(J[:1])])
    dh = linear_scan(np.swapaxes(J_next, -1, -2), dh, reverse=True)  # (7)
    v = _of_all_steps(x, h_prev, p, reset)
    flat = type(v)(*(_flat(a) for a in v))
    g = step_backward(_flat(dh), _flat(x), _flat(h_prev), flat, p, reset)  # time is the batch
    return SequenceGradients(g.dx_t.reshape(x.shape), g.dh_prev.reshape(h_prev.shape)[0], g.params)


def _correction(h, x, p, h_0, kind, reset):
    """Return A and b of (2')."""
    h_prev = _before(h, h_0)
    v = _of_all_steps(x, h_prev, p, reset)
    if kind == "picard":
        A = np.zeros_like(h)  # (3)
    elif kind == "gate":
        A = v.z_t  # (4)
    else:
        A = _jacobians(x, h_prev, p, reset)  # (6)
        if kind == "diagonal":
            A = np.diagonal(A, axis1=-2, axis2=-1)  # (5)
    return A, v.h_t - h


def start(x: Any, p: GRUParams, h_0: Any, reset: str) -> np.ndarray:
    """Return h_0, zeros where there is none; ValueError names what does not fit."""
    check_sequence(x, p, h_0, None, reset)
    return np.zeros((x.shape[1], len(p.W_hr)), x.dtype) if h_0 is None else h_0


def _before(h, h_0):
    return np.concatenate([h_0[None], h[:-1]])


def _flat(a):
    return a.reshape(-1, a.shape[-1])


def _of_all_steps(x, h_prev, p, reset):
    v = step_values(_flat(x), _flat(h_prev), p, reset)
    return type(v)(*(a.reshape(h_prev.shape) for a in v))


def _jacobians(x, h_prev, p, reset):
    J = gru_jacobian(_flat(x), _flat(h_prev), p, reset)
    return J.reshape(*h_prev.shape, h_prev.shape[-1])
