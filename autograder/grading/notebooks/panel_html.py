"""The panel of a verdict, with nothing in it but what `feedback.as_html` writes.

A panel quotes what a student wrote, escaped. This is the second defence: whatever
the escaping lets through is dropped here.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

TAGS = frozenset("div span b pre code table tbody tr td details summary".split())
STYLES = frozenset(
    "background border border-collapse border-left border-radius color cursor display "
    "flex-wrap font-family font-size gap justify-content line-height margin margin-top max-width "
    "opacity overflow-x padding text-align vertical-align white-space".split()
)
VALUE = re.compile(r"(?:[\w\s.,%#-]|rgba?\(|var\(--|\))*", re.ASCII)


class _Panel(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.out: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in TAGS:
            self.open.append(tag)
            self.out.append(f"<{tag}{''.join(_attribute(k, v or '') for k, v in attrs)}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open:
                last = self.open.pop()
                self.out.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        self.out.append(escape(data))


def clean_panel(html: str) -> str:
    """Return a panel that can do nothing but stand in a page."""
    parser = _Panel()
    parser.feed(html)
    parser.close()
    return "".join([*parser.out, *(f"</{tag}>" for tag in reversed(parser.open))])


def _attribute(name: str, value: str) -> str:
    if name == "style":
        kept = [d.strip() for d in value.split(";") if _may_stand(d)]
        return f' style="{escape(";".join(kept))}"' if kept else ""
    if (name, value) == ("class", "autograder-verdict") or (
        name == "data-status" and re.fullmatch("[a-z ]+", value)
    ):
        return f' {name}="{value}"'
    return ""


def _may_stand(declaration: str) -> bool:
    name, _, value = declaration.partition(":")
    return name.strip() in STYLES and VALUE.fullmatch(value) is not None
