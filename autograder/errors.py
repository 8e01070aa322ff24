"""What a user can mend, one sentence each, and the exit statuses of all commands.

Commands raise; the command line alone prints the sentence, and shows no traceback.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit statuses; a command that a signal ends has 128 and the signal's number."""

    DONE = 0
    SOME_FAILED = 1  # something of what was asked for could not be done; the rest is
    NOTHING = 2  # nothing was done: a UserError says why


class UserError(Exception):
    """What was asked for cannot be done; the words say what was seen and what to do."""


class SourceError(UserError, ValueError):
    """A chapter's source that cannot be read or built."""


class SandboxError(UserError):
    """The sandbox cannot be had here, or broke."""


class GradingError(UserError):
    """Nothing can be graded, for a reason that concerns the whole batch."""


def brief(error: BaseException) -> str:
    """Return an exception as part of one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
