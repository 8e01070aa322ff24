"""What a run shows of itself: curves in a file or a notebook; and memory that does not suffice."""

import re

import matplotlib.pyplot as plt
import pytest
import torch

from gru_ref.cli import main
from gru_ref.errors import UsageError
from gru_ref.figures.curves import run_curves
from gru_ref.figures.shown import description, figure_of
from gru_ref.training import checkpoints, loop
from gru_ref.training.loop import fit
from gru_ref.training.memory import memory_that_suffices
from gru_ref.training.settings import Settings

TINY = {"length": 12, "hidden": 4, "batch": 4, "log_every": 4, "check_every": 5}
QUIET = {"progress": False, "device": "cpu"}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_the_words_of_the_curves_say_how_far_it_fell_and_where_it_was_best():
    losses = ([10, 20, 30, 40], [1.0, 0.5, float("nan"), 0.02])
    looks = ([20, 40], [0.5, 0.75])
    levels = {"chance": 0.8, "solved": 0.1}
    ax = run_curves("lstm", losses, looks, unit="error rate", levels=levels, best=20)
    words = description(figure_of(ax))
    assert "1 at 10, 0.5 at 20, 0.02 at 40; the least is 0.02 at 40." in words
    assert "The vertical axis is logarithmic. Panel 2, error rate, held-out sequences:" in words
    assert words.endswith("solved, 0.1. An upright line marks the best look, at step 20.")


def test_a_run_that_was_stopped_at_once_is_drawn_too():
    result = fit("adding", steps=3, stop=lambda: True, **TINY, **QUIET)
    assert "nothing has been measured yet" in description(figure_of(result.draw()))


def test_train_draws_its_curves_in_the_runs_folder_or_where_it_is_told(tmp_path, capsys):
    small = ["--length", "8", "--hidden", "3", "--steps", "2", "--device", "cpu"]
    command = ["train", "adding", *small, "--out", str(tmp_path / "run")]
    assert main(command) == 0
    assert f"Drawn: {tmp_path / 'run' / 'curves.png'}" in capsys.readouterr().out
    assert main([*command, "--plot", str(tmp_path / "here.svg")]) == 0
    assert "2 panels. Panel 1, training loss" in (tmp_path / "here.svg").read_text()
    assert plt.imread(tmp_path / "run" / "curves.png").shape[1] > 900


def test_in_a_notebook_the_curves_are_drawn_while_it_goes_on(monkeypatch):
    shown = []
    monkeypatch.setattr(
        "IPython.display.display", lambda picture, display_id: shown.append(picture.alt)
    )
    fit("adding", steps=10, live=True, **TINY, **QUIET)
    assert len(shown) == 1 and re.search(
        r"Line plot against the step: \S+ at 4, .* at 10", shown[0]
    )


# Presets


@pytest.fixture
def asked(monkeypatch):
    """Return the settings that runs are asked to have; none of them takes place."""
    seen = []

    def refused(s, *_):
        seen.append(s)
        raise UsageError("seen")

    monkeypatch.setattr(loop, "_fit", refused)
    return seen


def test_a_preset_is_a_tasks_settings_and_what_is_given_goes_before_them(asked):
    for call in (("characters", "gru", "full", 3, 4), ("copy", torch.nn.GRU, "small", 32, 0)):
        with pytest.raises(UsageError, match="seen"):
            fit(*call[:2], preset=call[2], batch=call[3], seed=call[4], **QUIET)
    full, small = asked
    assert (full.hidden, full.steps, full.batch, full.seed) == (512, 5000, 3, 4)
    assert (small.hidden, small.cell, small.until_solved) == (128, "GRU", True)
    with pytest.raises(UsageError, match="no preset 'huge'; choose one of: small, full"):
        fit("copy", preset="huge", **QUIET)


def test_on_the_command_line_only_options_that_are_given_go_before_a_preset(asked):
    words = ["train", "sine", "--preset", "full", "--hidden", "32", "--device", "cpu"]
    assert main(words) == 2
    assert (asked[0].hidden, asked[0].length, asked[0].lr) == (32, 1000, 1e-3)


# Memory

CARD = torch.device("cuda", 1)
USED_UP = {
    "a card": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
    "its library": RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublas`"),
    "the machine": RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    "Python": MemoryError(),
}


@pytest.mark.parametrize("who", USED_UP)
def test_memory_that_is_used_up_is_a_sentence_with_what_to_change(who):
    s = Settings("copy", batch=1024, hidden=512, length=200)
    with pytest.raises(UsageError) as told, memory_that_suffices(s, CARD, "32"):
        raise USED_UP[who]
    assert str(told.value) == (
        "The device cuda:1 has not enough memory for copy with batch 1024, length 200, hidden 512 "
        "and layers 1: take a smaller batch (512 needs about half as much), shorter sequences "
        "(length), fewer units (hidden) or the precision bf16."
    )


def test_another_fault_is_not_taken_for_a_lack_of_memory():
    with pytest.raises(RuntimeError, match="sizes"):
        with memory_that_suffices(Settings("copy"), CARD):
            raise RuntimeError("sizes of tensors must match")


def test_a_run_out_of_memory_says_so_and_keeps_what_it_had(tmp_path, monkeypatch):
    steps = iter([True] * 7)

    def step_of(run, to_do):
        def advance(x, y):
            if next(steps, None) is None:
                raise USED_UP["the machine"]
            return torch.tensor(1.0)

        return advance

    monkeypatch.setattr(loop, "step_of", step_of)
    with pytest.raises(UsageError, match=r"^This machine has not .* keeps what was learned up to"):
        fit("adding", folder=tmp_path, steps=40, **TINY, **QUIET)
    assert checkpoints.load(tmp_path)["step"] == 5
