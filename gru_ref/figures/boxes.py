"""Boxes for arrays, circles for operations, arrows with the shape of what flows along them."""

from __future__ import annotations

import re
from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch

from gru_ref.figures.palette import COLOURS, INK
from gru_ref.figures.shown import describe


class Box(NamedTuple):
    """An array (or, with `circle`, an operation) at (x, y)."""

    x: float
    y: float
    text: str
    role: str = "plain"
    circle: bool = False


class Arrow(NamedTuple):
    """An arrow between two boxes; its label is the shape of what flows along it."""

    start: str
    end: str
    shape: str = ""
    bend: float = 0.0
    above: bool = True


def draw(
    boxes: dict[str, Box], arrows: list[Arrow], size: tuple[float, float], alt: str, title: str = ""
) -> Axes:
    """Return axes with the diagram in units of one inch, `size` wide and high; `alt` says it."""
    _, ax = plt.subplots(figsize=size, layout="constrained")
    ax.set(xlim=(0, size[0]), ylim=(-0.02, size[1]), aspect="equal")
    ax.axis("off")
    if title:
        ax.set_title(title, fontsize=11)
    patches = {key: _box(ax, box) for key, box in boxes.items()}
    for arrow in arrows:
        _arrow(ax, boxes, patches, arrow)
    describe(ax, alt)
    return ax


def _box(ax: Axes, box: Box) -> Patch:
    colour = COLOURS[box.role]
    patch: Patch
    if box.circle:
        patch = Circle((box.x, box.y), 0.24, facecolor="none", edgecolor=colour, linewidth=1.8)
    else:
        patch = FancyBboxPatch(
            (box.x - _half_width(box), box.y - 0.2),
            2 * _half_width(box),
            0.4,
            boxstyle="round,pad=0.02,rounding_size=0.1",
            facecolor="none",
            edgecolor=colour,
            linewidth=1.8,
        )
    ax.add_patch(patch)
    ax.text(box.x, box.y, box.text, ha="center", va="center", fontsize=11)
    return patch


def _half_width(box: Box) -> float:
    if box.circle:
        return 0.24
    letters = re.sub(r"\\[a-z]+", "o", box.text)
    letters = re.sub(r"[${}_^,\\]", "", letters)
    return max(0.62, 0.1 * len(letters) + 0.2) / 2


def _arrow(ax: Axes, boxes: dict[str, Box], patches: dict, arrow: Arrow) -> None:
    a, b = boxes[arrow.start], boxes[arrow.end]
    ax.add_patch(
        FancyArrowPatch(
            (a.x, a.y),
            (b.x, b.y),
            patchA=patches[arrow.start],
            patchB=patches[arrow.end],
            shrinkA=1,
            shrinkB=1,
            arrowstyle="-|>",
            mutation_scale=12,
            linewidth=1.3,
            color=INK,
            connectionstyle=f"arc3,rad={arrow.bend}",
            gid=f"{arrow.start}>{arrow.end}",
        )
    )
    if arrow.shape:
        way = 1 if b.x >= a.x else -1
        x = (a.x + way * _half_width(a) + b.x - way * _half_width(b)) / 2
        y = (a.y + b.y) / 2
        x += arrow.bend * (b.y - a.y) / 2
        y -= arrow.bend * (b.x - a.x) / 2
        flat = abs(b.y - a.y) < 0.3
        ax.text(
            x if flat else x + 0.1,
            y + (0.06 if arrow.above else -0.06) if flat else y,
            arrow.shape,
            ha="center" if flat else "left",
            va="bottom" if (arrow.above if flat else b.y < a.y) else "top",
            fontsize=9,
        )
