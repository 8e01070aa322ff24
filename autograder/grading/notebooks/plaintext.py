"""A student's text as text: no escape codes, no control characters, no end of it out of sight."""

from __future__ import annotations

import re

ANSI = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # colours, movements of the cursor
    r"|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|[ -/]*[0-~])"
)
# what turns the order of letters on the screen, or takes no room there
UNSEEN = re.compile("[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
CONTROL: dict[int, int | str] = {**{i: 0x2400 + i for i in range(32) if chr(i) not in "\t\n"}, **{0x7F: 0x2421}}
C1 = dict.fromkeys(range(0x80, 0xA0), "\ufffd")
ALONE = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # half a character, which no file can hold


def plaintext(text: str, most: int = 0) -> str:
    """Return text that a page can hold: what is not to be seen is named, or gone.

    Of more than `most` characters the first are kept, and the number of the others stands at the end.
    """
    cut = len(text) - most if 0 < most < len(text) else 0
    if cut:
        text = text[:most]
    if not text.isascii() or not text.isprintable():
        text = ANSI.sub("", text.replace("\r\n", "\n"))
        text = text.translate({**CONTROL, **C1, **ALONE})
        text = UNSEEN.sub(lambda m: f"[U+{ord(m[0]):04X}]", text)
    return f"{text}\n… {cut} more characters are not shown" if cut else text
