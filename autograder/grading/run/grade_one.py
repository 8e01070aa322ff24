"""One submission -> what came of it. A pure function of its job, for any executor.

Answers and the student's own cells run in a sandbox; of the course's cells, the first (imports)
and those that only define something. Checks and demonstrations do not run there: the judge stays
here, and calls the student's functions through stand-ins.
"""

from __future__ import annotations

import ast
import atexit
import contextlib
import functools
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import nbformat
import numpy as np
from nbformat.v4 import new_output

from autograder.authoring.program import given
from autograder.core.call import STOPPED, TIMED_OUT, Undefined
from autograder.core.course import Course
from autograder.core.examine import examine
from autograder.core.exercise import Exercise
from autograder.core.feedback import as_html
from autograder.core.judge import judge
from autograder.core.verdict import BROKEN, ERROR, FAILED, NOT_ATTEMPTED, PASSED, Verdict
from autograder.errors import SandboxError
from autograder.grading.job import Beginning, Graded, Job, Result
from autograder.grading.notebooks.check_cells import CHECK, is_check, write
from autograder.grading.notebooks.normalise import OURS, Unreadable, grade_id, is_answer, normalise
from autograder.grading.notebooks.sanitize import sanitize
from autograder.sandbox.bubblewrap import choose
from autograder.sandbox.host import NOTHING, Host
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import CellRun, Session

PASSED_THERE = (
    "In the notebook that you handed in this check has passed, as its saved output says. Here it "
    "does not, and a person looks at it."
)
REPAIR_SECONDS = 3.0  # for a small change that would do, where no cause has a name

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
    annotate(nb, notes, refused, isolation)
    text = nbformat.v4.writes(sanitize(nb))
    return Graded(results, text, notes, answers, refused, isolation, time.monotonic() - began)


def make_ready(beginning: Beginning) -> None:
    """Start the sandbox of a chapter; where that fails, whoever needs it will say so."""
    course, chapter, limits, isolation = beginning
    with contextlib.suppress(SandboxError, OSError):
        _host(course, isolation, limits, chapter).start()


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
        _host(course, isolation, limits, chapter, _imported(course, nb)),
        names,
        seed=0,  # the judge's stays here
        given=given(course, chapter),
    )
    try:
        return tuple(_Walk(nb, course, session, seed, said).results())
    finally:
        session.host.end()


class _Walk:
    """A notebook from top to bottom."""

    def __init__(
        self, nb: Any, course: Course, session: Session, seed: int, said: Mapping[str, str]
    ) -> None:
        self.nb, self.course, self.session, self.seed, self.said = nb, course, session, seed, said
        self.first = next(i for i, c in enumerate(nb.cells) if _is_course_code(c))
        self.runs: dict[str, CellRun] = {}  # of the answer cells
        self.given: set[int] = set()  # of the session's cells, those of the course
        self.places: dict[str, int] = {}  # of the answer cells among the session's
        self.own_before = False
        self.setup: CellRun | None = None
        self.missing: set[str] = set()  # names that only demonstrations define

    def results(self) -> list[Result]:
        """Return the result of each check cell, and leave all outputs in the notebook."""
        made = []
        for i, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code":
                continue
            cell.outputs, cell.execution_count = [], None
            if is_check(cell):
                made.append(_settle(cell, self._check(cell), self.said))
            elif is_answer(cell):
                name = grade_id(cell) or ""
                self.places[name] = len(self.session.cells)
                self.runs[name] = self._run(cell)
            elif cell.metadata.get(OURS, {}).get("own"):
                self.own_before |= self.setup is None
                self._run(cell)
            elif i == self.first:
                self.given.add(len(self.session.cells))
                self.setup = self._run(cell)
                cell.outputs = []
            elif only_defines(cell.source):
                self.given.add(len(self.session.cells))
                self._run(cell)
            else:
                self.missing |= assigned(cell.source)
        return made

    def _run(self, cell: Any) -> CellRun:
        ran = self.session.run(cell.source)
        if ran.printed:
            cell.outputs.append(new_output("stream", name="stdout", text=ran.printed))
        if ran.stopped is not None:
            cell.outputs.append(_error(*ran.stopped))
        elif ran.raised is not None:
            cell.outputs.append(_error(ran.raised.kind, ran.raised.text))
        return ran

    def _check(self, cell: Any) -> Verdict:
        exercise = _exercise(self.course, cell)
        verdict = self._as_it_stands(exercise)
        if verdict.status != PASSED and self._harmed(exercise, verdict):
            everything = set(range(len(self.session.cells)))
            for cells in (self._harmless(), self._alone(exercise)):
                if cells == everything:  # that is how it was judged
                    continue
                self.session.again(cells)
                verdict = max(verdict, self._judge(exercise), key=_worth)
                if verdict.status == PASSED:
                    break
            self.session.again()
        return verdict

    def _as_it_stands(self, exercise: Exercise) -> Verdict:
        if self.setup is not None and (self.setup.raised or self.setup.stopped):
            return self._setup_failed(exercise)
        ran = self.runs.get(exercise.name, CellRun())
        if ran.syntax is not None:
            return _verdict(exercise, "syntax_error", _syntax_says(ran.syntax))
        verdict = self._judge(exercise)
        if verdict.mistake == "name_not_defined":
            return _not_defined(exercise, ran) or verdict
        if verdict.mistake == "raises_NameError":
            return self._of_a_demonstration(verdict)
        return verdict

    def _harmed(self, exercise: Exercise, verdict: Verdict) -> bool:
        """Return whether something else in the notebook may be why this answer is not right."""
        others = (self.session.fatal | self.session.tampering) - {self.places.get(exercise.name)}
        died = verdict.mistake in STOPPED and verdict.mistake != TIMED_OUT
        return bool(others) or died or self.session.deaths > 0

    def _harmless(self) -> set[int]:
        """Return the cells that did not hang, die, or change Python itself."""
        harmful = self.session.fatal | self.session.tampering
        return set(range(len(self.session.cells))) - harmful | self.given

    def _alone(self, exercise: Exercise) -> set[int]:
        """Return the course's cells and the one answer."""
        return self.given | {self.places.get(exercise.name, -1)}

    def _judge(self, exercise: Exercise) -> Verdict:
        found = self.session.find(exercise.name)
        if found.kind == "undefined":
            return judge(exercise, Undefined(exercise.name), self.seed)
        if found.stopped is not None:
            return _verdict(exercise, *found.stopped)
        stand_in = found.stand_in
        if stand_in is None:
            return judge(exercise, _Shown(found.shown), self.seed)
        try:
            with np.errstate(all="ignore"):  # of 1e308, say; the verdict tells what came back
                verdict = examine(
                    self.course,
                    exercise,
                    stand_in,
                    self.seed,
                    stand_in.calls,
                    lambda name: self.session.find(name).stand_in,
                    lambda: self.session.workshop(exercise.name),
                    REPAIR_SECONDS,
                )
        except Exception as error:  # numbers that even the judge did not think of
            says = f"What your function returns cannot be judged ({type(error).__name__})."
            verdict = _verdict(exercise, "unreadable_answer", says)
        if stand_in.halted is not None:
            self.session.again()
        else:
            self.session.settle()
        return verdict

    def _setup_failed(self, exercise: Exercise) -> Verdict:
        ran = self.setup or CellRun()
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


def _worth(verdict: Verdict) -> tuple[float, bool]:
    """Return what makes one verdict better than another: points, then a cause of its own."""
    return verdict.score, verdict.status in (FAILED, NOT_ATTEMPTED)


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


def _imported(course: Course, nb: Any) -> tuple[str, ...]:
    """Return which of the packages that are seen on demand the student's cells import."""
    theirs = [c.source for c in nb.cells if c.metadata.get(OURS, {}).get("own") or is_answer(c)]
    return tuple(
        name
        for name in course.visible.on_demand
        if any(re.search(rf"(?m)^[ \t]*(?:import|from) [^#\n]*\b{name}\b", t) for t in theirs)
    )


def _host(
    course: Course, isolation: str, limits: Limits, chapter: str, asked: tuple[str, ...] = ()
) -> Host:
    packages = course.chapter(chapter).packages
    packages += tuple(name for name in asked if name not in packages)
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
    return new_output("error", ename=name, evalue=says, traceback=[f"{name}: {says}"])
