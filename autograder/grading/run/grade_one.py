"""One submission -> what came of it. A pure function of its job, for any executor.

Answers and the student's own cells run in a sandbox; of the course's cells, the first (imports)
and those that only define something. Checks and demonstrations do not run there: the judge stays
here, and calls the student's functions through stand-ins.

An answer that passes beside all others has passed: numbers cannot be right by accident. Any other
is judged once more, in a fresh process that has run what the answer needs and nothing else, and
that verdict stands. So no cell can cost another answer its points, whatever it does.
"""

from __future__ import annotations

import ast
import atexit
import contextlib
import functools
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import nbformat
import numpy as np

from autograder.authoring import source
from autograder.authoring.program import given
from autograder.core.call import STOPPED, Undefined
from autograder.core.course import Course
from autograder.core.exercise import Exercise
from autograder.core.feedback import as_html
from autograder.core.judge import judge
from autograder.core.verdict import BROKEN, ERROR, NOT_ATTEMPTED, PASSED, Verdict
from autograder.errors import SandboxError
from autograder.grading.job import Beginning, Graded, Job, Result
from autograder.grading.notebooks import outputs
from autograder.grading.notebooks.check_cells import CHECK, is_check, write
from autograder.grading.notebooks.normalise import OURS, Unreadable, grade_id, is_answer, normalise
from autograder.grading.notebooks.sanitize import sanitize
from autograder.grading.run.case_seeds import SHOWN, of_exercise
from autograder.grading.run.needed_cells import needed
from autograder.sandbox.bubblewrap import choose, walls
from autograder.sandbox.examined import examined
from autograder.sandbox.host import NOTHING, Host
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import CellRun, Session, StandIn
from autograder.sandbox.visible import packages_for

PASSED_THERE = (
    "In the notebook that you handed in this check has passed, as its saved output says. Here it "
    "does not, and a person looks at it."
)
HIDDEN = (
    "Right on the cases that can be shown here, and not on all that it was graded on. Which sizes, "
    "signs or lengths does it take for granted?"
)
LACKS = ("raises_NameError", "name_not_defined", "needs_another_exercise", "setup_failed")
REPAIR_SECONDS = 3.0  # for a small change that would do, where no cause has a name

_stubs = functools.cache(source.stubs)
_ours = threading.local()  # a warm parent for each thread that grades


def grade_one(job: Job) -> Graded:
    """Return the graded submission; SandboxError where answers cannot be run as is required."""
    began = time.monotonic()
    release = nbformat.v4.reads(job.release)
    isolation = job.isolation or choose(job.level)
    notes: tuple[str, ...] = ()
    said: dict[str, str] = {}
    refused = job.problem
    nb = release
    if refused is None:
        made = normalise(release, job.data)
        if isinstance(made, Unreadable):
            refused = ("unreadable", made.says)
        else:
            nb, notes, said = made
    answers = _answers(release, nb)
    about = (job.course, job.chapter, job.seed, job.limits, isolation, refused)
    results = judge_notebook(nb, *about, said)
    stood = walls(isolation)
    annotate(nb, notes, refused, stood)
    text = json.dumps(sanitize(nb), ensure_ascii=False)  # nbformat would lay it out, slowly
    return Graded(results, text, notes, answers, refused, stood, time.monotonic() - began)


def make_ready(beginning: Beginning) -> None:
    """Start the sandbox of a chapter; where that fails, whoever needs it will say so."""
    course, chapter, limits, isolation = beginning
    with contextlib.suppress(SandboxError, OSError):
        _host(course, isolation, limits, packages_for(course, chapter)).start()


def judge_notebook(
    nb: Any,
    course: Course,
    chapter: str,
    seed: int,
    limits: Limits,
    isolation: str,
    refused: tuple[str, str] | None = None,
    said: Mapping[str, str] = NOTHING,
) -> tuple[Result, ...]:
    """Run a normalised notebook's cells, write a verdict into each check cell, return them all.

    `said` is what the checks have said in the notebook that was handed in, by exercise.
    """
    if refused is not None:
        return tuple(_settle(c, _stopped(course, c, *refused)) for c in nb.cells if is_check(c))
    names = [e.name for e in course.chapter(chapter).exercises]
    session = Session(
        _host(course, isolation, limits, packages_for(course, chapter, _theirs(nb))),
        names,
        seed=0,  # the judge's stays here
        given=given(course, chapter),
    )
    try:
        stubs = _stubs(course, chapter)
        return tuple(_Walk(nb, course, session, seed, said, stubs).results())
    finally:
        session.host.end()


class _Checked(NamedTuple):
    """A check cell and what came of it in the whole notebook; `before` cells had run by then."""

    cell: Any
    exercise: Exercise
    verdict: Verdict
    before: int


class _Walk:
    """A notebook from top to bottom, and then once more what did not pass, each answer alone."""

    def __init__(
        self,
        nb: Any,
        course: Course,
        session: Session,
        seed: int,
        said: Mapping[str, str],
        stubs: Mapping[str, str],
    ) -> None:
        self.nb, self.course, self.session, self.seed, self.said = nb, course, session, seed, said
        self.stubs = stubs
        self.first = next(i for i, c in enumerate(nb.cells) if _is_course_code(c))
        self.given: set[int] = set()  # of the session's cells, those of the course
        self.places: dict[str, int] = {}  # of the answer cells among the session's
        self.setup = -1  # the place of the first cell
        self.runs: dict[int, CellRun] = {}  # what came of the cells, by their places
        self.own_before = False
        self.missing: set[str] = set()  # names that only demonstrations define

    def results(self) -> list[Result]:
        """Return the result of each check cell, and leave all outputs in the notebook."""
        checked = list(self._checked())
        return [_settle(c.cell, self._decided(c), self.said) for c in checked]

    def _checked(self) -> Iterator[_Checked]:
        """Yield each check cell with its verdict in the notebook as it stands."""
        for i, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code":
                continue
            cell.outputs, cell.execution_count = [], None
            if is_check(cell):
                exercise = _exercise(self.course, cell)
                verdict = self._judged(exercise, explain=False)
                yield _Checked(cell, exercise, verdict, len(self.session.cells))
            elif is_answer(cell):
                self.places[grade_id(cell) or ""] = self._run(cell)
            elif cell.metadata.get(OURS, {}).get("own"):
                self.own_before |= self.setup < 0
                self._run(cell)
            elif i == self.first:
                self.setup = self._run(cell)
                self.given.add(self.setup)
                cell.outputs = []
            elif only_defines(cell.source):
                self.given.add(self._run(cell))
            else:
                self.missing |= assigned(cell.source)

    def _run(self, cell: Any) -> int:
        place = len(self.session.cells)
        ran = self.runs[place] = self.session.run(cell.source)
        if ran.printed:
            cell.outputs.append(outputs.stream(ran.printed))
        if ran.stopped is not None:
            cell.outputs.append(_error(*ran.stopped))
        elif ran.raised is not None:
            cell.outputs.append(_error(ran.raised.kind, ran.raised.text))
        return place

    def _decided(self, checked: _Checked) -> Verdict:
        """Return the verdict that counts: of the answer alone, where it does not pass with others.

        Where the answer then lacks a name that it had before, the notebook as it stood decides.
        """
        exercise, verdict = checked.exercise, checked.verdict
        place = self.places.get(exercise.name)
        if verdict.status == PASSED:
            return verdict
        before = set(range(checked.before))
        if place is None:
            self.runs = self.session.alone(before - self.session.fatal)
            return self._judged(exercise)
        cells, given = self.session.cells[: checked.before], self.given & before
        if verdict.status == NOT_ATTEMPTED and cells[place] == self.stubs.get(exercise.name):
            return verdict
        self.runs = self.session.alone(needed(cells, exercise.name, place, given))
        alone = self._judged(exercise)
        if alone.mistake not in LACKS or verdict.mistake in LACKS:
            return alone
        self.runs = self.session.alone(before - self.session.fatal)
        return self._judged(exercise)

    def _judged(self, exercise: Exercise, explain: bool = True) -> Verdict:
        setup = self.runs.get(self.setup, CellRun())
        if setup.raised or setup.stopped:
            return self._setup_failed(exercise, setup)
        ran = self.runs.get(self.places.get(exercise.name, -1), CellRun())
        if ran.syntax is not None:
            return _verdict(exercise, "syntax_error", _syntax_says(ran.syntax))
        verdict = self._judge(exercise, explain)
        if verdict.mistake == "name_not_defined":
            return _not_defined(exercise, ran) or verdict
        if verdict.mistake == "raises_NameError":
            return self._of_a_demonstration(verdict)
        return verdict

    def _judge(self, exercise: Exercise, explain: bool) -> Verdict:
        seed = of_exercise(self.seed, exercise.name)
        found = self.session.find(exercise.name)
        if found.kind == "undefined":
            return judge(exercise, Undefined(exercise.name), seed)
        if found.stopped is not None:
            return _verdict(exercise, *found.stopped)
        stand_in = found.stand_in
        if stand_in is None:
            return judge(exercise, _Shown(found.shown), seed)
        try:
            with np.errstate(all="ignore"):  # of 1e308, say; the verdict tells what came back
                verdict = judge(exercise, stand_in, seed, explain=False)
                if explain and verdict.status != PASSED:
                    verdict = self._explained(exercise, stand_in, verdict)
        except Exception as error:  # numbers that even the judge did not think of
            says = f"What your function returns cannot be judged ({type(error).__name__})."
            verdict = _verdict(exercise, "unreadable_answer", says)
        if stand_in.halted is not None and not explain:  # another cell comes after it
            self.session.again()
        return verdict

    def _explained(self, exercise: Exercise, stand_in: StandIn, verdict: Verdict) -> Verdict:
        """Return the verdict with a cause and a case that give nothing of the graded cases away."""
        for seed in SHOWN:
            shown = examined(self.session, exercise, stand_in, seed, REPAIR_SECONDS)
            if shown.status != PASSED:
                return replace(shown, score=verdict.score, aspects=verdict.aspects)
        return replace(verdict, mistake="", cause=HIDDEN, case=None)

    def _setup_failed(self, exercise: Exercise, ran: CellRun) -> Verdict:
        why = ran.stopped[1] if ran.stopped else "it did not end"
        if ran.raised is not None:
            why = f"{ran.raised.kind}: {ran.raised.text[:200]}"
        says = f"The chapter's first cell did not run ({why}), so nothing could be checked."
        status = ERROR if self.own_before else BROKEN  # a student's own cell may be the cause
        return _verdict(exercise, "setup_failed", says, status)

    def _of_a_demonstration(self, verdict: Verdict) -> Verdict:
        name = re.search(r"name '(\w+)' is not defined", verdict.cause)
        if name is None or name[1] not in self.missing:
            return verdict
        says = (
            f"Your code uses {name[1]}, which one of the chapter's demonstrations makes. Those do "
            f"not run when answers are graded: use the parameters, or make {name[1]} yourself."
        )
        return _verdict(self.course.exercises[verdict.exercise], verdict.mistake, says)


class _Shown:
    """What is no function, as it looked in the sandbox."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


@functools.lru_cache(maxsize=1024)
def only_defines(source: str) -> bool:
    """Return whether a cell of the course does nothing but import and define."""
    body = ast.parse(source).body
    return bool(body) and all(
        isinstance(n, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef) for n in body
    )


@functools.lru_cache(maxsize=1024)
def assigned(source: str) -> frozenset[str]:
    """Return the names that a cell of the course makes."""
    tree = ast.parse(source)
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and type(n.ctx) is ast.Store}
    names |= {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    return frozenset(names)


def _is_course_code(cell: Any) -> bool:
    return cell.cell_type == "code" and not cell.metadata.get(OURS, {}).get("own")


def _theirs(nb: Any) -> list[str]:
    """Return the texts of the student's cells."""
    return [c.source for c in nb.cells if c.metadata.get(OURS, {}).get("own") or is_answer(c)]


def _host(course: Course, isolation: str, limits: Limits, packages: tuple[str, ...]) -> Host:
    hosts = _ours.__dict__.setdefault("hosts", {})
    key = (course, isolation, limits, packages)
    if key not in hosts:
        hosts[key] = Host(*key)
        atexit.register(hosts[key].close)
    return hosts[key]


def _settle(cell: Any, verdict: Verdict, said: Mapping[str, str] = NOTHING) -> Result:
    there = said.get(verdict.exercise, "")
    if there != PASSED or verdict.status in (PASSED, BROKEN):
        there = ""  # a person needs to look only where the student saw full marks
    else:
        verdict = replace(verdict, remarks=(*verdict.remarks, PASSED_THERE))
    result = Result(
        verdict.exercise,
        verdict.status,
        verdict.mistake,
        verdict.score,
        verdict.max_score,
        verdict.cause,
        as_html(verdict),
        verdict.mistake in STOPPED,
        there,
    )
    write(cell, result)
    return result


def _exercise(course: Course, cell: Any) -> Exercise:
    """Return the exercise of a check cell."""
    return course.exercises[(grade_id(cell) or "").removeprefix(CHECK)]


def _stopped(course: Course, cell: Any, mistake: str, says: str) -> Verdict:
    return _verdict(_exercise(course, cell), mistake, says)


def _verdict(exercise: Exercise, mistake: str, says: str, status: str = ERROR) -> Verdict:
    return Verdict(exercise.name, status, 0.0, float(exercise.points), mistake=mistake, cause=says)


def _syntax_says(syntax: tuple[int, str, str]) -> str:
    number, words, line = syntax
    return (
        f"Python cannot read your answer cell. Line {number}, `{line}`: {words}. "
        "Nothing in the cell is defined until this is mended; look at the line before, too."
    )


def _not_defined(exercise: Exercise, ran: CellRun) -> Verdict | None:
    """Return why the answer cell did not define its name, where it stopped or failed."""
    name = exercise.name
    if ran.stopped is not None:
        word, says = ran.stopped
        return _verdict(exercise, word, f"This happened in the cell that defines {name}. {says}")
    if ran.raised is not None:
        line = f" in your line `{ran.raised.line}`" if ran.raised.line else ""
        text = ran.raised.text[:200] or "no message"
        says = f"The cell that defines {name} stopped with {ran.raised.kind}: {text}{line}."
        return _verdict(exercise, f"raises_{ran.raised.kind}", says)
    return None


def _answers(release: Any, nb: Any) -> dict[str, str]:
    """Return the sources of the answers that the student has written."""
    stubs = {grade_id(c): c.source for c in release.cells}
    found = {grade_id(c) or "": c.source for c in nb.cells if grade_id(c) and is_answer(c)}
    return {name: text for name, text in found.items() if text != stubs[name]}


def annotate(
    nb: Any, notes: tuple[str, ...], refused: tuple[str, str] | None, isolation: str
) -> None:
    """Write into the notebook what was noticed, for its page and for formgrader."""
    nb.metadata[OURS] = {
        "notes": list(notes),
        "refused": {"mistake": refused[0], "says": refused[1]} if refused else None,
        "walls": isolation,
    }
    if notes:
        items = "\n".join(f"- {note}" for note in notes)
        cell = nbformat.v4.new_markdown_cell(f"**Noticed in this file**\n\n{items}", id="notes")
        cell.metadata[OURS] = {"notes": True}
        nb.cells.insert(0, cell)


def _error(name: str, says: str) -> Any:
    says = says[:500]
    return outputs.error(name, says, [f"{name}: {says}"])
