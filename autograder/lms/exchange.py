"""nbgrader's exchange: the directory `inbound` of a course, read like an archive."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

from autograder import sizes
from autograder.errors import GradingError
from autograder.lms.archive import Member, Refused


class Inbound:
    """The files of a directory of submissions. No link is followed, and sizes are bounded."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.left = sizes.ARCHIVE
        self.members: list[Member] = []
        try:
            submissions = sorted(p for p in root.iterdir() if p.is_dir() and not p.is_symlink())
        except OSError as error:
            raise GradingError(f"{root} cannot be read: {error.strerror}.") from error
        for home in submissions:
            self._add(home)

    def _add(self, home: Path) -> None:
        try:
            names = sorted(p.name for p in home.iterdir())
        except OSError as error:
            refused = f"it cannot be read ({error.strerror})"
            self.members.append(Member(f"{home.name}/", zipfile.ZipInfo(home.name), refused))
            return
        for name in names:
            path = home / name
            about = path.lstat()
            if stat.S_ISDIR(about.st_mode):
                continue
            refused = "" if stat.S_ISREG(about.st_mode) else "it is a link, not a file"
            if about.st_size > sizes.NOTEBOOK:
                refused = f"it has more than {sizes.NOTEBOOK / 1e6:.0f} MB"
            whole = f"{home.name}/{name}"
            self.members.append(Member(whole, zipfile.ZipInfo(whole), refused))
            if len(self.members) > sizes.ARCHIVE_MEMBERS:
                raise GradingError(f"{self.root} holds more than {sizes.ARCHIVE_MEMBERS} files.")

    def read(self, member: Member) -> bytes:
        """Return a file's bytes; Refused where they cannot be had within the bounds."""
        if member.refused:
            raise Refused(member.refused)
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            with os.fdopen(os.open(self.root / member.name, flags), "rb") as file:
                data = file.read(sizes.NOTEBOOK + 1)
        except OSError as error:
            raise Refused(f"it cannot be read ({error.strerror})") from error
        self.left -= len(data)
        if len(data) > sizes.NOTEBOOK or self.left < 0:
            raise Refused("it is too large")
        return data
