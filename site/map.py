"""The map of the course, from its declarations and from what each chapter asks earlier ones for."""

from __future__ import annotations

import ast

from autograder.authoring import source
from autograder.core.exercise import Chapter
from autograder.course import COURSE


def builds_on(chapter: Chapter) -> list[Chapter]:
    """Return the chapters whose functions a chapter runs: those it names in `yours(...)`."""
    return [c for c in COURSE.chapters if any(e.name in _asked(chapter) for e in c.exercises)]


def page() -> str:
    """Return the page: a row for each chapter, then its exercises."""
    minutes = sum(c.minutes for c in COURSE.chapters)
    points = sum(e.points for c in COURSE.chapters for e in c.exercises)
    rows = [
        "# Map of the course",
        f"{len(COURSE.chapters)} chapters, {len(COURSE.exercises)} exercises, {points} points that "
        f"checks give, {minutes // 60} hours and {minutes % 60} minutes. A chapter builds on those "
        "whose functions it runs. Where yours does not pass yet, the course's stands in, so a "
        "chapter can be opened out of order.",
        "| chapter | minutes | exercises | points | builds on |\n|---|---:|---:|---:|---|",
    ]
    for c in COURSE.chapters:
        points = sum(e.points for e in c.exercises)
        needs = ", ".join(f"[{_number(n)}](chapters/{n.name}.ipynb)" for n in builds_on(c)) or "–"
        rows[-1] += (
            f"\n| [{c.title}](chapters/{c.name}.ipynb) | {c.minutes} | {len(c.exercises)} "
            f"| {points} | {needs} |"
        )
    rows.append("## Exercises")
    for c in COURSE.chapters:
        names = ", ".join(f"`{e.name}` {e.points}" for e in c.exercises)
        rows.append(f"**{c.title}.** {names}.")
    return "\n\n".join(rows) + "\n"


def _asked(chapter: Chapter) -> set[str]:
    """Return the names that a chapter's cells give to `yours`."""
    cells = source.read(COURSE, chapter.name)
    trees = [ast.parse(c.text) for c in cells if c.kind == "code" and "yours(" in c.text]
    calls = [n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Call)]
    asking = [n for n in calls if isinstance(n.func, ast.Name) and n.func.id == "yours"]
    return {a.value for n in asking for a in n.args if isinstance(a, ast.Constant)}


def _number(chapter: Chapter) -> str:
    return chapter.title.partition(" ")[0]
