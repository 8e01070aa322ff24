"""Who is who: directories of SUBMITTED, persons of the class list, teams."""

from __future__ import annotations

import random
import sys
import unicodedata
from pathlib import Path

import pytest

from autograder.errors import GradingError
from autograder.grading.people import enrolment
from autograder.grading.people.enrolment import ENROLLED, NOT_LISTED, WITHDRAWN, Enrolment, enrol
from autograder.grading.submissions import find
from tests.helpers.submissions import CHAPTER, hand_in

OTHER = "01_reset_gate"


class School:
    """A directory with submissions and a class list, and what one run makes of them."""

    def __init__(self, root: Path) -> None:
        self.root, self.submitted, self.out = root, root / "submitted", root / "graded"
        self.out.mkdir()

    def hand_in(self, student: str, stamp: str = "") -> None:
        path = hand_in(self.submitted, student, b"{}")
        if stamp:
            (path.parent / "timestamp.txt").write_text(stamp)

    def enrol(self, roster: str = "", links: str = "") -> Enrolment:
        if roster:
            (self.root / "roster.csv").write_text(roster, encoding="utf-8")
        if links:
            text = "student,lms,chapter,id,name\n" + links
            (self.submitted / ".roster.csv").write_text(text, encoding="utf-8")
        found = find(self.submitted, [CHAPTER], [CHAPTER])
        made = enrol(self.out, self.submitted, found, None)
        enrolment.write(self.out, made.members)
        return made


@pytest.fixture
def school(tmp_path):
    return School(tmp_path)


def by_name(made: Enrolment) -> dict[str, str]:
    return {m.name: m.student for m in made.members.values()}


@pytest.mark.parametrize(
    "directory", ["7", "ADA", "ada@uni.example", "Ada_Lovelace", "lovelace, ada", "lovelaceada"]
)
def test_a_directory_is_whom_its_id_login_email_or_name_says(school, directory):
    school.hand_in(directory)
    roster = "id,username,email,name\n7,ada,ada@uni.example,Ada Lovelace\n8,bo,b@x,Bo Li\n"
    made = school.enrol(roster)
    assert made.members[directory].name == "Ada Lovelace" and not made.lines
    assert made.members["8"].state == ENROLLED


def test_namesakes_are_asked_about_by_name(school):
    school.hand_in("Ada_Lovelace")
    made = school.enrol("id,name\n7,Ada Lovelace\n8,Ada Lovelace\n")
    (line,) = made.lines
    assert "Ada Lovelace (7); Ada Lovelace (8)" in line and "column directory" in line
    assert {"7", "8", "Ada_Lovelace"} == set(made.members)


def test_the_column_directory_answers(school):
    school.hand_in("Ada_Lovelace")
    made = school.enrol("id,name,directory\n7,Ada Lovelace,\n8,Ada Lovelace,Ada_Lovelace\n")
    assert not made.lines and made.members["Ada_Lovelace"].id == "8" and "7" in made.members


@pytest.mark.parametrize("between", [";", ",", "/", " , "])
def test_the_column_directory_may_name_several(school, between):
    for name in ("Ada_Li-11", "Ada_Li-71"):
        school.hand_in(name)
    several = f'"Ada_Li-11{between}Ada_Li-71"'
    made = school.enrol(f"id,name,directory\n7,Ada Li,{several}\n8,Ada Li,\n")
    assert not any("may be this one" in line for line in made.lines)
    assert set(made.members) == {"Ada_Li-11", "8"}


def test_a_question_that_was_answered_is_not_asked_again(school):
    school.hand_in("Ada_Li-11")
    school.enrol("id,name,directory\n7,Ada Li,\n8,Ada Li,Ada_Li-11\n")
    made = school.enrol("id,name\n7,Ada Li\n8,Ada Li\n")
    assert not made.lines and made.members["Ada_Li-11"].id == "8"


def test_moodles_numbers_tell_namesakes_apart(school):
    for n in (11, 12):
        school.hand_in(f"Ada-{n}")
    links = f"Ada-11,moodle,{CHAPTER},11,Ada Li\nAda-12,moodle,{CHAPTER},12,Ada Li\n"
    roster = "Identifier,Full name,Email address,Grade\n"
    roster += "Participant 11,Ada Li,a@x,\nParticipant 12,Ada Li,b@x,\n"
    made = school.enrol(roster, links)
    assert {m.student: m.email for m in made.members.values()} == {"Ada-11": "a@x", "Ada-12": "b@x"}


def test_canvass_numbers_are_known(school):
    school.hand_in("lovelaceada-101")
    links = "lovelaceada-101,canvas,,101,lovelaceada\n"
    made = school.enrol("Student,ID,SIS Login ID,Section\nX Y,101,xy,A\n", links)
    assert by_name(made) == {"X Y": "lovelaceada-101"}


def test_a_team_hands_in_for_each_of_its_members(school):
    school.hand_in("Team Rot")
    school.hand_in("cyd")
    roster = "id,name,group\na,Ada A,Team Rot\nb,Bo B,team rot\ncyd,Cyd C,Team Rot\n"
    made = school.enrol(roster)
    found = {(s.student, s.team, s.path.parent.parent.name) for s in made.submissions}
    assert found == {
        ("a", "Team Rot", "Team Rot"),
        ("b", "Team Rot", "Team Rot"),
        ("cyd", "", "cyd"),
    }
    assert "Team Rot" not in made.members


def test_moodles_name_of_a_team_is_the_team(school):
    school.hand_in("Team_Rot-Ada_A-11")
    links = f"Team_Rot-Ada_A-11,moodle,{CHAPTER},11,Team Rot-Ada A\n"
    made = school.enrol("id,name,group\na,Ada A,Team Rot\nb,Bo B,Team Rot\n", links)
    assert [s.student for s in made.submissions] == ["a", "b"]


def test_who_is_not_on_the_list_or_has_withdrawn_is_said(school):
    school.hand_in("mallory")
    school.hand_in("bo")
    roster = "id,name,withdrawn\nada,Ada A,yes\nbo,Bo B,yes\ncyd,Cyd C,no\n"
    made = school.enrol(roster)
    assert made.members["mallory"].state == NOT_LISTED
    assert made.members["bo"].state == WITHDRAWN and "ada" not in made.members
    assert made.members["cyd"].state == ENROLLED
    said = "\n".join(made.lines)
    assert "mallory: not on the class list" in said and "Ada A (ada): withdrawn" in said


def test_a_person_keeps_the_name_in_the_gradebook_when_the_directory_comes_later(school):
    school.hand_in("bo")
    roster = "id,name\n7,Ada A\nbo,Bo B\n"
    assert "7" in school.enrol(roster).members
    school.hand_in("Ada_A-99")
    made = school.enrol()
    assert {s.student for s in made.submissions} == {"7", "bo"} and "Ada_A-99" not in made.members


def test_a_list_that_was_given_once_is_remembered(school):
    school.hand_in("bo")
    school.enrol("id,name\n7,Ada A\nbo,Bo B\n")
    (school.root / "roster.csv").unlink()
    assert by_name(school.enrol()) == {"Ada A": "7", "Bo B": "bo"}


def test_of_two_directories_of_one_person_the_newer_counts_and_it_is_said(school):
    school.hand_in("7", "2026-10-01 12:00:00 UTC")
    school.hand_in("Ada_A", "2026-10-02 12:00:00 UTC")
    made = school.enrol("id,name\n7,Ada A\n")
    (one,) = made.submissions
    assert one.path.parent.parent.name == "Ada_A"
    assert "passed over, Ada_A is the same person and counts" in made.lines[-1]


def test_without_a_list_names_come_from_what_was_collected_or_from_the_directory(school):
    school.hand_in("Ada_A-11")
    school.hand_in("bo_b")
    made = school.enrol(links=f"Ada_A-11,moodle,{CHAPTER},11,Ada A. A\n")
    assert by_name(made) == {"Ada A. A": "Ada_A-11", "bo b": "bo_b"} and not made.listed


def test_a_list_that_is_not_there_is_said(tmp_path):
    with pytest.raises(GradingError, match="there is no such file"):
        enrolment.find_list(tmp_path, tmp_path / "none.csv")


LETTERS = [
    c
    for c in map(chr, range(0x41, sys.maxunicode))
    if unicodedata.category(c) in ("Lu", "Ll", "Lo", "Lt") and unicodedata.name(c, "")
]
MARKS = [c for c in map(chr, range(0x300, 0x3000)) if unicodedata.category(c) in ("Mn", "Mc")]
BETWEEN = [
    " ",
    "-",
    "'",
    "’",
    "‐",
    ".",
    "\N{NO-BREAK SPACE}",
    "·",
    "ʼ",
    "\u200d",
    "\u200c",
    "\u200f",
]


def random_name(rng: random.Random) -> str:
    """Return a name of letters of any script, with marks, joined as names are, in NFC or NFD."""
    words = []
    for _ in range(rng.randint(1, 3)):
        word = "".join(
            rng.choice(LETTERS) + (rng.choice(MARKS) if rng.random() < 0.3 else "")
            for _ in range(rng.randint(1, 6))
        )
        words.append(word)
    name = rng.choice(BETWEEN).join(words)
    return unicodedata.normalize(rng.choice(["NFC", "NFD"]), name)


def test_any_name_of_letters_and_marks_is_found_in_any_spelling(tmp_path):
    rng = random.Random(7)
    names = {random_name(rng) for _ in range(1000)}
    names = {n for n in names if len(n.encode()) <= 200}
    for name in names:
        (tmp_path / name / CHAPTER).mkdir(parents=True)
    found = find(tmp_path, [CHAPTER], [CHAPTER])
    other_spellings = [line for line in found.stray if "in another spelling" in line]
    assert found.stray == other_spellings and len(other_spellings) < 5
    assert len(found.submissions) == len(names) - len(other_spellings) > 900


def test_a_list_finds_each_of_random_names_by_its_directory(school):
    rng = random.Random(8)
    names = sorted({unicodedata.normalize("NFC", random_name(rng)) for _ in range(200)})
    names = [n for n in names if len(n.encode()) <= 200 and "." not in n]
    for name in names:
        school.hand_in(unicodedata.normalize("NFD", name))
    made = school.enrol("id;name\n" + "".join(f"{i};{n}\n" for i, n in enumerate(names)))
    of = {m.id: m.student for m in made.members.values() if m.id}
    asked = [line for line in made.lines if "may be this one" in line]
    assert len(of) == len(names) and len(asked) < 5
    assert sum(s.student in of.values() for s in made.submissions) >= len(names) - 5
