"""The GRU of g2p_en: read where it is installed, never imported, and the same as its own code.

Its own code imports nltk, which downloads; the last tests run it with empty modules in their place,
and only where the package is installed (`pip install 'gru-course[speech]'`).
"""

import importlib
import importlib.util
import re
import sys
import warnings
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

from gru_ref.cell import step
from gru_ref.figures.models import gates_over_letters
from gru_ref.figures.shown import description
from gru_ref.formats import speech
from gru_ref.formats.speech import END, LETTERS, LONGEST, PHONEMES, START, speaker
from gru_ref.sequence import unroll

CHAPTER = Path(__file__).parents[3] / "solutions/05_sequences.py"
HERE = importlib.util.find_spec("g2p_en") is not None
H = 6
SHAPES = {"enc_emb": (29, H), "dec_emb": (74, H), "fc_w": (74, H), "fc_b": (74,)}
for part in ("enc", "dec"):
    SHAPES |= {f"{part}_w_{of}": (3 * H, H) for of in ("ih", "hh")}
    SHAPES |= {f"{part}_b_{of}": (3 * H,) for of in ("ih", "hh")}


def say(words, trained):
    """Return the phonemes of words as chapter 5 does, with the reference in the student's place."""
    x, lengths = trained.spell(words)
    state = unroll(x, trained.encoder, None, lengths).h_T
    sound, said = np.full(len(words), START), []
    for _ in range(LONGEST):
        state = step(trained.E_phoneme[sound], state, trained.decoder)
        sound = np.argmax(state @ trained.W.T + trained.b, axis=-1)
        said.append(sound)
    return trained.phonemes(said)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Install a package g2p_en that has the real one's arrays, in small, and fails on import."""
    rng = np.random.default_rng(0)
    arrays = {name: 2 * rng.normal(size=shape) for name, shape in SHAPES.items()}
    (tmp_path / "g2p_en").mkdir()
    (tmp_path / "g2p_en/__init__.py").write_text("raise AssertionError('imported')")
    np.savez(tmp_path / "g2p_en/checkpoint20.npz", **arrays)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    return arrays


def torch_says(word, w):
    """Return the phonemes of one word, alone, by torch's cells."""

    def cell(part):
        made = torch.nn.GRUCell(H, H, dtype=torch.float64)
        names = {"weight_ih": "w_ih", "weight_hh": "w_hh", "bias_ih": "b_ih", "bias_hh": "b_hh"}
        made.load_state_dict({k: torch.from_numpy(w[f"{part}_{v}"]) for k, v in names.items()})
        return made

    encoder, decoder, h = cell("enc"), cell("dec"), torch.zeros(H, dtype=torch.float64)
    for letter in [*word, "</s>"]:
        h = encoder(torch.from_numpy(w["enc_emb"][LETTERS.index(letter)]), h)
    said = [START]
    while len(said) <= LONGEST and said[-1] != END:
        h = decoder(torch.from_numpy(w["dec_emb"][said[-1]]), h)
        said.append(int((torch.from_numpy(w["fc_w"]) @ h + torch.from_numpy(w["fc_b"])).argmax()))
    return [PHONEMES[k] for k in said[1:] if k != END]


def test_a_padded_batch_says_what_torch_says_of_each_word(small):
    words = ["gated", "a", "recurrent"]
    assert say(words, speaker("")) == [torch_says(word, small) for word in words]


def test_a_word_is_read_in_lower_case_and_what_is_no_letter_as_unknown(small):
    trained = speaker("")
    x, lengths = trained.spell(["Ab", "é"])
    assert lengths.tolist() == [3, 2]
    codes = [[LETTERS.index("a"), 1], [LETTERS.index("b"), 2], [2, 0]]
    np.testing.assert_array_equal(x, trained.E_letter[codes])


def test_a_word_without_an_end_is_cut_at_the_last_sound():
    trained = speech.Speaker(None, None, None, None, None, None)
    assert trained.phonemes([np.array([4, 5]), np.array([END, 6])]) == [
        [PHONEMES[4]],
        [PHONEMES[5], PHONEMES[6]],
    ]


def test_without_the_package_one_sentence_and_the_recorded_words(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert speaker("gated G EY1") is None
    said = capsys.readouterr().out
    assert "pip install 'gru-course[speech]'" in said and said.endswith(":\ngated G EY1\n")


def test_other_arrays_than_those_of_the_package_are_named(small, tmp_path):
    np.savez(tmp_path / "g2p_en/checkpoint20.npz", **small | {"fc_b": np.zeros(3)})
    with pytest.raises(ValueError, match=r"fc_b has shape \(3,\), expected \(74\)"):
        speaker("")


def test_the_picture_tells_the_mean_gate_of_each_letter():
    z = np.array([[0.0, 0.5], [1.0, 0.5], [0.95, 0.05]])
    said = description(gates_over_letters("ab", z).figure)
    assert "a 0.25, b 0.75, end 0.50" in said
    assert "33% of all gates are below 0.1, 33% above 0.9" in said


# The package itself

needs_package = pytest.mark.skipif(not HERE, reason="g2p_en is not installed: gru-course[speech]")
WORDS = "gated recurrent jupyter perceptron quokka a strengths unforgettable zyx".split()


@needs_package
def test_the_packages_own_code_says_the_same(monkeypatch):
    empty = {name: ModuleType(name) for name in "nltk nltk.corpus nltk.tokenize inflect".split()}
    empty["nltk"].data = SimpleNamespace(find=lambda name: None)
    empty["nltk"].pos_tag = None
    empty["nltk.corpus"].cmudict = SimpleNamespace(dict=dict)
    empty["nltk.tokenize"].TweetTokenizer = lambda: SimpleNamespace(tokenize=None)
    empty["inflect"].engine = lambda: None
    for name, module in empty.items():
        monkeypatch.setitem(sys.modules, name, module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an old way to write a pattern
        theirs = importlib.import_module("g2p_en.g2p").G2p()
    for name in [name for name in sys.modules if name.startswith("g2p_en")]:
        del sys.modules[name]
    assert tuple(theirs.phonemes) == PHONEMES and tuple(theirs.graphemes) == LETTERS
    assert say(WORDS, speaker("")) == [theirs.predict(word) for word in WORDS]


@needs_package
def test_chapter_5_shows_what_the_package_says():
    text = CHAPTER.read_text(encoding="utf-8")
    shown = re.search(r"^words = \[(.*)\]$", text, re.MULTILINE)[1]
    words = [word.strip('"') for word in shown.split(", ")]
    for word, phonemes in zip(words, say(words, speaker("")), strict=True):
        assert f"{word:<12} {' '.join(phonemes)}" in text
