"""Reviews over several seeds: which verdicts are learned first, and what the gates do on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

from gru_ref.training.devices import fabric_for
from gru_ref.training.loop import evaluate, fit, step_of
from gru_ref.training.run import Run
from gru_ref.training.settings import Settings
from gru_ref.training.tasks import task
from gru_ref.training.tasks.reviews import BAD, GOOD

PLACES = ("early", "middle", "late")
STOPS = (20, 40, 60, 80, 100, 120, 160, 200)


class Learned(NamedTuple):
    """A row: the share of a kind of reviews that is told wrong after so many steps on all kinds."""

    cell: str
    seed: int
    step: int
    place: str
    wrong: float


def learned(cell: str, seed: int) -> Iterator[Learned]:
    """Yield the error on each kind of review, after each of STOPS steps of training on all."""
    fabric, to_do = fabric_for("cpu", "auto", 1, 1), task("reviews")
    kinds = {place: task(f"reviews_{place}") for place in PLACES}
    held_out = {place: kind.held_out(fabric.device) for place, kind in kinds.items()}
    run = Run(Settings("reviews", cell, seed=seed, steps=max(STOPS)), fabric, to_do, cell)
    advance = step_of(run, to_do)
    while run.step < max(STOPS):
        advance(*to_do.batch(run.generator, run.s.batch))
        run.step += 1
        if run.step in STOPS:
            for place in PLACES:
                wrong = evaluate(run.model, kinds[place], held_out[place])
                yield Learned(cell, seed, run.step, place, wrong)


class GatesSeen(NamedTuple):
    """A row: a gate of all units over 200 reviews, its mean and the shares near its ends."""

    seed: int
    place: str
    gate: str
    when: str  # before the verdict, on it, after it
    mean: float
    below: float  # 0.1
    above: float  # 0.9


def gates_seen(seed: int) -> Iterator[GatesSeen]:
    """Yield what the gates of a GRU do that has learned the reviews of all kinds."""
    run = fit(
        "reviews", "gru", steps=600, until_solved=True, seed=seed, device="cpu", progress=False
    )
    for place in PLACES:
        x = task(f"reviews_{place}").batch(torch.Generator().manual_seed(2), 200).x
        at, t = x[..., : len(BAD) + len(GOOD)].sum(-1).argmax(0), torch.arange(len(x))[:, None]
        for name, gate in zip("rz", gates_of(run.model.rnn, x), strict=True):
            for when, where in (("before", t < at), ("on it", t == at), ("after", t > at)):
                g = gate[where]
                low, high = (g < 0.1).double().mean().item(), (g > 0.9).double().mean().item()
                yield GatesSeen(seed, place, name, when, g.mean().item(), low, high)


@torch.no_grad()
def gates_of(rnn: Any, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return r and z of a torch.nn.GRU of one layer over x (T, N, D), each (T, N, H)."""
    states = rnn(x)[0]
    before = torch.cat((torch.zeros_like(states[:1]), states[:-1]))
    i = x @ rnn.weight_ih_l0.T + rnn.bias_ih_l0
    h = before @ rnn.weight_hh_l0.T + rnn.bias_hh_l0
    r, z, _ = torch.sigmoid(i + h).chunk(3, -1)
    return r, z
