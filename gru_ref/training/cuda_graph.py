"""A training step captured once in a CUDA graph and replayed: one launch in place of hundreds.

What a graph reads stands always at the same addresses. So a batch is copied into the tensors that
the step was captured with, the optimiser keeps its count of steps on the device (`capturable`), and
nothing in the step asks the device for a number.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from gru_ref.errors import UsageError

WARM_UP = 3  # steps before the capture, in which libraries choose their kernels

Step = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def captured(
    step: Step, x: torch.Tensor, y: torch.Tensor, net: nn.Module, optimizer: torch.optim.Optimizer
) -> Step:
    """Return a function that does what step(x, y) -> loss does, for x and y of these shapes.

    net and optimizer are as they were before: the steps of warming up are taken back. The loss that
    comes back is overwritten by the next step. UsageError where x is not on a CUDA device.
    """
    if x.device.type != "cuda":
        raise UsageError("A CUDA graph needs a CUDA device: leave --graph out on a CPU.")
    before = [w.detach().clone() for w in net.parameters()]
    state = {id(t): t.clone() for t in _state(optimizer)}
    x, y = x.clone(), y.clone()
    beside = torch.cuda.Stream(x.device)
    beside.wait_stream(torch.cuda.current_stream(x.device))
    with torch.cuda.stream(beside):
        for _ in range(WARM_UP):
            step(x, y)
    torch.cuda.current_stream(x.device).wait_stream(beside)
    graph = torch.cuda.CUDAGraph()
    optimizer.zero_grad(set_to_none=True)  # so that gradients are made in the graph's own memory
    with torch.cuda.graph(graph):
        loss = step(x, y)
    take_back(net, optimizer, before, state)

    def replay(new_x, new_y):
        x.copy_(new_x)
        y.copy_(new_y)
        graph.replay()
        return loss

    return replay


@torch.no_grad()
def take_back(
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    before: list[torch.Tensor],
    state: dict[int, torch.Tensor],
) -> None:
    """Set weights to `before` and each tensor of the optimiser to its old value, or to zero.

    They keep their addresses; state is by id, and what was not there before is what Adam makes at
    its first step, zeros.
    """
    for weight, old in zip(net.parameters(), before, strict=True):
        weight.copy_(old)
    for tensor in _state(optimizer):
        kept = state.get(id(tensor))
        tensor.zero_() if kept is None else tensor.copy_(kept)


def _state(optimizer):
    values = (v for of in optimizer.state.values() for v in of.values())
    return [v for v in values if isinstance(v, torch.Tensor)]
