"""An affine recurrence in parallel: pairs of steps are joined, pairs of pairs, and so on.

    h_t = A_t h_{t-1} + b_t,   t = 1 … T                                           (1)
    A_2 (A_1 h + b_1) + b_2 = (A_2 A_1) h + (A_2 b_1 + b_2)                        (2)
    g_t = A_t g_{t+1} + b_t,   t = T … 1                                           (3)   reverse

Two affine maps, one after the other, are an affine map (2), so T of them can be joined in any
grouping. The scan joins step 1 with 2, 3 with 4, …, scans the T/2 pairs, which gives every second
state, and takes one step from each of those to the state after it. All maps of a round are joined
at once: about 2 log₂ T rounds in place of T. (Blelloch 1990, "Prefix sums and their applications".)

A_t is a matrix (S, S), or its diagonal (S,) where all else is 0: it has one axis more than b_t, or
as many.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gru_ref._shapes import Float


class ScanCost(NamedTuple):
    """What a scan of T maps costs: rounds one after the other, and maps joined in all of them."""

    rounds: int
    joined: int  # products A_2 A_1
    applied: int  # products A h


def apply(
    A: Float[np.ndarray, "*shape"], h: Float[np.ndarray, "*N S"]
) -> Float[np.ndarray, "*N S"]:
    """Return A h, for matrices (*N, S, S) or diagonals (*N, S)."""
    return A * h if A.ndim == h.ndim else (A @ h[..., None])[..., 0]


def compose(
    A_2: Float[np.ndarray, "*shape"],
    b_2: Float[np.ndarray, "*N S"],
    A_1: Float[np.ndarray, "*shape"],
    b_1: Float[np.ndarray, "*N S"],
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*N S"]]:
    """Return A and b of the map that takes a state through map 1 and then through map 2, (2)."""
    A = A_2 * A_1 if A_2.ndim == b_2.ndim else A_2 @ A_1
    return A, apply(A_2, b_1) + b_2


def linear_scan(
    A: Float[np.ndarray, "T *shape S"],
    b: Float[np.ndarray, "T *N S"],
    h_0: Float[np.ndarray, "*N S"] | None = None,
    reverse: bool = False,
) -> Float[np.ndarray, "T *N S"]:
    """Return h_1 … h_T of (1) from h_0, which is 0 unless given; with reverse g_1 … g_T of (3).

    There h_0 stands for g_{T+1}. ValueError where A does not fit b.
    """
    _check(A, b, h_0)
    if reverse:
        return linear_scan(A[::-1], b[::-1], h_0)[::-1]
    return _scan(A, b, np.zeros_like(b[:1]) if h_0 is None else h_0[None])


def _scan(A: np.ndarray, b: np.ndarray, start: np.ndarray) -> np.ndarray:
    if len(b) == 0:
        return b
    h = np.empty(b.shape, np.result_type(A, b, start))
    h[1::2] = _scan(*compose(A[1::2], b[1::2], A[:-1:2], b[:-1:2]), start)  # (2)
    h[::2] = apply(A[::2], np.concatenate([start, h[1:-1:2]])) + b[::2]  # (1)
    return h


def scan_cost(T: int) -> ScanCost:
    """Return what `linear_scan` costs for T steps, counted along its recursion."""
    if T < 1:
        return ScanCost(0, 0, 0)
    inner = scan_cost(T // 2)
    pairs = T // 2
    return ScanCost(
        inner.rounds + 1 + (pairs > 0),
        inner.joined + pairs,
        inner.applied + pairs + T - pairs,  # within (2), and from every second state on
    )


def _check(A, b, h_0):
    S = np.shape(b)[-1:]
    if np.ndim(b) < 2 or len(b) == 0:
        raise ValueError(
            f"b has shape {np.shape(b)}, expected (T, …, S) with T ≥ 1: pass time first."
        )
    if np.shape(A) not in (np.shape(b), np.shape(b) + S):
        raise ValueError(
            f"A has shape {np.shape(A)} and b {np.shape(b)}, expected {np.shape(b) + S} or, for "
            f"diagonals, {np.shape(b)}: give every b_t its own A_t."
        )
    if h_0 is not None and np.shape(h_0) != np.shape(b)[1:]:
        raise ValueError(
            f"h_0 has shape {np.shape(h_0)}, expected {np.shape(b)[1:]}, that of one b_t."
        )
