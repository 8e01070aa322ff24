"""Chapter 3: the candidate, with the reset after the product or before it, and their gap."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Chapter, Exercise, Mistake
from autograder.course.cases import grid, tidy
from gru_ref.cell import sigmoid


def _a_after(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    return x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T + b_hn)


def _a_before(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    return x_t @ W_in.T + b_in + (r_t * h_prev) @ W_hn.T + b_hn


def _after(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    return np.tanh(_a_after(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn))  # (3)


def _before(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    return np.tanh(_a_before(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn))  # (3')


def _inputs(rng, D, H, lead):
    return {
        "x_t": tidy(rng, *lead, D, low=-1, high=1),
        "h_prev": tidy(rng, *lead, H, low=-1, high=1),
        "r_t": tidy(rng, *lead, H, low=0.1, high=0.9),
        "W_in": tidy(rng, H, D, low=-1, high=1),
        "b_in": tidy(rng, H, low=-1, high=1),
        "W_hn": tidy(rng, H, H, low=-1, high=1),
        "b_hn": tidy(rng, H, low=-1, high=1),
    }


def _dot_for_hadamard(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    return np.tanh(x_t @ W_in.T + b_in + r_t @ (h_prev @ W_hn.T + b_hn))


def _r_outside_tanh(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    return r_t * np.tanh(x_t @ W_in.T + b_in + h_prev @ W_hn.T + b_hn)


def _r_on_everything(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    return np.tanh(r_t * (x_t @ W_in.T + b_in + h_prev @ W_hn.T + b_hn))


def _r_on_the_input(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    return np.tanh(r_t * (x_t @ W_in.T + b_in) + h_prev @ W_hn.T + b_hn)


def _r_ignored(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    return np.tanh(x_t @ W_in.T + b_in + h_prev @ W_hn.T + b_hn)


def _general(pre_activation, equation: str) -> tuple[Mistake, ...]:
    """Return the mistakes that either convention shares, in the letters of its equation."""

    def right(*a):
        return np.tanh(pre_activation(*a))

    return (
        Mistake(
            "r_outside_tanh",
            _r_outside_tanh,
            "r_t multiplies the whole tanh. It acts on the past only, inside the bracket of tanh. "
            f"See equation {equation}.",
        ),
        Mistake(
            "r_on_everything",
            _r_on_everything,
            "r_t multiplies the input's term too. It acts on the past only: W_in x_t + b_in stands "
            f"outside its bracket. See equation {equation}.",
        ),
        Mistake(
            "r_on_the_input",
            _r_on_the_input,
            "r_t multiplies the input's term. It acts on the past: the term with W_hn. "
            f"See equation {equation}.",
        ),
        Mistake(
            "r_ignored",
            _r_ignored,
            "r_t is not used: this is a tanh-RNN. It multiplies the past, element by element. "
            f"See equation {equation}.",
        ),
        Mistake(
            "b_in_forgotten",
            lambda x, h, r, Wi, bi, Wh, bh: right(x, h, r, Wi, 0 * bi, Wh, bh),
            f"b_in is missing: the input's term is W_in x_t + b_in. See equation {equation}.",
        ),
        Mistake(
            "b_hn_forgotten",
            lambda x, h, r, Wi, bi, Wh, bh: right(x, h, r, Wi, bi, Wh, 0 * bh),
            f"b_hn is missing: the past's term is W_hn h_{{t-1}} + b_hn. See equation {equation}.",
        ),
        Mistake(
            "sigmoid_for_tanh",
            lambda *a: sigmoid(pre_activation(*a)),
            f"This is σ, which is never negative. The candidate of equation {equation} is a value, "
            "not a gate: its outer function is tanh.",
        ),
        Mistake(
            "tanh_forgotten",
            pre_activation,
            f"The tanh is missing: equation {equation} keeps the candidate between -1 and 1.",
        ),
        Mistake(
            "one_minus_r",
            lambda x, h, r, *w: right(x, h, 1 - r, *w),
            "You weigh the past with 1 - r_t. r_t is the share of the past that the candidate "
            f"sees: equation {equation} has r_t itself.",
        ),
        Mistake(
            "W_hn_transposed",
            lambda x, h, r, Wi, bi, Wh, bh: right(x, h, r, Wi, bi, Wh.T, bh),
            f"W_hn is transposed. The product of equation {equation} ends in `@ W_hn.T`.",
        ),
    )


# --- candidate_reset_after -------------------------------------------------------------------

CANDIDATE_RESET_AFTER = Exercise(
    name="candidate_reset_after",
    points=3,
    reference=_after,
    cases=grid(_inputs),
    mistakes=(
        Mistake(
            "before_for_after",
            _before,
            "This is equation (3'): you reset h_prev before the product. In (3) the product comes "
            "first, then the reset: r_t ⊙ (W_hn h_{t-1} + b_hn).",
        ),
        Mistake(
            "b_hn_outside_the_reset",
            lambda x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn: np.tanh(
                x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T) + b_hn
            ),
            "b_hn stands outside the reset. In equation (3) it is inside: "
            "r_t ⊙ (W_hn h_{t-1} + b_hn).",
        ),
        Mistake(
            "dot_product_for_hadamard",
            _dot_for_hadamard,
            "`r_t @ (...)` sums over the units to one number. ⊙ is element by element: "
            "`r_t * (...)`.",
        ),
        *_general(_a_after, "(3)"),
    ),
    hints=(
        "Look at what r_t touches in equation (3) and what stands outside its reach.",
        "Compute the past's term alone: `h_prev @ W_hn.T + b_hn`, shape (H,) or (N, H). "
        "Multiply it by r_t with `*`.",
        "Add the input's term, `x_t @ W_in.T + b_in`, which r_t does not touch. Then `np.tanh`.",
    ),
)

# --- candidate_reset_before ------------------------------------------------------------------

CANDIDATE_RESET_BEFORE = Exercise(
    name="candidate_reset_before",
    points=3,
    reference=_before,
    cases=grid(_inputs),
    mistakes=(
        Mistake(
            "after_for_before",
            _after,
            "This is equation (3): you reset after the product. In (3') the state is reset first, "
            "r_t ⊙ h_{t-1}, and then multiplied by W_hn.",
        ),
        Mistake(
            "reset_after_the_product",
            lambda x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn: np.tanh(
                x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T) + b_hn
            ),
            "You reset the product W_hn h_{t-1}. In (3') h_{t-1} is reset first: `(r_t * h_prev)`, "
            "then `@ W_hn.T`.",
        ),
        Mistake(
            "dot_product_for_hadamard",
            lambda x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn: np.tanh(
                x_t @ W_in.T + b_in + (r_t @ h_prev) * W_hn.sum(-1) + b_hn
            ),
            "`r_t @ h_prev` sums over the units to one number. ⊙ is element by element: "
            "`r_t * h_prev`.",
        ),
        Mistake(
            "dot_product_before_the_product",
            lambda x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn: np.tanh(
                x_t @ W_in.T + b_in + (r_t @ h_prev) @ W_hn.T + b_hn
            ),
            "`r_t @ h_prev` sums over the units to one number. ⊙ is element by element: "
            "`r_t * h_prev`.",
        ),
        *_general(_a_before, "(3')"),
    ),
    hints=(
        "Look at the brackets of equation (3'): r_t meets the state before the matrix does.",
        "Reset the state first: `r_t * h_prev` has the shape of h_prev.",
        "Put that where h_prev stood in the affine map: `(r_t * h_prev) @ W_hn.T + b_hn`. b_hn is "
        "not reset here.",
    ),
)

# --- convention_gap --------------------------------------------------------------------------


def _gap(*a):
    return np.abs(_after(*a) - _before(*a)).max()


def _opposite_candidates(rng, sign):
    """Return inputs whose two candidates differ in sign in every unit, the after above for +1."""
    inputs = _inputs(rng, 3, 2, ())
    b_in = sign * tidy(rng, 2, low=0.4, high=0.9)
    still = {"x_t": np.zeros(3), "h_prev": np.zeros(2), "r_t": tidy(rng, 2, low=0.1, high=0.2)}
    return inputs | still | {"b_in": b_in, "b_hn": -2.2 * b_in}


def _gap_cases(rng):
    drawn = [Case("values", _opposite_candidates(rng, sign)) for sign in (1, -1)]
    return [*grid(_inputs)(rng), *drawn]


CONVENTION_GAP = Exercise(
    name="convention_gap",
    points=2,
    reference=lambda x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn: _gap(
        x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn
    ),
    cases=_gap_cases,
    mistakes=(
        Mistake(
            "abs_forgotten",
            lambda *a: (_after(*a) - _before(*a)).max(),
            "The largest signed difference: a large negative one is lost. Take np.abs first, then "
            "the maximum.",
        ),
        Mistake(
            "abs_forgotten_other_order",
            lambda *a: (_before(*a) - _after(*a)).max(),
            "The largest signed difference: a large negative one is lost. Take np.abs first, then "
            "the maximum.",
        ),
        Mistake(
            "abs_of_the_maximum",
            lambda *a: abs((_after(*a) - _before(*a)).max()),
            "You take the maximum first and then its absolute value: a large negative difference "
            "is lost. `np.abs` goes inside: np.abs(after - before).max().",
        ),
        Mistake(
            "maximum_forgotten",
            lambda *a: np.abs(_after(*a) - _before(*a)),
            "A difference for every unit comes back. Asked for is the largest of all of them, one "
            "number: `.max()`.",
        ),
        Mistake(
            "mean_for_maximum",
            lambda *a: np.abs(_after(*a) - _before(*a)).mean(),
            "This is the mean of the differences. Asked for is the largest one: `.max()`.",
        ),
        Mistake(
            "norm_for_maximum",
            lambda *a: np.linalg.norm(_after(*a) - _before(*a)),
            "This is the Euclidean norm of the difference. Asked for is its largest component: "
            "`np.abs(...).max()`.",
        ),
        Mistake(
            "difference_of_the_largest_sizes",
            lambda *a: np.abs(_after(*a)).max() - np.abs(_before(*a)).max(),
            "You take the largest of each candidate first and then subtract: the two may belong to "
            "different units. Subtract unit by unit first, then take the largest size.",
        ),
        Mistake(
            "distance_of_the_largest_sizes",
            lambda *a: abs(np.abs(_after(*a)).max() - np.abs(_before(*a)).max()),
            "You take the largest of each candidate first and then subtract: the two may belong to "
            "different units. Subtract unit by unit first, then take the largest size.",
        ),
        Mistake(
            "difference_of_the_sizes",
            lambda *a: np.abs(np.abs(_after(*a)) - np.abs(_before(*a))).max(),
            "You take np.abs of each candidate and then subtract: 0.5 and -0.5 would not differ. "
            "Subtract first.",
        ),
        Mistake(
            "difference_of_the_maxima",
            lambda *a: np.abs(_after(*a).max() - _before(*a).max()),
            "You take the two maxima first and then their difference. Subtract unit by unit "
            "first, then take the largest.",
        ),
    ),
    hints=(
        "Call your two candidates with the same arguments and subtract.",
        "The gap is the largest of the absolute differences between (3) and (3'), over "
        "units and rows.",
        "`np.abs(after - before).max()`: over all units and, for a batch, all rows.",
    ),
)

CHAPTER = Chapter(
    "03_candidate_state",
    "3 · The candidate state",
    35,
    (CANDIDATE_RESET_AFTER, CANDIDATE_RESET_BEFORE, CONVENTION_GAP),
)
