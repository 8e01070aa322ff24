"""The map of the course, and progress that moves between machines as one file."""

import json

import pytest

from autograder import student
from autograder.cli import main
from autograder.core.verdict import PASSED
from autograder.course import COURSE, EXERCISES
from autograder.errors import UserError
from autograder.notebook import course_map, progress_file
from autograder.notebook.progress_transfer import export_progress, import_progress, joined
from autograder.workspace import folder


def solve(place, *names):
    for name in names:
        progress_file.checked(name, PASSED, float(EXERCISES[name].points), True, place)


def test_the_map_has_every_chapter_and_every_exercise(tmp_path):
    text = "\n".join(course_map.lines(COURSE, tmp_path))
    for chapter in COURSE.chapters:
        points = sum(e.points for e in chapter.exercises)
        assert f"{chapter.title}: 0 of {len(chapter.exercises)} solved, {points} points" in text
    assert all(f"○ {name}, 0/" in text for name in EXERCISES)


def test_what_is_solved_counts_and_the_first_that_is_not_comes_next(tmp_path):
    solve(tmp_path, "sigmoid", "affine", "concat_gate")
    rows = course_map.lines(COURSE, tmp_path)
    assert "● 0 · Start here: 2 of 2 solved, 5 points, 20 min" in rows
    assert any(row.startswith("◐ 1 · The reset gate: 1 of 4") for row in rows)
    assert rows[-1] == "Next: reset_gate in 01_reset_gate."


def test_when_all_is_solved_nothing_comes_next(tmp_path):
    solve(tmp_path, *EXERCISES)
    assert course_map.following(course_map.parts(COURSE, tmp_path)) is None
    assert "All exercises are solved" in course_map.lines(COURSE, tmp_path)[-1]


@pytest.mark.parametrize("text", ["{half", "[]", '{"status": 3, "best": "x"}', '{"status": "?"}'])
def test_a_broken_record_counts_as_nothing_done(tmp_path, text):
    (tmp_path / ".progress").mkdir()
    (tmp_path / ".progress" / "exercise.sigmoid.json").write_text(text)
    assert "    ○ sigmoid, 0/2" in course_map.lines(COURSE, tmp_path)
    progress_file.checked("sigmoid", PASSED, 2.0, True, tmp_path)
    assert "    ✓ sigmoid, 2/2" in course_map.lines(COURSE, tmp_path)


def test_the_notebook_shows_the_same_map_with_links(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    solve(tmp_path, "sigmoid")
    panel = student.course_map()
    assert str(panel) == "\n".join(course_map.lines(COURSE, tmp_path))
    assert 'href="01_reset_gate.ipynb"' in panel.html and "Next: affine" in panel.html


def test_the_map_in_a_terminal_is_of_the_folder(tmp_path, capsys, monkeypatch):
    folder.init(COURSE, tmp_path)
    solve(tmp_path, "sigmoid")
    capsys.readouterr()
    assert main(["map", str(tmp_path)]) == 0
    assert "Next: affine in 00_start_here." in capsys.readouterr().out


def test_progress_moves_to_another_folder_as_one_file(tmp_path, capsys):
    here, there = tmp_path / "here", tmp_path / "there"
    for place in (here, there):
        folder.init(COURSE, place)
    solve(here, "sigmoid")
    progress_file.store("prediction", "00_star_or_at", {"answer": "0"}, here)
    file = str(tmp_path / "mine.json")
    assert main(["progress", "export", file, str(here)]) == 0
    assert main(["progress", "import", file, str(there)]) == 0
    assert "2 records are new" in capsys.readouterr().out
    assert course_map.lines(COURSE, here) == course_map.lines(COURSE, there)


def test_importing_loses_nothing_that_is_solved(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    solve(here, "sigmoid")
    progress_file.checked("affine", "failed", 0.5, True, here)
    progress_file.checked("sigmoid", "failed", 1.0, True, there)
    solve(there, "affine")
    export_progress(COURSE, here, tmp_path / "mine.json")
    import_progress(COURSE, there, tmp_path / "mine.json")
    assert all(
        progress_file.load("exercise", n, there)["status"] == PASSED for n in ("sigmoid", "affine")
    )
    assert import_progress(COURSE, there, tmp_path / "mine.json") == 0, (
        "a second time changes nothing"
    )


def test_of_hints_the_most_that_were_seen_count():
    assert joined("hint", {"shown": 1}, {"shown": 3}) == {"shown": 3}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read as progress"),
        ("[]", "is not a file that"),
        ('{"format": 2, "progress": {}}', "is not a file that"),
        ('{"format": 1, "course": "attention", "progress": {}}', "'attention'"),
    ],
)
def test_another_file_is_refused_in_a_sentence(tmp_path, text, says):
    (tmp_path / "file").write_text(text)
    with pytest.raises(UserError, match=says):
        import_progress(COURSE, tmp_path, tmp_path / "file")


def test_a_missing_file_is_told_in_a_sentence(tmp_path):
    with pytest.raises(UserError, match="There is no file"):
        import_progress(COURSE, tmp_path, tmp_path / "file")


@pytest.mark.parametrize("name", ["exercise.../../written", "../x", "exercise", "exercise.a/b"])
def test_no_name_in_a_file_becomes_a_path(tmp_path, name):
    things = {name: {"status": PASSED}}
    note = {"format": 1, "course": COURSE.name, "progress": things}
    (tmp_path / "file").write_text(json.dumps(note))
    assert import_progress(COURSE, tmp_path / "mine", tmp_path / "file") == 0
    assert not list(tmp_path.rglob("*written*")) and not (tmp_path / "mine").exists()
