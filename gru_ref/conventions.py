"""Every convention of the course by name, where each puts the reset, and how to go between them.

A GRU written in one convention equals the same GRU in another only where both reset on the same
side of the product W_hn h_{t-1}: equations (3) and (3') of `gru_ref.cell` differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from gru_ref import conventions_libraries as libraries
from gru_ref import conventions_papers as papers
from gru_ref.cell import GRUParams, sizes


class Convention(NamedTuple):
    """Where a convention resets, and its two directions of travel."""

    reset: str
    from_: Callable[[Mapping], GRUParams]
    to: Callable[[GRUParams], dict[str, np.ndarray]]


CONVENTIONS = {
    "article_a": Convention("before", papers.from_article_a, papers.to_article_a),
    "article_b": Convention("after", papers.from_article_b, papers.to_article_b),
    "article_c": Convention("before", papers.from_article_c, papers.to_article_c),
    "cho2014": Convention("before", papers.from_cho2014, papers.to_cho2014),
    "chung2014": Convention("before", papers.from_chung2014, papers.to_chung2014),
    "pytorch": Convention("after", libraries.from_pytorch, libraries.to_pytorch),
    "keras_after": Convention("after", libraries.from_keras, libraries.to_keras),
    "keras_before": Convention(
        "before",
        partial(libraries.from_keras, reset="before"),
        partial(libraries.to_keras, reset="before"),
    ),
    "onnx_after": Convention("after", libraries.from_onnx, libraries.to_onnx),
    "onnx_before": Convention("before", libraries.from_onnx, libraries.to_onnx),
}


def convert(weights: Mapping, source: str, target: str) -> dict[str, np.ndarray]:
    """Return the weights of one convention in the form of another that computes the same function.

    ValueError where there is none: the target has no place for a bias, or one side resets before
    and the other after the product. These two agree for every input where W_hn is diagonal and
    b_hn = 0, since then W_hn (r ⊙ h) = r ⊙ (W_hn h); only that case is converted.
    """
    for name in (source, target):
        if name not in CONVENTIONS:
            raise ValueError(
                f"{name!r} is not a convention, expected one of {', '.join(CONVENTIONS)}."
            )
    p = CONVENTIONS[source].from_(weights)
    if CONVENTIONS[source].reset != CONVENTIONS[target].reset and not reset_side_is_free(p):
        raise ValueError(
            f"{source} resets {CONVENTIONS[source].reset} the product with W_hn, {target} resets "
            f"{CONVENTIONS[target].reset} it: these are different functions, expected a diagonal "
            f"W_hn and b_hn = 0. Choose a target that resets {CONVENTIONS[source].reset}, or train "
            f"again."
        )
    return CONVENTIONS[target].to(p)


def reset_side_is_free(p: GRUParams) -> bool:
    """Return whether p computes the same with reset before and after: diagonal W_hn, b_hn = 0."""
    sizes(p)
    return np.array_equal(p.W_hn, np.diag(np.diag(p.W_hn))) and not np.any(p.b_hn)
