"""Which answers are much like each other or like the key: pairs to be looked at by a person.

Most answers of this course are a line or two, and all right ones look the same. What is compared
is therefore what is left when the lines have gone that the key has too, or a tenth of the class:
an odd order, an odd name, a comment, a mistake. Two answers are listed when enough is left of both
and it is nearly equal. Being like the key is telling only for a long key.
"""

from __future__ import annotations

import ast
import textwrap
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz, process

LEFT = 200  # characters that must be left of an answer: three or four lines
ALIKE = 95  # per cent of what is left that is equal, in order
KEY = 300  # characters from which a key leaves room to write it otherwise
COMMON = 0.1  # of the answers: a line that more of them have is nobody's
FEW = 4  # answers that may share a line in a small class all the same


class Alike(NamedTuple):
    """Students with answers to an exercise that are alike, or one whose answer is like the key."""

    chapter: str
    exercise: str
    students: tuple[str, ...]
    per_cent: float
    to_key: bool


def alike(
    chapter: str, exercise: str, answers: Mapping[str, str], key: str | None = None
) -> list[Alike]:
    """Return the groups of similar answers to an exercise, by student, and those like the key."""
    names = sorted(answers)
    bodies = [lines(answers[n]) for n in names]
    ours = lines(key) if key else []
    written = Counter(line for body in bodies for line in set(body))
    common = {x for x, n in written.items() if n > max(FEW, COMMON * len(names))} | set(ours)
    left = ["\n".join(x for x in body if x not in common) for body in bodies]
    kept = [i for i, text in enumerate(left) if len(text) >= LEFT]
    found = [
        Alike(chapter, exercise, tuple(names[kept[i]] for i in group), score, False)
        for group, score in _groups([left[i] for i in kept])
    ]
    whole = "\n".join(ours)
    if len(whole) >= KEY:
        for name, body in zip(names, bodies, strict=True):
            score = fuzz.ratio("\n".join(body), whole, score_cutoff=ALIKE)
            if score:
                found.append(Alike(chapter, exercise, (name,), score, True))
    return sorted(found, key=lambda a: (a.to_key, -a.per_cent, a.students))


def lines(source: str) -> list[str]:
    """Return the lines of an answer without white space, signature, docstring and empty lines."""
    source = textwrap.dedent(source[:20_000])
    skip: set[int] = set()
    try:
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                first = node.body[0]
                skip |= set(range(node.lineno, first.lineno))
                if ast.get_docstring(node, clean=False) is not None:
                    skip |= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass  # compared as it stands
    made = ("".join(x.split()) for i, x in enumerate(source.split("\n"), 1) if i not in skip)
    return [x for x in made if x]


def _groups(texts: list[str]) -> list[tuple[list[int], float]]:
    """Return the groups of texts that hang together by being alike, each with its least ratio."""
    if len(texts) < 2:
        return []
    table = process.cdist(
        texts, texts, scorer=fuzz.ratio, score_cutoff=ALIKE, dtype=np.float32, workers=-1
    )
    np.fill_diagonal(table, 0)
    root = list(range(len(texts)))

    def top(i: int) -> int:
        while root[i] != i:
            i = root[i]
        return i

    least: dict[int, float] = {}
    for i, j in zip(*np.nonzero(np.triu(table)), strict=True):
        a, b = sorted((top(int(i)), top(int(j))))
        root[b] = a
        least[a] = min(least.get(a, 100), least.get(b, 100), float(table[i, j]))
    groups: dict[int, list[int]] = {}
    for i in range(len(texts)):
        groups.setdefault(top(i), []).append(i)
    return [(group, least[a]) for a, group in groups.items() if len(group) > 1]
