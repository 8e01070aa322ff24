"""GRU, minGRU and Transformer raced: `python -m benchmarks.race`, 24 minutes of one core.

It writes `gru_ref/experiments/results/race.csv`, row by row, and goes on where it was stopped; to
begin anew, remove the file. With names of tasks only their rows are made, into the folder --out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gru_ref
from gru_ref.experiments.race import RACED, race
from gru_ref.experiments.race_report import table

RESULTS = Path(gru_ref.__file__).parent / "experiments" / "results"


def main() -> None:
    """Run what is not there yet, then print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.race", description=__doc__)
    parser.add_argument("tasks", nargs="*", choices=[*RACED, []], help="all of them by default")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    print(table(race(args.tasks, out=args.out)))


if __name__ == "__main__":
    main()
