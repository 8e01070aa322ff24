"""DIR/grades.csv -> a file for a spreadsheet, Canvas or Moodle."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.lms.export import points

ONE, TWO = "01_reset_gate", "02_update_gate"
GRADES = f"""student,chapter,exercise,score,max_score,status,mistake,later_column
Ada-1,{ONE},reset_gate,3,3,passed,,x
Ada-1,{ONE},concat_gate,2.4,3,failed,fails_for_a_batch,x
Ada-1,{ONE},why_sigmoid,,2,manual,,x
Ada-1,{TWO},update_gate,0.1,4,failed,,x
Ada-1,{TWO},half_life,0.2,4,failed,,x
Bob-2,{ONE},reset_gate,0,3,not attempted,,x
Bob-2,{ONE},concat_gate,0,3,error,,x
Bob-2,{ONE},why_sigmoid,,2,manual,,x
"""
MOODLE = f"""student,lms,chapter,id,name
Ada-1,moodle,{ONE},11,Ada Lovelace
Ada-1,moodle,{TWO},52,Ada Lovelace
Bob-2,moodle,{ONE},12,'=HYPERLINK("x")
"""
CANVAS = """student,lms,chapter,id,name
Ada-1,canvas,,1001,lovelaceada
Bob-2,canvas,,1002,bob
"""


@pytest.fixture
def out(tmp_path):
    (tmp_path / "grades.csv").write_text(GRADES)
    return tmp_path


@pytest.fixture
def export(out, capsys):
    """Return a function that exports: status and what was printed."""

    def run(to, *more, roster=None):
        if roster is not None:
            (out / "roster.csv").write_text(roster)
        status = main(["export", str(out), "--to", to, *map(str, more)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return status, said.out + said.err

    return run


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_csv_has_a_row_a_student_and_the_total_of_each_chapter(export, out):
    assert export("csv")[0] == 0
    assert table(out / "csv.csv") == [
        ["student", "name", ONE, f"{ONE} max", TWO, f"{TWO} max"],
        ["Ada-1", "", "5.4", "8", "0.3", "8"],
        ["Bob-2", "", "0", "8", "", "8"],
    ]


def test_canvas_gets_its_five_columns_and_the_row_of_points(export, out):
    assert export("canvas", roster=CANVAS)[0] == 0
    assert table(out / "canvas.csv") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", ONE, TWO],
        ["    Points Possible", "", "", "", "", "8", "8"],
        ["lovelaceada", "1001", "", "", "", "5.4", "0.3"],
        ["bob", "1002", "", "", "", "0", ""],
    ]


def test_moodle_gets_a_worksheet_a_chapter_with_the_number_of_that_assignment(export, out):
    assert export("moodle", roster=MOODLE)[0] == 0
    header = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)"]
    assert table(out / f"moodle_{ONE}.csv") == [
        header,
        ["Participant 11", "Ada Lovelace", "5.4", "8", "-"],
        ["Participant 12", '\'=HYPERLINK("x")', "0", "8", "-"],
    ]
    assert table(out / f"moodle_{TWO}.csv") == [
        header,
        ["Participant 52", "Ada Lovelace", "0.3", "8", "-"],
    ]


def test_answers_that_wait_for_a_person_are_counted(export, out):
    assert "2 answers wait for a person; their points are missing" in export("csv")[1]
    (out / "grades.csv").write_text(GRADES.replace("why_sigmoid,,2", "why_sigmoid,1,2", 1))
    assert "1 answer waits for a person; its points are missing" in export("csv")[1]
    (out / "grades.csv").write_text(GRADES.replace("why_sigmoid,,2", "why_sigmoid,1,2"))
    assert "for a person" not in export("csv")[1]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
@pytest.mark.parametrize("to", ["csv", "canvas", "moodle"])
def test_no_cell_of_a_students_making_is_a_formula(export, out, to, first):
    name = f"{first}cmd|' /C calc'!A0"
    with (out / "grades.csv").open("a", newline="") as file:
        csv.writer(file).writerow([name, ONE, "reset_gate", "1", "3", "passed", "", ""])
    known = f'{CANVAS}"{name}",canvas,,5,"{name}"\n{MOODLE.split(chr(10), 1)[1]}'
    status, _ = export(to, roster=known + f'"{name}",moodle,{ONE},5,"{name}"\n')
    files = [p for p in out.glob("*.csv") if p.name not in ("grades.csv", "roster.csv")]
    cells = [cell for path in files for row in table(path)[1:] for cell in row]
    assert status == 0 and f"'{name}" in cells
    assert not any(c.startswith(first) and c != "-" for c in cells)


def test_out_names_the_file_and_roster_the_roster(export, out):
    (out / "who.csv").write_text(CANVAS)
    assert export("canvas", "--out", out / "up.csv", "--roster", out / "who.csv")[0] == 0
    assert table(out / "up.csv")[2][1] == "1001" and not (out / "canvas.csv").exists()


def test_out_names_the_one_worksheet_of_moodle_or_gets_the_chapters_name(export, out):
    export("moodle", "--out", out / "up.csv", roster=MOODLE)
    assert (out / f"up_{ONE}.csv").exists() and not (out / "up.csv").exists()
    only = [line for line in GRADES.splitlines() if TWO not in line]
    (out / "grades.csv").write_text("\n".join(only) + "\n")
    export("moodle", "--out", out / "up.csv")
    assert len(table(out / "up.csv")) == 3


def test_a_student_without_a_number_in_moodle_is_left_out_and_named(export, out):
    roster = "".join(line for line in MOODLE.splitlines(True) if "Bob" not in line)
    status, said = export("moodle", roster=roster)
    assert status == 0 and "1 student with no Moodle number" in said and "Bob-2" in said
    assert len(table(out / f"moodle_{ONE}.csv")) == 2


def test_a_student_without_a_canvas_id_is_there_by_name_and_counted(export, out):
    roster = "".join(line for line in CANVAS.splitlines(True) if "Bob" not in line)
    status, said = export("canvas", roster=roster)
    assert status == 0 and "1 student with no Canvas ID" in said
    assert table(out / "canvas.csv")[3][:2] == ["Bob-2", ""]


def test_an_anonymous_student_of_canvas_is_left_out_and_counted(export, out):
    roster = CANVAS.replace("Bob-2,canvas,,1002", f"Bob-2,canvas-anonymous,{ONE},a1B2c")
    status, said = export("canvas", roster=roster)
    assert status == 0 and "1 student anonymous" in said
    assert [row[0] for row in table(out / "canvas.csv")][2:] == ["lovelaceada"]


@pytest.mark.parametrize("to, roster", [("canvas", MOODLE), ("moodle", CANVAS)])
def test_the_roster_of_another_lms_is_a_sentence(export, out, to, roster):
    status, said = export(to, roster=roster)
    assert status == 2 and "The roster holds no" in said
    assert not list(out.glob(f"{to}*"))


@pytest.mark.parametrize("to", ["canvas", "moodle"])
def test_no_roster_is_a_sentence(export, to):
    status, said = export(to)
    assert status == 2 and "--roster" in said


@pytest.mark.parametrize(
    "grades, why",
    [
        (None, "autograder grade"),
        ("", "no column student"),
        (GRADES.splitlines()[0], "no grades yet"),
        (GRADES.replace("max_score", "most"), "no column max_score"),
        (GRADES.replace("2.4", "a lot"), "line 3: 'a lot' is not a number"),
        (GRADES.replace("2.4", "nan"), "line 3: 'nan' is not a number"),
        (GRADES + f"Cy,{ONE},reset_gate,1\n", "line 10: None is not a number"),
        (GRADES.replace("Bob-2", "", 1), "line 7: there is no student"),
        (GRADES + "\xff", "UTF-8"),
        (GRADES + "\0" * 3, "line 10"),
    ],
)
def test_grades_that_cannot_be_read_are_a_sentence(export, out, grades, why):
    (out / "grades.csv").unlink()
    if grades is not None:
        (out / "grades.csv").write_text(grades, encoding="latin-1")
    status, said = export("csv")
    assert (status, said.count("\n")) == (2, 1) and why in said
    assert not (out / "csv.csv").exists()


@pytest.mark.parametrize("name", ["grades.csv", "gradebook.db", "roster.csv", ".", "no/such.csv"])
def test_out_never_replaces_what_is_the_graders_own(export, out, name):
    status, said = export("csv", "--out", out / name)
    assert status == 2 and "--out" in said
    assert (out / "grades.csv").read_text() == GRADES


def test_a_file_is_replaced_whole_or_not_at_all(export, out, monkeypatch):
    export("csv")
    before = (out / "csv.csv").read_bytes()
    (out / "grades.csv").write_text(GRADES.replace("2.4", "1.5"))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    status, said = export("csv")
    assert status == 2 and "cannot be written: No space left" in said
    assert (out / "csv.csv").read_bytes() == before


@pytest.mark.parametrize(
    "number, text",
    [(0.1 + 0.2, "0.3"), (1e-9, "0"), (-1e-9, "0"), (10.0, "10"), (1e7, "10000000"), (2.5, "2.5")],
)
def test_points_have_no_exponent_and_no_digits_of_rounding(number, text):
    assert points(number) == text


def test_a_directory_is_exported_as_the_person_whose_it_is(export, out):
    people = (
        "student,name,first,last,email,group,state,extension,canvas,id,username,key,directories"
    )
    (out / "people.csv").write_text(f"{people}\nAda-1,Ada,,Ada,,,enrolled,0,,,,k,other/x\n")
    export("canvas", roster=CANVAS.replace("Ada-1", "other"))
    assert table(out / "canvas.csv")[2][1] == "1001"
