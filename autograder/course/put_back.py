"""A wrong solution of an equation, put back into the equation that it should solve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def put_back(
    given: str, left: Callable[[dict[str, Any], np.ndarray], np.ndarray], words: str, due: str
) -> Callable[[dict[str, Any], np.ndarray], str]:
    """Return what says what the left side of an equation is for a student's number.

    `left(inputs, seen)` computes it, `words` and `due` write the equation; `given` is the argument
    that the equation is about.
    """

    def says(inputs: dict[str, Any], seen: np.ndarray) -> str:
        with np.errstate(all="ignore"):
            made = np.ravel(left(inputs, seen))
        number, yours = np.ravel(inputs[given])[0], np.ravel(seen)[0]
        return (
            f"Put your number back into the equation that it should solve, {words} = {due}: for "
            f"{given} = {number:g} yours is {yours:.4g}, and {words} is {made[0]:.4g}."
        )

    return says
