"""The committed table of the comparison: it is whole, and it says what chapter 9 says of it."""

from __future__ import annotations

import statistics
from pathlib import Path

import numpy as np
import pytest

import gru_ref
from gru_ref.experiments.grid import read
from gru_ref.training.presets import COMPARED, settings_for

RESULTS = Path(gru_ref.__file__).parent / "experiments" / "results"
ROWS = read(RESULTS / "small.csv")
CELLS = ("tanh", "gru", "lstm")


def runs(task, cell):
    return [r for r in ROWS if (r.task, r.cell) == (task, cell)]


def solved(task):
    """Return how many of the five seeds each cell solves."""
    return {cell: sum(r.solved for r in runs(task, cell)) for cell in CELLS}


def median(task, cell):
    return statistics.median(r.metric for r in runs(task, cell))


@pytest.mark.parametrize("task", COMPARED)
@pytest.mark.parametrize("cell", CELLS)
def test_every_task_has_five_seeds_of_every_cell_with_the_presets_settings(task, cell):
    assert [r.seed for r in runs(task, cell)] == [0, 1, 2, 3, 4]
    most = settings_for("small", task, cell, 0).steps
    assert all(r.steps == most or (r.solved and r.steps <= most) for r in runs(task, cell))


@pytest.mark.parametrize("task", ["adding", "temporal_order", "reviews_early"])
def test_the_gru_learns_what_must_be_kept_with_every_seed_and_the_tanh_rnn_with_none(task):
    assert (solved(task)["gru"], solved(task)["tanh"]) == (5, 0)


def test_the_lstm_needs_three_times_the_steps_for_adding_and_learns_two_others_with_no_seed():
    steps = {c: statistics.median(r.steps_to_solve for r in runs("adding", c)) for c in CELLS[1:]}
    assert steps["lstm"] / steps["gru"] == pytest.approx(3, abs=0.5)
    assert solved("temporal_order")["lstm"] == solved("reviews_early")["lstm"] == 0


def test_on_the_latch_the_order_is_turned_upside_down():
    assert solved("latch") == {"tanh": 5, "gru": 1, "lstm": 0}


def test_every_cell_learns_the_sine_and_reviews_of_all_kinds():
    assert solved("sine") == solved("reviews") == {"tanh": 5, "gru": 5, "lstm": 5}


def test_text_and_music_lie_close_together_with_the_gated_cells_ahead():
    for task in ("characters", "chorales"):
        assert median(task, "tanh") > max(median(task, "gru"), median(task, "lstm"))
        assert median(task, "gru") == pytest.approx(median(task, "lstm"), rel=0.02)


def test_chapter_7s_network_stays_at_chance_at_one_rate_and_learns_at_three_times_that():
    rows = np.genfromtxt(RESULTS / "mark.csv", delimiter=",", names=True)
    slow, soon = (rows[rows["lr"] == lr] for lr in (0.01, 0.03))
    assert (slow["steps"][0], soon["steps"][0]) == (1500, 500)
    assert max(abs(slow["right"] - 0.5)) < 0.05
    assert sum(soon["right"] > 0.99) == 4
