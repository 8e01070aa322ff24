"""What the pages are made of: formulas, pictures behind sliders, keys for instructors alone."""

import json

import pytest

from gru_ref.figures.widgets import Slider
from tests.site.conftest import ROOT

pytestmark = pytest.mark.needs("site")


def test_the_number_of_an_equation_stands_beside_it():
    import mathml

    said = mathml.mathml(r"n_t = \tanh(a) \tag{3'}", display=True)
    assert said.startswith('<div class="math"') and "(3&#x27;)</span>" in said
    assert "tag" not in said


def test_a_brace_is_drawn_by_the_style_sheet_since_fonts_break_it():
    import mathml

    said = mathml.mathml(r"\underbrace{a + \sqrt{b}}_{x}", display=True)
    assert '<munder><mrow class="brace"><mrow><mi>a</mi>' in said and "\u23df" not in said
    assert said.count("<munder") == said.count("</munder>") == 1


def test_a_formula_that_cannot_be_read_is_named():
    import mathml
    from sphinx.errors import SphinxError

    with pytest.raises(SphinxError, match="nosuchcommand"):
        mathml.mathml(r"\nosuchcommand{x}")


@pytest.mark.parametrize(
    "s", [Slider(-4, 4, 1), Slider(0.5, 0.994, 0.9, 0.002), Slider(1, 128, 32, 1), Slider(0, 1, 0)]
)
def test_a_slider_without_a_kernel_has_both_ends_and_its_start(s):
    import frames

    values = frames.places(s)
    assert values == sorted(set(values)) and len(values) <= frames.FRAMES + 1
    assert {s.low, s.high, s.start} <= set(values)


def test_the_key_is_behind_a_fold_for_instructors_alone():
    import executed
    from nbformat import NotebookNode

    from autograder.authoring import source
    from autograder.course import COURSE

    ran = executed.solved("00_start_here")
    for cell in ran.cells:
        if cell.cell_type == "code":
            out = {"output_type": "stream", "name": "stdout", "text": cell.source}
            cell.outputs = [NotebookNode(out)]  # as if every cell printed its own text
    for instructor in (True, False):
        cells = executed.page("00_start_here", ran, instructor).cells
        said = "\n".join(c.source + str(c.get("outputs", "")) for c in cells)
        for key in source.keys(COURSE, "00_start_here").values():
            assert (key in said) == instructor


def test_a_link_to_what_has_no_page_becomes_words():
    import guides

    text = (
        "[chapter 0](notebooks/00_start_here.ipynb), [class](docs/instructor.md#a-class), [a](x.py)"
    )
    due = "[chapter 0](chapters/00_start_here.ipynb), [class](instructor.md#a-class), a"
    assert guides.linked(text) == due


def test_what_the_front_page_says_of_the_gates_is_so():
    review = json.loads((ROOT / "site" / "review.json").read_text(encoding="utf-8"))
    words, z = review["words"], review["z"]
    assert len(words) == len(z) and {len(row) for row in z} == {32} and review["error"] == 0
    verdict = words.index("gripping")
    held = [sum(v > 0.9 for v in row) for row in z]
    assert max(held[: verdict + 1]) == 0  # on the way none holds
    assert min(held[verdict + 2 :]) >= 16  # to the end half of them do
