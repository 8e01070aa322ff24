r"""How much work the texts of one notebook may make for whoever sets them as markdown.

A parser of markdown searches from each sign that may open something for what closes it, at worst to
the end of the text: signs × characters is a bound on its steps, whatever the signs are. One text
and all texts of a notebook have a share of steps. What has more is shown as it was typed.
"""

from __future__ import annotations

import re
from math import isqrt

from autograder import sizes

SIGN = re.compile(r"[^\w\s]|_")
NOTE = "(The rest of this text is not set here. The page and the file have it.)"


def steps(text: str) -> int:
    """Return a bound on the steps that a parser of markdown takes."""
    return len(text) * sum(1 for _ in SIGN.finditer(text))


class Effort:
    """What is left of a notebook's share."""

    def __init__(self, left: int = sizes.NOTEBOOK_STEPS) -> None:
        self.left = left

    def allows(self, text: str) -> bool:
        """Take a text's steps from what is left; return False where they are too many."""
        wanted = steps(text)
        if wanted > min(self.left, sizes.TEXT_STEPS):
            return False
        self.left -= wanted
        return True

    def cut(self, text: str) -> str:
        """Return as much of a text as may be set, with a note where that is not all of it."""
        body = text.removesuffix(NOTE).rstrip("\n") if text.endswith(NOTE) else text
        if self.allows(body):
            return text
        kept = body[: isqrt(min(self.left, sizes.TEXT_STEPS))]
        self.left -= steps(kept)
        return f"{kept}\n\n{NOTE}"
