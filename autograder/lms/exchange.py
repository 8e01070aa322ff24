"""nbgrader's exchange: the directory `inbound` of a course, read like an archive."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

from autograder import sizes
from autograder.errors import GradingError
from autograder.lms.archive import Member, Members, Refused

SAYS = {stat.S_IFLNK: "it is a link, not a file"}


class Inbound(Members):
    """The files of a directory of submissions. No link is followed, and sizes are bounded."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.members = []
        try:
            submissions = sorted(p for p in root.iterdir() if p.is_dir() and not p.is_symlink())
        except OSError as error:
            raise GradingError(f"{root} cannot be read: {error.strerror}.") from error
        owners = {home: _owner(home) for home in submissions}
        # as students made them: a copy of an exchange belongs to whoever copied it
        native = any(owner == _user(home) for home, owner in owners.items())
        for home, owner in owners.items():
            if native and owner not in ("", _user(home)):
                refused = f"its folder is {owner}'s, and it is called {_user(home)}'s"
                self.members.append(Member(f"{home.name}/", zipfile.ZipInfo(home.name), refused))
            else:
                self._add(home)

    def _add(self, home: Path) -> None:
        try:
            names = sorted(p.name for p in home.iterdir())
        except OSError as error:
            refused = f"it cannot be read ({error.strerror})"
            self.members.append(Member(f"{home.name}/", zipfile.ZipInfo(home.name), refused))
            return
        for name in names:
            try:
                about = (home / name).lstat()
            except OSError:  # it was there a moment ago
                continue
            if stat.S_ISDIR(about.st_mode):
                continue
            kind = stat.S_IFMT(about.st_mode)
            refused = SAYS.get(kind, "" if kind == stat.S_IFREG else "it is not an ordinary file")
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
        try:
            with os.fdopen(_open(self.root, member.name), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise Refused("it is not an ordinary file")
                data = file.read(sizes.NOTEBOOK + 1)
        except OSError as error:
            raise Refused(f"it cannot be read ({error.strerror})") from error
        self.left -= len(data)
        if len(data) > sizes.NOTEBOOK or self.left < 0:
            raise Refused("it is too large")
        return self.unpacked(member, data)


def _user(home: Path) -> str:
    return home.name.partition("+")[0]


def _owner(home: Path) -> str:
    """Return the name of a folder's owner, or "" where it is not known."""
    try:
        return home.owner()
    except (OSError, KeyError, NotImplementedError):  # gone, a user without a name, Windows
        return ""


def _open(root: Path, name: str) -> int:
    """Open home/file below a directory that students write to; neither may have become a link."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if os.open not in os.supports_dir_fd:
        return os.open(root / name, flags)
    home, _, file = name.partition("/")
    folder = os.open(root / home, flags | os.O_DIRECTORY)
    try:
        return os.open(file, flags, dir_fd=folder)
    finally:
        os.close(folder)
