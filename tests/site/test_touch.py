"""The page to touch: its few lines compute what `gru_ref` does, its cells what they are named."""

import base64
import json

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from tests.helpers import parts
from tests.site.conftest import ROOT
from tests.site.make_vectors import WRITTEN, vectors

STORED = json.loads(WRITTEN.read_text(encoding="utf-8"))
TOLERANCE = 1e-12  # both compute in float64; tanh differs by some last digits


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=parts.browser(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(browser):
    page = browser.new_page()
    yield page
    page.close()


def run(tab, expression, argument=None):
    """Return what an expression gives over the modules `gru` and `presets`."""
    urls = []
    for name in ("gru.js", "presets.js"):
        text = (ROOT / "site" / "js" / name).read_bytes()
        urls.append(f"data:text/javascript;base64,{base64.b64encode(text).decode()}")
    return tab.evaluate(
        "async ([urls, arg]) => {"
        " const [gru, presets] = await Promise.all(urls.map(u => import(u)));"
        f" return {expression}; }}",
        [urls, argument],
    )


def largest_difference(seen, due):
    return max(
        np.max(np.abs(np.subtract(s[key], d[key])), initial=0.0)
        for s, d in zip(seen, due, strict=True)
        for key in d
    )


def test_the_stored_vectors_are_those_of_gru_ref():
    for stored, now in zip(STORED, vectors(), strict=True):
        assert stored["p"] == now["p"] and stored["x"] == now["x"]
        assert largest_difference(stored["steps"], now["steps"]) < TOLERANCE


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("case", STORED, ids=["D3_H1", "D2_H3", "one_step"])
def test_the_pages_numbers_are_those_of_gru_ref_forward_and_back(tab, case):
    seen = run(tab, "gru.overTime(arg.x, arg.h_0, arg.p)", case)
    assert largest_difference(seen, case["steps"]) < TOLERANCE


@pytest.mark.needs("chromium")
def test_a_wrong_weight_would_be_seen(tab):
    case = json.loads(json.dumps(STORED[0]))
    case["p"]["b_hn"][0] += 1e-9
    seen = run(tab, "gru.overTime(arg.x, arg.h_0, arg.p)", case)
    assert largest_difference(seen, case["steps"]) > TOLERANCE


def last_state(tab, preset, text):
    expression = (
        "gru.overTime([...arg[1]].map(presets.input), [0], presets.params("
        "Object.entries(presets.PRESETS).find(([name]) => name.startsWith(arg[0]))[1])).at(-1)"
    )
    return run(tab, expression, [preset, text])["h"][0]


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("text", ["no", "on", "no    ", "on    ", "hello gru", "b", "xyz a  "])
def test_the_first_cell_keeps_the_last_letter_over_spaces(tab, text):
    vowel = text.rstrip()[-1] in "aeiou"
    assert (last_state(tab, "Was the last letter", text) > 0.5) == vowel


@pytest.mark.needs("chromium")
@pytest.mark.parametrize(("text", "due"), [("abcd", 1), ("ab cd", 0), ("b cde", 1), ("a ", 0)])
def test_the_second_cell_knows_of_a_vowel_since_the_last_space(tab, text, due):
    assert (last_state(tab, "Has there been", text) > 0.5) == due


@pytest.mark.needs("chromium")
@pytest.mark.parametrize(
    ("text", "due"), [("bcd", 0), ("ab cd xyz", 1), ("b   ", 0), ("bb a bb", 1)]
)
def test_the_switch_stays_where_the_first_vowel_has_set_it(tab, text, due):
    assert (last_state(tab, "A switch", text) > 0.5) == due


@pytest.mark.needs("chromium", "site")
@pytest.mark.timeout(900)
def test_the_page_works_from_the_keyboard_and_asks_no_server(tab, site):
    asked, wrong = [], []
    tab.on("request", lambda r: asked.append(r.url))
    tab.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda e: wrong.append(str(e)))
    tab.goto((site / "touch.html").as_uri())
    tab.get_by_label("Letters").fill("ab")
    assert tab.locator("#touch tbody tr").count() == 2
    before = tab.locator("#touch p.says").first.inner_text()
    tab.get_by_label("Update gate z: bias").focus()
    tab.keyboard.press("ArrowRight")
    assert tab.locator("#touch p.says").first.inner_text() != before
    unnamed = tab.locator("#touch :is(input, select):not([aria-label])").evaluate_all(
        "all => all.filter(e => !e.labels.length).length"
    )
    assert unnamed == 0
    assert not wrong and not [url for url in asked if not url.startswith(("file:", "data:"))]


@pytest.mark.needs("chromium", "site")
@pytest.mark.timeout(900)
def test_a_slider_of_a_chapter_changes_its_picture(tab, site):
    tab.goto((site / "chapters" / "01_reset_gate.html").as_uri())
    frames = tab.locator(".frames").first
    shown = frames.locator("img:visible")
    before = shown.get_attribute("alt")
    frames.locator("input").first.focus()
    tab.keyboard.press("ArrowRight")
    assert shown.count() == 1 and shown.get_attribute("alt") != before


@pytest.mark.needs("chromium", "site")
@pytest.mark.timeout(900)
def test_who_wants_no_motion_sees_the_end_of_the_review_standing(browser, site):
    page = browser.new_page(reduced_motion="reduce")
    page.goto((site / "index.html").as_uri())
    assert page.get_by_role("button", name="Play").is_visible()
    assert page.locator("#front .now").inner_text() == "house"
    page.close()
