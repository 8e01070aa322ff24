"""Pages have no fault that axe-core calls serious or critical; `python -m tests.site.axe`: all."""

import pytest
from playwright.sync_api import sync_playwright

from tests.autograder.grading.review.room import reviewed
from tests.helpers import parts
from tests.site.axe import faults, grading_pages

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=parts.browser(), args=["--no-sandbox"])
        yield browser
        browser.close()


def test_a_fault_is_found(chromium, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<!DOCTYPE html><html lang=en><title>t</title><main><h1>t</h1><input></main>")
    assert [fault.partition(":")[0] for fault in faults(chromium, page.as_uri())] == ["label"]


@pytest.mark.needs("site")
@pytest.mark.parametrize(
    "name, scheme, width",
    [
        ("touch", "light", 400),
        ("measured", "dark", 400),
        ("chapters/00_start_here", "light", 1280),
    ],
)
def test_a_page_of_the_site_has_no_serious_fault(chromium, site, name, scheme, width):
    assert not faults(chromium, (site / f"{name}.html").as_uri(), scheme, width)


def test_what_a_student_and_an_instructor_read_has_no_serious_fault(chromium, tmp_path):
    for page in grading_pages(tmp_path, ("honest", "report")):
        assert not faults(chromium, page.as_uri(), "light", 400)


def test_the_review_page_has_no_serious_fault(chromium, tmp_path):
    with reviewed(tmp_path, disputed=True) as (_, client):
        assert not faults(chromium, client.url, "light", 1280, "#answer *")
