"""An example of each task, as a picture, and what the list of tasks says of each."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes

from gru_ref.errors import UsageError
from gru_ref.figures import examples
from gru_ref.figures.shown import describe
from gru_ref.figures.training import marked_numbers
from gru_ref.training.tasks import TASKS, task
from gru_ref.training.tasks.chorales import LOWEST
from gru_ref.training.tasks.corpora import decode
from gru_ref.training.tasks.generated import FILLER, NAMES
from gru_ref.training.tasks.kinds import Batch, Task
from gru_ref.training.tasks.reviews import BAD, GOOD, words_of


def listing(name: str, length: int | None = None) -> str:
    """Return two lines: what the task asks; its levels, and who posed it.

    Where what it reads is not installed, the second line says what to do.
    """
    try:
        t = task(name, length)
    except UsageError as missing:
        return f"{name:16} {missing}"
    about = t.about[0].upper() + t.about[1:]
    return (
        f"{name:16} {about}.\n{'':16} {t.unit}: chance {t.chance:.4g} ({t.chance_is}), solved at "
        f"{t.solved:.4g}. {steps_of(t)} steps. From {t.source}."
    )


def steps_of(to_do: Task) -> int:
    """Return how many steps a sequence of the task has."""
    return len(to_do.batch(torch.Generator().manual_seed(0), 1).x)


def example(name: str, length: int | None = None, seed: int = 0) -> Axes:
    """Draw the seed's first sequence of a task, what is shown and what is due.

    UsageError where there is no such task, or none of that length.
    """
    to_do = task(name, length)
    batch = to_do.batch(torch.Generator().manual_seed(seed), 1)
    ax = _draw(name, batch)
    describe(ax, f"The task: {to_do.about}.")
    return ax


def _draw(name: str, batch: Batch) -> Axes:
    x, y = (a[:, 0].numpy() for a in batch)
    answer = int(y[0]) if y.ndim == 1 else 0
    if name == "sine":
        return examples.wave(x[:, 0], y[:, 0], ahead=5)
    if name.startswith("adding"):
        ax = marked_numbers(x[:, 0], x[:, 1])
        ax.set_title(f"due after the last step: {y[0, 0]:.2f}", loc="left", fontsize=10)
        describe(ax, f"Due after the last: their sum, {y[0, 0]:.2f}.")
        return ax
    if name == "latch":
        return examples.signal(x[:, 0], 3, f"class {answer}, {('below', 'above')[answer]} 0")
    if name == "copy":
        return examples.symbols(x.argmax(-1), NAMES[name], y, FILLER[name])
    if name == "temporal_order":
        pair = ("XX", "XY", "YX", "YY")[answer]
        return examples.symbols(x.argmax(-1), NAMES[name], pair, FILLER[name])
    if name == "characters":
        return examples.letters(decode(x.argmax(-1)), decode(y))
    if name == "chorales":
        return examples.chords(*_piece(x, y), LOWEST)
    (text,) = words_of(batch.x)
    opinions = [i for i, word in enumerate(text) if word in BAD + GOOD]
    return examples.words(text, opinions, ("bad", "good")[answer])


def _piece(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps at which a chord is due, and the last one that is."""
    there = int((y[:, 0] >= 0).sum())
    return x[:there], y[there - 1]


__all__ = ["TASKS", "example", "listing"]
