"""The cases reject small slips under every seed; a sample of `python -m benchmarks.mutants`."""

import pytest

from autograder.core.judge import judge
from autograder.core.verdict import PASSED
from autograder.course import EXERCISES
from benchmarks.answers.right import RIGHT
from benchmarks.mutants import function_of, measure, mutants, passes, prepared

SAMPLE, SEEDS = 12, 5


@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_slip_is_accepted_under_any_seed(exercise):
    row = measure(exercise, SAMPLE, SEEDS)
    assert row.mutants == SAMPLE
    assert row.accepted == []


def test_a_slip_that_the_cases_miss_would_be_seen(monkeypatch):
    monkeypatch.setattr("benchmarks.mutants.prepared", lambda name, seed: prepared(name, seed)[:1])
    assert measure("affine", 60, 2).accepted  # one number, one unit: transposes pass


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_mistake_is_wrong_and_every_right_answer_right_under_ten_seeds(exercise):
    declared = EXERCISES[exercise]
    for seed in range(10):
        cases = prepared(exercise, seed)
        passed = [m.name for m in declared.mistakes if passes(declared, m.wrong, cases)]
        assert passed == [], seed
        assert all(passes(declared, f, cases) for f in RIGHT.get(exercise, ())), seed


def test_a_mutant_that_passes_is_judged_as_the_key_is():
    equivalent = [m for m in mutants("affine") if (f := function_of(m, "affine")) and f]
    passed = [
        m
        for m in equivalent
        if judge(EXERCISES["affine"], function_of(m, "affine")).status == PASSED
    ]
    assert passed
    assert all(
        passes(EXERCISES["affine"], function_of(m, "affine"), prepared("affine", 3)) for m in passed
    )
