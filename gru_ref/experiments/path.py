"""When does a gradient reach the first input? One run, looked at again and again as it trains.

With `shuffled` the labels of each batch change places among its sequences, so that nothing can be
learned. What happens all the same is not the work of a gradient that knows the answer. With
`descent` the weights follow the gradient itself, w = w - lr g, where Adam divides each gradient by
its own usual size.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from gru_ref.experiments.numpy_cells import NUMPY_CELLS
from gru_ref.training.devices import fabric_for
from gru_ref.training.loop import evaluate, step_of
from gru_ref.training.run import Run
from gru_ref.training.settings import Settings
from gru_ref.training.tasks import Task, task


class Look(NamedTuple):
    """What is seen after so many steps of training.

    ratio is ‖∂L/∂x_1‖ / ‖∂L/∂x_T‖, each norm a mean over 64 held-out sequences: near 1 what stood
    first counts as what stands last. memory is the spectral radius of a tanh-RNN's W_h, of a GRU
    the mean z, of an LSTM the mean f.
    """

    step: int
    ratio: float
    memory: float
    metric: float


def looks(
    name: str,
    cell: str,
    at: Sequence[int],
    *,
    shuffled: bool = False,
    descent: bool = False,
    **settings: Any,
) -> Iterator[Look]:
    """Yield a look after each number of steps of `at`, the last where `fit` would see it solved.

    The settings are those of `Settings`; the run is `fit`'s, on the CPU.
    """
    s, fabric = Settings(name, cell, steps=max(at), **settings), fabric_for("cpu", "auto", 1, 1)
    to_do, mixer = task(name, s.length), torch.Generator().manual_seed(s.seed)
    run = Run(s, fabric, to_do, NUMPY_CELLS[cell] if descent else cell)
    if descent:
        run.optimizer = fabric.setup_optimizers(torch.optim.SGD(run.net.parameters(), lr=s.lr))
    held_out = to_do.held_out(fabric.device)
    x, y = held_out.x[:, :64], held_out.y[:, :64]
    advance = step_of(run, to_do)
    for step in at:
        while run.step < step:
            batch = to_do.batch(run.generator, s.batch)
            order = torch.randperm(s.batch, generator=mixer) if shuffled else slice(None)
            advance(batch.x, batch.y[:, order])
            run.step += 1
        metric = evaluate(run.model, to_do, held_out)
        yield Look(step, first_over_last(run.net, to_do, x, y), memory(run.net.rnn, x), metric)
        if step and step % s.check_every == 0 and metric <= to_do.solved and not shuffled:
            return


def first_over_last(net: nn.Module, to_do: Task, x: torch.Tensor, y: torch.Tensor) -> float:
    """Return the norm of the loss's gradient at the first input over that at the last."""
    x = x.clone().requires_grad_(True)
    (dx,) = torch.autograd.grad(to_do.loss(net(x, last=len(y))[0], y), x)
    norms = dx.double().norm(dim=2).mean(dim=1)  # a float32 would lose squares below 1e-38
    return (norms[0] / norms[-1]).item()


@torch.no_grad()
def memory(rnn: Any, x: torch.Tensor) -> float:
    """Return the spectral radius of W_h, or the mean of the gate that keeps, over x."""
    if isinstance(rnn, nn.RNN):
        return torch.linalg.eigvals(rnn.weight_hh_l0).abs().max().item()
    states = rnn(x)[0]
    before = torch.cat((torch.zeros_like(states[:1]), states[:-1]))
    i, h = x @ rnn.weight_ih_l0.T + rnn.bias_ih_l0, before @ rnn.weight_hh_l0.T + rnn.bias_hh_l0
    H = rnn.hidden_size  # z is the second block of a GRU, f that of an LSTM
    return torch.sigmoid(i + h)[..., H : 2 * H].mean().item()


class Seen(NamedTuple):
    """A row of the table: at which run, and a look at it. forget_bias 0 is PyTorch's own start."""

    task: str
    cell: str
    forget_bias: float
    lr: float
    shuffled: bool
    seed: int
    step: int
    ratio: float
    memory: float
    metric: float


def read_looks(path: Path | str) -> list[Seen]:
    """Return the rows of `results/path.csv`."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        lines = [list(line.values()) for line in csv.DictReader(file)]
    return [
        Seen(t, cell, float(b), float(lr), shuffled == "True", int(seed), int(step), *map(float, n))
        for t, cell, b, lr, shuffled, seed, step, *n in lines
    ]
