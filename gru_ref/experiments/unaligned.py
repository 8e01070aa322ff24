"""Labels without times: a GRU learns to read strokes by connectionist temporal classification.

A sequence is one noisy number a step: a few strokes, each a curve of 5 to 9 steps, with pauses
between them. The label is the list of strokes, and nothing says where each of them stands. At every
step the network gives each stroke and a blank a probability; CTC (Graves et al. 2006) adds up the
probability of all ways to write the label over the steps. To read, the likeliest symbol of each
step is taken, repetitions are drawn together, and blanks are left out.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import nn

from gru_ref._shapes import Float
from gru_ref.training.models import SequenceModel

STROKES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {  # over s from 0 to 1
    "rise": lambda s: s,
    "fall": lambda s: 1 - s,
    "hill": lambda s: torch.sin(math.pi * s),
    "dip": lambda s: -torch.sin(math.pi * s),
}
BLANK = 0  # the strokes are 1, 2, ...
STEPS, FEWEST, MOST, NOISE = 70, 2, 5, 0.1  # 5 (4 + 9) steps at most


class Strokes(NamedTuple):
    """x (T, N, 1), the labels of each sequence, and the step at which each stroke ends."""

    x: Float[torch.Tensor, "T N 1"]
    labels: list[list[int]]
    ends: list[list[int]]


def strokes(g: torch.Generator, N: int) -> Strokes:
    """Return N sequences of FEWEST to MOST strokes, with pauses of 1 to 4 steps."""
    x, labels, ends = torch.zeros(STEPS, N, 1), [], []
    for n in range(N):
        count = _integer(g, FEWEST, MOST)
        label = [_integer(g, 1, len(STROKES)) for _ in range(count)]
        t, end = 0, []
        for k in label:
            t += _integer(g, 1, 4)
            length = _integer(g, 5, 9)
            curve = list(STROKES.values())[k - 1]
            x[t : t + length, n, 0] = curve(torch.linspace(0, 1, length))
            t += length
            end.append(t - 1)
        labels.append(label)
        ends.append(end)
    x += NOISE * torch.randn(x.shape, generator=g)
    return Strokes(x, labels, ends)


def learn(
    cell: str = "gru", steps: int = 400, seed: int = 0, hidden: int = 32, lr: float = 1e-2
) -> tuple[nn.Module, list[float]]:
    """Return a network that reads strokes, and its losses in nats a label."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = SequenceModel(cell, 1, hidden, 1 + len(STROKES))
    g, ctc = torch.Generator().manual_seed(seed), nn.CTCLoss(blank=BLANK)
    adam, losses = torch.optim.Adam(net.parameters(), lr=lr), []
    for _ in range(steps):
        batch = strokes(g, 32)
        log_p = net(batch.x)[0].log_softmax(-1)
        sizes = torch.tensor([len(label) for label in batch.labels])
        steps_of = torch.full_like(sizes, STEPS)
        loss = ctc(
            log_p, torch.tensor([k for label in batch.labels for k in label]), steps_of, sizes
        )
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        losses.append(loss.item())
    return net, losses


def read_out(p: Float[torch.Tensor, "T symbols"]) -> list[int]:
    """Return the label: the likeliest symbol of each step, repetitions once, blanks left out."""
    best = [BLANK, *p.argmax(-1).tolist()]
    return [k for before, k in pairwise(best) if k not in (BLANK, before)]


def spikes(p: Float[torch.Tensor, "T symbols"]) -> list[int]:
    """Return the step at which each symbol of `read_out` first is the likeliest."""
    best = [BLANK, *p.argmax(-1).tolist()]
    pairs = enumerate(pairwise(best))
    return [t for t, (before, k) in pairs if k not in (BLANK, before)]


class Read(NamedTuple):
    """A row: how a network reads 300 new sequences.

    errors are the edits that turn what is read into the labels, as a share of their length; early
    is how many steps before the end of its stroke a symbol is first the likeliest, the median over
    the sequences that are read without a mistake.
    """

    seed: int
    steps: int
    errors: float
    early: float


@torch.no_grad()
def judge(net: nn.Module, seed: int, steps: int) -> Read:
    """Return how the network reads that `learn` has trained with this seed and so many steps."""
    batch = strokes(torch.Generator().manual_seed(2**40), 300)
    a, edits, early = net(batch.x)[0], 0, []
    for n, (label, ends) in enumerate(zip(batch.labels, batch.ends, strict=True)):
        wrong = edit_distance(read_out(a[:, n]), label)
        edits += wrong
        if not wrong:
            early += [end - t for end, t in zip(ends, spikes(a[:, n]), strict=True)]
    middle = statistics.median(early) if early else math.nan
    return Read(seed, steps, edits / sum(map(len, batch.labels)), middle)


def edit_distance(a: Sequence[int], b: Sequence[int]) -> int:
    """Return the fewest symbols put in, taken out or changed that make b of a (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def _integer(g: torch.Generator, low: int, high: int) -> int:
    return int(torch.randint(low, high + 1, (), generator=g))
