"""Chapter 6, the gradients inside one cell, piece by piece, from which mistakes are composed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gru_ref.cell import GRUParams


class Inputs(NamedTuple):
    """What the exercise is given, by name: a mistake takes it as `*inputs`."""

    dh_t: np.ndarray
    x_t: np.ndarray
    h_prev: np.ndarray
    r_t: np.ndarray
    z_t: np.ndarray
    n_t: np.ndarray
    p: GRUParams


class Flow(NamedTuple):
    """∂L/∂ of the pre-activations, and of u_t = W_hn h_{t-1} + b_hn."""

    da_r: np.ndarray
    da_z: np.ndarray
    da_n: np.ndarray
    du: np.ndarray


def u_of(s: Inputs) -> np.ndarray:
    """Return what r_t multiplies in (3), W_hn h_{t-1} + b_hn."""
    return s.h_prev @ s.p.W_hn.T + s.p.b_hn


def slope(gate: np.ndarray) -> np.ndarray:
    """Return the slope of σ where it has the value `gate`."""
    return gate * (1 - gate)


def da_n_of(s: Inputs) -> np.ndarray:
    """Return ∂L/∂a_n."""
    return s.dh_t * (1 - s.z_t) * (1 - s.n_t**2)


def da_z_of(s: Inputs) -> np.ndarray:
    """Return ∂L/∂a_z."""
    return s.dh_t * (s.h_prev - s.n_t) * slope(s.z_t)


def flow_from(s: Inputs, da_z: np.ndarray, da_n: np.ndarray) -> Flow:
    """Return the flow in a cell whose da_z and da_n are these: r_t acts inside a_n."""
    return Flow(da_n * u_of(s) * slope(s.r_t), da_z, da_n, da_n * s.r_t)


def flow_of(inputs: tuple) -> tuple[Inputs, Flow]:
    """Return the inputs by name, and the right flow."""
    s = Inputs(*inputs)
    return s, flow_from(s, da_z_of(s), da_n_of(s))


def dx_of(s: Inputs, f: Flow) -> np.ndarray:
    """Return dx_t, to which three paths lead."""
    return f.da_n @ s.p.W_in + f.da_r @ s.p.W_ir + f.da_z @ s.p.W_iz


def dh_prev_of(s: Inputs, f: Flow) -> np.ndarray:
    """Return dh_prev, to which four paths lead."""
    return s.dh_t * s.z_t + f.du @ s.p.W_hn + f.da_r @ s.p.W_hr + f.da_z @ s.p.W_hz


def grads_of(s: Inputs, f: Flow) -> GRUParams:
    """Return the gradients of the twelve arrays of p, summed over the batch."""
    from_x, from_h = (f.da_r, f.da_z, f.da_n), (f.da_r, f.da_z, f.du)
    return GRUParams(
        *(da.T @ s.x_t for da in from_x),
        *(da.T @ s.h_prev for da in from_h),
        *(da.sum(0) for da in (*from_x, *from_h)),
    )


def all_of(s: Inputs, f: Flow) -> tuple:
    """Return dx_t, dh_prev and the gradients of p."""
    return dx_of(s, f), dh_prev_of(s, f), grads_of(s, f)


def backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p):
    """Return dx_t, dh_prev and the gradients of the twelve arrays of p."""
    return all_of(*flow_of((dh_t, x_t, h_prev, r_t, z_t, n_t, p)))
