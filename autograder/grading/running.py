"""Running a notebook's cells in nbgrader's kernel, so that no cell takes the others with it.

nbgrader's own Execute loses every point of a notebook whose kernel dies. Here the cell that hung
or died gets an error as its output, a fresh kernel repeats the cells before it, and it goes on.
"""

from __future__ import annotations

import copy
import os
import subprocess
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbclient.util import run_sync
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from traitlets import Float, Integer, default

from autograder.grading.normalise import OURS, grade_id, is_answer

TIMED_OUT, DIED = "CellTimeoutError", "DeadKernelError"  # nbgrader's and nbclient's own names
NOT_RUN = "NotRun"
SETTING_UP = 120  # seconds for the cells before the first answer: imports, on a cold disk


class Run(Execute):
    """Run every cell; an answer that hangs or kills the kernel costs only itself."""

    seed = Integer(0, help="the seed of the hidden cases").tag(config=True)
    limit = Float(30.0, help="seconds for one cell that may run a student's code").tag(config=True)

    @default("shutdown_kernel")
    def _shutdown_kernel(self) -> str:
        return "immediate"  # a graceful end takes a quarter of the time of a submission

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        if nb.metadata.get(OURS, {}).get("refused"):
            return nb, resources
        self.harmful: set[int] = set()  # cells that are not to be repeated
        self.stopped = False
        self.first_answer = next((i for i, c in enumerate(nb.cells) if students(c)), 0)
        self.current = 0
        self.timeout_func = lambda cell: (
            self.limit if self.current >= self.first_answer else SETTING_UP
        )
        return super().preprocess(nb, resources, km)

    async def async_start_new_kernel(self, **kwargs: Any) -> None:
        env = {**os.environ, "GRU_COURSE_SEED": str(self.seed)}
        for stream in ("stdout", "stderr"):  # the process's own; what cells print comes by message
            kwargs.setdefault(stream, subprocess.DEVNULL)
        await super().async_start_new_kernel(env=env, **kwargs)

    start_new_kernel = run_sync(async_start_new_kernel)  # nbclient binds its own at definition

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        if self.stopped:
            if cell.cell_type == "code":
                cell.outputs = [_error(NOT_RUN, "")]
            return cell, resources
        lost = self._try(cell, resources, index)
        if _timed_out(cell) and self._matters(cell, index):
            # believed when it happens twice: on a busy machine a kernel stalls now and then
            self.log.warning("Cell %s timed out; it runs once more in a fresh kernel", index)
            self._start_again(index)
            lost = not self.stopped and self._try(cell, resources, index)
        if lost or _timed_out(cell):
            self.harmful.add(index)
        if lost:
            self._start_again(index)
        return cell, resources

    def _matters(self, cell: Any, index: int) -> bool:
        return index < self.first_answer or students(cell) or _checks(cell)

    def _try(self, cell: Any, resources: Any, index: int) -> bool:
        """Run a cell; return whether the kernel is lost: dead, or deaf to an interrupt."""
        self.current = index
        try:
            super().preprocess_cell(cell, resources, index)
        except (CellTimeoutError, DeadKernelError) as error:
            name = TIMED_OUT if isinstance(error, CellTimeoutError) else DIED
            cell.outputs = [*cell.outputs, _error(name, str(error))]
            return True
        return False

    def _start_again(self, index: int) -> None:
        """Start a fresh kernel in the state before cell `index`; stop for good if this fails."""
        self._cleanup_kernel()
        try:
            self.create_kernel_manager()
            self.start_new_kernel()
            self.start_new_kernel_client()
            for i, cell in enumerate(self.nb.cells[:index]):
                if i not in self.harmful and cell.cell_type == "code" and not _checks(cell):
                    self._repeat(cell, i)
        except (CellTimeoutError, DeadKernelError, RuntimeError) as error:
            self.log.error("A fresh kernel did not reach cell %s: %s", index, error)
            self.stopped = True

    def _repeat(self, cell: Any, index: int) -> None:
        self.current = index
        again = copy.deepcopy(cell)
        try:
            self.execute_cell(again, index, store_history=True)
        finally:
            self.nb.cells[index] = cell  # its first outputs stand
        if _timed_out(again):
            raise CellTimeoutError("a cell that had run did not run again")


def _timed_out(cell: Any) -> bool:
    return any(o.get("ename") == TIMED_OUT for o in cell.get("outputs", []))


def students(cell: Any) -> bool:
    """Return whether a cell's text is the student's: an answer, or a cell that was added."""
    own = cell.metadata.get(OURS, {}).get("own")
    return cell.cell_type == "code" and bool(own or is_answer(cell))


def _checks(cell: Any) -> bool:
    return (grade_id(cell) or "").startswith("check_")


def _error(name: str, says: str) -> Any:
    return new_output("error", ename=name, evalue=says[:200], traceback=[f"{name}: {says[:200]}"])
