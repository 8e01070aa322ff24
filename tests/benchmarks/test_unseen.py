"""What is said to wrong answers that nobody declared; a sample of `python -m benchmarks.unseen`."""

from collections import Counter

from autograder.core.judge import judge
from autograder.core.verdict import PASSED
from autograder.course import EXERCISES
from benchmarks.unseen import ANSWERS, answers, kind_of, verdict_on


def test_the_file_states_its_rule_and_half_of_it_is_set_aside():
    found = list(answers())
    assert ANSWERS.read_text(encoding="utf-8").startswith("#")
    assert len(found) >= 200
    assert 0.4 < sum(a.set_aside for a in found) / len(found) < 0.6


def test_none_is_accepted_and_few_are_left_without_a_word():
    counts = Counter(kind_of(verdict_on(a)) for a in list(answers())[::4])
    assert counts["accepted"] == 0
    assert counts["nothing"] <= 0.12 * counts.total(), counts


def test_a_change_that_is_named_makes_the_answer_right():
    changed = [v for a in list(answers())[1::6] if (v := verdict_on(a)).mended]
    assert changed
    for verdict in changed:
        exercise = EXERCISES[verdict.exercise]
        assert judge(exercise, exercise.reference).status == PASSED
        assert "Look at line" in verdict.cause and verdict.mended not in verdict.cause
