"""What a user can repair: one sentence, which the command line prints without a traceback."""

from collections.abc import Collection


class UsageError(ValueError):
    """A wrong name, a device that is not there, a file that cannot be used: says what to do."""


def choose(what: str, name: str, choices: Collection[str]) -> None:
    """Raise UsageError where name is none of the choices, naming them all."""
    if name not in choices:
        raise UsageError(f"There is no {what} {name!r}; choose one of: {', '.join(choices)}.")
