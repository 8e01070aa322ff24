"""Pictures and sound of a piano roll, (T, 88): 1 where a key sounds in a quarter note."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from gru_ref._shapes import Float
from gru_ref.figures.palette import COLOURS, INK
from gru_ref.figures.plots import axes
from gru_ref.figures.shown import describe
from gru_ref.io import write_whole
from gru_ref.training.tasks.chorales import LOWEST

RATE = 22050  # samples a second
PARTIALS = (1.0, 0.5, 0.28, 0.16, 0.08)  # strength of the tone's first harmonics


def draw_roll(roll: np.ndarray, ax: Axes | None = None, given: int = 0) -> Axes:
    """Draw a roll, time to the right; a line ends the first `given` steps, those not invented."""
    ax = ax or axes("step (a quarter note)", "key (MIDI number)", (7.2, 2.8))
    t, key = np.nonzero(roll)
    ax.barh(key + LOWEST, 1, left=t, height=0.8, color=COLOURS["input"])
    describe(
        ax,
        f"Piano roll of {len(roll)} steps, time to the right, a bar where a key sounds. "
        f"{_voices(roll[:given] if given else roll)}",
    )
    if given:
        ax.axvline(given, color=INK, lw=1.5)
        describe(
            ax, f"A line after step {given} ends what was given. After it: {_voices(roll[given:])}"
        )
    ax.set_xlim(0, len(roll))
    return ax


def _voices(roll: np.ndarray) -> str:
    """Return in words which keys sound, how many at a time, and how often the chord changes."""
    keys, sounding = np.flatnonzero(roll.any(axis=0)) + LOWEST, roll.sum(axis=1)
    if not len(keys):
        return "No key sounds."
    changes = int(np.any(roll[1:] != roll[:-1], axis=1).sum())
    return (
        f"Keys from {keys.min()} to {keys.max()} sound, {sounding.mean():.1f} at a time on "
        f"average; the chord changes at {changes} of {max(len(roll) - 1, 0)} steps."
    )


def synthesise(
    roll: np.ndarray, seconds: float = 0.45, rate: int = RATE
) -> tuple[Float[np.ndarray, " samples"], int]:
    """Return the sound of a roll in [-1, 1], each step `seconds` long, and its rate.

    A key that sounds on is held, not struck again. A tone is a few harmonics under an envelope.
    """
    step = round(seconds * rate)
    sound = np.zeros((len(roll) + 1) * step)  # a step at the end to fade in
    for key in np.flatnonzero(np.any(roll, axis=0)):
        edges = np.flatnonzero(np.diff(roll[:, key].astype(int), prepend=0, append=0))
        for start, end in edges.reshape(-1, 2):
            tone = _tone(440 * 2 ** ((key + LOWEST - 69) / 12), (end - start) * step, rate)
            sound[start * step : start * step + len(tone)] += tone[: len(sound) - start * step]
    return sound / max(np.abs(sound).max(), 1e-9) * 0.9 if len(roll) else sound, rate


def write_wav(path: Path | str, sound: np.ndarray, rate: int = RATE) -> None:
    """Write sound, in [-1, 1], as a WAV file of 16 bits; UsageError where it cannot be written."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    write_whole(Path(path), content.getvalue())


def _tone(frequency, held, rate, attack=0.02, release=0.15):
    """Return a tone that is held for so many samples and then fades."""
    t = np.arange(held + round(release * rate)) / rate
    audible = [(k, a) for k, a in enumerate(PARTIALS, 1) if k * frequency < rate / 2]
    tone = sum(a * np.sin(2 * np.pi * k * frequency * t) for k, a in audible)
    envelope = np.minimum(t / attack, 1) * np.exp(-0.8 * t)
    fade = np.clip(1 - (t - held / rate) / release, 0, 1)
    return tone * envelope * fade
