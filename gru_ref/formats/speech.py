"""A trained GRU that reads words aloud: the one inside the package g2p_en (Park and Kim, 2019).

An encoder GRU reads the letters of a word and an end sign; a decoder GRU starts from its last
state and names one phoneme after the other, each time reading the one before:

    h_t = GRU_enc(E_letter[letter_t], h_{t-1}),  h_0 = 0                                (1)
    s_k = GRU_dec(E_phoneme[said_{k-1}], s_{k-1}),  s_0 = h_T,  said_0 = <s>            (2)
    said_k = argmax(W s_k + b), until </s>                                              (3)

Both GRUs are PyTorch's, (1)-(4) of `gru_ref.cell`, H = 256. Only the file of weights is read, where
pip has put it: importing g2p_en would import nltk, which downloads. Phonemes are ARPAbet's, vowels
with their stress (0 none, 1 primary, 2 secondary), as in the CMU Pronouncing Dictionary.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gru_ref.cell import GRUParams
from gru_ref.formats.files import folder_of
from gru_ref.formats.found import networks_among
from gru_ref.formats.layout import read

PACKAGE, FILE = "g2p_en", "checkpoint20.npz"
LETTERS = ("<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz")
VOWELS = "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split()
CONSONANTS = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split()
SOUNDS = sorted([*CONSONANTS, "UW", *(vowel + stress for vowel in VOWELS for stress in "012")])
PHONEMES = ("<pad>", "<unk>", "<s>", "</s>", *SOUNDS)
START, END = 2, 3
LONGEST = 20  # phonemes of a word


class Speaker(NamedTuple):
    """The weights of (1) to (3); words go in by `spell`, phonemes come out by `phonemes`."""

    encoder: GRUParams
    decoder: GRUParams
    E_letter: np.ndarray  # (29, 256)
    E_phoneme: np.ndarray  # (74, 256)
    W: np.ndarray  # (74, 256)
    b: np.ndarray  # (74,)

    def spell(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return x (T, N, 256), the words letter by letter and padded, and their lengths (N,).

        A letter that the GRU does not know is read as <unk>.
        """
        known = {letter: i for i, letter in enumerate(LETTERS)}
        codes = [[*(known.get(c, 1) for c in word.lower()), known["</s>"]] for word in words]
        lengths = np.array([len(code) for code in codes])
        padded = np.zeros((lengths.max(), len(words)), int)
        for n, code in enumerate(codes):
            padded[: len(code), n] = code
        return self.E_letter[padded], lengths

    def phonemes(self, said: Sequence[np.ndarray]) -> list[list[str]]:
        """Return the phonemes of each of N words, up to its end; said[k] is (N,), (3)."""
        words = []
        for column in np.array(said).T:
            end = np.flatnonzero(column == END)
            words.append([PHONEMES[k] for k in column[: end[0] if end.size else None]])
        return words


def speaker(recorded: str) -> Speaker | None:
    """Return the GRU of g2p_en, or None where it is not installed, after printing what it said."""
    folder = folder_of(PACKAGE)
    if folder is None:
        print(
            "The package g2p_en is not installed here (pip install 'gru-course[speech]' brings "
            f"it); with version 2.1.0 this cell has printed:\n{recorded}"
        )
        return None
    return read_speaker(folder / FILE)


def read_speaker(path: Path) -> Speaker:
    """Return the weights in g2p_en's file; ValueError where they are not those of (1) to (3)."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    networks = {network.name: network.layers[0][0] for network in networks_among(arrays)}
    tables = {"enc_emb": "29 D", "dec_emb": "74 D", "fc_w": "74 H", "fc_b": "74"}
    rest = {name: a for name, a in arrays.items() if not name[3:].startswith(("_w_", "_b_"))}
    return Speaker(networks["enc"], networks["dec"], *read("g2p_en 2.1.0", rest, **tables).values())
