"""One colour for one quantity, in every figure of the course, on light and on dark pages.

A figure has no ground of its own: the page shows through. So every colour is a middle tone, with a
contrast of at least 3 to white and to JupyterLab's two dark grounds (WCAG 2.2, 1.4.11). Text needs
4.5, which no grey reaches on white and on #111111 alike (4.35 is the most): INK has it on white,
and `shown` has a dark page lighten the picture by BRIGHTER. Colour never stands alone: lines
differ in their dashes, points in their shape, and boxes carry their letter.
"""

from __future__ import annotations

from typing import Any

COLOURS = {
    "state": "#2e7bc9",  # h
    "input": "#2f9150",  # x
    "reset": "#cf6f1a",  # r
    "update": "#8c62cc",  # z
    "candidate": "#d0435a",  # n
    "gradient": "#94762a",  # of a loss, by whatever
    "plain": "#767676",  # no quantity of the cell: losses, weights, levels
    "tanh": "#767676",  # the cells, where they are compared
    "gru": "#14878f",
    "lstm": "#bf4fa6",
    "mingru": "#b86426",
    "transformer": "#5a74d8",
}
INK = COLOURS["plain"]  # text, axes and arrows
GROUNDS = {"white": "#ffffff", "the notebook's dark": "#111111", "a cell's dark": "#212121"}
BRIGHTER = 1.4  # what a dark page does to a picture

DASHES: dict[str, Any] = {"candidate": "--", "input": ":", "update": "-.", "gru": "--", "lstm": ":"}
VARIANTS: tuple[Any, ...] = ("-", "--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)))
MARKERS = {"tanh": "o", "gru": "s", "lstm": "^"}
SHAPES = ("o", "s", "^", "D", "v", "P")


def line(role: str, variant: int | None = None) -> dict[str, Any]:
    """Return matplotlib's style of a quantity's line; variants of one quantity differ in dashes."""
    dashes = DASHES.get(role, "-") if variant is None else VARIANTS[variant % len(VARIANTS)]
    return {"color": COLOURS[role], "ls": dashes, "lw": 2}


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb, from 0 to 1 (WCAG 2.2)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours #rrggbb, from 1 to 21 (WCAG 2.2)."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def brightened(colour: str, factor: float = BRIGHTER) -> str:
    """Return what CSS's brightness(factor) makes of a colour."""
    parts = (min(255, round(int(colour[i : i + 2], 16) * factor)) for i in (1, 3, 5))
    return "#" + "".join(f"{p:02x}" for p in parts)
