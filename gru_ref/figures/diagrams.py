"""Pictures of one operation at a time: boxes for arrays, circles for operations, shapes on arrows.

One colour a role, the same in every chapter: the past is blue, the input green, the reset gate
orange, the update gate purple, the candidate red.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch, Rectangle

COLOURS = {
    "state": "#2f6fb3",
    "input": "#3a8f4d",
    "reset": "#d9822b",
    "update": "#7d55b8",
    "candidate": "#c23b4b",
    "plain": "#5b6470",
}


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
    boxes: dict[str, Box],
    arrows: list[Arrow],
    size: tuple[float, float],
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Return the axes with the diagram drawn in units of one inch, `size` wide and high."""
    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained")
    ax.set(xlim=(0, size[0]), ylim=(-0.02, size[1]), aspect="equal")
    ax.axis("off")
    if title:
        ax.set_title(title, fontsize=11)
    patches = {key: _box(ax, box) for key, box in boxes.items()}
    for arrow in arrows:
        _arrow(ax, boxes, patches, arrow)
    return ax


def _box(ax: Axes, box: Box) -> Patch:
    colour = COLOURS[box.role]
    patch: Patch
    if box.circle:
        patch = Circle((box.x, box.y), 0.24, facecolor="white", edgecolor=colour, linewidth=1.8)
    else:
        patch = FancyBboxPatch(
            (box.x - _half_width(box), box.y - 0.2),
            2 * _half_width(box),
            0.4,
            boxstyle="round,pad=0.02,rounding_size=0.1",
            facecolor=colour + "22",
            edgecolor=colour,
            linewidth=1.6,
        )
    ax.add_patch(patch)
    ax.text(box.x, box.y, box.text, ha="center", va="center", fontsize=11, color="#1c2127")
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
            color="#3d444d",
            connectionstyle=f"arc3,rad={arrow.bend}",
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
            color="#3d444d",
        )


def affine_picture(D: int | str = "D", H: int | str = "H") -> Axes:
    """Draw W_i x_t + b_i + W_h h_{t-1} + b_h: two products and two biases meet in one sum."""
    boxes = {
        "x": Box(0.6, 2.0, "$x_t$", "input"),
        "h": Box(0.6, 0.6, "$h_{t-1}$", "state"),
        "Wi": Box(2.5, 2.0, f"$W_i$  ({H}, {D})"),
        "Wh": Box(2.5, 0.6, f"$W_h$  ({H}, {H})"),
        "bi": Box(4.3, 2.55, "$b_i$"),
        "bh": Box(4.3, 0.25, "$b_h$"),
        "sum": Box(4.9, 1.3, "+", circle=True),
        "a": Box(6.4, 1.3, "$a$"),
    }
    arrows = [
        Arrow("x", "Wi", f"({D},)"),
        Arrow("h", "Wh", f"({H},)"),
        Arrow("Wi", "sum", f"({H},)"),
        Arrow("Wh", "sum", f"({H},)"),
        Arrow("bi", "sum"),
        Arrow("bh", "sum"),
        Arrow("sum", "a", f"({H},)"),
    ]
    return draw(boxes, arrows, (7.0, 2.8))


def gate_picture(letter: str = "r", D: int | str = "D", H: int | str = "H") -> Axes:
    """Draw one gate: x_t and h_{t-1} through their products and biases, a sum, and σ."""
    role = {"r": "reset", "z": "update"}[letter]
    boxes = {
        "x": Box(0.6, 2.0, "$x_t$", "input"),
        "h": Box(0.6, 0.6, "$h_{t-1}$", "state"),
        "i": Box(2.75, 2.0, f"$W_{{i{letter}}}\\, x_t + b_{{i{letter}}}$", role),
        "hh": Box(2.75, 0.6, f"$W_{{h{letter}}}\\, h_{{t-1}} + b_{{h{letter}}}$", role),
        "sum": Box(4.9, 1.3, "+", role, True),
        "sig": Box(6.0, 1.3, "σ", role, True),
        "g": Box(7.2, 1.3, f"${letter}_t$", role),
    }
    arrows = [
        Arrow("x", "i", f"({D},)"),
        Arrow("h", "hh", f"({H},)"),
        Arrow("i", "sum", f"({H},)"),
        Arrow("hh", "sum", f"({H},)"),
        Arrow("sum", "sig", f"$a_{letter}$ ({H},)"),
        Arrow("sig", "g", f"({H},)"),
    ]
    return draw(boxes, arrows, (7.8, 2.6))


def blocks_picture(D: int = 32, H: int = 70) -> Axes:
    """Draw W (H, H + D) as two blocks side by side, each above the part of X that it multiplies."""
    _, ax = plt.subplots(figsize=(7.6, 3.4), layout="constrained")
    scale = 5.2 / (H + D)
    h, d, top = H * scale, D * scale, 0.8
    high = min(2.1, h * 0.6)
    for x, width, role, label in (
        (0.6, h, "state", f"$W_{{hr}}$   ({H}, {H})"),
        (0.6 + h, d, "input", f"$W_{{ir}}$ ({H}, {D})"),
    ):
        colour = COLOURS[role]
        ax.add_patch(Rectangle((x, top), width, high, facecolor=colour + "22", edgecolor=colour))
        ax.text(x + width / 2, top + high / 2, label, ha="center", va="center", fontsize=11)
        ax.add_patch(Rectangle((x, 0.2), width, 0.3, facecolor=colour + "55", edgecolor=colour))
    ax.text(0.6 + h / 2, 0.35, f"$h_{{t-1}}$  {H}", ha="center", va="center", fontsize=11)
    ax.text(0.6 + h + d / 2, 0.35, f"$x_t$  {D}", ha="center", va="center", fontsize=11)
    ax.text(0.45, top + high / 2, f"{H} rows", rotation=90, ha="center", va="center", fontsize=10)
    ax.text(0.6 + (h + d) / 2, top + high + 0.15, f"{H + D} columns", ha="center", fontsize=10)
    ax.text(0.5, 0.35, "X", ha="right", va="center", fontsize=11)
    ax.text(0.3, top + high + 0.1, "W", ha="center", fontsize=11)
    ax.set(xlim=(0, 6.4), ylim=(0, top + high + 0.5))
    ax.axis("off")
    return ax


def blend_picture(H: int | str = "H") -> Axes:
    """Draw h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}: one gate, two taps."""
    boxes = {
        "h": Box(0.7, 2.3, "$h_{t-1}$", "state"),
        "z": Box(0.7, 1.35, "$z_t$", "update"),
        "n": Box(0.7, 0.4, "$n_t$", "candidate"),
        "keep": Box(3.3, 2.3, "⊙", "update", True),
        "one": Box(2.1, 0.95, "1 −", "update", True),
        "new": Box(3.3, 0.4, "⊙", "update", True),
        "sum": Box(4.9, 1.35, "+", "plain", True),
        "out": Box(6.3, 1.35, "$h_t$", "state"),
    }
    arrows = [
        Arrow("h", "keep", f"({H},)"),
        Arrow("z", "keep"),
        Arrow("z", "one"),
        Arrow("one", "new"),
        Arrow("n", "new", f"({H},)", above=False),
        Arrow("keep", "sum", "kept"),
        Arrow("new", "sum", "renewed"),
        Arrow("sum", "out", f"({H},)"),
    ]
    return draw(boxes, arrows, (7.0, 2.75))


def candidate_picture(reset: str = "after", H: int | str = "H", D: int | str = "D") -> Axes:
    """Draw the candidate with the reset after its product, equation (3), or before it, (3')."""
    boxes = {
        "x": Box(0.6, 2.1, "$x_t$", "input"),
        "h": Box(0.6, 0.9, "$h_{t-1}$", "state"),
        "in": Box(3.5, 2.1, "$W_{in}\\, x_t + b_{in}$", "candidate"),
        "sum": Box(5.7, 1.5, "+", "candidate", True),
        "tanh": Box(6.75, 1.5, "tanh", "candidate", True),
        "n": Box(7.9, 1.5, "$n_t$", "candidate"),
    }
    arrows = [
        Arrow("x", "in", f"({D},)"),
        Arrow("in", "sum"),
        Arrow("sum", "tanh"),
        Arrow("tanh", "n", f"({H},)"),
    ]
    if reset == "after":
        boxes |= {
            "hn": Box(2.6, 0.9, "$W_{hn}\\, h_{t-1} + b_{hn}$", "candidate"),
            "mul": Box(4.7, 0.9, "⊙", "reset", True),
            "r": Box(4.7, 0.25, "$r_t$", "reset"),
        }
        arrows += [Arrow("h", "hn", f"({H},)"), Arrow("hn", "mul", f"({H},)")]
        arrows += [Arrow("r", "mul"), Arrow("mul", "sum")]
        title = "reset after the product: equation (3), PyTorch and cuDNN"
    else:
        boxes |= {
            "mul": Box(1.8, 0.9, "⊙", "reset", True),
            "r": Box(1.8, 0.25, "$r_t$", "reset"),
            "hn": Box(4.1, 0.9, "$W_{hn}\\, (r_t \\odot h_{t-1}) + b_{hn}$", "candidate"),
        }
        arrows += [Arrow("h", "mul", f"({H},)"), Arrow("r", "mul")]
        arrows += [Arrow("mul", "hn", f"({H},)"), Arrow("hn", "sum")]
        title = "reset before the product: equation (3'), Cho et al. 2014"
    return draw(boxes, arrows, (8.5, 2.6), title)


def cell_picture() -> Axes:
    """Draw the whole cell, made of the parts that chapters 1 to 4 have drawn one by one."""
    boxes = {
        "h": Box(0.6, 3.3, "$h_{t-1}$", "state"),
        "x": Box(0.6, 0.5, "$x_t$", "input"),
        "r": Box(2.4, 1.0, "$r_t$  (1)", "reset"),
        "z": Box(3.9, 2.35, "$z_t$  (2)", "update"),
        "n": Box(5.2, 0.5, "$n_t$  (3)", "candidate"),
        "keep": Box(5.6, 3.3, "⊙", "update", True),
        "new": Box(6.6, 1.5, "⊙", "update", True),
        "sum": Box(7.4, 3.3, "+", "plain", True),
        "out": Box(8.6, 3.3, "$h_t$  (4)", "state"),
    }
    arrows = [
        Arrow("h", "keep"),
        Arrow("keep", "sum", "$z_t \\odot h_{t-1}$"),
        Arrow("sum", "out"),
        Arrow("h", "r"),
        Arrow("x", "r"),
        Arrow("h", "z"),
        Arrow("x", "z"),
        Arrow("x", "n"),
        Arrow("h", "n"),
        Arrow("r", "n"),
        Arrow("z", "keep"),
        Arrow("z", "new", "$1 - z_t$"),
        Arrow("n", "new"),
        Arrow("new", "sum"),
    ]
    return draw(boxes, arrows, (9.3, 3.8))


def unrolled_picture(steps: int = 4) -> Axes:
    """Draw one cell applied again and again: the state moves along, the weights stay."""
    boxes = {"h0": Box(0.5, 1.4, "$h_0$", "state")}
    arrows = []
    for t in range(1, steps + 1):
        x = 0.5 + 2.0 * t
        boxes |= {
            f"c{t}": Box(x, 1.4, "cell"),
            f"x{t}": Box(x, 0.35, f"$x_{t}$", "input"),
            f"h{t}": Box(x, 2.45, f"$h_{t}$", "state"),
        }
        before = f"c{t - 1}" if t > 1 else "h0"
        arrows += [
            Arrow(before, f"c{t}", "(N, H)"),
            Arrow(f"x{t}", f"c{t}", "(N, D)" if t == 1 else ""),
            Arrow(f"c{t}", f"h{t}"),
        ]
    return draw(boxes, arrows, (2.0 * steps + 1.2, 2.8))


def stacked_picture(steps: int = 3) -> Axes:
    """Draw two layers over time: states move to the right, outputs move up."""
    boxes, arrows = {}, []
    for layer, y in ((1, 1.4), (2, 2.6)):
        boxes[f"h{layer}0"] = Box(0.7, y, f"$h_0^{{({layer})}}$", "state")
        for t in range(1, steps + 1):
            x = 0.7 + 2.2 * t
            boxes[f"h{layer}{t}"] = Box(x, y, f"layer {layer}")
            arrows.append(Arrow(f"h{layer}{t - 1}", f"h{layer}{t}", f"$h_{t - 1}^{{({layer})}}$"))
    for t in range(1, steps + 1):
        x = 0.7 + 2.2 * t
        boxes |= {
            f"x{t}": Box(x, 0.35, f"$x_{t}$", "input"),
            f"y{t}": Box(x, 3.6, f"$h_{t}^{{(2)}}$", "state"),
        }
        arrows += [
            Arrow(f"x{t}", f"h1{t}", "D" if t == 1 else ""),
            Arrow(f"h1{t}", f"h2{t}", "H" if t == 1 else ""),
            Arrow(f"h2{t}", f"y{t}"),
        ]
    return draw(boxes, arrows, (2.2 * steps + 1.6, 3.95))


def gradient_paths_picture() -> Axes:
    """Draw the four ways from dh_t back to dh_{t-1}; arrows point the way the gradient flows."""
    boxes = {
        "out": Box(10.2, 2.1, "$dh_t$", "state"),
        "keep": Box(6.8, 4.35, "$\\odot\\; z_t$", "update"),
        "n": Box(8.3, 2.75, "$dn_t$", "candidate"),
        "a": Box(6.2, 2.75, "$da_n$", "candidate"),
        "hn": Box(3.2, 2.75, "$W_{hn}$", "candidate"),
        "r": Box(5.2, 1.6, "$dr_t$", "reset"),
        "hr": Box(3.2, 1.6, "$W_{hr}$", "reset"),
        "z": Box(8.3, 0.5, "$dz_t$", "update"),
        "hz": Box(3.2, 0.5, "$W_{hz}$", "update"),
        "in": Box(0.9, 2.1, "$dh_{t-1}$", "state"),
    }
    arrows = [
        Arrow("out", "keep"),
        Arrow("keep", "in"),
        Arrow("out", "n"),
        Arrow("n", "a", "slope of tanh"),
        Arrow("a", "hn", "$\\odot\\; r_t$"),
        Arrow("hn", "in"),
        Arrow("a", "r", "   $\\odot\\; u_t$"),
        Arrow("r", "hr", "slope of σ"),
        Arrow("hr", "in"),
        Arrow("out", "z"),
        Arrow("z", "hz", "slope of σ"),
        Arrow("hz", "in"),
    ]
    return draw(boxes, arrows, (10.9, 4.7))


def backward_picture(steps: int = 3) -> Axes:
    """Draw the backward pass over time: losses come in from above, gradients run to the left."""
    boxes = {"h0": Box(0.6, 1.3, "$dh_0$", "state")}
    arrows = []
    for t in range(1, steps + 1):
        x = 0.6 + 2.4 * t
        boxes |= {
            f"c{t}": Box(x, 1.3, f"step {t}"),
            f"l{t}": Box(x, 2.4, f"dh[{t - 1}]", "candidate"),
            f"x{t}": Box(x, 0.3, f"dx[{t - 1}]", "input"),
        }
        arrows += [
            Arrow(f"l{t}", f"c{t}", "loss" if t == steps else ""),
            Arrow(f"c{t}", f"x{t}"),
            Arrow(f"c{t}", f"c{t - 1}" if t > 1 else "h0", "dh_prev"),
        ]
    return draw(boxes, arrows, (2.4 * steps + 1.3, 2.7))
