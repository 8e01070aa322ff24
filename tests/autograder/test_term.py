"""A term as an instructor plays it on the command line: three weeks, and everybody's fate."""

from __future__ import annotations

import contextlib
import csv
import io
import signal
import sqlite3
import sys
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.cli import main
from tests.helpers.programs import running
from tests.helpers.submissions import notebook
from tests.helpers.term import (
    LOGIN,
    ONE,
    ROSTER,
    TERMS,
    WHY,
    WRONG,
    ZERO,
    download,
    folder,
    grades,
    october,
    solved,
    worksheet,
)

pytestmark = pytest.mark.needs("bubblewrap")
GATES = ("reset_gate", "concat_gate", "split_weights", "bias_for_gate")


class Term:
    """The instructor's folder, and what the commands have said."""

    def __init__(self, root: Path) -> None:
        self.root, self.submitted, self.graded = root, root / "submitted", root / "graded"
        self.said: dict[str, tuple[int, str]] = {}

    def run(self, called: str, *args: Any) -> None:
        """Run a command, and keep what it said under a name."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            status = main([str(a) for a in args])
        assert "Traceback" not in said.getvalue()
        self.said[called] = (status, said.getvalue())

    def grade(self, called: str, *args: Any) -> None:
        """Grade in a process of its own."""
        with running(self._grade(*args)) as grader:
            self.said[called] = (grader.end(), grader.said)

    def grade_until(self, pattern: str, *args: Any) -> None:
        """Grade, and be killed after a line."""
        with running(self._grade(*args)) as grader:
            grader.until(pattern)
            grader.process.send_signal(signal.SIGKILL)
            self.said["killed"] = (grader.end(), grader.said)

    def _grade(self, *args: Any) -> list[str]:
        command = [sys.executable, "-m", "autograder", "grade", self.submitted]
        return [str(a) for a in (*command, "--out", self.graded, *args)]

    def collect(self, called: str, chapter: str, times: dict[int, str], *uploads: Any) -> None:
        """Collect a download; the worksheet of its assignment has the times."""
        sheet = self.sheet(chapter)
        worksheet(sheet, *{ZERO: ("7,00", times), ONE: ("12,00", times, 60)}[chapter])
        archive = download(self.root / f"{called}.zip", *uploads)
        about = ("--from", "moodle", "--into", self.submitted, "--roster", sheet)
        self.run(called, "collect", archive, *about)

    def sheet(self, chapter: str) -> Path:
        """Return where the worksheet of a chapter's assignment is."""
        return self.root / f"sheet {chapter}.csv"

    def agree(self, day: int, first: str = "", second: str = "") -> None:
        """Write the class list and what the class has agreed on."""
        text = ROSTER.format(first=first, second=second)
        (self.root / "roster.csv").write_text(text, encoding="utf-8")
        terms = TERMS.format(zero=ZERO, one=ONE, day=day)
        (self.root / "gru-course.toml").write_text(terms, encoding="utf-8")

    def mark(self, student: str, points: float) -> None:
        """Mark the written answer of the first chapter, as formgrader does."""
        with Gradebook(f"sqlite:///{self.graded}/gradebook.db", "") as gb:
            grade = gb.find_grade(WHY[ZERO], ZERO, ZERO, student)
            grade.manual_score, grade.needs_manual_grade = points, False
            gb.db.commit()

    def table(self) -> dict[tuple[str, str], dict[str, tuple[str, str]]]:
        """Return score and status by student and chapter, then by exercise."""
        made: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
        with (self.graded / "grades.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                mine = made.setdefault((row["student"], row["chapter"]), {})
                mine[row["exercise"]] = (row["score"], row["status"])
        return made

    def page(self, student: str, chapter: str = ZERO) -> str:
        """Return a student's page."""
        path = self.graded / "feedback" / student / chapter / f"{chapter}.html"
        return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    """Play the term."""
    term = Term(tmp_path_factory.mktemp("term"))
    term.run("release", "release", term.root / "out", "--chapter", ZERO, "--chapter", ONE)
    term.agree(day=5)

    full = solved(ZERO, "sigmoid", "affine", says="W has a row for each unit, a is a row")
    no_words = solved(ZERO, "sigmoid", "affine")
    times = {n: october(5) for n in (11, 12, 15, 16, 17)} | {13: october(6), 14: october(6)}
    first = {
        11: ("Ada Li", f"{ZERO}.ipynb", full),
        12: ("Ada Li", f"{ZERO}.ipynb", solved(ZERO, "affine", sigmoid=WRONG)),
        13: ("Rot-Bo Weiß", f"{ZERO}.ipynb", full),
        14: ("Rot-Cyd Roy", f"{ZERO}.ipynb", full),
        15: ("Eve Óg", f"{ZERO}.ipynb", solved(ZERO, "sigmoid")),
        16: ("Fay Low", "mine (1).zip", folder("zero (1).ipynb.txt", no_words)),
        17: ("Gus Ray", f"{ZERO}.ipynb", LOGIN),
    }
    term.collect("week 1", ZERO, times, *_uploads(first))
    term.grade_until(r" of 7")
    term.grade("resumed")
    term.mark("Ada_Li-11", 1.5)
    term.mark("2003", 2)

    again = {15: ("Eve Óg", f"{ZERO}.ipynb", no_words), 17: ("Gus Ray", f"{ZERO}.ipynb", no_words)}
    times |= {15: october(7), 17: october(12)}
    term.collect("week 2", ZERO, times, *_uploads(first | again))
    term.agree(day=6)
    term.grade("due date moved")

    second = {
        71: ("Ada Li", f"{ONE}.ipynb", solved(ONE, *GATES)),
        72: ("Ada Li", f"{ONE}.ipynb", solved(ONE, "reset_gate")),
        73: ("Rot-Bo Weiß", f"{ONE}.ipynb", solved(ONE, *GATES[:3])),
        75: ("Eve Óg", f"{ONE}.ipynb", solved(ONE, *GATES)),
        76: ("Fay Low", f"{ONE}-Copy1.ipynb", solved(ONE, *GATES)),
    }
    times = {n: october(19) for n in (11, 12, 13, 14, 16)} | {15: october(20)}
    term.collect("week 3", ONE, times, *_uploads(second))
    term.agree(6, "Ada_Li-11,Ada_Li-71", "Ada_Li-12,Ada_Li-72")
    term.grade("namesakes told apart")

    term.run("dropped", "drop", ZERO, "sigmoid", "--out", term.graded)
    term.run("feedback", "feedback", term.graded, "--zip", "moodle")
    for called, chapter in (("import", ZERO), ("again", ZERO), ("import 1", ONE)):
        to = ("--to", "moodle", "--into", term.sheet(chapter))
        term.run(called, "export", term.graded, *to)
    term.mark("2004", 1)
    term.run("marked", "feedback", term.graded)
    term.run("changed", "export", term.graded, "--to", "moodle", "--into", term.sheet(ZERO))
    term.run("report", "report", term.graded)
    return term


def _uploads(by_number: dict[int, tuple[str, str, bytes]]) -> list[tuple[str, int, str, bytes]]:
    return [(name, n, file, data) for n, (name, file, data) in by_number.items()]


def test_what_is_released_is_what_the_students_fill_in(term):
    assert term.said["release"][0] == 0
    for chapter in (ZERO, ONE):
        given = nbformat.read(term.root / "out" / f"{chapter}.ipynb", as_version=4)
        assert [c.source for c in given.cells] == [c.source for c in notebook(chapter).cells]


def test_after_a_kill_the_rest_is_graded_and_nothing_twice(term):
    assert term.said["killed"][0] == -signal.SIGKILL
    status, said = term.said["resumed"]
    assert status == 0 and "graded before and unchanged" in said


def test_everyones_points_at_the_end(term):
    dropped, passed, none = ("0", "dropped"), ("3", "passed"), ("0", "not attempted")
    why = WHY[ZERO]
    rest = {"sigmoid": dropped, "affine": passed}
    found = {student: rows for (student, of), rows in term.table().items() if of == ZERO}
    assert found == {
        "2001": rest | {why: ("1.5", "manual")},
        "2002": rest | {why: none},
        "2003": rest | {why: ("2", "manual")},
        "2004": rest | {why: ("1", "manual")},
        "Eve_Óg-15": rest | {why: none, "late_penalty": ("-0.3", "late")},
        "Fay_Low-16": rest | {why: none},
        "Gus_Ray-17": rest | {why: none, "late_penalty": ("-1.5", "late")},
        "2008": {"": ("", "nothing handed in")},
    }
    totals = {
        student: sum(float(score or 0) for score, _ in rows.values())
        for (student, of), rows in term.table().items()
        if of == ONE
    }
    assert totals == {
        "2001": 10,
        "2002": 3,
        "2003": 8,
        "2004": 8,
        "Eve_Óg-15": 9,
        "Fay_Low-16": 10,
        "Gus_Ray-17": 0,
        "2008": 0,
    }


def test_a_moved_due_date_grades_nothing_again_and_frees_the_team(term):
    said = term.said["due date moved"][1]
    assert "5 of them graded before and unchanged" in said and "pages were written again" in said
    assert "late_penalty late (1 day late)" in term.said["killed"][1] + term.said["resumed"][1]
    assert "late_penalty" not in term.table()["2003", ZERO]


def test_who_was_asked_about_keeps_the_mark_and_leaves_no_second_row(term):
    assert "2 people of the class list may be this one" in term.said["resumed"][1]
    assert "may be this one" not in term.said["namesakes told apart"][1]
    with sqlite3.connect(term.graded / "gradebook.db") as db:
        known = {row[0] for row in db.execute("select id from student")}
    folders = {p.name for step in ("submitted", "feedback") for p in (term.graded / step).iterdir()}
    assert not {s for s in known | folders if s.startswith("Ada_Li")}


def test_of_a_teams_two_uploads_one_counts_for_both_and_that_is_said_once(term):
    said = term.said["resumed"][1]
    line = f"Rot-Cyd_Roy-14/{ZERO}: passed over, Rot-Bo_Weiß-13 is of the same team and counts"
    assert said.count(line) == 1


def test_everyone_has_a_page_that_says_what_counts(term):
    pages = list((term.graded / "feedback").glob("*/*/*.html"))
    assert len(pages) == 2 * 8
    assert "does not count" in term.page("2001") and "4.5 of 5 points" in term.page("2001")
    assert "2 days late" not in term.page("Eve_Óg-15") and "1 day late" in term.page("Eve_Óg-15")
    assert "Nothing was handed in" in term.page("2008")


def test_the_zip_has_each_persons_own_page(term):
    status, said = term.said["feedback"]
    with zipfile.ZipFile(term.graded / f"feedback_moodle_{ZERO}.zip") as archive:
        pages = {name.split("_")[1]: archive.read(name).decode() for name in archive.namelist()}
    assert set(pages) == {str(n) for n in range(11, 18)}
    for number, name in ((12, "Ada Li (2002)"), (13, "Bo Weiß"), (14, "Cyd Roy")):
        assert name in pages[str(number)]
    assert status == 1 and "one upload for a team" in said  # Cyd's of the second chapter


def test_an_import_has_everyones_grade_and_a_second_one_what_has_changed(term):
    assert term.said["import"][0] == 0 and "7 grades written" in term.said["import"][1]
    assert "0 grades written, 7 as they were" in term.said["again"][1]
    assert "1 grade written, 6 as they were" in term.said["changed"][1]
    assert grades(term.sheet(ZERO)) == ["6,3", "4,2", "7", "5,6", "3,78", "4,2", "2,1", ""]
    assert grades(term.sheet(ONE)) == ["10", "3", "8", "8", "9", "10", "", ""]


def test_the_report_is_of_the_eight_and_of_nobody_else(term):
    assert term.said["report"][0] == 0
    page = (term.graded / "report.html").read_text(encoding="utf-8")
    assert "Hal Sim" in page and "not on the list" not in page
