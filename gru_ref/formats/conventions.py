"""Every convention of the course by name, where each puts the reset, and how to go between them.

A GRU written in one convention equals the same GRU in another only where both reset on the same
side of the product W_hn h_{t-1}: equations (3) and (3') of `gru_ref.cell` differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from gru_ref.cell import GRUParams, sizes
from gru_ref.formats.burn import from_burn, to_burn
from gru_ref.formats.flax import from_flax_linen, from_flax_nnx, to_flax_linen, to_flax_nnx
from gru_ref.formats.haiku import from_haiku, to_haiku
from gru_ref.formats.keras import from_keras, to_keras
from gru_ref.formats.mlx import from_mlx, to_mlx
from gru_ref.formats.onnx import from_onnx, to_onnx
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
from gru_ref.formats.pytorch import from_pytorch, to_pytorch
from gru_ref.formats.tensorflow import (
    from_gru_block_cell,
    from_trax,
    to_gru_block_cell,
    to_trax,
)


class Convention(NamedTuple):
    """Where a convention resets, and its two directions of travel."""

    reset: str
    to_params: Callable[[Mapping], GRUParams]
    from_params: Callable[[GRUParams], dict[str, Any]]


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
    "flax_linen": Convention("after", from_flax_linen, to_flax_linen),
    "flax_nnx": Convention("after", from_flax_nnx, to_flax_nnx),
    "mlx": Convention("after", from_mlx, to_mlx),
    "burn_after": Convention("after", from_burn, to_burn),
    "burn_before": Convention("before", from_burn, to_burn),
    "haiku": Convention("before", from_haiku, to_haiku),
    "trax": Convention("before", from_trax, to_trax),
    "gru_block_cell": Convention("before", from_gru_block_cell, to_gru_block_cell),
}


def convert(weights: Mapping, source: str, target: str) -> dict[str, Any]:
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
