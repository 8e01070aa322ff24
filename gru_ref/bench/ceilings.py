"""What a device can do, and what a GRU needs at least: the two sides of every percentage.

Needed at least, for T steps of N sequences, D inputs, H units, in numbers of 4 or 2 bytes:
forwards x is read and h is written; a training step reads x twice, writes h and reads it, and keeps
what its gates gave (three, of a minGRU two) and reads it back. The operations are those of the
products, 2 · 3H (D + H) a token forwards (a minGRU's 2 · 2H D) and twice that backwards.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch

FEWEST = 3  # timed runs
PATIENCE = 20.0  # seconds after which fewer do

Step = Callable[[], Any]


class Work(NamedTuple):
    """Bytes moved and operations done: needed at least, or possible in a second."""

    bytes: float
    flops: float


def ceilings(where: torch.device, precision: str) -> Work:
    """Return the bytes a second of a copy and the operations a second of a matrix product."""
    size = 2**28 if where.type == "cuda" else 2**24
    a, b = torch.empty(2, size // 4, device=where)
    copy = 2 * size / median_seconds(lambda: b.copy_(a), where, 0.5)
    n = 8192 if where.type == "cuda" else 512
    m = torch.randn(n, n, device=where, dtype=torch.bfloat16 if precision == "bf16" else None)
    return Work(copy, 2 * n**3 / median_seconds(lambda: m @ m, where, 0.5))


def needed(cell: str, T: int, N: int, D: int, H: int, precision: str, training: bool) -> Work:
    """Return what a forward pass or a training step of a cell needs at least."""
    gates = 2 if cell == "mingru" else 3
    products = gates * H * (D if cell == "mingru" else D + H)
    numbers = 2 * D + 2 * H + 2 * gates * H if training else D + H
    size = 2 if precision == "bf16" else 4
    return Work(T * N * size * numbers, T * N * 2 * products * (3 if training else 1))


def median_seconds(f: Step, where: torch.device, seconds: float) -> float:
    """Return the median time of f, the device waited for; f has run once before it is timed."""
    wait = torch.cuda.synchronize if where.type == "cuda" else lambda: None
    f()
    wait()
    times: list[float] = []
    begun = time.perf_counter()
    while (spent := time.perf_counter() - begun) < seconds or len(times) < FEWEST:
        if times and spent > PATIENCE:
            break
        start = time.perf_counter()
        f()
        wait()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
