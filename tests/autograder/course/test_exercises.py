"""Every exercise of the course: its stub, its key, its mistakes, and other right answers."""

import functools
import inspect

import numpy as np
import pytest
import torch

from autograder.authoring import lint, source
from autograder.authoring.program import key_function
from autograder.core.judge import judge
from autograder.core.parts import leaves
from autograder.core.verdict import FAILED, NOT_ATTEMPTED, PASSED
from autograder.course import CHAPTERS, COURSE, EXERCISES, chapter_of
from autograder.course.chapters.ch06_bptt import backward_over_time
from benchmarks.answers.right import RIGHT
from gru_ref.sequence import unroll, unroll_backward

SEEDS = (0, 1, 20261120)
MISTAKES = [(e, m) for e in EXERCISES.values() for m in e.mistakes]
ANSWERS = [(e, i) for e in EXERCISES.values() for i in range(len(RIGHT.get(e.name, ())))]


def named(value):
    return getattr(value, "name", str(value))


@functools.cache
def key_of(exercise):
    """Return the function that the key of the chapter's source defines."""
    return key_function(COURSE, exercise.name)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=named)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_key_has_full_marks(exercise, seed):
    verdict = judge(exercise, key_of(exercise), seed)
    assert (verdict.status, verdict.score) == (PASSED, exercise.points), verdict
    assert verdict.remarks == ()


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=named)
def test_the_stub_is_not_attempted(exercise):
    names = {"np": np, "torch": torch, "nn": torch.nn}
    stub = source.stubs(COURSE, chapter_of(exercise.name).name).get(exercise.name)
    assert stub, f"the notebook has no answer cell of {exercise.name}: autograder dev check --fix"
    exec(stub, names)
    verdict = judge(exercise, names[exercise.name])
    assert (verdict.status, verdict.score) == (NOT_ATTEMPTED, 0)


@pytest.mark.parametrize("exercise, mistake", MISTAKES, ids=named)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_mistake_is_rejected_and_named(exercise, mistake, seed):
    verdict = judge(exercise, mistake.wrong, seed)
    assert verdict.status == FAILED
    assert verdict.mistake == mistake.name
    assert verdict.cause == mistake.says
    assert verdict.score < exercise.points
    assert verdict.case is not None


@pytest.mark.parametrize("exercise, which", ANSWERS, ids=named)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_differently_written_right_answer_passes(exercise, which, seed):
    verdict = judge(exercise, RIGHT[exercise.name][which], seed)
    assert verdict.status == PASSED, verdict


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=named)
def test_a_right_answer_in_float32_passes(exercise):
    def rounded(*args):
        return _map(exercise.reference(*args), lambda a: np.asarray(a, dtype=np.float32))

    verdict = judge(exercise, rounded)
    assert verdict.status == PASSED, verdict


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=named)
def test_a_right_answer_as_lists_passes(exercise):
    def listed(*args):
        return _map(exercise.reference(*args), lambda a: np.asarray(a).tolist())

    assert judge(exercise, listed).status == PASSED


def _map(answer, f):
    if hasattr(answer, "_fields"):
        return type(answer)(*(_map(a, f) for a in answer))
    return tuple(_map(a, f) for a in answer) if isinstance(answer, tuple) else f(answer)


def test_dev_check_misses_nothing_and_finds_nothing_that_disagrees():
    assert [str(f) for f in lint.findings(COURSE, judged=False)] == []


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=named)
def test_the_stub_has_the_parameters_of_the_declaration(exercise):
    expected = list(inspect.signature(exercise.reference).parameters)
    assert list(inspect.signature(key_of(exercise)).parameters) == expected


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=named)
def test_the_same_seed_gives_the_same_cases_and_another_seed_others(exercise):
    def numbers(seed):
        cases = exercise.cases(np.random.default_rng(seed))
        return [a for c in cases for x in c.inputs.values() for a in leaves(x)]

    same = zip(numbers(1), numbers(1), strict=True)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in same)
    free = all("steps" not in c.inputs and "D" not in c.inputs for c in _cases(exercise))
    if free:
        assert any(not np.array_equal(a, b) for a, b in zip(numbers(1), numbers(2), strict=True))


def _cases(exercise):
    return exercise.cases(np.random.default_rng(0))


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=named)
def test_the_first_case_is_small_enough_to_redo_by_hand(exercise):
    first = _cases(exercise)[0]
    assert (
        sum(a.size for v in first.inputs.values() for a in leaves(v)) <= 30
    )  # two cells of one unit


def test_every_exercise_has_an_answer_cell_and_a_check_cell_in_its_chapter():
    for chapter in CHAPTERS:
        cells = source.read(COURSE, chapter.name)
        for kind in ("solution", "check"):
            found = [c.keys[kind] for c in cells if kind in c.keys]
            assert found == [e.name for e in chapter.exercises], (chapter.name, kind)


def test_the_declared_chapters_are_the_ones_with_a_source():
    assert [c.name for c in CHAPTERS] == source.chapter_names(COURSE)


def test_mistakes_of_an_exercise_have_names_of_their_own():
    for exercise in EXERCISES.values():
        names = [m.name for m in exercise.mistakes]
        assert len(names) == len(set(names))


def test_bptt_of_the_declarations_agrees_with_the_reference_package():
    for case in _cases(EXERCISES["gru_backward"]):
        dh, x, h_0, p = case.inputs.values()
        ours = leaves(backward_over_time(dh, x, h_0, p))
        theirs = leaves(tuple(unroll_backward(dh, unroll(x, p, h_0).kept)))
        assert all(np.allclose(a, b, atol=1e-12) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_the_hint_ladder_has_three_different_rungs(exercise):
    """What to look at, which line of the equation, the shape of the code."""
    assert len(exercise.hints) >= 3 and len(set(exercise.hints)) == len(exercise.hints)
    assert all(len(hint) > 20 and hint.rstrip()[-1] in ".?`)" for hint in exercise.hints)
