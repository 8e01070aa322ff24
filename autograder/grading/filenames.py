"""A file's name -> which chapter's notebook it is, and how sure that is.

Browsers, mail programs and operating systems change names: `x (1).ipynb`, `x.ipynb.txt`,
`x.ipynb.json`, `X-Copy1.ipynb`, a folder that was unpacked.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

NOTEBOOKS = (".ipynb", ".ipynb.txt", ".ipynb.json", ".ipynb.download", ".ipynb.bak")
TEXTS = (".py", ".md", ".rmd", ".qmd", ".py.txt", ".md.txt")  # a notebook as Jupytext writes it
LOOSE = (".json", ".txt", "")  # of a notebook only where the chapter's name is before it
ZIPS = (".zip", ".ipynb.zip")
COPY = re.compile(
    r"(?:[ _-]*\((\d{1,4})\)|[ _-]*(?:copy|copie|kopie|copia|copy of)[ _-]*\(?(\d{0,4})\)?"
    r"|[ _-]+(\d{1,3})|[ _-]+(?:final|new|last|solution|solved|v\d{1,3})){0,4}"
)
NOTEBOOK, TEXT, ARCHIVE = range(3)  # forms, by the trouble that they take
CLUTTER = ("__MACOSX", ".ipynb_checkpoints", "__pycache__")


class NotebookName(NamedTuple):
    """What a name tells: the chapter ("" for a name of the student's own), its form, its number.

    `form` is one of NOTEBOOK, TEXT, ARCHIVE.
    """

    chapter: str
    form: int
    number: int


def read_name(name: str, known: Collection[str]) -> NotebookName | None:
    """Return what a file's name tells, or None for what is no notebook's."""
    low = " ".join(name.split()).casefold()
    for form, endings in enumerate(((*NOTEBOOKS, *LOOSE), TEXTS, ZIPS)):
        for ending in sorted(endings, key=len, reverse=True):
            if not low.endswith(ending):
                continue
            chapter, number = chapter_of(low.removesuffix(ending), known)
            if chapter or (ending and ending not in LOOSE and form != TEXT):
                return NotebookName(chapter, form, number)
    return None


def chapter_of(stem: str, known: Collection[str]) -> tuple[str, int]:
    """Return the chapter that a stem or a folder is named after, and the number of the copy."""
    stem = re.sub(r"^(?:copy of|kopie von|copie de|copia de) ", "", stem.strip().casefold())
    for chapter in known:
        if stem.startswith(chapter.casefold()):
            rest = COPY.fullmatch(stem[len(chapter) :])
            if rest:
                digits = [int(d) for d in rest.groups() if d]
                return chapter, max(digits, default=0)
    return "", 0
