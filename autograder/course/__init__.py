"""The GRU course, as the engine is handed it. Reading order: `cases`, `chapters`, `words`.

| module | what it is |
|---|---|
| `cases` | seeded inputs over the sizes D, H, N, T, and the extreme ones |
| `example_functions` | functions that exercises take as an argument |
| `chapters` | the declarations of all exercises, a module a chapter |
| `questions` | short questions on each chapter, with which later ones open |
| `words` | what messages say in the course's letters |
| `warm_up` | what the sandbox imports before answers run; it runs there |
| `stubs` | what stands in the sandbox for the course's own modules: the reference is not there |
| `data` | in a wheel only (setup.py makes it): the chapters, their sources packed, the versions |
"""

from __future__ import annotations

from pathlib import Path

from autograder.core.course import Course, Visible
from autograder.course.chapters import CHAPTERS as _DECLARED
from autograder.course.example_functions import EXAMPLES
from autograder.course.questions import QUESTIONS
from autograder.course.words import WORDS

_HERE = Path(__file__).resolve().parent
ROOT = _HERE.parents[1]
_IN_A_CHECKOUT = (ROOT / "pyproject.toml").is_file() and (ROOT / "solutions").is_dir()
_DATA = ROOT if _IN_A_CHECKOUT else _HERE / "data"
_SHOWN = (
    "autograder/student.py",
    "autograder/course/example_functions.py",
    "autograder/course/warm_up.py",
    "gru_ref/figures/__init__.py",
    "gru_ref/figures/boxes.py",
    "gru_ref/figures/curves.py",
    "gru_ref/figures/diagrams.py",
    "gru_ref/figures/palette.py",
    "gru_ref/figures/plots.py",
    "gru_ref/figures/rounds.py",
    "gru_ref/figures/shown.py",
    "gru_ref/figures/training.py",
    "gru_ref/figures/widgets.py",
)
_STUBS = {p.relative_to(_HERE / "stubs"): p for p in (_HERE / "stubs").rglob("*.py")}

COURSE = Course(
    where="autograder.course:COURSE",
    name="gru-course",
    title="The GRU course",
    chapters=_DECLARED,
    solutions=ROOT / "solutions" if _IN_A_CHECKOUT else _DATA / "keys.pack",
    notebooks=_DATA / "notebooks",
    words=WORDS,
    visible=Visible(
        packages=("matplotlib", "ipywidgets", "tqdm"),
        on_demand=("torch",),
        files=_STUBS | {Path(name): ROOT / name for name in _SHOWN},
        warm_up="autograder.course.warm_up",
    ),
    functions=EXAMPLES,
    functions_module="autograder.course.example_functions:EXAMPLES",
    code=("autograder.course", "gru_ref"),
    right_answers="benchmarks.answers.right:RIGHT",
    questions=QUESTIONS,
)
CHAPTERS, EXERCISES, chapter_of = COURSE.chapters, COURSE.exercises, COURSE.chapter_of
