"""`inspect`: what it measures against formulas and chapter 7's own functions, and its sentences."""

import numpy as np
import pytest
import torch

from gru_ref.cell import init_params, zeros
from gru_ref.cli import RESETS, main
from gru_ref.converge import lyapunov_exponent
from gru_ref.figures.models import inspection_picture
from gru_ref.figures.shown import description
from gru_ref.formats.burn import to_burn
from gru_ref.formats.found import Network
from gru_ref.formats.pytorch import layers_from_pytorch
from gru_ref.inspection import half_life, inspect_network, random_input, report
from gru_ref.jacobian import jacobians, spectral_radius
from gru_ref.layers import stack_forward
from gru_ref.lstm import init_lstm_params, lstm_forward

D, H = 3, 5


def network(p, reset="after"):
    return Network("rnn", "pytorch", reset, ((p,),))


def gru(seed=0):
    return init_params(np.random.default_rng(seed), D, H)


@pytest.mark.parametrize("reset", RESETS)
def test_exponent_and_radii_are_those_of_chapter_7(reset):
    p, x = gru(), random_input(D, 15)
    (seen,) = inspect_network(network(p, reset), x)
    Js = jacobians("gru", p, x[:, :1], np.zeros((1, H)), reset)[:, 0]
    assert seen.exponent == pytest.approx(lyapunov_exponent(Js), rel=1e-12)
    np.testing.assert_allclose(seen.radii, spectral_radius(Js), rtol=1e-12)
    np.testing.assert_allclose(seen.J, Js[-1], rtol=0, atol=1e-14)


def test_an_lstm_is_measured_by_its_forget_gate_and_both_states():
    p, x = init_lstm_params(np.random.default_rng(0), D, H), random_input(D, 15)
    (seen,) = inspect_network(network(p, None), x)
    start = np.zeros((x.shape[1], H))
    values = lstm_forward(x, start, start, p)
    Js = jacobians("lstm", p, x[:, :1], np.zeros((1, H)))[:, 0]
    assert seen.keeps == "f" and seen.exponent == pytest.approx(lyapunov_exponent(Js), rel=1e-12)
    np.testing.assert_allclose(seen.gates["f"], values.f, rtol=0, atol=1e-14)
    along = np.log(2) / -np.log(values.f).mean(axis=(0, 1))
    np.testing.assert_allclose(seen.running, along, rtol=1e-12)


def test_half_lives_are_those_of_a_constant_gate():
    np.testing.assert_allclose(half_life(np.array([0.5, 0.5**0.1, 1.0])), [1, 10, np.inf])
    b_iz = np.log(np.array([1, 3, 9, 99, 999.0]))  # z = 1/2, 3/4, 9/10, 0.99, 0.999
    (seen,) = inspect_network(network(zeros(D, H)._replace(b_iz=b_iz)), random_input(D, 4))
    due = np.log(0.5) / np.log([0.5, 0.75, 0.9, 0.99, 0.999])
    np.testing.assert_allclose(seen.at_rest, due)
    np.testing.assert_allclose(seen.running, due)  # no weight, so the gate does not move
    left = np.array([0.5, 0.75, 0.9, 0.99, 0.999]) ** 4 / np.sqrt(H)  # of v, after 4 steps
    assert seen.exponent == pytest.approx(np.log(np.linalg.norm(left)) / 4)
    np.testing.assert_allclose(seen.radii, 0.999)


def test_every_layer_reads_the_states_of_the_one_below():
    module = torch.nn.GRU(D, H, num_layers=2, bidirectional=True, dtype=torch.float64)
    layers, x = layers_from_pytorch(module.state_dict()), random_input(D, 6)
    seen = inspect_network(Network("rnn", "pytorch", "after", layers), x)
    assert [one.name for one in seen] == [
        f"layer {i}, {way}" for i in (1, 2) for way in ("forward", "backward")
    ]
    below = stack_forward(x, layers[:1]).h
    (alone,) = inspect_network(network(layers[1][1]), below[::-1])
    np.testing.assert_allclose(seen[3].gates["z"], alone.gates["z"], rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("gain", "due"),
    [
        (0, "-inf: the state before has no influence at all"),
        (1, "shrinks to 1/e in"),
        (40, "grows by e in"),
    ],
)
def test_the_exponent_is_told_in_words(gain, due):
    p = gru()._replace(b_iz=np.full(H, -500.0 if gain == 0 else 0.0))
    p = p._replace(**{f"W_h{g}": gain * getattr(p, f"W_h{g}") for g in "rzn"})
    x = 0.1 * random_input(D, 60)
    one = network(p)
    assert due in report("m.pt", one, inspect_network(one, x), "x")


def test_the_picture_says_what_it_shows():
    seen = inspect_network(network(gru()), random_input(D, 5))
    words = description(inspection_picture(seen))
    assert words.startswith("3 panels. Panel 1, layer 1:") and "half-lives of 5 units" in words


# The command


@pytest.fixture
def model(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "m.pt"
    torch.save({"rnn": torch.nn.GRU(D, H).state_dict()}, path)
    return path


def inspected(*words):
    return main(["inspect", *map(str, words)])


def test_a_model_is_told_and_drawn(model, tmp_path, capsys):
    assert inspected(model, "--steps", 20, "--plot", tmp_path / "m.png") == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{model}: rnn, a GRU as PyTorch stores it, reset after the product")
    assert "1 layer, forward, D = 3 inputs, H = 5 units, 150 numbers of float32" in said
    assert "8 random sequences of 20 steps" in said and said.count("half-life") == 3
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")


def test_an_input_is_read_in_both_shapes(model, tmp_path, capsys):
    x = random_input(D, 7)[:, :1]
    np.save(tmp_path / "x.npy", x[:, 0])
    np.savez(tmp_path / "x.npz", x=x)
    said = []
    for ending in ("npy", "npz"):
        assert inspected(model, "--input", tmp_path / f"x.{ending}") == 0
        said.append(capsys.readouterr().out.replace(ending, ""))
    assert said[0] == said[1]


def test_the_folder_of_a_trained_run_is_inspected(tmp_path, capsys):
    words = "train adding --steps 1 --hidden 4 --device cpu --check-every 1 --batch 2 --length 5"
    assert main([*words.split(), "--out", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    assert inspected(tmp_path / "run", "--steps", 5) == 0
    said = capsys.readouterr().out
    assert "model.rnn, a GRU as PyTorch" in said
    assert "8 held-out sequences of the task adding, 5 steps of each" in said


def test_what_cannot_be_inspected_is_one_sentence(model, tmp_path, capsys):
    files = {"text.npy": None, "flat.npy": np.ones(3), "wide.npy": np.ones((4, 9))}
    files |= {"nan.npy": np.full((4, D), np.nan), "words.npy": np.array([["a"]])}
    for name, a in files.items():
        np.save(tmp_path / name, a) if a is not None else (tmp_path / name).write_text("text")
    np.savez(tmp_path / "burn.npz", **to_burn(gru()))
    np.savez(tmp_path / "pair.npz", a=np.ones((2, D)), b=np.ones((2, D)))
    mistakes = {
        "There is no file": ["nowhere.pt"],
        "no network 'encoder'; choose one of: 'rnn'": ["m.pt", "--network", "encoder"],
        "do not tell whether it resets before or after": ["burn.npz"],
        "There is no reset 'never'": ["burn.npz", "--reset", "never"],
        "text.npy is no array that np.save": ["m.pt", "--input", "text.npy"],
        "holds the shapes (3,), expected one array": ["m.pt", "--input", "flat.npy"],
        "(1, 1), expected one array of numbers": ["m.pt", "--input", "words.npy"],
        "(2, 3), (2, 3), expected one array": ["m.pt", "--input", "pair.npz"],
        "expected (T, N, 3) or (T, 3), since": ["m.pt", "--input", "wide.npy"],
        "numbers that are not finite": ["m.pt", "--input", "nan.npy"],
        "could not be read or written: No such file": ["m.pt", "--input", "gone.npy"],
        "could not be written": ["m.pt", "--steps", "2", "--plot", "text.npy/m.png"],
    }
    for due, words in mistakes.items():
        paths = [tmp_path / word if "." in word else word for word in words]
        assert inspected(*paths) == 2, due
        said = capsys.readouterr().err
        assert due.replace("; choose", ": choose") in said and said.count("\n") == 1, said
    assert inspected(tmp_path / "burn.npz", "--reset", "before", "--steps", 3) == 0
    assert "as burn stores it, reset before" in capsys.readouterr().out
