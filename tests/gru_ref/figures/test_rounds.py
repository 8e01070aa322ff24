"""The pictures of chapter 10 say in words what they draw, and what they draw is measured."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gru_ref.figures import rounds
from gru_ref.figures.shown import description, is_described
from gru_ref.scan import scan_cost


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.mark.parametrize("T", [2, 4, 8, 16])
def test_the_picture_of_a_scan_has_the_rounds_of_the_scan(T):
    ax = rounds.scan_picture(T)
    assert ax.get_yticks()[-1] == scan_cost(T).rounds


def test_an_error_map_says_the_largest_errors():
    ax = rounds.error_map(np.array([[0.1, 0.2], [1e-3, 1e-4], [1e-9, 0.0]]), first="minGRU")
    assert description(ax.figure).endswith("2e-01, 1e-03, 1e-09.")
    assert ax.get_yticklabels()[0].get_text() == "minGRU"


def test_a_network_that_never_arrives_has_a_cross_of_its_own():
    ax = rounds.rounds_against_exponent(np.array([-0.5, 0.1]), np.array([4, 41]), 40)
    arrived, never = ax.lines[:2]
    assert (list(arrived.get_ydata()), list(never.get_ydata())) == ([4], [41])
    said = description(ax.figure)
    assert "With λ below -0.3: 4 to 4 rounds. With λ of 0 and more: none arrives." in said


@pytest.mark.parametrize(("g", "arrives"), [(1, True), (6, False)])
def test_the_slider_shows_both_sides_of_the_edge(g, arrives):
    _, panels = plt.subplots(1, 2)
    rounds.edge_of_chaos(g, panels, most=12)
    assert panels[1].get_title().startswith("not in 12") is not arrives
    assert ("λ = -" in panels[0].get_title()) is arrives


def test_work_and_depth_are_two_panels_each_in_words():
    sizes = np.array([8, 16])
    ax = rounds.work_and_depth(sizes, {"loop": sizes}, {"loop": sizes})
    assert [is_described(a) for a in ax.figure.axes] == [True, True]
