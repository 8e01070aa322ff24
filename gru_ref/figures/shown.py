"""How a figure reaches its reader: as a picture without a ground, and as words.

JupyterLab gives the image of a cell no alternative text, whatever its metadata say; VS Code takes
the bundle's plain text, nbconvert its own metadata. An `<img alt="...">` in HTML is read out in all
three, so that is what `show` displays. The words are those of the functions that draw (`describe`),
so that a slider's picture has the words of its values, or those that the chapter gives.
"""

from __future__ import annotations

import base64
import io
import re
from html import escape
from weakref import WeakKeyDictionary

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from gru_ref.figures.palette import BRIGHTER, INK

DOTS = 150  # an inch; shown at 100, so that it is sharp on a fine screen
DARK = ("[data-jp-theme-light=false]", "[data-vscode-theme-kind*=dark]", "html[theme=dark]")
LIGHTER = ",".join(f"{page} img.gru-figure" for page in DARK)
READABLE = 0.55  # of its width: a figure that has less room is scrolled, not made smaller
STYLE = (
    "<style>img.gru-figure{max-width:100%;height:auto}"
    f"{LIGHTER}{{filter:brightness({BRIGHTER})}}</style>"
)
_SAID: WeakKeyDictionary[Axes, list[str]] = WeakKeyDictionary()


class Picture:
    """A figure as a notebook takes it: an image with its alternative text, and that as text."""

    def __init__(self, figure: Figure, alt: str) -> None:
        self.alt = alt
        theme(figure)
        png = io.BytesIO()
        figure.savefig(png, dpi=DOTS, bbox_inches="tight", transparent=True)
        self.width = round(int.from_bytes(png.getvalue()[16:20], "big") * 100 / DOTS)
        self.png = base64.b64encode(png.getvalue()).decode()

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        return f"{STYLE}{self.tag(self.png)}"

    def tag(self, png: str, more: str = "") -> str:
        """Return the image's element for a PNG in base64, with more attributes."""
        least = f"max-width:max(100%,{READABLE * self.width:.0f}px)"
        return (
            f'<img class="gru-figure" width="{self.width}" style="{least}" '
            f'alt="{escape(self.alt)}" src="data:image/png;base64,{png}"{more}>'
        )


def show(picture: Axes | Figure, alt: str = "") -> None:
    """Show a figure with its alternative text, the drawing functions' where none is given."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import display

    figure = figure_of(picture)
    display(Picture(figure, alt or description(figure)))
    if not InteractiveShell.initialized() and plt.get_backend().lower() != "agg":
        plt.show()  # run as a script, on a desktop
    plt.close(figure)


def figure_of(picture: Axes | Figure) -> Figure:
    """Return the figure that axes fill, or the figure itself."""
    figure = picture.figure if isinstance(picture, Axes) else picture
    assert isinstance(figure, Figure)
    return figure


def describe(ax: Axes, *sentences: str) -> None:
    """Add to the words that stand for what is drawn on these axes."""
    _SAID.setdefault(ax, []).extend(sentences)


def is_described(ax: Axes) -> bool:
    """Return whether anything has been said about these axes."""
    return ax in _SAID


def description(figure: Figure) -> str:
    """Return the words of a figure, panel by panel; what an earlier one said is not repeated."""
    panels = [ax for ax in figure.axes if ax in _SAID]
    if not panels:
        raise ValueError("This figure has no alternative text: show(figure, alt='What is seen.').")
    if len(panels) == 1:
        return " ".join(_SAID[panels[0]])
    parts, said = [f"{len(panels)} panels."], set[str]()
    for i, ax in enumerate(panels, 1):
        title = plain(ax.get_title() or ax.get_title(loc="left"))
        new = [s for s in _SAID[ax] if s not in said]
        parts.append(" ".join([f"Panel {i}{f', {title}' if title else ''}:", *new]))
        said.update(_SAID[ax])
    return " ".join(parts)


def plain(label: str) -> str:
    """Return a label of matplotlib without the marks of its formulas."""
    return re.sub(r"\\odot", "⊙", label).translate(str.maketrans("", "", "${}\\"))


def theme(figure: Figure) -> None:
    """Take the grounds away and give everything black the tone that is read on any ground."""
    for ax in figure.axes:
        ax.tick_params(which="both", color=INK, labelcolor=INK)
        for spine in ax.spines.values():
            spine.set_edgecolor(INK)
        if legend := ax.get_legend():
            legend.set_frame_on(False)
    black = {mpl.rcParams["text.color"], mpl.rcParams["axes.labelcolor"]}
    for text in figure.findobj(Text):
        if text.get_color() in black:
            text.set_color(INK)
