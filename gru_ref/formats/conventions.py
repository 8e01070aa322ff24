"""Every convention of the course by name, where each puts the reset, and how to go between them.

A GRU written in one convention equals the same GRU in another only where both reset on the same
side of the product W_hn h_{t-1}: equations (3) and (3') of `gru_ref.cell` differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from gru_ref.cell import GRUParams, sizes
from gru_ref.formats.libraries import (
    from_keras,
    from_onnx,
    from_pytorch,
    to_keras,
    to_onnx,
    to_pytorch,
)
from gru_ref.formats.papers import (
    from_article_a,
    from_article_b,
    from_article_c,
    from_cho2014,
    from_chung2014,
    to_article_a,
    to_article_b,
    to_article_c,
    to_cho2014,
    to_chung2014,
)


class Convention(NamedTuple):
    """Where a convention resets, and its two directions of travel."""

    reset: str
    to_params: Callable[[Mapping], GRUParams]
    from_params: Callable[[GRUParams], dict[str, np.ndarray]]


CONVENTIONS = {
    "article_a": Convention("before", from_article_a, to_article_a),
    "article_b": Convention("after", from_article_b, to_article_b),
    "article_c": Convention("before", from_article_c, to_article_c),
    "cho2014": Convention("before", from_cho2014, to_cho2014),
    "chung2014": Convention("before", from_chung2014, to_chung2014),
    "pytorch": Convention("after", from_pytorch, to_pytorch),
    "keras_after": Convention("after", from_keras, to_keras),
    "keras_before": Convention(
        "before",
        partial(from_keras, reset="before"),
        partial(to_keras, reset="before"),
    ),
    "onnx_after": Convention("after", from_onnx, to_onnx),
    "onnx_before": Convention("before", from_onnx, to_onnx),
}


def convert(weights: Mapping, source: str, target: str) -> dict[str, np.ndarray]:
    """Return the weights of one convention in the form of another that computes the same function.

    ValueError where there is none: the target has no place for a bias, or one side resets before
    and the other after the product. These two agree for every input where W_hn is diagonal and
    b_hn = 0, since then W_hn (r ⊙ h) = r ⊙ (W_hn h); only that case is converted.

    Example: `convert(torch_gru.state_dict(), "pytorch", "keras_after")`.
    """
    for name in (source, target):
        if name not in CONVENTIONS:
            raise ValueError(
                f"{name!r} is not a convention, expected one of {', '.join(CONVENTIONS)}."
            )
    p = CONVENTIONS[source].to_params(weights)
    if CONVENTIONS[source].reset != CONVENTIONS[target].reset and not reset_side_is_free(p):
        raise ValueError(
            f"{source} resets {CONVENTIONS[source].reset} the product with W_hn, {target} resets "
            f"{CONVENTIONS[target].reset} it: these are different functions, expected a diagonal "
            f"W_hn and b_hn = 0. Choose a target that resets {CONVENTIONS[source].reset}, or train "
            f"again."
        )
    return CONVENTIONS[target].from_params(p)


def reset_side_is_free(p: GRUParams) -> bool:
    """Return whether p computes the same with reset before and after: diagonal W_hn, b_hn = 0."""
    sizes(p)
    return np.array_equal(p.W_hn, np.diag(np.diag(p.W_hn))) and not np.any(p.b_hn)
