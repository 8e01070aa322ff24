"""Reviews over five seeds: the gates that are counted are torch's, the tables say what is told."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import torch

import gru_ref
from gru_ref.cell import step_values
from gru_ref.experiments.reviews import gates_of

RESULTS = Path(gru_ref.__file__).parent / "experiments" / "results"


def table(name):
    with (RESULTS / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_gates_of_a_torch_gru_are_those_of_the_reference():
    torch.manual_seed(0)
    gru = torch.nn.GRU(3, 4, dtype=torch.float64)
    x = torch.randn(5, 1, 3, dtype=torch.float64)
    p, h = gru_ref.from_pytorch(dict(gru.named_parameters())), np.zeros(4)
    r, z = (gate[:, 0].numpy() for gate in gates_of(gru, x))
    for t in range(5):
        values = step_values(x[t, 0].numpy(), h, p)
        h = values.h_t
        np.testing.assert_allclose(r[t], values.r_t, atol=1e-12)
        np.testing.assert_allclose(z[t], values.z_t, atol=1e-12)


def test_late_verdicts_are_the_first_that_are_told_better_than_by_chance():
    rows = [r for r in table("reviews_learned.csv") if (r["cell"], r["step"]) == ("gru", "40")]
    late = [float(r["wrong"]) for r in rows if r["place"] == "late"]
    others = [float(r["wrong"]) for r in rows if r["place"] != "late"]
    assert len(late) == 5
    assert max(late) < 0.45 < min(others)


def test_z_falls_on_the_verdict_in_every_network_and_r_by_less_than_a_tenth():
    mean = {
        (r["gate"], r["seed"], r["place"], r["when"]): float(r["mean"])
        for r in table("reviews_gates.csv")
    }
    falls = {
        gate: [
            mean[(*k[:3], "before")] - m
            for k, m in mean.items()
            if k[0] == gate and k[3] == "on it"
        ]
        for gate in "zr"
    }
    assert len(falls["z"]) == 15
    assert min(falls["z"]) > 0.03
    assert max(falls["r"]) < 0.1


def test_chapter_7s_network_without_a_bias_learns_at_a_larger_rate_alone():
    """With 0.01 no seed leaves chance in 1,500 steps; with 0.03 four of five are right in 500."""
    rows = table("mark.csv")
    right = {lr: [float(r["right"]) for r in rows if r["lr"] == lr] for lr in ("0.01", "0.03")}
    assert [row["steps"] for row in rows] == ["1500"] * 5 + ["500"] * 5
    assert all(abs(value - 0.5) < 0.05 for value in right["0.01"])
    assert [value > 0.99 for value in right["0.03"]].count(True) == 4
