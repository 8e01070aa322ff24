"""A GRU over time, step by step: the loop that the fast path of `gru_ref.fast` must equal.

    h_t = step(x_t, h_{t-1})  where t ≤ length, else h_{t-1}                       (1)
    dh_t = what the loss itself says of h_t + what step t + 1 hands back           (2)

Shorter sequences are padded to T steps. Padding is never read: its h is 0, as that of
`torch.nn.utils.rnn.pad_packed_sequence` is, its gradients are 0, and h_T is the state after the
last step that a sequence has. Truncated BPTT with a window of k cuts time into pieces of k steps,
counted from the first one: the state passes from piece to piece, the gradient (2) does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from gru_ref._shapes import Float
from gru_ref.cell import GRUParams, StepValues, check_reset, sizes, step_backward, step_values

Lengths = Sequence[int] | np.ndarray | None


class Unrolled(NamedTuple):
    """Every hidden state, the last one, and what the backward pass needs of the forward pass."""

    h: Float[np.ndarray, "T N H"]
    h_T: Float[np.ndarray, "N H"]
    kept: Any  # None where nothing was kept


class SequenceGradients(NamedTuple):
    """∂L/∂ of each of the three things that a layer reads, in their shapes."""

    dx: Float[np.ndarray, "T N D"]
    dh_0: Float[np.ndarray, "N H"]
    params: GRUParams


class _Kept(NamedTuple):
    x: np.ndarray
    h_prev: list[np.ndarray]
    steps: list[StepValues]
    live: np.ndarray
    p: GRUParams
    reset: str


def unroll(
    x: Float[np.ndarray, "T N D"],
    p: GRUParams,
    h_0: Float[np.ndarray, "N H"] | None = None,
    lengths: Lengths = None,
    reset: str = "after",
) -> Unrolled:
    """Return h_1 ... h_T and h_T for N sequences from h_0, which is 0 unless given.

    lengths says how many of the T steps each sequence has; ValueError on a misfit.
    """
    lengths = check_sequence(x, p, h_0, lengths, reset)
    live = np.arange(len(x))[:, None, None] < lengths[:, None]
    x = np.where(live, x, 0)
    h_t = np.zeros((x.shape[1], len(p.W_hr)), x.dtype) if h_0 is None else h_0
    h_prev, steps = [], []
    for x_t, live_t in zip(x, live, strict=True):
        h_prev.append(h_t)
        steps.append(step_values(x_t, h_t, p, reset))
        h_t = np.where(live_t, steps[-1].h_t, h_t)  # (1)
    h = np.where(live, [v.h_t for v in steps], 0)
    return Unrolled(h, h_t, _Kept(x, h_prev, steps, live, p, reset))


def unroll_backward(
    dh: Float[np.ndarray, "T N H"] | None,
    kept: _Kept,
    dh_T: Float[np.ndarray, "N H"] | None = None,
    window: int | None = None,
) -> SequenceGradients:
    """Return the gradients of x, h_0 and p by backpropagation through time.

    dh holds ∂L/∂h_t for every step, 0 where the loss does not look; dh_T is ∂L/∂h_T, on top of it.
    window truncates: the gradient goes back over at most so many steps. ValueError on a misfit.
    """
    x, _, steps, live, p, reset = kept
    check_gradients(dh, (len(x), *steps[0].h_t.shape), dh_T, window)
    dx = np.zeros_like(x)
    params = GRUParams(*(np.zeros_like(w) for w in p))
    dh_t = np.zeros_like(steps[0].h_t) if dh_T is None else dh_T
    for t in reversed(range(len(x))):
        dh_t = dh_t if dh is None else dh_t + np.where(live[t], dh[t], 0)  # (2)
        g = step_backward(np.where(live[t], dh_t, 0), x[t], kept.h_prev[t], steps[t], p, reset)
        dx[t] = g.dx_t
        params = GRUParams(*(a + b for a, b in zip(params, g.params, strict=True)))
        dh_t = np.where(live[t], g.dh_prev, dh_t)
        if window and t % window == 0 and t > 0:
            dh_t = np.zeros_like(dh_t)
    return SequenceGradients(dx, dh_t, params)


def reverse(x: Float[np.ndarray, "T N D"], lengths: Lengths = None) -> Float[np.ndarray, "T N D"]:
    """Return x with the steps of every sequence in the opposite order; padding stays in place."""
    if lengths is None:
        return x[::-1]
    t, lengths = np.arange(len(x))[:, None], np.asarray(lengths)
    return np.take_along_axis(x, np.where(t < lengths, lengths - 1 - t, t)[:, :, None], axis=0)


def check_sequence(x: Any, p: GRUParams, h_0: Any, lengths: Any, reset: str) -> np.ndarray:
    """Return the N lengths, all T where there are none; ValueError names what does not fit."""
    check_reset(reset)
    D, H = sizes(p)
    if np.ndim(x) != 3 or np.shape(x)[2] != D or len(x) == 0:
        raise ValueError(
            f"x has shape {np.shape(x)}, expected (T, N, {D}) with T ≥ 1, since p has D = {D}: "
            f"pass time first, then the sequences, then the components."
        )
    T, N, _ = np.shape(x)
    if h_0 is not None and np.shape(h_0) != (N, H):
        raise ValueError(
            f"h_0 has shape {np.shape(h_0)}, expected {(N, H)}: give each of the N = {N} sequences "
            f"its own initial state, or leave h_0 out for zeros."
        )
    if lengths is None:
        return np.full(N, T)
    seen = np.asarray(lengths)
    if seen.shape != (N,) or seen.dtype.kind not in "iu" or np.any((seen < 0) | (seen > T)):
        raise ValueError(
            f"lengths are {lengths!r}, expected {N} whole numbers from 0 to T = {T}: say how many "
            f"steps each sequence has."
        )
    return seen


def check_gradients(dh: Any, shape: tuple[int, ...], dh_T: Any, window: Any) -> None:
    """Raise ValueError where dh, dh_T or window does not fit a forward pass of shape (T, N, H)."""
    for name, a, due in (("dh", dh, shape), ("dh_T", dh_T, shape[1:])):
        if a is not None and np.shape(a) != due:
            raise ValueError(
                f"{name} has shape {np.shape(a)}, expected {due}, that of the states of the "
                f"forward pass: pass one ∂L/∂h for every component, 0 where the loss does not look."
            )
    if window is not None and (not isinstance(window, int | np.integer) or window < 1):
        raise ValueError(
            f"window is {window!r}, expected a whole number of steps ≥ 1: leave it out for the "
            f"whole sequence."
        )
