"""Train the front page's network and write its gates: `python site/review.py`.

A GRU of 32 units learns to tell good reviews from bad ones; the numbers are its update gates over
one review whose verdict stands in the middle. They are committed, so that the site trains nothing.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from gru_ref.experiments.reviews import gates_of
from gru_ref.training.loop import evaluate, fit
from gru_ref.training.tasks import task
from gru_ref.training.tasks.reviews import words_of

WRITTEN = Path(__file__).resolve().parent / "review.json"
SEED, STEPS, LENGTH = 0, 600, 21


def main() -> None:
    """Train, read one review, write words and gates."""
    torch.set_num_threads(1)
    run = fit("reviews", "gru", steps=STEPS, until_solved=True, seed=SEED, progress=False)
    short = task("reviews_middle", LENGTH)
    x = short.batch(torch.Generator().manual_seed(1), 1).x
    z = gates_of(run.model.rnn, x)[1][:, 0]
    order = z[-3:].mean(0).argsort(descending=True)
    held = task("reviews")
    made = {
        "words": words_of(x)[0],
        "z": [[round(v, 3) for v in row] for row in z[:, order].tolist()],
        "steps": run.step,
        "error": round(float(evaluate(run.model, held, held.held_out(torch.device("cpu")))), 4),
    }
    WRITTEN.write_text(json.dumps(made, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{WRITTEN}: {run.step} steps, error {made['error']} on held-out reviews")


if __name__ == "__main__":
    main()
