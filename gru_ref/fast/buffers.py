"""Memory for the fast path: buffers that are laid out once and reused call after call.

A step's arrays are gate-major, (gate, N, H): a ufunc runs over one contiguous block, and a matrix
product writes straight into it. What the steps only pass through are buffers for a chunk of about
ROWS rows, which stay in the processor's cache. Below, "q | s" is q with the reset after the product
and s with the reset before it; the letters are those of `gru_ref.fast.forward`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gru_ref.cell import GRUParams

ROWS = 512  # T N rows of a chunk: enough for products at full speed, few enough for the cache
ACROSS = 16  # columns of a transposed copy at a time

CACHE_LINE = 64  # bytes


class Workspace:
    """Buffers for `gru_forward` and `gru_backward`: pass the same one again and they are reused.

    What a forward pass returned is valid until the next one with the same workspace; gradients are
    the caller's own. It holds one set of buffers, those of the last sizes.
    """

    def __init__(self) -> None:
        self.run = 0
        self._made: dict[Callable[..., Any], tuple[Any, Any]] = {}
        self._parts: dict[tuple[Any, ...], Workspace] = {}

    def take(self, make: Callable[..., Any], *sizes: Any) -> Any:
        """Return make(*sizes), the one made last time where the sizes are the same."""
        if make not in self._made or self._made[make][0] != sizes:
            self._made[make] = sizes, make(*sizes)
        return self._made[make][1]

    def part(self, *name: int) -> Workspace:
        """Return the workspace of that name within this one."""
        return self._parts.setdefault(name, Workspace())

    @property
    def nbytes(self) -> int:
        """The bytes of all buffers."""
        buffers = [a for _, made in self._made.values() for a in made if isinstance(a, np.ndarray)]
        return sum(a.nbytes for a in buffers) + sum(part.nbytes for part in self._parts.values())


class Forward(NamedTuple):
    """What a forward pass needs."""

    h: np.ndarray  # (T + 1, N, H), from h_0 to h_T
    x: np.ndarray  # (T, N, D + 1): a 1 behind every x_t multiplies the bias
    W_x: np.ndarray  # (3, D + 1, H): r, z, n
    W_h: np.ndarray  # (3 | 2, H, H): q, r, z | r, z; side by side in one matrix where N = 1
    W_hn: np.ndarray  # (H, H), for s
    inputs: np.ndarray  # (4, steps, N, H): b_hn, then W_x x_t of r, z, n
    gates: np.ndarray  # (steps, 3, N, H): q, which becomes w, | s, then G_r, G_z
    n: np.ndarray
    v: np.ndarray
    u: np.ndarray  # (steps, N, H), 1 - z_t
    views: list[list[np.ndarray]]  # of one step after another, in the order of the loop


class Kept(NamedTuple):
    """What a backward pass needs of the forward pass, besides h and x."""

    c: np.ndarray  # (T, 4, N, H): c_q | r_t, then c_r, c_z, c_n
    z: np.ndarray  # (T, N, H)
    W_x: np.ndarray  # (3H, D): r, z, n
    W_h: np.ndarray  # (3H, H): n, r, z


class Backward(NamedTuple):
    """What a backward pass works in."""

    da: np.ndarray  # (steps, N, 4, H): dq_t | r_t ds_t, then da_r, da_z, da_n
    dh: np.ndarray
    total: np.ndarray
    direct: np.ndarray  # (N, H), z_t dh_t
    s: np.ndarray  # (steps, N, H)
    ones: np.ndarray
    totals: list[np.ndarray]  # gradients so far, transposed: of W_x; q, r, z | r, z; b_hn | W_hn
    parts: list[np.ndarray]  # the share of a chunk
    views: list[list[np.ndarray]]


def forward_buffers(T, N, D, H, dtype, after) -> Forward:
    """Return the buffers of a forward pass."""
    steps, first = chunk(T, N), 0 if after else 1

    def new(*shape):
        return aligned(shape, dtype)

    gates, inputs = new(steps, 3, N, H), new(4, steps, N, H)
    n, v, u = (new(steps, N, H) for _ in range(3))
    products = gates[:, first:]
    if N == 1:  # then one matrix holds all gates, and one product of a vector serves them
        products, W_h = products.reshape(steps, 1, -1), new(H, (3 - first) * H)
    else:
        W_h = new(3 - first, H, H)
    views = [
        *(products, gates[:, first:], inputs[first:3].swapaxes(0, 1), inputs[3]),
        *(gates[:, 0], gates[:, 1], gates[:, 2], gates[:, 1:], n, v),
    ]
    x = new(T, N, D + 1)
    x[:, :, D] = 1
    return Forward(
        h=new(T + 1, N, H),
        x=x,
        W_x=new(3, D + 1, H),
        W_h=W_h,
        W_hn=new(H, H),
        inputs=inputs,
        gates=gates,
        n=n,
        v=v,
        u=u,
        views=[list(a) for a in views],
    )


def kept_buffers(T, N, D, H, dtype) -> Kept:
    """Return the buffers of what a forward pass keeps for the backward pass."""
    shapes = (T, 4, N, H), (T, N, H), (3 * H, D), (3 * H, H)
    return Kept(*(aligned(shape, dtype) for shape in shapes))


def backward_buffers(T, N, D, H, dtype, after) -> Backward:
    """Return the buffers of a backward pass."""
    steps = chunk(T, N)
    da = aligned((steps, N, 4, H), dtype)
    row, gates = da.reshape(steps, N, 4 * H), da.transpose(0, 2, 1, 3)
    if after:
        views = [gates, row[:, :, : 3 * H]]
    else:
        views = [gates[:, 2:], da[:, :, 3], gates[:, :2], da[:, :, 0], row[:, :, H : 3 * H]]
    shapes = (D + 1, 3 * H), *(((H, 3 * H), (H,)) if after else ((H, 2 * H), (H, H)))
    dh, total, direct = (aligned((N, H), dtype) for _ in range(3))
    return Backward(
        da,
        dh,
        total,
        direct,
        s=aligned((steps, N, H), dtype),
        ones=np.ones(steps * N, dtype),
        totals=[aligned(shape, dtype) for shape in shapes],
        parts=[aligned(shape, dtype) for shape in shapes],
        views=[list(a) for a in views],
    )


def aligned(shape: tuple[int, ...], dtype: type | np.dtype) -> np.ndarray:
    """Return an empty array that begins on a cache line: vectors that straddle two are slower."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.empty(size + CACHE_LINE, np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + size].view(dtype).reshape(shape)


def chunk(T: int, N: int) -> int:
    """Return how many of T steps of N sequences make about ROWS rows."""
    return max(1, min(T, ROWS // max(N, 1)))


def transpose(W: np.ndarray, out: np.ndarray) -> None:
    """Copy Wᵀ into out, some columns at a time, so that no cache line is fetched for one number."""
    for start in range(0, len(W), ACROSS):
        out[:, start : start + ACROSS] = W[start : start + ACROSS].T


def copy_weights(f: Forward, kept: Kept | None, p: GRUParams, after: bool) -> None:
    """Lay p out in the buffers, so that p may change before the backward pass."""
    b_n = p.b_in if after else p.b_in + p.b_hn
    for W, w, b in zip(f.W_x, p[:3], (p.b_ir + p.b_hr, p.b_iz + p.b_hz, b_n), strict=True):
        transpose(w, W[:-1])
        W[-1] = b
    H, recurrent = len(p.W_hr), (p.W_hn, p.W_hr, p.W_hz) if after else (p.W_hr, p.W_hz)
    by_gate = f.W_h if f.W_h.ndim == 3 else f.W_h.reshape(H, -1, H).swapaxes(0, 1)
    for W, w in zip(by_gate, recurrent, strict=True):
        transpose(w, W)
    for W in (f.W_x[:2], by_gate[-2:]):
        np.negative(W, W)  # G has exp(-a)
    if not after:
        transpose(p.W_hn, f.W_hn)
    f.inputs[0] = p.b_hn
    if kept is not None:
        np.concatenate(p[:3], out=kept.W_x)
        np.concatenate((p.W_hn, p.W_hr, p.W_hz), out=kept.W_h)


def gradients(totals: list[np.ndarray], after: bool) -> GRUParams:
    """Return the gradients that a backward pass has added up, in arrays of their own."""
    W_x, W_h, last = totals
    W_i, b_i = np.split(W_x[:-1], 3, axis=1), np.split(W_x[-1], 3)
    n, r, z = np.split(W_h, 3, axis=1) if after else (last, *np.split(W_h, 2, axis=1))
    b_h = (*b_i[:2], last if after else b_i[2])
    return GRUParams(*(_transposed(w) for w in (*W_i, r, z, n, *b_i, *b_h)))


def _transposed(W: np.ndarray) -> np.ndarray:
    """Return Wᵀ in an array of its own; np.ascontiguousarray(W.T) is a view where a size is 1."""
    if W.ndim == 1:
        return W.copy()
    out = np.empty(W.shape[::-1], W.dtype)
    transpose(W, out)
    return out
