"""Nothing of a student's runs in a browser: pages, class report and formgrader in a real Chromium.

Every page is compared with the page of an honest student: it must have no more scripts, frames,
forms, styles or attributes that act than that one.
"""

import contextlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.helpers import programs
from tests.helpers.hostile import CHAPTER, PAYLOADS
from tests.helpers.parts import browser as browser_path

pytestmark = pytest.mark.needs("chromium")
CSP = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
# what there is on a page that could act, and where its links lead
ACTIVE = """() => {
    const box = "input[type=checkbox][disabled]";  // of markdown's lists of tasks
    const all = [...document.querySelectorAll("*")].filter(e => !e.matches(box));
    const tags = "SCRIPT IFRAME OBJECT EMBED FORM STYLE LINK META BASE VIDEO AUDIO IMG TEMPLATE " +
        "NOSCRIPT INPUT BUTTON TEXTAREA svg math animate";
    const found = {};
    for (const t of tags.split(" ")) found[t] = all.filter(e => e.tagName === t).length;
    found.on = all.flatMap(e => [...e.attributes]).filter(a => /^on/i.test(a.name)).length;
    found.schemes = [...new Set([...document.querySelectorAll("[href], [src], [action]")].flatMap(
        e => [e.href, e.src, e.action]).filter(u => typeof u === "string" && u).map(
        u => u.split(":")[0]))].sort();
    return found;
}"""
# what MathJax would look for formulas in
MATHEMATICS = """() => {
    const page = document.body.cloneNode(true);
    page.querySelectorAll("pre, code, script, style, textarea").forEach(e => e.remove());
    return page.textContent;
}"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("hostile")
    command = [sys.executable, "-W", "ignore", "-m", "tests.helpers.hostile", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


class Seen:
    """What a page did when it was opened: dialogs, requests to elsewhere, what stands on it."""

    def __init__(self, browser, url, **context):
        self.dialogs, self.console, self.requests = [], [], []
        with contextlib.closing(browser.new_context(**context)) as opened:
            page = opened.new_page()
            page.on("dialog", lambda d: (self.dialogs.append(d.message), d.dismiss()))
            page.on("console", lambda m: self.console.append(m.text))
            page.route(re.compile("^https?://(?!127[.])"), self._elsewhere)
            page.goto(url)
            for _ in range(2):
                page.mouse.move(300, 300)
                page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            page.wait_for_load_state("networkidle")
            self.hacked = page.evaluate("window.__hacked")
            self.active = page.evaluate(ACTIVE)
            self.text = page.inner_text("body")
            self.set = page.evaluate(MATHEMATICS)
            self.wide = page.evaluate("document.documentElement.scrollWidth")

    def _elsewhere(self, route):
        self.requests.append(route.request.url)
        route.abort()


def assert_harmless(seen, honest):
    assert seen.hacked is None
    assert seen.dialogs == []
    assert [r for r in seen.requests if "evil" in r] == []
    same = {k: v for k, v in seen.active.items() if k != "schemes"}
    assert same == {k: v for k, v in honest.active.items() if k != "schemes"}
    assert set(seen.active["schemes"]) <= {"http", "https", "file"}


@pytest.mark.parametrize("guarded", [True, False], ids=["with CSP", "without CSP"])
@pytest.mark.parametrize(("name", "honest"), [("hostile", "honest"), ("report", "empty")])
def test_nothing_runs_in_a_page_of_ours(made, browser, tmp_path, name, honest, guarded):
    seen = []
    for which in (name, honest):
        html = (made / f"{which}.html").read_text(encoding="utf-8")
        assert CSP.search(html)
        page = tmp_path / f"{which}.html"
        page.write_text(html if guarded else CSP.sub("<meta>", html), encoding="utf-8")
        seen.append(Seen(browser, page.as_uri(), viewport={"width": 390, "height": 844}))
    bad, good = seen
    if name == "report":  # a chart a chapter
        bad.active["svg"] = good.active["svg"] = 0
    assert_harmless(bad, good)
    assert bad.console == bad.requests == []
    assert bad.wide == 390
    assert "{{ 7*7 }}" in bad.text
    assert "49" not in re.sub(r"[^\s]*7\*7[^\s]*|U\+\w+|\d+ more", "", bad.text) or name == "report"
    assert "<script>window.__hacked=1</script>" in bad.text
    assert not re.search("[\x00-\x08\x1b\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", bad.text)


@pytest.fixture(scope="module")
def formgrader(made):
    """Return the address of a submission in formgrader, by the student's name."""
    with programs.formgrader(made) as (url, token):
        pages = f"{url}/formgrader/submissions"
        yield lambda who: f"{pages}/{Path(made, who + '.id').read_text()}?{token}"


def test_nothing_runs_in_formgrader(made, browser, formgrader):
    assert len(PAYLOADS) >= 25
    honest = Seen(browser, formgrader("honest"))
    seen = Seen(browser, formgrader("hostile"))
    assert "Student's answer" in honest.text
    assert seen.active["IMG"] == 0
    assert_harmless(seen, honest)
    assert all("cdnjs.cloudflare.com" in r for r in seen.requests)  # nbgrader's own MathJax
    assert seen.console == honest.console or all("ERR_FAILED" in m for m in seen.console)
    assert "< script>window.__hacked=1< /script>" in seen.text  # readable for the person
    assert "bold" in seen.text and "**bold**" not in seen.text.split("Kept:")[1][:60]
    assert not re.search(r"\\(href|require|style|class)", seen.set)
    assert f"{CHAPTER}" in seen.text


def test_the_probe_sees_what_runs_in_the_notebook_as_it_was(browser, tmp_path):
    page = tmp_path / "bare.html"
    page.write_text("<body>" + "\n".join(PAYLOADS[:4]), encoding="utf-8")
    assert Seen(browser, page.as_uri()).hacked == 1
