"""One step of a Gated Recurrent Unit, as `torch.nn.GRUCell` computes it.

    r_t = σ(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)                (1)   reset gate
    z_t = σ(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)                (2)   update gate
    n_t = tanh(W_in x_t + b_in + r_t ⊙ (W_hn h_{t-1} + b_hn))     (3)   candidate, reset after
    n_t = tanh(W_in x_t + b_in + W_hn (r_t ⊙ h_{t-1}) + b_hn)     (3')  candidate, reset before
    h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}                         (4)   new hidden state

(1)-(4) are PyTorch's documented equations of `torch.nn.GRU`; (3') is the candidate of Cho et al.
2014 (arXiv 1406.1078). (3) and (3') are different functions of the same weights.

Backwards, with dh_t for ∂L/∂h_t, a_r, a_z, a_n for what stands in the brackets of (1), (2), (3),
q_t = W_hn h_{t-1} + b_hn and s_t = r_t ⊙ h_{t-1}, the chain rule gives

    da_n = (1 - z_t) ⊙ (1 - n_t²) ⊙ dh_t                          (5)
    da_z = (h_{t-1} - n_t) ⊙ z_t ⊙ (1 - z_t) ⊙ dh_t               (6)
    dq_t = r_t ⊙ da_n                                             (7)   reset after
    da_r = q_t ⊙ r_t ⊙ (1 - r_t) ⊙ da_n                           (8)   reset after
    ds_t = W_hnᵀ da_n                                             (7')  reset before
    da_r = h_{t-1} ⊙ r_t ⊙ (1 - r_t) ⊙ ds_t                       (8')  reset before
    dx_t = W_irᵀ da_r + W_izᵀ da_z + W_inᵀ da_n                   (9)
    dh_{t-1} = z_t ⊙ dh_t + W_hrᵀ da_r + W_hzᵀ da_z + W_hnᵀ dq_t  (10)  reset after
    dh_{t-1} = z_t ⊙ dh_t + W_hrᵀ da_r + W_hzᵀ da_z + r_t ⊙ ds_t  (10') reset before
    dW_i = da x_tᵀ, dW_h = da h_{t-1}ᵀ, db_i = db_h = da          (11)  gate by gate, summed over N

where dW_hn and db_hn have dq_t for da (after), and dW_hn has s_t for h_{t-1} (before).
"""

from __future__ import annotations

from typing import Any, NamedTuple, overload

import numpy as np

from gru_ref._shapes import Float

RESETS = ("after", "before")


class GRUParams(NamedTuple):
    """The twelve arrays of one GRU layer; a gradient with respect to them has this type too."""

    W_ir: Float[np.ndarray, "H D"]
    W_iz: Float[np.ndarray, "H D"]
    W_in: Float[np.ndarray, "H D"]
    W_hr: Float[np.ndarray, "H H"]
    W_hz: Float[np.ndarray, "H H"]
    W_hn: Float[np.ndarray, "H H"]
    b_ir: Float[np.ndarray, " H"]
    b_iz: Float[np.ndarray, " H"]
    b_in: Float[np.ndarray, " H"]
    b_hr: Float[np.ndarray, " H"]
    b_hz: Float[np.ndarray, " H"]
    b_hn: Float[np.ndarray, " H"]


class StepValues(NamedTuple):
    """What one step computes, in the order in which it computes it."""

    r_t: Float[np.ndarray, "... H"]
    z_t: Float[np.ndarray, "... H"]
    n_t: Float[np.ndarray, "... H"]
    h_t: Float[np.ndarray, "... H"]


class StepGradients(NamedTuple):
    """∂L/∂ of each of the three things that a step reads, in their shapes."""

    dx_t: Float[np.ndarray, "... D"]
    dh_prev: Float[np.ndarray, "... H"]
    params: GRUParams


@overload
def sigmoid(a: float) -> float: ...
@overload
def sigmoid(a: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]: ...
def sigmoid(a: Float[np.ndarray, "*shape"] | float) -> Float[np.ndarray, "*shape"] | float:
    """Return σ(a) = 1 / (1 + exp(-a)), element by element."""
    return 0.5 * (1 + np.tanh(0.5 * a))  # the tanh form never overflows


def step_values(
    x_t: Float[np.ndarray, "... D"],
    h_prev: Float[np.ndarray, "... H"],
    p: GRUParams,
    reset: str = "after",
) -> StepValues:
    """Return r_t, z_t, n_t and h_t, (1) to (4), for one x_t (D,) or N of them (N, D).

    reset is "after" (PyTorch, (3)) or "before" (Cho et al. 2014, (3')). ValueError on a misfit.
    """
    _check_step(x_t, h_prev, p, reset)
    r_t = sigmoid(x_t @ p.W_ir.T + p.b_ir + h_prev @ p.W_hr.T + p.b_hr)  # (1)
    z_t = sigmoid(x_t @ p.W_iz.T + p.b_iz + h_prev @ p.W_hz.T + p.b_hz)  # (2)
    if reset == "after":
        n_t = np.tanh(x_t @ p.W_in.T + p.b_in + r_t * (h_prev @ p.W_hn.T + p.b_hn))  # (3)
    else:
        n_t = np.tanh(x_t @ p.W_in.T + p.b_in + (r_t * h_prev) @ p.W_hn.T + p.b_hn)  # (3')
    h_t = (1 - z_t) * n_t + z_t * h_prev  # (4)
    return StepValues(r_t, z_t, n_t, h_t)


def step(
    x_t: Float[np.ndarray, "... D"],
    h_prev: Float[np.ndarray, "... H"],
    p: GRUParams,
    reset: str = "after",
) -> Float[np.ndarray, "... H"]:
    """Return h_t for one x_t (D,) or N of them (N, D); ValueError on a misfit.

    Example: `step(x_t, np.zeros(H), init_params(rng, D, H))` is the state after the first step.
    """
    return step_values(x_t, h_prev, p, reset).h_t


def step_backward(
    dh_t: Float[np.ndarray, "... H"],
    x_t: Float[np.ndarray, "... D"],
    h_prev: Float[np.ndarray, "... H"],
    v: StepValues,
    p: GRUParams,
    reset: str = "after",
) -> StepGradients:
    """Return dx_t, dh_prev and the gradients of p, given dh_t and what `step_values` returned.

    The gradients of p are summed over the N rows; ValueError on a misfit.
    """
    _check_step(x_t, h_prev, p, reset)
    if np.shape(dh_t) != np.shape(h_prev):
        raise ValueError(
            f"dh_t has shape {np.shape(dh_t)}, expected {np.shape(h_prev)}, that of h_prev: pass "
            f"one ∂L/∂h_t for every component of h_t."
        )
    r_t, z_t, n_t, _ = v
    da_n = (1 - z_t) * (1 - n_t**2) * dh_t  # (5)
    da_z = (h_prev - n_t) * z_t * (1 - z_t) * dh_t  # (6)
    if reset == "after":
        dq_t = r_t * da_n  # (7)
        da_r = (h_prev @ p.W_hn.T + p.b_hn) * r_t * (1 - r_t) * da_n  # (8)
        da_hn, h_n, through_n = dq_t, h_prev, dq_t @ p.W_hn
    else:
        ds_t = da_n @ p.W_hn  # (7')
        da_r = h_prev * r_t * (1 - r_t) * ds_t  # (8')
        da_hn, h_n, through_n = da_n, r_t * h_prev, r_t * ds_t
    dx_t = da_r @ p.W_ir + da_z @ p.W_iz + da_n @ p.W_in  # (9)
    dh_prev = z_t * dh_t + da_r @ p.W_hr + da_z @ p.W_hz + through_n  # (10), (10')
    da_i, da_h = (da_r, da_z, da_n), (da_r, da_z, da_hn)
    params = GRUParams(  # (11)
        *(_outer(da, x_t) for da in da_i),
        *(_outer(da, h) for da, h in zip(da_h, (h_prev, h_prev, h_n), strict=True)),
        *(_rows(da) for da in (*da_i, *da_h)),
    )
    return StepGradients(dx_t, dh_prev, params)


def param_shapes(D: int | np.integer, H: int | np.integer) -> list[tuple[Any, ...]]:
    """Return the shapes of a GRUParams with D inputs and H units, in the order of its fields."""
    return [(H, D)] * 3 + [(H, H)] * 3 + [(H,)] * 6


def sizes(p: GRUParams) -> tuple[int, int]:
    """Return (D, H); ValueError names the first array of p whose shape does not fit the others."""
    if np.ndim(p.W_ir) != 2:
        raise ValueError(f"W_ir has shape {np.shape(p.W_ir)}, expected (H, D): pass a matrix.")
    H, D = np.shape(p.W_ir)
    for name, w, shape in zip(p._fields, p, param_shapes(D, H), strict=True):
        if np.shape(w) != shape:
            raise ValueError(
                f"{name} has shape {np.shape(w)}, expected {shape}, since W_ir is {(H, D)}: "
                f"give all twelve arrays the same D and H."
            )
    return D, H


def zeros(D: int | np.integer, H: int | np.integer) -> GRUParams:
    """Return parameters that are all 0."""
    return GRUParams(*(np.zeros(shape) for shape in param_shapes(D, H)))


def init_params(rng: np.random.Generator, D: int | np.integer, H: int | np.integer) -> GRUParams:
    """Return parameters drawn from U(-1/√H, 1/√H), PyTorch's initialisation of `torch.nn.GRU`."""
    k = 1 / np.sqrt(H)
    return GRUParams(*(rng.uniform(-k, k, shape) for shape in param_shapes(D, H)))


def check_reset(reset: str) -> None:
    """Raise ValueError where reset is neither "after" nor "before"."""
    if reset not in RESETS:
        raise ValueError(
            f"reset is {reset!r}, expected 'after' (torch.nn.GRU) or 'before' (Cho 2014): "
            f"pass one of the two."
        )


def _check_step(x_t: Any, h_prev: Any, p: GRUParams, reset: str) -> None:
    check_reset(reset)
    D, H = sizes(p)
    for name, a, size, letter in (("x_t", x_t, D, "D"), ("h_prev", h_prev, H, "H")):
        if np.ndim(a) not in (1, 2) or np.shape(a)[-1] != size:
            raise ValueError(
                f"{name} has shape {np.shape(a)}, expected ({size},) or (N, {size}), since p has "
                f"{letter} = {size}: pass one step, with its {letter} components last."
            )
    if np.shape(x_t)[:-1] != np.shape(h_prev)[:-1]:
        raise ValueError(
            f"x_t has shape {np.shape(x_t)} and h_prev {np.shape(h_prev)}, expected the same N "
            f"in both: give every row of x_t its own row of h_prev."
        )


def _outer(da: np.ndarray, a: np.ndarray) -> Any:
    return np.atleast_2d(da).T @ np.atleast_2d(a)  # summed over the rows of a batch


def _rows(da: np.ndarray) -> Any:
    return np.atleast_2d(da).sum(axis=0)
