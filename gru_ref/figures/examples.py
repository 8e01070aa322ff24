"""Pictures of what a task shows and asks: waves, symbols, words, letters, chords.

A function takes one sequence, draws what is shown with a full mark and what is due with a hollow
one, and says both in words.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from gru_ref.figures.palette import COLOURS, INK, line
from gru_ref.figures.plots import axes
from gru_ref.figures.shown import describe

ACROSS = 78  # letters in a line of text
STEP = "step $t$"


def wave(x: np.ndarray, y: np.ndarray, ahead: int) -> Axes:
    """Draw a wave x (T,) and the last S values that are due, each at the step that asks for it."""
    ax = axes(STEP, "number", (7.6, 2.6))
    T, S = len(x), len(y)
    ax.plot(range(T), x, **line("input"), label="shown")
    ax.plot(range(T - S, T), y, **line("plain", 1), label=f"due: {ahead} steps ahead")
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    describe(
        ax,
        f"Line plot of a sine over {T} steps, {_turns(x)}. A second line, over the last {S} steps, "
        f"is what is due at each: the sine {ahead} steps later, {y[0]:.2f} at step {T - S} and "
        f"{y[-1]:.2f} at the last.",
    )
    return ax


def signal(x: np.ndarray, shown: int, due: str) -> Axes:
    """Draw numbers x (T,) of which the first `shown` decide what is due."""
    ax = axes(STEP, "number", (7.6, 2.4))
    ax.plot(range(len(x)), x, **line("input") | {"lw": 1, "ls": "-"})
    ax.plot(range(shown), x[:shown], "o", color=COLOURS["input"])
    ax.axhline(0, color=INK, lw=0.8)
    ax.set_title(f"due after the last step: {due}", loc="left", fontsize=10)
    first = ", ".join(f"{v:.2f}" for v in x[:shown])
    describe(
        ax,
        f"Line plot of {len(x)} numbers. The first {shown}, with dots, are {first}; the others "
        f"are noise between {x[shown:].min():.2f} and {x[shown:].max():.2f}. "
        f"Due after the last: {due}.",
    )
    return ax


def symbols(x: np.ndarray, names: Sequence[str], due: np.ndarray | str, filler: str = "") -> Axes:
    """Draw symbols x (T,), a row for each name, and what is due: the last symbols, or a word.

    What is in filler does not count, and is said once.
    """
    ax = axes(STEP, "symbol", (7.6, 2.6))
    ax.plot(range(len(x)), x, "o", ms=4, color=COLOURS["input"], label="shown")
    counts = [t for t in range(len(x)) if names[x[t]] not in filler.split()]
    said = f"Of {len(x)} symbols in a row these count: {_at(counts, x, names)}."
    if filler:
        said += f" At every other step stands {' or '.join(filler.split())}."
    if isinstance(due, str):
        ax.set_title(f"due after the last step: {due}", loc="left", fontsize=10, pad=18)
        for t in counts:
            ax.annotate(
                names[x[t]], (t, x[t]), (t, len(names) - 0.2), ha="center", fontsize=9,
                arrowprops={"arrowstyle": "-|>", "color": INK}, annotation_clip=False,
            )  # fmt: skip
        said += f" Due after the last: {due}."
    else:
        start = len(x) - len(due)
        steps = [t for t in range(start, len(x)) if names[due[t - start]] not in filler.split()]
        at = [due[t - start] for t in steps]
        ax.plot(steps, at, "o", ms=7, mfc="none", color=COLOURS["plain"], label="due")
        ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
        said += f" Due: {', '.join(names[i] for i in at)}, from step {steps[0]} to {steps[-1]}."
    ax.set_yticks(range(len(names)), names, fontsize=8)
    describe(ax, "Dot plot of the symbol at each step.", said)
    return ax


def words(text: Sequence[str], marked: Sequence[int], due: str) -> Axes:
    """Write words in lines; those at the places `marked` stand in a frame."""
    rows: list[list[int]] = [[]]
    for i, word in enumerate(text):
        if sum(len(text[j]) + 1 for j in rows[-1]) + len(word) > ACROSS:
            rows.append([])
        rows[-1].append(i)
    ax = _page(len(rows))
    for row, places in enumerate(rows):
        at = 0
        for i in places:
            frame = {"boxstyle": "round,pad=0.15", "fc": "none", "ec": COLOURS["input"], "lw": 1.5}
            _write(ax, at, row, text[i], bbox=frame if i in marked else None)
            at += len(text[i]) + 1
    ax.set_title(f"due after the last word: {due}", loc="left", fontsize=10)
    framed = " and ".join(f"word {i + 1}, {text[i]}" for i in marked)
    describe(
        ax, f"A review of {len(text)} words; in a frame stands {framed}. Due: {due}.",
        f"The review: {' '.join(text)}.",
    )  # fmt: skip
    return ax


def letters(x: str, y: str) -> Axes:
    """Write a text x in lines, and below each letter what is due at it, y: the letter after it."""
    rows = [(x[i : i + ACROSS], y[i : i + ACROSS]) for i in range(0, len(x), ACROSS)]
    ax = _page(3 * len(rows) - 1)
    for row, (shown, due) in enumerate(rows):
        for name, text, colour, down in (
            ("shown", shown, COLOURS["input"], 0), ("due", due, INK, 1),
        ):  # fmt: skip
            _write(ax, -7, 3 * row + down, name, color=INK)
            for i, letter in enumerate(text):
                _write(ax, i, 3 * row + down, _visible(letter), color=colour)
    describe(
        ax,
        f"Two rows of {len(x)} letters: what is shown, and below each what is due there, the "
        "letter that follows.",
        f"Shown: {_visible(x)}. Due at the last letter: {_visible(y[-1])}.",
    )
    return ax


def chords(x: np.ndarray, y: np.ndarray, lowest: int) -> Axes:
    """Draw keys x (T, K) of 0 and 1 over time, and with hollow bars the last chord due, y (K,)."""
    ax = axes("step (a quarter note)", "key (MIDI number)", (7.6, 2.8))
    t, key = np.nonzero(x)
    ax.barh(key + lowest, 1, left=t, height=0.8, color=COLOURS["input"], label="shown")
    last = np.flatnonzero(y == 1)
    ax.barh(
        last + lowest, 1, left=len(x), height=0.8, fc="none", ec=COLOURS["plain"], lw=1.5,
        label="due at the last step",
    )  # fmt: skip
    ax.set_xlim(0, len(x) + 1)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    sounding = ", ".join(map(str, last + lowest)) or "none"
    describe(
        ax,
        f"Piano roll of {len(x)} steps, time to the right, a bar where a key sounds; "
        f"{x.sum(1).mean():.1f} keys at a time on average. At each step the next chord is due; at "
        f"the last, with hollow bars, the keys {sounding}.",
    )
    return ax


def _page(rows: int) -> Axes:
    ax = axes("", "", (7.6, 0.5 + 0.21 * rows))
    ax.axis("off")
    ax.set(xlim=(-8, ACROSS + 1), ylim=(rows - 0.5, -0.7))
    return ax


def _write(ax: Axes, column: int, row: int, text: str, **style: object) -> None:
    style = {"color": INK, "fontsize": 9, "family": "monospace", "va": "center"} | style
    ax.text(column, row, text.replace("$", r"\$"), **style)  # type: ignore[arg-type]


def _visible(text: str) -> str:
    return text.replace("\n", "↵").replace(" ", "·") if len(text) == 1 else text.replace("\n", "↵")


def _at(steps: Sequence[int], x: np.ndarray, names: Sequence[str]) -> str:
    return ", ".join(f"{names[x[t]]} at step {t}" for t in steps)


def _turns(x: np.ndarray) -> str:
    """Return in words how often a wave comes from below through 0."""
    return f"which passes 0 upwards {int(np.sum((x[:-1] < 0) & (x[1:] >= 0)))} times"
