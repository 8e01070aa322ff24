"""A GRU over time in few calls of NumPy: the forward pass of `gru_ref.sequence`, made for speed.

With G = 1 + exp(-a) = 1/σ(a), to divide by G is to multiply by the gate:

    G_r, G_z = 1 + exp(-a_r), 1 + exp(-a_z)        (1)
    w_t = q_t / G_r = r_t ⊙ (W_hn h_{t-1} + b_hn)  (2)   reset after
    s_t = h_{t-1} / G_r = r_t ⊙ h_{t-1}            (2')  reset before
    n_t = tanh(W_in x_t + b_in + w_t)              (3)   reset after
    n_t = tanh(W_in x_t + b_in + b_hn + W_hn s_t)  (3')  reset before
    v_t = (h_{t-1} - n_t) / G_z                    (4)
    h_t = n_t + v_t                                (5)

By then, all that the backward pass of `gru_ref.cell` multiplies with is known. It is computed for
a chunk of steps at once, while they are in the cache, and nothing else is kept:

    c_n = (1 - z_t) ⊙ (1 - n_t²)                   (6)
    c_z = (1 - z_t) ⊙ v_t                          (7)
    c_q = c_n / G_r                                (8)   reset after
    c_r = (c_n - c_q) ⊙ w_t                        (9)   reset after
    c_r = s_t - s_t / G_r                          (9')  reset before

`gru_ref.fast.backward` goes on with these factors.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gru_ref._shapes import Float
from gru_ref.cell import GRUParams
from gru_ref.fast.buffers import (
    Forward,
    Kept,
    Workspace,
    chunk,
    copy_weights,
    forward_buffers,
    kept_buffers,
)
from gru_ref.sequence import Lengths, Unrolled, check_sequence


class Pass(NamedTuple):
    """One forward pass, for its backward pass."""

    forward: Forward
    kept: Kept
    live: np.ndarray | None
    after: bool
    workspace: Workspace
    run: int
    from_zero: bool  # h_0 is zero

    @property
    def shape(self) -> tuple[int, ...]:
        """(T, N, H)."""
        return (len(self.forward.x), *self.forward.h.shape[1:])


def gru_forward(
    x: Float[np.ndarray, "T N D"],
    p: GRUParams,
    h_0: Float[np.ndarray, "N H"] | None = None,
    lengths: Lengths = None,
    reset: str = "after",
    workspace: Workspace | None = None,
    keep: bool = True,
) -> Unrolled:
    """Return what `unroll` returns, in float32 where x and p both are; ValueError on a misfit.

    With a workspace, call after call works in the same memory. With keep=False nothing is kept for
    `gru_backward`, and kept is None. h is read-only, since the backward pass reads it; copy it to
    change it.

    Example: `h, h_T, kept = gru_forward(x, p)`, then `gru_backward(dh, kept).params`.
    """
    lengths = check_sequence(x, p, h_0, lengths, reset)
    (T, N, D), H, after = x.shape, len(p.W_hr), reset == "after"
    dtype = np.float32 if {a.dtype for a in (x, *p)} == {np.dtype(np.float32)} else np.float64
    live = None if np.all(lengths == T) else np.arange(T)[:, None, None] < lengths[:, None]
    workspace = Workspace() if workspace is None else workspace
    workspace.run += 1
    f = workspace.take(forward_buffers, T, N, D, H, dtype, after)
    kept = workspace.take(kept_buffers, T, N, D, H, dtype) if keep else None
    copy_weights(f, kept, p, after)
    f.h[0] = 0 if h_0 is None else h_0
    from_zero = h_0 is None or not np.any(h_0)
    f.x[:, :, :D] = x if live is None else np.where(live, x, 0)
    steps = chunk(T, N)
    with np.errstate(over="ignore", under="ignore"):  # G = ∞ is a gate of 0
        for start in range(0, T, steps):
            piece = slice(start, min(start + steps, T))
            _run(f, piece, None if live is None else ~live, after, from_zero and start == 0)
            if kept is not None:
                _keep(f, kept, piece, live, after)
    h = f.h[1:] if live is None else np.where(live, f.h[1:], 0)
    h.flags.writeable = False
    run = Pass(f, kept, live, after, workspace, workspace.run, from_zero) if kept else None
    return Unrolled(h, f.h[T].copy(), run)


def _run(f: Forward, piece: slice, dead: np.ndarray | None, after: bool, from_zero: bool) -> None:
    """Fill h, and the chunk's gates, n and v, for the steps of piece; W h_0 of a zero h_0 is 0."""
    add, subtract, divide, exp, tanh = np.add, np.subtract, np.divide, np.exp, np.tanh
    product, one = np.dot if f.W_h.ndim == 2 else np.matmul, np.ones((), f.h.dtype)
    x = f.x[piece].reshape(-1, f.x.shape[2])
    np.matmul(x, f.W_x, f.inputs[1:].reshape(3, -1, f.h.shape[2])[:, : len(x)])
    h_prev, W_h, W_hn = f.h[piece.start], f.W_h, f.W_hn
    masks: Any = [None] * len(f.h) if dead is None else dead
    for h_t, dead_t, Wh, a, i_a, i_n, ws, G_r, G_z, G, n_t, v_t in zip(
        f.h[piece.start + 1 : piece.stop + 1], masks[piece], *f.views, strict=False
    ):
        if from_zero:
            Wh[...], from_zero = 0, False
        else:
            product(h_prev, W_h, Wh)
        add(a, i_a, a)
        exp(G, G)
        add(G, one, G)  # (1)
        if after:
            divide(ws, G_r, ws)  # (2)
            add(ws, i_n, n_t)
        else:
            divide(h_prev, G_r, ws)  # (2')
            np.dot(ws, W_hn, n_t)
            add(n_t, i_n, n_t)
        tanh(n_t, n_t)  # (3), (3')
        subtract(h_prev, n_t, v_t)
        divide(v_t, G_z, v_t)  # (4)
        add(v_t, n_t, h_t)  # (5)
        if dead_t is not None:
            np.copyto(h_t, h_prev, where=dead_t)
        h_prev = h_t


def _keep(f: Forward, kept: Kept, piece: slice, live: np.ndarray | None, after: bool) -> None:
    """Fill the factors of the steps of piece."""
    size, one = piece.stop - piece.start, np.ones((), f.h.dtype)
    (ws, G_r, G_z), n, v, u = f.gates[:size].swapaxes(0, 1), f.n[:size], f.v[:size], f.u[:size]
    c, z = kept.c[piece], kept.z[piece]
    c_q, c_r, c_z, c_n = c.swapaxes(0, 1)
    np.divide(one, G_z, z)
    np.subtract(one, z, u)
    np.multiply(n, n, n)
    np.subtract(one, n, n)
    np.multiply(u, n, c_n)  # (6)
    np.multiply(u, v, c_z)  # (7)
    if after:
        np.divide(c_n, G_r, c_q)  # (8)
        np.subtract(c_n, c_q, v)
        np.multiply(v, ws, c_r)  # (9)
    else:
        np.divide(one, G_r, c_q)  # r_t
        np.divide(ws, G_r, v)
        np.subtract(ws, v, c_r)  # (9')
    if live is not None:  # a step that is not there hands dh_t on as it is
        dead = ~live[piece]
        np.copyto(c, 0, where=dead[:, None])
        np.copyto(z, 1, where=dead)
