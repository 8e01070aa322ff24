"""Cases with some of the arrays at 0, in which one slip of two is silent.

An answer with two slips is wrong wherever either shows, and no single change makes a case right.
Where the arrays that one slip works on are 0, the other is alone, and one change makes that case
right. Such changes are the ones worth pairing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.core.exercise import Case, Exercise
from autograder.core.trials import Trial, trial

MOST = 24  # cases that are made


def quiet_trials(exercise: Exercise, tried: Sequence[Trial]) -> list[Trial]:
    """Return cases in which arrays are 0, those with the fewest numbers left first.

    They are made of the smallest case that has arrays of more than one number.
    """
    normal = [t for t in tried if t.case.aspect == "values" and _numbers(t.case) > 4]
    if not normal:
        return []
    base = min(normal, key=lambda t: _numbers(t.case)).case
    names = list(_arrays(base.inputs))
    rng = np.random.default_rng(0)
    kept = [{n} for n in names] + [set(names) - {n} for n in names]
    kept += [set(rng.permutation(names)[: (len(names) + 1) // 2]) for _ in names]
    made = []
    for some in sorted(kept, key=len):
        inputs = {k: _silenced(v, k, some) for k, v in base.inputs.items()}
        try:
            with np.errstate(all="ignore"):
                one = trial(exercise, Case(base.aspect, inputs, base.probe))
        except Exception:  # the reference takes no such input
            continue
        if all(np.isfinite(a).all() for a in one.expected.values()):
            made.append(one)
    return made


def _arrays(inputs: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the arrays of floats among arguments, and among their fields."""
    for name, value in inputs.items():
        fields = getattr(value, "_fields", ())
        yield from (f"{name}.{k}" for k in fields if _is_array(getattr(value, k)))
        if _is_array(value):
            yield name


def _silenced(value: Any, name: str, kept: set[str]) -> Any:
    fields = getattr(value, "_fields", ())
    if fields:
        return value._replace(
            **{k: _silenced(getattr(value, k), f"{name}.{k}", kept) for k in fields}
        )
    return 0 * value if _is_array(value) and name not in kept else value


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.ndim > 0


def _numbers(case: Case) -> int:
    return sum(np.size(v) for v in case.inputs.values() if _is_array(v)) + sum(
        np.size(w) for v in case.inputs.values() if isinstance(v, tuple) for w in v if _is_array(w)
    )
