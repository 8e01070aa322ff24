"""What lateness costs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from autograder.grading.terms.lateness import Standing
from autograder.grading.terms.settings import ChapterTerms

DUE = datetime(2026, 10, 8, 22)
TERMS = ChapterTerms(due=DUE, grace=timedelta(minutes=15), per_day=0.1, maximum=0.25)


def standing(late: timedelta, terms: ChapterTerms = TERMS, **more) -> Standing:
    return Standing(terms, DUE, DUE + late, **more)


@pytest.mark.parametrize(
    ("late", "days", "taken"),
    [
        (timedelta(hours=-1), 0, 0.0),
        (timedelta(minutes=15), 0, 0.0),
        (timedelta(minutes=15, seconds=1), 1, 0.8),
        (timedelta(days=1), 1, 0.8),
        (timedelta(days=1, seconds=1), 2, 1.6),
        (timedelta(days=30), 30, 2.0),
    ],
)
def test_each_day_that_has_begun_costs_its_share_up_to_the_maximum(late, days, taken):
    made = standing(late)
    assert (made.days, made.penalty(8.0, 10.0)) == (days, taken)
    assert bool(made.says) == bool(days)


def test_a_share_of_all_points_never_takes_more_than_was_reached():
    made = standing(timedelta(days=2), TERMS._replace(of="points"))
    assert made.penalty(8.0, 10.0) == 2.0
    assert made.penalty(0.5, 10.0) == 0.5


def test_a_mark_of_the_lms_without_a_time_costs_nothing_and_is_said():
    made = Standing(TERMS, DUE, None, marked=True)
    assert made.penalty(8.0, 10.0) == 0.0 and "says the LMS" in made.says
    assert not standing(timedelta(hours=-1), marked=True).says


def test_nbgraders_own_penalty_counts_only_where_the_class_has_no_due_date():
    assert Standing(taken=3.0).penalty(8.0, 10.0) == 3.0
    assert standing(timedelta(days=1), taken=3.0).penalty(8.0, 10.0) == 0.8
