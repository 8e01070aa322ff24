"""Chapter 4, PyTorch's packed weights, cut into the twelve arrays of the equations."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import last_with_many_digits, tidy
from gru_ref.cell import GRUParams


def unpacked(*packed: np.ndarray) -> GRUParams:
    """Return the twelve arrays of weight_ih, weight_hh, bias_ih and bias_hh."""
    cut = [np.split(a, 3) for a in packed]
    return GRUParams(*(w for r, z, n in cut for w in (r, z, n)))


def order_z_r_n(*packed: np.ndarray) -> GRUParams:
    """Return the twelve arrays, read as Keras and ONNX pack them: a mistake."""
    cut = [np.split(a, 3) for a in packed]
    return GRUParams(*(w for z, r, n in cut for w in (r, z, n)))


def order_n_r_z(*packed: np.ndarray) -> GRUParams:
    """Return the twelve arrays, read with the candidate first: a mistake."""
    cut = [np.split(a, 3) for a in packed]
    return GRUParams(*(w for n, r, z in cut for w in (r, z, n)))


def _order_r_n_z(*packed):
    cut = [np.split(a, 3) for a in packed]
    return GRUParams(*(w for r, n, z in cut for w in (r, z, n)))


def _every_third_row(*packed):
    return GRUParams(*(a[i::3] for a in packed for i in range(3)))


def _weights_transposed(*packed):
    return GRUParams(*(np.ascontiguousarray(a.T) for a in unpacked(*packed)))


@last_with_many_digits
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


UNPACK_TORCH_WEIGHTS = Exercise(
    name="unpack_torch_weights",
    points=3,
    reference=lambda weight_ih, weight_hh, bias_ih, bias_hh: unpacked(
        weight_ih, weight_hh, bias_ih, bias_hh
    ),
    cases=_packed_cases,
    mistakes=(
        Mistake(
            "order_z_r_n",
            order_z_r_n,
            "You read the blocks in the order z, r, n. That is Keras and ONNX; PyTorch packs "
            "r, z, n: rows 0 to H are the reset gate's.",
        ),
        Mistake(
            "order_n_r_z",
            order_n_r_z,
            "You read the blocks in the order n, r, z. PyTorch packs r, z, n.",
        ),
        Mistake(
            "order_r_n_z",
            _order_r_n_z,
            "You read the blocks in the order r, n, z. PyTorch packs r, z, n.",
        ),
        Mistake(
            "order_of_the_biases",
            lambda *a: GRUParams(*unpacked(*a)[:6], *order_z_r_n(*a)[6:]),
            "The weights are right; the biases are read in another order. All four arrays are "
            "packed r, z, n.",
        ),
        Mistake(
            "order_of_the_weights",
            lambda *a: GRUParams(*order_z_r_n(*a)[:6], *unpacked(*a)[6:]),
            "The biases are right; the weights are read in another order. All four arrays are "
            "packed r, z, n.",
        ),
        Mistake(
            "input_and_state_biases_swapped",
            lambda wi, wh, bi, bh: unpacked(wi, wh, bh, bi),
            "bias_ih and bias_hh are swapped: ih is input to hidden, so b_ir, b_iz, b_in.",
        ),
        Mistake(
            "input_and_state_weights_swapped",
            lambda wi, wh, bi, bh: unpacked(wh, wi, bi, bh),
            "weight_ih and weight_hh are swapped: ih is input to hidden, so W_ir, W_iz, W_in.",
        ),
        Mistake(
            "biases_summed",
            lambda wi, wh, bi, bh: unpacked(wi, wh, bi + bh, 0 * bh),
            "You sum the two biases. For r and z that gives the same cell, for n it does not: "
            "b_hn is multiplied by r_t and b_in is not. Keep all six.",
        ),
        Mistake(
            "weights_transposed",
            _weights_transposed,
            "The weights are transposed. PyTorch stores (3H, D), a row per unit, as GRUParams: "
            "cut, no `.T`.",
        ),
        Mistake(
            "every_third_row",
            _every_third_row,
            "You take every third row. The gates are stacked in blocks: the first H rows are r, "
            "the next H are z, the last H are n.",
        ),
    ),
    hints=(
        "Every packed array has 3H rows. `np.split(a, 3)` cuts it into three blocks of H rows.",
        "PyTorch's blocks stand in the order r, z, n. The first H rows of weight_ih are "
        "W_ir, the next H are W_iz, the last H are W_in; biases likewise.",
        "`W_ir, W_iz, W_in = np.split(weight_ih, 3)`, and the same for the other three. Then "
        "`GRUParams(W_ir, W_iz, W_in, W_hr, ...)` in the order of its fields.",
    ),
)
