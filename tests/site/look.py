"""Pictures of all that is shown: `python -m tests.site.look FOLDER [lab] [site] [pages]`.

`lab` opens every chapter in JupyterLab, untouched and solved, runs it, moves a slider; `site` is
each page of build/site; `pages` are feedback pages, the class report and the review page. Each in
the light and the dark theme, 1280 and 400 pixels wide. What a script can see is printed: errors in
the console, what is wider than its place, formulas that are still TeX, sliders that change nothing.
Names after `lab` choose chapters: `lab=04_hidden_state`; those in LONG are
opened untouched without a run.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from autograder.authoring import source
from autograder.course import COURSE
from tests.conftest import LAB
from tests.helpers.learner import save
from tests.helpers.parts import browser
from tests.helpers.programs import running
from tests.site.axe import SCHEMES, SITE, WIDTHS, grading_pages

WAIT = 200_000  # ms
TALL = 15_000  # pixels of a picture, of which longer pages have several
LONG = ("08_training", "09_which_cell")
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
NOT_OURS = re.compile(
    "favicon|/api/contents|workspaces|Failed to load resource|settings|WebSocket|jupyterlite"
)
FIND = """root => {
    const found = [], edge = document.documentElement.clientWidth;
    const cut = e => {
        for (let p = e.parentElement; p; p = p.parentElement) {
            const o = getComputedStyle(p).overflowX;
            if (o === "auto" || o === "scroll") return true;
        }
        return false;
    };
    for (const e of document.querySelectorAll(`${root} :is(img, svg, table, pre,
            .widget-box, math, mjx-container, p, summary)`)) {
        const r = e.getBoundingClientRect();
        if (r.width && r.right > edge + 1 && !cut(e))
            found.push(`beyond the edge, ${Math.round(r.right)}: ${e.outerHTML.slice(0, 80)}`);
        if (r.width && (e.tagName === "IMG" || e.className === "gru-figure") && e.parentElement) {
            const place = e.closest(".jp-OutputArea-output, .cell_output, main, body");
            const over = r.right - place.getBoundingClientRect().right;
            if (over > 1 && !cut(e)) found.push(`picture cut by ${Math.round(over)}: ${e.alt}`);
        }
    }
    const text = [...document.querySelectorAll(`${root} p, ${root} li, ${root} td`)]
        .filter(e => !e.closest(".cm-content, pre, code")).map(e => e.innerText).join("\\n");
    const tex = /\\$[^$\\n]*\\\\[a-z]+[^$\\n]*\\$|\\\\(frac|odot|tfrac|partial)\\b/g;
    for (const formula of text.match(tex) || []) found.push(`TeX: ${formula}`);
    return found;
}"""


def main(into: Path, wanted: list[str]) -> None:
    """Take the pictures; print what is found."""
    into.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as tool:
        chromium = tool.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        for name in wanted:
            kind, _, some = name.partition("=")
            {"lab": lab, "site": site, "pages": pages}[kind](chromium, into, some)


def said_by(page) -> list[str]:
    """Return what a page's scripts complain of, as it comes."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"error: {error}"))
    page.on("console", lambda m: m.type == "error" and found.append(f"console: {m.text[:300]}"))
    return found


def photograph(page, into: Path, name: str, root: str) -> None:
    """Take pictures of a page from top to bottom, and print what is found in it."""
    for fault in dict.fromkeys(page.evaluate(FIND, root)):
        print(f"{name}: {fault}", flush=True)
    width, full = (
        page.viewport_size["width"],
        page.evaluate("Math.max(document.documentElement.scrollHeight, innerHeight)"),
    )
    for part, y in enumerate(range(0, full, TALL)):
        clip = {"x": 0, "y": y, "width": width, "height": min(TALL, full - y)}
        page.screenshot(
            path=into / f"{name}{'' if not part else f'-{part}'}.png", clip=clip, full_page=True
        )


def lab(chromium, into: Path, some: str) -> None:
    """Open the chapters in JupyterLab."""
    chapters = [some] if some else COURSE.names
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "jupyter")
        env = {f"JUPYTER_{n}_DIR": str(home / n.lower()) for n in ("CONFIG", "DATA", "RUNTIME")}
        env |= {f"JUPYTERLAB_{n}_DIR": str(home / n.lower()) for n in ("SETTINGS", "WORKSPACES")}
        env |= {"IPYTHONDIR": str(home / "ipython"), "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
        tracker = (
            home / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
        )
        tracker.parent.mkdir(parents=True)
        (home / "config").mkdir()
        exposed = {"LabApp": {"expose_app_in_browser": True}}
        (home / "config" / "jupyter_lab_config.json").write_text(json.dumps(exposed))
        tracker.write_text(json.dumps({"windowingMode": "none"}))
        for state in ("solved", "untouched"):
            work = Path(folder, state)
            work.mkdir()
            for chapter in chapters if state == "solved" else ():
                save(work, chapter, **source.keys(COURSE, chapter))
            command = [sys.executable, "-c", LAB, 0, work]
            with running(command, env=os.environ | env) as program:
                url = program.until(r"^\s*(http://\S+)")[1]
                for chapter in chapters:
                    runs = state == "solved" or chapter not in LONG
                    at = url.replace("00_start_here", chapter)
                    chapter_in_lab(chromium, into, at, f"{chapter}-{state}", runs)


def chapter_in_lab(chromium, into: Path, url: str, name: str, runs: bool) -> None:
    """Take the pictures of a chapter in JupyterLab; where it runs, its first slider moves."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    errors = said_by(page)
    page.goto(url)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    if runs:
        run_all(page)
        print(f"{name}: {moved(page)}", flush=True)
    page.evaluate("jupyterapp.shell.collapseLeft()")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for scheme, theme in THEMES.items():
        page.evaluate(f"jupyterapp.commands.execute('apputils:change-theme', {{theme: '{theme}'}})")
        page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(500)
            inner = page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
            page.set_viewport_size({"width": width, "height": min(inner + 150, 30_000)})
            page.wait_for_timeout(1500)
            page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
            photograph(page, into, f"lab-{name}-{scheme}-{width}", ".jp-Notebook")
        page.set_viewport_size({"width": 1280, "height": 900})
    for line in dict.fromkeys(e for e in errors if not NOT_OURS.search(e)):
        print(f"{name}: {line}", flush=True)
    page.close()


def run_all(page) -> None:
    """Run all cells of a notebook, to their end."""
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(
        "() => {const all = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];"
        "return all.length && all.every(p => !p.innerText.includes('*')) &&"
        "all.filter(p => /\\d/.test(p.innerText)).length > all.length / 2}",
        timeout=WAIT,
    )
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()


def moved(page) -> str:
    """Move the first slider of a notebook by its number; say whether its picture changed."""
    number = page.locator(".widget-box input[type=number]").first
    if not number.count():
        return "no slider"
    box = page.locator(".jp-OutputArea-output:has(input[type=number])").first
    picture = box.locator("img, svg").last
    before = picture.get_attribute("src")
    high, low, now = (float(number.get_attribute(a) or 0) for a in ("max", "min", "value"))
    number.fill(str(low if now != low else high))
    number.press("Enter")
    page.wait_for_timeout(3000)
    return (
        "a slider moved" if picture.get_attribute("src") != before else "A SLIDER CHANGED NOTHING"
    )


def site(chromium, into: Path, some: str) -> None:
    """Open every page of the site."""
    ours = [p.relative_to(SITE) for p in sorted(SITE.rglob(f"*{some}.html"))]
    for path in ours:
        if path.parts[0] not in ("_static", "lite", "api", "_modules"):
            in_a_page(chromium, into, (SITE / path).as_uri(), f"site-{path.stem}", "main")


def pages(chromium, into: Path, some: str) -> None:
    """Open what a grader makes."""
    from tests.autograder.grading.review.room import reviewed

    with tempfile.TemporaryDirectory() as folder:
        for path in grading_pages(folder):
            in_a_page(chromium, into, path.as_uri(), f"graded-{path.stem}", "body")
        with reviewed(Path(folder, "room"), disputed=True) as (_, client):
            in_a_page(chromium, into, client.url, "review", "body")


def in_a_page(chromium, into: Path, url: str, name: str, root: str) -> None:
    """Take the pictures of one page."""
    for scheme in SCHEMES:
        for width in WIDTHS:
            viewport = {"width": width, "height": 900}
            page = chromium.new_page(
                viewport=viewport, color_scheme=scheme, reduced_motion="reduce"
            )
            page.set_default_timeout(WAIT)
            errors = said_by(page)
            page.goto(url)
            page.wait_for_timeout(700)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            photograph(page, into, f"{name}-{scheme}-{width}", root)
            for label in unmoved(page):
                print(f"{name}-{scheme}-{width}: {label} changes nothing", flush=True)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                print(f"{name}-{scheme}-{width}: it scrolls sideways", flush=True)
            for line in dict.fromkeys(errors):
                print(f"{name}-{scheme}-{width}: {line}", flush=True)
            page.close()


def unmoved(page) -> list[str]:
    """Return the sliders of the site's frames whose move changes no picture, words or number."""
    seen = """e => {
        const img = e.closest(".frames").querySelector("img:not([hidden])");
        return [img.src, img.alt, e.nextElementSibling.value];
    }"""
    found = []
    for slider in page.locator(".frames input[type=range]").all():
        before = slider.evaluate(seen)
        slider.focus()
        page.keyboard.press("End" if slider.input_value() == "0" else "Home")
        if any(a == b for a, b in zip(before, slider.evaluate(seen), strict=True)):
            found.append(slider.locator("..").inner_text())
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or ["lab", "site", "pages"])
