"""Files of twenty tools, and of odd spellings: each is graded; what is no notebook says what to do."""

from __future__ import annotations

import ast

import pytest

from autograder.grading.notebooks.normalise import Normalised, Unreadable, grade_id, normalise
from autograder.grading.notebooks.read import AGAIN
from tests.helpers import tools
from tests.helpers.reworked import WRITTEN, solved
from tests.helpers.submissions import notebook

CHAPTERS = ("00_start_here", "04_hidden_state")


def meaning(text):
    return ast.dump(ast.parse(text))


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("writer", (*tools.TOOLS, *tools.SPELLINGS), ids=lambda f: f.__name__)
def test_every_answer_is_found_in_what_a_tool_writes(writer, chapter):
    cells = solved(chapter)
    made = normalise(notebook(chapter), writer(cells))
    assert isinstance(made, Normalised), made
    texts = {grade_id(c): c.source for c in made.notebook.cells if grade_id(c)}
    for cell in cells:
        if cell.exercise and cell.kind == "code":
            assert meaning(texts[cell.exercise]) == meaning(cell.text), cell.exercise
        elif cell.exercise:
            assert WRITTEN in texts[cell.exercise]


@pytest.mark.parametrize(
    "writer", [w for w in tools.TOOLS if w(solved(CHAPTERS[0])).startswith(b"{")]
)
def test_the_writers_write_notebooks(writer):
    if writer is not tools.deepnote:  # it adds a field to each cell
        tools.validated(writer(solved(CHAPTERS[0])))


LOGIN = b"<!DOCTYPE html>\n<html><title>Sign in</title><form action='/login'>...</form></html>"
PAGE = b"<!DOCTYPE html><html><body class='jp-Notebook'>h_t</body></html>"


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (LOGIN, "a web page that asks to log in"),
        (PAGE, "made from a notebook"),
        (b"<html><p>404</html>", "a web page (HTML), saved in place"),
        (b"%PDF-1.7\n%\xe2\xe3", "it is a PDF"),
        (b"PK\x03\x04" + bytes(30), "a zip archive"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"{\\rtf1 x}", "a text document"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "without the file"),
        (b"", "is empty"),
        (bytes(4000), "nothing but zeros"),
        (b'{"cells": [{"cell_type": "code", "sou', "damaged or cut short"),
        (b"My answer is 3.", "It begins 'My answer is 3.'"),
        (b"import marimo\n\napp = marimo.App()\n", "It begins 'import marimo"),
        (b'{"nbformat": "four", "cells": []}', "no nbformat number"),
        (b'{"a": 1}', "no nbformat number"),
    ],
)
def test_what_is_no_notebook_is_told_with_what_was_seen_and_what_to_do(data, seen):
    made = normalise(notebook(), data)
    assert isinstance(made, Unreadable)
    assert seen in made.says
    assert AGAIN in made.says and made.says.count(".") >= 2


def test_a_file_that_is_not_utf8_says_how_to_save_it():
    made = normalise(notebook(), b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\xe9"}]}')
    assert isinstance(made, Unreadable) and "Save the notebook as UTF-8" in made.says
