"""What a student has written -> HTML: markdown, Python, and what a cell has printed.

HTML in it is shown as the text that it is. No picture is fetched and no link is followed that is
not one of the web.
"""

from __future__ import annotations

import keyword
import re
from html import escape
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder import sizes
from autograder.grading.notebooks.effort import Effort
from autograder.grading.notebooks.plaintext import plaintext
from autograder.grading.notebooks.sanitize import BASE64
from autograder.grading.reports.formulas import formula

PYTHON = re.compile(
    r"(?P<c>#[^\n]*)"
    r"|(?P<s>\b[rbfuRBFU]{1,2}(?=['\"])|)"
    r"(?P<q>\"\"\"(?:\\.|[^\\])*?(?:\"\"\"|\Z)|'''(?:\\.|[^\\])*?(?:'''|\Z)"
    r"|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?)"
    rf"|(?P<k>\b(?:{'|'.join(keyword.kwlist)})\b)"
    r"|(?P<n>\b\d[\w.]*)"
    r"|(?P<f>(?<=def )\w+)",
    re.DOTALL,
)

PRE = '<pre tabindex="0">'  # what is too wide is reached from the keyboard
BOX = 'type="checkbox" disabled'  # of markdown's lists of tasks, which name it for nobody
AS_TYPED = "(As it was typed: it is too long, or has too many signs, to be set.)"


class Renderer(IPythonRenderer):
    """Markdown with formulas and pasted pictures; HTML in it is text."""

    def __init__(self, attachments: dict) -> None:
        super().__init__(escape=True, exclude_anchor_links=True, attachments=attachments)

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        """Return a heading as a bold paragraph."""
        return f"<p><b>{text}</b></p>\n"  # the page has headings of its own

    def block_code(self, code: str, info: str | None = None) -> str:
        """Return a block of code, without colours."""
        return f"{PRE}{escape(code)}</pre>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Return a link to the web; of any other, the text alone."""
        if not url.lower().startswith(("http://", "https://")):
            return text
        return f'<a href="{escape(url)}" rel="noopener noreferrer nofollow">{text}</a>'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Return a picture that was pasted into the cell; of any other, its name."""
        bundle = self.attachments.get(url.removeprefix("attachment:"), {})
        for kind in ("image/png", "image/jpeg", "image/gif"):
            data = bundle.get(kind) if url.startswith("attachment:") else None
            if isinstance(data, str) and len(data) <= sizes.PAGE_PICTURE and BASE64.fullmatch(data):
                return f'<img src="data:{kind};base64,{data}" alt="{escape(text)}">'
        return f"[picture: {text or 'without a name'}]"

    def block_math(self, body: str) -> str:
        """Return a formula on a line of its own."""
        return formula(body, display=True)

    def inline_math(self, body: str) -> str:
        """Return a formula within a line."""
        return formula(body)

    def latex_environment(self, name: str, body: str) -> str:
        r"""Return what stands between \begin and \end, as a formula."""
        return formula(body.replace("&", " "), display=True)


def markdown_html(
    source: str, attachments: dict | None = None, effort: Effort | None = None
) -> str:
    """Return a student's markdown as HTML; as it was typed, where setting it is too much work."""
    source = plaintext(source, sizes.PAGE_CELL)
    if not (effort or Effort()).allows(source):
        return f"<p>{AS_TYPED}</p>\n{PRE}{escape(source)}</pre>"
    try:
        html = MarkdownWithMath(renderer=Renderer(attachments or {})).render(source)
        return html.replace(BOX, f'aria-label="task" {BOX}')
    except Exception:  # whatever a parser raises: the text itself is what counts
        return f"{PRE}{escape(source)}</pre>"


def python_html(source: str) -> str:
    """Return Python as HTML, coloured in five classes."""
    source, parts, end = plaintext(source.strip("\n"), sizes.PAGE_CELL), [], 0
    for m in PYTHON.finditer(source):
        kind = "s" if m["q"] else m.lastgroup
        parts += [escape(source[end : m.start()]), f"<i class={kind}>{escape(m[0])}</i>"]
        end = m.end()
    return "".join([*parts, escape(source[end:])])


def output_text(outputs: list[Any]) -> str:
    """Return what a cell has printed and where it stopped, as text."""
    parts = []
    for output in outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            says = str(output.get("evalue", ""))
            parts.append(f"{output.get('ename', '')}: {says}" if says else output.get("ename", ""))
        else:
            text = output.get("data", {}).get("text/plain")
            parts.append(text if isinstance(text, str) else "")
    return plaintext("\n".join(p.rstrip("\n") for p in parts if p), sizes.PAGE_OUTPUT)
