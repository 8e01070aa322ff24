"""Backpropagation through time in one kernel: from T to 1, W_h in place, no launch between steps.

Equations are those of `gru_ref.cell`, (5) to (10). What a step adds to the weights is left to one
matrix product over all steps, outside: the kernel writes da_r, da_z, da_n and, where the reset
comes after the product, dq_t. As in `forward`, the next step is read before this one's products.
"""

from typing import no_type_check

import triton
import triton.language as tl

from gru_ref.training.kernels.forward import read, write


@triton.jit(do_not_specialize=["T", "N"])
@no_type_check
def gru_backward(
    dh,  # (T, N, H): ∂L/∂h_t of each step by itself
    W_h,  # (3H, H)
    h,  # (T + 1, N, H)
    kept,  # as `gru_forward` left it
    di,  # (T, N, 3H): da_r, da_z, da_n
    dq,  # (T, N, H); not written where the reset comes before
    dh_0,  # (N, H)
    T,
    N,
    H: tl.constexpr,
    BLOCK: tl.constexpr,
    BEFORE: tl.constexpr,
    DOT: tl.constexpr,
):
    """Fill di, dq and dh_0."""
    rows = (tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]).to(tl.int64)
    unit = tl.arange(0, H)[None, :]
    there, N = rows < N, N.to(tl.int64)
    W = tl.arange(0, H)[:, None] * H + unit
    W_hr, W_hz, W_hn = tl.load(W_h + W), tl.load(W_h + H * H + W), tl.load(W_h + 2 * H * H + W)
    K: tl.constexpr = 3 if BEFORE else 4
    last = (T - 1) * N + rows
    dh += last * H + unit
    h += last * H + unit  # h_{t-1}
    kept += last * K * H + unit
    di += last * 3 * H + unit
    dq += last * H + unit
    dh_t, h_prev = read(dh, there), read(h, there)
    r_t, z_t, n_t = read(kept, there), read(kept + H, there), read(kept + 2 * H, there)
    q_t = h_prev if BEFORE else read(kept + 3 * H, there)
    for t in range(T):
        dh -= N * H
        h -= N * H
        kept -= N * K * H
        more = there & (t + 1 < T)
        next_dh, next_h = read(dh, more), read(h, more)
        next_r, next_z, next_n = read(kept, more), read(kept + H, more), read(kept + 2 * H, more)
        next_q = next_h if BEFORE else read(kept + 3 * H, more)
        da_n = (1 - z_t) * (1 - n_t * n_t) * dh_t  # (5)
        da_z = (h_prev - n_t) * z_t * (1 - z_t) * dh_t  # (6)
        if BEFORE:
            ds_t = tl.dot(da_n.to(W_hn.dtype), W_hn, input_precision=DOT)  # (7')
            da_r = h_prev * r_t * (1 - r_t) * ds_t  # (8')
            through_n = r_t * ds_t
        else:
            dq_t = r_t * da_n  # (7)
            da_r = q_t * r_t * (1 - r_t) * da_n  # (8)
            write(dq, dq_t, there)
            dq -= N * H
            through_n = tl.dot(dq_t.to(W_hn.dtype), W_hn, input_precision=DOT)
        write(di, da_r, there)
        write(di + H, da_z, there)
        write(di + 2 * H, da_n, there)
        di -= N * 3 * H
        through_r = tl.dot(da_r.to(W_hr.dtype), W_hr, input_precision=DOT)
        through_z = tl.dot(da_z.to(W_hz.dtype), W_hz, input_precision=DOT)
        dh_prev = z_t * dh_t + through_r + through_z + through_n  # (10), (10')
        dh_t, h_prev = dh_prev + next_dh, next_h
        r_t, z_t, n_t, q_t = next_r, next_z, next_n, next_q
    write(dh_0 + rows * H + unit, dh_t, there)
