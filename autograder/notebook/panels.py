"""What a notebook shows: HTML, and the same as text where there is no HTML."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from typing import Any

from autograder.core.feedback import CODE, as_html, as_text
from autograder.core.verdict import VERDICT_MIME, Verdict
from autograder.notebook.beside import Beside


class Panel:
    """HTML where a notebook shows it, the same as text elsewhere."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.html, "text/plain": self.text}

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


class Checked(Panel):
    """A verdict on display. Under nbgrader its text is the score alone, which nbgrader reads."""

    def __init__(self, verdict: Verdict, solution: str, beside: Beside | None = None) -> None:
        html, text = (beside.html(), beside.text()) if beside else ("", "")
        super().__init__(as_html(verdict, solution, html), as_text(verdict, solution, text))
        self.verdict = verdict

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_()
        v = self.verdict
        if os.environ.get("NBGRADER_EXECUTION"):
            bundle["text/plain"] = repr(v.score)
            bundle[VERDICT_MIME] = {
                "exercise": v.exercise,
                "status": v.status,
                "mistake": v.mistake,
                "score": v.score,
            }
        return bundle

    def __float__(self) -> float:
        return self.verdict.score


def plain_panel(text: str) -> Panel:
    """Return a panel with one text in it."""
    return Panel(box(escape(text)), text)


def lines(rows: Sequence[str]) -> Panel:
    """Return a panel with a line for each text."""
    return Panel(box(*map(escape, rows)), "\n".join(rows))


def chip(text: str, rgb: str) -> str:
    """Return a small coloured label."""
    return (
        f'<code style="display:inline-block;background:rgba({rgb},.18);color:inherit;'
        f'border-radius:9px;padding:0 .6em;margin:.15em .3em .15em 0">{escape(text)}</code>'
    )


def details(title: str, code: str) -> str:
    """Return lines of code behind a title that opens them."""
    return (
        f'<details style="margin:.3em 0"><summary style="cursor:pointer">{escape(title)}</summary>'
        f'<pre style="{CODE}">{escape(code)}</pre></details>'
    )


def box(*rows: str) -> str:
    """Return rows of HTML in a box."""
    style = (
        "border-left:5px solid rgba(56,139,253,.8);background:rgba(56,139,253,.10);"
        "padding:.6em 1em;border-radius:4px;margin:.3em 0;max-width:60em;color:inherit"
    )
    return f'<div style="{style}">' + "".join(f"<div>{row}</div>" for row in rows) + "</div>"
