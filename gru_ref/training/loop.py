"""One training loop for every task, cell and device, on Lightning Fabric.

    result = fit("adding", "gru", steps=500)          # in a notebook
    python -m gru_ref train adding --cell gru         # on the command line

A run with a folder keeps there `metrics.jsonl`, a line as each loss comes, and `checkpoint.pt`; the
same call goes on where the run was stopped or killed. On a CPU it then gives the same numbers, to
the last bit, as a run that was never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm.auto import tqdm

from gru_ref.errors import UsageError
from gru_ref.training.cuda_graph import captured
from gru_ref.training.devices import fabric_for
from gru_ref.training.interrupt import stop_when_asked
from gru_ref.training.journal import Journal
from gru_ref.training.memory import memory_that_suffices
from gru_ref.training.presets import options_of
from gru_ref.training.result import Fit, draw_history, metric_of
from gru_ref.training.run import Run
from gru_ref.training.settings import Settings
from gru_ref.training.tasks import Batch, Task, task


def fit(
    task_name: str,
    cell: str | Callable[..., nn.Module] = "gru",
    *,
    folder: Path | str | None = None,
    device: str = "auto",
    precision: str = "auto",
    devices: int = 1,
    nodes: int = 1,
    preset: str | None = None,
    graph: bool = False,
    progress: bool = True,
    live: bool = False,
    tensorboard: bool = False,
    stop: Callable[[], bool] | None = None,
    **settings: Any,
) -> Fit:
    """Train a cell on a task and return what it has learned; Ctrl-C ends it early, nothing is lost.

    The settings are those of `Settings`; a preset, small or full, has its own for each task, and
    what is given here goes before them. cell is a name, or a class whose modules are made and
    called as `torch.nn.GRU` is. With a folder the run is kept there, and the same call goes on
    where it was stopped. live draws the run's curves in a notebook while it goes on. graph captures
    a step in a CUDA graph; stop is asked before each step. UsageError says what cannot be done.

    Example: `fit("adding", "gru", steps=500).metric` is the mean squared error, chance is 1/6.
    """
    name = cell if isinstance(cell, str) else cell.__name__
    if preset is not None:
        settings = options_of(preset, task_name, name) | settings
    s, folder = Settings(task_name, name, **settings), Path(folder) if folder else None
    fabric = fabric_for(device, precision, devices, nodes)
    with memory_that_suffices(s, fabric.device, precision, folder):
        return _fit(s, cell, fabric, folder, graph, progress, live, tensorboard, stop)


def _fit(s, cell, fabric, folder, graph, progress, live, tensorboard, stop):
    name, to_do = s.cell, task(s.task, s.length)
    run = Run(s, fabric, to_do, cell)
    run.resume(folder)
    looked_at = (to_do.validation if to_do.ends else to_do.held_out)(fabric.device)
    progress = progress and fabric.is_global_zero
    curves = None
    if live and fabric.is_global_zero:
        from gru_ref.figures.curves import Redrawn

        curves = Redrawn(lambda: draw_history(s, to_do, run.history, run.best and run.best.step))

    advance = step_of(run, to_do)
    if graph and name == "parallel":
        raise UsageError(
            "The cell parallel looks at its residual after every round, which a CUDA graph cannot: "
            "leave --graph out, or take the cell gru."
        )
    if graph:
        example = to_do.batch(torch.Generator(fabric.device).manual_seed(0), s.batch)
        advance = captured(advance, *example, run.net, run.optimizer)
    with (
        Journal(folder, run.history, tensorboard, quiet=not fabric.is_global_zero) as journal,
        tqdm(total=s.steps, initial=run.step, disable=not progress, desc=f"{s.task} {name}") as bar,
        stop_when_asked(stop, fabric) as asked,
    ):
        while not (over := _over(run, to_do)) and not asked(run.step):
            loss = advance(*to_do.batch(run.generator, s.batch))
            run.losses[run.step % s.log_every] = loss
            run.step += 1
            bar.update()
            look = run.step % s.check_every == 0 or run.step == s.steps
            if look or run.step % s.log_every == 0:
                record = {"step": run.step, "loss": run.mean_loss()}
                if look:
                    seen = evaluate(run.model, to_do, looked_at)
                    record["validation" if to_do.ends else "metric"] = seen
                    if to_do.ends:
                        run.look(seen)
                journal.write(record)
                if curves:
                    curves.show_in_time()
                bar.set_postfix({k: f"{v:.4g}" for k, v in record.items() if k != "step"})
            if look:
                run.save(folder)
        if not over:
            run.save(folder)
            if progress:
                bar.write(_stopped(run.step, folder))
    if curves:
        curves.show()
    best = run.take_best()
    metric = run.history[-1].get("metric") if over else None
    if metric is None:
        metric = evaluate(run.model, to_do, to_do.held_out(fabric.device))
    return Fit(s, to_do, run.net, run.history, run.step, metric, run.seconds, not over, best)


def step_of(run: Run, to_do: Task) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """Return the function that takes one step on x and y and returns the loss, on the device."""

    def advance(x, y):
        run.optimizer.zero_grad()
        output, _ = run.model(x, last=len(y), window=run.s.window)
        loss = to_do.loss(output, y)
        run.fabric.backward(loss)
        run.fabric.clip_gradients(
            run.model, run.optimizer, max_norm=run.s.clip, error_if_nonfinite=False
        )
        run.optimizer.step()
        return loss.detach()

    return advance


@torch.no_grad()
def evaluate(model: nn.Module, to_do: Task, batch: Batch) -> float:
    """Return the task's metric of a model on a batch."""
    output, _ = model(batch.x, last=len(batch.y))
    return to_do.metric(output, batch.y).item()


def _over(run, to_do):
    """Is it the last step, solved where that ends it, no longer better, or beyond repair?"""
    last = run.history[-1] if run.history else {"loss": 0.0}
    seen = metric_of(last)
    solved = run.s.until_solved and seen is not None and seen <= to_do.solved
    best = run.best.step if run.best else math.inf
    worse = sum("validation" in h and h["step"] > best for h in run.history)
    over = run.step >= run.s.steps or solved or worse >= run.s.patience
    return over or not math.isfinite(last["loss"])


def _stopped(step, folder):
    kept = f"{folder} keeps it: the same call goes on" if folder else "it is in what fit returns"
    return f"Stopped after step {step}. Nothing learned is lost; {kept}."
