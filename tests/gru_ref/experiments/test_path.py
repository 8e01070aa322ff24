"""The gradient's path while a cell learns: what a look holds, and the committed table of looks."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest
import torch

import gru_ref
from gru_ref.experiments.path import first_over_last, looks, memory, read_looks
from gru_ref.training.loop import fit
from gru_ref.training.models import SequenceModel
from gru_ref.training.tasks import task

RESULTS = Path(gru_ref.__file__).parent / "experiments" / "results"
ROWS = read_looks(RESULTS / "path.csv")


def runs(*kind):
    """Return the runs of a task, cell, forget bias, rate and shuffling: a list of looks each."""
    of_kind = [row for row in ROWS if row[:5] == kind]
    return [list(run) for _, run in groupby(of_kind, key=lambda row: row.seed)]


def test_a_look_is_of_the_run_that_fit_makes():
    (look,) = looks("sine", "tanh", [3], seed=1, length=12)
    run = fit("sine", "tanh", steps=3, seed=1, length=12, device="cpu", progress=False)
    assert look.metric == pytest.approx(run.metric, rel=1e-6)


def test_shuffled_labels_change_the_run():
    plain, other = (list(looks("latch", "tanh", [2], length=8, shuffled=s)) for s in (False, True))
    assert plain[0].metric != other[0].metric or plain[0].ratio != other[0].ratio


@pytest.mark.parametrize("cell", ["tanh", "gru"])
def test_the_ratio_is_1_where_the_last_input_is_the_first(cell):
    to_do, net = task("latch", 3), SequenceModel(cell, 1, 4, 2)
    x, y = to_do.batch(torch.Generator().manual_seed(0), 5)
    assert first_over_last(net, to_do, x[:1], y) == pytest.approx(1)
    assert first_over_last(net, to_do, x, y) < 1


def test_the_memory_of_a_new_lstm_is_its_forget_bias():
    net = SequenceModel("lstm", 1, 64, 2, forget_bias=3.0)
    mean = memory(net.rnn, torch.zeros(2, 1, 1))
    assert mean == pytest.approx(torch.sigmoid(torch.tensor(3.0)).item(), abs=0.02)


def test_at_another_rate_the_gru_solves_the_latch_and_the_tanh_rnn_mostly_does_not():
    ends = {
        cell: [run[-1].metric <= 0.01 for run in runs("latch", cell, 0.0, 0.03, False)]
        for cell in ("gru", "tanh")
    }
    assert (sum(ends["gru"]), sum(ends["tanh"])) == (5, 1)


def test_with_a_forget_bias_the_lstm_learns_temporal_order_with_every_seed():
    assert [run[-1].metric <= 0.01 for run in runs("temporal_order", "lstm", 3.0, 0.01, False)] == [
        True
    ] * 5


def test_the_path_opens_while_the_error_of_the_gru_is_at_chance():
    for run in runs("reviews_early", "gru", 0.0, 0.01, False):
        at_chance = [look for look in run if abs(look.metric - 0.5) < 0.05]
        assert at_chance[0].ratio < 1e-18
        assert at_chance[-1].step >= 900
        assert max(look.ratio for look in at_chance) > 1e-6


@pytest.mark.parametrize(("cell", "lr"), [("tanh", 0.01), ("gru", 0.03)])
def test_with_shuffled_labels_the_path_opens_all_the_same(cell, lr):
    found = runs("latch", cell, 0.0, lr, True)
    assert len(found) == 5
    for run in found:
        assert run[0].ratio < 1e-18 or cell == "tanh"
        assert max(look.ratio for look in run) > 1e-5


def test_by_plain_descent_the_path_opens_in_no_run():
    rows = read_looks(RESULTS / "descent.csv")
    assert len({row[:6] for row in rows}) == 30
    assert max(row.ratio for row in rows) < 1e-17
    assert min(row.metric for row in rows if row.step == 1000) > 0.45


def test_a_step_of_plain_descent_moves_the_weights_by_the_gradient():
    new, after = looks("latch", "tanh", [0, 1], descent=True, length=8, lr=1e-6)
    assert after.memory == pytest.approx(new.memory, abs=1e-5)
