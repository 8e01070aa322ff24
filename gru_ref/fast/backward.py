"""Back through time, with the factors that `gru_ref.fast.forward` has kept of every step.

    da_n = c_n ⊙ dh_t                                             (1)
    da_z = c_z ⊙ dh_t                                             (2)
    dq_t = c_q ⊙ dh_t                                             (3)   reset after
    da_r = c_r ⊙ dh_t                                             (4)   reset after
    da_r = c_r ⊙ ds_t                                             (4')  reset before
    dh_{t-1} = z_t ⊙ dh_t + W_hrᵀ da_r + W_hzᵀ da_z + W_hnᵀ dq_t  (5)   before: + r_t ⊙ ds_t

The factors are (6)-(9') there; ds_t = W_hnᵀ da_n. The gradients of the weights, (11) of
`gru_ref.cell`, are one product for a chunk of steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gru_ref._shapes import Float
from gru_ref.fast.buffers import Backward, Forward, Kept, backward_buffers, chunk, gradients
from gru_ref.fast.forward import Pass
from gru_ref.sequence import SequenceGradients, check_gradients


def gru_backward(
    dh: Float[np.ndarray, "T N H"] | None,
    kept: Pass,
    dh_T: Float[np.ndarray, "N H"] | None = None,
    window: int | None = None,
) -> SequenceGradients:
    """Return what `unroll_backward` returns, from what `gru_forward` kept; ValueError on a misfit.

    It may run again on the same kept, until the next forward pass with the same workspace.
    """
    f, factors, live, after, workspace, run, from_zero = kept
    (T, N, H), D, dtype = kept.shape, f.x.shape[2] - 1, f.h.dtype
    check_gradients(dh, (T, N, H), dh_T, window)
    if workspace.run != run:
        raise ValueError(
            "kept is gone, since its workspace served another forward pass after it: run the "
            "backward pass first, or give every forward pass a workspace of its own."
        )
    b = workspace.take(backward_buffers, T, N, D, H, dtype, after)
    given: Any = [None] * T  # ∂L/∂h_t of each step, where the loss looks
    if dh is not None:
        given = np.asarray(dh if live is None else np.where(live, dh, 0), dtype)
    cut = [window is not None and t % window == 0 and t > 0 for t in range(T)]
    dx = np.empty((T, N, D), dtype)
    b.dh[:] = 0 if dh_T is None else dh_T
    steps = chunk(T, N)
    into = b.totals  # the first chunk's share, the others are added
    for start in reversed(range(0, T, steps)):
        piece = slice(start, min(start + steps, T))
        (_run_back_after if after else _run_back_before)(
            b, factors, piece, given[piece], cut[piece]
        )
        da = b.da[: piece.stop - start].reshape(-1, 4 * H)
        np.dot(da[:, H:], factors.W_x, dx[piece].reshape(-1, D))
        _products(b, f, factors, piece, da, after, into, N if from_zero and start == 0 else 0)
        if into is b.parts:
            for total, part in zip(b.totals, b.parts, strict=True):
                np.add(total, part, total)
        into = b.parts
    return SequenceGradients(dx, b.dh.copy(), gradients(b.totals, after))


def _run_back_after(b: Backward, k: Kept, piece: slice, dh: np.ndarray | list, cut: list) -> None:
    """Fill the chunk's da for the steps of piece, from the last to the first, and hand b.dh on."""
    add, multiply, dot = np.add, np.multiply, np.dot
    carry, total, direct, W_h = b.dh, b.total, b.direct, k.W_h
    views = (view[: piece.stop - piece.start][::-1] for view in b.views)
    for dh_t, cut_t, c_t, z_t, da, da_h in zip(
        dh[::-1], cut[::-1], k.c[piece][::-1], k.z[piece][::-1], *views, strict=True
    ):
        dh_t = carry if dh_t is None else add(carry, dh_t, total)
        multiply(dh_t, c_t, da)  # (1) to (4)
        multiply(dh_t, z_t, direct)
        dot(da_h, W_h, carry)
        add(carry, direct, carry)  # (5)
        if cut_t:
            carry[:] = 0


def _run_back_before(b: Backward, k: Kept, piece: slice, dh: np.ndarray | list, cut: list) -> None:
    """Do what `_run_back_after` does, for the other reset."""
    add, multiply, dot = np.add, np.multiply, np.dot
    carry, total, direct, H = b.dh, b.total, b.direct, b.dh.shape[1]
    W_hn, W_h = k.W_h[:H], k.W_h[H:]
    views = (view[: piece.stop - piece.start][::-1] for view in b.views)
    for dh_t, cut_t, c_t, z_t, da_zn, da_n, r_ds_and_da_r, r_ds, da_rz in zip(
        dh[::-1], cut[::-1], k.c[piece][::-1], k.z[piece][::-1], *views, strict=True
    ):
        dh_t = carry if dh_t is None else add(carry, dh_t, total)
        multiply(dh_t, c_t[2:], da_zn)  # (1), (2)
        multiply(dh_t, z_t, direct)
        dot(da_n, W_hn, carry)  # ds_t
        multiply(carry, c_t[:2], r_ds_and_da_r)  # (4')
        add(direct, r_ds, direct)
        dot(da_rz, W_h, carry)
        add(carry, direct, carry)  # (5)
        if cut_t:
            carry[:] = 0


def _products(
    b: Backward,
    f: Forward,
    k: Kept,
    piece: slice,
    da: np.ndarray,
    after: bool,
    into: list[np.ndarray],
    zeros: int,
) -> None:
    """Put the chunk's share of the gradients of the weights, transposed, into: rows of aᵀ da.

    The first `zeros` rows of h are zero, and add nothing.
    """
    H = b.dh.shape[1]
    x, h = f.x[piece].reshape(len(da), -1), f.h[piece].reshape(len(da), H)
    if after:
        pairs = (x, da[:, H:]), (h[zeros:], da[zeros:, : 3 * H]), (b.ones[: len(da)], da[:, :H])
    else:
        s = np.multiply(f.h[piece], k.c[piece, 0], b.s[: piece.stop - piece.start])
        pairs = (x, da[:, H:]), (h, da[:, H : 3 * H]), (s.reshape(len(da), H), da[:, 3 * H :])
    for (a, da_a), share in zip(pairs, into, strict=True):
        np.dot(a.T, da_a, share)
