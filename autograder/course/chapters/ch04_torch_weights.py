"""Chapter 4, PyTorch's packed weights, cut into the twelve arrays of the equations."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import tidy
from gru_ref.cell import GRUParams


def _blocks(packed, order=(0, 1, 2)):
    parts = np.split(packed, 3)
    return [parts[i] for i in order]


def _unpack(weight_ih, weight_hh, bias_ih, bias_hh, order=(0, 1, 2), bias_order=None):
    packed = (weight_ih, weight_hh, bias_ih, bias_hh)
    orders = (order, order, bias_order or order, bias_order or order)
    return GRUParams(*(b for a, o in zip(packed, orders, strict=True) for b in _blocks(a, o)))


def _packed_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1), ("values", 2, 1), ("values", 1, 2), ("values", 2, 2)]
    sizes += [("edge sizes", 3, 1), ("values", 3, 2), ("values", 3, 3), ("values", 4, 5)]
    return [
        Case(
            aspect,
            {
                "weight_ih": tidy(rng, 3 * H, D),
                "weight_hh": tidy(rng, 3 * H, H),
                "bias_ih": tidy(rng, 3 * H),
                "bias_hh": tidy(rng, 3 * H),
            },
        )
        for aspect, D, H in sizes
    ]


def _summed(weight_ih, weight_hh, bias_ih, bias_hh):
    return _unpack(weight_ih, weight_hh, bias_ih + bias_hh, 0 * bias_hh)


def _strided(*packed):
    return GRUParams(*(a[i::3] for a in packed for i in range(3)))


def _transposed(*packed):
    return GRUParams(*(np.ascontiguousarray(a.T) for a in _unpack(*packed)))


UNPACK_TORCH_WEIGHTS = Exercise(
    name="unpack_torch_weights",
    points=3,
    reference=lambda weight_ih, weight_hh, bias_ih, bias_hh: _unpack(
        weight_ih, weight_hh, bias_ih, bias_hh
    ),
    cases=_packed_cases,
    mistakes=(
        Mistake(
            "order_z_r_n",
            lambda *a: _unpack(*a, order=(1, 0, 2)),
            "You read the blocks in the order z, r, n. That is Keras and ONNX; PyTorch packs "
            "r, z, n: rows 0 to H are the reset gate's.",
        ),
        Mistake(
            "order_n_r_z",
            lambda *a: _unpack(*a, order=(1, 2, 0)),
            "You read the blocks in the order n, r, z. PyTorch packs r, z, n.",
        ),
        Mistake(
            "order_r_n_z",
            lambda *a: _unpack(*a, order=(0, 2, 1)),
            "You read the blocks in the order r, n, z. PyTorch packs r, z, n.",
        ),
        Mistake(
            "order_of_the_biases",
            lambda *a: _unpack(*a, bias_order=(1, 0, 2)),
            "The weights are right; the biases are read in another order. All four arrays are "
            "packed r, z, n.",
        ),
        Mistake(
            "order_of_the_weights",
            lambda *a: _unpack(*a, order=(1, 0, 2), bias_order=(0, 1, 2)),
            "The biases are right; the weights are read in another order. All four arrays are "
            "packed r, z, n.",
        ),
        Mistake(
            "input_and_state_biases_swapped",
            lambda wi, wh, bi, bh: _unpack(wi, wh, bh, bi),
            "bias_ih and bias_hh are swapped: ih is input to hidden, so b_ir, b_iz, b_in.",
        ),
        Mistake(
            "input_and_state_weights_swapped",
            lambda wi, wh, bi, bh: _unpack(wh, wi, bi, bh),
            "weight_ih and weight_hh are swapped: ih is input to hidden, so W_ir, W_iz, W_in.",
        ),
        Mistake(
            "biases_summed",
            _summed,
            "You sum the two biases. For r and z that gives the same cell, for n it does not: "
            "b_hn is multiplied by r_t and b_in is not. Keep all six.",
        ),
        Mistake(
            "weights_transposed",
            _transposed,
            "The weights are transposed. PyTorch stores (3H, D), a row per unit, as GRUParams: "
            "cut, no `.T`.",
        ),
        Mistake(
            "every_third_row",
            _strided,
            "You take every third row. The gates are stacked in blocks: the first H rows are r, "
            "the next H are z, the last H are n.",
        ),
    ),
    hints=(
        "Every packed array has 3H rows. `np.split(a, 3)` cuts it into three blocks of H rows.",
        "`W_ir, W_iz, W_in = np.split(weight_ih, 3)`, and the same for the other three. Then "
        "`GRUParams(W_ir, W_iz, W_in, W_hr, ...)` in the order of its fields.",
    ),
)
