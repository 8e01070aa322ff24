"""What came of a notebook that has run: one result for each check cell and written answer.

`Settle` stands between running and nbgrader's SaveAutoGrades. After it every check cell ends in
one verdict, with a number that nbgrader reads and a panel that the student reads. Without it
nbgrader gives full points to a check cell that shows nothing, and none to one that warns.
"""

from __future__ import annotations

import ast
import re
from typing import Any, NamedTuple

from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.feedback import as_html
from autograder.grading.normalise import OURS, grade_id
from autograder.grading.running import DIED, NOT_RUN, TIMED_OUT, students
from autograder.student import VERDICT_MIME
from autograder.verdict import BROKEN, ERROR, FAILED, NOT_ATTEMPTED, PASSED, Verdict

ANSI = re.compile(r"\x1b\[[0-9;]*m")
CHECK = "check_"
SETUP_FAILED = "setup_failed"


class Result(NamedTuple):
    """What a check cell says: the four fields that a verdict's display carries."""

    exercise: str
    status: str
    mistake: str
    score: float


class Settle(NbGraderPreprocessor):
    """Leave in every check cell one verdict that nbgrader, a student and `results` agree on."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        answers = {grade_id(c): c for c in nb.cells if not _is_check(c)}
        for cell in nb.cells:
            if _is_check(cell):
                answer = answers.get(grade_id(cell).removeprefix(CHECK))
                _settle(nb, cell, answer)
        return nb, resources


def results(nb: Any) -> dict[str, Result]:
    """Return the result in each check cell of a settled notebook, by the cell's grade_id."""
    return {grade_id(c): r for c in nb.cells if _is_check(c) and (r := _shown(c)) is not None}


def _is_check(cell: Any) -> bool:
    grading = cell.metadata.get("nbgrader", {})
    return bool(grading.get("grade")) and not grading.get("solution") and cell.cell_type == "code"


def _checked(cell: Any) -> tuple[str, float]:
    """Return which exercise a check cell checks, and for how many points."""
    return grade_id(cell).removeprefix(CHECK), float(cell.metadata["nbgrader"]["points"])


def _panel(cell: Any) -> str:
    """Return the HTML beside a verdict."""
    shown = (o.data for o in cell.outputs if VERDICT_MIME in o.get("data", {}))
    html = next(shown, {}).get("text/html", "")
    return html if isinstance(html, str) else ""


def _shown(cell: Any) -> Result | None:
    """Return the verdict that a check cell shows, if it is one of its own exercise."""
    name, points = _checked(cell)
    for output in cell.outputs:
        shown = output.get("data", {}).get(VERDICT_MIME)
        if output.output_type != "execute_result" or not isinstance(shown, dict):
            continue
        status, mistake, score = (shown.get(k) for k in ("status", "mistake", "score"))
        if (
            shown.get("exercise") == name
            and status in (PASSED, FAILED, NOT_ATTEMPTED, ERROR, BROKEN)
            and isinstance(mistake, str)
            and isinstance(score, int | float)
            and 0 <= score <= points  # NaN is not
        ):
            return Result(name, status, mistake, float(score))
    return None


def _settle(nb: Any, cell: Any, answer: Any) -> None:
    shown, panel = None, ""
    if not any(o.output_type == "error" for o in cell.outputs):
        shown, panel = _shown(cell), _panel(cell)
    why = _refused(nb) or _syntax(answer)
    if why is None and shown is None:
        why = _no_verdict(nb, cell, answer)
    elif why is None and shown.mistake == "name_not_defined":
        why = _not_defined(answer)
    if why is not None:
        name, points = _checked(cell)
        status = BROKEN if why[0] == SETUP_FAILED and not _own_cells_before_error(nb) else ERROR
        shown = Result(name, status, why[0], 0.0)
        panel = as_html(Verdict(name, status, 0.0, points, mistake=why[0], cause=why[1]))
    others = [o for o in cell.outputs if o.output_type in ("stream", "display_data")]
    for output in others:
        if output.output_type == "stream":
            output.name = "stdout"  # nbgrader takes all points for anything on stderr
    data = {"text/html": panel, "text/plain": repr(shown.score), VERDICT_MIME: shown._asdict()}
    verdict = new_output("execute_result", data, execution_count=cell.execution_count)
    cell.outputs = [*others, verdict]


def _refused(nb: Any) -> tuple[str, str] | None:
    refused = nb.metadata.get(OURS, {}).get("refused")
    return (refused["mistake"], refused["says"]) if refused else None


def _syntax(answer: Any) -> tuple[str, str] | None:
    """Return what Python says of an answer that it cannot read."""
    if answer is None:
        return None
    code = ""
    try:
        code = TransformerManager().transform_cell(answer.source)  # %magic and !shell lines
        compile(code, "answer", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        lines = (code or answer.source).split("\n")
        row = error.lineno or 1
        text = lines[row - 1].strip() if row <= len(lines) else ""
        return "syntax_error", (
            f"Python cannot read your answer cell. Line {row}, `{text}`: {error.msg}. "
            "Nothing in the cell is defined until this is mended; look at the line before, too."
        )
    except (ValueError, RecursionError, MemoryError) as error:
        return "syntax_error", f"Python cannot read your answer cell: {error}."
    return None


def _no_verdict(nb: Any, cell: Any, answer: Any) -> tuple[str, str]:
    names = [o.ename for o in cell.outputs if o.output_type == "error"]
    if TIMED_OUT in names:
        return "timed_out", (
            f"Your code took too long in this check and was stopped{_where(cell, answer)}. "
            "Is there a loop whose condition never becomes false, or a call of itself?"
        )
    if DIED in names:
        return "kernel_died", (
            "Python itself ended while this check ran your code, so that no result came back. "
            "It does so for an exit, or when the memory is full: how large are your arrays?"
        )
    if NOT_RUN in names:
        return "not_run", (
            "This check was not run: an earlier cell stopped Python, and the cells before it did "
            "not run a second time."
        )
    first = _first_error(nb)
    if (
        names == ["NameError"]
        and first is not None
        and "check" in cell.outputs[-1].get("evalue", "")
    ):
        return "setup_failed", (
            f"The chapter's first cells did not run ({first}), so nothing could be checked."
        )
    if names:
        error = next(o for o in cell.outputs if o.output_type == "error")
        return f"raises_{names[0]}", (
            f"The check stopped with {names[0]}: {error.evalue[:200]}. Run the notebook from top "
            "to bottom in a fresh kernel (Run, Restart Kernel and Run All Cells) to see it."
        )
    return "no_verdict", (
        "The check gave no verdict. Does one of your cells give the name `check`, or a name that "
        "it needs, to another thing?"
    )


def _not_defined(answer: Any) -> tuple[str, str] | None:
    """Return why the answer cell did not define its name, where it stopped with an error."""
    name = grade_id(answer) if answer is not None else ""
    error = next((o for o in (answer or {}).get("outputs", []) if o.output_type == "error"), None)
    if error is None:
        return None
    if any(o.get("ename") == TIMED_OUT for o in answer.outputs):
        return "timed_out", (
            f"The cell that defines {name} took too long and was stopped"
            f"{_where(answer, answer)}. Is there a loop without an end outside the function?"
        )
    if error.ename == DIED:
        return "kernel_died", f"Python itself ended while the cell that defines {name} ran."
    return f"raises_{error.ename}", (
        f"The cell that defines {name} stopped with {error.ename}: {error.evalue[:200]}"
        f"{_where(answer, answer)}."
    )


def _where(cell: Any, answer: Any) -> str:
    """Return the line of the answer that a traceback points to last, as words."""
    lines = {line.strip() for line in answer.source.split("\n")} if answer is not None else set()
    for output in cell.outputs:
        if output.output_type == "error":
            text = ANSI.sub("", "\n".join(output.traceback))
            marked = re.findall(r"^-+>\s*\d+\s(.*)$", text, re.MULTILINE)
            for line in reversed(marked):
                if line.strip() in lines:
                    return f" in your line `{line.strip()}`"
    return ""


def _first_error(nb: Any) -> tuple[int, str]:
    """Return which cell failed first, and with what."""
    for i, cell in enumerate(nb.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return i, f"{output.ename}: {output.evalue[:200]}"
    return len(nb.cells), "no error was seen"


def _own_cells_before_error(nb: Any) -> bool:
    """Return whether code of the student ran before the first error, or has it."""
    first, _ = _first_error(nb)
    return any(students(c) for c in nb.cells[: first + 1])
