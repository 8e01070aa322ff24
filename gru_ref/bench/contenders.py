"""The ways to run a GRU on a card that `gpu` times: a forward pass and a training step of each.

`torch.nn.GRU` comes first, as what the others are compared with. A way that cannot run says why, in
one sentence, and so does one for which the memory does not do.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from gru_ref.bench.ceilings import Step
from gru_ref.errors import UsageError
from gru_ref.training.cuda_graph import captured
from gru_ref.training.devices import fabric_for
from gru_ref.training.kernels.cell import lacking
from gru_ref.training.kernels.plan import plan_for
from gru_ref.training.loop import step_of
from gru_ref.training.models import gru_step
from gru_ref.training.run import Run
from gru_ref.training.settings import Settings
from gru_ref.training.tasks import Task, task


class Way(NamedTuple):
    """A cell and how it is run."""

    name: str
    cell: str
    captured: bool = False  # in a CUDA graph
    compiled: bool = False  # its step
    scan_kernel: bool = False


WAYS = (
    Way("torch.nn.GRU", "gru"),
    Way("torch.nn.GRU, captured", "gru", captured=True),
    Way("our kernel", "fused"),
    Way("our kernel, captured", "fused", captured=True),
    Way("our loop", "own"),
    Way("our loop, compiled step", "own", compiled=True),
    Way("our loop, captured", "own", captured=True),
    Way("Newton rounds", "parallel"),
    Way("minGRU, scan in torch", "mingru"),
    Way("minGRU, our scan", "mingru", scan_kernel=True),
)


class Point(NamedTuple):
    """The sizes that all ways are timed with."""

    T: int
    N: int
    H: int
    precision: str  # 32 or bf16


class Timed(NamedTuple):
    """What is timed of a way, and a word on how it went."""

    forward: Step
    training_step: Step
    note: str


def made(way: Way, at: Point, where: torch.device) -> Timed:
    """Return a way's two functions, each run once; UsageError says why it cannot run here."""
    if way.captured and where.type != "cuda":
        raise UsageError("A CUDA graph needs a CUDA device.")
    if (way.scan_kernel or way.cell == "fused") and (why := lacking(where)):
        raise UsageError(why)
    if way.cell == "fused":
        plan_for(where, at.H, torch.bfloat16 if at.precision == "bf16" else torch.float32)
    s = Settings("adding", way.cell, length=at.T, hidden=at.H, batch=at.N, lr=1e-3)
    to_do = task(s.task, s.length)
    run = Run(s, fabric_for(where.type, at.precision), to_do, way.cell)
    _arrange(run.net.rnn, way)
    timed = _timed(run, to_do, way)
    rounds = getattr(run.net.rnn, "rounds", [])
    return timed._replace(note=f"{rounds[0]} rounds" if rounds else "")


def _arrange(rnn: Any, way: Way) -> None:
    """Give a cell its compiled step or its scan."""
    if way.compiled:
        rnn.step = torch.compile(gru_step)  # the loop unrolled would compile for hours
    if way.scan_kernel:
        from gru_ref.training.kernels.scan import linear_scan

        rnn.scan = linear_scan


def _timed(run: Run, to_do: Task, way: Way) -> Timed:
    x, y = to_do.batch(run.generator, run.s.batch)
    advance = step_of(run, to_do)

    @torch.no_grad()
    def states(x, y):
        return run.model(x, last=len(y))[0]

    if way.captured:
        states = captured(states, x, y, run.net, run.optimizer)
        advance = captured(advance, x, y, run.net, run.optimizer)
    states(x, y)
    advance(x, y)
    return Timed(
        lambda: states(x, y), lambda: advance(*to_do.batch(run.generator, run.s.batch)), ""
    )
