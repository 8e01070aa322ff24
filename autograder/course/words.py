"""What messages say in the course's own letters: x_t, W, D, H, N and GRUParams."""

from __future__ import annotations

from autograder.core.words import Words


def _missing_name(name: str) -> str:
    if name[:2] in ("W_", "b_"):
        return f"{name} is not among the parameters. Of a GRUParams p it is p.{name}"
    return ""


WORDS = Words(
    advice={
        "can't set attribute": "A GRUParams cannot be changed: `p._replace(...)` returns a changed "
        "copy",
    },
    missing_name=_missing_name,
    batch_only=(
        "One vector is right, a batch is not. A batch has one row per sequence: (N, D) and "
        "(N, H). Look for what takes the rows together or apart: a weight on the left of its "
        "product, an index or an axis counted from the front, a loop over `len(x_t)`, a sum over "
        "all numbers."
    ),
    extra_axis=("One axis is too many: a vector in the course is 1-D, shape (H,), not (H, 1)."),
)
