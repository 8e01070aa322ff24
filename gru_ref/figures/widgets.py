"""Sliders on the functions of `gru_ref.figures.plots`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import matplotlib.pyplot as plt


class Slider(NamedTuple):
    """A slider's range, where it starts, and its step."""

    low: float
    high: float
    start: float
    step: float = 0.1


def explore(draw: Callable, **sliders: Slider):
    """Show `draw(**values)` under one slider an argument; say so where ipywidgets is missing."""
    try:
        import ipywidgets
    except ModuleNotFoundError:
        print(
            "The sliders need ipywidgets (pip install ipywidgets). The picture below says the same."
        )
        return None
    controls = {
        name: ipywidgets.FloatSlider(
            value=s.start,
            min=s.low,
            max=s.high,
            step=s.step,
            description=name,
            continuous_update=False,
        )
        for name, s in sliders.items()
    }

    def redraw(**values: float) -> None:
        draw(**values)
        plt.show()

    picture = ipywidgets.interactive_output(redraw, controls)
    return ipywidgets.VBox([*controls.values(), picture])
