"""One grader in a directory at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import GradingError

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None


@contextlib.contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold a directory's lock; GradingError where another holds it.

    The kernel gives it back when its holder ends, however it ends.
    """
    with open(out / ".lock", "ab") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise GradingError(
                    f"Another grader is at work in {out}. Wait for its end, or stop it."
                ) from error
            except OSError as error:
                raise GradingError(f"{out} cannot be locked: {error.strerror}.") from error
        yield
