"""The page of what was built and measured: from what is kept on disk, and no more than that."""

import re

import pytest
from bs4 import BeautifulSoup

from autograder import student
from autograder.cli import main
from autograder.core.verdict import PASSED
from autograder.course import COURSE, EXERCISES
from autograder.notebook import progress_file
from autograder.notebook.certificate import write
from autograder.workspace import folder


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return tmp_path


def solve(place, *names):
    for name in names:
        progress_file.checked(name, PASSED, float(EXERCISES[name].points), True, place)


def text(page):
    return " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())


def test_an_untouched_course_has_built_nothing(mine):
    page = text(write(COURSE, mine))
    assert f"So far: 0 of {len(EXERCISES)} exercises" in page
    assert "Built what" not in page and "guessed" not in page


def test_a_whole_chapter_says_what_was_built_and_a_part_only_how_much(mine):
    solve(mine, "sigmoid", "affine", "reset_gate")
    page = text(write(COURSE, mine))
    assert "of which every gate is made" in page and "2 of 2" in page
    assert "The reset gate" in page and "1 of 4" in page and "Update" not in page


def test_when_all_is_solved_it_says_so(mine):
    solve(mine, *EXERCISES)
    page = text(write(COURSE, mine))
    assert "All of it is built" in page
    assert all(chapter.title in page for chapter in COURSE.chapters)


def test_what_was_guessed_and_measured_stands_with_its_question(mine):
    student.predict("00_star_or_at", 2)
    student.settle("00_star_or_at", 0)
    page = text(write(COURSE, mine))
    assert "What is the number at the top right" in page
    assert "You predicted 2. Measured: 0." in page


def test_every_question_that_a_chapter_settles_has_its_text_without_signs_of_formulas(mine):
    notebooks = [p.read_text(encoding="utf-8") for p in COURSE.notebooks.glob("*.ipynb")]
    asked = {q for t in notebooks for q in re.findall(r'predict\(\\"(\w+)\\"', t)}
    assert len(asked) > 20
    for question in asked:
        progress_file.store("measured", question, {"says": f"<{question}>"}, mine)
    page = text(write(COURSE, mine))
    assert all(f"<{question}>" in page for question in asked)
    assert "$" not in page and "\\" not in page and "**" not in page


def test_a_name_is_text_and_never_markup(mine):
    page = write(COURSE, mine, "<b>Ada</b> & co")
    assert "&lt;b&gt;Ada&lt;/b&gt; &amp; co" in page


def test_the_page_asks_nothing_of_any_server(mine):
    solve(mine, *EXERCISES)
    soup = BeautifulSoup(write(COURSE, mine), "html.parser")
    assert not soup.find_all(["script", "link", "img", "a"]) and "http" not in str(soup)


def test_the_command_writes_it_into_the_folder(mine, capsys):
    folder.init(COURSE, mine / "my-course")
    solve(mine / "my-course", "sigmoid")
    assert main(["certificate", "my-course", "--name", "Ada"]) == 0
    assert "certificate.html" in capsys.readouterr().out
    assert "Ada" in (mine / "my-course" / "certificate.html").read_text(encoding="utf-8")
