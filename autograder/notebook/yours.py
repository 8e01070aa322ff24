"""What earlier chapters have built, for the chapter that runs: the student's own, or the course's.

A student's answer is taken out of the notebook beside the running one, judged as its check judges
it, and used where it passes. A file that is missing, damaged or another's, an answer that fails,
raises or does not end: each means the course's version, and a sentence that says why.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autograder import sizes
from autograder.authoring import answers, source
from autograder.authoring.pieces import pieces
from autograder.authoring.program import IPYTHON, asked, key_function, one_or_all, program, run
from autograder.core.call import NotEarlier
from autograder.core.course import Course
from autograder.core.exercise import Chapter
from autograder.core.judge import judge
from autograder.core.time_limit import TooLongError, time_limit
from autograder.core.verdict import NOT_ATTEMPTED, PASSED
from autograder.errors import brief

CHECK = "check_"  # what the grade_id of a check cell begins with
SAVED = "in the notebook as it was saved last"
SECONDS = 10.0  # for an answer and its check, where `time_limit` can hold it: not on Windows
GRADED = "as wherever answers are graded"


class Taken(NamedTuple):
    """A function of an earlier chapter, and the sentence that says whose it is."""

    function: Callable[..., Any]
    says: str


class NotUsable(Exception):
    """Why a student's answer is not used: the end of a sentence."""


class Answers:
    """The answers of earlier chapters, as their notebooks in a folder are at this moment.

    Without a folder all are the course's own.
    """

    def __init__(self, course: Course, folder: Path | None) -> None:
        self.course, self.folder = course, folder
        self.taken: dict[str, Taken] = {}
        self.pending: list[str] = []  # answers that are being run, each for the one before

    def take(self, name: str) -> Taken:
        """Return an exercise's function: the student's where it passes, else the course's."""
        if name in self.pending:
            raise NotEarlier(name)
        if name not in self.taken:
            chapter = self.course.chapter_of(name)
            self.pending.append(name)
            try:
                found = self._students(name, chapter)
                says = f"Running your {name} of {_label(chapter)}, which passes its check."
            except NotUsable as why:
                found = self._courses(name)
                says = f"Running the course's {name}: {why}."
            finally:
                self.pending.pop()
            self.taken[name] = Taken(_in_arrays(found), says)
        return self.taken[name]

    def _students(self, name: str, chapter: Chapter) -> Callable[..., Any]:
        """Return the student's function; NotUsable where it is not here or does not pass."""
        where = _label(chapter)
        text = self._program(name, chapter)
        try:
            self._yours(chapter, *asked(text))  # first, so that each answer has its own time
            with _silence(), time_limit(SECONDS):
                found = run(name, text, functools.partial(self._yours, chapter))
                verdict = judge(self.course.exercises[name], found)
        except TooLongError:
            raise NotUsable(f"yours of {where} did not end within {SECONDS:g} seconds") from None
        except (Exception, SystemExit) as error:
            raise NotUsable(f"yours of {where} cannot be run ({brief(error)})") from error
        if verdict.status == NOT_ATTEMPTED:
            raise NotUsable(f"yours of {where} is not solved {SAVED}")
        if verdict.status != PASSED:
            raise NotUsable(f"yours of {where} does not pass its check yet")
        return found

    def _program(self, name: str, chapter: Chapter) -> str:
        where = _label(chapter)
        if self.folder is None:
            raise NotUsable(GRADED)
        release = answers.Course.of(self._stubs(chapter), [])
        cells = _code_cells(self.folder / f"{chapter.name}.ipynb", where, release)
        chosen = answers.which_counts(name, cells)  # as in grading
        if chosen is None:
            raise NotUsable(_why_none(name, cells, where, release))
        answer = cells.pop(chosen).text
        around = [*self._around(chapter), *(cell.text for cell in cells)]
        if wrong := _syntax(answer):
            raise NotUsable(f"its cell in {where} has a syntax error {SAVED}, {wrong}")
        try:
            text = program(name, [*around, answer], {e.name for e in chapter.exercises})
        except (Exception, MemoryError) as error:  # what Python's own parser makes of odd text
            raise NotUsable(f"yours of {where} cannot be read ({brief(error)})") from error
        if not text:
            raise NotUsable(f"the answer cell of {where} does not define it")
        return text

    def _around(self, chapter: Chapter) -> list[str]:
        """Return the course's own cells of a chapter, which a student may have deleted."""
        with contextlib.suppress(OSError, ValueError):  # a copy of the course without its sources
            cells = source.read(self.course, chapter.name)
            return [c.text for c in cells if c.kind == "code" and not c.keys]
        return []

    def _stubs(self, chapter: Chapter) -> dict[str, str]:
        """Return what the answer cells of a chapter hold at first, by exercise."""
        made = {e.name: f"def {e.name}():\n    {answers.UNWRITTEN}" for e in chapter.exercises}
        with contextlib.suppress(OSError, ValueError):  # a copy of the course without its notebooks
            made |= source.stubs(self.course, chapter.name)
        return {name: text for name, text in made.items() if name in self.course.exercises}

    def _courses(self, name: str) -> Callable[..., Any]:
        with contextlib.suppress(OSError, ValueError, KeyError):
            return key_function(self.course, name)
        return self.course.exercises[name].reference  # where the course has no sources

    def _yours(self, chapter: Chapter, *names: str) -> Any:
        """Stand for `yours` in a student's program: exercises up to its own chapter."""
        latest = self.course.names.index(chapter.name)
        allowed = {e.name for c in self.course.chapters[: latest + 1] for e in c.exercises}
        for name in names:
            if name not in allowed:
                raise NotEarlier(name)
        return one_or_all([self.take(name).function for name in names])


def _label(chapter: Chapter) -> str:
    return f"chapter {int(chapter.name.split('_')[0])}"


class Cell(NamedTuple):
    """A code cell of a student's notebook; the rest is as in `answers.Place`."""

    about: str  # its grade_id, "" where there is none
    text: str
    answers: frozenset[str]
    checks: frozenset[str]
    number: int | None


def _cell(cell: dict[str, Any], release: answers.Course) -> Cell:
    about = str(cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", ""))
    text, count = "".join(cell["source"]), cell.get("execution_count")
    found = pieces(text)
    checks = {c for p in found for c in p.checks}
    if about.startswith(CHECK):
        checks.add(about.removeprefix(CHECK))
    return Cell(
        about,
        text,
        frozenset(e for p in found for e in release.answered(p)),
        frozenset(checks),
        count if type(count) is int else None,
    )


def _why_none(name: str, cells: list[Cell], where: str, release: answers.Course) -> str:
    """Return why no cell answers an exercise: the end of a sentence."""
    own = [cell for cell in cells if cell.about == name]
    found = (p for cell in own or cells for p in pieces(cell.text) if name in p.makes)
    if any(map(release.is_stub, found)):
        return f"yours of {where} is not solved {SAVED}"
    if own:
        return f"the answer cell of {where} does not define it {SAVED}"
    return f"the notebook of {where} has no answer cell for it"


def _syntax(text: str) -> str:
    """Return where and how a cell is no Python, "" where it is."""
    try:
        ast.parse(IPYTHON.sub("", text))
    except SyntaxError as error:
        line = (error.text or "").strip()
        return f"line {error.lineno}" + (f", `{line[:60]}`" if line else "") + f": {error.msg}"
    except (ValueError, MemoryError, RecursionError):
        pass
    return ""


def _code_cells(path: Path, where: str, release: answers.Course) -> list[Cell]:
    """Return the code cells of a file."""
    if not path.is_file():  # a pipe would never end
        raise NotUsable(f"the notebook of {where} is not here")
    try:
        if path.stat().st_size > sizes.NOTEBOOK:
            raise NotUsable(f"the notebook of {where} is too large to be read")
        found = []
        for cell in json.loads(path.read_text(encoding="utf-8-sig"))["cells"]:
            if cell["cell_type"] == "code":
                found.append(_cell(cell, release))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotUsable(f"the notebook of {where} cannot be read") from None
    return found


@contextlib.contextmanager
def _silence() -> Any:
    """Let nothing be printed: a test that stands in an answer has spoken in its own chapter."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _in_arrays(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f` with arrays for lists in what it returns: a check accepts both, NumPy may not."""

    @functools.wraps(f)
    def found(*args: Any, **kwargs: Any) -> Any:
        value = f(*args, **kwargs)
        return tuple(map(_array, value)) if type(value) is tuple else _array(value)

    return found


def _array(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    try:
        return np.asarray(value)
    except ValueError:  # arrays of several shapes, which stay a list
        return value
