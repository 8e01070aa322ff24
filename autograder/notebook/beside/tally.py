"""What an answer does while it runs, counted: passes of loops, products, arrays.

The text of this module stands above the answer's own, wherever that runs, so it imports NumPy and
nothing of ours.
"""

import numpy as np

COPIERS = {"copy", "array", "astype", "ascontiguousarray", "deepcopy"}


class Tally:
    """Counts of one run. `answer` is the function, which the rewritten text defines."""

    def __init__(self) -> None:
        self.answer = None
        self.products = self.arrays = self.copies = self.again = self.depth = self.foreign = 0
        self.passes: dict[int, list[int]] = {}
        self.known: dict[int, object] = {}  # each block of memory that was seen, kept alive

    def run(self, *args, **kwargs):
        """Run the answer and return the counts; where it calls itself, return its result."""
        if self.depth:
            self.again += 1
            return self.answer(*args, **kwargs)  # type: ignore[misc]
        for one in (*args, *kwargs.values()):
            self._blocks(one)
        self.depth = 1
        self.answer(*args, **kwargs)  # type: ignore[misc]
        counts = [self.products, self.arrays, self.copies, self.again, self.foreign]
        loops = sorted(self.passes)
        return (
            np.array(counts),
            np.array(loops, dtype=int),
            *(np.array(self.passes[k], dtype=int) for k in loops),
        )

    def loop(self, k, items):
        """Yield what a loop goes over; each time it is entered counts apart."""
        self.enter(k)
        mine, at = self.passes[k], len(self.passes[k]) - 1
        for item in items:
            mine[at] += 1
            yield item

    def enter(self, k):
        """Note that a loop begins."""
        self.passes.setdefault(k, []).append(0)

    def turn(self, k):
        """Note a pass of the loop that began last."""
        self.passes[k][-1] += 1

    def product(self, value):
        """Count a product."""
        self.products += 1
        return value

    def seen(self, value, label=""):
        """Count the arrays of a value whose memory is new."""
        new = self._blocks(value)
        self.arrays += new
        self.copies += new if label in COPIERS else 0
        return value

    def _blocks(self, value) -> int:
        if isinstance(value, np.ndarray):
            root = value
            while isinstance(root.base, np.ndarray):
                root = root.base
            if value.ndim == 0 or id(root) in self.known:
                return 0
            self.known[id(root)] = root
            return 1
        if isinstance(value, tuple | list):
            return sum(self._blocks(v) for v in value)
        self.foreign |= type(value).__module__.split(".")[0] in ("torch", "jax", "tensorflow")
        return 0


_beside = Tally()
