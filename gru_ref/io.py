"""Files that are whole or not there: written beside, flushed to the disk, and renamed."""

from __future__ import annotations

import io
import os
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure, SubFigure

from gru_ref.errors import UsageError


def write_whole(path: Path, content: bytes) -> None:
    """Replace path by content; where that fails, raise UsageError and leave the old file as it was.

    A process killed at any moment leaves the old file or the new one, never a part.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    _flush_folder(path.parent)


PICTURES = (".png", ".svg", ".pdf")


def check_picture(path: Path) -> None:
    """Raise UsageError where a picture of that name cannot be written."""
    if path.suffix.lower() not in PICTURES:
        raise UsageError(
            f"{path} is no name of a picture: it ends in one of {', '.join(PICTURES)}."
        )


def write_figure(path: Path, figure: Figure | SubFigure, alt: str = "") -> None:
    """Write a figure as its name's ending says and close it; UsageError where it cannot be written.

    The words in alt, its alternative text, go into the file.
    """
    if not isinstance(figure, Figure):
        raise TypeError("A part of a figure is not written by itself: pass the whole one.")
    check_picture(path)
    content, kind = io.BytesIO(), path.suffix.lower()[1:]
    words = {"pdf": "Subject"}.get(kind, "Description")
    figure.savefig(content, format=kind, dpi=120, metadata={words: alt} if alt else None)
    plt.close(figure)
    write_whole(path, content.getvalue())


def unwritable(path: Path, error: OSError) -> UsageError:
    """Return the sentence for a file that could not be written."""
    reason = error.strerror or error
    return UsageError(f"{path} could not be written: {reason}. What was there before is unchanged.")


def _flush_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
