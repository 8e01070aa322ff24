"""Cells compared: a grid of tasks × cells × seeds, run side by side, kept in a table.

A finished run is a row of the table and is not repeated; one that was stopped or killed goes on
from its checkpoint. Only the process that was called writes the table.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import torch
from tqdm.auto import tqdm

from gru_ref.errors import UsageError
from gru_ref.experiments.table import Row, key, read, to_csv
from gru_ref.io import write_whole
from gru_ref.training.devices import device_for
from gru_ref.training.loop import fit
from gru_ref.training.models import parameters
from gru_ref.training.presets import COMPARED, settings_for
from gru_ref.training.settings import Settings
from gru_ref.training.tasks import task


class Job(NamedTuple):
    """One run of the grid."""

    task: str  # as it was asked for: adding@400
    cell: str  # as it was asked for: lstm+3
    settings: Settings
    folder: Path


def compare(
    tasks: Sequence[str] = (),
    cells: Sequence[str] = ("tanh", "gru", "lstm"),
    *,
    seeds: int = 5,
    preset: str = "small",
    out: Path | str = "runs/compare",
    device: str = "auto",
    jobs: int | None = None,
    progress: bool = True,
) -> tuple[list[Row], bool]:
    """Return the rows of the grid that are there, and whether all are: Ctrl-C ends it early.

    `out`/PRESET.csv is the table. jobs runs take place at a time: one a core or one a GPU where it
    is None, in this process where it is 1. UsageError says what cannot be done.
    """
    if seeds < 1 or (jobs is not None and jobs < 1):
        raise UsageError(f"seeds is {seeds} and jobs is {jobs}: both must be 1 or more.")
    out = Path(out)
    grid = [
        Job(
            name,
            cell,
            settings_for(preset, name, cell, seed),
            out / "runs" / f"{preset}-{name}-{cell}-{seed}",
        )
        for name, cell, seed in product(tasks or COMPARED, cells, range(seeds))
    ]
    for job in {job.task: job for job in grid}.values():
        task(job.settings.task, job.settings.length)  # what cannot be read is said now, not later
    table = out / f"{preset}.csv"
    rows = {key(row): row for row in read(table)} if table.exists() else {}
    keys = {(job.task, job.cell, job.settings.seed): job for job in grid}
    to_run = [job for k, job in keys.items() if k not in rows]
    finished = True
    places = _places(device, jobs)
    with tqdm(
        total=len(grid), initial=len(grid) - len(to_run), disable=not progress, unit="run"
    ) as bar:
        for row in _run_all(to_run, places):
            if row is None:
                finished = False
                continue
            rows[key(row)] = row
            write_whole(table, to_csv([rows[k] for k in sorted(rows)]).encode())
            bar.update()
            bar.set_postfix_str(f"{row.task} {row.cell} {row.seed}: {row.metric:.4g}")
        if not finished and progress:
            bar.write(f"Stopped. {table} has what is finished; the same call goes on.")
    return [rows[k] for k in keys if k in rows], finished


def _places(device, jobs):
    """Return the device of each process that runs take place in."""
    where = device_for(device)
    if where.type == "cpu":
        cores = (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
        return ["cpu"] * (jobs or cores)
    cards = [device] if ":" in device else [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    return [cards[i % len(cards)] for i in range(jobs or len(cards))]


def _run_all(to_run, places) -> Iterator[Row | None]:
    """Yield a row as each run ends, None where the user stopped it."""
    if not to_run:
        return
    if len(places) == 1:
        for job in to_run:
            row = run_job(job, places[0])
            yield row
            if row is None:
                return
        return
    context = multiprocessing.get_context("spawn")
    stop, free = context.Event(), context.Queue()
    for place in places:
        free.put(place)
    with ProcessPoolExecutor(
        min(len(places), len(to_run)), context, initializer=_begin, initargs=(stop, free)
    ) as pool:
        waiting = [pool.submit(_run_in_worker, job) for job in to_run]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except KeyboardInterrupt:
            yield None
        except BrokenProcessPool as error:
            raise UsageError(
                "A process died in the middle of a run, perhaps for want of memory. The same call "
                "goes on; --jobs 1 needs the least."
            ) from error
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def run_job(job: Job, device: str, stop=None) -> Row | None:
    """Return the row of a run, None where it was stopped; its checkpoint is then kept."""
    s = job.settings
    options = {name: getattr(s, name) for name in s.__dataclass_fields__}
    name, cell = options.pop("task"), options.pop("cell")
    r = fit(name, cell, folder=job.folder, device=device, progress=False, stop=stop, **options)
    if r.stopped:
        return None
    return Row(
        task=job.task,
        cell=job.cell,
        seed=s.seed,
        steps=r.step,
        seconds=r.seconds,
        loss=r.history[-1]["loss"],
        metric=r.metric,
        solved=r.steps_to_solve is not None,
        steps_to_solve=r.steps_to_solve,
        parameters=parameters(r.model),
        chance=r.task.chance,
    )


_worker: dict[str, Any] = {}


def _begin(stop, free):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that was called says when to stop
    torch.set_num_threads(1)
    _worker.update(stop=stop.is_set, device=free.get())


def _run_in_worker(job):
    return run_job(job, **_worker)
