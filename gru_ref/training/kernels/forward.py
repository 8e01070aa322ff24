"""The GRU's loop over time in one kernel: W_h is loaded once, then T steps run without a launch.

A program takes BLOCK sequences through all T steps; equations are those of `gru_ref.cell`. h holds
h_0 … h_T, the first of them given; i holds W_i x_t + b_i of the gates r, z, n. What the way back
needs is kept, step by step: r_t, z_t, n_t and, where the reset comes after the product,
q_t = W_hn h_{t-1} + b_hn. Sums, and the state from step to step, are in float32, whatever is
stored. The next step's i is asked for before this step's products, so that no product waits for it.
"""

from typing import no_type_check

import triton
import triton.language as tl


@triton.jit
@no_type_check
def read(a, there):
    """Return a piece of an array in float32, 0 where nothing is there."""
    return tl.load(a, mask=there, other=0.0).to(tl.float32)


@triton.jit
@no_type_check
def write(a, value, there):
    """Store a piece in the array's own type."""
    tl.store(a, value.to(a.dtype.element_ty), mask=there)


@triton.jit(do_not_specialize=["T", "N"])  # or each T that 16 divides would be a kernel of its own
@no_type_check
def gru_forward(
    i,  # (T, N, 3H)
    W_h,  # (3H, H)
    b_h,  # (3H,)
    h,  # (T + 1, N, H)
    kept,  # (T, N, 4H), or (T, N, 3H) where the reset comes before
    T,
    N,
    H: tl.constexpr,
    BLOCK: tl.constexpr,
    BEFORE: tl.constexpr,
    KEEP: tl.constexpr,
    DOT: tl.constexpr,
):
    """Fill h and, with KEEP, kept."""
    rows = (tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)[:, None]).to(tl.int64)
    unit = tl.arange(0, H)[None, :]
    there, N = rows < N, N.to(tl.int64)
    W_T = tl.arange(0, H)[:, None] + unit * H  # where W[j, k] stands, for row k and column j
    W_hr, W_hz, W_hn = (
        tl.load(W_h + W_T),
        tl.load(W_h + H * H + W_T),
        tl.load(W_h + 2 * H * H + W_T),
    )
    b_hr = tl.load(b_h + unit).to(tl.float32)
    b_hz = tl.load(b_h + H + unit).to(tl.float32)
    b_hn = tl.load(b_h + 2 * H + unit).to(tl.float32)
    K: tl.constexpr = 3 if BEFORE else 4
    i += rows * 3 * H + unit
    h += rows * H + unit
    kept += rows * K * H + unit
    h_t = read(h, there)
    i_r, i_z, i_n = read(i, there), read(i + H, there), read(i + 2 * H, there)
    for t in range(T):
        i += N * 3 * H
        more = there & (t + 1 < T)
        next_r, next_z, next_n = read(i, more), read(i + H, more), read(i + 2 * H, more)
        h_prev = h_t.to(W_hr.dtype)
        r_t = tl.sigmoid(i_r + tl.dot(h_prev, W_hr, input_precision=DOT) + b_hr)  # (1)
        z_t = tl.sigmoid(i_z + tl.dot(h_prev, W_hz, input_precision=DOT) + b_hz)  # (2)
        if BEFORE:
            s_t = (r_t * h_t).to(W_hn.dtype)
            a_n = i_n + tl.dot(s_t, W_hn, input_precision=DOT) + b_hn  # (3')
        else:
            q_t = tl.dot(h_prev, W_hn, input_precision=DOT) + b_hn
            a_n = i_n + r_t * q_t  # (3)
        n_t = 2 * tl.sigmoid(2 * a_n) - 1  # tanh a_n
        h_t = (1 - z_t) * n_t + z_t * h_t  # (4)
        h += N * H
        write(h, h_t, there)
        if KEEP:
            write(kept, r_t, there)
            write(kept + H, z_t, there)
            write(kept + 2 * H, n_t, there)
            if not BEFORE:
                write(kept + 3 * H, q_t, there)
            kept += N * K * H
        i_r, i_z, i_n = next_r, next_z, next_n
