"""All tasks by name; each draws its own data and knows its chance, its solved level, its source.

Read `kinds` (what a task is), then `generated` (data that are drawn), `reviews`, `corpora` (data
that are read) and `chorales`, where the music comes from; `examples` draws one of each.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gru_ref.errors import UsageError, choose
from gru_ref.training.tasks.corpora import characters, music
from gru_ref.training.tasks.generated import adding, copy, latch, sine, temporal_order
from gru_ref.training.tasks.kinds import Batch, Task
from gru_ref.training.tasks.reviews import PLACES, reviews

TASKS: dict[str, Callable[..., Task]] = {
    "sine": sine,
    "adding": adding,
    "adding_early": partial(adding, early=True),
    "copy": copy,
    "temporal_order": temporal_order,
    "latch": latch,
    "reviews": reviews,
    **{f"reviews_{where}": partial(reviews, where=where) for where in PLACES},
    "reviews_changed": partial(reviews, changed=True),
    "characters": characters,
    "chorales": music,
}


def task(name: str, length: int | None = None) -> Task:
    """Return the task of that name, at that length or its own; UsageError where there is none."""
    choose("task", name, TASKS)
    try:
        return TASKS[name]() if length is None else TASKS[name](length=length)
    except UsageError:
        raise
    except ValueError as error:
        raise UsageError(str(error)) from error


__all__ = ["TASKS", "Batch", "Task", "task"]
