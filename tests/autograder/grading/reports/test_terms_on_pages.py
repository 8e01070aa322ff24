"""What a class has agreed on is on the student's page and in the report."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import nbformat
import pytest

from autograder.course import COURSE
from autograder.grading.people.enrolment import ENROLLED, NOT_LISTED, WITHDRAWN, Member
from autograder.grading.reports import class_facts as facts
from autograder.grading.reports.class_facts import SubmissionFacts
from autograder.grading.reports.class_report import make_report
from autograder.grading.reports.page import render_page
from autograder.grading.store.class_terms import Agreed
from autograder.grading.store.gradebook import DROPPED, LATE, Row
from tests.autograder.grading.store.classroom import came
from tests.helpers.submissions import CHAPTER

ROWS = [
    Row("ada", CHAPTER, "sigmoid", 4.0, 4.0, "passed", ""),
    Row("ada", CHAPTER, "affine", 0.0, 0.0, DROPPED, ""),
    Row("ada", CHAPTER, "late_penalty", -0.4, 0.0, LATE, "1 day late"),
]


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.S))


@pytest.fixture
def page():
    nb = nbformat.v4.reads(json.dumps(json.loads(came().notebook)))
    return text(render_page(COURSE, nb, ROWS, "Ada Li (ada)", CHAPTER, "bubblewrap"))


def test_a_page_says_how_late_it_was_and_what_that_takes(page):
    assert "handed in late ◷ 1 day late −0.4" in page and "3.6 of 4 points" in page


def test_a_page_says_what_does_not_count_and_where_points_are_not_the_chapters(page):
    assert "affine – dropped does not count" in page
    assert "4 / 4 (the chapter says 2)" in page


def test_the_report_calls_people_by_name_and_lists_who_is_late_or_not_on_the_list():
    members = {
        "ada": Member("ada", "Ada Li", state=ENROLLED),
        "bo": Member("bo", "Bo Weiß", state=ENROLLED),
        "eve": Member("eve", "Eve X", state=NOT_LISTED),
        "cyd": Member("cyd", "Cyd C", state=WITHDRAWN),
    }
    said = text(make_report(COURSE, [(_record("ada"), ROWS)], Agreed(members)))
    assert "Ada Li (ada) 00_start_here -0.4 1 day late" in said
    assert "0 · Start here: 1 Bo Weiß (bo)" in said
    assert "Not on the class list (1) Eve X (eve)" in said
    assert "Withdrawn, and graded all the same (1) Cyd C (cyd)" in said


def test_answers_of_one_team_are_not_called_similar():
    answer = "def affine(x):\n" + "\n".join(f"    y{i} = x * {i} + x ** {i}" for i in range(30))
    for team, groups in (("Rot", 0), (None, 1)):
        about = {"team": team} if team else {}
        records = [_record(s, answers={"affine": answer}, about=about) for s in ("ada", "bo")]
        assert len(facts.similar([SubmissionFacts(r, ()) for r in records], {})) == groups


def _record(student: str, **fields) -> SimpleNamespace:
    usual = {"seed": 1, "isolation": "bubblewrap", "refused": None, "results": (), "answers": {}}
    return SimpleNamespace(student=student, chapter=CHAPTER, **{"about": {}} | usual | fields)
