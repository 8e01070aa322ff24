"""An answer as arrays by name: how a value of a reference, or of a student, becomes comparable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.core.call import Other

Parts = dict[str, np.ndarray]  # arrays by name; the name of a lone array is ""


def parts_of(value: Any, names: tuple[str, ...] = ()) -> Parts:
    """Return a reference answer as named float64 arrays; the name of a lone array is "".

    A NamedTuple inside a tuple gives a part for each field, with a d before its name: it holds
    gradients.
    """
    if hasattr(value, "_fields"):
        return {k: np.array(v, dtype=np.float64) for k, v in value._asdict().items()}
    if isinstance(value, tuple):
        names = names or tuple(f"part {i + 1}" for i in range(len(value)))
        parts: Parts = {}
        for name, v in zip(names, value, strict=True):
            if hasattr(v, "_fields"):
                parts |= {f"d{k}": w for k, w in parts_of(v).items()}
            else:
                parts[name] = np.array(v, dtype=np.float64)
        return parts
    return {"": np.array(value, dtype=np.float64)}


def like(expected: Any, parts: Parts) -> Any:
    """Return parts in the form of the reference's answer: a NamedTuple, a tuple, or one array."""
    if hasattr(expected, "_fields"):
        return type(expected)(**parts)
    return tuple(parts.values()) if isinstance(expected, tuple) else parts[""]


def with_floats(value: Any, change: Callable[[np.ndarray], np.ndarray]) -> Any:
    """Return an argument with its arrays of floats changed, in tuples of any kind too."""
    if isinstance(value, tuple):
        items = [with_floats(v, change) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    floats = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return change(value) if floats else value


def leaves(value: Any) -> list[np.ndarray]:
    """Return the arrays that an argument holds: one, or those of a tuple; a function holds none."""
    if isinstance(value, tuple):
        return [a for v in value for a in leaves(v)]
    return [] if callable(value) or isinstance(value, Other) else [np.asarray(value)]
