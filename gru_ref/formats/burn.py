"""burn's Gru <-> GRUParams: a pair of linear maps for each gate, with a bias each.

    update_gate, reset_gate, new_gate .input_transform.weight (D, H), .bias (H,)
                                      .hidden_transform.weight (H, H), .bias (H,)

reset_after=true (the default) is (3) of `gru_ref.cell`, false is (3'); the arrays are the same.
bias=false leaves all six biases out. A linear layer of burn multiplies from the right, x W + b.
Names are joined by dots, as its records write them. Source: tracel-ai/burn,
crates/burn-nn/src/modules/rnn/gru.rs and gate_controller.rs.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gru_ref.cell import GRUParams
from gru_ref.formats.layout import Arrays, check_sizes, read, refuse_biases

GATES = ("reset_gate", "update_gate", "new_gate")  # r, z, n
NAMES = tuple(
    f"{gate}.{of}_transform.{kind}"
    for kind in ("weight", "bias")
    for of in ("input", "hidden")
    for gate in GATES
)


def from_burn(weights: Mapping) -> GRUParams:
    """Return the arrays of a burn `Gru`, in a tree or by dotted names, as GRUParams."""
    shapes = dict(zip(NAMES, ["D H"] * 3 + ["H H"] * 3 + ["H"] * 6, strict=True))
    w = read("a burn Gru", weights, NAMES[6:], **shapes)
    return GRUParams(*(np.array(a.T) for a in w.values()))


def to_burn(p: GRUParams, bias: bool = True) -> Arrays:
    """Return p under burn's dotted names; with bias=False without biases, which must be 0."""
    check_sizes(p)
    if not bias:
        refuse_biases("burn with bias=false", p)
    return {name: np.array(a.T) for name, a in zip(NAMES, p[: None if bias else 6], strict=False)}
