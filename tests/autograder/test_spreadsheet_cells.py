"""No cell that the grader writes holds a control character, a second line or a formula."""

from __future__ import annotations

import csv
import random
import unicodedata

from autograder.grading.store.gradebook import Row, write_csv
from autograder.spreadsheet import cell, is_formula, write_rows

NASTY = [
    *("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\x1b[31m", "\x9b", "\u2028", "\u2029", "\u202e"),
    *("\ud800", "＝", "＠", " ", ",", ";", '"', "'", "a", "é", "हि", "cmd|' /C calc'!A0", "\ufeff"),
]


def random_text(rng: random.Random) -> str:
    return "".join(rng.choices(NASTY, k=rng.randint(0, 6)))


def is_harmless(text: str) -> bool:
    bad = any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text)
    return not bad and not is_formula(text) and "\u202e" not in text


def test_every_text_becomes_a_harmless_cell():
    rng = random.Random(3)
    assert all(is_harmless(cell(random_text(rng))) for _ in range(10_000))


def test_a_file_of_such_cells_has_one_line_a_row(tmp_path):
    rng = random.Random(4)
    rows = [[random_text(rng) for _ in range(3)] for _ in range(200)]
    write_rows(tmp_path / "x.csv", rows)
    text = (tmp_path / "x.csv").read_text(encoding="utf-8")
    assert text.count("\n") == 200 and len(text.splitlines()) == 200


def test_grades_csv_has_one_line_a_row_and_no_escape_codes(tmp_path):
    rng = random.Random(5)
    made = [
        Row(random_text(rng), "01", random_text(rng), -0.5, 2.0, "late", random_text(rng))
        for _ in range(200)
    ]
    write_csv(tmp_path / "grades.csv", made)
    text = (tmp_path / "grades.csv").read_text(encoding="utf-8")
    assert len(text.splitlines()) == 201 and "\x1b" not in text
    with (tmp_path / "grades.csv").open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert {r["score"] for r in read} == {"-0.5"}  # a number stays one
    assert all(is_harmless(r["student"]) and is_harmless(r["mistake"]) for r in read)
