"""One grader in a directory at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from autograder.errors import GradingError


@contextlib.contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold a directory's lock; GradingError where another holds it.

    The system gives it back when its holder ends, however it ends.
    """
    lock = FileLock(out / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise GradingError(
            f"Another grader is at work in {out}. Wait for its end, or stop it."
        ) from error
    except OSError as error:
        raise GradingError(f"{out} cannot be locked: {error.strerror}.") from error
    try:
        yield
    finally:
        lock.release()
