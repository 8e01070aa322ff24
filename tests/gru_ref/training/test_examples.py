"""Each task can be seen: the list has its levels, the picture its words say what is due."""

import re
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gru_ref.cli import TASKS, main
from gru_ref.figures.shown import description, figure_of
from gru_ref.training.tasks import corpora
from gru_ref.training.tasks.examples import example

DUE = {
    "sine": r"0\.94 at step 25",
    "adding": r"one in each half: .* their sum, \d\.\d\d\.",
    "adding_early": r"both in the first half: .* their sum, \d\.\d\d\.",
    "copy": r"Due: 5, 8, 6, 1, 4, 4, 4, 8, 2, 4, from step 30 to 39\.",
    "temporal_order": r"Y at step \d+, X at step \d+\. .* Due after the last: YX\.",
    "latch": r"are -.*Due after the last: class 0, below 0\.",
    "reviews_changed": r"word \d+, gripping and word \d+, disappointing\. Due: bad\.",
    "characters": r"Two rows of 100 letters: .* Shown: .{100}\. Due at the last letter: .\.",
    "chorales": r"At each step the next chord is due; at the last, with hollow bars, the keys ",
}


@pytest.fixture(autouse=True)
def pieces(monkeypatch):
    """Put random pieces in the place of Bach's, and close what was drawn."""
    rng = np.random.default_rng(0)
    rolls = [(rng.random((40 + i, 88)) < 0.05).astype(np.uint8) for i in range(20)]
    monkeypatch.setattr(corpora, "chorales", lambda: rolls)
    yield
    plt.close("all")


@pytest.mark.parametrize("name", TASKS)
def test_the_words_of_an_example_say_what_is_shown_and_what_is_due(name):
    words = description(figure_of(example(name)))
    assert re.search(DUE.get(name, r"in a frame stands word \d+, \w+\. Due: (good|bad)\."), words)


def test_the_list_has_a_sentence_and_the_levels_of_every_task(capsys):
    assert main(["tasks"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[::2]] == list(TASKS)
    assert all(re.fullmatch(r"\w+ +[A-Z].*\.", line) for line in lines[::2])
    levels = r" +[\w ]+: chance \S+ \(.+\), solved at \S+\. \d+ steps\. From .*\."
    assert all(re.fullmatch(levels, line) for line in lines[1::2])


def test_what_the_list_cannot_read_it_says(capsys, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "music21", None)
    assert main(["tasks"]) == 0
    assert "\nchorales         Bach's chorales are read from the package music21" in (
        capsys.readouterr().out
    )


def test_the_picture_is_written_and_its_words_are_printed(tmp_path, capsys):
    file = tmp_path / "folder" / "adding.svg"
    assert main(["tasks", "adding", "--length", "20", "--plot", str(file)]) == 0
    out = capsys.readouterr().out
    assert "20 steps" in out and "Bar chart of 20 numbers" in out and f"Drawn: {file}" in out
    assert "Bar chart of 20 numbers" in file.read_text()


@pytest.mark.parametrize(
    ("words", "due"),
    [
        (["tasks", "ading"], "There is no task 'ading'"),
        (["tasks", "adding", "--plot", "x.bmp"], "x.bmp is no name of a picture: it ends in one"),
        (["tasks", "--length", "5"], "--length goes with the name of a task"),
        (["tasks", "adding", "--length", "1"], "length is 1: this task needs at least 4 steps."),
    ],
)
def test_a_mistake_is_a_sentence(words, due, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith(due) and said.count("\n") == 1 and not list(tmp_path.iterdir())
