"""A student's folder: made anywhere, never overwritten, its chapters set aside on request."""

import re
from dataclasses import replace

import pytest

from autograder.course import COURSE
from autograder.errors import UserError
from autograder.workspace import folder


def course(notebooks):
    """Return a course with these notebooks."""
    return replace(COURSE, notebooks=notebooks)


@pytest.fixture
def folders(tmp_path):
    """Return (work, notebooks): no copies yet, two chapters."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    for name in ("00_start_here", "01_reset_gate"):
        (notebooks / f"{name}.ipynb").write_text(f"{name}, first edition")
    return tmp_path / "work", notebooks


def copies(work):
    return sorted(path.name for path in work.glob("*.ipynb"))


def test_every_chapter_is_copied(folders):
    work, notebooks = folders
    (said,) = folder.copy_chapters(course(notebooks), work)
    assert copies(work) == ["00_start_here.ipynb", "01_reset_gate.ipynb"]
    assert "00_start_here, 01_reset_gate" in said
    assert (work / "01_reset_gate.ipynb").read_text() == "01_reset_gate, first edition"


def test_a_second_start_copies_nothing_and_says_nothing(folders):
    folder.copy_chapters(course(folders[1]), folders[0])
    assert folder.copy_chapters(course(folders[1]), folders[0]) == []


def test_a_students_copy_is_never_overwritten(folders):
    work, notebooks = folders
    folder.copy_chapters(course(notebooks), work)
    (work / "01_reset_gate.ipynb").write_text("my answers")
    (notebooks / "01_reset_gate.ipynb").write_text("01_reset_gate, second edition")
    folder.copy_chapters(course(notebooks), work)
    assert (work / "01_reset_gate.ipynb").read_text() == "my answers"


def test_a_copy_that_was_there_without_us_is_left_alone(folders):
    work, notebooks = folders
    work.mkdir()
    (work / "01_reset_gate.ipynb").write_text("brought along")
    (said,) = folder.copy_chapters(course(notebooks), work)
    assert "01_reset_gate" not in said
    assert (work / "01_reset_gate.ipynb").read_text() == "brought along"


def test_a_chapter_that_is_new_is_added_to_the_copies(folders):
    work, notebooks = folders
    folder.copy_chapters(course(notebooks), work)
    (notebooks / "02_update_gate.ipynb").write_text("02_update_gate, first edition")
    assert folder.copy_chapters(course(notebooks), work) == [f"Copied to {work}/: 02_update_gate."]


def test_a_newer_original_is_told_with_the_way_to_get_it(folders):
    work, notebooks = folders
    folder.copy_chapters(course(notebooks), work)
    (notebooks / "01_reset_gate.ipynb").write_text("01_reset_gate, second edition")
    for _ in range(2):  # every start says it
        (said,) = folder.copy_chapters(course(notebooks), work)
        assert said.startswith("01_reset_gate has changed")
        assert re.search(r"(autograder reset |make reset CHAPTER=)01_reset_gate$", said)
    folder.reset_chapter(course(notebooks), "01_reset_gate", work)
    assert folder.copy_chapters(course(notebooks), work) == []


def test_a_record_that_cannot_be_read_costs_the_news_only(folders):
    work, notebooks = folders
    folder.copy_chapters(course(notebooks), work)
    (work / folder.ORIGINS).write_text("{ half")
    (notebooks / "01_reset_gate.ipynb").write_text("01_reset_gate, second edition")
    assert folder.copy_chapters(course(notebooks), work) == []


def test_reset_sets_the_copy_aside_and_puts_a_fresh_one(folders):
    work, notebooks = folders
    folder.copy_chapters(course(notebooks), work)
    (work / "01_reset_gate.ipynb").write_text("my answers")
    (work / ".progress").mkdir()
    (work / ".progress" / "exercise.reset_gate.json").write_text("{}")
    assert folder.reset_chapter(course(notebooks), "01_reset_gate", work) == 0
    assert (work / "01_reset_gate.ipynb").read_text() == "01_reset_gate, first edition"
    (aside,) = work.glob("01_reset_gate.before-*.ipynb")
    assert aside.read_text() == "my answers"
    assert (work / ".progress" / "exercise.reset_gate.json").exists()
    assert "00_start_here.ipynb" in copies(work)


def test_two_resets_within_a_second_keep_both_copies(folders, monkeypatch):
    work, notebooks = folders
    monkeypatch.setattr(folder.time, "strftime", lambda form: "20260101-120000")
    folder.copy_chapters(course(notebooks), work)
    for text in ("first try", "second try"):
        (work / "01_reset_gate.ipynb").write_text(text)
        folder.reset_chapter(course(notebooks), "01_reset_gate.ipynb", work)
    aside = [path.read_text() for path in work.glob("01_reset_gate.before-*.ipynb")]
    assert sorted(aside) == ["first try", "second try"]


def test_reset_before_the_first_start_gives_the_chapter(folders):
    work, notebooks = folders
    assert folder.reset_chapter(course(notebooks), "00_start_here", work) == 0
    assert copies(work) == ["00_start_here.ipynb"]


@pytest.mark.parametrize("name", ["07_lstm", "", "../notebooks/00_start_here"])
def test_an_unknown_chapter_is_told_in_one_sentence_that_lists_the_chapters(folders, name):
    work, notebooks = folders
    with pytest.raises(UserError) as error:
        folder.reset_chapter(course(notebooks), name, work)
    said = str(error.value)
    assert "\n" not in said and repr(name) in said and "00_start_here, 01_reset_gate." in said
    assert not work.exists()


# init, and where commands work


def test_init_makes_a_folder_that_lab_works_in(folders, tmp_path, monkeypatch, capsys):
    mine, notebooks = tmp_path / "deep" / "my-course", folders[1]
    assert folder.init(course(notebooks), mine) == 0
    assert copies(mine) == ["00_start_here.ipynb", "01_reset_gate.ipynb"]
    assert "autograder lab" in (mine / "README.md").read_text()
    assert "Copied to" in capsys.readouterr().out
    monkeypatch.chdir(mine)
    assert folder.chosen(course(notebooks), None) == mine


def test_init_again_overwrites_nothing(folders, tmp_path, capsys):
    mine, notebooks = tmp_path / "my-course", folders[1]
    folder.init(course(notebooks), mine)
    for name in ("README.md", "01_reset_gate.ipynb"):
        (mine / name).write_text("mine")
    capsys.readouterr()
    assert folder.init(course(notebooks), mine) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert {(mine / n).read_text() for n in ("README.md", "01_reset_gate.ipynb")} == {"mine"}


def test_init_of_one_chapter_is_kept_to_until_another_is_asked_for(folders, tmp_path):
    mine, here = tmp_path / "my-course", course(folders[1])
    folder.init(here, mine, ["01_reset_gate"])
    assert folder.copy_chapters(here, mine) == []  # what `lab` does at its start
    assert copies(mine) == ["01_reset_gate.ipynb"]
    folder.init(here, mine, ["00_start_here"])
    assert copies(mine) == ["00_start_here.ipynb", "01_reset_gate.ipynb"]


def test_a_virtual_environment_may_lie_in_the_folder_already(folders, tmp_path):
    (tmp_path / "my-course" / ".venv").mkdir(parents=True)
    assert folder.init(course(folders[1]), tmp_path / "my-course") == 0


def test_what_stands_in_the_way_of_init_is_told_in_one_sentence(folders, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    for name in "abcde":
        (tmp_path / "full" / name).write_text("")
    for place, says in [
        (tmp_path / "file", "is a file"),
        (tmp_path / "file" / "below", "Not a directory"),
        (tmp_path / "full", "a, b, c and 2 more"),
    ]:
        with pytest.raises(UserError, match=says) as error:
            folder.init(course(folders[1]), place)
        assert "\n" not in str(error.value)
    assert sorted(p.name for p in (tmp_path / "full").iterdir()) == list("abcde")


def test_a_folder_that_may_not_be_written_is_told_in_one_sentence(folders, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "my-course")

    monkeypatch.setattr(folder, "write_file", refuse)
    with pytest.raises(UserError, match="Permission denied.*Name a folder"):
        folder.init(course(folders[1]), tmp_path / "my-course")


def test_init_refuses_a_chapter_that_there_is_not(folders, tmp_path):
    with pytest.raises(UserError, match="There is no chapter '07_lstm'"):
        folder.init(course(folders[1]), tmp_path / "my-course", ["07_lstm"])
    assert not (tmp_path / "my-course").exists()


def test_in_a_checkout_the_folder_is_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert folder.chosen(COURSE, None) == COURSE.notebooks.parent / "work"


def test_an_installed_package_asks_for_a_folder(folders, tmp_path, monkeypatch):
    pack = tmp_path / "keys.pack"
    pack.write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    installed = replace(course(folders[1]), solutions=pack)
    with pytest.raises(UserError, match="autograder init my-course"):
        folder.chosen(installed, None)
    with pytest.raises(UserError, match="autograder init"):
        folder.chosen(installed, tmp_path)
