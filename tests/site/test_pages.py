"""The built site is whole: links lead somewhere, nothing comes from elsewhere, no key is shown."""

import functools
import itertools
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from autograder.authoring import source
from autograder.course import COURSE

pytestmark = [pytest.mark.needs("site"), pytest.mark.timeout(900)]

MOST = 20e6  # bytes of the whole site; 13 MB with ten chapters, 6 of them the theme's
MOST_PAGE = 3e6  # of one page with all its pictures


@functools.cache
def soup(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@functools.cache
def ids(path):
    return {tag["id"] for tag in soup(path).select("[id]")}


def pages(site):
    found = sorted(site.rglob("*.html"))
    return [p for p in found if "_static" not in p.relative_to(site).parts]


def test_every_chapter_and_guide_has_its_page(site):
    due = {f"chapters/{name}.html" for name in COURSE.names}
    due |= {"index.html", "touch.html", "map.html", "measured.html", "student.html", "grade.html"}
    due |= {"instructor.html", "author.html", "api/gru_ref.html", "api/autograder.core.html"}
    assert due <= {p.relative_to(site).as_posix() for p in pages(site)}


def test_every_link_and_picture_within_the_site_leads_somewhere(site):
    lost = []
    for page in pages(site):
        for link in soup(page).select("a[href], img[src]"):
            to = urlsplit(link.get("href") or link["src"])
            if to.scheme or to.netloc:
                continue
            target = (page.parent / unquote(to.path)).resolve() if to.path else page
            place = unquote(to.fragment)
            if not target.is_file() or (place and place not in ids(target)):
                lost.append(f"{page.name}: {to.geturl()}")
    assert not lost


def test_no_page_asks_anything_of_another_host(site):
    asked = []
    for page in pages(site):
        for tag in soup(page).select("[src], [srcset], [data], [poster], link[href]"):
            for name in ("src", "srcset", "data", "poster") + ("href",) * (tag.name == "link"):
                if re.match(r"(https?:)?//", str(tag.get(name, ""))):
                    asked.append(f"{page.name}: {tag[name]}")
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        asked += re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//[^)]*", text)
    assert not asked


def test_every_picture_has_words_in_its_place(site):
    pictures = [(page.name, img) for page in pages(site) for img in soup(page).select("img")]
    assert len(pictures) > 100
    assert not [(name, str(img)[:90]) for name, img in pictures if not img.get("alt", "").strip()]


def test_headings_of_a_page_are_in_order(site):
    for page in pages(site):
        levels = [int(h.name[1]) for h in soup(page).select("article :is(h1, h2, h3, h4, h5)")]
        assert levels[:1] in ([1], []) and levels.count(1) <= 1, page
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), (page, levels)


@pytest.mark.parametrize("chapter", COURSE.names)
def test_a_chapter_shows_the_stub_and_never_the_key(site, chapter):
    text = soup(site / "chapters" / f"{chapter}.html").get_text()
    squeezed = re.sub(r"\s+", "", text)
    stubs = source.stubs(COURSE, chapter)
    for name, key in source.keys(COURSE, chapter).items():
        assert re.sub(r"\s+", "", stubs[name]) in squeezed, name
        assert re.sub(r"\s+", "", key) not in squeezed, name


@pytest.mark.parametrize("chapter", COURSE.names)
def test_a_chapter_is_drawn_as_one_who_has_solved_it_sees_it(site, chapter):
    page = soup(site / "chapters" / f"{chapter}.html")
    assert page.select("img.gru-figure") and not page.select(".output.traceback")
    assert "come back when its check has passed" not in page.get_text()
    assert "widget-view" not in str(page)


def test_the_site_is_small_enough(site):
    assert sum(p.stat().st_size for p in site.rglob("*") if p.is_file()) < MOST
    assert all(p.stat().st_size < MOST_PAGE for p in pages(site))


def test_no_path_of_the_machine_that_built_it_stands_in_a_page(site):
    here = str(Path(__file__).resolve().parents[2])
    assert not [p.name for p in pages(site) if here in p.read_text(encoding="utf-8")]
