"""A class as it is: people of any name, a class list, a due date that moves."""

from __future__ import annotations

import csv
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.grading.submissions import find
from tests.autograder.grading.people.test_enrolment import random_name
from tests.autograder.grading.store.classroom import came, opened
from tests.helpers.submissions import CHAPTER, hand_in, solved

GOOD = solved("sigmoid", "affine")
NAMES = ["Jose\u0301 Nu\u0301n\u0303ez", "अनिता शर्मा", "தமிழ் செல்வன்", "Conan O’Brien"]
ROSTER = "id;Name;E-Mail;Extension\n" + "".join(
    f"{i};{name};s{i}@x;{'2,0' if i == 0 else ''}\n" for i, name in enumerate([*NAMES, "Bo Li"])
)
TERMS = f"[late]\nper_day = 10\n[chapters.{CHAPTER}]\ndue = 2026-10-0%d\n"


def run(*args: object) -> str:
    command = [sys.executable, "-m", "autograder", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def table(out: Path) -> dict[tuple[str, str], tuple[str, str]]:
    with (out / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {(r["name"], r["exercise"]): (r["score"], r["status"]) for r in csv.DictReader(file)}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Return a class's folder, graded with one due date and then another, and what was said."""
    root = tmp_path_factory.mktemp("class")
    for name in NAMES:
        path = hand_in(root / "submitted", name, GOOD)
        (path.parent / "timestamp.txt").write_text("2026-10-05 12:00:00 UTC\n")
    (root / "roster.csv").write_bytes(ROSTER.encode("utf-16"))
    said = []
    for day in (3, 4):
        (root / "gru-course.toml").write_text(TERMS % day)
        said.append(run("grade", root / "submitted", "--out", root / "graded", "--seed", 1))
    return root, said


@pytest.mark.needs("bubblewrap")
def test_everyone_on_the_list_has_rows_under_the_lists_name(school):
    found = table(school[0] / "graded")
    names = {name for name, _ in found}
    assert names == {"José Núñez", *NAMES[1:], "Bo Li"}
    assert found["अनिता शर्मा", "affine"] == ("3", "passed")
    assert found["Bo Li", ""] == ("", "nothing handed in")


@pytest.mark.needs("bubblewrap")
def test_a_moved_due_date_is_applied_and_nothing_is_graded_again(school):
    root, said = school
    assert "4 of them graded before and unchanged" in said[1]
    assert "4 pages were written again" in said[1]
    found = table(root / "graded")
    assert found["Conan O’Brien", "late_penalty"] == ("-0.5", "late")
    assert ("José Núñez", "late_penalty") not in found  # two days more, "2,0" in the list


@pytest.mark.needs("bubblewrap")
def test_formgrader_knows_the_names(school):
    with sqlite3.connect(school[0] / "graded" / "gradebook.db") as db:
        found = set(db.execute("select first_name, last_name, email from student"))
    assert ("Conan", "O’Brien", "s3@x") in found and ("Bo", "Li", "s4@x") in found


@pytest.mark.needs("bubblewrap")
def test_everyone_has_a_page(school):
    pages = list((school[0] / "graded" / "feedback").glob("*/*/*.html"))
    assert len(pages) == 5
    said = {p.parent.parent.name: p.read_text(encoding="utf-8") for p in pages}
    assert "Nothing was handed in" in said["4"] and "Bo Li" in said["4"]


@pytest.mark.needs("bubblewrap")
def test_a_dropped_exercise_is_in_the_settings_and_out_of_the_points(school):
    root, _ = school
    run("drop", CHAPTER, "affine", "--out", root / "graded")
    assert table(root / "graded")["Conan O’Brien", "affine"] == ("0", "dropped")
    run("drop", CHAPTER, "affine", "--out", root / "graded", "--undo")
    assert table(root / "graded")["Conan O’Brien", "affine"] == ("3", "passed")


def test_random_names_are_graded_into_the_gradebook_and_have_pages(tmp_path):
    rng = random.Random(12)
    names = {random_name(rng) for _ in range(12)} | set(NAMES)
    with opened(tmp_path) as room:
        for name in names:
            if len(name.encode()) <= 200:
                hand_in(room.submitted, name, GOOD)
        found = find(room.submitted, [CHAPTER], [CHAPTER])
        writer = room.writer()
        writer.enrol(found.students)
        for submission in found.submissions:
            room.grade(submission, came(), writer)
            assert room.total(submission.student) == 5.0
            assert room.page(submission.student)
        assert len(found.submissions) >= len(NAMES) + 8 and not found.stray
