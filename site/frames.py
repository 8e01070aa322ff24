"""Sliders without a kernel: pictures drawn when the site is built, one shown at a time.

A page has no Python, so the range input under a picture chooses among `FRAMES` pictures. Of several
sliders one moves at a time and the others stand at their start: a sum of pictures, not a product.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape
from typing import Any

import matplotlib.pyplot as plt
from IPython.display import HTML
from PIL import Image

from gru_ref.figures import shown, widgets

FRAMES = 9
COLOURS = 48  # of a picture: flat tones and the steps of their edges


def install() -> None:
    """Let chapters of this kernel get pictures where they ask for sliders."""
    widgets.explore = explore


def explore(draw: Callable[..., Any], **sliders: widgets.Slider) -> HTML:
    """Return `draw(**values)` as pictures, a range input for each argument."""
    start = {name: s.start for name, s in sliders.items()}
    rows, pictures = [], [_picture(draw, start, "")]
    for name, s in sliders.items():
        values = places(s)
        frames = []
        for v in values:
            if v == s.start:
                frames.append(0)
            else:
                frames.append(len(pictures))
                pictures.append(_picture(draw, {**start, name: v}, "hidden"))
        rows.append(_row(name, s, values, frames))
    return HTML(
        f'{shown.STYLE}<div class="frames"><div class="frames-sliders">{"".join(rows)}</div>'
        f"<div>{''.join(pictures)}</div></div>"
    )


def places(s: widgets.Slider) -> list[float]:
    """Return up to FRAMES values on the slider's steps, both ends and its start among them."""
    even = (s.low + (s.high - s.low) * i / (FRAMES - 1) for i in range(FRAMES))
    steps = {round((v - s.low) / s.step) for v in even}
    values = {round(s.low + k * s.step, 9) for k in steps} | {s.low, s.high}
    near = min(values, key=lambda v: abs(v - s.start))
    if near not in (s.low, s.high):
        values.discard(near)
    return sorted(values | {s.start})


def _row(name: str, s: widgets.Slider, values: list[float], frames: list[int]) -> str:
    said = f"{name}, {widgets.MEANS[name]}"
    return (
        f'<label><span>{escape(said)}</span><input type="range" min="0" max="{len(values) - 1}" '
        f'value="{values.index(s.start)}" data-values="{" ".join(f"{v:g}" for v in values)}" '
        f'data-frames="{" ".join(map(str, frames))}" aria-valuetext="{s.start:g}">'
        f"<output>{s.start:g}</output></label>"
    )


def _picture(draw: Callable[..., Any], values: dict[str, float], hidden: str) -> str:
    figure = shown.figure_of(draw(**values))
    picture = shown.Picture(figure, shown.description(figure))
    plt.close(figure)
    image = Image.open(io.BytesIO(base64.b64decode(picture.png)))
    small = io.BytesIO()
    image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE).save(small, "png", optimize=True)
    png = base64.b64encode(small.getvalue()).decode()
    return picture.tag(png, f" {hidden}" if hidden else "")
