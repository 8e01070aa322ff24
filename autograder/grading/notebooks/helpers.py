"""What an answer needs and only a later cell defines: it is put before the answer.

In the notebook the student has run the cells in an order of their own, so that a check has passed.
Here they run from top to bottom.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from autograder.authoring.pieces import OTHER, Piece, pieces

PYTHON = frozenset(dir(builtins))
LARGEST = 600_000  # characters of all cells that run
MOST = 200  # statements that are put before one answer
Below = tuple[tuple[int, int], Piece]  # cell and statement in it, by number; what stands there


def put_before(
    cells: list[Any], is_answer: Callable[[Any], bool], runs: Callable[[Any], bool]
) -> dict[int, list[str]]:
    """Return, by the index of an answer, the statements that it needs from cells below.

    `runs` says which cells run when answers are graded, `is_answer` which of them are answers.
    """
    running = [i for i, cell in enumerate(cells) if runs(cell)]
    if sum(len(cells[i].source) for i in running) > LARGEST:
        return {}  # no notebook that people write
    of = {i: pieces(cells[i].source) for i in running}
    later: dict[str, list[Below]] = {}
    for i in running:
        for k, piece in enumerate(of[i]):
            if piece.kind != OTHER and not piece.stub:
                for name in piece.makes:
                    later.setdefault(name, []).append(((i, k), piece))
    made: set[str] = set()
    wanted: dict[int, list[str]] = {}
    for i in running:
        if is_answer(cells[i]):
            own = {n for p in of[i] for n in p.makes if not p.stub}
            found = _needed(of[i], made | own | PYTHON, later, i)
            if found:
                wanted[i] = found
                made |= {n for text in found for p in pieces(text) for n in p.makes}
        made |= {n for p in of[i] for n in p.makes if not p.stub}
    return wanted


def _needed(
    answer: tuple[Piece, ...], made: set[str], later: dict[str, list[Below]], at: int
) -> list[str]:
    """Return what an answer needs, in the order in which it stands below."""
    pending = [n for p in answer for n in p.uses]
    seen = set(made)
    found: dict[tuple[int, int], Piece] = {}
    while pending and len(found) < MOST:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        below = [(place, piece) for place, piece in later.get(name, ()) if place[0] > at]
        if below:  # of several the last one
            place, piece = below[-1]
            found[place] = piece
            pending += piece.uses
    return [found[place].text for place in sorted(found)]
