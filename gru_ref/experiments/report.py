"""What a comparison says: a table of medians with their spread, and one plot for each question."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes

from gru_ref.experiments.table import Row
from gru_ref.figures.palette import COLOURS, INK, MARKERS
from gru_ref.figures.plots import axes
from gru_ref.figures.shown import describe
from gru_ref.io import write_figure

OTHER = ("lstm", "D")  # colour and mark of an LSTM with a forget bias


class Question(NamedTuple):
    """A question that one number of each run answers."""

    title: str
    ylabel: str
    value: Callable[[Row], float | None]
    log: bool
    line: float | None = None  # a level to be drawn


QUESTIONS = {
    "how_good": Question(
        "How much of chance is left?", "metric / chance", lambda r: r.metric / r.chance, False, 1.0
    ),
    "how_soon": Question(
        "How soon is it solved?", "steps to solve", lambda r: r.steps_to_solve, True
    ),
    "how_fast": Question(
        "How long does a step take?", "ms a step", lambda r: 1000 * r.seconds / r.steps, True
    ),
    "how_large": Question("How many numbers learn?", "parameters", lambda r: r.parameters, True),
}


def table(rows: Sequence[Row]) -> str:
    """Return a line for each task and cell: medians, and in brackets least and most."""
    lines = [
        f"{'task':15} {'cell':7} {'solved':>6} {'metric':>26} {'chance':>7} {'steps to solve':>22} "
        f"{'seconds':>20} {'ms/step':>8} {'parameters':>10}"
    ]
    for (task, cell), group in _groups(rows).items():
        solved = [r.steps_to_solve for r in group if r.solved]
        lines.append(
            f"{task:15} {cell:7} {len(solved):>3}/{len(group):<2} "
            f"{_spread([r.metric for r in group]):>26} {group[0].chance:7.3g} "
            f"{_spread(solved):>22} {_spread([r.seconds for r in group]):>20} "
            f"{statistics.median(1000 * r.seconds / r.steps for r in group):8.2f} "
            f"{group[0].parameters:10}"
        )
    return "\n".join(lines)


def draw(rows: Sequence[Row], question: str, ax: Axes | None = None) -> Axes:
    """Draw one dot a run and a bar at the median, task by task; the title asks the question.

    A run without an answer, since it did not solve its task, is a hollow dot at the top.
    """
    q, groups = QUESTIONS[question], _groups(rows)
    tasks, cells = (list(dict.fromkeys(key[i] for key in groups)) for i in (0, 1))
    ax = ax or axes("", q.ylabel, (max(4.0, 1.2 * len(tasks) + 1.6), 3.4))
    answers = [v for r in rows if (v := q.value(r)) is not None]
    top = 2 * max(answers, default=1)
    for (task, cell), group in groups.items():
        at = tasks.index(task) + 0.8 * ((cells.index(cell) + 0.5) / len(cells) - 0.5)
        spots = [at + 0.12 * (i / max(len(group) - 1, 1) - 0.5) for i in range(len(group))]
        values, (colour, mark) = [q.value(r) for r in group], _style(cell)
        middle = statistics.median(math.inf if v is None else v for v in values)
        for x, v in zip(spots, values, strict=True):
            face = colour if v is not None else "none"
            ax.plot(x, top if v is None else v, mark, ms=4, mfc=face, mec=colour)
        if math.isfinite(middle):
            ax.hlines(middle, at - 0.1, at + 0.1, color=colour, lw=2)
    for cell in cells:
        colour, mark = _style(cell)
        ax.plot([], [], mark, color=colour, label=cell)
    if q.log and answers:
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter(lambda x, _: f"{x:g}" if f"{x:e}"[0] in "25" else "")
    else:
        ax.set_ylim(bottom=0)
    if q.line is not None:
        ax.axhline(q.line, color=INK, lw=0.8, ls="--")
    if len(answers) < len(rows):
        ax.axhline(top, color=INK, lw=0.5)
        ax.annotate(
            "not solved",
            (1, top),
            xytext=(0, 3),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=8,
        )
    ax.set_xticks(range(len(tasks)), tasks, rotation=20, ha="right")
    ax.set_title(q.title, loc="left", fontsize=11)
    ax.legend(
        frameon=False,
        ncols=len(cells),
        fontsize=8,
        loc="lower right",
        bbox_to_anchor=(1.02, 1.0),
        borderaxespad=0.1,
    )
    describe(
        ax,
        f"{q.title} Dot plot of {q.ylabel}{', logarithmic,' if q.log else ''} of {len(rows)} runs, "
        "task by task, a dot a run and a bar at the median.",
        *(f"{task}: {', '.join(_answers(groups, task, q))}." for task in tasks),
    )
    return ax


def _style(cell: str) -> tuple[str, str]:
    """Return the colour and the mark of a cell."""
    role, mark = (
        (cell, MARKERS[cell]) if cell in MARKERS else ("gru", "v") if cell == "own" else OTHER
    )
    return COLOURS[role], mark


def _answers(groups: dict, task: str, q: Question) -> list[str]:
    """Return each cell's median in words, and how many of its runs have no answer."""
    said = []
    for (of, cell), group in groups.items():
        if of == task:
            values = [q.value(r) for r in group]
            middle = statistics.median(math.inf if v is None else v for v in values)
            none = sum(v is None for v in values)
            median = f"median {middle:.3g}" if math.isfinite(middle) else "no median"
            said.append(f"{cell} {median}" + (f", {none} of {len(group)} unsolved" if none else ""))
    return said


def draw_all(rows: Sequence[Row], folder: Path | str) -> list[Path]:
    """Write one PNG for each question and return where they are; UsageError where it cannot."""
    files = []
    for name in QUESTIONS:
        ax, file = draw(rows, name), Path(folder) / f"{name}.png"
        write_figure(file, ax.figure)
        files.append(file)
    return files


def _groups(rows):
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.task, row.cell), []).append(row)
    return groups


def _spread(values):
    if not values:
        return "-"
    middle = statistics.median(values)
    return f"{middle:.4g} ({min(values):.3g}-{max(values):.3g})"
