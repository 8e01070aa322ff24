"""One more step: the Transformer's equals its whole pass, and only it keeps ever more."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import torch

import gru_ref
from gru_ref.experiments.past import PASTS, Causal, cells, costs, read_costs
from gru_ref.figures.past import costs_of_a_past
from gru_ref.figures.shown import description
from gru_ref.training.models import parameters

ROWS = read_costs(Path(gru_ref.__file__).parent / "experiments" / "results" / "past.csv")


def test_step_by_step_a_transformer_gives_what_it_gives_at_once():
    torch.manual_seed(0)
    net, x = Causal(3, 8), torch.randn(7, 2, 3)
    kept = net.layer.room(2, 7)
    with torch.no_grad():
        steps = torch.cat([net.step(x_t[None], kept, t) for t, x_t in enumerate(x)])
        assert torch.allclose(steps, net(x), atol=1e-5)


def test_a_transformer_does_not_see_what_comes_after():
    torch.manual_seed(0)
    net, x = Causal(3, 8), torch.randn(7, 2, 3)
    other = torch.cat((x[:5], torch.randn(2, 2, 3)))
    with torch.no_grad():
        assert torch.allclose(net(x)[:5], net(other)[:5], atol=1e-6)


def test_the_three_are_of_a_size():
    sizes = [parameters(cell) for cell in cells().values()]
    assert max(sizes) <= 1.01 * min(sizes)


def test_only_the_transformer_keeps_more_of_a_longer_past():
    rows = list(costs(pasts=(10, 20), lengths=(4, 8), repeats=1))
    held = {c: [r.bytes for r in rows if (r.what, r.cell) == ("step", c)] for c in cells()}
    assert held["gru"] == [4 * 64] * 2 and held["mingru"] == [4 * 285] * 2
    assert held["transformer"] == [2 * 4 * 46 * n for n in (10, 20)]
    waiting = [r.bytes for r in rows if (r.what, r.cell) == ("train", "gru")]
    assert waiting[1] > waiting[0]


def test_the_committed_table_is_whole_and_says_what_chapter_9_says():
    step = {c: [r.seconds for r in ROWS if (r.what, r.cell) == ("step", c)] for c in cells()}
    assert all(len(seconds) == len(PASTS) for seconds in step.values())
    assert step["transformer"][-1] > 50 * step["gru"][-1]
    assert max(step["gru"]) < 2 * min(step["gru"])


def test_the_picture_says_what_it_shows():
    points = [(r.cell, r.length, r.seconds) for r in ROWS if r.what == "step"]
    ax = costs_of_a_past(points, points, points)[0]
    assert "GRU:" in description(ax.figure) and "Transformer:" in description(ax.figure)
    plt.close(ax.figure)
