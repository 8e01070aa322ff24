"""Plots show what the chapters ask for, and their words have the numbers of what is drawn."""

import ast
import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest

from autograder.course import COURSE
from gru_ref.figures import plots, rounds, training
from gru_ref.figures.shown import description, figure_of
from gru_ref.figures.widgets import MEANS, Slider


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def inside(ax):
    """Return whether every finite point of every line lies within the axes."""
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    for drawn in ax.get_lines():
        if drawn.get_transform() == ax.transData:
            x, y = (np.asarray(v, float) for v in drawn.get_data())
            seen = np.isfinite(x) & np.isfinite(y)
            x, y = x[seen], y[seen]
            if not ((x >= left) & (x <= right) & (y >= low) & (y <= high)).all():
                return False
    return True


def explored():
    """Return the name and the call of each `explore` in the chapters: function and sliders."""
    for file in sorted(COURSE.solutions.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "explore":
                scope = {"plots": plots, "rounds": rounds, "training": training, "Slider": Slider}
                draw = eval(ast.unparse(node.args[0]), scope)
                sliders = {k.arg: eval(ast.unparse(k.value), scope) for k in node.keywords}
                yield pytest.param(draw, sliders, id=f"{file.stem}-{draw.__name__}")


@pytest.mark.parametrize(("draw", "sliders"), list(explored()))
def test_a_slider_at_its_ends_keeps_the_picture_within_its_axes(draw, sliders):
    assert set(sliders) <= set(MEANS)
    ends = [(float(s.low), float(s.start), float(s.high)) for s in sliders.values()]
    for values in itertools.islice(itertools.product(*ends), 30):
        ax = draw(**dict(zip(sliders, values, strict=True)))
        assert inside(ax), values
        assert len(description(figure_of(ax))) > 80
        plt.close(figure_of(ax))


def test_every_chapter_has_a_slider():
    assert {p.id.split("-")[0] for p in explored()} == set(COURSE.names)


@pytest.mark.parametrize("z", [0.5, 0.87, 0.986, 0.994])
def test_the_half_life_lies_on_the_axis(z):
    ax = plots.memory_decay(z)
    assert ax.get_xlim()[1] > np.log(0.5) / np.log(z)


@pytest.mark.parametrize("rate", [0.1, 1.0, 1.9, 2.1, 2.2])
def test_the_valley_holds_both_ways_to_their_ends(rate):
    assert inside(training.valley(rate))


@pytest.mark.parametrize("b_z", [-2.0, 0.0, 6.0])
def test_the_gradients_way_back_lies_on_the_axis(b_z):
    assert inside(plots.gradient_flow(b_z))


@pytest.mark.parametrize(("h_0", "end"), [(0.05, "0.96"), (-0.05, "-0.96")])
def test_which_of_two_values_is_held_is_seen_from_the_start(h_0, end):
    words = description(figure_of(plots.one_unit_map(w_hn=2.0, h_0=h_0)))
    assert f"From h_0 = {h_0:g} the state is at {end} after 40 steps." in words
    assert "crosses the diagonal at -0.96, 0.00, 0.96." in words


def test_the_words_of_a_gate_are_its_values():
    words = description(figure_of(plots.gate_over_state(w_h=2.0)))
    assert "goes from 0.12 over 0.50 at state 0 to 0.88" in words


def test_the_words_of_the_two_conventions_say_how_far_apart_they_are():
    words = description(figure_of(plots.candidates_over_reset(1.5, 1.5, 0.5)))
    assert "0.38 apart at most, at r = 0." in words
    words = description(figure_of(plots.candidates_over_reset(1.5, 0.0, 0.0)))
    assert "is the same curve." in words


def test_the_words_of_a_loss_are_those_of_its_curve():
    losses = ([10, 20, 30, 40], [1.0, 0.5, 0.25, 0.125])
    words = description(figure_of(training.loss_curves({"gru": losses}, {"chance": 0.17})))
    assert "gru: 1 at step 10, 0.5 at step 20, 0.25 at step 30, 0.12 at step 40." in words
    assert "A level marks chance, 0.17." in words


@pytest.mark.parametrize(
    ("g", "words"),
    [(0.5, "0.50"), (0.9975, "0.998"), (0.99966, "0.9997"), (1 - 1e-9, "nearly 1"), (1.0, "1"),
     (0.0003, "0.0003"), (1e-9, "nearly 0"), (0.0, "0")],
)  # fmt: skip
def test_what_is_not_0_or_1_is_not_written_so(g, words):
    assert plots.gate_value(g) == words
