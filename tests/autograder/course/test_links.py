"""Links of the chapters: they lead to what a student has, or to the web."""

import re
from itertools import pairwise

import nbformat
import pytest

from autograder.course import COURSE
from autograder.grading.notebooks.sanitize import markdown

NAMES = COURSE.names
LINK = re.compile(r"(?<!!)\[[^][]*(?:\[[^][]*\][^][]*)*\]\(([^()\s]+)\)")
PAPERS = re.compile(r"https://arxiv\.org/abs/\d{4}\.\d{5}|https://arxiv\.org/abs/\d{4}\.\d{4}")


def texts(chapter):
    cells = nbformat.read(COURSE.notebooks / f"{chapter}.ipynb", as_version=4).cells
    return [c.source for c in cells if c.cell_type == "markdown"]


def links(chapter):
    return [link for text in texts(chapter) for link in LINK.findall(text)]


@pytest.mark.parametrize("chapter", NAMES)
def test_a_relative_link_leads_to_a_file_that_students_get(chapter):
    for link in links(chapter):
        if not link.startswith("https://"):
            assert (COURSE.notebooks / link).is_file(), link


@pytest.mark.parametrize("chapter", NAMES)
def test_links_stay_links_where_a_grader_reads_them(chapter):
    for text in texts(chapter):
        assert LINK.findall(markdown(text)) == LINK.findall(text)


def test_each_chapter_leads_to_the_next():
    for chapter, following in pairwise(NAMES):
        assert f"{following}.ipynb" in links(chapter)


def test_the_first_chapter_leads_to_all_others_and_to_the_five_articles():
    found = links(NAMES[0])
    assert {f"{name}.ipynb" for name in NAMES[1:]} <= set(found)
    table = next(t for t in texts(NAMES[0]) if "| written as |" in t)
    for row in re.findall(r"^\| [A-E], .*$", table, re.MULTILINE):
        assert "](https://" in row, row


@pytest.mark.parametrize("chapter", [NAMES[0], *NAMES[2:5]])
def test_a_chapter_that_names_a_paper_leads_to_it(chapter):
    assert any(PAPERS.fullmatch(link) for link in links(chapter))


@pytest.mark.parametrize("text", ["[a](b.ipynb)", "see [the *next* [1]](b.ipynb), and"])
def test_a_link_is_found(text):
    assert LINK.findall(text) == ["b.ipynb"]
