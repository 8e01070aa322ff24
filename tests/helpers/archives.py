"""Zip archives as Moodle and Canvas hand them out, and as nobody should."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path
from typing import NamedTuple

NOON = (2026, 10, 1, 12, 0, 0)


class File(NamedTuple):
    """A member: its bytes and what its header says. `utc` adds Info-ZIP's time."""

    data: bytes
    time: tuple[int, ...] = NOON
    utc: int | None = None
    link: bool = False
    packing: int = zipfile.ZIP_DEFLATED


def make(path: Path, *members: tuple[str, bytes | File]) -> Path:
    """Write an archive with these members, in this order; names are taken as they are."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, what in members:
            file = what if isinstance(what, File) else File(what)
            info = zipfile.ZipInfo(name, file.time)
            info.compress_type = file.packing
            info.external_attr = (stat.S_IFLNK | 0o777 if file.link else stat.S_IFREG | 0o644) << 16
            if file.utc is not None:
                info.extra = struct.pack("<HHBi", 0x5455, 5, 1, file.utc)
            archive.writestr(info, file.data)
    return path


def moodle(name: str, number: object, file: str, folders: bool = True) -> str:
    """Return a member's name as Moodle writes it."""
    return f"{name}_{number}_assignsubmission_file{'/' if folders else '_'}{file}"


def patch(path: Path, old: bytes, new: bytes) -> Path:
    """Replace bytes of an archive, which keeps its length."""
    assert len(old) == len(new) and old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))
    return path
