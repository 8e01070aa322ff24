"""What a task is: batches drawn from a generator on its device, a loss, a metric and its levels.

Sequences are time-major: x is (T, N, D), and y holds targets for the last S of the T steps, so that
a task which is judged at the end has S = 1. Every metric is smaller for a better model.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F

from gru_ref._shapes import Float

HELD_OUT = 1000  # sequences in the held-out batch of a task whose data are made
HELD_OUT_SEED = 2**40  # far from any seed of a training run
VALIDATION_SEED = HELD_OUT_SEED + 1


class Batch(NamedTuple):
    """x (T, N, D) and the targets y of its last steps: (S, N, O) numbers or (S, N) classes."""

    x: torch.Tensor
    y: torch.Tensor


def squared_error(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error."""
    return F.mse_loss(output, y)


def cross_entropy(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the mean -log softmax(output)[y] in nats, output (S, N, classes) and y (S, N)."""
    return F.cross_entropy(output.flatten(0, 1), y.flatten())


def bits(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return `cross_entropy` in bits."""
    return cross_entropy(output, y) / math.log(2)


def error_rate(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the share of wrong classes."""
    return (output.argmax(-1) != y).float().mean()


def pitches(output: Float[torch.Tensor, "S N P"], y: torch.Tensor) -> torch.Tensor:
    """Return the nats a step of independent on/off pitches; y is -1 where a piece has ended."""
    real = (y >= 0).float()
    nats = F.binary_cross_entropy_with_logits(output, y.clamp(min=0), weight=real, reduction="sum")
    return nats / real[..., 0].sum()


def at_least(length: int, least: int) -> None:
    """Raise ValueError where a task cannot have so few steps."""
    if length < least:
        raise ValueError(f"length is {length}: this task needs at least {least} steps.")


@dataclass(frozen=True)
class Task:
    """A task: sizes, how it is judged, what is chance and what is solved, and where it is from."""

    name: str
    about: str
    source: str
    input_size: int
    output_size: int
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    metric: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    unit: str  # of the metric
    chance: float  # the metric of the best guess that uses no memory
    chance_is: str
    solved: float  # at this metric or below it
    draw: Callable[[torch.Generator, int], Batch]
    kept: Callable[[torch.device], Batch] | None = None  # held-out data that are read, not made
    watched: Callable[[torch.device], Batch] | None = None  # the same for validation
    bias: torch.Tensor | None = None  # of the read-out at the start: then a model begins at chance

    def batch(self, generator: torch.Generator, N: int) -> Batch:
        """Return N training sequences, made on the generator's device."""
        return self.draw(generator, N)

    def held_out(self, device: torch.device) -> Batch:
        """Return the held-out sequences, the same ones at each call; no training batch has them."""
        if self.kept is not None:
            return self.kept(device)
        return self.draw(torch.Generator(device).manual_seed(HELD_OUT_SEED), HELD_OUT)

    def validation(self, device: torch.device) -> Batch:
        """Return sequences to choose by: a rate, a time to stop. Neither trained on nor held out.

        They are the same ones at each call.
        """
        if self.watched is not None:
            return self.watched(device)
        return self.draw(torch.Generator(device).manual_seed(VALIDATION_SEED), HELD_OUT)

    @property
    def ends(self) -> bool:
        """Are its data read, so that a model can learn them by heart? Then training may overfit."""
        return self.watched is not None
