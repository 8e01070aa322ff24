"""Chapter 9's last table: `python -m benchmarks.past` writes gru_ref/experiments/results/past.csv.

What one more step costs after up to 100,000 others, and training on up to 10,000 steps: about a
minute of one core, which should have nothing else to do.
"""

from __future__ import annotations

from benchmarks.seeds import RESULTS, write
from gru_ref.experiments.past import Cost, costs


def main() -> None:
    """Measure, print each row, write the table."""
    rows = []
    for row in costs():
        rows.append(row)
        print(*row, flush=True)
    write(RESULTS / "past.csv", Cost._fields, rows)


if __name__ == "__main__":
    main()
