"""What the sandbox imports once, before any answer runs. It runs inside, beside `stubs`."""

from __future__ import annotations

import sys
from collections.abc import Collection


def warm_up(packages: Collection[str]) -> None:
    """Import what the chapters draw with; of torch, hide the GRU, which answers would be."""
    import gru_ref.figures.diagrams
    import gru_ref.figures.plots
    import gru_ref.figures.rounds
    import gru_ref.figures.widgets

    if "torch" in packages:
        import torch

        torch.set_num_threads(1)
        for place, name in ((torch.nn, "GRU"), (torch.nn, "GRUCell"), (torch, "gru_cell")):
            setattr(place, name, gru_ref.absent(name, place.__name__))  # it is what is asked for
    else:
        sys.modules["torch"] = None  # type: ignore[assignment] # without walls it could be found
