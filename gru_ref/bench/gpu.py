"""How fast a GRU runs on this machine's GPU, and how far that is from what the card can do.

    python -m gru_ref bench --gpu [--length 100,1000] [--batch 1,1024] [--hidden 64,128]

For every T, N and H of the grid, a line for each of `contenders.WAYS`: a forward pass (states only)
and a training step (a batch is drawn, forward, backward, clip, AdamW), in ms; how many times as
fast as `torch.nn.GRU` that is; and, for the work that is needed at least, which part of the bytes
and operations a second that the card reaches in a copy and in a matrix product (`ceilings`). Then
many of our models at once. Without a CUDA device it says so; with --cpu it runs what a CPU can, at
a small size.
"""

from __future__ import annotations

import gc
import platform
import time
import warnings
from collections.abc import Sequence
from itertools import product
from typing import Any

import torch

from gru_ref.bench.ceilings import Work, ceilings, median_seconds, needed
from gru_ref.bench.contenders import WAYS, Point, Timed, Way, made
from gru_ref.training.devices import device_for
from gru_ref.training.many_models import fit_many

INPUTS = 2  # of the task, adding
SMALL = (50, 32, 32)  # the largest T, N, H that --cpu runs


def measure(
    lengths: Sequence[int] = (1000,),
    batches: Sequence[int] = (1, 1024),
    hidden: Sequence[int] = (64, 128),
    precision: str = "auto",
    seconds: float = 1.0,
    cpu: bool = False,
) -> None:
    """Print the tables; without a CUDA device and without cpu, say that there is none."""
    if not torch.cuda.is_available() and not cpu:
        print(
            "There is no CUDA device here, so there is nothing to measure; --cpu runs a small "
            "part on the CPU."
        )
        return
    where = device_for("cpu" if cpu else "cuda")
    if precision == "auto":
        precision = "32" if cpu else "bf16"
    grid = [tuple(sizes) for sizes in product(lengths, batches, hidden)]
    if cpu:
        grid = list(dict.fromkeys(tuple(map(min, sizes, SMALL)) for sizes in grid))
    print(f"{_name(where)}, torch {torch.__version__}, task adding, precision {precision}")
    peak = ceilings(where, precision)
    print(f"ceilings measured here: {peak.bytes / 1e9:.0f} GB/s, {peak.flops / 1e12:.2f} TFLOP/s")
    for T, N, H in grid:
        table(Point(T, N, H, precision), where, peak, seconds)
    many(where, min(max(lengths), 100))


def table(at: Point, where: torch.device, peak: Work, seconds: float) -> None:
    """Print the lines of one point of the grid; one that does not run hides no other."""
    half = f"{'ms':>9} {'ratio':>7} {'bytes':>6} {'FLOPs':>6}"
    print(f"\nT={at.T} N={at.N} H={at.H}\n{'':24} {'forward':^31}   {'training step':^31}")
    print(f"{'':24} {half}   {half}")
    due: dict[bool, float] = {}
    for way in WAYS:
        print(f"{way.name:24} {line(way, at, where, peak, seconds, due)}".rstrip(), flush=True)
        gc.collect()
        if where.type == "cuda":
            torch.cuda.empty_cache()


def line(
    way: Way,
    at: Point,
    where: torch.device,
    peak: Work,
    seconds: float,
    due: dict[bool, float],
) -> str:
    """Time a way and return what is known of it; the first that is timed fills due, in seconds."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            timed = made(way, at, where)
        halves = [
            _half(way, at, training, _seconds(timed, training, where, seconds), peak, due)
            for training in (False, True)
        ]
    except torch.OutOfMemoryError:
        return f"needs more memory than {_memory(where)}"
    except Exception as error:
        return f"does not run here: {str(error).splitlines()[0] if str(error) else repr(error)}"
    return "   ".join([*halves, timed.note])


def _seconds(timed: Timed, training: bool, where: torch.device, seconds: float) -> float:
    step = timed.training_step if training else timed.forward
    return median_seconds(step, where, seconds)


def _half(way, at, training, seconds, peak, due):
    work = needed(way.cell, at.T, at.N, INPUTS, at.H, at.precision, training)
    ratio = due.setdefault(training, seconds) / seconds
    return (
        f"{1e3 * seconds:9.3f} {ratio:7.2f} {work.bytes / seconds / peak.bytes:6.1%} "
        f"{work.flops / seconds / peak.flops:6.1%}"
    )


def many(where: torch.device, length: int) -> None:
    """Time many small models at once against one of them, in model-steps a second."""
    small: dict[str, Any] = {"length": length, "hidden": 32, "batch": 32, "progress": False}
    print(f"\nmany of our models at once, T={length} N=32 H=32:")
    for models in (1, 4) if where.type == "cpu" else (1, 8, 64, 256):
        seeds, steps = list(range(models)), 3
        fit_many("adding", seeds, [1e-2], device=where.type, steps=1, **small)
        start = time.perf_counter()
        fit_many("adding", seeds, [1e-2], device=where.type, steps=steps, **small)
        spent = time.perf_counter() - start  # the losses have been fetched
        print(f"{models:6} models: {models * steps / spent:9.1f} model-steps/s", flush=True)


def _name(where: torch.device) -> str:
    return platform.machine() if where.type == "cpu" else torch.cuda.get_device_name(where)


def _memory(where: torch.device) -> str:
    if where.type == "cpu":
        return "is here"
    total = torch.cuda.get_device_properties(where).total_memory
    return f"the card's {total / 2**30:.0f} GiB"
