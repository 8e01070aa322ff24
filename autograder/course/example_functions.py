"""Functions that exercises take as an argument; the sandbox knows them by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np


class Example:
    """A function of an array, with a name: what the student's checker is tried on."""

    FUNCTIONS: ClassVar[dict[str, Callable[[np.ndarray], float]]] = {
        "sum of x**3": lambda x: float((x**3).sum()),
        "sum of tanh(x)": lambda x: float(np.tanh(x).sum()),
        "product of sin(x)": lambda x: float(np.sin(x).prod()),
    }
    over_the_wire = True  # only its name travels

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, x: np.ndarray) -> float:
        """Return the value at x."""
        return self.FUNCTIONS[self.name](x)

    def __str__(self) -> str:
        return self.name


EXAMPLES = {name: Example(name) for name in Example.FUNCTIONS}
