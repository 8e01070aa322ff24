"""What a notebook imports: start, check, hint, ready, predict, settle, progress, reset."""

from __future__ import annotations

import contextlib
import math
import os
import re
import sys
from fractions import Fraction
from html import escape
from types import FrameType
from typing import Any

from autograder.authoring import source
from autograder.core.call import Undefined
from autograder.core.elsewhere import with_advice
from autograder.core.exercise import Exercise
from autograder.core.feedback import COLOUR, SIGN, as_html, as_text, prose
from autograder.core.judge import judge
from autograder.core.verdict import NOT_ATTEMPTED, PASSED, Verdict
from autograder.course.chapters import CHAPTERS, EXERCISES, chapter_of
from autograder.notebook import progress_file as kept

VERDICT_MIME = "application/vnd.gru-course.verdict+json"
_namespace: dict[str, Any] = {}


class Panel:
    """HTML where a notebook shows it, the same as text elsewhere."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.html, "text/plain": self.text}

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


class Checked(Panel):
    """A verdict on display. Under nbgrader its text is the score alone, which nbgrader reads."""

    def __init__(self, verdict: Verdict, solution: str) -> None:
        super().__init__(as_html(verdict, solution), as_text(verdict, solution))
        self.verdict = verdict

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_()
        v = self.verdict
        if os.environ.get("NBGRADER_EXECUTION"):
            bundle["text/plain"] = repr(v.score)
            bundle[VERDICT_MIME] = {
                "exercise": v.exercise,
                "status": v.status,
                "mistake": v.mistake,
                "score": v.score,
            }
        return bundle

    def __float__(self) -> float:
        return self.verdict.score


def start(chapter: str, namespace: dict[str, Any]) -> None:
    """Set a chapter up: until a cell defines an exercise's name, the name says so when used."""
    global _namespace
    _namespace = namespace
    for c in CHAPTERS:
        if c.name == chapter:
            for exercise in c.exercises:
                namespace.setdefault(exercise.name, Undefined(exercise.name))
            _watch_for_syntax_errors()
            return
    raise ValueError(f"There is no chapter {chapter!r}. The chapters: {_names()}.")


def _watch_for_syntax_errors() -> None:
    """Let a syntax error in an answer cell undo the version that was there before.

    Python does not run such a cell at all; without this, a check would judge the old function.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None or _undo_on_syntax_error in shell.events.callbacks["post_run_cell"]:
        return
    shell.events.register("post_run_cell", _undo_on_syntax_error)


def _undo_on_syntax_error(result: Any) -> None:
    error = result.error_before_exec
    if not isinstance(error, SyntaxError) or result.info is None:
        return
    for name in EXERCISES:
        if name in _namespace and f"def {name}(" in result.info.raw_cell:
            line = (error.text or "").strip()
            where = f"line {error.lineno}" + (f", `{line}`" if line else "")
            why = f"The cell that defines {name} has a syntax error, {where}: {error.msg}."
            _namespace[name] = Undefined(name, why)


def check(f: Any) -> Panel:
    """Judge an exercise; the notebook shows the verdict."""
    exercise = _find(f, _names_written_by(sys._getframe(1)))
    if exercise is None:
        return _none_found(f)
    seed = int(os.environ.get("GRU_COURSE_SEED", "0"))
    with contextlib.redirect_stderr(sys.stdout):  # nbgrader gives 0 for anything on stderr
        calls = getattr(getattr(f, "__code__", None), "co_names", ())
        verdict = with_advice(judge(exercise, f, seed), calls, _namespace.get, seed)
    before = kept.load("exercise", exercise.name)
    kept.store(
        "exercise",
        exercise.name,
        {
            "status": verdict.status,
            "score": verdict.score,
            "best": max(verdict.score, before.get("best", 0.0)),
            "checks": before.get("checks", 0) + (verdict.status != NOT_ATTEMPTED),
        },
    )
    return Checked(verdict, _solution(exercise) if verdict.status == PASSED else "")


def hint(f: Any) -> Panel:
    """Show the next hint of an exercise; after the last one, all of them."""
    exercise = _find(f, _names_written_by(sys._getframe(1)))
    if exercise is None:
        return _none_found(f)
    shown = min(kept.load("hint", exercise.name).get("shown", 0) + 1, len(exercise.hints))
    kept.store("hint", exercise.name, {"shown": shown})
    rows = exercise.hints[:shown]
    text = "\n".join(f"{i}. {row}" for i, row in enumerate(rows, 1))
    left = len(exercise.hints) - shown
    more = f"{left} more: run the cell again." if left else "This was the last hint."
    html = _box(
        f"<b>Hints for {exercise.name}</b>", *map(prose, text.split("\n")), f"<i>{more}</i>"
    )
    return Panel(html, f"Hints for {exercise.name}\n{text}\n{more}")


def ready(*functions: Any) -> bool:
    """Return whether these exercises are solved; say which one a cell still waits for."""
    names = _names_written_by(sys._getframe(1))
    for f in functions:
        exercise = _find(f, names)
        if exercise is None or judge(exercise, f).status != PASSED:
            waits = exercise.name if exercise else repr(f)[:60]
            print(f"This cell runs your {waits}: come back when its check has passed.")
            return False
    return True


def predict(question: str, answer: Any) -> Panel:
    """Record a prediction, before the cell that settles it runs."""
    if answer is ...:
        text = "Put your guess in place of the ... (a word in quotes) and run this cell again."
        return Panel(_box(text), text)
    kept.store("prediction", question, {"answer": str(answer)})
    text = f"Recorded: {answer}. Run on to see."
    return Panel(_box(escape(text)), text)


def settle(question: str, measured: Any, choices: tuple[float, ...] = ()) -> Panel:
    """Compare the recorded prediction with what was measured, or with the nearest of `choices`."""
    guess = kept.load("prediction", question).get("answer")
    says = f"Measured: {measured:.3g}" if isinstance(measured, float) else f"Measured: {measured}"
    due: Any = measured
    if choices:
        due = min(choices, key=lambda c: abs(math.log(c / measured)))
        if not math.isclose(due, measured, rel_tol=0.03):
            says += f"; the nearest of the choices is {due:g}"
    if guess is None:
        text = f"{says}. You had not predicted; next time, guess first."
    elif (agrees := same(_nearest(guess, choices), due)) is None:
        text = f"You predicted {guess}. {says}. (These two could not be compared.)"
    elif agrees:
        text = f"You predicted {guess}. {says}. They agree."
    else:
        text = f"You predicted {guess}. {says}. What did you assume that is not so?"
    return Panel(_box(escape(text)), text)


def _nearest(guess: str, choices: tuple[float, ...]) -> str:
    """Return the choice that a guess is nearest to; the guess where there are no choices."""
    number = _number(guess)
    if not choices or number is None or number <= 0:
        return guess
    return str(min(choices, key=lambda c: abs(math.log(c / number))))


def same(guess: str, due: Any) -> bool | None:
    """Return whether a guess as typed means what is due, within 3 %; None where one cannot tell."""
    words = {"true": "yes", "y": "yes", "false": "no", "n": "no", "not a number": "nan"}
    guess = guess.strip().lower().removeprefix("about ").removeprefix("np.").rstrip("%. ")
    guess, due = words.get(guess, guess), str(due).strip().lower()
    if guess == due:
        return True
    numbers = [_number(guess), _number(due)]
    if None in numbers:
        return None if numbers[1] is not None else False
    return math.isclose(*numbers, rel_tol=0.03, abs_tol=1e-9)


def _number(text: str) -> float | None:
    found = re.search(r"-?[\d.]+(e-?\d+|/\d+)?", text.replace("½", "1/2"))
    try:
        return float(Fraction(found.group())) if found else None
    except (ValueError, ZeroDivisionError):
        return None


def progress() -> Panel:
    """Show every exercise of the course with its state."""
    html, text = [], []
    total = best = 0.0
    for chapter in CHAPTERS:
        chips = []
        text.append(chapter.title)
        for exercise in chapter.exercises:
            state = kept.load("exercise", exercise.name)
            status, score = state.get("status", NOT_ATTEMPTED), state.get("best", 0.0)
            sign, points = SIGN.get(status, "○"), f"{score:g}/{exercise.points}"
            chips.append(
                _chip(f"{sign} {exercise.name} {points}", COLOUR.get(status, "128,128,128"))
            )
            text.append(f"  {sign} {exercise.name:<34}{status:<15}{points}")
            total, best = total + exercise.points, best + score
        html.append(f'<div style="margin-top:.35em">{escape(chapter.title)}</div>{"".join(chips)}')
    last = f"{best:g} of {total:g} points. Written answers are graded by a person."
    return Panel(_box(*html, f"<br>{last}"), "\n".join([*text, last]))


def reset(f: Any) -> Panel:
    """Forget an exercise's state and hints, and show its stub to paste back into the cell."""
    exercise = _find(f, _names_written_by(sys._getframe(1)))
    if exercise is None:
        return _none_found(f)
    for kind in ("exercise", "hint"):
        kept.forget(kind, exercise.name)
    _namespace[exercise.name] = Undefined(exercise.name)
    stub = source.stubs(chapter_of(exercise.name).name)[exercise.name]
    text = f"{exercise.name} is reset. Its stub, to paste into the answer cell:"
    html = _box(text, f"<pre>{escape(stub)}</pre>")
    return Panel(html, f"{text}\n\n{stub}")


def _names_written_by(frame: FrameType) -> tuple[str, ...]:
    return frame.f_code.co_names + frame.f_code.co_varnames


def _find(f: Any, called_with: tuple[str, ...]) -> Exercise | None:
    """Return the exercise meant by `f`.

    The name that the calling cell writes decides (`called_with`), since a student may well give
    one function two names; then the function's own name.
    """
    for name in called_with:
        if name in EXERCISES and _namespace.get(name) is f:
            return EXERCISES[name]
    name = f if isinstance(f, str) else getattr(f, "name", getattr(f, "__name__", None))
    return EXERCISES.get(name) if isinstance(name, str) else None


def _none_found(f: Any) -> Panel:
    text = (
        f"This takes the function of an exercise; {f!r:.60} is none. "
        f"The exercises: {', '.join(EXERCISES)}."
    )
    return Panel(_box(escape(text)), text)


def _solution(exercise: Exercise) -> str:
    try:
        return source.keys(chapter_of(exercise.name).name).get(exercise.name, "")
    except OSError:  # a copy of the course without solutions/ shows none
        return ""


def _names() -> str:
    return ", ".join(c.name for c in CHAPTERS)


def _chip(text: str, rgb: str) -> str:
    return (
        f'<code style="display:inline-block;background:rgba({rgb},.18);color:inherit;'
        f'border-radius:9px;padding:0 .6em;margin:.15em .3em .15em 0">{escape(text)}</code>'
    )


def _box(*rows: str) -> str:
    style = (
        "border-left:5px solid rgba(56,139,253,.8);background:rgba(56,139,253,.10);"
        "padding:.6em 1em;border-radius:4px;margin:.3em 0;max-width:60em;color:inherit"
    )
    return f'<div style="{style}">' + "".join(f"<div>{row}</div>" for row in rows) + "</div>"
