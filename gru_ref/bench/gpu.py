"""How fast a GRU trains on this machine's GPU, and how far that is from what the card can do.

    python -m gru_ref bench --gpu [--length 1000] [--batch 1024] [--hidden 128] [--seconds 5]

One run prints steps and tokens a second of a training step (forward, backward, clip, AdamW) for the
Python loop over our cell, the same with a compiled step, `torch.nn.GRU`, the loop and nn.GRU each
captured in a CUDA graph, and many of our models at once; beside each line the bytes and operations
that the step needs at least, against the ceilings that a copy and a matrix product reach on the
same card. Without a CUDA device it says so; with --cpu it runs what a CPU can, at a small size.

Needed at least, for T steps of N sequences, D inputs, H units, in numbers of 4 or 2 bytes: x is
read twice, h is written and read, and the values of three gates are kept and read back. The
operations are those of the products, 2 · 3H (D + H) a token forward and twice that backward.
"""

from __future__ import annotations

import platform
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch

from gru_ref.training.cuda_graph import captured
from gru_ref.training.devices import device_for, fabric_for
from gru_ref.training.loop import step_of
from gru_ref.training.many_models import fit_many
from gru_ref.training.models import gru_step
from gru_ref.training.run import Run
from gru_ref.training.settings import Settings
from gru_ref.training.tasks import task

FEWEST = 3  # timed steps

Step = Callable[[], Any]


class Sizes(NamedTuple):
    """What a step is measured with."""

    length: int
    batch: int
    hidden: int
    precision: str  # 32 or bf16
    seconds: float  # for each line


def measure(
    length: int = 1000,
    batch: int = 1024,
    hidden: int = 128,
    precision: str = "auto",
    seconds: float = 5.0,
    cpu: bool = False,
) -> None:
    """Print the table; without a CUDA device and without cpu, say that there is none."""
    if not torch.cuda.is_available() and not cpu:
        print(
            "There is no CUDA device here, so there is nothing to measure; --cpu runs a small "
            "part on the CPU."
        )
        return
    where = device_for("cpu" if cpu else "cuda")
    if precision == "auto":
        precision = "32" if cpu else "bf16"
    if cpu:
        length, batch, hidden = min(length, 50), min(batch, 32), min(hidden, 32)
    args = Sizes(length, batch, hidden, precision, seconds)
    card = platform.machine() if cpu else torch.cuda.get_device_name(where)
    print(
        f"{card}, torch {torch.__version__}, adding with T={args.length} N={args.batch} "
        f"H={args.hidden}, precision {args.precision}"
    )
    peak = ceilings(where, args.precision)
    print(f"ceilings measured here: {peak[0] / 1e9:.0f} GB/s, {peak[1] / 1e12:.2f} TFLOP/s\n")
    print(f"{'':28} {'steps/s':>9} {'tokens/s':>10} {'ms/step':>9} {'of bytes':>9} {'of FLOPs':>9}")
    for name, step in contenders(args, where):
        line(name, step, args, where, peak)
    many(args, where)


def contenders(args: Sizes, where: torch.device) -> Iterator[tuple[str, Step]]:
    """Yield the name and the step of everything that is timed; what cannot run says why."""
    for cell, graph, compiled in (
        ("own", False, False),
        ("own", False, True),
        ("own", True, False),
        ("gru", False, False),
        ("gru", True, False),
    ):
        name = {"own": "our cell, loop", "gru": "torch.nn.GRU"}[cell]
        name += ", compiled step" * compiled + ", captured" * graph
        if graph and where.type != "cuda":
            print(f"{name:28} needs a CUDA device")
            continue
        try:
            yield name, training_step(args, where, cell, graph, compiled)
        except Exception as error:  # one that does not run must not hide the others
            print(f"{name:28} does not run here: {str(error).splitlines()[0]}")


def training_step(args: Sizes, where: torch.device, cell: str, graph: bool, compiled: bool) -> Step:
    """Return a function that draws a batch and takes a step on it."""
    s = Settings("adding", cell, length=args.length, hidden=args.hidden, batch=args.batch, lr=1e-3)
    to_do = task(s.task, s.length)
    run = Run(s, fabric_for(where.type, args.precision), to_do, cell)
    if compiled:
        rnn: Any = run.net.rnn
        rnn.step = torch.compile(gru_step)  # the loop unrolled would compile for hours
    advance = step_of(run, to_do)
    if graph:
        advance = captured(advance, *to_do.batch(run.generator, s.batch), run.net, run.optimizer)
    return lambda: advance(*to_do.batch(run.generator, s.batch))


def line(
    name: str, step: Step, args: Sizes, where: torch.device, peak: tuple[float, float]
) -> None:
    """Time a step and print its line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            step()  # warm: compiles, chooses kernels
        seconds = median_seconds(step, where, args.seconds)
    except Exception as error:
        print(f"{name:28} does not run here: {str(error).splitlines()[0]}")
        return
    tokens = args.length * args.batch
    size = 2 if args.precision == "bf16" else 4
    bytes_needed = tokens * size * (2 * 2 + 2 * args.hidden + 2 * 3 * args.hidden)
    flops = 3 * tokens * 2 * 3 * args.hidden * (2 + args.hidden)
    print(
        f"{name:28} {1 / seconds:9.1f} {tokens / seconds:10.3g} {1e3 * seconds:9.2f} "
        f"{bytes_needed / seconds / peak[0]:9.1%} {flops / seconds / peak[1]:9.1%}",
        flush=True,
    )


def many(args: Sizes, where: torch.device) -> None:
    """Time many small models at once against one of them, in model-steps a second."""
    small: dict[str, Any] = {
        "length": min(args.length, 100),
        "hidden": 32,
        "batch": 32,
        "progress": False,
    }
    print("\nmany of our models at once, T=100 N=32 H=32:")
    for models in (1, 4) if where.type == "cpu" else (1, 8, 64, 256):
        seeds, steps = list(range(models)), 3
        fit_many("adding", seeds, [1e-2], device=where.type, steps=1, **small)
        start = time.perf_counter()
        fit_many("adding", seeds, [1e-2], device=where.type, steps=steps, **small)
        spent = time.perf_counter() - start  # the losses have been fetched
        print(f"{models:6} models: {models * steps / spent:9.1f} model-steps/s", flush=True)


def ceilings(where: torch.device, precision: str) -> tuple[float, float]:
    """Return the bytes a second of a copy and the operations a second of a matrix product."""
    size = 2**28 if where.type == "cuda" else 2**24
    a, b = torch.empty(2, size // 4, device=where)
    copy = 2 * size / median_seconds(lambda: b.copy_(a), where, 0.5)
    n = 8192 if where.type == "cuda" else 512
    m = torch.randn(n, n, device=where, dtype=torch.bfloat16 if precision == "bf16" else None)
    return copy, 2 * n**3 / median_seconds(lambda: m @ m, where, 0.5)


def median_seconds(f: Step, where: torch.device, seconds: float) -> float:
    """Return the median time of f, the device waited for."""
    wait = torch.cuda.synchronize if where.type == "cuda" else lambda: None
    f()
    wait()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < FEWEST or time.perf_counter() < end:
        start = time.perf_counter()
        f()
        wait()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
