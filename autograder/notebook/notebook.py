"""A course's functions for its notebooks, over the namespace of one notebook."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from html import escape
from types import FrameType
from typing import Any

from IPython.display import display

from autograder.authoring import source
from autograder.authoring.program import one_or_all
from autograder.core.call import Bounded, NotEarlier, Undefined
from autograder.core.course import Course
from autograder.core.diagnosis.workshop import Local
from autograder.core.examine import examine
from autograder.core.exercise import Exercise
from autograder.core.feedback import COLOUR, SIGN, prose
from autograder.core.judge import judge
from autograder.core.verdict import NOT_ATTEMPTED, PASSED
from autograder.notebook import course_map, progress_file
from autograder.notebook.beside import PATIENT, Beside, beside
from autograder.notebook.few_lines import FewLines
from autograder.notebook.panels import Checked, Panel, box, chip, details, lines, plain_panel
from autograder.notebook.prediction import compared
from autograder.notebook.recall import Recall
from autograder.notebook.recall_panel import show
from autograder.notebook.yours import Answers

SECONDS = 10.0  # that one call of an answer may take
SEED = "AUTOGRADER_SEED"  # in the environment: the seed of the cases, 0 where it is not set


class Notebook:
    """What the notebooks of a course call. One kernel has one: it knows the notebook's names."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self._namespace: dict[str, Any] = {}
        self._earlier: set[str] = set()  # the exercises of the chapters before the present one
        self._mended: dict[str, str] = {}  # by exercise: the lines that would make it right

    def start(self, chapter: str, namespace: dict[str, Any]) -> None:
        """Set a chapter up: until a cell defines an exercise's name, the name says so when used.

        ValueError where the course has no such chapter.
        """
        if chapter not in self.course.names:
            raise ValueError(
                f"There is no chapter {chapter!r}. The chapters: {', '.join(self.course.names)}."
            )
        self._namespace = namespace
        namespace.setdefault("nan", math.nan)  # as a guess is typed, and as the text shows it
        namespace.setdefault("inf", math.inf)
        before = self.course.chapters[: self.course.names.index(chapter)]
        self._earlier = {e.name for c in before for e in c.exercises}
        for exercise in self.course.chapter(chapter).exercises:
            namespace.setdefault(exercise.name, Undefined(exercise.name))
        self._watch_for_syntax_errors()

    def yours(self, *names: str) -> Any:
        """Return functions of earlier chapters: the student's where they pass, else the course's.

        A panel says which. NotEarlier where no chapter before the started one has built it.
        """
        for name in names:
            if name not in self._earlier:
                raise NotEarlier(name)
        answers = Answers(self.course, progress_file.beside())
        taken = [answers.take(name) for name in names]
        display(lines([one.says for one in taken]))
        return one_or_all([one.function for one in taken])

    def check(self, f: Any = None, seconds: float = SECONDS) -> Panel:
        """Judge an exercise; the notebook shows the verdict. A call may take some seconds."""
        exercise = self._find(f, _names_written_by(sys._getframe(1)))
        if exercise is not None and isinstance(f, str):  # its name in quotes
            f = self._namespace.get(f, Undefined(f))
        if exercise is None:
            return self._none_found(f)
        seed = int(os.environ.get(SEED, "0"))
        out, few = sys.stdout, FewLines(sys.stdout)
        # nbgrader gives 0 for anything on stderr
        with contextlib.redirect_stderr(out), contextlib.redirect_stdout(few):
            calls = getattr(getattr(f, "__code__", None), "co_names", ())
            verdict = examine(
                self.course,
                exercise,
                _bounded(f, seconds),
                seed,
                calls,
                lambda name: _bounded(self._namespace.get(name), seconds),
                lambda: Local(f, exercise.name),
                waiting=lambda: print("Looking for the smallest change …", file=out),
            )
        few.end()
        self._mended[exercise.name] = verdict.mended
        tried = verdict.status != NOT_ATTEMPTED
        progress_file.checked(exercise.name, verdict.status, verdict.score, tried)
        if verdict.status != PASSED:
            return Checked(verdict, "")
        return Checked(verdict, self._solution(exercise), self._beside(f, exercise))

    def hint(self, f: Any) -> Panel:
        """Show the next hint of an exercise; after the last one, all of them."""
        exercise = self._find(f, _names_written_by(sys._getframe(1)))
        if exercise is None:
            return self._none_found(f)
        shown = progress_file.next_hint(exercise.name, len(exercise.hints))
        rows = exercise.hints[:shown]
        text = "\n".join(f"{i}. {row}" for i, row in enumerate(rows, 1))
        left = len(exercise.hints) - shown
        more = f"{left} more: run the cell again." if left else "This was the last hint."
        html = box(
            f"<b>Hints for {exercise.name}</b>", *map(prose, text.split("\n")), f"<i>{more}</i>"
        )
        text = f"Hints for {exercise.name}\n{text}\n{more}"
        if mended := self._mended.get(exercise.name):
            html += details("The change that would make your answer right", mended)
            text += f"\n\nThe change that would make your answer right:\n{mended}"
        return Panel(html, text)

    def ready(self, *functions: Any) -> bool:
        """Return whether these exercises are solved; say which one a cell still waits for."""
        names = _names_written_by(sys._getframe(1))
        for f in functions:
            exercise = self._find(f, names)
            if exercise is None or judge(exercise, f).status != PASSED:
                waits = exercise.name if exercise else repr(f)[:60]
                print(f"This cell runs your {waits}: come back when its check has passed.")
                return False
        return True

    def predict(self, question: str, answer: Any) -> Panel:
        """Record a prediction, before the cell that settles it runs."""
        if answer is ...:
            return plain_panel(
                "Put your guess in place of the ... (a word in quotes) and run this cell again."
            )
        progress_file.store("prediction", question, {"answer": str(answer)})
        return plain_panel(f"Recorded: {answer}. Run on to see.")

    def settle(self, question: str, measured: Any, choices: tuple[float, ...] = ()) -> Panel:
        """Compare the recorded prediction with what was measured, or the nearest of `choices`."""
        guess = progress_file.load("prediction", question).get("answer")
        says = compared(guess, measured, choices)
        progress_file.store("measured", question, {"says": says})
        return plain_panel(says)

    def recall(self, chapter: str, *answers: Any) -> Panel:
        """Ask three questions on the chapters before this one; `answers`, in their order, judge.

        Where a notebook draws widgets, a click answers. KeyError where there is no such chapter.
        """
        self.course.chapter(chapter)
        return show(Recall(self.course, chapter), answers)

    def progress(self) -> Panel:
        """Show every exercise of the course with its state."""
        html, text = [], []
        total = best = 0.0
        for chapter in self.course.chapters:
            chips = []
            text.append(chapter.title)
            for exercise in chapter.exercises:
                state = progress_file.load("exercise", exercise.name)
                status, score = state.get("status", NOT_ATTEMPTED), state.get("best", 0.0)
                words = status
                if score >= exercise.points and status != PASSED:  # points that were had are kept
                    status, words = PASSED, "passed before"
                sign, points = SIGN.get(status, "○"), f"{score:g}/{exercise.points}"
                rgb = COLOUR.get(status, "128,128,128")
                chips.append(chip(f"{sign} {exercise.name} {points}", rgb))
                text.append(f"  {sign} {exercise.name:<34}{words:<15}{points}")
                total, best = total + exercise.points, best + score
            title = f'<div style="margin-top:.35em">{escape(chapter.title)}</div>'
            html.append(f"{title}{''.join(chips)}")
        last = f"{best:g} of {total:g} points. Written answers are graded by a person."
        return Panel(box(*html, f"<br>{last}"), "\n".join([*text, last]))

    def course_map(self) -> Panel:
        """Show chapters, exercises, points and minutes, what is solved and what comes next."""
        return course_map.panel(self.course)

    def reset(self, f: Any) -> Panel:
        """Forget an exercise's state and hints, and show its stub to paste back into the cell."""
        exercise = self._find(f, _names_written_by(sys._getframe(1)))
        if exercise is None:
            return self._none_found(f)
        for kind in ("exercise", "hint"):
            progress_file.forget(kind, exercise.name)
        self._namespace[exercise.name] = Undefined(exercise.name)
        stub = source.stubs(self.course, self.course.chapter_of(exercise.name).name)[exercise.name]
        text = f"{exercise.name} is reset. Its stub, to paste into the answer cell:"
        return Panel(box(text, f"<pre>{escape(stub)}</pre>"), f"{text}\n\n{stub}")

    def _find(self, f: Any, called_with: tuple[str, ...]) -> Exercise | None:
        """Return the exercise meant by `f`.

        The name that the calling cell writes decides (`called_with`), since a student may well
        give one function two names; then the function's own name.
        """
        exercises = self.course.exercises
        for name in called_with:
            if name in exercises and self._namespace.get(name) is f:
                return exercises[name]
        own = f if isinstance(f, str) else getattr(f, "name", getattr(f, "__name__", None))
        return exercises.get(own) if isinstance(own, str) else None

    def _none_found(self, f: Any) -> Panel:
        return plain_panel(
            f"This takes the function of an exercise; {f!r:.60} is none. "
            f"The exercises: {', '.join(self.course.exercises)}."
        )

    def _solution(self, exercise: Exercise) -> str:
        chapter = self.course.chapter_of(exercise.name).name
        try:
            return source.keys(self.course, chapter).get(exercise.name, "")
        except (OSError, ValueError):  # a copy of the course without its sources shows none
            return ""

    def _beside(self, f: Any, exercise: Exercise) -> Beside | None:
        """Return an answer that has passed beside the course's; graders' pages go without it."""
        if os.environ.get("NBGRADER_EXECUTION") or not callable(f):
            return None
        return beside(self.course, exercise.name, Local(f, exercise.name, PATIENT))

    def _watch_for_syntax_errors(self) -> None:
        """Let a syntax error in an answer cell undo the version that was there before.

        Python does not run such a cell at all; without this, a check would judge the old function.
        """
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        if shell is None or self._undo_on_syntax_error in shell.events.callbacks["post_run_cell"]:
            return
        shell.events.register("post_run_cell", self._undo_on_syntax_error)

    def _undo_on_syntax_error(self, result: Any) -> None:
        error = result.error_before_exec
        if not isinstance(error, SyntaxError) or result.info is None:
            return
        for name in self.course.exercises:
            if name in self._namespace and f"def {name}(" in result.info.raw_cell:
                line = (error.text or "").strip()
                where = f"line {error.lineno}" + (f", `{line}`" if line else "")
                why = f"The cell that defines {name} has a syntax error, {where}: {error.msg}."
                self._namespace[name] = Undefined(name, why)


def _bounded(f: Any, seconds: float) -> Any:
    plain = callable(f) and not isinstance(f, Undefined | type)
    return Bounded(f, seconds) if plain else f


def _names_written_by(frame: FrameType) -> tuple[str, ...]:
    return frame.f_code.co_names + frame.f_code.co_varnames
