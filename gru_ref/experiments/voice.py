"""A voice made of phonemes, roughly: enough to hear which word it is, and to put noise on it.

A vowel is the harmonics of a falling pitch, strong near the three resonances of the mouth
(formants). They glide from one phoneme to the next; fricatives are noise, stops a silence and a
burst. Phonemes are ARPAbet's, as `gru_ref.formats.speech` gives them. The formants of the vowels
are the men's averages of G. E. Peterson and H. L. Barney, Control methods used in a study of the
vowels, 1952; the rest was set by ear.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

RATE = 16_000  # samples a second
PAUSE = "_"
WIDTHS = (80.0, 110.0, 160.0)  # Hz, of the three formants


class Sound(NamedTuple):
    """How a part of a phoneme sounds: seconds, strength of voice and of noise, formants in Hz."""

    seconds: float
    voice: float
    noise: float
    formants: tuple[float, float, float]


VOWELS = {
    "AA": (730, 1090, 2440),
    "AE": (660, 1720, 2410),
    "AH": (640, 1190, 2390),
    "AO": (570, 840, 2410),
    "EH": (530, 1840, 2480),
    "ER": (490, 1350, 1690),
    "IH": (390, 1990, 2550),
    "IY": (270, 2290, 3010),
    "UH": (440, 1020, 2240),
    "UW": (300, 870, 2240),
}
GLIDES = {"AW": "AA UW", "AY": "AA IY", "EY": "EH IY", "OW": "AO UW", "OY": "AO IY"}
HUMS = {  # nasals, liquids and half vowels
    "L": (360, 1300, 2700),
    "M": (250, 1000, 2200),
    "N": (250, 1500, 2400),
    "NG": (250, 1900, 2500),
    "R": (420, 1300, 1600),
    "W": (300, 610, 2200),
    "Y": (280, 2250, 3000),
}
HISSES = {"F": 0.1, "HH": 0.08, "S": 0.25, "SH": 0.25, "TH": 0.08}  # strength of the noise
VOICED = {"DH": "TH", "V": "F", "Z": "S", "ZH": "SH"}
STOPS = {"B": 0.0, "D": 0.0, "G": 0.0, "K": 0.2, "P": 0.15, "T": 0.2}  # strength of the burst
AFFRICATES = {"CH": "SH", "JH": "ZH"}


def speak(phonemes: Sequence[str], seed: int = 0) -> np.ndarray:
    """Return the sound of phonemes at 16,000 samples a second, its strongest sample 1.

    "_" is a pause; a vowel's stress is not heard. ValueError names a phoneme that is not ARPAbet's.
    """
    parts: list[Sound] = []
    for phoneme in phonemes:
        parts += _parts(phoneme, parts[-1].formants if parts else VOWELS["AH"])
    lengths = [round(part.seconds * RATE) for part in parts]
    voice, noise, *formants = (_smooth(np.repeat(a, lengths)) for a in _columns(parts))
    rng = np.random.default_rng(seed)
    hiss = np.diff(rng.normal(size=len(voice) + 1)) / 2  # the higher, the stronger
    sound = voice * _harmonics(np.array(formants)) + noise * hiss
    return sound / max(np.abs(sound).max(), 1e-9)


def _parts(phoneme, before):
    """Return the sounds of one phoneme; a consonant without formants keeps those before it."""
    name = phoneme.rstrip("012")
    if name in VOWELS:
        return [Sound(0.14, 1, 0, VOWELS[name])]
    if name in GLIDES:
        return [Sound(0.09, 1, 0, VOWELS[half]) for half in GLIDES[name].split()]
    if name in HUMS:
        return [Sound(0.08, 0.4, 0, HUMS[name])]
    if name in HISSES:
        return [Sound(0.1, 0, HISSES[name], before)]
    if name in VOICED:
        return [Sound(0.08, 0.2, HISSES[VOICED[name]] / 2, before)]
    if name in STOPS:
        burst = STOPS[name]
        return [Sound(0.06, 0 if burst else 0.05, 0, before), Sound(0.02, 0.3, burst, before)]
    if name in AFFRICATES:
        return [Sound(0.05, 0, 0, before), *_parts(AFFRICATES[name], before)]
    if name == PAUSE:
        return [Sound(0.15, 0, 0, before)]
    raise ValueError(f"{phoneme!r} is no phoneme of ARPAbet, such as 'AH0' or 'T', and no pause.")


def _columns(parts):
    rows = [(part.voice, part.noise, *part.formants) for part in parts]
    return np.array(rows, float).reshape(-1, 5).T


def _smooth(track, seconds=0.04):
    """Return a track that glides where it jumped."""
    window = np.hanning(round(seconds * RATE))
    half = len(window) // 2
    padded = np.pad(track, half, mode="edge") if len(track) else np.zeros(2 * half)
    return np.convolve(padded, window / window.sum(), "same")[half : half + len(track)]


def _harmonics(formants):
    """Return a hum whose pitch falls from 130 Hz to 105 Hz, shaped by formants (3, samples)."""
    pitch = np.linspace(130, 105, formants.shape[1])
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sound = np.zeros(len(pitch))
    for k in range(1, int(RATE / 2 / 130)):
        near = ((k * pitch - formants) / np.array(WIDTHS)[:, None]) ** 2
        strength = (np.array([1.0, 0.7, 0.5])[:, None] / (1 + near)).sum(axis=0)
        sound += strength * np.sin(k * phase) / k**0.3
    return sound / max(np.abs(sound).max(), 1e-9)
