"""A student's answer beside the course's and one written another way, as HTML and as text.

Only what has passed comes here: the course's texts are shown.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from autograder.authoring import source
from autograder.authoring.program import key_function
from autograder.core.call import run
from autograder.core.course import Course
from autograder.core.diagnosis.workshop import Local, Workshop, definition
from autograder.core.feedback import CODE, prose
from autograder.notebook.beside.difference import SAME, differences, loops_in_short, same
from autograder.notebook.beside.facts import Facts, Inputs, facts, numbers

UNKNOWN = "not counted"
PATIENT = 5.0  # seconds that one counted run may take: it has run before, so it ends
WAYS = ("yours", "the course's", "another way")
CHARACTER = 0.56  # em, the width of a letter of code
MOST = 2  # arrays that an input is named by, where no letters are known
NOTE = (
    "Counted: one run {on}. Products are `@`, `dot`, `einsum` and their like in these lines, "
    "arrays what operators and calls make there; what runs inside a function that is called is "
    "not among them."
)


class Way(NamedTuple):
    """One answer: its text, what is counted of it, and a sentence about it."""

    text: str
    facts: Facts
    says: str = ""


class Beside(NamedTuple):
    """Answers to one exercise side by side; `ways` are the student's, the course's and another."""

    ways: tuple[Way, ...]
    says: tuple[str, ...]
    on: str  # which input it was counted

    def html(self) -> str:
        """Return it as HTML that stands in a panel."""
        first = self.says == (SAME,)  # then one text stands for both
        pairs = list(zip(WAYS, self.ways, strict=False))[first:]
        blocks = "".join(_block(title, way) for title, way in pairs)
        cell = "padding:.1em 1em .1em 0;text-align:left;border:0;vertical-align:top"
        rows = "".join(
            '<tr style="background:none">'
            + "".join(f'<td style="{cell}">{prose(one)}</td>' for one in row)
            + "</tr>"
            for row in self._rows()
        )
        return (
            f'<div style="margin-top:.3em">{prose(" ".join(self.says))}</div>'
            '<div style="display:flex;flex-wrap:wrap;gap:0 1em;margin-top:.4em">'
            f'{blocks}</div><div style="overflow-x:auto">'
            '<table style="border-collapse:collapse;border:0;margin:.3em 0;color:inherit;'
            f'font-size:.92em">{rows}</table></div>'
            f'<div style="opacity:.85;font-size:.92em">{prose(self._note())}</div>'
        )

    def text(self) -> str:
        """Return the same as text."""
        rows = [[_plain(c) for c in row] for row in self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        table = [
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        out = [*map(_plain, self.says), "", *table, "", _plain(self._note())]
        for way in self.ways[2:]:
            out += ["", f"Another way. {_plain(way.says)}", way.text]
        return "\n".join(out)

    def _note(self) -> str:
        return NOTE.format(on=self.on)

    def _rows(self) -> list[list[str]]:
        all_facts = [way.facts for way in self.ways]
        rows = [["", *WAYS[: len(self.ways)]]]
        rows.append(["lines of code", *(str(f.lines) for f in all_facts)])
        loops = [UNKNOWN if f.loops is None else loops_in_short(f.loops) for f in all_facts]
        rows.append(["Python loops", *loops])
        for title, values in (
            ("calls of itself", [f.again for f in all_facts]),
            ("products", [f.products for f in all_facts]),
            ("arrays made", [f.arrays for f in all_facts]),
            ("of these by copying", [f.copies for f in all_facts]),
        ):
            if any(values):
                rows.append([title, *(UNKNOWN if v is None else str(v) for v in values)])
        return rows


def _plain(text: str) -> str:
    return text.replace("`", "")


def _block(title: str, way: Way) -> str:
    """Return a text under its title; blocks whose lines are short stand side by side."""
    says = f": {prose(way.says)}" if way.says else ""
    basis = max(map(len, way.text.split("\n"))) * CHARACTER + 2
    return (
        f'<div style="flex:1 1 {basis:.0f}em;min-width:0;max-width:100%"><b>{title}</b>{says}'
        f'<pre style="{CODE}">{escape(way.text)}</pre></div>'
    )


def beside(course: Course, name: str, workshop: Workshop | None) -> Beside | None:
    """Return an answer that has passed beside the course's own; None where its text is not known.

    `workshop` holds the answer and runs it where it ran before.
    """
    if workshop is None or not workshop.text:
        return None
    with contextlib.suppress(Exception):  # a pass is shown without it, whatever a text has in it
        cases = _cases(course, name)
        sizes = course.words.sizes
        mine = Way(workshop.text, facts(workshop, workshop.text, name, cases, sizes))
        others = _courses(course, name)
        on, written = _counted_on(course, cases), same(mine.text, others[0].text, name)
        says = differences(mine.facts, others[0].facts, written)
        return Beside((mine, *others), tuple(says), on)
    return None


def _cases(course: Course, name: str) -> list[Inputs]:
    return [c.inputs for c in course.exercises[name].cases(np.random.default_rng(0))]


def _counted_on(course: Course, cases: Sequence[Inputs]) -> str:
    """Return on which input a run is counted."""
    most = max(cases, key=numbers)
    sizes = [f"{k} = {v}" for k, v in course.words.sizes(most).items()]
    if not sizes:
        arrays = ((k, v) for k, v in most.items() if isinstance(v, np.ndarray) and v.ndim)
        sizes = [f"`{k}` of shape {v.shape}" for k, v in arrays][:MOST]
    return (
        f"on one input of the check ({', '.join(sizes)})" if sizes else "on one input of the check"
    )


@functools.cache
def _courses(course: Course, name: str) -> tuple[Way, ...]:
    """Return the course's answer, and another way where the course has one."""
    chapter = course.chapter_of(name).name
    found = [_way(course, name, source.keys(course, chapter)[name])]
    other = source.other_ways(course, chapter).get(name)
    if other is not None:
        way = _way(course, name, other.text)
        found.append(way._replace(says=other.says))
    return tuple(found)


def _way(course: Course, name: str, text: str) -> Way:
    function, cases = key_function(course, name, text), _cases(course, name)
    run(function, cases[0])  # what it imports on its way is there when it is counted
    shown = definition(text, name)[0] or text
    return Way(shown, facts(Local(function, name, PATIENT), shown, name, cases, course.words.sizes))
