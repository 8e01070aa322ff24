"""`autograder dev` on a course of one chapter: skeletons, sentences, what mends itself."""

import importlib
import sys

import pytest

from autograder.authoring import figures, lint
from autograder.cli import main
from autograder.course import ROOT
from autograder.errors import SourceError

DECLARED = """\
from pathlib import Path

import numpy as np

from autograder.core.course import Course
from autograder.core.exercise import Case, Chapter, Exercise, Mistake

DOUBLE = Exercise(
    name="double",
    points=2,
    reference=lambda x: 2 * x,
    cases=lambda rng: [Case("values", {"x": x}) for x in (np.ones(1), rng.normal(size=3))],
    mistakes=(
        Mistake("squared", lambda x: x**2, "You square it."),
        Mistake("halved", lambda x: x / 2, "You halve it."),
        Mistake("unchanged", lambda x: x + 0, "You return x."),
    ),
    hints=("What of x?", "Twice x.", "`2 * x`"),
)

CHAPTER = Chapter("00_tiny", "0 · Tiny", 5, (DOUBLE,))
HERE = Path(__file__).parent
COURSE = Course(
    where="tiny_course:COURSE",
    name="tiny",
    title="Tiny",
    chapters=(CHAPTER,),
    solutions=HERE / "solutions",
    notebooks=HERE / "notebooks",
    right_answers="tiny_answers:RIGHT",
)
"""
SOURCE = '''\
# %% [markdown]
r"""
# 0 · Tiny

| time | points |
|---|---|
| 5 minutes | 2 |
"""

# %%
import numpy as np

# %% [markdown]
r"""
### Exercise 0.1 · `double`

2 points · difficulty ●○○ · importance ●●●

Return twice x.
"""


# %% solution="double"
def double(x):
    """Return 2x."""
    ### BEGIN SOLUTION
    return x * 2
    ### END SOLUTION


# %% check="double"
check(double)

# %%
# hint(double)
'''
ANSWERS = """\
RIGHT = {
    "double": [lambda x: x + x, lambda x: x - -x, lambda x: 4 * x / 2],
}
"""
TEXTS = {"tiny_course.py": DECLARED, "tiny_answers.py": ANSWERS, "solutions/00_tiny.py": SOURCE}


class Tiny:
    """A course in a folder; `course` imports it anew, `dev` runs a command of it."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "solutions").mkdir()
        (folder / "notebooks").mkdir()
        for name, text in TEXTS.items():
            (folder / name).write_text(text, encoding="utf-8")
        self.dev("check", "--fix")

    def course(self):
        for name in [n for n in sys.modules if n.startswith("tiny_") or n == "ch00_triple"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        lint.source.keys.cache_clear()
        return importlib.import_module("tiny_course").COURSE

    def dev(self, *words):
        return main(["dev", *words], self.course())

    def change(self, name, old, new):
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def says(self):
        return [str(f) for f in lint.findings(self.course())]


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return Tiny(tmp_path)


def test_of_a_whole_course_nothing_is_said(tiny):
    assert tiny.says() == []
    assert tiny.dev("check") == 0


@pytest.mark.parametrize(
    "name, old, new, due",
    [
        ("solutions/00_tiny.py", '# %% solution="double"\n', "# %%\n", "no answer cell"),
        ("solutions/00_tiny.py", '# %% check="double"\n', "# %%\n", "no check cell"),
        ("solutions/00_tiny.py", "# hint(double)", "# hint", "# hint(double)"),
        ("solutions/00_tiny.py", "difficulty ●○○", "hard", "no line `2 points"),
        ("solutions/00_tiny.py", "2 points · d", "3 points · d", "3 points, its declaration 2"),
        ("solutions/00_tiny.py", "| 5 minutes | 2 |", "| 5 minutes | 3 |", "'3' of the points"),
        ("solutions/00_tiny.py", "| 5 minutes", "| 6 minutes", "6 minutes, the declaration 5"),
        ("solutions/00_tiny.py", "Exercise 0.1", "Exercise 0.4", "says 0.4; it is exercise 0.1"),
        ("solutions/00_tiny.py", "def double(x)", "def double(y)", "takes (y), the reference (x)"),
        ("solutions/00_tiny.py", "return x * 2", "return x * 3", "its key has"),
        ("solutions/00_tiny.py", "return x * 2", "return (x * 3", "not Python"),
        ("solutions/00_tiny.py", "Return twice x", "Return 2x", "its notebook is not the one"),
        ("tiny_course.py", '"You halve it."', '""', "the mistake halved has no sentence"),
        ("tiny_course.py", '"halved"', '"squared"', "2 mistakes are called squared"),
        ("tiny_course.py", "lambda x: x / 2", "lambda x: 2 * x", "halved is not rejected"),
        ("tiny_course.py", '("What of x?", "Twice x.", "`2 * x`")', "()", "has 0 hints"),
        (
            "tiny_course.py",
            "reference=lambda x: 2 * x",
            "reference=lambda x: x.y",
            "reference fails",
        ),
        ("tiny_course.py", '"tiny_answers:RIGHT"', '""', "does not say where"),
        ("tiny_course.py", '"tiny_answers:RIGHT"', '"nowhere:RIGHT"', "cannot be imported"),
        ("tiny_answers.py", '"double"', '"single"', "double: it has 0 right answers"),
        ("tiny_answers.py", "x - -x", "x - x", "right answer 2 is not accepted"),
    ],
)
def test_what_is_missing_or_disagrees_is_a_sentence(tiny, name, old, new, due):
    tiny.change(name, old, new)
    assert any(due in line for line in tiny.says()), tiny.says()
    assert tiny.dev("check") == 1


def test_exercises_out_of_the_declared_order_are_named(tiny):
    tiny.dev("new", "triple", "--chapter", "00_tiny", "--takes", "x")
    tiny.change("tiny_course.py", "(DOUBLE, TRIPLE)", "(TRIPLE, DOUBLE)")
    assert any("stand in the order ['double', 'triple']" in line for line in tiny.says())


def test_fix_writes_numbers_points_and_minutes_and_builds(tiny):
    for old, new in (
        ("0.1", "0.7"),
        ("2 points ·", "9 points ·"),
        ("5 minutes | 2", "1 minutes | 9"),
    ):
        tiny.change("solutions/00_tiny.py", old, new)
    assert len(tiny.says()) == 5
    assert tiny.dev("check", "--fix") == 0
    assert (tiny.folder / "solutions/00_tiny.py").read_text(encoding="utf-8") == SOURCE


@pytest.mark.parametrize("beside", [(), ("--beside",)], ids=["in the module", "beside"])
def test_a_new_exercise_is_told_what_it_lacks_until_it_is_written(tiny, beside, capsys):
    words = ("--chapter", "00_tiny", "--takes", "x", "--points", "1")
    assert tiny.dev("new", "triple", *words, *beside) == 0
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == ["1", "2", "3", "4"]
    assert list(tiny.course().exercises) == ["double", "triple"]
    assert tiny.dev("check", "--fix") == 1
    said = "\n".join(tiny.says())
    for due in ("1 mistakes", "hint 1 is not", "text still says", "cell still says"):
        assert due in said
    assert "0.2" not in said  # numbered

    declared = "ch00_triple.py" if beside else "tiny_course.py"
    text = (tiny.folder / declared).read_text(encoding="utf-8")
    head, _, rest = text.partition("    mistakes=(  # TODO")
    wrong = (("four", "4 * x"), ("cubed", "x**3"), ("third", "x / 3"))
    head = head.replace("return ...  #", "return 3 * x  #").replace(
        '"x": ...', '"x": np.ones(1) + 2'
    )
    rest = rest.partition("    hints=(")[2].partition("    ),\n")[2]
    mistakes = "".join(f'Mistake("{n}", lambda x: {f}, "Not 3x."), ' for n, f in wrong)
    new = f'{head}mistakes=({mistakes}), hints=("What of x?", "Thrice.", "3x"),\n{rest}'
    (tiny.folder / declared).write_text(new, encoding="utf-8")
    for old, new in (
        ("TODO: what to return, in one or two sentences", "Return thrice x"),
        ("Return TODO, with its shape", "Return 3x"),
        ("return ...  # TODO", "return 3 * x"),
    ):
        tiny.change("solutions/00_tiny.py", old, new)
    tiny.change("tiny_answers.py", "lambda x: ...,  # TODO", "lambda x: x + x + x,")
    assert tiny.dev("check", "--fix") == 0, tiny.says()


@pytest.mark.parametrize(
    "words, says",
    [
        (("triple", "--chapter", "09_none"), "no chapter 09_none"),
        (("double", "--chapter", "00_tiny"), "declared already, in 00_tiny"),
        (("not-a-name", "--chapter", "00_tiny"), "no name of a function"),
        (("triple", "--chapter", "00_tiny", "--after", "half"), "no exercise half"),
    ],
)
def test_what_cannot_be_new_is_refused_and_nothing_is_written(tiny, words, says, capsys):
    assert tiny.dev("new", *words) == 2
    assert says in capsys.readouterr().err
    assert all((tiny.folder / n).read_text(encoding="utf-8") == t for n, t in TEXTS.items())


def test_a_course_that_does_not_import_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr("autograder.cli.DEFAULT", "autograder.nowhere:COURSE")
    assert main(["dev", "check"]) == 2
    assert "cannot be imported: ModuleNotFoundError" in capsys.readouterr().err


# Figures

README = "a <!-- figures: python -m some.speed -->\nold\n<!-- end of figures -->\nb\n"


def test_figures_are_copied_from_what_the_command_printed(tmp_path):
    file = tmp_path / "README.md"
    file.write_text(README)
    with pytest.raises(SourceError, match="--measure writes it"):
        figures.refresh(file)
    figures.saved(file, "python -m some.speed").parent.mkdir(parents=True)
    figures.saved(file, "python -m some.speed").write_text("new\n")
    assert figures.refresh(file) == 0
    assert file.read_text() == README.replace("old", "new")


def test_figures_are_measured_where_that_is_asked_for(tmp_path):
    file = tmp_path / "README.md"
    file.write_text(README)
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "speed.py").write_text("import sys; print(sys.argv[1:])")
    figures.refresh(file, measure=True)
    assert "['--markdown']" in file.read_text()


def test_the_readme_holds_the_figures_that_are_saved():
    file = ROOT / "README.md"
    text = file.read_text(encoding="utf-8")
    assert figures.refreshed(text, file) == text, "autograder dev figures"
