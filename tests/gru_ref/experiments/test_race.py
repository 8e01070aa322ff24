"""The race: widths near the GRU's numbers, the search of `tuned`, small data that are a part."""

from pathlib import Path

import pytest

import gru_ref
from gru_ref.experiments import race as raced
from gru_ref.experiments.race import CELLS, RACED, layers_of, numbers, race, task_of, width
from gru_ref.experiments.tuned import FINAL_SEEDS, FIRST, GO_ON, SECOND, Trial, read_tuned
from gru_ref.training.tasks.corpora import music

RESULTS = Path(gru_ref.__file__).parent / "experiments" / "results" / "race.csv"


@pytest.mark.parametrize("name", ["adding", "copy", "latch", "reviews"])
def test_all_cells_learn_about_as_many_numbers(name):
    due = numbers(name, "gru", width(name, "gru"))
    for cell, start in (("mingru", 0.0), ("transformer", 1.0), ("transformer", 2.0)):
        layers = layers_of(cell, start)
        assert numbers(name, cell, width(name, cell, layers), layers) == pytest.approx(due, rel=0.1)


def test_a_run_is_short_where_the_task_is_solved_and_tested_where_its_seed_is_fresh(monkeypatch):
    monkeypatch.setitem(RACED, "latch", {"steps": 200, "check_every": 50, "batch": 8})
    searched = raced.run("latch", "transformer", 0.01, 1.0, FIRST[0])
    assert searched.solved and searched.steps < 200 and searched.test is None
    fresh = raced.run("latch", "gru", 0.01, 3.0, FINAL_SEEDS[0])
    assert fresh.test is not None and fresh.steps % 50 == 0


def test_a_read_task_ends_when_it_gets_no_better_and_is_judged_by_its_best(monkeypatch):
    options = {"steps": 400, "check_every": 5, "hidden": 8, "batch": 4}
    monkeypatch.setitem(RACED, "chorales/30", options)
    one = raced.run("chorales/30", "gru", 0.3, 0.0, FINAL_SEEDS[0])
    assert one.steps < 400 and one.validation < 20
    assert one.test == pytest.approx(one.validation, rel=0.2)


def test_small_data_are_a_part_of_the_pieces_and_the_judges_are_the_same():
    whole, part = music(), task_of("chorales/30")
    assert part.chance == whole.chance and part.solved == whole.solved
    assert part.bias is not None and not part.bias.equal(whole.bias)


def test_what_is_read_is_chosen_by_its_metric_and_what_is_made_by_its_steps():
    def row(name, lr, steps, validation):
        return Trial(name, "gru", lr, 0.0, 100, steps, True, validation, None, 1.0)

    made = [row("latch", 0.01, 100, 0.009), row("latch", 0.03, 200, 0.001)]
    read = [row("chorales", 0.01, 100, 8.9), row("chorales", 0.03, 200, 8.8)]
    assert raced._ranked(made)[0] == (0.01, 0.0)
    assert raced._ranked(read)[0] == (0.03, 0.0)


def test_every_cell_has_as_many_choices(tmp_path, monkeypatch):
    def row(name, cell, lr, start, seed):
        return Trial(name, cell, lr, start, seed, 100, True, lr, 0.0, 1.0)

    monkeypatch.setattr(raced, "run", row)
    rows = race(["latch"], out=tmp_path, progress=False)
    for cell in CELLS:
        mine = [r for r in rows if r.cell == cell]
        assert len({(r.lr, r.start) for r in mine if r.seed in FIRST}) == 8
        assert sum(r.seed in SECOND for r in mine) == GO_ON * len(SECOND)
        assert [r.seed for r in mine if not r.searched] == list(FINAL_SEEDS)
    assert len(read_tuned(tmp_path / "race.csv")) == len(rows)
