"""What stands in a graded check cell: one verdict, with a number that nbgrader reads."""

from __future__ import annotations

from typing import Any


from autograder.grading.job import Result
from autograder.grading.notebooks import outputs
from autograder.grading.notebooks.normalise import grade_id
from autograder.core.verdict import VERDICT_MIME

CHECK = "check_"


def is_check(cell: Any) -> bool:
    """Return whether this is a check cell of the release."""
    grading = cell.metadata.get("nbgrader", {})
    return bool(grading.get("grade")) and not grading.get("solution") and cell.cell_type == "code"


def write(cell: Any, result: Result) -> None:
    """Leave in a check cell the verdict alone.

    Its text is the score, which nbgrader takes; anything on stderr would cost all points there.
    """
    fields = result._asdict()
    data = {"text/html": fields.pop("panel"), "text/plain": repr(result.score)}
    data[VERDICT_MIME] = fields
    cell.outputs = [outputs.result(data)]
    cell.execution_count = None


def disagrees(cell: Any) -> bool:
    """Return whether a graded check cell says otherwise than the notebook that was handed in."""
    fields = [o.get("data", {}).get(VERDICT_MIME) for o in cell.get("outputs", [])]
    return is_check(cell) and any(f.get("said") for f in fields if isinstance(f, dict))


def results(nb: Any) -> dict[str, Result]:
    """Return the result in each check cell of a graded notebook, by the cell's grade_id."""
    found: dict[str, Result] = {}
    for cell in nb.cells:
        for output in cell.get("outputs", []) if is_check(cell) else []:
            fields = output.get("data", {}).get(VERDICT_MIME)
            if fields is not None:
                panel = output.data.get("text/html", "")
                found[grade_id(cell) or ""] = Result(**fields, panel=panel)
    return found
