"""Sliders on the functions that draw numbers; each slider says what it moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gru_ref.figures.shown import show

MEANS = {  # an argument of a drawing function -> what it is, in the label of its slider
    "w": "weight",
    "b": "bias",
    "w_h": "weight on the state",
    "w_i": "weight on the input",
    "x": "input",
    "z": "update gate",
    "w_hn": "recurrent weight of the candidate",
    "coupling": "weight from the neighbour",
    "b_hn": "bias inside the reset",
    "b_z": "bias of the update gate",
    "h_0": "first state",
    "learning_rate": "step per unit of gradient",
    "g": "gain of the recurrent weights",
    "units": "units H",
    "inputs": "inputs D",
}
LETTER, NUMBER = 0.58, 7  # em: how wide a letter of a label may be, and a number's field


class Slider(NamedTuple):
    """A slider's range, where it starts, and its step."""

    low: float
    high: float
    start: float
    step: float = 0.1


def explore(draw: Callable, **sliders: Slider):
    """Show `draw(**values)` under a number and a slider for each argument.

    Where ipywidgets is missing, say so and return None.
    """
    try:
        import ipywidgets
    except ModuleNotFoundError:
        print(
            "The sliders need ipywidgets (pip install ipywidgets). The picture below says the same."
        )
        return None
    moved, rows = {}, []
    said = {name: f"{name}, {MEANS[name]}" for name in sliders}
    label = round(LETTER * max(map(len, said.values())))  # em
    for name, s in sliders.items():
        number = ipywidgets.BoundedFloatText(  # a slider has no label that is read out; this has
            value=s.start,
            min=s.low,
            max=s.high,
            step=s.step,
            description=said[name],
            style={"description_width": f"min({label}em, 65%)"},
            layout={"width": f"{label + max(NUMBER, label // 2)}em", "max_width": "96%"},
        )
        slider = ipywidgets.FloatSlider(
            value=s.start,
            min=s.low,
            max=s.high,
            step=s.step,
            continuous_update=False,
            readout=False,
            layout={"max_width": "96%"},
        )
        ipywidgets.link((number, "value"), (slider, "value"))
        moved[name] = slider
        rows.append(ipywidgets.HBox([number, slider], layout={"flex_flow": "row wrap"}))

    def redraw(**values: float) -> None:
        show(draw(**values))

    picture = ipywidgets.interactive_output(redraw, moved)
    return ipywidgets.VBox([*rows, picture])
