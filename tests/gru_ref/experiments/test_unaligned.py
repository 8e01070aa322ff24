"""Strokes and their labels, and how what is read is compared with them."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import gru_ref
from gru_ref.experiments.unaligned import (
    NOISE,
    STEPS,
    STROKES,
    edit_distance,
    judge,
    learn,
    read_out,
    spikes,
    strokes,
)
from gru_ref.figures.alignment import alignment
from gru_ref.figures.shown import description


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [
        ([], [], 0),
        ([1, 2], [], 2),
        ([1, 2, 3], [1, 3], 1),
        ([1, 2], [2, 1], 2),
        ([4], [1, 4, 4], 2),
    ],
)
def test_the_distance_counts_edits(a, b, edits):
    assert edit_distance(a, b) == edit_distance(b, a) == edits


def test_repetitions_are_read_once_and_a_blank_parts_two_of_a_kind():
    p = torch.eye(3)[[0, 1, 1, 0, 1, 2, 2, 0]]
    assert read_out(p) == [1, 1, 2]
    assert spikes(p) == [1, 4, 5]


def test_a_stroke_stands_where_it_is_said_to_end_and_after_it_is_silence():
    batch = strokes(torch.Generator().manual_seed(0), 50)
    for n, (label, ends) in enumerate(zip(batch.labels, batch.ends, strict=True)):
        assert len(label) == len(ends) and ends[-1] < STEPS
        assert (batch.x[ends[-1] + 1 :, n].abs() < 5 * NOISE).all()
        rises = [e for k, e in zip(label, ends, strict=True) if list(STROKES)[k - 1] == "rise"]
        assert (batch.x[rises, n, 0] > 1 - 5 * NOISE).all()


def test_a_network_learns_from_labels_without_times():
    net, losses = learn(steps=6, hidden=4)
    assert losses[-1] < losses[0]
    assert 0 < judge(net, 0, 6).errors <= 1.5


def test_the_committed_networks_read_19_of_20_strokes():
    file = Path(gru_ref.__file__).parent / "experiments" / "results" / "ctc.csv"
    rows = np.genfromtxt(file, delimiter=",", names=True)
    assert len(rows) == 5 and max(rows["errors"]) < 0.08


def test_the_picture_says_where_the_symbols_stand():
    p = np.eye(3)[[0, 1, 1, 0, 2]]
    ax = alignment(np.zeros(5), p, ["up", "down"], [1, 2], [2, 4])[0]
    said = description(ax.figure)
    assert "up up to step 2, down up to step 4" in said
    assert "up at step 1 to 2, down at step 4" in said
    plt.close(ax.figure)
