"""Formulas as MathML, made when the site is built: no script, and a screen reader reads it."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.errors import SphinxError

TAG = re.compile(r"\\tag\{(.+?)\}")
UNDER = '<munder accentunder="true">'
BRACE = re.compile(r"<mo[^>]*>\u23df</mo></munder>")  # no font stretches it well
CONVERTER = LatexToMathML()


def setup(app: Any) -> dict[str, bool]:
    """Register the renderer `mathml`; where `made_by` changes, all pages are made anew."""
    app.add_config_value("made_by", "", "env")
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mathml(tex: str, display: bool = False) -> str:
    """Return TeX as MathML, its tag as the number beside it. SphinxError where it cannot be."""
    number = TAG.search(tex)
    try:
        said = CONVERTER.convert_with_local_state(TAG.sub("", tex).strip(), displaystyle=display)
    except LatexError as e:
        raise SphinxError(f"This formula cannot become MathML: {tex!r}. {e}") from e
    said = BRACE.sub("</mrow>", said).replace(UNDER, '<mrow class="brace">')
    if not display:
        return said
    beside = f'<span class="eqno">({escape(number[1])})</span>' if number else ""
    return f'<div class="math" tabindex="0">{said}{beside}</div>'


def _inline(self: Any, node: nodes.math) -> None:
    self.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def _block(self: Any, node: nodes.math_block) -> None:
    self.body.append(mathml(node.astext(), display=True))
    raise nodes.SkipNode
