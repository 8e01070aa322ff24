"""What every form needs: read named arrays of known shape, pack gates, and judge biases.

A cell's parameters are four runs of gates, W_i, W_h, b_i and b_h, in the order of `GATES`; a
library stores each run as one array, gate under gate, in an order of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from gru_ref.cell import GRUParams, sizes
from gru_ref.lstm import LSTMParams

Arrays = dict[str, np.ndarray]
Params = GRUParams | LSTMParams
GATES: dict[type, str] = {GRUParams: "rzn", LSTMParams: "ifgo"}


def read(form: str, weights: Mapping, optional: Collection[str] = (), **shapes: str) -> Arrays:
    """Return copies of the arrays of `weights` that `shapes` names, NumPy or torch.

    A shape is written in letters, "3H D". A size that stands alone in one shape fixes its letter
    for all. Those of `optional`, absent together, come back as zeros. ValueError names the array
    that is missing, unknown or of another shape.
    """
    weights = flat(weights)
    absent = set(shapes) - set(weights)
    if set(weights) - set(shapes) or absent not in (set(), set(optional)):
        without = f" ({', '.join(optional)} may be left out, for zeros)" if optional else ""
        raise ValueError(
            f"{form} has the arrays {sorted(shapes)}, seen were {sorted(weights)}: pass these "
            f"names and no others{without or ', with zeros for a bias that is not there'}."
        )
    arrays = {name: numbers(weights[name]) for name in shapes if name not in absent}
    known: dict[str, int] = {}
    for name, a in arrays.items():
        shape = shapes[name]
        if a.ndim != len(shape.split()):
            raise ValueError(_misfit(form, name, a.shape, shape, known))
        for size, seen in zip(shape.split(), a.shape, strict=True):
            if size.isalpha():
                known.setdefault(size, seen)
    dtype = next(iter(arrays.values())).dtype
    for name, shape in shapes.items():
        due = tuple(_size(size, known) for size in shape.split())
        a = arrays.setdefault(name, np.zeros(due, dtype))
        if a.shape != due:
            raise ValueError(_misfit(form, name, a.shape, shape, known))
    return {name: arrays[name] for name in shapes}


def flat(weights: Mapping) -> dict[str, Any]:
    """Return a tree of arrays as one mapping, its names joined by dots."""
    joined: dict[str, Any] = {}
    for name, w in weights.items():
        if isinstance(w, Mapping):
            joined |= {f"{name}.{inner}": leaf for inner, leaf in flat(w).items()}
        else:
            joined[str(name)] = w
    return joined


def tree(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return what `flat` joined as a tree again."""
    root: dict[str, Any] = {}
    for name, a in arrays.items():
        *way, last = name.split(".")
        at = root
        for part in way:
            at = at.setdefault(part, {})
        at[last] = a
    return root


def from_packed(
    order: str, W_i: np.ndarray, W_h: np.ndarray, b_i: np.ndarray, b_h: np.ndarray
) -> Any:
    """Return GRUParams or LSTMParams from arrays (GH, ·), whose rows are the gates in `order`."""
    kind = GRUParams if len(order) == 3 else LSTMParams
    runs = []
    for packed in (W_i, W_h, b_i, b_h):
        gates = dict(zip(order, np.split(packed, len(order)), strict=True))
        runs += [gates[gate] for gate in GATES[kind]]
    return kind(*runs)


def to_packed(p: Params, order: str) -> list[np.ndarray]:
    """Return W_i, W_h, b_i and b_h of p with the gates in `order`, one below the other."""
    check_sizes(p)
    count = len(order)
    runs = [p[k : k + count] for k in range(0, len(p), count)]
    gates = [dict(zip(GATES[type(p)], run, strict=True)) for run in runs]
    return [np.concatenate([run[gate] for gate in order]) for run in gates]


def check_sizes(p: Params) -> tuple[int, int]:
    """Return (D, H); ValueError names the first array of p whose shape does not fit the others."""
    if isinstance(p, GRUParams):
        return sizes(p)
    H, D = np.shape(p.W_ii)
    for name, w, shape in zip(p._fields, p, [(H, D)] * 4 + [(H, H)] * 4 + [(H,)] * 8, strict=True):
        if np.shape(w) != shape:
            raise ValueError(
                f"{name} has shape {np.shape(w)}, expected {shape}, since W_ii is {(H, D)}: "
                f"give all sixteen arrays the same D and H."
            )
    return D, H


def biases(p: Params) -> dict[str, np.ndarray]:
    """Return the biases of p by name."""
    half = len(p) // 2
    return dict(zip(p._fields[half:], p[half:], strict=True))


def join_biases(b_i: np.ndarray, b_h: np.ndarray) -> np.ndarray:
    """Return the one bias that acts as b_i and b_h do together."""
    return np.where(b_h == 0, b_i, b_i + b_h)  # b_i + 0 would turn -0.0 into 0.0


def refuse_biases(form: str, p: Params, *names: str) -> None:
    """Raise ValueError where one of these biases of p, all by default, is not 0."""
    check_sizes(p)
    for name, b in biases(p).items():
        if (not names or name in names) and np.any(b != 0):
            raise ValueError(
                f"{form} has no {'place for it' if names else 'bias'}, but {name} reaches "
                f"{np.abs(b).max():.3g}, expected 0: set it to 0 or choose a form that has biases."
            )


def no_biases(like: np.ndarray, count: int) -> list[np.ndarray]:
    """Return `count` biases of 0, each as long as the matrix `like` is high and of its dtype."""
    return [np.zeros(len(like), like.dtype) for _ in range(count)]


def numbers(array: Any) -> np.ndarray:
    """Return a copy of an array or of a torch tensor; what has 16 bits becomes float32, exactly."""
    if hasattr(array, "detach"):  # a torch tensor, without importing torch
        array = array.detach().cpu()
        array = (array.float() if array.element_size() == 2 else array).numpy()
    a = np.array(array)  # a copy: torch's optimizers write into their weights in place
    return a.astype(np.float32) if a.dtype.name in ("float16", "bfloat16") else a


def _size(size, known):
    letter = size.lstrip("0123456789")
    factor = size.removesuffix(letter)
    return int(factor or 1) * (known[letter] if letter else 1)


def _misfit(form, name, seen, shape, known):
    given = ", ".join(f"{letter} = {size}" for letter, size in known.items())
    return (
        f"{form}: {name} has shape {seen}, expected ({', '.join(shape.split())})"
        f"{f' with {given}' if given else ''}: check the layout, a transpose is the usual cause."
    )
