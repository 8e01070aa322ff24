"""What a Moodle 5.1 gave out and took back: its names, numbers, worksheets and their grades."""

from __future__ import annotations

import pytest

from autograder.cli import main
from autograder.grading.people.class_list import read_people
from autograder.grading.people.links import Link
from autograder.grading.people.matching import match
from autograder.lms.feedback_zip import Page, pack
from autograder.tables import read_table

CHAPTER = "00_start_here"
HEAD = (
    'Identifier,"Full name","Email address",Status,Group,Grade,"Maximum grade","Grade can be '
    'changed","Last modified (submission)","Last modified (grade)","Feedback comments"\n'
)
DAY = '"Friday, 27 November 2026, 7:39 PM"'
NAMES = ["Ada Li", "Jose\u0301 Mun\u0303oz", "Zoë O’Brien", "Ann Smith, Jr", "Bo Weiß", "Cyd Roy"]


def row(number: int, name: str, group: str = "", grade: str = "") -> str:
    email = f"{number}@uni.example"
    return (
        f'"Participant {number}","{name}",{email},"Submitted for grading -  - ",{group},{grade},'
        f"100.00,Yes,{DAY},-,\n"
    )


@pytest.fixture
def sheet(tmp_path):
    def write(*rows: str, head: str = HEAD):
        path = tmp_path / "sheet.csv"
        path.write_text("\ufeff" + head + "".join(rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def graded(tmp_path):
    """Return a directory of grades, of students with their points and uploads."""

    def make(*links: Link, **points: float):
        out = tmp_path / "graded"
        out.mkdir()
        lines = ["student,chapter,exercise,score,max_score,status,mistake,name,handed_in"]
        for student, score in points.items():
            own = next((link.student for link in links if link.student == student), student)
            lines.append(f"{own},{CHAPTER},sigmoid,{score},7,passed,,{student},")
        (out / "grades.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        kept = ["student,lms,chapter,id,name", *(",".join(link) for link in links)]
        (out / "collected.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
        return out

    return make


def moodle(student: str, number: str, name: str) -> Link:
    return Link(student, "moodle", CHAPTER, number, name)


def test_a_name_with_a_comma_is_not_turned_round_where_the_others_have_none(sheet):
    people = read_people(sheet(*(row(i, name) for i, name in enumerate(NAMES, 1))))
    assert [p.name for p in people][3] == "Ann Smith, Jr"
    assert people[1].name == "José Muñoz"
    turned = ["Li, Ada", "Smith, Ann, Jr", "Weiß, Bo"]
    people = read_people(sheet(*(row(i, name) for i, name in enumerate(turned, 1))))
    assert [p.name for p in people] == ["Ada Li", "Ann, Jr Smith", "Bo Weiß"]


@pytest.mark.parametrize("members", [["Bo Weiß"], ["Bo Weiß", "Cyd Roy"]])
def test_a_teams_number_is_not_a_participants(sheet, graded, members):
    # Moodle calls a team's folder by the team and the number of its group: here 1, as Ada's own
    rows = [row(1, "Ada Li"), *(row(9 + i, name, "Rot") for i, name in enumerate(members))]
    people = read_people(path := sheet(*rows))
    links = [moodle("Rot-1", "1", "Rot")]
    found = match(people, ["Rot-1"], links)
    assert found.of == {} and found.teams == {"Rot-1": list(range(1, len(rows)))}

    out = graded(*links, **dict.fromkeys(members, 5))
    (out / "people.csv").write_text(
        "student,name,first,last,email,group,state,extension,canvas,id,username,key,directories\n"
        + "".join(f"{n},{n},,{n},,Rot,enrolled,0,,,,{n},Rot-1\n" for n in members),
        encoding="utf-8",
    )
    assert main(["export", str(out), "--to", "moodle", "--into", str(path)]) == 0
    assert [line[5] for line in read_table(path).rows] == ["", *["71.43" for _ in members]]


def test_where_names_are_hidden_the_numbers_say_who_is_who(sheet, graded):
    hidden = HEAD.replace('"Full name","Email address",', "").replace("Group,", "")
    rows = [
        f'"Participant {n}","Submitted for grading -  - ",,100.00,Yes,{DAY},-,\n' for n in (5, 7)
    ]
    people = read_people(path := sheet(*rows, head=hidden))
    assert [p.name for p in people] == ["Participant 5", "Participant 7"]
    links = [moodle(f"Participant-{n}", str(n), "Participant") for n in (7, 5)]
    assert match(people, ["Participant-7", "Participant-5"], links).of == {
        "Participant-7": 1,
        "Participant-5": 0,
    }
    out = graded(*links, **{"Participant-7": 7, "Participant-5": 2})
    assert main(["export", str(out), "--to", "moodle", "--into", str(path)]) == 0
    assert [line[2] for line in read_table(path).rows] == ["28.57", "100"]


@pytest.mark.parametrize("points", [k / 4 for k in range(29)])
def test_a_grade_that_moodle_shows_is_the_grade_that_it_was_given(sheet, graded, capsys, points):
    out = graded(moodle("Ada", "1", "Ada Li"), Ada=points)
    path = sheet(row(1, "Ada Li"))
    assert main(["export", str(out), "--to", "moodle", "--into", str(path)]) == 0
    given = read_table(path).rows[0][5]
    shown = f"{float(given):.2f}"  # Moodle keeps five digits, and its next worksheet shows two
    assert float(shown) == float(given)
    path = sheet(row(1, "Ada Li", grade=shown))
    capsys.readouterr()
    assert main(["export", str(out), "--to", "moodle", "--into", str(path)]) == 0
    assert "0 grades written, 1 as they were" in capsys.readouterr().out


def test_of_a_team_without_a_group_no_page_can_go_back(graded, capsys):
    out = graded(moodle("Default_group", "", "Default group"), Default_group=3)
    page = out / "page.html"
    page.write_text("<p>")
    assert pack(out, "moodle", [Page("Default_group", CHAPTER, page)]) == 1
    said = capsys.readouterr().out
    assert "Moodle gives the upload of Default_group no number" in said and "by hand" in said
