"""The notebook that is run: the release's own cells, the student's answers and own cells."""

from __future__ import annotations

import json

import nbformat
import pytest

from autograder.course import COURSE
from autograder.authoring import source
from autograder.grading.notebooks.normalise import Normalised, Unreadable, grade_id, normalise
from tests.helpers.submissions import CHAPTER, insert_copy, named, notebook, remove, solved, written

WRITTEN = written(notebook())[0]


def normalised(nb: nbformat.NotebookNode | dict) -> Normalised:
    made = normalise(notebook(), json.dumps(nb).encode())
    assert isinstance(made, Normalised), made
    nbformat.validate(made.notebook)
    nbformat.writes(made.notebook).encode()
    return made


def sources(nb: nbformat.NotebookNode) -> list[str]:
    return [c.source for c in nb.cells]


def test_an_untouched_notebook_is_the_release():
    made = normalised(notebook())
    assert made.notebook == notebook()
    assert made.notes == ()


def test_answers_come_from_the_student():
    made = normalised(solved("sigmoid", **{WRITTEN: "Because."}))
    assert named(made.notebook, "sigmoid").source == source.keys(COURSE, CHAPTER)["sigmoid"]
    assert named(made.notebook, WRITTEN).source == "Because."
    assert named(made.notebook, "affine").source == named(notebook(), "affine").source
    assert made.notes == ()


def test_the_release_is_not_changed():
    release = notebook()
    normalise(release, json.dumps(solved("sigmoid")).encode())
    assert release == notebook()


@pytest.mark.parametrize("how", ["deleted", "edited", "tagged", "copied", "made worth more"])
def test_what_a_student_does_to_a_check_cell_changes_nothing(how):
    nb = solved("sigmoid", "affine")
    check = named(nb, "check_sigmoid")
    if how == "deleted":
        remove(nb, "check_sigmoid")
    elif how == "edited":
        check.source = "check('nothing')"
    elif how == "tagged":
        check.metadata.tags = ["skip-execution"]
    elif how == "copied":
        insert_copy(nb, "check_sigmoid")
    else:
        check.metadata.nbgrader.points = 100
    made = normalised(nb)
    assert made.notebook == normalised(solved("sigmoid", "affine")).notebook
    assert made.notes == ()


def test_of_a_duplicated_answer_the_last_counts_and_the_first_runs_before_it():
    nb = solved("sigmoid")
    insert_copy(nb, "sigmoid", source="sigmoid = 2")
    made = normalised(nb)
    assert named(made.notebook, "sigmoid").source == "sigmoid = 2"
    before = made.notebook.cells[made.notebook.cells.index(named(made.notebook, "sigmoid")) - 1]
    assert before.source == source.keys(COURSE, CHAPTER)["sigmoid"]
    assert grade_id(before) is None
    assert made.notes == ("The answer cell of `sigmoid` is there 2 times. The last one counts.",)


@pytest.mark.parametrize("name", ["sigmoid", WRITTEN])
def test_a_missing_answer_leaves_the_stub_and_a_note(name):
    nb = solved("sigmoid", **{WRITTEN: "Because."})
    remove(nb, name)
    made = normalised(nb)
    assert named(made.notebook, name).source == named(notebook(), name).source
    assert made.notes == (
        f"The answer cell of `{name}` is missing, so it counts as not attempted.",
    )


@pytest.mark.parametrize("blank", ["", "  \n"])
def test_an_empty_answer_counts_as_the_stub(blank):
    made = normalised(solved(**{WRITTEN: blank}))
    assert named(made.notebook, WRITTEN).source == named(notebook(), WRITTEN).source
    assert "is empty" in made.notes[0]


def test_white_space_around_a_stub_is_no_attempt():
    stub = named(notebook(), WRITTEN).source
    made = normalised(solved(**{WRITTEN: f"\n{stub}\n"}))
    assert named(made.notebook, WRITTEN).source == stub


def test_cells_that_a_student_added_stay_behind_the_cell_that_they_followed():
    nb = solved("sigmoid")
    at = nb.cells.index(named(nb, "sigmoid"))
    nb.cells.insert(at + 1, nbformat.v4.new_markdown_cell("my thoughts"))
    nb.cells.insert(at, nbformat.v4.new_code_cell("def helper(a): return a"))
    got = sources(normalised(nb).notebook)
    assert got == sources(nb)


def test_nothing_runs_before_the_courses_first_cell():
    nb = solved("sigmoid")
    nb.cells.insert(0, nbformat.v4.new_code_cell("import numpy"))
    nb.cells.insert(0, nbformat.v4.new_markdown_cell("my name"))
    got = sources(normalised(nb).notebook)
    assert got[0] == "my name"
    assert got[got.index("import numpy") - 1] == named_first(nb)


def named_first(nb):
    return next(c.source for c in nb.cells if c.source.startswith("import numpy as np"))


def test_outputs_metadata_and_tags_of_a_student_are_left_behind():
    nb = notebook()
    own = nbformat.v4.new_code_cell("1 + 1", metadata={"tags": ["skip-execution"], "x": 1})
    own.outputs = [nbformat.v4.new_output("stream", text="200 points")]
    nb.cells.append(own)
    named(nb, "sigmoid").metadata.tags = ["skip-execution"]
    nb.metadata.kernelspec = {"name": "evil", "display_name": "evil"}
    made = normalised(nb).notebook
    assert made.cells[-1].outputs == []
    assert "tags" not in made.cells[-1].metadata
    assert "tags" not in named(made, "sigmoid").metadata
    assert made.metadata == notebook().metadata


def test_a_file_that_lost_its_ids_is_matched_by_its_text():
    nb = solved("sigmoid")
    for cell in nb.cells:
        del cell["id"]
    nb.nbformat_minor = 4
    made = normalised(nb).notebook
    assert sources(made) == sources(solved("sigmoid"))


def test_a_file_that_lost_its_metadata_is_matched_by_its_ids():
    nb = solved("sigmoid")
    for cell in nb.cells:
        cell.metadata = {}
    assert sources(normalised(nb).notebook) == sources(solved("sigmoid"))


def test_an_answer_turned_into_another_kind_of_cell_is_still_the_answer():
    nb = solved("sigmoid")
    cell = named(nb, "sigmoid")
    cell.cell_type = "markdown"
    assert normalised(nb).notebook == normalised(solved("sigmoid")).notebook


def test_a_definition_in_a_cell_of_the_course_runs_behind_it():
    nb = notebook()
    first = next(c for c in nb.cells if c.cell_type == "code")
    first.source = f"import math\n{first.source}\ntau = 2 * math.pi"
    made = normalised(nb)
    at = sources(made.notebook).index(named_first(notebook()))
    assert sources(made.notebook)[at + 1] == "import math\n\ntau = 2 * math.pi"
    assert made.notes == ()


def test_a_changed_prediction_or_demonstration_is_nothing_of_the_students():
    nb = notebook()
    for cell in nb.cells:
        if cell.source.startswith(("predict(", "rng = ")):
            cell.source = cell.source.replace("...", "0.5").replace("default_rng(0)", "default_rng(1)")
    assert normalised(nb).notebook == notebook()


def test_an_answer_in_another_cell_counts_and_its_place_is_told():
    nb = notebook()
    key = source.keys(COURSE, CHAPTER)["sigmoid"]
    at = nb.cells.index(named(nb, "check_sigmoid"))
    nb.cells.insert(at + 2, nbformat.v4.new_code_cell(f"{key}\n\ncheck(sigmoid)"))
    made = normalised(nb)
    assert key in named(made.notebook, "sigmoid").source
    says = "Your `sigmoid` of another cell counts: there is no answer in its own cell."
    assert made.notes == (says,)


def test_of_two_definitions_the_one_counts_that_was_checked_last():
    nb = solved(sigmoid="def sigmoid(a):\n    return a")
    at = nb.cells.index(named(nb, "check_sigmoid"))
    better = nbformat.v4.new_code_cell("def sigmoid(a):\n    return 2 * a\n\ncheck(sigmoid)")
    nb.cells.insert(at + 1, better)
    nb.cells.append(nbformat.v4.new_code_cell("def sigmoid(a):\n    return 3 * a"))
    made = normalised(nb)
    assert named(made.notebook, "sigmoid").source == better.source
    assert made.notes == (
        "Your `sigmoid` of another cell counts: it is the last one that was checked.",
    )


def test_the_numbers_of_the_cells_tell_which_definition_was_checked_last():
    nb = solved(sigmoid="def sigmoid(a):\n    return a")
    named(nb, "sigmoid").execution_count = 40  # of a session before
    nb.cells.append(nbformat.v4.new_code_cell("def sigmoid(a):\n    return 2 * a"))
    nb.cells[-1].execution_count = 3
    named(nb, "check_sigmoid").execution_count = 4
    assert named(normalised(nb).notebook, "sigmoid").source == nb.cells[-1].source


def test_a_written_answer_below_above_or_in_the_question_goes_to_the_person_who_grades():
    for where in ("below", "above", "question", "comment"):
        nb = notebook()
        at = nb.cells.index(named(nb, WRITTEN))
        text = nbformat.v4.new_markdown_cell("Because of the rows.")
        if where == "question":
            nb.cells[at - 1].source += "\n\nBecause of the rows."
        elif where == "comment":
            nb.cells.insert(at + 1, nbformat.v4.new_code_cell("# Because of the rows."))
        else:
            nb.cells.insert(at + (where == "below"), text)
        made = normalised(nb)
        assert "Because of the rows." in named(made.notebook, WRITTEN).source, where
        assert "A person reads it" in made.notes[0]


def test_what_the_checks_have_said_in_the_file_is_read_and_decides_nothing():
    nb = notebook()
    check = named(nb, "check_sigmoid")
    data = {"text/plain": "✓ sigmoid: passed, 2 of 2 points"}
    check.outputs = [nbformat.v4.new_output("execute_result", data)]
    old = nbformat.v4.new_output("display_data", {"text/html": ["<b>✓ affine:", " passed</b>"]})
    new = nbformat.v4.new_output("display_data", {"text/html": "<b>✗ affine: failed</b>"})
    named(nb, "check_affine").outputs = [old, new]
    made = normalised(nb)
    assert made.said == {"sigmoid": "passed", "affine": "failed"}
    assert made.notebook == notebook()


def test_a_pasted_picture_stays_with_a_written_answer_and_nothing_else_does():
    nb = solved(**{WRITTEN: "![a](attachment:a.png) ![b](attachment:b.svg)"})
    named(nb, WRITTEN)["attachments"] = {
        "a.png": {"image/png": "iVBORw0KGgo="},
        "b.svg": {"image/svg+xml": "<svg onload='alert(1)'/>"},
    }
    kept = named(normalised(nb).notebook, WRITTEN).attachments
    assert list(kept) == ["a.png"]


def test_the_notebook_of_another_chapter_is_told():
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    assert "another chapter" in normalised(nb).notes[0]


def test_the_old_format_3_is_read():
    cell = {"cell_type": "code", "input": "sigmoid = 3", "outputs": [], "language": "python"}
    cell["metadata"] = {"nbgrader": {"grade_id": "sigmoid"}}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [cell]}]}
    assert named(normalised(old).notebook, "sigmoid").source == "sigmoid = 3"


def test_a_byte_order_mark_is_no_obstacle():
    made = normalise(notebook(), b"\xef\xbb\xbf" + json.dumps(notebook()).encode())
    assert isinstance(made, Normalised)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\xff\xfe\x00", "not UTF-16"),
        (b"a\xff", "not UTF-8"),
        (b"hello", "not JSON (line 1"),
        (b'{\n<<<<<<< HEAD\n"a": 1', "merge conflict"),
        (b"[" * 100_000, "not"),
        (b"[1]", "no nbformat"),
        (b"null", "no nbformat"),
        (b'{"nbformat": "4"}', "no list of cells"),
        (b'{"nbformat": 5}', "format 5"),
        (b'{"nbformat": 3, "worksheets": 3}', "old format 3"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 4, "cells": [3]}', "cell 1 has no known cell type"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}', "cell 1 has no text"),
    ],
)
def test_what_is_no_notebook_is_told_in_a_sentence(data, says):
    made = normalise(notebook(), data)
    assert isinstance(made, Unreadable)
    assert says in made.says


@pytest.mark.parametrize(
    "cell",
    [
        {"cell_type": "code", "source": ["a", "b"], "metadata": []},
        {"cell_type": "code", "metadata": {"nbgrader": "x"}},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["x"]}}},
        {"cell_type": "markdown", "source": "a", "attachments": {"a": 3}},
        {"cell_type": "raw", "source": "\ud800", "id": 7},
    ],
)
def test_an_odd_cell_is_taken_for_what_its_text_is(cell):
    nb = notebook() | {"cells": [*notebook().cells, cell]}
    blank = not cell.get("source")  # an empty cell is left out
    assert len(normalised(nb).notebook.cells) == len(nb["cells"]) - blank
