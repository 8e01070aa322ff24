"""The comparison: a finished run is a row, kept, read, drawn, and never repeated."""

import math
import os
import sys

import matplotlib.pyplot as plt
import pytest
import torch

from gru_ref.cli import main
from gru_ref.errors import UsageError
from gru_ref.experiments import grid as grid
from gru_ref.experiments.grid import compare
from gru_ref.experiments.report import QUESTIONS, draw, draw_all, table
from gru_ref.experiments.table import Row, read, to_csv
from gru_ref.training.presets import COMPARED, FULL, PRESETS, SMALL, settings_for
from gru_ref.training.tasks import TASKS
from tests.helpers.programs import running

torch.set_num_threads(1)

TINY = {"length": 12, "hidden": 3, "batch": 4, "steps": 12, "log_every": 4, "check_every": 4}


@pytest.fixture
def tiny(monkeypatch):
    """Make every preset tiny; return a comparison in this process."""
    for name in ("adding", "reviews"):
        monkeypatch.setitem(SMALL, name, TINY)

    def run(out, tasks=("adding",), cells=("tanh", "gru"), seeds=2, **more):
        options = {"device": "cpu", "jobs": 1, "progress": False} | more
        return compare(tasks, cells, seeds=seeds, out=out, **options)

    return run


def row(task="adding", cell="gru", seed=0, metric=0.002, solved=300, seconds=4.0, chance=1 / 6):
    return Row(
        task, cell, seed, 400, seconds, 0.001, metric, solved is not None, solved, 3489, chance
    )


ROWS = [
    *(row(seed=i, metric=0.001 * (i + 1), solved=100 * (i + 1)) for i in range(3)),
    *(row(cell="tanh", seed=i, metric=0.17, solved=None, seconds=2.0) for i in range(3)),
    row("reviews", "lstm+1", metric=0.0, solved=200, chance=0.5),
]


def test_a_grid_gives_a_row_for_each_task_cell_and_seed(tiny, tmp_path):
    rows, finished = tiny(tmp_path, ("adding", "reviews"))
    assert finished and [(r.task, r.cell, r.seed) for r in rows] == [
        (t, c, s) for t in ("adding", "reviews") for c in ("tanh", "gru") for s in (0, 1)
    ]
    assert sorted(read(tmp_path / "small.csv")) == sorted(rows_as_written(rows))
    assert all(r.steps == 12 and r.parameters > 0 and r.chance > 0 for r in rows)


def rows_as_written(rows):
    """Return the rows with the digits that a table keeps."""
    return [Row(*(float(f"{v:.6g}") if isinstance(v, float) else v for v in r)) for r in rows]


def test_a_finished_run_is_not_repeated(tiny, tmp_path, monkeypatch):
    tiny(tmp_path)
    before = (tmp_path / "small.csv").read_bytes()
    asked = []
    monkeypatch.setattr(grid, "run_job", lambda job, device: asked.append(job))
    assert tiny(tmp_path)[1] and not asked
    assert (tmp_path / "small.csv").read_bytes() == before


def test_a_stopped_grid_goes_on_and_gives_the_same_numbers(tiny, tmp_path, monkeypatch):
    due, _ = tiny(tmp_path / "whole")
    real, calls = grid.run_job, []

    def third_is_stopped(job, device):
        calls.append(job)
        stop = iter([False] * 5 + [True]).__next__ if len(calls) == 3 else None
        return real(job, device, stop)

    monkeypatch.setattr(grid, "run_job", third_is_stopped)
    rows, finished = tiny(tmp_path / "parts")
    assert len(rows) == 2 and not finished
    rows, finished = tiny(tmp_path / "parts")
    assert finished and len(calls) == 5
    assert [r.metric for r in rows] == pytest.approx([r.metric for r in due], rel=1e-5)


def test_processes_side_by_side_give_what_one_gives(tiny, tmp_path):
    one, two = (tiny(tmp_path / str(n), jobs=n)[0] for n in (1, 2))
    assert [r.metric for r in one] == [r.metric for r in two]
    assert [r[:4] for r in one] == [r[:4] for r in two]


def test_a_worker_that_dies_is_said(monkeypatch):
    monkeypatch.setattr(grid, "_run_in_worker", os._exit)
    with pytest.raises(UsageError, match="A process died in the middle of a run"):
        list(grid._run_all([1], ["cpu", "cpu"]))


@pytest.mark.parametrize("text", ["hello", "task,cell\nadding,gru\n", "task\n\x00\n"])
def test_a_file_that_is_no_table_is_refused_and_left_as_it_is(tiny, tmp_path, text):
    (tmp_path / "small.csv").write_text(text + "\nx,y,z\n")
    before = (tmp_path / "small.csv").read_bytes()
    with pytest.raises(UsageError, match="is not a table of compare; it is left as it is"):
        tiny(tmp_path)
    assert (tmp_path / "small.csv").read_bytes() == before


def test_a_table_is_read_as_it_was_written(tmp_path):
    (tmp_path / "t.csv").write_text(to_csv([*ROWS, row(metric=math.inf)]))
    assert read(tmp_path / "t.csv") == rows_as_written([*ROWS, row(metric=math.inf)])


def test_the_table_has_medians_the_spread_and_how_many_solved():
    lines = table(ROWS).splitlines()
    assert len(lines) == 4
    assert lines[1].split()[:5] == ["adding", "gru", "3/3", "0.002", "(0.001-0.003)"]
    assert "200 (100-300)" in lines[1] and lines[2].split()[2:4] == ["0/3", "0.17"]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("rows", [ROWS, ROWS[3:6], ROWS[:1]], ids=["all", "unsolved", "one"])
def test_a_plot_has_a_dot_for_each_run(question, rows):
    ax = draw(rows, question)
    dots = sum(len(line.get_xdata()) for line in ax.lines if line.get_marker() in "os^Dv")
    assert dots == len(rows)
    hollow = [line for line in ax.lines if line.get_markerfacecolor() == "none"]
    unsolved = sum(r.steps_to_solve is None for r in rows)
    assert len(hollow) == (unsolved if question == "how_soon" else 0)
    plt.close(ax.figure)


def test_every_question_gets_a_picture(tmp_path):
    files = draw_all(ROWS, tmp_path)
    assert len(files) == len(QUESTIONS)
    assert all(f.read_bytes().startswith(b"\x89PNG") for f in files)


def test_the_command_prints_the_table_and_names_the_pictures(tiny, tmp_path, capsys):
    command = ["compare", "adding", "--cells", "gru", "--seeds", "1", "--jobs", "1"]
    assert main([*command, "--device", "cpu", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[1].split()[:2] == ["adding", "gru"]
    assert said.count("Drawn: ") == len(QUESTIONS)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_settings_in_every_preset(preset, task):
    assert settings_for(preset, task, "gru", 3).seed == 3


def test_the_full_preset_has_sequences_of_a_thousand_steps():
    assert {FULL[name]["length"] for name in ("adding", "reviews", "temporal_order")} == {1000}


@pytest.mark.parametrize("task", COMPARED)
def test_what_is_compared_by_default_has_settings(task):
    assert settings_for("small", task, "lstm", 0).task == task.partition("@")[0]


def test_a_task_with_an_at_has_that_length(tiny, tmp_path):
    rows, _ = tiny(tmp_path, ["adding@8", "adding"], ["tanh"], 1)
    assert [r.task for r in rows] == ["adding@8", "adding"]
    assert settings_for("small", "adding@8", "gru", 0).length == 8
    with pytest.raises(UsageError, match="no task 'adding@x': a length is a number"):
        settings_for("small", "adding@x", "gru", 0)


def test_a_cell_with_a_plus_is_an_lstm_with_a_forget_bias():
    assert settings_for("small", "adding", "lstm+3", 0).forget_bias == 3
    with pytest.raises(UsageError, match="no cell 'lstm[+]x': only an lstm takes a bias"):
        settings_for("small", "adding", "lstm+x", 0)


KILLED = """
import sys
from gru_ref.training.presets import SMALL
from gru_ref.experiments.grid import compare
SMALL["adding"] = eval(sys.argv[2])
compare(["adding"], ["gru"], seeds=1000, out=sys.argv[1], device="cpu", jobs=1, progress=False)
"""


def test_a_killed_grid_keeps_its_finished_runs(tiny, tmp_path):
    there = tmp_path / "small.csv"
    with running([sys.executable, "-c", KILLED, tmp_path, repr(TINY)]) as child:
        while not there.exists() or len(read(there)) < 3:
            assert child.process.poll() is None, child.said
        child.process.kill()
    kept = read(there)
    rows, finished = tiny(tmp_path, cells=("gru",), seeds=len(kept) + 1)
    assert finished and set(kept) <= set(rows_as_written(rows))
