"""The race: widths near the GRU's numbers, the search of `tuned`, small data that are a part."""

import re
from pathlib import Path

import pytest

import gru_ref
from gru_ref.experiments import race as raced
from gru_ref.experiments import race_report
from gru_ref.experiments.race import CELLS, RACED, layers_of, numbers, race, task_of, width
from gru_ref.experiments.tuned import FINAL_SEEDS, FIRST, GO_ON, SECOND, Trial, read_tuned
from gru_ref.figures.shown import description
from gru_ref.figures.small_data import by_data
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


ROWS = read_tuned(RESULTS)


def fresh(name, cell):
    return [r for r in ROWS if (r.task, r.cell) == (name, cell) and not r.searched]


def test_the_committed_table_is_whole():
    assert len(ROWS) == len(RACED) * len(CELLS) * 21
    for name in RACED:
        assert all(len(fresh(name, cell)) == len(FINAL_SEEDS) for cell in CELLS)


def test_copy_is_the_transformers_and_what_all_solve_they_solve_soon():
    solved = {cell: [r.steps for r in fresh("copy", cell) if r.solved] for cell in CELLS}
    assert {cell: len(steps) for cell, steps in solved.items()} == {
        "gru": 0,
        "mingru": 0,
        "transformer": 4,
    }
    assert max(solved["transformer"]) <= 500
    adding = {cell: sum(r.solved for r in fresh("adding", cell)) for cell in CELLS}
    assert adding == {"gru": 5, "mingru": 5, "transformer": 4}
    for name in ("latch", "temporal_order@50", "reviews", "reviews_early"):
        runs = [r for cell in CELLS for r in fresh(name, cell)]
        assert all(r.solved and 100 <= r.steps <= 300 for r in runs)


@pytest.mark.parametrize(
    ("name", "ahead"), [("chorales", 0.2), ("chorales/10", 0.4), ("chorales/30", 0.5)]
)
def test_with_small_data_the_gru_is_ahead_and_no_seed_of_the_two_overlaps(name, ahead):
    gru, mingru, transformer = (sorted(r.test for r in fresh(name, cell)) for cell in CELLS)
    assert transformer[2] - gru[2] == pytest.approx(ahead, abs=0.05)
    assert gru[-1] < transformer[0]
    assert gru[2] < mingru[2] < transformer[2]
    assert mingru[2] - gru[2] < transformer[2] - mingru[2]


def test_the_report_says_who_chose_what_and_the_picture_how_it_moves():
    lines = race_report.table(ROWS).splitlines()
    assert len(lines) == 1 + len(RACED) * len(CELLS)
    assert any(re.search(r"copy +transformer +4,563 .* 1 layer +4/5", line) for line in lines)
    points = race_report.small_data(ROWS, {"chorales": 268, "chorales/30": 9})
    assert len(points) == 6
    words = description(by_data(points, "nats a step", 10.71).figure)
    assert re.search(r"Transformer: 10\.76 with 9, 9\.01 with 268", words)
