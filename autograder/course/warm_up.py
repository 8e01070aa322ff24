"""What the sandbox imports once, before any answer runs. It runs inside, beside `stubs`."""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from collections.abc import Collection
from typing import Any

SAYS = (
    "{} is not at hand while answers are graded: PyTorch's own GRU is what the course asks you to "
    "write"
)


def warm_up(packages: Collection[str]) -> None:
    """Import what the chapters draw with; of torch, close the GRU, which answers would be."""
    import gru_ref.figures.diagrams
    import gru_ref.figures.plots
    import gru_ref.figures.rounds
    import gru_ref.figures.shown
    import gru_ref.figures.widgets

    if "torch" not in packages:
        sys.modules["torch"] = None  # type: ignore[assignment] # without walls it could be found
    elif importlib.util.find_spec("torch") is not None:
        import torch

        torch.set_num_threads(1)
        for place, name in ((torch.nn, "GRU"), (torch.nn, "GRUCell"), (torch, "gru_cell")):
            setattr(place, name, gru_ref.absent(name, place.__name__))  # it is what is asked for
        close_the_gru(torch._C)


def close_the_gru(core: Any) -> None:
    """Have every one of torch's operators that computes a GRU raise ImportError, by any route.

    What Python names are gone from one module is found in another (`torch._VF`, `torch.ops`, a
    subclass); all of them end in one table of operators, and there the GRU's are replaced.
    """
    for space, key in (("aten", "CompositeImplicitAutograd"), ("quantized", "CPU")):
        table = core._dispatch_library("IMPL", space, "", __file__, 1)
        for name in core._dispatch_get_all_op_names():
            if name.startswith(f"{space}::") and "gru" in name:
                _close(table, name.removeprefix(f"{space}::"), key)
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(table))  # for good, and found by nobody


def _close(table: Any, name: str, key: str) -> None:
    def closed(*args: Any, **kwargs: Any) -> None:
        raise ImportError(SAYS.format(f"torch's {name}"))

    table.impl(name, key, closed)
