"""The build: what it refuses, and what a cell's short keys become."""

from dataclasses import replace

import jupytext
import pytest

from autograder.authoring import build, pack, source
from autograder.course import COURSE


def cells(tmp_path, text):
    (tmp_path / "00_start_here.py").write_text(text, encoding="utf-8")
    return build.student_notebook(replace(COURSE, solutions=tmp_path), "00_start_here").cells


def test_a_solution_becomes_a_stub_and_its_check_is_locked(tmp_path):
    text = (
        '# %% solution="sigmoid"\ndef sigmoid(a):\n    ### BEGIN SOLUTION\n    return secret\n'
        '    ### END SOLUTION\n\n# %% check="sigmoid"\ncheck(sigmoid)\n'
    )
    answer, check = cells(tmp_path, text)
    assert "secret" not in answer.source and "raise NotImplementedError()" in answer.source
    assert answer.metadata.nbgrader.grade_id == "sigmoid"
    assert check.metadata.nbgrader.grade_id == "check_sigmoid"
    assert check.metadata.nbgrader.points == 2
    assert check.metadata.nbgrader.locked and check.metadata.nbgrader.grade


def test_a_written_answer_is_graded_by_hand_and_emptied(tmp_path):
    text = '# %% [markdown] answer="why" points=2\nr"""\nSince.\n"""\n'
    (cell,) = cells(tmp_path, text)
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
def test_a_cell_that_cannot_be_built_is_named(tmp_path, text, says):
    with pytest.raises(build.SourceError, match=says):
        cells(tmp_path, text)


def test_an_unchanged_chapter_is_not_written_again(tmp_path):
    assert len(build.build(COURSE, tmp_path)) == len(source.chapter_names(COURSE))
    assert build.build(COURSE, tmp_path) == []


@pytest.mark.parametrize("chapter", source.chapter_names(COURSE))
def test_a_source_is_read_as_jupytext_reads_it(chapter):
    """The editors that know the percent format see the cells that we see."""
    theirs = jupytext.read(COURSE.solutions / f"{chapter}.py", fmt="py:percent").cells
    added = ("cell_marker", "lines_to_next_cell")  # by jupytext
    keys = [{k: str(v) for k, v in c.metadata.items() if k not in added} for c in theirs]
    cells = source.read(COURSE, chapter)
    assert [(c.kind, c.text) for c in cells] == [(c.cell_type, c.source) for c in theirs]
    assert [{k: str(v) for k, v in c.keys.items()} for c in cells] == keys


@pytest.mark.parametrize(
    "text, says",
    [
        ("x = 1\n", "first line"),
        ("", "first line"),
        ("# %% solution=name\npass\n", "line 1"),
        ("# %% [markdown]\nno quotes\n", "line 2"),
        ('# %% [markdown]\nr"""\na\n"""\nb\n"""\n', "line 2"),
    ],
)
def test_a_source_that_cannot_be_read_is_told_by_its_line(tmp_path, text, says):
    with pytest.raises(build.SourceError, match=says):
        cells(tmp_path, text)


def test_a_pack_gives_the_same_cells_as_the_folder_and_nothing_to_build(tmp_path):
    place = tmp_path / "keys.pack"
    place.write_bytes(pack.packed(COURSE.solutions))
    packed = replace(COURSE, solutions=place)
    assert source.chapter_names(packed) == source.chapter_names(COURSE)
    for chapter in source.chapter_names(COURSE):
        assert source.read(packed, chapter) == source.read(COURSE, chapter)
    assert b"def sigmoid" not in place.read_bytes()
    with pytest.raises(build.SourceError, match="no chapter 99_none"):
        source.read(packed, "99_none")
    with pytest.raises(build.SourceError, match="installed package"):
        build.build(packed, tmp_path)


def test_a_pack_that_is_damaged_is_told(tmp_path):
    (tmp_path / "keys.pack").write_bytes(b"not a pack")
    with pytest.raises(build.SourceError, match="damaged"):
        source.chapter_names(replace(COURSE, solutions=tmp_path / "keys.pack"))
