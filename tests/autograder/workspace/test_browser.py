"""A student's hour in a real Chromium: open a chapter in JupyterLab, run it, answer, see the panel.

With GRU_COURSE_SCREENSHOTS=FOLDER in the environment each panel is also saved there as a picture.
"""

import contextlib
import json
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from autograder.authoring import source
from autograder.course import COURSE
from autograder.notebook.recall import Recall
from tests.helpers.parts import browser as browser_path

CHAPTER, EXERCISE = "01_reset_gate", "reset_gate"
SLIP = (" + b_hr", "")  # in the right answer, to see what a wrong one is told

WAIT = 60_000  # ms; how long a busy machine may take, not how long it should
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"

pytestmark = pytest.mark.needs("chromium")


class Notebook:
    """The chapter, open in a page of JupyterLab."""

    def __init__(self, page):
        self.page = page
        self.answer = self.cell(re.compile(rf"def {EXERCISE}\("))
        self.check = self.cell(re.compile(rf"check\({EXERCISE}\)"))

    def cell(self, text):
        cells = self.page.locator(".jp-NotebookPanel:visible .jp-CodeCell")
        return cells.filter(has=self.page.locator(".cm-content", has_text=text)).first

    def run_all(self):
        # a run that is asked for before the kernel is there is lost
        expect(self.page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def run(self, cell):
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def write(self, text):
        """Replace the answer cell's text, as by pasting."""
        editor = self.answer.locator(".cm-content")
        editor.click()
        self.page.keyboard.press("Control+A")
        editor.evaluate(
            """(editor, text) => {
                const data = new DataTransfer();
                data.setData("text/plain", text);
                const init = {clipboardData: data, bubbles: true, cancelable: true};
                editor.dispatchEvent(new ClipboardEvent("paste", init));
            }""",
            text,
        )
        expect(editor.locator(".cm-line")).to_have_text(text.split("\n"))

    def panel(self, status):
        return self.check.locator(f'.autograder-verdict[data-status="{status}"]')

    def photograph(self, name):
        folder = os.environ.get("GRU_COURSE_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.check.scroll_into_view_if_needed()
            self.page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def opened(tmp_path, jupyter_home, served):
    """Return a context manager: a fresh copy of the chapter, open in JupyterLab in a theme."""

    @contextlib.contextmanager
    def open_in(theme):
        settings(jupyter_home, "@jupyterlab/apputils-extension/themes", theme=theme)
        # every cell is in the page, also those far below
        settings(jupyter_home, "@jupyterlab/notebook-extension/tracker", windowingMode="none")
        with served(tmp_path / "work") as (url, _, _), sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=browser_path(), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.set_default_timeout(WAIT)
            expect.set_options(timeout=WAIT)
            page.goto(url.replace("00_start_here", CHAPTER))
            notebook = Notebook(page)
            expect(notebook.check).to_be_visible()
            expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
            yield notebook
            expect(page.locator(".jp-Dialog, .Toastify__toast")).to_have_count(0)
            browser.close()

    return open_in


def settings(home, plugin, **values):
    path = home / "settings" / f"{plugin}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


def test_a_right_answer_turns_not_attempted_into_passed(opened):
    with opened(LIGHT) as notebook:
        notebook.run_all()
        expect(notebook.panel("not attempted")).to_contain_text(EXERCISE)
        notebook.photograph("not_attempted_light")
        notebook.write(source.keys(COURSE, CHAPTER)[EXERCISE])
        notebook.run(notebook.answer)
        notebook.run(notebook.check)
        expect(notebook.panel("passed")).to_contain_text(f"{EXERCISE}: passed")
        expect(notebook.panel("not attempted")).to_have_count(0)
        notebook.photograph("passed_light")


def test_a_wrong_answer_is_explained_in_the_dark_theme_too(opened):
    right = source.keys(COURSE, CHAPTER)[EXERCISE]
    wrong = right.replace(*SLIP)
    assert wrong != right
    with opened(DARK) as notebook:
        notebook.run_all()
        expect(notebook.panel("not attempted")).to_be_visible()
        notebook.photograph("not_attempted_dark")
        notebook.write(wrong)
        notebook.run(notebook.answer)
        notebook.run(notebook.check)
        expect(notebook.panel("failed")).to_contain_text("The smallest failing case")
        notebook.photograph("failed_dark")


def test_a_click_on_a_choice_is_judged_and_a_slider_moved_changes_its_figure(opened, tmp_path):
    question = next(q for q in Recall(COURSE, CHAPTER, tmp_path).questions if q.choices)
    with opened(DARK) as notebook:
        notebook.run_all()
        asked = notebook.cell(f'recall("{CHAPTER}")')
        expect(asked).to_contain_text("Three questions on earlier chapters")
        asked.get_by_text(question.wrong[0], exact=True).click()
        expect(asked).to_contain_text("✗ Not so")
        notebook.check = asked
        notebook.photograph("recall_dark")
        slider = notebook.page.locator(".jp-OutputArea-output:has(.widget-slider)").first
        figure, number = slider.locator("img"), slider.get_by_role("spinbutton").first
        words, picture = figure.get_attribute("alt"), figure.get_attribute("src")
        low, value = number.get_attribute("min"), number.input_value()
        assert float(low) != float(value)
        number.fill(low)
        number.press("Enter")
        expect(figure).not_to_have_attribute("src", picture)
        expect(figure).not_to_have_attribute("alt", words)
