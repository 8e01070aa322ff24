"""Bach's chorales as piano rolls, pictures of them, and their sound.

A piano roll is (T, 88): 1 where a key of the piano sounds in a quarter note. The chorales come from
an installed `music21` at run time; what has been read is kept in the user's cache folder.
"""

from __future__ import annotations

import io
import os
import wave
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from tqdm.auto import tqdm

from gru_ref._shapes import Float
from gru_ref.errors import UsageError
from gru_ref.io import write_whole

KEYS = 88
LOWEST = 21  # the MIDI number of the lowest key, A0; number 69 is A4, 440 Hz
RATE = 22050  # samples a second
PARTIALS = (1.0, 0.5, 0.28, 0.16, 0.08)  # strength of the tone's first harmonics
MISSING = (
    "Bach's chorales are read from the package music21, which is not installed: "
    '`pip install "gru-course[music]"` or, in a clone of the course, `pip install -e ".[music]"`.'
)


def chorales() -> list[np.ndarray]:
    """Return the rolls of the chorales that have four parts, in Riemenschneider's order.

    A piece that is there twice counts once. UsageError where music21 is missing.
    """
    try:
        import music21
    except ModuleNotFoundError as error:
        raise UsageError(MISSING) from error
    file = cache_folder() / f"chorales-music21-{music21.__version__}.npz"
    try:
        kept = np.load(io.BytesIO(file.read_bytes()), allow_pickle=False)
        return np.split(kept["steps"], kept["ends"][:-1])
    except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile):
        pass  # not there yet, or not ours: read anew
    rolls = _read_all(music21)
    content = io.BytesIO()
    np.savez_compressed(
        content, steps=np.concatenate(rolls), ends=np.cumsum([len(roll) for roll in rolls])
    )
    try:
        write_whole(file, content.getvalue())
    except UsageError:
        pass  # without a cache it takes longer, no more
    return rolls


def cache_folder() -> Path:
    """Return where rolls are kept: $GRU_COURSE_CACHE, else the user's cache folder."""
    own, base = os.environ.get("GRU_COURSE_CACHE"), os.environ.get("XDG_CACHE_HOME")
    return Path(own) if own else Path(base or Path.home() / ".cache") / "gru-course"


def piano_roll(parts: Iterable[Iterable[tuple[float, float, int]]]) -> np.ndarray:
    """Return the roll of parts of (start, duration, MIDI number), times in quarter notes.

    A step shows what sounds at its beginning.
    """
    notes = [
        (start, start + duration, key - LOWEST) for part in parts for start, duration, key in part
    ]
    roll = np.zeros((max((round(end) for _, end, _ in notes), default=0), KEYS), np.uint8)
    for start, end, key in notes:
        if 0 <= key < KEYS:
            roll[int(np.ceil(start - 1e-6)) : int(np.ceil(end - 1e-6)), key] = 1
    return roll


def draw_roll(roll: np.ndarray, ax: Axes | None = None, given: int = 0) -> Axes:
    """Draw a roll, time to the right; a line ends the first `given` steps, those not invented."""
    from gru_ref.figures.plots import axes

    ax = ax or axes("step (a quarter note)", "key (MIDI number)", (7.2, 2.8))
    t, key = np.nonzero(roll)
    ax.barh(key + LOWEST, 1, left=t, height=0.8, color="#12508f")
    if given:
        ax.axvline(given, color="#c0392b", lw=1.5)
    ax.set_xlim(0, len(roll))
    return ax


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


def read_piece(music21: Any, name: str) -> np.ndarray | None:
    """Return the roll of a score of music21's corpus, None where it has not four parts."""
    score = music21.corpus.parse(name)
    if len(score.parts) != 4:
        return None
    return piano_roll(
        [
            (float(note.offset), float(note.quarterLength), pitch.midi)
            for note in part.flatten().notes
            for pitch in note.pitches
        ]
        for part in score.parts
    )


def _read_all(music21):
    names = dict.fromkeys(music21.corpus.chorales.Iterator(returnType="filename"))
    rolls = (read_piece(music21, name) for name in tqdm(names, "reading chorales, once"))
    return list({roll.tobytes(): roll for roll in rolls if roll is not None}.values())
