"""Pictures of one operation at a time, and of how the operations meet: shapes on every arrow.

Each function returns fresh axes and says in words what it draws (`shown.describe`).
"""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from gru_ref.figures.boxes import Arrow, Box, draw
from gru_ref.figures.palette import COLOURS
from gru_ref.figures.shown import describe


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
    alt = (
        f"Diagram of the affine map. The input x_t, shape ({D},), goes through W_i, shape ({H}, "
        f"{D}), and the state h_(t-1), shape ({H},), through W_h, shape ({H}, {H}). What comes "
        f"out of each has the shape ({H},). Both meet with the biases b_i and b_h in one sum: a, "
        f"shape ({H},)."
    )
    return draw(boxes, arrows, (7.0, 2.8), alt)


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
    alt = (
        f"Diagram of one gate. The input x_t, shape ({D},), goes into W_i{letter} x_t + "
        f"b_i{letter}, the state h_(t-1), shape ({H},), into W_h{letter} h_(t-1) + b_h{letter}. "
        f"Each gives an array of shape ({H},). Their sum is a_{letter}; sigma is applied to it, "
        f"and the result is the gate {letter}_t, shape ({H},)."
    )
    return draw(boxes, arrows, (7.8, 2.6), alt)


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
        ax.add_patch(Rectangle((x, top), width, high, facecolor="none", edgecolor=colour, lw=1.8))
        ax.text(x + width / 2, top + high / 2, label, ha="center", va="center", fontsize=11)
        ax.add_patch(Rectangle((x, 0.2), width, 0.3, facecolor="none", edgecolor=colour, lw=1.8))
    ax.text(0.6 + h / 2, 0.35, f"$h_{{t-1}}$  {H}", ha="center", va="center", fontsize=11)
    ax.text(0.6 + h + d / 2, 0.35, f"$x_t$  {D}", ha="center", va="center", fontsize=11)
    ax.text(0.45, top + high / 2, f"{H} rows", rotation=90, ha="center", va="center", fontsize=10)
    ax.text(0.6 + (h + d) / 2, top + high + 0.15, f"{H + D} columns", ha="center", fontsize=10)
    ax.text(0.5, 0.35, "X", ha="right", va="center", fontsize=11)
    ax.text(0.3, top + high + 0.1, "W", ha="center", fontsize=11)
    ax.set(xlim=(0, 6.4), ylim=(0, top + high + 0.5))
    ax.axis("off")
    describe(
        ax,
        f"Diagram of the matrix W with {H} rows and {H + D} columns, cut into two blocks side by "
        f"side: left W_hr, {H} by {H}, right W_ir, {H} by {D}. Below lies the vector X, cut at "
        f"the same place: its first {H} components, h_(t-1), lie under W_hr, its last {D}, x_t, "
        "under W_ir.",
    )
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
    alt = (
        "Diagram of the blend. The old state h_(t-1) is multiplied element by element by z_t: "
        "this is kept. The candidate n_t is multiplied element by element by 1 - z_t: this is "
        f"renewed. The sum of the two is the new state h_t. All arrays have the shape ({H},)."
    )
    return draw(boxes, arrows, (7.0, 2.75), alt)


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
        past = (
            "first goes through its product, W_hn h_(t-1) + b_hn, and the result is multiplied "
            "element by element by the reset gate r_t"
        )
    else:
        boxes |= {
            "mul": Box(1.8, 0.9, "⊙", "reset", True),
            "r": Box(1.8, 0.25, "$r_t$", "reset"),
            "hn": Box(4.1, 0.9, "$W_{hn}\\, (r_t \\odot h_{t-1}) + b_{hn}$", "candidate"),
        }
        arrows += [Arrow("h", "mul", f"({H},)"), Arrow("r", "mul")]
        arrows += [Arrow("mul", "hn", f"({H},)"), Arrow("hn", "sum")]
        title = "reset before the product: equation (3'), Cho et al. 2014"
        past = (
            "first is multiplied element by element by the reset gate r_t, and the result goes "
            "through the product, W_hn (r_t ⊙ h_(t-1)) + b_hn"
        )
    alt = (
        f"Diagram of the candidate with the reset {reset} the product. The old state h_(t-1), "
        f"shape ({H},), {past}. The input x_t, shape ({D},), goes through W_in x_t + b_in and "
        "meets no gate. The two are added, tanh is applied, and the result is the candidate n_t, "
        f"shape ({H},)."
    )
    return draw(boxes, arrows, (8.5, 2.6), alt, title)


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
    alt = (
        "Diagram of the whole cell. The input x_t and the old state h_(t-1) both go into the "
        "reset gate r_t, equation 1, the update gate z_t, equation 2, and the candidate n_t, "
        "equation 3, which r_t enters too. Along the top, the old state is multiplied by z_t. "
        "From below, the candidate is multiplied by 1 - z_t. Their sum is the new state h_t, "
        "equation 4. So the old state has two ways: straight through one product with z_t, and "
        "through the gates and the candidate."
    )
    return draw(boxes, arrows, (9.3, 3.8), alt)


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
    alt = (
        f"Diagram of {steps} steps from left to right. The state h_0, shape (N, H), enters a "
        "cell, into which x_1, shape (N, D), comes from below; the cell gives h_1, upwards as an "
        f"output and to the right into the next cell, which reads x_2, and so on to h_{steps}. It "
        "is the same cell each time, and the state is all that goes from one step to the next."
    )
    return draw(boxes, arrows, (2.0 * steps + 1.2, 2.8), alt)


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
    alt = (
        f"Diagram of two layers over {steps} steps. Each layer is a row in which the state moves "
        "to the right, from a first state of its own. The inputs x_t, of D numbers, enter layer "
        "1 from below; the states of layer 1, of H numbers, are the inputs of layer 2 at the "
        "same step; the states of layer 2 leave at the top as the outputs."
    )
    return draw(boxes, arrows, (2.2 * steps + 1.6, 3.95), alt)


def gradient_paths_picture() -> Axes:
    """Draw the four ways from dh_t back to dh_{t-1}; arrows point the way the gradient flows."""
    boxes = {
        "out": Box(10.2, 2.1, "$dh_t$", "state"),
        "keep": Box(6.0, 4.8, "$\\odot\\; z_t$", "update"),
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
    alt = (
        "Diagram of the four ways back from dh_t, on the right, to dh_(t-1), on the left. First, "
        "straight: multiplied by z_t. Second, through the candidate: dn_t, by the slope of tanh "
        "to da_n, times r_t, through W_hn. Third, leaving the second at da_n: times u_t to dr_t, "
        "by the slope of sigma, through W_hr. Fourth, through the update gate: dz_t, by the slope "
        "of sigma, through W_hz. All four are added in dh_(t-1)."
    )
    return draw(boxes, arrows, (10.9, 5.1), alt)


def backward_picture(steps: int = 3) -> Axes:
    """Draw the backward pass over time: losses come in from above, gradients run to the left."""
    boxes = {"h0": Box(0.6, 1.3, "$dh_0$", "gradient")}
    arrows = []
    for t in range(1, steps + 1):
        x = 0.6 + 2.4 * t
        boxes |= {
            f"c{t}": Box(x, 1.3, f"step {t}"),
            f"l{t}": Box(x, 2.4, f"dh[{t - 1}]", "gradient"),
            f"x{t}": Box(x, 0.3, f"dx[{t - 1}]", "gradient"),
        }
        arrows += [
            Arrow(f"l{t}", f"c{t}", "loss" if t == steps else ""),
            Arrow(f"c{t}", f"x{t}"),
            Arrow(f"c{t}", f"c{t - 1}" if t > 1 else "h0", "dh_prev"),
        ]
    alt = (
        f"Diagram of the backward pass over {steps} steps, drawn in the order of time and run "
        "from right to left. Into each step two gradients come: dh of its own loss from above, "
        "and dh_prev from the step on its right; they are added. Out of each step go dx "
        "downwards and dh_prev to the left, and at the end of the way dh_0."
    )
    return draw(boxes, arrows, (2.4 * steps + 1.3, 2.7), alt)
