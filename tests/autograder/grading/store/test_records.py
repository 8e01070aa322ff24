"""Records, rows and grades.csv: what is put in is what is read out."""

from __future__ import annotations

import csv

import nbformat
import pytest

from autograder.grading.store import records
from autograder.grading.store.gradebook import (
    Cell,
    Mark,
    Row,
    all_rows,
    by_submission,
    graded_cells,
    marks,
    rows,
    rows_of,
    write_csv,
)
from autograder.grading.store.records import CheckRecord, Record
from tests.autograder.grading.store.classroom import WRITTEN, came, opened
from tests.helpers.submissions import CHAPTER, notebook

PASSED = CheckRecord("sigmoid", "passed", "", "", False, 2.0, 2.0)
FULL = Record(
    *("ada", CHAPTER, "d" * 64, 2**40, "bubblewrap", 1.5, "2030-05-01T12:00:00+00:00"),
    notes=("one", "two"),
    refused=("unreadable", "No JSON."),
    results=(PASSED, CheckRecord("affine", "failed", "swapped", "Why.", True, 0.5, 3.0)),
    answers={"sigmoid": "a\x00b \N{GREEK SMALL LETTER SIGMA} '\""},
    asked={WRITTEN: False, "check_sigmoid": True},
)
CODE, TEXT = Cell("check_sigmoid", False), Cell(WRITTEN, True)


@pytest.fixture
def room(tmp_path):
    with opened(tmp_path) as made:
        yield made


@pytest.mark.parametrize("record", [FULL, Record("ada", CHAPTER)], ids=["full", "empty"])
def test_a_record_is_read_as_it_was_put(room, record):
    records.put(room.gb, record)
    assert records.get(room.gb, "ada", CHAPTER) == record


def test_a_record_takes_the_place_of_an_older_one_and_of_no_other(room):
    ada, bob = FULL._replace(chapter="another"), FULL._replace(student="bob")
    new = FULL._replace(digest="new")
    for record in (FULL, bob, ada, new):
        records.put(room.gb, record)
    assert list(records.all(room.gb)) == [new, ada, bob]


def test_what_is_known_are_digest_and_walls(room):
    records.put(room.gb, FULL)
    records.put(room.gb, Record("bob", CHAPTER))
    assert records.known(room.gb) == {
        ("ada", CHAPTER): ("d" * 64, "bubblewrap"),
        ("bob", CHAPTER): ("", ""),
    }


def test_of_a_submission_that_was_never_seen_there_is_no_record(room):
    assert records.get(room.gb, "ada", CHAPTER) is None


def test_making_the_table_again_loses_nothing(room):
    records.put(room.gb, FULL)
    room.gb.db.commit()
    records.make_table(room.gb)
    assert records.get(room.gb, "ada", CHAPTER) == FULL


def one(cell: Cell, mark: Mark, record: Record) -> tuple:
    """Return score, status and mistake of a row."""
    (row,) = rows([cell], {cell.name: mark}, record)
    return row.score, row.status, row.mistake


GRADED = Record("ada", CHAPTER, "digest", results=(PASSED,))


@pytest.mark.parametrize(
    ("cell", "mark", "record", "due"),
    [
        (CODE, Mark(2.0, 2.0, 2.0, None), GRADED, (2.0, "passed", "")),
        (CODE, Mark(1.0, 2.0, 2.0, 1.0), GRADED, (1.0, "passed", "")),
        (
            CODE,
            Mark(0.0, 2.0, 0.0, None),
            GRADED._replace(results=()),
            (0.0, "error", "no_verdict"),
        ),
        (CODE, Mark(0.0, 2.0, 0.0, None), Record("ada", CHAPTER), (0.0, "error", "not_graded")),
        (CODE, Mark(0.0, 2.0, 0.0, None), FULL, (0.0, "error", "unreadable")),
        (TEXT, Mark(0.0, 2.0, 0.0, None), GRADED, (0.0, "not attempted", "")),
        (TEXT, Mark(0.0, 2.0, None, None), GRADED, (None, "manual", "")),
        (TEXT, Mark(0.0, 2.0, None, 0.0), GRADED, (0.0, "manual", "")),
        (TEXT, Mark(1.5, 2.0, 0.0, 1.5), GRADED, (1.5, "manual", "")),
        (TEXT, Mark(1.5, 2.0, 0.0, 1.5), FULL, (1.5, "error", "unreadable")),
    ],
)
def test_a_row_has_the_gradebooks_score_and_the_records_status(cell, mark, record, due):
    assert one(cell, mark, record) == due


def test_a_row_says_whose_it_is_and_how_many_points_there_are():
    (row,) = rows([TEXT], {WRITTEN: Mark(0.0, 2.0, None, None)}, GRADED)
    assert row == Row("ada", CHAPTER, WRITTEN, None, 2.0, "manual", "")


def test_the_graded_cells_of_a_notebook_are_its_checks_and_its_written_answers():
    cells = graded_cells(notebook().cells)
    assert [(c.name, c.exercise, c.written) for c in cells] == [
        ("check_sigmoid", "sigmoid", False),
        ("check_affine", "affine", False),
        (WRITTEN, WRITTEN, True),
    ]


def test_marks_are_those_of_whom_is_asked_for(room):
    for student in ("ada", "bob"):
        room.grade(room.hand_in(student), came(sigmoid=1.0))
    assert set(marks(room.gb)) == {("ada", CHAPTER), ("bob", CHAPTER)}
    assert set(marks(room.gb, student="bob")) == {("bob", CHAPTER)}
    assert marks(room.gb, chapter="another") == {}
    assert marks(room.gb, grades=[]) == {}
    assert marks(room.gb)["ada", CHAPTER]["check_sigmoid"] == Mark(1.0, 2.0, 1.0, None)


def test_the_rows_of_a_class_are_sorted_by_student_and_in_the_notebooks_order(room):
    for student in ("bob", "ada"):
        room.grade(room.hand_in(student), came())
    found = [(row.student, row.exercise) for row in all_rows(room.gb, room.directory)]
    order = ("sigmoid", "affine", WRITTEN)
    assert found == [(student, name) for student in ("ada", "bob") for name in order]


def test_answers_are_read_only_where_they_are_asked_for(room):
    room.grade(room.hand_in(), came(answers={"sigmoid": "s"}))
    ((record, _),) = by_submission(room.gb, room.directory)
    assert record.answers == {"sigmoid": "s"}
    ((record, _),) = by_submission(room.gb, room.directory, answers=False)
    assert record.answers == {}


def test_of_what_plain_nbgrader_has_graded_the_notebook_is_the_record(room):
    made = came(sigmoid=1.0)
    room.grade(room.hand_in(), made)
    before = all_rows(room.gb, room.directory)
    room.gb.db.execute(records.TABLE.delete())
    room.gb.db.commit()
    assert all_rows(room.gb, room.directory) == before
    nb = nbformat.v4.reads(made.notebook)
    assert rows_of(room.gb, nb, "ada", CHAPTER) == before
    room.directory.path("autograded", "ada", CHAPTER).unlink()
    assert {row.mistake for row in all_rows(room.gb, room.directory)} == {"not_graded"}


def test_grades_csv_has_a_score_as_short_as_it_is_exact_and_nothing_where_a_person_is_due(tmp_path):
    path = tmp_path / "grades.csv"
    third = Row("ada", CHAPTER, "affine", 1 / 3, 3.0, "failed", "swapped")
    waits = Row("ada, bob", CHAPTER, WRITTEN, None, 2.0, "manual", "")
    write_csv(path, [third, waits])
    with path.open(newline="", encoding="utf-8") as file:
        head, *table = csv.reader(file)
    assert head == [*Row._fields, "name", "handed_in"]
    assert table == [
        ["ada", CHAPTER, "affine", "0.3333333333", "3", "failed", "swapped", "ada", ""],
        ["ada, bob", CHAPTER, WRITTEN, "", "2", "manual", "", "ada, bob", ""],
    ]
