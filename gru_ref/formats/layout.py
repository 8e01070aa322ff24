"""What every convention needs: read named arrays of known shape, stack them, and judge biases."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gru_ref.cell import GRUParams, sizes


def read(form: str, weights: Mapping, **shapes: str) -> dict[str, np.ndarray]:
    """Return copies of the arrays of `weights` that `shapes` names, NumPy or torch.

    A shape is written in letters, "3H D". A size that stands alone in one shape fixes its letter
    for all; ValueError names the array that is missing, unknown or of another shape.
    """
    if set(weights) != set(shapes):
        raise ValueError(
            f"{form} has the arrays {sorted(shapes)}, seen were {sorted(weights)}: pass these "
            f"names and no others, with zeros for a bias that is not there."
        )
    arrays = {name: _numpy(weights[name]) for name in shapes}
    known: dict[str, int] = {}
    for name, shape in shapes.items():
        if arrays[name].ndim != len(shape.split()):
            raise ValueError(_misfit(form, name, arrays[name].shape, shape, known))
        for size, seen in zip(shape.split(), arrays[name].shape, strict=True):
            if size.isalpha():
                known.setdefault(size, seen)
    for name, shape in shapes.items():
        if arrays[name].shape != tuple(_size(size, known) for size in shape.split()):
            raise ValueError(_misfit(form, name, arrays[name].shape, shape, known))
    return arrays


def join_biases(b_i: np.ndarray, b_h: np.ndarray) -> np.ndarray:
    """Return the one bias that acts as b_i and b_h do together."""
    return np.where(b_h == 0, b_i, b_i + b_h)  # b_i + 0 would turn -0.0 into 0.0


def refuse_biases(form: str, p: GRUParams) -> None:
    """Raise ValueError where p has a bias that is not 0, which `form` has no place for."""
    sizes(p)
    for name, b in zip(p._fields[6:], p[6:], strict=True):
        if np.any(b != 0):
            raise ValueError(
                f"{form} has no bias, but {name} reaches {np.abs(b).max():.3g}, expected 0: "
                f"set it to 0 or choose a form that has biases."
            )


def no_biases(like: np.ndarray, count: int) -> list[np.ndarray]:
    """Return `count` biases of 0, each as long as the matrix `like` is high and of its dtype."""
    return [np.zeros(len(like), like.dtype) for _ in range(count)]


def _numpy(array):
    if hasattr(array, "detach"):  # a torch tensor, without importing torch
        array = array.detach().cpu().numpy()
    return np.array(array)  # a copy: torch's optimizers write into their weights in place


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
