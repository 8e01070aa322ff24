"""What chapters 7 and 9 say of more than one seed: `python -m benchmarks.seeds path`.

path     the gradient at the first input while a cell learns, at two learning rates and with an
         LSTM's forget bias: gru_ref/experiments/results/path.csv
descent  the same by plain gradient descent: results/descent.csv
reviews  what is learned first, and what the gates do: reviews_learned.csv,
         reviews_gates.csv
ctc      strokes that are read without times, after 400 steps: results/ctc.csv
mark     chapter 7's last network as PyTorch starts it, trained longer: results/mark.csv

Three to five seeds each; a run takes 3 to 90 seconds of one core. A run that is in the
table is not repeated.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import torch

import gru_ref
from autograder.authoring import source
from autograder.course import COURSE
from gru_ref.experiments.path import Seen, looks, read_looks
from gru_ref.experiments.reviews import GatesSeen, Learned, gates_seen, learned
from gru_ref.experiments.unaligned import Read, judge, learn

RESULTS = Path(gru_ref.__file__).parent / "experiments" / "results"
SEEDS = range(5)
FINE = (*range(0, 500, 10), *range(500, 3001, 100))
COARSE = (0, 20, 50, *range(100, 3001, 100))

# task, length, cell, forget bias (0: PyTorch's own), learning rate, most steps, shuffled, seeds
RUNS = (
    ("latch", 100, "tanh", 0.0, 0.01, 2000, False, 5),
    ("latch", 100, "tanh", 0.0, 0.01, 500, True, 5),
    ("latch", 100, "gru", 0.0, 0.03, 2000, False, 5),
    ("reviews_early", 100, "gru", 0.0, 0.01, 2000, False, 5),
    ("latch", 100, "tanh", 0.0, 0.03, 2000, False, 5),
    ("temporal_order", 50, "lstm", 3.0, 0.01, 3000, False, 5),
    ("adding", 100, "lstm", 3.0, 0.01, 3000, False, 5),
    ("latch", 100, "gru", 0.0, 0.03, 600, True, 5),
    ("latch", 100, "lstm", 0.0, 0.03, 2000, False, 3),
    ("latch", 100, "lstm", 3.0, 0.01, 2000, False, 3),
)

DESCENTS = (("latch", "tanh"), ("latch", "gru"), ("reviews_early", "gru"))
DESCENT_RATES = (0.1, 1.0)
MARKS = ((0.01, 1500), (0.03, 500))  # rate, steps


def path(file: Path = RESULTS / "path.csv") -> None:
    """Run what is missing of RUNS and write the table after each."""
    rows = read_looks(file) if file.exists() else []
    there = {r[:6] for r in rows}
    for name, length, cell, bias, lr, most, shuffled, seeds in RUNS:
        for seed in range(seeds):
            if (name, cell, bias, lr, shuffled, seed) in there:
                continue
            at = [t for t in (FINE if cell == "tanh" else COARSE) if t <= most]
            more = {"forget_bias": bias} if bias else {}
            more |= {"length": length, "lr": lr, "seed": seed, "shuffled": shuffled}
            seen = looks(name, cell, at, **more)
            rows += [Seen(name, cell, bias, lr, shuffled, seed, *look) for look in seen]
            write(file, Seen._fields, sorted(rows))
            print(*rows[-1], flush=True)


def descent(file: Path = RESULTS / "descent.csv") -> None:
    """Run 1,000 steps of plain descent at two rates from each seed, and write the table."""
    rows = []
    for name, cell in DESCENTS:
        for lr, seed in product(DESCENT_RATES, SEEDS):
            seen = looks(name, cell, range(0, 1001, 100), descent=True, lr=lr, seed=seed)
            rows += [Seen(name, cell, 0.0, lr, False, seed, *look) for look in seen]
            write(file, Seen._fields, rows)
            print(*rows[-1], flush=True)


def reviews(folder: Path = RESULTS) -> None:
    """Write both tables of the reviews."""
    write(
        folder / "reviews_learned.csv",
        Learned._fields,
        [row for cell in ("gru", "tanh") for seed in SEEDS for row in learned(cell, seed)],
    )
    write(
        folder / "reviews_gates.csv",
        GatesSeen._fields,
        [row for seed in SEEDS for row in gates_seen(seed)],
    )


def ctc(file: Path = RESULTS / "ctc.csv") -> None:
    """Train a GRU to read strokes, from each seed, and write how it reads new ones."""
    write(file, Read._fields, [judge(learn(seed=seed)[0], seed, 400) for seed in SEEDS])


def mark(file: Path = RESULTS / "mark.csv") -> None:
    """Train the network of chapter 7, by the chapter's own code, without a bias, for longer."""
    texts = [cell.text for cell in source.read(COURSE, "07_vanishing_gradients")]
    (text,) = (text for text in texts if "def latch(" in text)
    chapter = {"np": np, "torch": torch, "gru_ref": gru_ref}
    exec(text[: text.index("if ready(")], chapter)
    rows = []
    for (lr, steps), seed in product(MARKS, SEEDS):
        rows.append((lr, seed, steps, chapter["train"](0.0, steps, seed, lr)[2]))
        write(file, ("lr", "seed", "steps", "right"), rows)
        print(*rows[-1], flush=True)


def write(file: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table, numbers to three digits."""
    with file.open("w", newline="", encoding="utf-8") as out:
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(names)
        for row in rows:
            lines.writerow(f"{v:.3g}" if isinstance(v, float) else v for v in row)


def main(arguments: Sequence[str]) -> None:
    """Measure what is named."""
    what = {"path": path, "descent": descent, "reviews": reviews, "ctc": ctc, "mark": mark}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seeds")
    parser.add_argument("what", choices=what)
    torch.set_num_threads(1)
    what[parser.parse_args(arguments).what]()


if __name__ == "__main__":
    main(sys.argv[1:])
