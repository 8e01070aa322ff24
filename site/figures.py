"""The measured tables: `benchmarks/figures/` as it is, and the comparison's rows counted."""

from __future__ import annotations

import csv
import re
import statistics
from collections import defaultdict

from autograder.course import ROOT

FIGURES = ROOT / "benchmarks" / "figures"
RESULTS = ROOT / "gru_ref" / "experiments" / "results"
TITLES = {
    "diagnosis": "Mistakes that are named",
    "grading": "The time of grading",
    "mutants": "Slips of a key",
    "unseen": "Wrong answers that nobody declared",
}


def page() -> str:
    """Return the page of everything that is measured, with the command of each."""
    parts = [
        "# Measured",
        "Each table is printed by the command beside it, and copied here when the site is built.",
    ]
    for path in sorted(FIGURES.glob("*.md")):
        title = TITLES.get(path.stem, path.stem)
        said = path.read_text(encoding="utf-8").strip()
        parts += [f"## {title}", f"`python -m benchmarks.{path.stem}`", said]
    parts += ["## Which cell solves which task", "`python -m gru_ref compare --tuned`"]
    parts += ["Rate and start chosen for each cell on validation data, five fresh seeds:", tuned()]
    parts += ["`python -m gru_ref compare`", "One rate for all, PyTorch's start:", comparison()]
    files = ", ".join(f"`{path.name}`" for path in sorted(RESULTS.glob("*.csv")))
    parts.append(
        f"The rows themselves are in the package, in `gru_ref/experiments/results/`: {files}. "
        "[Chapter 9](chapters/09_which_cell.ipynb) reads them claim by claim."
    )
    text = re.sub(r"^<!--.*-->$", "", "\n\n".join(parts), flags=re.M) + "\n"
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def tuned() -> str:
    """Return tuned.csv as a table: of each task and cell what was chosen, and how it ended."""
    runs = defaultdict(list)
    with (RESULTS / "tuned.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["test"]:
                runs[row["task"], row["cell"]].append(row)
    table = (
        "| task | cell | rate | start | solved | steps to solve, median |\n"
        "|---|---|---:|---|---:|---:|"
    )
    for (task, cell), rows in sorted(runs.items()):
        solved = [int(r["steps"]) for r in rows if r["solved"] == "True"]
        steps = f"{statistics.median(solved):.0f}" if solved else "–"
        start = "PyTorch's" if float(rows[0]["start"]) == 0 else "keeps 95 %"
        table += f"\n| {task} | {cell} | {rows[0]['lr']} | {start} "
        table += f"| {len(solved)} of {len(rows)} | {steps} |"
    return table


def comparison() -> str:
    """Return small.csv as a table: of each task and cell how many runs solve it, and how soon."""
    runs = defaultdict(list)
    with (RESULTS / "small.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            runs[row["task"], row["cell"]].append(row)
    table = "| task | cell | runs | solved | steps to solve, median |\n|---|---|---:|---:|---:|"
    for (task, cell), rows in sorted(runs.items()):
        solved = [int(r["steps_to_solve"]) for r in rows if r["solved"] == "True"]
        steps = f"{statistics.median(solved):.0f}" if solved else "–"
        table += f"\n| {task} | {cell} | {len(rows)} | {len(solved)} | {steps} |"
    return table
