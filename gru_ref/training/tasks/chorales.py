"""Bach's chorales as piano rolls: (T, 88), 1 where a key of the piano sounds in a quarter note.

They come from an installed `music21` at run time; what has been read is kept in the user's cache
folder.
"""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from gru_ref.errors import UsageError
from gru_ref.io import write_whole

KEYS = 88
LOWEST = 21  # the MIDI number of the lowest key, A0; number 69 is A4, 440 Hz
MISSING = (
    "Bach's chorales are read from the package music21, which is not installed: "
    '`pip install "gru-course[music]"` or, in a clone of the course, `pip install -e ".[music]"`.'
)


def chorales() -> list[np.ndarray]:
    """Return the rolls of the chorales that have four parts, in Riemenschneider's order.

    Each is (T, 88), a step a quarter note; a piece that is there twice counts once. UsageError
    where music21 is missing.
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
    with contextlib.suppress(UsageError):  # without a cache it takes longer, no more
        write_whole(file, content.getvalue())
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
