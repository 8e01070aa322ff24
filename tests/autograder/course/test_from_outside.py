"""Answers from outside on which a check was once wrong: `from_outside.txt`, under several seeds."""

import re
from pathlib import Path

import pytest

from autograder.core.verdict import PASSED
from benchmarks.unseen import Answer, answers, verdict_on

HERE = Path(__file__).with_name("from_outside.txt")
SEEDS = 5


def cases():
    found = []
    for answer in answers(HERE):
        name, _, rest = answer.slip.partition(": ")
        found.append(pytest.param(answer._replace(slip=name), rest, id=f"{answer.exercise}-{name}"))
    return found


@pytest.mark.parametrize(("answer", "expected"), cases())
def test_the_verdict_is_right_and_its_cause_true(answer: Answer, expected: str):
    verdicts = [verdict_on(answer, seed) for seed in range(SEEDS)]
    passed = [v.status == PASSED for v in verdicts]
    assert passed == [expected == "right"] * SEEDS, [v.cause for v in verdicts]
    says = verdicts[0].cause
    for word in re.findall(r"\+ (.*?)(?= [+-] |$)", expected):
        assert word in says
    for word in re.findall(r" - (.*?)(?= [+-] |$)", expected):
        assert word not in says
