"""Many of our GRUs trained at once: seeds × learning rates as one batch of weights.

A small GRU's step leaves a GPU idle: its time goes into starting kernels. Here the weights of M
models are stacked, (M, 3H, D) and so on, `torch.func.vmap` runs the model over all of them, and a
kernel does M models' work. Each model sees the batches that `fit` would give it with its seed, and
has its own gradient norm and its own Adam (Kingma & Ba 2015):

    m = β₁ m + (1 - β₁) g,  v = β₂ v + (1 - β₂) g²                    (1)
    w = w - lr (m / (1 - β₁ᵏ)) / (√(v / (1 - β₂ᵏ)) + ε)               (2)   at step k
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.func import functional_call, grad_and_value, stack_module_state, vmap
from tqdm.auto import tqdm

from gru_ref._shapes import Float
from gru_ref.training.devices import device_for
from gru_ref.training.interrupt import stop_when_asked
from gru_ref.training.memory import memory_that_suffices
from gru_ref.training.run import build
from gru_ref.training.settings import Settings
from gru_ref.training.tasks import Task, task

BETAS, EPSILON = (0.9, 0.999), 1e-8
Weights = dict[str, torch.Tensor]


class Many(NamedTuple):
    """What M models learned; models[i] names the seed and the learning rate of row i."""

    task: Task
    models: list[tuple[int, float]]
    losses: Float[np.ndarray, "steps M"]
    metrics: Float[np.ndarray, " M"]
    weights: Weights  # each with M in front


def fit_many(
    task_name: str,
    seeds: list[int],
    lrs: list[float],
    *,
    device: str = "auto",
    progress: bool = True,
    **settings: Any,
) -> Many:
    """Return what our own GRU learns from each seed with each learning rate, all at once.

    The settings are those of `Settings`. A loss is fetched from the device only at the end. Ctrl-C
    ends the training early and keeps what was learned. UsageError says what cannot be done.
    """
    where, s = device_for(device), Settings(task_name, "own", **settings)
    with memory_that_suffices(s, where):
        return _fit_many(s, seeds, lrs, where, progress)


def _fit_many(s, seeds, lrs, where, progress):
    models, to_do = list(product(seeds, lrs)), task(s.task, s.length)
    nets = [build(replace(s, seed=i), to_do, "own") for i, _ in models]
    net = nets[0].to(where)
    weights, _ = stack_module_state([n.to(where) for n in nets])
    weights = {name: w.detach() for name, w in weights.items()}
    generators = [torch.Generator(where).manual_seed(seed) for seed in seeds]
    seed_of = torch.arange(len(seeds), device=where).repeat_interleave(len(lrs))
    lr = torch.tensor([lr for _, lr in models], device=where)
    m, v = ({k: torch.zeros_like(w) for k, w in weights.items()} for _ in range(2))
    losses = torch.zeros(s.steps, len(models), device=where)

    def loss(w, x, y):
        output, _ = functional_call(net, w, (x,), {"last": len(y), "window": s.window})
        return to_do.loss(output, y)

    gradients = vmap(grad_and_value(loss))
    done = 0
    with stop_when_asked(None) as asked, tqdm(total=s.steps, disable=not progress) as bar:
        while done < s.steps and not asked(done):
            x, y = (
                torch.stack(part)[seed_of]
                for part in zip(*(to_do.batch(g, s.batch) for g in generators), strict=True)
            )
            g, losses[done] = gradients(weights, x, y)
            done += 1
            weights, m, v = adam(weights, clipped(g, s.clip), m, v, lr, done)
            bar.update()
    x, y = to_do.held_out(where)
    with torch.no_grad():
        metrics = [
            to_do.metric(functional_call(net, row, (x,), {"last": len(y)})[0], y)
            for row in ({k: w[i] for k, w in weights.items()} for i in range(len(models)))
        ]
    return Many(
        to_do,
        models,
        losses[:done].cpu().numpy().astype(float),
        torch.stack(metrics).cpu().numpy().astype(float),
        weights,
    )


def clipped(g: Weights, most: float) -> Weights:
    """Return each model's gradients, scaled down where their norm over all weights is above most.

    The scale is `torch.nn.utils.clip_grad_norm_`'s.
    """
    norm = torch.stack([w.flatten(1).square().sum(1) for w in g.values()]).sum(0).sqrt()
    scale = (most / (norm + 1e-6)).clamp(max=1)
    return {name: w * _beside(scale, w) for name, w in g.items()}


def adam(
    w: Weights, g: Weights, m: Weights, v: Weights, lr: torch.Tensor, k: int
) -> tuple[Weights, Weights, Weights]:
    """Return the weights and the two moments after step k, with a learning rate for each model."""
    (b_1, b_2), names = BETAS, w.keys()
    m = {n: b_1 * m[n] + (1 - b_1) * g[n] for n in names}  # (1)
    v = {n: b_2 * v[n] + (1 - b_2) * g[n] ** 2 for n in names}  # (1)
    step = {n: m[n] / (1 - b_1**k) / ((v[n] / (1 - b_2**k)).sqrt() + EPSILON) for n in names}
    return {n: w[n] - _beside(lr, w[n]) * step[n] for n in names}, m, v  # (2)


def _beside(row, w):
    """Return one number for each model in a shape that multiplies w."""
    return row.reshape(-1, *[1] * (w.dim() - 1))
