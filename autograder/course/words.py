"""What messages say in the course's own letters: x_t, W, D, H, N and GRUParams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.core.words import Words


def _missing_name(name: str) -> str:
    if name[:2] in ("W_", "b_"):
        return f"{name} is not among the parameters. Of a GRUParams p it is p.{name}"
    return ""


def sizes(inputs: Mapping[str, Any]) -> dict[str, int]:
    """Return T, N, D, H, K and the number of layers of a case, those that can be read off it."""
    shape = {k: np.shape(v) for k, v in inputs.items() if isinstance(v, np.ndarray)}
    found: dict[str, int] = {}
    for name in ("x", "dh", "logits"):
        if len(shape.get(name, ())) == 3:
            found |= {"T": shape[name][0], "N": shape[name][1]}
    if len(shape.get("logits", ())) == 3:
        found["K"] = shape["logits"][2]
    if len(shape.get("x", ())) == 3:
        found["D"] = shape["x"][2]
    for name in ("x_t", "h_prev", "z_t", "dh_t", "h_t", "da", "y"):
        if len(shape.get(name, ())) == 2:
            found["N"] = shape[name][0]
    if "v" in shape and "da" in shape:  # of product_backward, where D is what v holds
        found |= {"D": shape["v"][-1], "H": shape["da"][-1]}
    if "x_t" in shape:
        found["D"] = shape["x_t"][-1]
    for name in ("h_prev", "h_0", "h_t", "z_t", "dh_t"):
        if shape.get(name):
            found["H"] = shape[name][-1]
    if isinstance(inputs.get("layers"), tuple):
        found["the number of layers"] = len(inputs["layers"])
    return found


WORDS = Words(
    advice={
        "The detected shape was (12,": "A GRUParams holds twelve arrays of different shapes: no "
        "product, sum or norm takes it whole. Go through them, `for g in grads`, and make a new "
        "one, `GRUParams(*(... for g in grads))`",
        "tuple indices must be integers": "The arrays of a GRUParams p are fields: p.W_ir",
        "Can't call numpy() on Tensor": "Stay in PyTorch instead: torch.tanh and its like send a "
        "gradient back, NumPy and `.detach()` do not",
        "can't set attribute": "A GRUParams cannot be changed: `p._replace(...)` returns a changed "
        "copy",
    },
    missing_name=_missing_name,
    sizes=sizes,
    batch_only=(
        "One vector is right, a batch is not. A batch has one row per sequence: (N, D) and "
        "(N, H). Look for what takes the rows together or apart: a weight on the left of its "
        "product, an index or an axis counted from the front, a loop over `len(x_t)`, a sum over "
        "all numbers."
    ),
    extra_axis=("One axis is too many: a vector in the course is 1-D, shape (H,), not (H, 1)."),
)
