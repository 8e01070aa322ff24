"""A class list is read as any program writes it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from autograder.errors import GradingError
from autograder.grading.people.class_list import read_people
from autograder.grading.people.person import first_and_last
from autograder.tables import parse, read_table

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252")
GERMAN = [
    *("ID", "Vollständiger Name", "ID-Nummer", "E-Mail-Adresse", "Status", "Bewertung"),
    *("Bestwertung", "Zuletzt geändert (Bewertung)"),
]
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Chapter 0 (991),Final Score
,,,,,Manual Posting,
    Points Possible,,,,,7,(read only)
"Núñez, José",101,u1,jose@uni.example,A,,
"O’Brien, Conan",102,u2,conan,B,,
"Student, Test",999,,,A,,
"""


def written(
    path: Path, rows: list[list[str]], delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    path.write_bytes(file.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_list_is_read_in_every_encoding_and_with_every_delimiter(tmp_path, encoding, delimiter):
    rows = [["Name", "Email", "Extension"], ["Núñez, José", "j@x", "1,5"], ["Ada Weiß", "a@x", ""]]
    people = read_people(written(tmp_path / "l.csv", rows, delimiter, encoding))
    assert [(p.first, p.last, p.email, p.extension) for p in people] == [
        ("José", "Núñez", "j@x", 1.5),
        ("Ada", "Weiß", "a@x", 0.0),
    ]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quoted", [False, True])
def test_a_table_is_written_back_as_it_was_read(tmp_path, encoding, delimiter, end, quoted):
    rows = [["Name", "Note"], ["Weiß", "é"], ["Núñez", 'a "b"']]
    file = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    data = file.getvalue().encode(encoding)
    assert parse(data, "x").data() == data


def test_excels_own_line_about_the_delimiter_is_kept():
    data = b"sep=;\r\nName;Id\r\nAda;1\r\n"
    table = parse(data, "x")
    assert table.header == ["Name", "Id"] and table.data() == data


def test_moodles_worksheet_is_read_in_german(tmp_path):
    rows = [GERMAN, ["Teilnehmer/in2001", "Ada Weiß", "7001", "a@x", "…", "", "7,00", "-"]]
    (ada,) = read_people(written(tmp_path / "w.csv", rows, ";", "utf-8-sig"))
    assert (ada.participant, ada.id, ada.name, ada.email) == ("2001", "7001", "Ada Weiß", "a@x")


def test_canvass_gradebook_is_read_without_its_points_and_its_test_student(tmp_path):
    (tmp_path / "c.csv").write_text(CANVAS, encoding="utf-8")
    jose, conan = read_people(tmp_path / "c.csv")
    assert (jose.canvas, jose.id, jose.name, jose.email) == (
        *("101", "u1", "José Núñez"),
        "jose@uni.example",
    )
    assert (conan.canvas, conan.username, conan.last) == ("102", "conan", "O’Brien")


@pytest.mark.parametrize(
    ("header", "cell"), [("withdrawn", "yes"), ("Status", "withdrawn"), ("state", "Withdrawn")]
)
def test_who_has_withdrawn_is_known(tmp_path, header, cell):
    kind = header if header != "Status" else "enrolment"
    rows = [["name", kind], ["Ada A", cell], ["Bo B", ""]]
    assert [p.withdrawn for p in read_people(written(tmp_path / "l.csv", rows))] == [True, False]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour,size\nred,3\n", "the columns colour, size"),
        ("name\n", "names nobody"),
        ("", "it is empty"),
        ("id,name\n7,Ada\n7,Bo\n", "lines 2 and 3: two people have the id 7"),
        ("name\nAda A\nAda A\n", "two people have the name Ada A"),
        ("name,extension\nAda,soon\n", "line 2: 'soon' is no number of days"),
    ],
)
def test_what_is_no_class_list_is_said(tmp_path, text, says):
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(GradingError, match=says):
        read_people(tmp_path / "l.csv")


def test_a_workbook_is_named_as_what_it_is(tmp_path):
    (tmp_path / "l.csv").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(GradingError, match="Save it as CSV"):
        read_table(tmp_path / "l.csv")


def test_both_orders_of_a_name_are_one():
    assert first_and_last("Lovelace, Ada King") == first_and_last("Ada King Lovelace")
