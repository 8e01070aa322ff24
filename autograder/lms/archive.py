"""A zip archive from outside, read member by member within bounds.

Nothing is unpacked to disk here, and no member's name ever becomes a path. What a header says of
a size is not believed: bytes are counted while they come. nbgrader's own ExtractorPlugin unpacks
everything, archives inside archives too, without a bound, and is not used.
"""

from __future__ import annotations

import contextlib
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from autograder import sizes
from autograder.errors import GradingError
from autograder.grading.packed import NotTaken, notebook_in

RATIO, RATIO_FROM = 500, 2_000_000  # packed so well, and above that many bytes: made to fill disks
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others give out memory without a bound
ENCRYPTED = 0x1 | 0x40 | 0x2000
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # also NotImplementedError
)


class Refused(Exception):
    """A member is not taken, for the reason that the message gives."""


class Member(NamedTuple):
    """One file in the archive; `refused` says why it may not be read, or is empty."""

    name: str
    info: zipfile.ZipInfo
    refused: str

    def time(self) -> tuple[datetime, bool] | None:
        """Return the member's time and whether it is known to be UTC, or None."""
        return _time(self.info)


class Members:
    """What a download holds: its members, some of which are archives to be opened too."""

    members: list[Member]

    def __init__(self) -> None:
        self.left = sizes.ARCHIVE
        self.inside: dict[str, tuple[str, ...]] = {}  # archives, and the chapters that may be there

    def open_inside(self, member: Member, known: Collection[str]) -> None:
        """Have `read` return the one notebook that is in this member, an archive itself."""
        self.inside[member.name] = tuple(known)

    def unpacked(self, member: Member, data: bytes) -> bytes:
        """Return a member's bytes, or those of the notebook in it; Refused where there is none."""
        if member.name not in self.inside:
            return data
        try:
            return notebook_in(data, self.inside[member.name]).data
        except NotTaken as error:
            raise Refused(f"it is an archive inside the archive, and {error}") from error


class Archive(Members):
    """An open archive: its members, and their bytes one at a time."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        super().__init__()
        self.file = file
        named = [(_text(info), info) for info in file.infolist()]
        times: dict[str, int] = {}
        for name, _ in named:
            times[name] = times.get(name, 0) + 1
        self.members = [
            Member(name, info, _why_not(name, info, times[name]))
            for name, info in named
            if not name.endswith("/") or _unsafe(name, info)
        ]

    def read(self, member: Member) -> bytes:
        """Return a member's bytes; Refused where they cannot be had within the bounds."""
        if member.refused:
            raise Refused(member.refused)
        data = bytearray()
        try:
            with self.file.open(member.info) as stream:
                while piece := stream.read(65536):
                    data += piece
                    self.left -= len(piece)
                    if len(data) > sizes.NOTEBOOK:
                        raise Refused(f"it unpacks to more than {sizes.NOTEBOOK / 1e6:.0f} MB")
                    if self.left < 0:
                        raise Refused(
                            f"the archive unpacks to more than {sizes.ARCHIVE / 1e9:.0f} GB"
                        )
        except BROKEN as error:
            raise Refused(f"it is damaged ({' '.join(str(error).split())[:100]})") from error
        if len(data) > max(RATIO_FROM, RATIO * member.info.compress_size):
            raise Refused(f"it unpacks to more than {RATIO} times its packed size")
        return self.unpacked(member, bytes(data))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open an archive; GradingError for what is none, or has no end, or lists too much."""
    if not path.exists():
        raise GradingError(f"There is no file {path}.")
    if path.is_dir():
        raise GradingError(f"{path} is a directory. Wanted is the zip file as it was downloaded.")
    try:
        raw = path.open("rb", buffering=0)
    except OSError as error:
        raise GradingError(f"{path} cannot be read: {error.strerror}.") from error
    with _Bounded(raw) as bounded:
        try:
            file = zipfile.ZipFile(bounded)
        except UnicodeDecodeError as error:
            raise GradingError(
                f"{path} names a member in bytes that are not the UTF-8 they are said to be, "
                "so that none can be found. Download it again, or pack its files anew."
            ) from error
        except BROKEN as error:
            raise GradingError(
                f"{path} is no zip archive, or its end is missing; download it again."
            ) from error
        with file:
            if len(file.infolist()) > sizes.ARCHIVE_MEMBERS:
                raise GradingError(
                    f"{path} holds more than {sizes.ARCHIVE_MEMBERS} files; nothing was taken."
                )
            archive = Archive(file)
            if not archive.members:
                raise GradingError(f"{path} is an empty archive.")
            yield archive


class _Bounded(io.BufferedReader):
    """A file that never gives out more than a list of members may have, in one piece."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:  # zipfile reads the last few bytes so
            size = sizes.ARCHIVE_DIRECTORY
        if size > sizes.ARCHIVE_DIRECTORY:
            raise zipfile.BadZipFile("its list of members is too long")
        return super().read(size)


def _text(info: zipfile.ZipInfo) -> str:
    """Return a member's name; UTF-8 that is not marked as such is common (Canvas, macOS)."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            return name.encode("cp437").decode("utf-8")
    return name


def _why_not(name: str, info: zipfile.ZipInfo, times: int) -> str:
    """Return why a member may not be read, or ""."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if unsafe := _unsafe(name, info):
        return unsafe
    if kind == stat.S_IFLNK:
        return "it is a link, not a file"
    if kind not in (0, stat.S_IFREG):
        return "it is not an ordinary file"
    if times > 1:
        return f"the archive holds {times} files of this name"
    if info.flag_bits & ENCRYPTED:
        return "it is encrypted"
    if info.compress_type not in PACKED:
        return "it is packed in a way that Moodle and Canvas do not use"
    return ""


def _unsafe(name: str, info: zipfile.ZipInfo) -> str:
    if not name or "\0" in name:
        return "its name is not one of a file"
    if len(name) > sizes.MEMBER_NAME:
        return f"its name has more than {sizes.MEMBER_NAME} characters"
    if "\\" in name:
        return "there is a backslash in its name"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "its name is an absolute path"
    if ".." in name.split("/"):
        return "its name leads out of the archive"
    return ""


def _time(info: zipfile.ZipInfo) -> tuple[datetime, bool] | None:
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == 0x5455 and len(field) >= 5 and field[0] & 1:  # Info-ZIP's time, in UTC
            return datetime.fromtimestamp(struct.unpack_from("<i", field, 1)[0], UTC), True
    if info.date_time <= (1980, 1, 1, 0, 0, 0):  # what a zip without times says
        return None
    try:
        return datetime(*info.date_time, tzinfo=UTC), False
    except ValueError:
        return None
