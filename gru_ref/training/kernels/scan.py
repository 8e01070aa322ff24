"""h_t = a_t h_{t-1} + b_t for many independent channels, by `tl.associative_scan`.

A program takes CHANNELS of them through time, STEPS at a time: within a piece the affine maps are
composed as in `gru_ref.scan`, and the state at its end starts the next piece. Backwards,

    g_t = a_{t+1} g_{t+1} + ∂L/∂h_t,   ∂L/∂b_t = g_t,   ∂L/∂a_t = g_t h_{t-1},   ∂L/∂h_0 = a_1 g_1

is the same scan, from T to 1, with the coefficients one step later.
"""

from __future__ import annotations

from typing import Any, no_type_check

import torch
import triton
import triton.language as tl
from torch.autograd.function import once_differentiable

from gru_ref.errors import UsageError
from gru_ref.training.kernels.plan import DTYPES

STEPS, CHANNELS = 64, 32  # a warp reads 32 neighbouring channels at once


@triton.jit
@no_type_check
def compose(a, b, a_later, b_later):
    """Return the affine map that is (a, b), then the later one: (1) of `gru_ref.scan`."""
    return a * a_later, b * a_later + b_later


@triton.jit(do_not_specialize=["T"])
@no_type_check
def scan(
    a,  # (T, C)
    b,  # (T, C)
    start,  # (C,)
    h,  # (T, C)
    T,
    C,
    STEPS: tl.constexpr,
    CHANNELS: tl.constexpr,
    BACK: tl.constexpr,
):
    """Fill h; with BACK from T to 1, and with a_{t+1} for a_t."""
    channel = tl.program_id(0) * CHANNELS + tl.arange(0, CHANNELS)
    step = tl.arange(0, STEPS)[:, None]
    h_t = tl.load(start + channel, mask=channel < C, other=0.0).to(tl.float32)
    for first in range(0, T, STEPS):
        done = first + step
        t = (T - 1 - done if BACK else done).to(tl.int64)
        there = (done < T) & (channel < C)[None, :]
        at = t * C + channel[None, :]
        if BACK:  # nothing comes after T
            a_t = tl.load(a + at + C, mask=there & (done > 0), other=0.0).to(tl.float32)
        else:
            a_t = tl.load(a + at, mask=there, other=0.0).to(tl.float32)
        b_t = tl.load(b + at, mask=there, other=0.0).to(tl.float32)
        a_all, b_all = tl.associative_scan((a_t, b_t), 0, compose)
        piece = a_all * h_t[None, :] + b_all
        tl.store(h + at, piece.to(h.dtype.element_ty), mask=there)
        h_t = tl.sum(tl.where(step == STEPS - 1, piece, 0.0), 0)  # the last row


def run(a: torch.Tensor, b: torch.Tensor, start: torch.Tensor, back: bool = False) -> torch.Tensor:
    """Return the scan of (T, C) arrays from `start`, (C,); from T to 1 where back."""
    T, C = b.shape
    h = torch.empty_like(b)
    scan[(triton.cdiv(C, CHANNELS),)](a, b, start, h, T, C, STEPS, CHANNELS, back)
    return h


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a, b, start):
        h = run(a, b, start)
        ctx.save_for_backward(a, start, h)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dh):
        a, start, h = ctx.saved_tensors
        g = run(a, dh.contiguous(), torch.zeros_like(start), back=True)
        return torch.cat([start[None], h[:-1]]).mul_(g), g, a[0] * g[0]


def linear_scan(A: torch.Tensor, b: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """Return h_1 … h_T for A and b of (T, ...) and start of (1, ...): `parallel.linear_scan`.

    A is a diagonal, so it has b's shape. Sums are in float32; UsageError for float64.
    """
    if b.dtype not in DTYPES:
        raise UsageError(f"The scan sums in float32, and b is of {b.dtype}: take linear_scan.")
    if A.shape != b.shape or start.shape != (1, *b.shape[1:]):
        raise ValueError(
            f"A is {tuple(A.shape)} and start {tuple(start.shape)}, expected {tuple(b.shape)}, as "
            f"b is, and {(1, *b.shape[1:])}: the scan takes diagonals."
        )
    if b.numel() == 0:
        return b
    flat = [part.reshape(len(part), -1).contiguous() for part in (A, b, start)]
    return _Scan.apply(flat[0], flat[1], flat[2][0]).view(b.shape)
