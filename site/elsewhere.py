"""Where the course runs without an installation: in this site, on Binder, on Colab.

The addresses of Binder and Colab need that of the repository, `owner/name` on GitHub, which only
who publishes knows: `make site ARGS='--repository owner/name'`. Without it no button is shown.
"""

from __future__ import annotations

import re
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from autograder.course import COURSE
from autograder.errors import UserError

WITHOUT_TORCH = tuple(name for name in COURSE.names if name[:2] not in ("08", "09"))
BRANCH = "colab"  # holds colab.py's copies of the chapters; the workflow `pages` writes it


def repository(text: str) -> str:
    """Return `owner/name`, "" for none; UserError where a text is no such thing."""
    if text and not re.fullmatch(r"[\w.-]+/[\w.-]+", text):
        raise UserError(f"The repository is asked for as owner/name on GitHub; seen: {text!r}.")
    return text


def binder(where: str, chapter: str) -> str:
    """Return the address that opens a chapter on Binder."""
    path = quote(f"lab/tree/notebooks/{chapter}.ipynb", safe="")
    return f"https://mybinder.org/v2/gh/{where}/HEAD?urlpath={path}"


def colab(where: str, chapter: str) -> str:
    """Return the address that opens a chapter on Colab."""
    return f"https://colab.research.google.com/github/{where}/blob/{BRANCH}/{chapter}.ipynb"


class Places(NamedTuple):
    """Where this site's course runs: `owner/name` on GitHub or "", and whether in the site too."""

    repository: str
    lite: bool

    def bar(self, name: str, root: str = "") -> str:
        """Return the ways to run a chapter as a line of HTML, "" where there are none.

        The course for the browser lies in the folder `lite` of the site, to whose top `root` leads.
        """
        links = []
        if self.lite and name in WITHOUT_TORCH:
            links.append(("in this browser", f"{root}lite/lab/index.html?path={name}.ipynb"))
        if where := self.repository:
            links += [("on Colab", colab(where, name)), ("on Binder", binder(where, name))]
        if not links:
            return ""
        chapter = COURSE.chapter(name).title.partition(" ")[0]
        shown = " ".join(f'<a href="{escape(address)}">{words}</a>' for words, address in links)
        return f'<p class="run">Run chapter {chapter} {shown}</p>'
