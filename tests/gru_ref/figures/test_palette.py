"""The palette: read on light and on dark pages, and the only colours that there are."""

import ast
import re
from pathlib import Path

import matplotlib.colors
import pytest

from autograder.course import COURSE
from gru_ref.figures.palette import (
    BRIGHTER,
    COLOURS,
    GROUNDS,
    INK,
    MARKERS,
    brightened,
    contrast,
    line,
)

ROOT = Path(__file__).parents[3]
DRAWING = [*sorted(ROOT.glob("gru_ref/**/*.py")), *sorted(COURSE.solutions.glob("*.py"))]
PLOTS = {"plot", "semilogy", "semilogx", "loglog", "errorbar"}
SHORT = re.compile(r"(C\d|[bgrcmykw])[^\s\w]*|[^\s\w]+[bgrcmykw]")  # "k*", "r--", ".-b"
COLOUR_OF = {"color", "c", "colors", "facecolor", "edgecolor", "fc", "ec", "mfc", "mec"}


def own_colours(source):
    """Return the colours that a source names: #rrggbb anywhere, names and greys as arguments."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += re.findall(r"#[0-9a-fA-F]{6}\b", node.value)
        named = []
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in PLOTS:
            texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
            found += [t for t in texts if isinstance(t, str) and SHORT.fullmatch(t)]
        if isinstance(node, ast.keyword) and node.arg in COLOUR_OF:
            named = ast.walk(node.value)
        if isinstance(node, ast.Dict):
            named = [
                v
                for k, v in zip(node.keys, node.values, strict=True)
                if isinstance(k, ast.Constant) and k.value in COLOUR_OF
            ]
        texts = [n.value for n in named if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        found += [t for t in texts if t != "none" and matplotlib.colors.is_color_like(t)]
    return found


@pytest.mark.parametrize("role", COLOURS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_a_colour_stands_out_from_every_page(role, ground):
    assert contrast(COLOURS[role], GROUNDS[ground]) >= 3


def test_text_is_read_on_white_and_on_a_dark_page_that_lightens_the_picture():
    assert contrast(INK, "#ffffff") >= 4.5
    for ground in ("the notebook's dark", "a cell's dark"):
        assert contrast(brightened(INK), GROUNDS[ground]) >= 4.5


@pytest.mark.parametrize("role", COLOURS)
def test_a_lightened_colour_still_stands_out(role):
    for ground in ("the notebook's dark", "a cell's dark"):
        assert contrast(brightened(COLOURS[role], BRIGHTER), GROUNDS[ground]) >= 3


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)  # the known border


def test_no_two_quantities_share_a_colour():
    roles = [c for role, c in COLOURS.items() if role != "tanh"]  # grey, as the plain one
    assert len(set(roles)) == len(roles)


def test_variants_of_a_quantity_differ_in_dashes_and_not_in_colour():
    lines = [line("update", i) for i in range(6)]
    assert len({str(x["ls"]) for x in lines}) == 6
    assert {x["color"] for x in lines} == {COLOURS["update"]}


def test_cells_differ_in_shape_and_dashes_too():
    assert len(set(MARKERS.values())) == len({line(c)["ls"] for c in MARKERS}) == 3


@pytest.mark.parametrize("file", DRAWING, ids=lambda f: f.name)
def test_no_source_names_a_colour_of_its_own(file):
    if file.name != "palette.py":
        assert own_colours(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    ['f("#7d55b8")', 'plot(x, color="0.6")', 'plot(x, c="k")', 'bar(x, arrow={"color": "red"})',
     'ax.plot(0, 0, "k*")', 'ax.plot(x, "r--")', 'ax.semilogy(x, "C1")',
     'bar(x, color=np.where(m, good, "0.85"))'],
)  # fmt: skip
def test_a_colour_of_its_own_is_found(source):
    assert own_colours(source)


@pytest.mark.parametrize("file", sorted(COURSE.solutions.glob("*.py")), ids=lambda f: f.name)
def test_no_text_speaks_of_a_line_by_its_colour_alone(file):
    colours = r"\b(red|orange|yellow|green|blue|purple|violet|pink|brown|grey|gray)\b"
    assert re.findall(colours, file.read_text(encoding="utf-8"), re.IGNORECASE) == []
