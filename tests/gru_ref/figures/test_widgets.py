"""Sliders: each has a number with a name, and moving either draws anew, in words too."""

import ipywidgets
import matplotlib.pyplot as plt
import pytest

from gru_ref.figures import plots
from gru_ref.figures.widgets import MEANS, Slider, explore


@pytest.fixture
def box():
    yield explore(plots.memory_decay, z=Slider(0.5, 0.994, 0.9, 0.002))
    plt.close("all")


def test_a_slider_has_a_number_beside_it_that_says_what_it_moves(box):
    number, slider = box.children[0].children
    assert isinstance(number, ipywidgets.BoundedFloatText)
    assert number.description == f"z, {MEANS['z']}"
    assert (number.min, number.max, number.step) == (slider.min, slider.max, slider.step)


def test_the_number_moves_the_slider_and_the_picture(box, capsys):
    number, slider = box.children[0].children
    number.value = 0.986
    assert slider.value == 0.986
    assert "half is left after 49.2 steps" in capsys.readouterr().out


def test_an_argument_without_a_meaning_is_refused():
    with pytest.raises(KeyError):
        explore(lambda q: None, q=Slider(0.0, 1.0, 0.5))
