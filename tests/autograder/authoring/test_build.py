"""The build: what it refuses, and what a cell's short keys become."""

import pytest

from autograder.authoring import build, source
from autograder.course import COURSE


def cells(tmp_path, monkeypatch, text):
    (tmp_path / "00_start_here.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(source, "SOLUTIONS", tmp_path)
    return build.student_notebook(COURSE, "00_start_here").cells


def test_a_solution_becomes_a_stub_and_its_check_is_locked(tmp_path, monkeypatch):
    text = (
        '# %% solution="sigmoid"\ndef sigmoid(a):\n    ### BEGIN SOLUTION\n    return secret\n'
        '    ### END SOLUTION\n\n# %% check="sigmoid"\ncheck(sigmoid)\n'
    )
    answer, check = cells(tmp_path, monkeypatch, text)
    assert "secret" not in answer.source and "raise NotImplementedError()" in answer.source
    assert answer.metadata.nbgrader.grade_id == "sigmoid"
    assert check.metadata.nbgrader.grade_id == "check_sigmoid"
    assert check.metadata.nbgrader.points == 2
    assert check.metadata.nbgrader.locked and check.metadata.nbgrader.grade


def test_a_written_answer_is_graded_by_hand_and_emptied(tmp_path, monkeypatch):
    text = '# %% [markdown] answer="why" points=2\nr"""\nSince.\n"""\n'
    (cell,) = cells(tmp_path, monkeypatch, text)
    assert "Since" not in cell.source
    grading = cell.metadata.nbgrader
    assert grading.grade and grading.solution and grading.points == 2


@pytest.mark.parametrize(
    "text, says",
    [
        ('# %% solution="nowhere"\npass\n', "no exercise 'nowhere'"),
        ('# %% check="sigmoid" solution="sigmoid"\npass\n', "one of"),
        ('# %% solutoin="sigmoid"\npass\n', "solutoin"),
        ('# %% check="sigmoid"\na\n\n# %% check="sigmoid"\nb\n', "two cells"),
    ],
)
def test_a_cell_that_cannot_be_built_is_named(tmp_path, monkeypatch, text, says):
    with pytest.raises(build.SourceError, match=says):
        cells(tmp_path, monkeypatch, text)


def test_an_unchanged_chapter_is_not_written_again(tmp_path):
    assert len(build.build(COURSE, tmp_path)) == len(source.chapter_names(COURSE))
    assert build.build(COURSE, tmp_path) == []
