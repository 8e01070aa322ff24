"""Chapter 6, the local derivatives: of σ, tanh, the blend and the affine map."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import DIFFERENCES, STEEP, grid, many_digits, tidy
from gru_ref.cell import (
    sigmoid,
)

# --- sigmoid_backward and tanh_backward ------------------------------------------------------


def _sigmoid_backward(s, ds):
    return ds * s * (1 - s)


def _tanh_backward(n, dn):
    return dn * (1 - n**2)


def _pair(first: str, low: float):
    def make(rng, D, H, lead):
        return {first: tidy(rng, *lead, H, low=low, high=0.9), f"d{first}": tidy(rng, *lead, H)}

    return grid(make, state="", large=(), steep=(f"d{first}",))


SIGMOID_BACKWARD = Exercise(
    name="sigmoid_backward",
    points=1,
    **DIFFERENCES,
    reference=lambda s, ds: _sigmoid_backward(s, ds),
    cases=_pair("s", 0.1),
    mistakes=(
        Mistake(
            "sigmoid_applied_again",
            lambda s, ds: ds * sigmoid(s) * (1 - sigmoid(s)),
            "You apply σ to s, which is already σ(a). From the output the slope is s (1 - s).",
        ),
        Mistake(
            "upstream_forgotten",
            lambda s, ds: s * (1 - s) + 0 * ds,
            "This is the slope alone. The chain rule multiplies it by what arrives, ds.",
        ),
        Mistake(
            "slope_of_tanh",
            lambda s, ds: ds * (1 - s**2),
            "1 - s² is the slope of tanh. The slope of σ is s (1 - s).",
        ),
        Mistake(
            "one_minus_s_forgotten",
            lambda s, ds: ds * s,
            "The factor 1 - s is missing: the slope of σ is s (1 - s).",
        ),
    ),
    hints=(
        "Differentiate σ(a) = 1 / (1 + e^-a) and write the result with σ(a) itself.",
        "dσ/da = σ (1 - σ). Multiply by ds.",
        "`ds * s * (1 - s)`, where s is what σ returned: no new σ is computed.",
    ),
)

TANH_BACKWARD = Exercise(
    name="tanh_backward",
    points=1,
    **DIFFERENCES,
    reference=lambda n, dn: _tanh_backward(n, dn),
    cases=_pair("n", -0.9),
    mistakes=(
        Mistake(
            "tanh_applied_again",
            lambda n, dn: dn * (1 - np.tanh(n) ** 2),
            "You apply tanh to n, which is already tanh(a). From the output the slope is 1 - n².",
        ),
        Mistake(
            "upstream_forgotten",
            lambda n, dn: 1 - n**2 + 0 * dn,
            "This is the slope alone. The chain rule multiplies it by what arrives, dn.",
        ),
        Mistake(
            "slope_of_sigmoid",
            lambda n, dn: dn * n * (1 - n),
            "n (1 - n) is the slope of σ. The slope of tanh is 1 - n².",
        ),
        Mistake(
            "square_forgotten",
            lambda n, dn: dn * (1 - n),
            "The square is missing: the slope of tanh is 1 - n².",
        ),
    ),
    hints=(
        "Differentiate tanh(a) and write the result with tanh(a) itself.",
        "dtanh/da = 1 - tanh². Multiply by dn.",
        "`dn * (1 - n**2)`, where n is what tanh returned: no new tanh is computed.",
    ),
)

# --- blend_backward --------------------------------------------------------------------------


def _blend_backward(dh_t, z_t, n_t, h_prev):
    return dh_t * (h_prev - n_t), dh_t * (1 - z_t), dh_t * z_t


def _blend_inputs(rng, D, H, lead):
    return {
        "dh_t": tidy(rng, *lead, H),
        "z_t": tidy(rng, *lead, H, low=0.1, high=0.9),
        "n_t": tidy(rng, *lead, H, low=-1, high=1),
        "h_prev": tidy(rng, *lead, H, low=-1, high=1),
    }


BLEND_BACKWARD = Exercise(
    name="blend_backward",
    points=2,
    **DIFFERENCES,
    reference=_blend_backward,
    outputs=("dz_t", "dn_t", "dh_prev"),
    cases=grid(_blend_inputs, large=(), steep=("dh_t",)),
    mistakes=(
        Mistake(
            "dz_of_the_wrong_sign",
            lambda dh_t, z_t, n_t, h_prev: (dh_t * (n_t - h_prev), dh_t * (1 - z_t), dh_t * z_t),
            "dz_t has the wrong sign. In (4) z_t multiplies h_{t-1} and, with a minus, n_t: the "
            "derivative is h_{t-1} - n_t.",
        ),
        Mistake(
            "n_term_of_dz_missing",
            lambda dh_t, z_t, n_t, h_prev: (dh_t * h_prev, dh_t * (1 - z_t), dh_t * z_t),
            "dz_t misses a term: z_t stands in (4) twice, in z_t ⊙ h_{t-1} and in (1 - z_t) ⊙ n_t.",
        ),
        Mistake(
            "dn_and_dh_swapped",
            lambda dh_t, z_t, n_t, h_prev: (dh_t * (h_prev - n_t), dh_t * z_t, dh_t * (1 - z_t)),
            "dn_t and dh_prev are swapped: in (4) n_t carries 1 - z_t, and h_{t-1} carries z_t.",
        ),
        Mistake(
            "dz_and_dn_swapped",
            lambda *a: (lambda dz, dn, dh: (dn, dz, dh))(*_blend_backward(*a)),
            "dz_t and dn_t are swapped in what you return: first dz_t, then dn_t, then dh_prev.",
        ),
        Mistake(
            "returned_in_another_order",
            lambda *a: _blend_backward(*a)[::-1],
            "The three are right, and returned in another order: dz_t, dn_t, dh_prev.",
        ),
        Mistake(
            "upstream_forgotten",
            lambda dh_t, z_t, n_t, h_prev: (h_prev - n_t, 1 - z_t, z_t),
            "These are the local derivatives. Multiply each by what arrives, dh_t.",
        ),
    ),
    hints=(
        "Equation (4) has three inputs, z_t, n_t and h_{t-1}. Differentiate with respect to each, "
        "holding the others.",
        "Collect z_t: h_t = n_t + z_t ⊙ (h_{t-1} - n_t). The three factors can be read off.",
        "Three products with dh_t: `dh_t * (h_prev - n_t)`, `dh_t * (1 - z_t)` and `dh_t * "
        "z_t`. Return them in the order of the docstring.",
    ),
)

# --- product_backward ------------------------------------------------------------------------


def _product_backward(da, v, W):
    return da @ W, da.T @ v, da.sum(0)


def _product_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1, 1), ("values", 1, 2, 1), ("values", 1, 1, 2), ("values", 1, 2, 2)]
    sizes += [("batch", 2, 2, 2), ("batch", 3, 1, 2), ("batch", 3, 3, 2), ("edge sizes", 1, 3, 1)]
    sizes += [("values", 1, 3, 2), ("values", 3, 2, 3), ("batch", 2, 3, 4), ("stability", 2, 3, 2)]
    return [
        Case(
            aspect,
            {
                "da": tidy(rng, N, H) * (STEEP if aspect == "stability" else 1),
                "v": many_digits(tidy(rng, N, D)) if N > 1 else tidy(rng, N, D),
                "W": many_digits(tidy(rng, H, D)) if N > 1 else tidy(rng, H, D),
            },
        )
        for aspect, N, D, H in sizes
    ]


PRODUCT_BACKWARD = Exercise(
    name="product_backward",
    points=3,
    **DIFFERENCES,
    reference=_product_backward,
    outputs=("dv", "dW", "db"),
    cases=_product_cases,
    mistakes=(
        Mistake(
            "W_transposed_in_dv",
            lambda da, v, W: (da @ W.T, da.T @ v, da.sum(0)),
            "dv is wrong: the forward product is v @ W.T, so its gradient goes back through W "
            "itself, da @ W, (N, H) times (H, D).",
        ),
        Mistake(
            "dW_transposed",
            lambda da, v, W: (da @ W, v.T @ da, da.sum(0)),
            "dW is transposed. It has the shape of W, (H, D): da.T @ v.",
        ),
        Mistake(
            "dW_averaged_over_the_batch",
            lambda da, v, W: (da @ W, da.T @ v / len(da), da.mean(0)),
            "dW and db are averaged over the batch. The sequences' contributions are summed; the "
            "average, where there is one, is part of the loss.",
        ),
        Mistake(
            "db_averaged_over_the_batch",
            lambda da, v, W: (da @ W, da.T @ v, da.mean(0)),
            "db is averaged over the batch. Every row adds the same b: the rows of da are summed.",
        ),
        Mistake(
            "db_not_summed",
            lambda da, v, W: (da @ W, da.T @ v, da),
            "db has a row for each sequence. There is one b for all of them: sum over the batch, "
            "da.sum(axis=0).",
        ),
        Mistake(
            "db_summed_over_units",
            lambda da, v, W: (da @ W, da.T @ v, da.sum(1)),
            "db is summed over the units. It has one number a unit, (H,): sum over the batch, "
            "axis=0.",
        ),
    ),
    hints=(
        "The shapes decide: dv is (N, D) like v, dW is (H, D) like W, db is (H,). da is (N, H).",
        "From a = v Wᵀ + b: an entry of da reaches v through a row of W, W through the same "
        "row of v, b directly. What is shared by the N rows is summed over them.",
        "dv = da @ W, dW = da.T @ v, db = da.sum(axis=0).",
    ),
)
