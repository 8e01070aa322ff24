"""The skeletons of a new exercise: its declaration, its section, the place of its right answers.

What is to be written says TODO, so that `lint` finds what was left. Files are edited as text, at
places that the syntax tree gives, and formatted where ruff is installed.
"""

from __future__ import annotations

import ast
import importlib.util
import keyword
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from autograder.core.course import Course
from autograder.core.exercise import ASPECTS, Chapter
from autograder.errors import SourceError
from autograder.io import write_file

DECLARATION = """\
# --- {name} {rule}


def _{name}({takes}):
    return ...  # TODO: the reference, in the letters of the equation


def _{name}_cases(rng: np.random.Generator) -> list[Case]:
    return [  # TODO: smallest first; the aspects are {aspects}
{cases}
    ]


{constant} = Exercise(
    name="{name}",
    points={points},
    reference=_{name},
    cases=_{name}_cases,
    mistakes=(  # TODO: four or more, each the wrong code itself
        Mistake(
            "TODO_what_is_wrong",
            lambda {takes}: ...,
            "TODO: what was seen, what is due, where to look.",
        ),
    ),
    hints=(
        "TODO: what to look at.",
        "TODO: which line of the equation.",
        "TODO: the shape of the code.",
    ),
)
"""
BESIDE = '''\
"""Chapter {number}: TODO, what {name} is about."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
'''
SECTION = '''

# %% [markdown]
r"""
### Exercise {number}.0 · `{name}`

{points} points · difficulty ●●○ · importance ●●○

TODO: what to return, in one or two sentences.
"""


# %% solution="{name}"
def {name}({takes}):
    """Return TODO, with its shape."""
    ### BEGIN SOLUTION
    return ...  # TODO
    ### END SOLUTION


# %% check="{name}"
check({name})

# %%
# hint({name})'''


class Wanted(NamedTuple):
    """A new exercise: its name, its parameters' names, its points, where it stands."""

    name: str
    takes: tuple[str, ...]
    points: int
    after: str = ""  # the exercise before it; the chapter's last where none is named
    beside: bool = False  # in a module of its own


def new(course: Course, chapter: str, wanted: Wanted) -> list[str]:
    """Write the skeletons of an exercise; return what is to be done, in order."""
    _refuse(course, chapter, wanted)
    home = course.chapter(chapter)
    before = wanted.after or (home.exercises[-1].name if home.exercises else "")
    text_at = course.solutions / f"{chapter}.py"
    answers = _file_of(course, course.right_answers.partition(":")[0], "right answers")
    texts = {
        text_at: _with_section(text_at.read_text(encoding="utf-8"), home, wanted, before),
        answers: _with_answers(answers, course.right_answers.partition(":")[2], wanted),
    }
    declared, texts_of_modules = _with_declaration(course, chapter, wanted, before)
    texts |= texts_of_modules
    for path, text in texts.items():
        write_file(path, text)
    _format(list(texts))
    return [
        f"{declared}: the reference, cases, mistakes and hints of "
        f"{wanted.name.upper()}; put the points right.",
        f"{text_at}: the text, the key, and the two scales of the difficulty line; "
        "name the exercise in the first cell's table.",
        f"{answers}: three right answers, each written differently from the key.",
        "Then: autograder dev check --fix, which numbers, builds, and says what is missing.",
    ]


def _refuse(course: Course, chapter: str, wanted: Wanted) -> None:
    """Raise where nothing can be written, before anything is."""
    if chapter not in course.names:
        raise SourceError(f"There is no chapter {chapter}. There are: {', '.join(course.names)}.")
    for name in (wanted.name, *wanted.takes):
        if not name.isidentifier() or keyword.iskeyword(name):
            raise SourceError(f"{name!r} is no name of a function or parameter.")
    if wanted.name in course.exercises:
        where = course.chapter_of(wanted.name).name
        raise SourceError(f"{wanted.name} is declared already, in {where}.")
    names = [e.name for e in course.chapter(chapter).exercises]
    if wanted.after and wanted.after not in names:
        raise SourceError(f"{chapter} has no exercise {wanted.after}. It has: {', '.join(names)}.")
    if not (course.solutions / f"{chapter}.py").exists():
        raise SourceError(f"{course.solutions / chapter}.py is not there.")
    if not course.right_answers:
        raise SourceError("The Course does not say where its right answers are (right_answers).")


def _file_of(course: Course, module: str, what: str) -> Path:
    beside = course.solutions.parent / Path(*module.split(".")).with_suffix(".py")
    if beside.exists():
        return beside
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise SourceError(f"The {what}, {module}, are not found beside the sources.")
    return Path(spec.origin)


def _declaring(course: Course, chapter: str) -> tuple[Path, str]:
    """Return the file that holds `CHAPTER = Chapter("NN_name", ...)`, and its package's name."""
    declared = course.chapter(chapter).exercises
    for module in list(sys.modules.values()):
        made, file = getattr(module, "CHAPTER", None), getattr(module, "__file__", None)
        if not (file and isinstance(made, Chapter) and made.name == chapter):
            continue
        if [e.name for e in made.exercises] == [e.name for e in declared]:
            return Path(file), module.__name__.rpartition(".")[0]
    raise SourceError(f'No module is found that says CHAPTER = Chapter("{chapter}", ...).')


def _names(text: str) -> set[str]:
    """Return the names that a module imports."""
    found = (n for n in ast.parse(text).body if isinstance(n, (ast.Import, ast.ImportFrom)))
    return {alias.asname or alias.name for n in found for alias in n.names}


# --- the texts -------------------------------------------------------------------------------


def _with_declaration(
    course: Course, chapter: str, wanted: Wanted, before: str
) -> tuple[Path, dict[Path, str]]:
    """Return where the declaration goes, and the new texts of the modules that change."""
    path, package = _declaring(course, chapter)
    name, constant = wanted.name, wanted.name.upper()
    first = ", ".join(f'"{p}": ...' for p in wanted.takes)
    declaration = DECLARATION.format(
        name=name,
        constant=constant,
        rule="-" * max(3, 88 - len(name)),
        takes=", ".join(wanted.takes),
        points=wanted.points,
        aspects=", ".join(a for a in ASPECTS if a != "inputs untouched"),
        cases=f'        Case("values", {{{first}}}),',
    )
    text = path.read_text(encoding="utf-8")
    chapter_line = _listed(text, path, before.upper(), constant)
    if not wanted.beside and _names(text) >= {"np", "Case", "Exercise", "Mistake"}:
        head, rest = re.split(r"^(?=CHAPTER\b)", chapter_line, maxsplit=1, flags=re.M)
        return path, {path: f"{head}{declaration}\n{rest}"}
    number = chapter.split("_")[0]
    own = path.with_name(f"ch{number}_{name}.py")
    if own.exists():
        raise SourceError(f"{own} is there already.")
    lines, body = chapter_line.split("\n"), ast.parse(chapter_line).body
    imports = [n for n in body if isinstance(n, (ast.Import, ast.ImportFrom))]
    source_of_it = f"{package}.{own.stem}" if package else own.stem
    lines.insert(imports[-1].end_lineno or 0, f"from {source_of_it} import {constant}")
    head = BESIDE.format(number=int(number), name=name)
    return own, {path: "\n".join(lines), own: f"{head}\n{declaration}"}


def _listed(text: str, path: Path, before: str, constant: str) -> str:
    """Return a module whose CHAPTER lists one exercise more, after `before` or at the end."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "CHAPTER":
            call: Any = node.value
            tuples = [
                a
                for a in (*getattr(call, "args", ()), *(k.value for k in call.keywords))
                if isinstance(a, ast.Tuple) and all(isinstance(e, ast.Name) for e in a.elts)
            ]
            if tuples:
                names: list[Any] = list(tuples[0].elts)
                at = next((e for e in names if e.id == before), names[-1] if names else None)
                lines = text.encode().split(b"\n")
                if at is None:
                    row, column, put = tuples[0].lineno, tuples[0].col_offset + 1, f"{constant},"
                else:
                    row, column, put = at.end_lineno or 0, at.end_col_offset or 0, f", {constant}"
                line = lines[row - 1]
                lines[row - 1] = line[:column] + put.encode() + line[column:]
                return b"\n".join(lines).decode().replace(f", {constant},)", f", {constant})")
    raise SourceError(f"{path}: no CHAPTER = Chapter(..., (FIRST, SECOND)) is found to add to.")


def _with_section(text: str, chapter: Chapter, wanted: Wanted, before: str) -> str:
    """Return a source with the exercise's section below that of `before`."""
    section = SECTION.format(
        number=int(chapter.name.split("_")[0]),
        name=wanted.name,
        takes=", ".join(wanted.takes),
        points=wanted.points,
    )
    places = (f"# hint({before})", f"check({before})")
    at = next((m for p in places if (m := re.search(rf"^{re.escape(p)}$", text, re.M))), None)
    if at is None:
        return f"{text.rstrip()}{section}\n"
    return text[: at.end()] + section + text[at.end() :]


def _with_answers(path: Path, name: str, wanted: Wanted) -> str:
    """Return the module of right answers with three places more."""
    text = path.read_text(encoding="utf-8")
    for statement in ast.parse(text).body:
        node: Any = statement
        named = isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Dict)
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        if named and getattr(targets[0], "id", "") == name:
            lines = text.split("\n")
            last = node.value.end_lineno
            answer = f"        lambda {', '.join(wanted.takes)}: ...,  # TODO"
            put = [f'    "{wanted.name}": [', *[answer] * 3, "    ],"]
            if node.value.lineno == last:  # {} on one line
                start, end = node.value.col_offset, node.value.end_col_offset
                inside = lines[last - 1][start + 1 : end - 1].strip().rstrip(",")
                kept = [f"    {inside},"] if inside else []
                first, rest = lines[last - 1][: start + 1], lines[last - 1][end - 1 :]
                lines[last - 1 : last] = [first, *kept, *put, rest]
            else:
                lines[last - 1 : last - 1] = put
            return "\n".join(lines)
    raise SourceError(f"{path}: no {name} = {{...}} is found to add to.")


def _format(paths: list[Path]) -> None:
    """Let ruff order imports and format what was written, where it is installed."""
    if importlib.util.find_spec("ruff"):
        ruff = [sys.executable, "-m", "ruff"]
        for how in (["check", "--select", "I", "--fix"], ["format"]):
            command = [*ruff, *how, "--quiet", *map(str, paths)]
            subprocess.run(command, check=False, cwd=paths[0].parent)
