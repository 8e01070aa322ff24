"""A zip archive that was handed in -> the one notebook in it, read within bounds.

Nothing is unpacked to disk. Sizes are counted while the bytes come, since a header may say
anything. An archive in the archive is opened too, and no deeper.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from typing import NamedTuple

from autograder import sizes
from autograder.grading.filenames import ARCHIVE, CLUTTER, NOTEBOOK, NotebookName, read_name

MEMBERS = 500
DEPTH = 2  # archives in one another
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError),
    *(UnicodeError, MemoryError),
)


class Found(NamedTuple):
    """A notebook in an archive, its name as the archive has it, its time, what the name tells."""

    name: str
    data: bytes
    time: tuple[int, ...]
    about: NotebookName


class NotTaken(Exception):
    """Nothing is taken from an archive, for the reason that the message gives."""


def notebook_in(data: bytes, known: Collection[str], chapter: str = "") -> Found:
    """Return the notebook of a chapter in an archive, the newest where there are several.

    With `chapter` "" it is that of any chapter, if all are of one. NotTaken where there is none.
    """
    found = list(_notebooks(data, known, 1, [sizes.NOTEBOOK * 2]))
    wanted = [
        f for f in found if f.about.chapter and f.about.chapter == (chapter or f.about.chapter)
    ]
    others = [f for f in found if not f.about.chapter and f.about.form == NOTEBOOK]
    if not wanted and len(others) == 1:
        wanted = others
    if not wanted:
        seen = ", ".join(f.name for f in found[:3]) or "no notebook"
        raise NotTaken(f"the archive holds {seen}")
    if len({f.about.chapter for f in wanted}) > 1:
        raise NotTaken("the archive holds notebooks of several chapters")
    return max(wanted, key=lambda f: (-f.about.form, f.time, f.about.number))


def _notebooks(data: bytes, known: Collection[str], depth: int, left: list[int]) -> Iterator[Found]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MEMBERS:
                raise NotTaken(f"the archive holds {len(members)} files, the limit is {MEMBERS}")
            for info in members:
                *folders, base = info.filename.replace("\\", "/").split("/")
                about = read_name(base, known) if base else None
                clutter = base.startswith(".") or any(f in CLUTTER for f in folders)
                if about is None or clutter or info.flag_bits & 1:
                    continue
                if about.form == ARCHIVE and depth < DEPTH:
                    yield from _notebooks(_bytes(archive, info, left), known, depth + 1, left)
                elif about.form != ARCHIVE:
                    yield Found(base, _bytes(archive, info, left), info.date_time, about)
    except BROKEN as error:
        raise NotTaken("the archive is damaged, or was not packed by zip") from error


def _bytes(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: list[int]) -> bytes:
    """Return a member's bytes; `left` is what all of the archive may still unpack to."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotTaken(f"{info.filename[:80]} is packed in a way that is not read")
    made = bytearray()
    with archive.open(info) as stream:
        while piece := stream.read(65536):
            made += piece
            left[0] -= len(piece)
            if len(made) > sizes.NOTEBOOK or left[0] < 0:
                raise NotTaken(f"it unpacks to more than {sizes.NOTEBOOK / 1e6:.0f} MB")
    return bytes(made)
