"""The README's pictures, but that of JupyterLab: `python -m benchmarks.pictures` makes them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
import torch

import gru_ref
from benchmarks.grading import make_class
from gru_ref.experiments import report, tuned, tuned_report
from gru_ref.experiments.music import draw_roll
from gru_ref.experiments.sampling import continue_chorale
from gru_ref.figures import training
from gru_ref.training.loop import fit
from gru_ref.training.tasks import task
from gru_ref.training.tasks.chorales import chorales
from gru_ref.training.tasks.corpora import split
from gru_ref.training.tasks.reviews import words_of

RESULTS = Path(gru_ref.__file__).parent / "experiments" / "results" / "tuned.csv"
DOCS = Path(__file__).parent.parent / "docs"


def comparison() -> None:
    """Draw how soon each cell solves each task, at a rate and a start of its own."""
    fresh = tuned_report.finals(tuned.read_tuned(RESULTS))
    rows = [row for runs in fresh.values() for row in tuned_report.as_rows(runs)]
    save(report.draw(rows, "how_soon"), "comparison.png")


def gates() -> None:
    """Draw the update gate of a trained GRU over a review with its verdict early."""
    run = fit("reviews", "gru", steps=600, until_solved=True, progress=False)
    p = gru_ref.from_pytorch(dict(run.model.rnn.named_parameters()))
    x = task("reviews_early", 40).batch(torch.Generator().manual_seed(1), 1).x
    h, z = np.zeros((1, 32)), []
    for x_t in x.double().numpy():
        values = gru_ref.step_values(x_t, h, p)
        h = values.h_t
        z.append(values.z_t[0])
    ax = training.gates_over_words(words_of(x)[0], np.array(z))
    ax.set_ylabel("unit, bright: $z_t$ near 1")
    save(ax, "gates_over_a_review.png")


def roll() -> None:
    """Draw a chorale that a GRU goes on with after four bars."""
    model = fit("chorales", "gru", steps=600, hidden=64, batch=16, lr=3e-3, progress=False).model
    given = split(chorales())[1][0][:16]
    made = continue_chorale(model, given, 32, np.random.default_rng(3), temperature=0.7)
    save(draw_roll(made, given=16), "chorale.png")


def graded() -> None:
    """Grade a class and take pictures of its report and of one page, in Chromium."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as scratch:
        submitted, out = make_class(Path(scratch), 24), Path(scratch) / "graded"
        command = ("-m", "autograder", "grade", str(submitted), "--out", str(out), "--seed", "1")
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        pages = sorted(out.glob("feedback/*/*/*.html"))
        page = max(pages, key=lambda p: p.read_text(encoding="utf-8").count("smallest failing"))
        with sync_playwright() as tool:
            browser = tool.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            for path, name in ((out / "report.html", "class_report"), (page, "feedback_page")):
                view = browser.new_page(viewport={"width": 760, "height": 980})
                view.goto(path.as_uri())
                view.screenshot(path=DOCS / f"{name}.png")
                print(DOCS / f"{name}.png")
            browser.close()


def save(ax: plt.Axes, name: str) -> None:
    """Write a picture."""
    ax.figure.savefig(DOCS / name, dpi=110)
    print(DOCS / name)


if __name__ == "__main__":
    torch.set_num_threads(1)
    graded()
    comparison()
    gates()
    roll()
