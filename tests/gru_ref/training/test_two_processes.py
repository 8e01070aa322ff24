"""Two processes on a CPU, each with half of a batch, have the gradients of one with all of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gru_ref.training.devices import fabric_for
from gru_ref.training.loop import step_of
from gru_ref.training.run import Run
from gru_ref.training.settings import Settings
from gru_ref.training.tasks import task

ROOT = Path(__file__).resolve().parents[3]
CELLS = ("gru", "own", "lstm", "mingru")
BATCH = 8
SCRIPT = """
import pathlib
import torch
from gru_ref.training.devices import fabric_for
from tests.gru_ref.training.test_two_processes import CELLS, gradients

fabric = fabric_for("cpu", "32", devices=2)  # starts this file once more
assert fabric.world_size == 2 and torch.distributed.get_backend() == "gloo"
mine = slice(fabric.global_rank, None, 2)
found = {cell: gradients(fabric, cell, mine) for cell in CELLS}
torch.save(found, pathlib.Path(__file__).with_name(f"{fabric.global_rank}.pt"))
torch.distributed.destroy_process_group()
"""


def gradients(fabric, cell, share):
    """Return each weight's gradient of a training step on a share of a batch."""
    to_do = task("adding", 12)
    run = Run(Settings("adding", cell, hidden=8, batch=BATCH, clip=1e6), fabric, to_do, cell)
    x, y = to_do.batch(torch.Generator().manual_seed(3), BATCH)
    step_of(run, to_do)(x[:, share], y[:, share])
    return {name: w.grad for name, w in run.net.named_parameters()}


@pytest.fixture(scope="module")
def of_two(tmp_path_factory):
    """Return what each of two processes found, {cell: {weight: gradient}}."""
    folder = tmp_path_factory.mktemp("two")
    script = folder / "two.py"
    script.write_text(SCRIPT)
    environ = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script], env=environ, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


@pytest.mark.parametrize("cell", CELLS)
def test_two_processes_have_the_gradients_of_one(of_two, cell):
    due = gradients(fabric_for("cpu", "32"), cell, slice(None))
    half = gradients(fabric_for("cpu", "32"), cell, slice(0, None, 2))
    for name, gradient in due.items():
        for seen in of_two:
            torch.testing.assert_close(seen[cell][name], gradient, rtol=0, atol=1e-6)
    # and half a batch by itself has others, so that this can fail
    assert max((half[name] - due[name]).abs().max() for name in due) > 1e-3
