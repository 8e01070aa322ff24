"""Cells compared, each at a learning rate and a start of its own, chosen on validation data.

For each task every cell has the same grid of RATES × STARTS, the same seeds and the same steps to
choose from. What is chosen is run with five fresh seeds and judged once, on test sequences.

A start is PyTorch's own, or one that keeps: for a number b, each cell begins by keeping a share
σ(b) of its state from step to step:

    LSTM     f = σ(… + b)        GRU, minGRU   z = σ(… + b)        tanh-RNN   W_h = σ(b) I

The tanh-RNN has no gate; the multiple of the identity stands for it: Le, Jaitly & Hinton 2015.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from tqdm.auto import tqdm

from gru_ref.errors import UsageError, choose
from gru_ref.experiments.numpy_cells import NUMPY_CELLS
from gru_ref.experiments.table import read_rows, rows_to_csv
from gru_ref.io import write_whole
from gru_ref.training.devices import fabric_for
from gru_ref.training.loop import evaluate, step_of
from gru_ref.training.parallel import MinGRU
from gru_ref.training.presets import TUNED
from gru_ref.training.run import Run
from gru_ref.training.settings import Settings
from gru_ref.training.tasks import Batch, Task, task
from gru_ref.training.tasks.kinds import HELD_OUT_SEED

RATES = (0.001, 0.003, 0.01, 0.03)
STARTS = (0.0, 3.0)  # b; 0 is PyTorch's own start
FIRST, SECOND = (100,), (101, 102, 103, 104)  # seeds of the search's two rounds
GO_ON = 2  # choices of the first round that see the second
FINAL_SEEDS = (0, 1, 2, 3, 4)
VALIDATED = 300  # sequences
CELLS: dict[str, Any] = NUMPY_CELLS | {"lstm": "lstm", "mingru": "mingru"}
COMPARED_CELLS = ("tanh", "gru", "lstm")


class Trial(NamedTuple):
    """A row: one run. Its metrics are at its end, test is None for a run of the search."""

    task: str
    cell: str
    lr: float
    start: float
    seed: int
    steps: int
    solved: bool  # on the validation sequences
    validation: float
    test: float | None
    seconds: float

    @property
    def searched(self) -> bool:
        """Is it a run of the search?"""
        return self.seed in FIRST + SECOND


def compare_tuned(
    tasks: Sequence[str] = (),
    cells: Sequence[str] = (),
    *,
    out: Path | str = "runs/compare",
    progress: bool = True,
) -> list[Trial]:
    """Return the trials of all that is asked for, one after the other on one core of the CPU.

    Where none is named, all tasks of TUNED and the cells of COMPARED_CELLS are. `out`/tuned.csv is
    the table, written after each run; the same call goes on where it was stopped. UsageError says
    what cannot be done.
    """
    tasks, cells = tasks or tuple(TUNED), cells or COMPARED_CELLS
    for name in tasks:
        choose("task", name, TUNED)
    for cell in cells:
        choose("cell", cell, CELLS)
    grid = [(lr, start) for start in STARTS for lr in RATES]
    wanted = [(name, cell, grid) for name in tasks for cell in cells]
    return search(wanted, Path(out) / "tuned.csv", trial, _order, ranked, progress)


def search(
    wanted: Sequence[tuple[str, str, Sequence[tuple[float, float]]]],
    file: Path,
    trial: Callable[..., Trial],
    order: Callable[[Trial], Any],
    rank: Callable[[Sequence[Trial]], list[tuple[float, float]]],
    progress: bool = True,
) -> list[Trial]:
    """Return the trials of each (task, cell, its grid of rates and starts); `file` keeps them.

    trial(task, cell, lr, start, seed) is a run that the file does not hold yet; `order` sorts it,
    and `rank` says which choices of some trials are the best.
    """
    rows = {r[:5]: r for r in read_tuned(file)} if file.exists() else {}

    def done(*run: Any) -> Trial:
        if run not in rows:
            rows[run] = trial(*run)
            write_whole(file, to_csv(sorted(rows.values(), key=order)).encode())
        bar.update()
        bar.set_postfix_str(f"{run[0]} {run[1]} {run[2]:g}: {rows[run].validation:.4g}")
        return rows[run]

    each = [len(grid) * len(FIRST) + GO_ON * len(SECOND) + len(FINAL_SEEDS) for *_, grid in wanted]
    found: list[Trial] = []
    with tqdm(total=sum(each), disable=not progress, unit="run") as bar:
        for name, cell, grid in wanted:
            first = [done(name, cell, *choice, seed) for choice in grid for seed in FIRST]
            best = rank(first)[:GO_ON]
            second = [done(name, cell, *choice, seed) for choice in best for seed in SECOND]
            choice = rank([r for r in first + second if (r.lr, r.start) in best])[0]
            found += first + second + [done(name, cell, *choice, seed) for seed in FINAL_SEEDS]
    return found


def ranked(searched: Sequence[Trial]) -> list[tuple[float, float]]:
    """Return each (lr, start), first what solves most seeds, then takes fewest steps, ends best."""

    def rank(choice):
        runs = [r for r in searched if (r.lr, r.start) == choice]
        steps, ends = sum(r.steps for r in runs), sum(r.validation for r in runs)
        return -sum(r.solved for r in runs), steps, ends

    return sorted(dict.fromkeys((r.lr, r.start) for r in searched), key=rank)


def trial(name: str, cell: str, lr: float, start: float, seed: int) -> Trial:
    """Train until validation says solved, or to the last step; a fresh seed is then tested."""
    torch.set_num_threads(1)
    task_name, length = parted(name)
    fabric, to_do = fabric_for("cpu", "auto", 1, 1), task(task_name, length)
    options = {"length": length, "lr": lr, "seed": seed} | TUNED[name]
    s = Settings(task_name, cell, **options)
    run = Run(s, fabric, to_do, CELLS[cell])
    if start:
        keep(run.net.rnn, start)
    return judged(run, to_do, name, cell, start, learn(run, to_do, validation_of(to_do)))


def learn(run: Run, to_do: Task, validation: Batch) -> float:
    """Train to the end that validation data or the last step sets; return the metric on them there.

    A task that is made ends when it is solved. One that is read, and can be learned by heart, ends
    after `patience` looks without a better one, and the model is that of its best look.
    """
    s, advance = run.s, step_of(run, to_do)
    found, since = math.inf, 0
    while run.step < s.steps and since < s.patience and (to_do.ends or found > to_do.solved):
        advance(*to_do.batch(run.generator, s.batch))
        run.step += 1
        if run.step % s.check_every == 0 or run.step == s.steps:
            metric = evaluate(run.model, to_do, validation)
            if not math.isfinite(metric):
                return found if to_do.ends else math.inf
            since = since + 1 if to_do.ends and metric >= found else 0
            found = min(found, metric) if to_do.ends else metric
            if to_do.ends:
                run.look(metric)
    run.take_best()
    return found


def judged(run: Run, to_do: Task, name: str, cell: str, start: float, metric: float) -> Trial:
    """Return the row of a run that has ended; one with a fresh seed is tested."""
    lr, seed, held_out = run.s.lr, run.s.seed, to_do.held_out(run.fabric.device)
    test = None if seed in FIRST + SECOND else evaluate(run.model, to_do, held_out)
    solved = metric <= to_do.solved
    return Trial(name, cell, lr, start, seed, run.step, solved, metric, test, run.seconds)


def parted(name: str) -> tuple[str, int | None]:
    """Return the task and the length of a name like adding@400, None without one."""
    task_name, _, length = name.partition("@")
    return task_name, int(length) if length else None


def validation_of(to_do: Task) -> Batch:
    """Return sequences neither trained on nor tested on; UsageError where none can be drawn."""
    if to_do.kept is not None:
        raise UsageError(f"{to_do.name} is read, not drawn: it has no validation data of its own.")
    return to_do.batch(torch.Generator().manual_seed(HELD_OUT_SEED + 1), VALIDATED)


@torch.no_grad()
def keep(rnn: Any, b: float) -> None:
    """Let a cell of one layer, or a minGRU, begin by keeping a share σ(b) of its state a step."""
    if isinstance(rnn, nn.RNN):
        share = torch.sigmoid(torch.tensor(b))
        rnn.get_parameter("weight_hh_l0").copy_(share * torch.eye(rnn.hidden_size))
    elif isinstance(rnn, MinGRU):
        for linear in rnn.maps:
            linear.get_parameter("bias")[: rnn.hidden_size] = b  # z, n
    else:
        H = rnn.hidden_size  # r, z, n or i, f, g, o
        rnn.bias_ih_l0[H : 2 * H] = b
        rnn.bias_hh_l0[H : 2 * H] = 0


def read_tuned(path: Path | str) -> list[Trial]:
    """Return the rows of a table; UsageError where it is none."""
    return read_rows(path, _row, "tuned runs")


def to_csv(rows: Sequence[Trial]) -> str:
    """Return the table that `read_tuned` reads, numbers to four digits."""
    return rows_to_csv(Trial._fields, rows, digits=4)


def _order(row):
    return list(TUNED).index(row.task), list(CELLS).index(row.cell), row.searched, *row[2:5]


def _row(**line):
    number = float
    return Trial(
        line["task"],
        line["cell"],
        number(line["lr"]),
        number(line["start"]),
        int(line["seed"]),
        int(line["steps"]),
        {"True": True, "False": False}[line["solved"]],
        number(line["validation"]),
        number(line["test"]) if line["test"] else None,
        number(line["seconds"]),
    )
