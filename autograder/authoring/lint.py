"""What is missing in a course, or disagrees with itself, in sentences; and what mends itself.

`findings` reads the declarations, the sources, the notebooks and the right answers, and judges
keys, mistakes and right answers as the tests do. Nothing here raises for what an author forgot.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograder.authoring import source
from autograder.authoring.build import student_notebook, text
from autograder.authoring.percent import Cell
from autograder.authoring.program import key_function
from autograder.core.course import Course
from autograder.core.exercise import ASPECTS, Chapter, Exercise
from autograder.core.judge import judge
from autograder.core.verdict import FAILED, PASSED
from autograder.errors import SourceError, brief
from autograder.io import write_file

RIGHT_ANSWERS, MISTAKES, HINTS = 3, 3, 3  # the fewest of each
TODO = "TODO"
HEADING = re.compile(r"^### Exercise (\d+\.\d+) · `(\w+)`$", re.M)
POINTS = re.compile(r"^(\d+) points?( · difficulty [●○]{3} · importance [●○]{3})$", re.M)
HEAD = re.compile(r"\| (\d+) minutes \| (\d+)(?:, and (\d+) for a written answer)? \|")


class Finding(NamedTuple):
    """Where something is missing or disagrees, and what."""

    where: str
    says: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.where}: {self.says}"


def findings(course: Course, only: Sequence[str] = (), judged: bool = True) -> list[Finding]:
    """Return all that is missing in a course or disagrees, chapter by chapter.

    `only` names the exercises or chapters that are to be read; SourceError where there is none.
    Without `judged` no answer is run.
    """
    answers, found = right_answers(course)
    for name in only:
        if name not in course.names and name not in course.exercises:
            raise SourceError(f"The course {course.name} has no chapter or exercise {name}.")
    for chapter in course.chapters:
        if not only or chapter.name in only or any(e.name in only for e in chapter.exercises):
            mine = () if chapter.name in only else only
            found += _of_chapter(course, chapter, answers, mine, judged)
    if only:
        return found
    for name in sorted(set(answers) - set(course.exercises)):
        found.append(Finding(name, f"{course.right_answers} answers it, and nothing declares it."))
    for name in sorted(set(source.chapter_names(course)) - set(course.names)):
        found.append(Finding(name, "it has a source, and no chapter of this name is declared."))
    for path in sorted(course.notebooks.glob("*.ipynb")):
        if path.stem not in course.names:
            found.append(Finding(path.stem, "it has a notebook, and nothing declares the chapter."))
    return found


def right_answers(course: Course) -> tuple[Mapping[str, Sequence[Any]], list[Finding]]:
    """Return the right answers by exercise, and what keeps them from being read."""
    module, _, name = course.right_answers.partition(":")
    if not module:
        return {}, [Finding(course.name, "the Course does not say where its right answers are.")]
    beside = str(course.solutions.parent)
    sys.path.insert(0, beside)  # they lie beside the sources and are not installed
    try:
        return getattr(importlib.import_module(module), name), []
    except Exception as error:
        return {}, [Finding(course.right_answers, f"cannot be imported: {brief(error)}.")]
    finally:
        sys.path.remove(beside)


def fix(course: Course) -> list[str]:
    """Number exercises, write declared points and minutes into the sources; return what changed."""
    changed = []
    for chapter in course.chapters:
        path = course.solutions / f"{chapter.name}.py"
        if path.exists():
            old = path.read_text(encoding="utf-8")
            new = fixed(old, chapter, _written(source.read(course, chapter.name)))
            if new != old:
                write_file(path, new)
                changed.append(path.name)
    source.keys.cache_clear()
    return changed


def fixed(text: str, chapter: Chapter, written: int) -> str:
    """Return a source with its exercises numbered, and declared points and minutes in it."""
    points = {e.name: e.points for e in chapter.exercises}
    first, *sections = re.split(r"(?m)^(?=### Exercise )", text)
    for i, section in enumerate(sections):
        title = re.match(r"### Exercise [\d.]*(?= · `\w+`)", section)
        name = re.search(r'^# %% solution="(\w+)"', section, re.M)
        if title and name and name[1] in points:
            section = f"### Exercise {_number(chapter)}.{i + 1}{section[title.end() :]}"
            due = rf"{_points(points[name[1]])}\2"
            sections[i] = POINTS.sub(due, section, count=1)
    due = f"| {chapter.minutes} minutes | {_sum(chapter, written)} |"
    return HEAD.sub(due, first, count=1) + "".join(sections)


def _number(chapter: Chapter) -> int:
    return int(chapter.name.split("_")[0])


def _points(points: int) -> str:
    return f"{points} point{'s' * (points != 1)}"


def _sum(chapter: Chapter, written: int) -> str:
    points = sum(e.points for e in chapter.exercises)
    return f"{points}, and {written} for a written answer" if written else str(points)


def _written(cells: list[Cell]) -> int:
    """Return the points of a chapter's written answers."""
    return sum(int(c.keys.get("points", 0)) for c in cells if "answer" in c.keys)


# --- a chapter -------------------------------------------------------------------------------


def _of_chapter(
    course: Course, chapter: Chapter, answers: Mapping, only: Sequence[str], judged: bool
) -> list[Finding]:
    try:
        cells = source.read(course, chapter.name)
    except SourceError as error:
        return [Finding(chapter.name, str(error))]
    found = [Finding(chapter.name, says) for says in _head(chapter, cells)]
    found += [Finding(chapter.name, says) for says in _order(chapter, cells)]
    for number, exercise in enumerate(chapter.exercises, 1):
        if only and exercise.name not in only:
            continue
        due = f"{_number(chapter)}.{number}"
        says = [*_declared(exercise), *_section(exercise, cells, due)]
        run = judged and not says  # what is not written yet cannot be judged
        says += _answered(exercise, answers, run)
        says += _judged(course, chapter, exercise) if run else ()
        found += [Finding(exercise.name, words) for words in says]
    return found + [Finding(chapter.name, says) for says in _built(course, chapter)]


def _head(chapter: Chapter, cells: list[Cell]) -> Iterator[str]:
    head = cells[0].text.strip()
    if not head.startswith(f"# {chapter.title}\n"):
        yield f"the first cell is not headed `# {chapter.title}`, the declared title."
    row = HEAD.search(head)
    if row is None:
        yield "the first cell has no row that ends in `| 30 minutes | 8 |`: the time, the points."
        return
    if int(row[1]) != chapter.minutes:
        yield f"the first cell says {row[1]} minutes, the declaration {chapter.minutes}."
    seen, due = row[0].split("|")[2].strip(), _sum(chapter, _written(cells))
    if seen != due:
        yield f"the first cell says {seen!r} of the points; by the declarations it is {due!r}."


def _order(chapter: Chapter, cells: list[Cell]) -> Iterator[str]:
    declared = [e.name for e in chapter.exercises]
    for kind, called in (("solution", "answer"), ("check", "check")):
        found = [c.keys[kind] for c in cells if kind in c.keys]
        for name in sorted({str(n) for n in found} - set(declared)):
            yield f"there is an {called} cell of {name}, which the chapter does not declare."
        there = [n for n in found if n in declared]
        if there != [n for n in declared if n in found]:
            yield f"the {called} cells stand in the order {there}; declared are {declared}."


def _section(exercise: Exercise, cells: list[Cell], due: str) -> Iterator[str]:
    """Say what the section of an exercise in the chapter's source lacks."""
    name = exercise.name
    at = next((i for i, c in enumerate(cells) if c.keys.get("solution") == name), len(cells))
    prose = "\n".join(c.text for c in cells[:at] if c.kind == "markdown")
    titles = [m for m in HEADING.finditer(prose) if at < len(cells) or m[2] == name]
    title = titles[-1] if titles else None
    if title is None or (at < len(cells) and not re.search(rf"\b{title[2]}\b", cells[at].text)):
        yield f"no text is headed ### Exercise {due} · `{name}`."
    else:
        if title[1] != due:
            yield f"its heading says {title[1]}; it is exercise {due} (--fix numbers it)."
        section = prose[title.end() :].split("\n### ")[0]
        line = POINTS.search(section)
        if line is None:
            yield "its text has no line `2 points · difficulty ●●○ · importance ●●○`."
        elif int(line[1]) != exercise.points:
            yield f"its text says {line[1]} points, its declaration {exercise.points} (--fix)."
        if TODO in section:
            yield f"its text still says {TODO}."
    if not any(c.keys.get("check") == name for c in cells):
        yield f'there is no check cell, # %% check="{name}".'
    if not any(f"# hint({name})" in c.text for c in cells):
        yield f"there is no cell with the line # hint({name})."
    key = next((c.text for c in cells if c.keys.get("solution") == name), None)
    if key is None:
        yield f'there is no answer cell, # %% solution="{name}".'
    else:
        yield from _stub(exercise, key)


def _stub(exercise: Exercise, key: str) -> Iterator[str]:
    if key.count(source.BEGIN) != 1 or key.count(source.END) != 1:
        yield f"its answer cell needs one {source.BEGIN} and one {source.END}."
    if TODO in key:
        yield f"its answer cell still says {TODO}."
    try:
        tree = ast.parse(key)
    except SyntaxError as error:
        yield f"its answer cell is not Python: {error.msg}, line {error.lineno} of the cell."
        return
    made = {n.name: n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    if exercise.name not in made:
        yield f"its answer cell defines no {exercise.name}."
        return
    stub = made[exercise.name]
    if isinstance(stub, ast.FunctionDef):
        seen = [a.arg for a in (*stub.args.posonlyargs, *stub.args.args, *stub.args.kwonlyargs)]
        due = list(inspect.signature(exercise.reference).parameters)
        if seen != due:
            yield f"the stub takes ({', '.join(seen)}), the reference ({', '.join(due)})."


def _built(course: Course, chapter: Chapter) -> Iterator[str]:
    path = course.notebooks / f"{chapter.name}.ipynb"
    try:
        fresh = text(student_notebook(course, chapter.name))
    except SourceError as error:
        yield f"the notebook cannot be built: {error}"
        return
    if not path.exists() or path.read_text(encoding="utf-8") != fresh:
        yield "its notebook is not the one that its source builds (--fix builds it)."


# --- an exercise -----------------------------------------------------------------------------


def _declared(exercise: Exercise) -> Iterator[str]:
    """Say what the declaration of an exercise lacks."""
    if len(exercise.mistakes) < MISTAKES:
        yield f"it has {len(exercise.mistakes)} mistakes; {MISTAKES} are the fewest."
    if len(exercise.hints) < HINTS:
        yield f"it has {len(exercise.hints)} hints; {HINTS} are the fewest."
    for i, hint in enumerate(exercise.hints, 1):
        if not hint.strip() or TODO in hint:
            yield f"hint {i} is not written."
    names = [m.name for m in exercise.mistakes]
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield f"{names.count(name)} mistakes are called {name}."
    for mistake in exercise.mistakes:
        if not mistake.says.strip() or TODO in mistake.says:
            yield f"the mistake {mistake.name} has no sentence."
    try:
        cases = exercise.cases(np.random.default_rng(0))
    except Exception as error:
        yield f"its cases cannot be drawn: {brief(error)}."
        return
    if not cases:
        yield "it has no cases."
    due = list(inspect.signature(exercise.reference).parameters)
    for case in cases:
        if case.aspect not in ASPECTS:
            yield f"a case tests {case.aspect!r}; the aspects are {', '.join(ASPECTS)}."
            return
        if list(case.inputs) != due:
            yield f"a case gives {list(case.inputs)}, the reference takes {due}."
            return
        try:
            exercise.reference(**case.inputs)
        except Exception as error:
            yield f"its reference fails: {brief(error)}."
            return


def _answered(exercise: Exercise, answers: Mapping, run: bool) -> Iterator[str]:
    """Say where right answers are too few, or not accepted."""
    mine = answers.get(exercise.name, ())
    if len(mine) < RIGHT_ANSWERS:
        yield f"it has {len(mine)} right answers; {RIGHT_ANSWERS} are the fewest."
    for i, answer in enumerate(mine if run else (), 1):
        verdict = judge(exercise, answer)
        if verdict.status != PASSED:
            yield f"right answer {i} is not accepted: {verdict.cause}"


def _judged(course: Course, chapter: Chapter, exercise: Exercise) -> Iterator[str]:
    """Say where the key has not full marks, or a mistake is accepted or gets another name."""
    try:
        key = key_function(course, exercise.name)
    except Exception as error:
        yield f"its key cannot be run: {brief(error)}."
    else:
        verdict = judge(exercise, key)
        if verdict.status != PASSED:
            yield f"its key has {verdict.score} of {exercise.points} points: {verdict.cause}"
    for mistake in exercise.mistakes:
        verdict = judge(exercise, mistake.wrong)
        if verdict.status != FAILED:
            yield f"the mistake {mistake.name} is not rejected; the verdict is {verdict.status}."
        elif verdict.mistake != mistake.name:
            yield f"the mistake {mistake.name} gets the name {verdict.mistake or 'of none'}."
