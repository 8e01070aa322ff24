"""What the diagnosis is worth on answers that no declaration contains; small samples of them.

`python -m benchmarks.diagnosis` counts many more. That right answers pass and declared mistakes are
named, as its first table says too, is in test_exercises.
"""

import pytest

from autograder.course import EXERCISES
from benchmarks.diagnosis import count, pairs, restyled, written

EACH = 2  # pairs of an exercise for each way to make them


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_two_mistakes_at_once_are_rejected_and_get_no_third_name(exercise):
    two, _ = pairs(exercise, EACH)
    assert two
    assert [t for t in two if not t.rejected] == []
    assert [(t.way, t.holds, t.name) for t in two if t.wrong] == []


def test_of_mistakes_written_in_another_way_all_are_rejected_and_95_in_100_named_right():
    trials = [t for e in EXERCISES.values() for t in restyled(e)]
    assert [t for t in trials if not t.rejected] == []
    assert [(t.exercise, t.holds, t.name) for t in trials if t.wrong] == []
    missed = [(t.exercise, t.holds, t.verdict.cause) for t in trials if not t.right]
    assert count(trials, "right") >= 0.95 * len(trials), missed


def test_what_is_written_by_hand_holds_declared_mistakes_and_is_enough():
    for name, answers in written().items():
        declared = {m.name for m in EXERCISES[name].mistakes}
        assert {held for holds, _ in answers for held in holds} <= declared, name
    sizes = [len(holds) for answers in written().values() for holds, _ in answers]
    assert sizes.count(1) >= 40 and sizes.count(2) >= 30
