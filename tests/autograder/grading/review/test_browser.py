"""A class is marked in a real Chromium, by keyboard; what students wrote does nothing there.

With GRU_COURSE_SCREENSHOTS=FOLDER in the environment the page is also saved there as pictures.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.autograder.grading.review.room import ANSWERS, reviewed
from tests.autograder.grading.store.classroom import WRITTEN
from tests.helpers.hostile import PAYLOADS
from tests.helpers.parts import browser as browser_path
from tests.helpers.submissions import CHAPTER

WAIT = 60_000  # ms; how long a busy machine may take, not how long it should
# the contrast of every text that is to be seen with its ground, by WCAG's formula; the lowest ten
CONTRAST = """() => {
    const rgb = c => { const m = c.match(/[\\d.]+/g).map(Number); return m[3] === 0 ? null : m; };
    const light = c => { const [r, g, b] = c.slice(0, 3).map(v => v / 255).map(
        v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b; };
    const ground = e => { for (; e; e = e.parentElement) {
        const c = rgb(getComputedStyle(e).backgroundColor); if (c) return c; }
        return [255, 255, 255]; };
    const found = [];
    for (const e of document.querySelectorAll("body *")) {
        const says = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        if (!e.checkVisibility() || !(says || e.matches("input, textarea, select"))) continue;
        const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))];
        const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        found.push([Math.round(ratio * 100) / 100, e.tagName, e.textContent.slice(0, 30)]);
    }
    return found.sort((x, y) => x[0] - y[0]).slice(0, 10);
}"""
NAMELESS = """() => [...document.querySelectorAll("button, input, select, textarea")].filter(
    e => e.checkVisibility() && !(e.getAttribute("aria-label") || e.textContent.trim() ||
        [...(e.labels || [])].some(l => l.textContent.trim()))).map(e => e.outerHTML)"""

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Yield a class, and its page open in a browser that has nothing to complain of."""
    with reviewed(tmp_path, disputed=True) as (room, client):
        page, said = browser.new_page(viewport={"width": 1280, "height": 900}), []
        page.set_default_timeout(WAIT)
        expect.set_options(timeout=WAIT)
        page.on("console", lambda m: said.append(m.text))
        page.on("pageerror", lambda e: said.append(str(e)))
        page.on("dialog", lambda d: (said.append(d.message), d.accept()))
        page.goto(client.url)
        arrived(page)
        yield room, page
        page.close()
        assert said == []


def arrived(page):
    expect(page.locator("#mark[aria-busy=false]")).to_be_visible()


def saved(page):
    expect(page.locator("#status")).to_have_text("Saved.")


def student(page):
    """Return whose answer is shown, by the text of it."""
    text = page.inner_text("#answer").strip()
    return next(who for who, says in ({"dan": "no"} | ANSWERS).items() if text[:4] == says[:4])


def test_a_class_is_marked_by_keyboard_and_the_gradebook_has_it(opened):
    room, page = opened
    given = {}
    for n, keys in enumerate(("2", "1.", "0", "1"), 1):
        expect(page.locator("#who")).to_contain_text(f"Answer {n} of 4")
        arrived(page)
        expect(page.locator("#answer .written")).to_be_visible()
        who = student(page)
        for key in keys:
            page.keyboard.press(key)
        expect(page.locator("#score")).to_have_value("1.5" if keys == "1." else keys[0])
        saved(page)
        given[who] = 1.5 if keys == "1." else float(keys)
        if n == 1:
            page.keyboard.press("c")
            page.keyboard.type("Well said: n, p and 0 are letters here.")
            page.keyboard.press("Control+Enter")
            commented = who
        else:
            page.keyboard.press("n")
    expect(page.locator("#progress")).to_contain_text("4 of 4 marked")
    assert {who: room.mark(WRITTEN, who) for who in given} == {
        who: (None, score, False) for who, score in given.items()
    }
    assert len(given) == 4
    says = room.gb.find_comment(WRITTEN, CHAPTER, CHAPTER, commented).manual_comment
    assert says == "Well said: n, p and 0 are letters here."


def test_the_next_question_and_back_and_a_reload_stay_where_one_was(opened):
    _, page = opened
    page.keyboard.press("n")
    expect(page.locator("#who")).to_have_text("Answer 2 of 4")
    arrived(page)
    page.reload()
    expect(page.locator("#who")).to_have_text("Answer 2 of 4")
    arrived(page)
    page.keyboard.press("]")
    expect(page.locator("#why")).to_contain_text("passed in the notebook")
    expect(page.locator("#clear")).to_have_text("Leave it at 1, as checked")
    page.keyboard.press("[")
    expect(page.locator("#model")).to_contain_text("multiplies the rows")


def test_names_are_hidden_until_they_are_asked_for(opened):
    _, page = opened
    names = [*ANSWERS, "dan"]
    assert not [n for n in names if f"· {n}" in page.inner_text("body")]
    page.keyboard.press("h")
    expect(page.locator("#who")).to_contain_text(student(page))
    page.keyboard.press("h")
    expect(page.locator("#who")).to_have_text("Answer 1 of 4")


def test_points_that_are_none_are_said_and_not_saved(opened):
    room, page = opened
    page.keyboard.press("7")
    expect(page.locator("#alert")).to_contain_text("7 is more than the 2 points")
    page.fill("#score", "much")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#alert")).to_contain_text("“much” are no points")
    page.fill("#score", "")
    assert all(room.mark(WRITTEN, who)[1] is None for who in ANSWERS)


def test_keys_that_come_faster_than_the_answers_are_not_lost(opened):
    room, page = opened
    for key in "1n2n0n1n":
        page.keyboard.press(key)
    expect(page.locator("#progress")).to_contain_text("4 of 4 marked")
    given = sorted(room.mark(WRITTEN, who)[1] for who in (*ANSWERS, "dan"))
    assert given == [0.0, 1.0, 1.0, 2.0]


def test_an_old_mark_of_a_changed_answer_is_agreed_to_by_saving(opened):
    room, page = opened
    who = student(page)
    page.keyboard.press("1")
    saved(page)
    room.answer(who, "It is another answer now")
    page.reload()
    expect(page.locator("#why")).to_contain_text("has changed")
    expect(page.locator("#score")).to_have_value("1")
    assert room.mark(WRITTEN, who) == (None, 1.0, True)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress")).to_contain_text("1 of 4 marked")
    assert room.mark(WRITTEN, who) == (None, 1.0, False)


def test_keys_can_be_switched_off(opened):
    room, page = opened
    page.uncheck("#keys")
    page.locator("body").press("2")
    page.check("#keys")
    page.locator("body").press("1")
    saved(page)
    assert room.mark(WRITTEN, student(page))[1] == 1.0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_all_can_be_read_and_named_and_nothing_sticks_out(opened, scheme, width):
    room, page = opened
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    for question in ("written", "check"):
        low = page.evaluate(CONTRAST)
        assert low[0][0] >= 4.5, low
        assert page.evaluate(NAMELESS) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        if folder := os.environ.get("GRU_COURSE_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            path = Path(folder) / f"review_{question}_{scheme}_{width}.png"
            page.screenshot(path=path, full_page=True)
        page.keyboard.press("]")
        expect(page.locator("#why")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"


def test_nothing_of_a_student_runs_on_the_page(browser, tmp_path):
    with reviewed(tmp_path) as (room, client):
        text = "\n\n".join(PAYLOADS)
        room.answer("ada", text[:9000])
        room.answer("bo", text[9000:18000] or "short")
        asked, page = [], browser.new_page()
        page.set_default_timeout(WAIT)
        page.on("request", lambda r: asked.append(r.url))
        for who in ("ada", "bo"):
            id = client.answer(who)["id"]
            page.goto(f"{client.url}#{CHAPTER}/{WRITTEN}/{id}")
            page.reload()
            arrived(page)
            page.mouse.move(300, 300)
            page.wait_for_load_state("networkidle")
            assert page.evaluate("window.__hacked") is None
            inside = (
                "#answer :is(script, iframe, object, embed, form, style, link, meta, base, svg)"
            )
            assert page.locator(inside).count() == 0
            assert page.locator("#answer :is([id], [name])").count() == 0  # the script goes by ids
            acts = "e => e.some(x => [...x.attributes].some(a => /^on/i.test(a.name)))"
            assert not page.locator("#answer *").evaluate_all(acts)
        page.close()
        assert [u for u in asked if not u.startswith((client.url, "data:"))] == []


def test_a_page_of_another_site_cannot_mark(browser, tmp_path):
    with reviewed(tmp_path) as (room, client):
        seen = client.answer("ada")
        page = browser.new_page()
        page.route(
            "http://evil.example/", lambda r: r.fulfill(body="<p>", content_type="text/html")
        )
        page.goto("http://evil.example/")
        sent = {"id": seen["id"], "score": 2, "comment": "", "version": seen["mark"]["version"]}
        tries = """async ([url, sent]) => {
            const body = JSON.stringify(sent), types = ["application/json", "text/plain"];
            for (const mode of ["cors", "no-cors"]) for (const type of types)
                await fetch(url + "mark", {method: "POST", mode, body,
                    headers: {"Content-Type": type}}).catch(() => 0);
            return await fetch(url + "questions").then(r => r.text()).catch(() => "");
        }"""
        assert page.evaluate(tries, [client.url, sent]) == ""
        page.close()
        assert room.mark(WRITTEN, "ada") == (None, None, True)
