"""Grades go into the very file that an LMS gave out, and a second time what has changed."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.tables import read_table

ONE, TWO = "01_reset_gate", "02_update_gate"
GRADES = f"""student,chapter,exercise,score,max_score,status,mistake,name,handed_in
Ada-11,{ONE},reset_gate,5.5,8,passed,,Ada Li,
Ada-11,{ONE},late_penalty,-1,0,late,2 days late,Ada Li,
Ada-12,{ONE},reset_gate,3,8,passed,,Ada Li,
bo,{ONE},,,8,nothing handed in,,Bo Weiß,
Ada-11,{TWO},update_gate,4,4,passed,,Ada Li,
"""
LINKS = f"""student,lms,chapter,id,name
Ada-11,moodle,{ONE},11,Ada Li
Ada-12,moodle,{ONE},12,Ada Li
Ada-11,moodle,{TWO},71,Ada Li
"""
GERMAN = [
    [
        *("ID", "Vollständiger Name", "E-Mail-Adresse", "Bewertung", "Bestwertung"),
        *("Zuletzt geändert (Abgabe)", "Zuletzt geändert (Bewertung)", "Feedback als Kommentar"),
    ],
    ["Teilnehmer/in12", "Ada Li", "b@x", "", "8,00", "Montag", "-", "schön"],
    ["Teilnehmer/in11", "Ada Li", "a@x", "", "8,00", "Montag", "-", ""],
    ["Teilnehmer/in13", "Bo Weiß", "c@x", "", "8,00", "-", "-", ""],
    ["Teilnehmer/in99", "Zoë Q", "z@x", "2,50", "8,00", "-", "alt", "=1+1"],
]
CANVAS = f"""Student,ID,SIS User ID,SIS Login ID,Section,{ONE} (77),Other (78),Final Score
,,,,,Manual Posting,,
    Points Possible,,,,,16,10,(read only)
"Li, Ada",101,s1,ada,A,,9,50
"Nobody, Here",102,s2,nob,A,3,,
"""


@pytest.fixture
def out(tmp_path):
    out = tmp_path / "graded"
    out.mkdir()
    (out / "grades.csv").write_text(GRADES, encoding="utf-8")
    (out / "collected.csv").write_text(LINKS, encoding="utf-8")
    return out


@pytest.fixture
def export(out, capsys):
    def run(*args: object) -> tuple[int, str]:
        status = main(["export", str(out), *map(str, args)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return status, said.out + said.err

    return run


def written(path: Path, rows: list, delimiter: str, encoding: str) -> Path:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    path.write_bytes(file.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_moodles_own_file_keeps_all_but_the_grades(export, tmp_path, encoding, delimiter):
    file = written(tmp_path / "w.csv", GERMAN, delimiter, encoding)
    status, said = export("--to", "moodle", "--into", file, "--chapter", ONE)
    assert status == 0, said
    table = read_table(file)
    assert [table.header, *([*r[:3], *r[4:6], r[7]] for r in table.rows)] == [
        GERMAN[0],
        *([*r[:3], *r[4:6], r[7]] for r in GERMAN[1:]),
    ]
    assert [r[3] for r in table.rows] == ["3", "4,5", "", "2,50"]
    new = re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d")
    assert [bool(new.fullmatch(r[6])) for r in table.rows] == [True, True, False, False]
    assert delimiter in file.read_bytes().decode(encoding)


def test_the_second_time_only_what_has_changed_is_written(export, out, tmp_path):
    file = written(tmp_path / "w.csv", GERMAN, ";", "utf-8-sig")
    export("--to", "moodle", "--into", file, "--chapter", ONE)
    before = file.read_bytes()
    assert (
        "0 grades written, 2 as they were"
        in export(*("--to", "moodle", "--into", file, "--chapter", ONE))[1]
    )
    assert file.read_bytes() == before
    (out / "grades.csv").write_text(GRADES.replace("-1,0,late", "-2,0,late"), encoding="utf-8")
    said = export("--to", "moodle", "--into", file, "--chapter", ONE)[1]
    assert "1 grade written, 1 as they were" in said
    assert read_table(file).rows[1][3] == "3,5"


def test_the_chapter_is_found_by_the_participants_and_asked_for_otherwise(export, tmp_path):
    file = written(tmp_path / "w.csv", GERMAN, ";", "utf-8")
    assert f"{ONE}: 2 grades written" in export("--to", "moodle", "--into", file)[1]
    strange = [GERMAN[0], ["Teilnehmer/in5", "X Y", "x@x", "", "8,00", "-", "-", ""]]
    file = written(tmp_path / "w2.csv", strange, ";", "utf-8")
    status, said = export("--to", "moodle", "--into", file)
    assert status == 2 and "of which chapter is it? Name it with --chapter" in said


def test_who_is_graded_and_not_in_the_file_is_listed_with_an_exit_status(export, tmp_path):
    file = written(tmp_path / "w.csv", GERMAN[:2] + GERMAN[3:], ";", "utf-8")
    status, said = export("--to", "moodle", "--into", file, "--chapter", ONE)
    assert status == 1 and "Not in the file: Ada Li (Ada-11)" in said


def test_a_name_that_two_students_have_is_asked_about(export, out, tmp_path):
    (out / "collected.csv").unlink()
    file = written(tmp_path / "w.csv", GERMAN, ";", "utf-8")
    said = export("--to", "moodle", "--into", file, "--chapter", ONE)[1]
    assert "Ada Li" in said and "2 students may be this one" in said and "left out" in said
    assert [r[3] for r in read_table(file).rows] == ["", "", "", "2,50"]


def test_grades_are_scaled_to_moodles_maximum(export, tmp_path):
    rows = [[c.replace("8,00", "100,00") for c in r] for r in GERMAN]
    file = written(tmp_path / "w.csv", rows, ";", "utf-8")
    said = export("--to", "moodle", "--into", file, "--chapter", ONE)[1]
    assert "Moodle's maximum is 100, the chapter's is 8" in said
    assert [r[3] for r in read_table(file).rows][:2] == ["37,5", "56,25"]


def test_canvass_own_file_keeps_its_columns_and_gets_one(export, out, tmp_path):
    (out / "collected.csv").write_text("student,lms,chapter,id,name\nAda-11,canvas,,101,liada\n")
    (tmp_path / "c.csv").write_text(CANVAS, encoding="utf-8")
    _, said = export("--to", "canvas", "--into", tmp_path / "c.csv", "--chapter", ONE)
    assert "Canvas's maximum is 16, the chapter's is 8" in said
    text = (tmp_path / "c.csv").read_text()
    assert text == CANVAS.replace("ada,A,,9,50", "ada,A,9,9,50")
    assert "Not in the file: Ada Li (Ada-12)" in said


def test_a_column_of_another_title_is_named(export, out, tmp_path):
    (out / "collected.csv").write_text("student,lms,chapter,id,name\nAda-11,canvas,,101,liada\n")
    (tmp_path / "c.csv").write_text(CANVAS.replace(ONE, "Week 3"), encoding="utf-8")
    status, said = export("--to", "canvas", "--into", tmp_path / "c.csv", "--chapter", ONE)
    assert status == 2 and "Week 3 (77), Other (78)" in said and "--column" in said
    more = ("--chapter", ONE, "--column", "Week 3")
    assert "1 grade written" in export("--to", "canvas", "--into", tmp_path / "c.csv", *more)[1]


@pytest.mark.parametrize("to", ["moodle", "canvas"])
def test_a_file_of_the_other_kind_is_refused_and_left_alone(export, tmp_path, to):
    file = tmp_path / "f.csv"
    if to == "canvas":
        written(file, GERMAN, ";", "utf-8")
    else:
        file.write_text(CANVAS)
    before = file.read_bytes()
    status, said = export("--to", to, "--into", file)
    assert status == 2 and "looks like the other one's" in said and file.read_bytes() == before


def test_out_names_another_file_and_the_one_of_the_lms_stays(export, tmp_path):
    file = written(tmp_path / "w.csv", GERMAN, ";", "utf-8")
    before = file.read_bytes()
    export("--to", "moodle", "--into", file, "--chapter", ONE, "--out", tmp_path / "up.csv")
    assert file.read_bytes() == before and read_table(tmp_path / "up.csv").rows[0][3] == "3"


def test_a_worksheet_of_a_chapter_that_is_not_graded_is_not_filled(export, out, tmp_path):
    graded = "".join(x for x in GRADES.splitlines(True) if TWO not in x)
    (out / "grades.csv").write_text(graded, encoding="utf-8")
    rows = [GERMAN[0], ["Teilnehmer/in71", "Ada Li", "a@x", "", "4,00", "-", "-", ""]]
    file = written(tmp_path / "w.csv", rows, ";", "utf-8")
    before = file.read_bytes()
    status, said = export("--to", "moodle", "--into", file)
    assert status == 2 and f"handed in {TWO}, of which nothing is graded" in said
    assert file.read_bytes() == before


def test_where_the_file_cannot_be_written_nothing_is_said_to_be(export, tmp_path, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("autograder.lms.export_into.write_file", full)
    file = written(tmp_path / f"{ONE}.csv", GERMAN, ";", "utf-8")
    status, said = export("--to", "moodle", "--into", file)
    assert status != 0 and "the disk is full" in said and "grades written" not in said
