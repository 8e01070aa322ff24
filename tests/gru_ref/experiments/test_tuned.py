"""Each cell at its own rate and start: the search, its table, and loops that run in NumPy."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch

import gru_ref
from gru_ref.cli import main
from gru_ref.errors import UsageError
from gru_ref.experiments import tuned
from gru_ref.experiments.numpy_cells import NumpyGRU, NumpyRNN
from gru_ref.experiments.tuned import (
    CELLS,
    FINAL_SEEDS,
    FIRST,
    GO_ON,
    RATES,
    SECOND,
    STARTS,
    Trial,
    compare_tuned,
    keep,
    ranked,
    read_tuned,
    to_csv,
)
from gru_ref.experiments.tuned_report import draw_all, draw_task, finals, table
from gru_ref.figures.shown import description
from gru_ref.training.models import SequenceModel
from gru_ref.training.presets import TUNED

ROWS = read_tuned(Path(gru_ref.__file__).parent / "experiments" / "results" / "tuned.csv")


def trial(lr=0.01, start=0.0, seed=100, steps=200, solved=True, validation=0.0, test=None):
    return Trial("latch", "gru", lr, start, seed, steps, solved, validation, test, 1.0)


@pytest.mark.parametrize(("ours", "theirs"), [(NumpyRNN, torch.nn.RNN), (NumpyGRU, torch.nn.GRU)])
def test_a_loop_in_numpy_gives_what_torch_gives(ours, theirs):
    found = []
    for make in (ours, theirs):
        torch.manual_seed(0)
        net, x, w = make(3, 8), torch.randn(17, 5, 3, requires_grad=True), torch.randn(17, 5, 8)
        h, h_T = net(x)
        (h * w).sum().backward()
        found.append([h, h_T, x.grad, *(p.grad for p in net.parameters())])
    for a, b in zip(*found, strict=True):
        assert a.shape == b.shape
        assert (a - b).abs().max() <= 1e-6 * b.abs().max()  # float32
    with pytest.raises(ValueError, match=r"begins at zero: leave h_0 out"):
        net = ours(3, 8)
        net(torch.zeros(2, 1, 3), torch.zeros(1, 1, 8))


@pytest.mark.parametrize("cell", CELLS)
def test_a_start_that_keeps_hands_on_its_share_of_the_state(cell):
    """Without a candidate, nothing but the share is left of a state after a step."""
    rnn = SequenceModel(CELLS[cell], 1, 4, 1).rnn
    with torch.no_grad():
        for p in rnn.parameters():
            p.zero_()
        keep(rnn, 3.0)
        share = 1 / (1 + math.exp(-3))
        h = torch.full((1, 1, 4), 1e-3)
        if cell == "lstm":
            after = rnn(torch.zeros(1, 1, 1), (h, h))[1][1]
        elif cell in ("tanh", "gru"):
            plain = {"tanh": torch.nn.RNN, "gru": torch.nn.GRU}[cell](1, 4)
            plain.load_state_dict(rnn.state_dict())
            after = plain(torch.zeros(1, 1, 1), h)[1]
        else:
            after = rnn(torch.zeros(1, 1, 1), h)[1]
    assert after.flatten().tolist() == pytest.approx([share * 1e-3] * 4, rel=1e-4)


def test_first_comes_what_solves_most_then_what_is_soonest_then_what_ends_best():
    rows = [
        trial(0.1, solved=False, steps=100, validation=0.4),
        trial(0.2, solved=False, steps=100, validation=0.3),
        trial(0.3, steps=900),
        trial(0.4, steps=300),
    ]
    assert [lr for lr, _ in ranked(rows)] == [0.4, 0.3, 0.2, 0.1]


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(TUNED, "latch", {"steps": 2, "length": 4, "hidden": 3, "batch": 4})
    monkeypatch.setattr(tuned, "RATES", (0.01, 0.03))


def test_the_search_is_run_and_not_repeated(tiny, tmp_path, monkeypatch):
    rows = compare_tuned(["latch"], ["tanh"], out=tmp_path, progress=False)
    assert len(rows) == 2 * len(STARTS) * len(FIRST) + GO_ON * len(SECOND) + len(FINAL_SEEDS)
    (fresh,) = finals(rows).values()
    assert [r.seed for r in fresh] == list(FINAL_SEEDS)
    assert all((r.test is None) == r.searched for r in rows)
    assert {r[:6] for r in read_tuned(tmp_path / "tuned.csv")} == {r[:6] for r in rows}
    monkeypatch.setattr(tuned, "trial", lambda *run: pytest.fail(f"{run} is repeated"))
    again = compare_tuned(["latch"], ["tanh"], out=tmp_path, progress=False)
    assert [r[:6] for r in again] == [r[:6] for r in rows]


def test_the_command_says_what_does_not_go_with_it(tmp_path, capsys):
    assert main(["compare", "latch", "--tuned", "--seeds", "3", "--out", str(tmp_path)]) == 2
    assert "--seeds goes without --tuned" in capsys.readouterr().err
    assert main(["compare", "chorales", "--tuned", "--out", str(tmp_path)]) == 2
    assert "chorales" in capsys.readouterr().err


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "tuned.csv").write_text("hello\n1\n")
    with pytest.raises(UsageError, match="is not a table of tuned runs; it is left as it is"):
        compare_tuned(["latch"], ["gru"], out=tmp_path)


def test_the_committed_table_is_whole():
    for (task, cell), fresh in finals(ROWS).items():
        search = [r for r in ROWS if r[:2] == (task, cell) and r.searched]
        first = [r for r in search if r.seed in FIRST]
        assert {(r.lr, r.start) for r in first} == {(lr, b) for lr in RATES for b in STARTS}
        assert len(search) - len(first) == GO_ON * len(SECOND)
        best = {(r.lr, r.start) for r in search if r.seed in SECOND}
        seen_twice = [r for r in search if (r.lr, r.start) in best]
        assert {(r.lr, r.start) for r in fresh} == {ranked(seen_twice)[0]}
        assert all(r.solved or r.steps == TUNED[task]["steps"] for r in fresh)
    assert {r[:2] for r in ROWS} == set(finals(ROWS))
    assert read_tuned_again(ROWS) == ROWS


FRESH = finals(ROWS)
KEPT = ("latch", "temporal_order@50", "adding", "reviews_early")  # something must be kept


@pytest.mark.parametrize("task", KEPT)
def test_gated_cells_solve_with_every_fresh_seed_what_must_be_kept_the_gru_no_later(task):
    steps = {c: [r.steps for r in FRESH[task, c] if r.solved] for c in ("tanh", "gru", "lstm")}
    assert len(steps["gru"]) == len(steps["lstm"]) == 5
    assert statistics.median(steps["gru"]) <= statistics.median(steps["lstm"])
    assert len(steps["tanh"]) == (1 if task == "latch" else 0)


@pytest.mark.parametrize("task", KEPT)
def test_with_a_start_that_keeps_the_gru_solves_it_at_every_rate(task):
    kept = [r for r in ROWS if r[:2] == (task, "gru") and r.start and r.seed in FIRST]
    assert [r.solved for r in kept] == [True] * len(RATES)


def test_from_pytorchs_start_the_latch_turns_with_the_rate():
    solved = {
        cell: [r.lr for r in ROWS if r[:2] == ("latch", cell) and r.seed in FIRST
               and not r.start and r.solved]
        for cell in ("tanh", "gru", "lstm")
    }  # fmt: skip
    assert solved == {"tanh": [0.003, 0.01, 0.03], "gru": [0.03], "lstm": []}


def test_what_was_chosen_for_the_tanh_rnn_on_the_latch_owed_its_five_seeds_to_luck():
    lr, start = FRESH["latch", "tanh"][0][2:4]
    searched = [r for r in ROWS if r[:4] == ("latch", "tanh", lr, start) and r.searched]
    assert (sum(r.solved for r in searched), len(searched)) == (5, 5)


def read_tuned_again(rows):
    return [tuned._row(**dict(zip(Trial._fields, line.split(","), strict=True)))
            for line in to_csv(rows).splitlines()[1:]]  # fmt: skip


def test_a_picture_says_what_it_shows(tmp_path):
    (ax, other) = draw_task(ROWS, "latch")
    assert "gru: at 0.001 not solved" in description(ax.figure) and "chosen" in description(
        ax.figure
    )
    assert other.get_title(loc="left") == "latch, a start that keeps 95 %"
    plt.close(ax.figure)
    rows = [r for r in ROWS if r.task == "latch"]
    assert [f.name for f in draw_all(rows, tmp_path)] == ["tuned-latch.png"]
    assert table(rows).count("\n") == len(finals(rows))
