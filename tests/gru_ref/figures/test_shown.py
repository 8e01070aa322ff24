"""A figure's way to its reader: transparent, in a tone for any page, with its words."""

import base64
import html
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Text

from gru_ref.figures import diagrams, plots, training
from gru_ref.figures.palette import INK
from gru_ref.figures.shown import (
    Picture,
    describe,
    description,
    figure_of,
    plain,
    show,
    theme,
)


@pytest.fixture
def ax():
    ax = plots.axes("steps", "share")
    ax.plot([0, 1], [0, 1], label="line")
    ax.set_title("title")
    ax.legend()
    yield ax
    plt.close(ax.figure)


def test_the_words_are_the_images_alternative_text_and_the_plain_text(ax):
    picture = Picture(ax.figure, 'A line "rises" <by 1>.')
    (alt,) = re.findall(r' alt="([^"]*)"', picture._repr_html_())
    assert html.unescape(alt) == repr(picture) == 'A line "rises" <by 1>.'


def test_a_wide_figure_is_scrolled_on_a_phone_before_it_is_too_small_to_read(ax):
    picture = Picture(ax.figure, "A line rises.")
    (least,) = re.findall(r"max-width:max\(100%,(\d+)px\)", picture._repr_html_())
    assert 0.5 < int(least) / picture.width < 0.6


def test_the_page_shows_through(ax):
    png = base64.b64decode(Picture(ax.figure, "A line rises.").png)
    pixels = plt.imread(io.BytesIO(png))
    assert pixels.shape[2] == 4
    assert pixels[0, 0, 3] == 0  # at the edge
    assert np.median(pixels[..., 3]) == 0


def test_nothing_stays_black(ax):
    theme(ax.figure)
    ax.figure.draw_without_rendering()  # ticks come into being here
    drawn = [t for t in ax.figure.findobj(Text) if t.get_text()]
    assert {"title", "steps", "share", "line", "0.2"} <= {t.get_text() for t in drawn}
    assert {t.get_color() for t in drawn} == {INK}


def test_show_closes_its_figure_and_displays_it_once(ax, capsys):
    describe(ax, "A line rises from 0 to 1.")
    show(ax)
    assert capsys.readouterr().out == "A line rises from 0 to 1.\n"
    assert not plt.fignum_exists(ax.figure.number)


def test_words_of_the_chapter_stand_for_those_of_the_function(ax, capsys):
    describe(ax, "A line rises from 0 to 1.")
    show(ax, "Other words.")
    assert capsys.readouterr().out == "Other words.\n"


def test_a_figure_without_words_is_refused_with_what_to_do(ax):
    with pytest.raises(ValueError, match=r"no alternative text: show\(figure, alt="):
        show(ax)


def test_panels_are_told_apart_by_their_titles_and_repeat_nothing():
    left, right = plots.panels(2, (6.0, 2.0))
    for ax, name in ((left, "$z_t$"), (right, "$r_t$")):
        ax.set_title(name)
        describe(ax, "Bars from 0 to 1.", f"Of {plain(name)}.")
    words = description(left.figure)
    plt.close(left.figure)
    assert words == "2 panels. Panel 1, z_t: Bars from 0 to 1. Of z_t. Panel 2, r_t: Of r_t."


@pytest.mark.parametrize(
    "draw",
    [
        lambda: training.loss_curves({"a": [1.0, 0.5, 0.1] * 20}, {"level": 0.2}),
        lambda: training.gates_over_steps(np.linspace(0, 1, 100).reshape(20, 5), np.array([3, 9])),
        lambda: training.valley(2.1),
        diagrams.cell_picture,
    ],
    ids=["curve", "map", "valley", "diagram"],
)
def test_no_pixel_is_dark(draw):
    figure = figure_of(draw())
    png = base64.b64decode(Picture(figure, "Words.").png)
    plt.close(figure)
    pixels = plt.imread(io.BytesIO(png))
    assert not np.any((pixels[..., 3] > 0.6) & (pixels[..., :3].max(axis=-1) < 0.3))
