"""Files that are whole or not there: written beside, flushed to the disk, and renamed."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_file(path: Path, data: str | bytes) -> None:
    """Write a file and its directory; whoever reads sees the old file or the new one.

    OSError where the disk is full or may not be written: the old file then stands as it was.
    """
    if path.exists() and not path.is_file():  # /dev/stdout, a pipe: never replaced
        with path.open("wb") as file:
            file.write(data.encode("utf-8") if isinstance(data, str) else data)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    beside.unlink(missing_ok=True)  # never through a link that lies there
    try:
        with beside.open("wb") as file:
            file.write(data.encode("utf-8") if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
