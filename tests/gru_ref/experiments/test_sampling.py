"""Sampling: a trained model goes on with what it was given."""

import wave

import numpy as np
import pytest
import torch

from gru_ref.cli import main
from gru_ref.errors import UsageError
from gru_ref.experiments import sampling
from gru_ref.experiments.sampling import continue_chorale, continue_text, sample_to
from gru_ref.training import checkpoints
from gru_ref.training.loop import fit
from gru_ref.training.models import SequenceModel
from gru_ref.training.tasks import corpora
from gru_ref.training.tasks.corpora import ALPHABET

torch.set_num_threads(1)

QUIET = {"device": "cpu", "progress": False, "hidden": 4, "batch": 2, "steps": 2}


def rng(seed=0):
    return np.random.default_rng(seed)


def sure_of(index, size, cell="gru"):
    """Return a model that always answers with one output."""
    model = SequenceModel(cell, size, 3, size)
    with torch.no_grad():
        model.read_out.weight.zero_()
        model.read_out.bias.fill_(-50)
        model.read_out.bias[index] = 50
    return model


@pytest.fixture
def pieces(monkeypatch):
    draw = np.random.default_rng(0)
    rolls = [(draw.random((30, 88)) < 0.05).astype(np.uint8) for _ in range(10)]
    for module in (sampling, corpora):
        monkeypatch.setattr(module, "chorales", lambda: rolls)
    return rolls


@pytest.mark.parametrize("cell", ["tanh", "gru", "lstm", "own"])
def test_a_text_goes_on_with_what_the_model_says(cell):
    model = sure_of(ALPHABET.index("a"), len(ALPHABET), cell)
    assert continue_text(model, "The ", 5, rng()) == "The aaaaa"
    assert continue_text(model, "", 3, rng()) == "aaa"
    assert continue_text(model, "naïve", 0, rng()) == "naïve"


def test_a_text_follows_the_generator_and_the_state():
    torch.manual_seed(0)
    model = SequenceModel("gru", len(ALPHABET), 8, len(ALPHABET))
    one, same, other = (continue_text(model, "A", 30, rng(seed)) for seed in (0, 0, 1))
    assert one == same != other


def test_a_low_temperature_takes_the_likeliest():
    torch.manual_seed(0)
    model = SequenceModel("gru", len(ALPHABET), 8, len(ALPHABET))
    with torch.no_grad():
        best = ALPHABET[model(torch.eye(len(ALPHABET))[[34]][:, None])[0][0, 0].argmax()]
    assert continue_text(model, ALPHABET[34], 1, rng(), temperature=1e-6)[-1] == best


def test_a_chorale_goes_on_and_keeps_what_it_was_given():
    given = np.zeros((5, 88), np.uint8)
    given[:, 40] = 1
    roll = continue_chorale(sure_of([39, 43, 46], 88), given, 7, rng())
    assert np.array_equal(roll[:5], given) and roll.shape == (12, 88)
    assert all(np.flatnonzero(chord).tolist() == [39, 43, 46] for chord in roll[5:])


def test_the_command_continues_a_text(tmp_path, capsys):
    fit("characters", length=10, folder=tmp_path, **QUIET)
    assert main(["sample", str(tmp_path), "--prompt", "Hello", "--steps", "20"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Hello") and len(said) == 26


def test_the_command_writes_a_sound_and_a_picture(pieces, tmp_path, capsys):
    fit("chorales", length=10, folder=tmp_path / "run", **QUIET)
    out = tmp_path / "out"
    assert main(["sample", str(tmp_path / "run"), "--steps", "8", "--out", str(out)]) == 0
    assert "16 quarter notes are Bach's" in capsys.readouterr().out
    assert (out / "chorale.png").read_bytes().startswith(b"\x89PNG")
    with wave.open(str(out / "chorale.wav")) as file:
        assert file.getnframes() == 25 * round(0.45 * file.getframerate())


def test_a_sample_goes_beside_the_checkpoint_where_no_folder_is_named(pieces, tmp_path):
    fit("chorales", length=10, folder=tmp_path, **QUIET)
    files = sample_to(tmp_path / checkpoints.NAME, steps=2)
    assert {f.parent for f in files} == {tmp_path} and all(f.exists() for f in files)


def test_a_model_that_learned_neither_text_nor_music_is_refused(tmp_path):
    fit("adding", length=8, folder=tmp_path, **QUIET)
    with pytest.raises(UsageError, match="has learned adding: only characters and chorales go on"):
        sample_to(tmp_path)


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_a_temperature_must_be_above_zero(temperature):
    with pytest.raises(UsageError, match="it must be above 0"):
        continue_text(sure_of(0, len(ALPHABET)), "a", 1, rng(), float(temperature))
