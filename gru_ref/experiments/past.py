"""What one more step costs as the past grows, and training as sequences grow: GRU and attention.

Three cells of about as many numbers, with INPUTS inputs: a GRU and a minGRU, which carry a state of
fixed size, and one layer of a causal Transformer (`gru_ref.training.attention`), which looks at all
that it has kept. The keys and values of the past are kept and not computed again. Seconds are the
process's own time on one thread.
"""

from __future__ import annotations

import csv
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from gru_ref._shapes import Float
from gru_ref.training.attention import Layer
from gru_ref.training.models import parameters
from gru_ref.training.parallel import MinGRU

INPUTS, BATCH, REPEATS = 32, 4, 5
PASTS = (100, 1000, 10_000, 100_000)
LENGTHS = (100, 300, 1000, 3000, 10_000)


class Causal(nn.Module):
    """One layer of a Transformer behind a linear map, without a code for the steps."""

    def __init__(self, D: int, d: int):
        super().__init__()
        self.into, self.layer = nn.Linear(D, d), Layer(d)

    def forward(self, x: Float[torch.Tensor, "T N D"]) -> Float[torch.Tensor, "T N d"]:
        """Return h_1 … h_T."""
        return self.layer(self.into(x))

    def step(
        self, x_t: Float[torch.Tensor, "1 N D"], kept: torch.Tensor, past: int
    ) -> Float[torch.Tensor, "1 N d"]:
        """Return h_t after `past` steps that kept holds (`Layer.step`)."""
        return self.layer.step(self.into(x_t), kept, past)


class Cost(NamedTuple):
    """A row: the median, least and most seconds of what is done, and the bytes that it needs.

    what is "step", one more step of one sequence after `length` others, with the bytes that are
    kept of those; or "train", forward and backward over BATCH sequences of that length, with the
    bytes that wait for the backward pass.
    """

    what: str
    cell: str
    length: int
    parameters: int
    bytes: int
    seconds: float
    least: float
    most: float


def cells() -> dict[str, nn.Module]:
    """Return the three cells, near to equal in what they learn."""
    return {
        "gru": nn.GRU(INPUTS, 64),
        "mingru": MinGRU(INPUTS, 285),
        "transformer": Causal(INPUTS, 46),
    }


def costs(
    pasts: tuple[int, ...] = PASTS, lengths: tuple[int, ...] = LENGTHS, repeats: int = REPEATS
) -> Iterator[Cost]:
    """Yield what a step and what training costs, cell by cell."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for name, cell in cells().items():
        count = parameters(cell)
        for past in pasts:
            with torch.no_grad():
                one_more, held = _one_more(cell, past)
                yield Cost("step", name, past, count, held, *_seconds(one_more, 5 * repeats))
        for length in lengths:
            x = torch.randn(length, BATCH, INPUTS)
            held = _held_for_backward(cell, x)
            yield Cost("train", name, length, count, held, *_seconds(_train(cell, x), repeats))


def _one_more(cell: nn.Module, past: int) -> tuple[Callable[[], object], int]:
    """Return the function that takes the step, and the bytes of what it has of the past."""
    x = torch.randn(1, 1, INPUTS)
    if isinstance(cell, Causal):
        kept = cell.layer.room(1, past + 1)
        kept.normal_()
        return lambda: cell.step(x, kept, past), 4 * kept[:, :, :, :past].numel()
    H = cell.hidden_size
    assert isinstance(H, int)
    h = torch.randn(1, 1, H)
    return lambda: cell(x, h), 4 * h.numel()


def _train(cell: nn.Module, x: torch.Tensor) -> Callable[[], object]:
    def run():
        cell.zero_grad()
        _loss(cell, x).backward()

    return run


def _loss(cell: nn.Module, x: torch.Tensor) -> torch.Tensor:
    h = cell(x)
    return (h if isinstance(h, torch.Tensor) else h[0]).square().mean()


def _held_for_backward(cell: nn.Module, x: torch.Tensor) -> int:
    """Return the bytes of all that autograd saves, what two operations share counted once."""
    storages = {}

    def note(saved):
        storage = saved.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        return saved

    with torch.autograd.graph.saved_tensors_hooks(note, lambda saved: saved):
        loss = _loss(cell, x)
    assert loss.requires_grad  # the graph is alive, and so each saved array is in its own place
    return sum(storages.values())


def _seconds(run: Callable[[], object], repeats: int) -> tuple[float, float, float]:
    run()
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        run()
        taken.append(time.process_time() - began)
    return statistics.median(taken), min(taken), max(taken)


def read_costs(path: Path | str) -> list[Cost]:
    """Return the rows of `results/past.csv`."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return [
            Cost(r["what"], r["cell"], *(int(r[n]) for n in Cost._fields[2:5]),
                 *(float(r[n]) for n in Cost._fields[5:]))
            for r in csv.DictReader(file)
        ]  # fmt: skip
