"""Diagrams: no arrow runs through a box, no label lies on one, and all of it is said in words."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from gru_ref.figures import diagrams, training
from gru_ref.figures.boxes import Arrow, Box, draw
from gru_ref.figures.shown import description

DIAGRAMS = {
    "affine": diagrams.affine_picture,
    "reset gate": lambda: diagrams.gate_picture("r", 32, 70),
    "update gate": lambda: diagrams.gate_picture("z"),
    "blend": diagrams.blend_picture,
    "reset after": lambda: diagrams.candidate_picture("after"),
    "reset before": lambda: diagrams.candidate_picture("before"),
    "cell": diagrams.cell_picture,
    "unrolled": diagrams.unrolled_picture,
    "stacked": diagrams.stacked_picture,
    "gradient paths": diagrams.gradient_paths_picture,
    "backward": diagrams.backward_picture,
    "training step": training.training_step_picture,
    "packed cell": training.packed_cell_picture,
}


@pytest.fixture
def figure(request):
    ax = request.param()
    ax.figure.draw_without_rendering()
    yield ax
    plt.close(ax.figure)


def extents(ax):
    """Return the boxes' and circles' extents in pixels."""
    shapes = [p for p in ax.patches if isinstance(p, (FancyBboxPatch, Circle))]
    return [p.get_window_extent() for p in shapes]


def crossed(ax):
    """Return the boxes that an arrow crosses and does not touch with an end."""
    found = []
    for arrow in (p for p in ax.patches if isinstance(p, FancyArrowPatch)):
        shaft = arrow.get_path().vertices[:3]  # a quadratic curve: from, towards, to
        t = np.linspace(0, 1, 60)[:, None]
        curve = (1 - t) ** 2 * shaft[0] + 2 * t * (1 - t) * shaft[1] + t**2 * shaft[2]
        points = arrow.get_transform().transform(curve)
        for i, box in enumerate(extents(ax)):
            ends = box.padded(6)
            if any(ends.contains(*p) for p in (points[0], points[-1])):
                continue
            if any(box.contains(*p) for p in points):
                found.append((arrow.get_gid(), i))
    return found


def covered(ax):
    """Return the labels that lie on the edge of a box or on another label."""
    labels = [(t.get_text(), t.get_window_extent()) for t in ax.texts]
    on_edges = [
        text
        for (text, label), box in itertools.product(labels, extents(ax))
        if label.padded(-1).overlaps(box)
        and not (box.padded(1).contains(*label.min) and box.padded(1).contains(*label.max))
    ]
    pairs = itertools.combinations(labels, 2)
    return on_edges + [a for (a, one), (_, other) in pairs if one.overlaps(other)]


@pytest.mark.parametrize("figure", DIAGRAMS.values(), ids=DIAGRAMS, indirect=True)
def test_no_arrow_runs_through_a_box(figure):
    assert crossed(figure) == []


@pytest.mark.parametrize("figure", DIAGRAMS.values(), ids=DIAGRAMS, indirect=True)
def test_no_label_lies_on_an_edge_or_on_another(figure):
    assert covered(figure) == []


@pytest.mark.parametrize("figure", DIAGRAMS.values(), ids=DIAGRAMS, indirect=True)
def test_a_diagram_says_what_it_draws(figure):
    words = description(figure.figure)
    assert words.startswith("Diagram of ") and words.endswith(".") and len(words) > 150
    assert not any(mark in words for mark in "${}\\")


def test_an_arrow_through_a_box_is_found():
    boxes = {"a": Box(1.0, 1.0, "a"), "b": Box(3.0, 1.0, "b"), "c": Box(5.0, 1.0, "c")}
    ax = draw(boxes, [Arrow("a", "c")], (6.0, 2.0), "Three boxes.")
    ax.figure.draw_without_rendering()
    assert crossed(ax) == [("a>c", 1)]
    plt.close(ax.figure)


def test_every_diagram_is_tried():
    made = [n for m in (diagrams, training) for n in dir(m) if n.endswith("_picture")]
    tried = {f.__name__ for f in DIAGRAMS.values()} | {"gate_picture", "candidate_picture"}
    assert set(made) - {"blocks_picture"} <= tried  # that one has no arrows


def test_numbers_of_blocks_are_those_asked_for():
    words = description(diagrams.blocks_picture(D=3, H=5).figure)
    plt.close("all")
    assert "5 rows and 8 columns" in words and np.all([w in words for w in ("5 by 5", "5 by 3")])
