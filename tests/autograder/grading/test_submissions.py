"""What is handed in never stops the search for what else was handed in."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.grading.submissions import Submission, find, read_time
from tests.helpers.submissions import CHAPTER, hand_in

PARTS = [
    *("2026-01-01", "00:00", "../../x", "UTC", "+99:99", "-0000", "T", "Z", "24:00", "BC", "AD"),
    *("1e999999999", "9" * 40, "nan", "inf", "-", "/", ".", ",", ":", "\0", "\x1b[2J", "٣", "½"),
    *("Mo", "January", "pm", "0001-01-01", "9999-12-31T23:59:59-14:00", "(", ")", "GMT+3", "%s"),
    *("١٢", "　", "\u202e", "\n", "W53", "366", "D", "EST5EDT", "1/2/3/4/5", "'", '"', "\\", "{}"),
]


def random_text(rng: random.Random) -> str:
    parts = rng.choices(PARTS, k=rng.randint(1, 6))
    text = rng.choice(["", " ", "  "]).join(parts)
    return text if rng.random() < 0.7 else "".join(rng.sample(text, len(text)))


def test_a_time_is_a_time_or_nothing_whatever_the_text():
    rng = random.Random(11)
    times = [read_time(random_text(rng)) for _ in range(10_000)]
    assert all(t is None or (isinstance(t, datetime) and t.tzinfo is None) for t in times)
    assert sum(t is not None for t in times) > 50  # the generator makes times too
    [f"{t:%Y-%m-%d %H:%M:%S.%f}" for t in times if t]


@pytest.mark.parametrize(
    "data", [b"2026-01-01 00:00 ../../x", b"\xff\xfe", b"", b"x" * 2000, b"2026-01-01 +99:99"]
)
def test_a_timestamp_that_is_none_is_none(tmp_path, data):
    path = hand_in(tmp_path, "ada", "{}")
    (path.parent / "timestamp.txt").write_bytes(data)
    assert Submission("ada", CHAPTER, path).time() is None


@pytest.mark.parametrize("step", ["submitted", "autograded", "submitted/ada"])
def test_the_graders_own_copies_are_not_graded(tmp_path, capsys, step):
    hand_in(tmp_path / step, "ada", "{}")
    before = sorted(p for p in tmp_path.rglob("*"))
    assert main(["grade", str(tmp_path / step), "--out", str(tmp_path)]) == 2
    assert "is where `grade` keeps its own copies" in capsys.readouterr().err
    assert sorted(p for p in tmp_path.rglob("*")) == before


def test_a_note_of_collect_that_is_broken_says_nothing(tmp_path):
    path = hand_in(tmp_path, "ada", "{}")
    for text in ("[" * 5000, "{", "[1]", '{"late": "yes", "member": 3}'):
        (path.parent / ".collected.json").write_text(text)
        assert find(tmp_path, [CHAPTER], [CHAPTER]).submissions[0].about() == {}


def test_two_spellings_of_one_name_are_said(tmp_path: Path):
    for name in ("Jos\u00e9", "Jose\u0301"):
        hand_in(tmp_path, name, "{}")
    found = find(tmp_path, [CHAPTER], [CHAPTER])
    assert found.students == ["Jos\u00e9"]
    assert "in another spelling of its accents" in found.stray[0]
