"""Arguments of a case by name, `name`, or `name.field` of a NamedTuple: get one, change one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Inputs = dict[str, Any]
Change = Callable[[np.ndarray], np.ndarray | None]  # None where it does not apply


def changeable(inputs: Inputs, change: Change) -> list[str]:
    """Return the names of the arrays that a change applies to."""
    names: list[str] = []
    for name, value in inputs.items():
        names += [f"{name}.{k}" for k in getattr(value, "_fields", ())] or [name]
    return [n for n in names if changed(inputs, n, change) is not None]


def changed(inputs: Inputs, name: str, change: Change) -> Inputs | None:
    """Return the inputs with one array changed; None where that cannot be."""
    old = argument(inputs, name)
    new = change(old) if isinstance(old, np.ndarray) else None
    if new is None:
        return None
    name, _, field = name.partition(".")
    value = inputs[name]
    return {**inputs, name: value._replace(**{field: new}) if field else new}


def argument(inputs: Inputs, name: str) -> Any:
    """Return an argument, or a field of one; None where there is none."""
    name, _, field = name.partition(".")
    value = inputs.get(name)
    return getattr(value, field, None) if field else value


def zero(a: np.ndarray) -> np.ndarray | None:
    """Return an array of floats with 0 everywhere."""
    return 0 * a if a.dtype.kind == "f" and a.ndim else None
