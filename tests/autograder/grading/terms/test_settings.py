"""gru-course.toml: what it says, and what is said of a mistake in it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from autograder.errors import GradingError
from autograder.grading.terms.settings import Terms, line_of, read_terms

KNOWN = {"01_reset_gate": {"reset_gate": 3.0, "concat_gate": 3.0}, "02_update_gate": {"z": 1.0}}
WHOLE = """
timezone = "Europe/Berlin"
attempts = "best"

[late]
grace = "15 min"
per_day = 10
maximum = "50 %"
of = "points"

[chapters.01_reset_gate]
due = 2026-10-08T23:59:00
drop = ["concat_gate"]
points = {reset_gate = 4}
per_day = 20

[chapters.02_update_gate]
due = "2026-12-01"
attempts = "last"

[extensions]
ada = 3
"bob@x" = {01_reset_gate = 2026-10-20T12:00:00Z}
"""


@pytest.fixture
def terms(tmp_path):
    """Return a function that reads settings."""

    def read(text: str) -> Terms:
        (tmp_path / "gru-course.toml").write_text(text, encoding="utf-8")
        return read_terms(tmp_path / "gru-course.toml", KNOWN)

    return read


def test_a_whole_file_is_read_and_times_are_utc(terms):
    made = terms(WHOLE)
    one, two = made.of("01_reset_gate"), made.of("02_update_gate")
    assert one.due == datetime(2026, 10, 8, 21, 59)  # summer in Berlin
    assert two.due == datetime(2026, 12, 1, 22, 59, 59)  # winter, and the whole day
    assert (one.grace, one.per_day, one.maximum, one.of) == (
        timedelta(minutes=15),
        0.2,
        0.5,
        "points",
    )
    assert (one.drop, one.points, one.attempts) == (
        ("concat_gate",),
        (("reset_gate", 4.0),),
        "best",
    )
    assert (two.per_day, two.attempts) == (0.1, "last")


def test_an_extension_is_days_or_a_date_of_its_own(terms):
    made = terms(WHOLE)
    due = datetime(2026, 10, 8, 21, 59)
    assert made.due("01_reset_gate", ("zoe",)) == due
    assert made.due("01_reset_gate", ("ADA",)) == due + timedelta(days=3)
    assert made.due("01_reset_gate", ("zoe",), days=1) == due + timedelta(days=1)
    assert made.due("01_reset_gate", ("b", "bob@x")) == datetime(2026, 10, 20, 12)
    assert made.due("02_update_gate", ("bob@x",)) == datetime(2026, 12, 1, 22, 59, 59)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour = 1", "line 1: colour: there is no setting colour. Allowed: timezone, late"),
        ("[late]\nper_week = 1", "line 2: late.per_week: there is no setting per_week"),
        ("[late]\nper_day = 'ten'", "line 2: late.per_day: 'ten' is no number from 0 to 100"),
        ("[late]\nper_day = true", "line 2: late.per_day: True is no number"),
        ("[late]\nmaximum = 300", "300 is no number from 0 to 100"),
        ("[late]\ngrace = 'soon'", "'soon' is no time, as"),
        ("[late]\nof = 'grade'", 'neither "score" nor "points"'),
        ("late = 3", "line 1: late: 3 is no table"),
        ("timezone = 'Mars'", "there is no time zone 'Mars'"),
        ("attempts = 'first'", 'neither "last" nor "best"'),
        ("[chapters.11_x]\ndue = 2026-01-01", "line 1: chapters.11_x: there is no chapter 11_x"),
        ("[chapters.01_reset_gate]\n\ndue = 'soon'", "line 3: .*'soon' is no date"),
        ("[chapters.01_reset_gate]\ndue = 0001-01-01", "the year 1 is not one of a course"),
        ("[chapters.01_reset_gate]\ndrop = ['z']", "has no exercise z. Its exercises: reset_gate"),
        ("[chapters.01_reset_gate]\ndrop = 'z'", "is no list"),
        ("[chapters.01_reset_gate]\npoints = {reset_gate = -1}", "-1 is no number from 0"),
        ("[chapters.01_reset_gate.points]\nq = 1", "line 2: .*has no exercise q"),
        ("[extensions]\nada = 'long'", "line 2: extensions.ada: 'long' is no number"),
        ("[extensions.ada]\n09_x = 1", "line 2: .*there is no chapter 09_x"),
        ("[late\n", "is no TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_what_is_allowed(terms, text, says):
    with pytest.raises(GradingError, match=says):
        terms(text)


def test_a_line_is_found_by_section_and_key():
    text = '[late]\nper_day = 1\n[chapters."01_a"]\nper_day = 2\n'
    assert line_of(text, ("chapters", "01_a", "per_day")) == 4
    assert line_of(text, ("late", "per_day")) == 2
