"""Chapter 10, affine maps: two of them joined, and T of them scanned."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import STEEP, many_digits, tidy
from gru_ref import scan

# --- compose ---------------------------------------------------------------------------------


def apply(A: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Return A h, for one matrix or a stack of them."""
    return (A @ h[..., None])[..., 0]


def _transposed(A):
    return np.swapaxes(A, -1, -2)


def _compose_inputs(rng, lead, H):
    maps = [("A_2", (H, H)), ("b_2", (H,)), ("A_1", (H, H)), ("b_1", (H,))]
    return {name: tidy(rng, *lead, *shape) for name, shape in maps}


def _compose_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", (), 1), ("values", (), 2), ("values", (), 2), ("values", (), 3)]
    sizes += [("edge sizes", (1,), 1), ("batch", (1,), 2), ("batch", (2,), 2), ("batch", (3,), 2)]
    sizes += [("batch", (2,), 3), ("batch", (3, 2), 2), ("values", (), 4)]
    cases = [Case(aspect, _compose_inputs(rng, lead, H)) for aspect, lead, H in sizes]
    cases[-1] = Case("values", {k: many_digits(a) for k, a in cases[-1].inputs.items()})
    steep = {name: STEEP * a for name, a in _compose_inputs(rng, (3,), 3).items()}
    return [*cases, Case("stability", steep)]


COMPOSE = Exercise(
    name="compose",
    points=2,
    reference=lambda A_2, b_2, A_1, b_1: scan.compose(A_2, b_2, A_1, b_1),
    outputs=("A", "b"),
    cases=_compose_cases,
    mistakes=(
        Mistake(
            "order_of_composition",
            lambda A_2, b_2, A_1, b_1: (A_1 @ A_2, apply(A_1, b_2) + b_1),
            "This is map 2 first and then map 1. Map 1 comes first: its result, A_1 h + b_1, goes "
            "through map 2.",
        ),
        Mistake(
            "order_of_the_product",
            lambda A_2, b_2, A_1, b_1: (A_1 @ A_2, apply(A_2, b_1) + b_2),
            "A is A_1 A_2, and due is A_2 A_1: the map that comes first stands on the right, next "
            "to the state. Your b is right.",
        ),
        Mistake(
            "b_not_mapped",
            lambda A_2, b_2, A_1, b_1: (A_2 @ A_1, b_1 + b_2),
            "b_1 does not pass through map 2. In A_2 (A_1 h + b_1) + b_2 the bracket holds b_1, so "
            "A_2 multiplies it too.",
        ),
        Mistake(
            "wrong_b_mapped",
            lambda A_2, b_2, A_1, b_1: (A_2 @ A_1, apply(A_2, b_2) + b_1),
            "A_2 multiplies b_2, and due is A_2 b_1 + b_2: b_1 stands in the bracket, b_2 outside.",
        ),
        Mistake(
            "b_mapped_by_its_own_matrix",
            lambda A_2, b_2, A_1, b_1: (A_2 @ A_1, apply(A_1, b_1) + b_2),
            "b_1 is multiplied by A_1. It is added after A_1 has acted, and then A_2 acts on it.",
        ),
        Mistake(
            "b_2_forgotten",
            lambda A_2, b_2, A_1, b_1: (A_2 @ A_1, apply(A_2, b_1)),
            "b_2 is missing: b = A_2 b_1 + b_2.",
        ),
        Mistake(
            "star_for_matrix_product",
            lambda A_2, b_2, A_1, b_1: (A_2 * A_1, apply(A_2, b_1) + b_2),
            "`*` multiplies the matrices place by place. One map after the other is a matrix "
            "product: `A_2 @ A_1`.",
        ),
        Mistake(
            "matrix_transposed",
            lambda A_2, b_2, A_1, b_1: (A_2 @ A_1, apply(_transposed(A_2), b_1) + b_2),
            "A_2 is transposed in A_2 b_1. For one vector it is `A_2 @ b_1`, for a stack "
            "`(A_2 @ b_1[..., None])[..., 0]`.",
        ),
        Mistake(
            "fails_for_a_stack",
            lambda A_2, b_2, A_1, b_1: (A_2 @ A_1, A_2 @ b_1 + b_2),
            "Right for one map, wrong for a stack of them: `A_2 @ b_1` takes the rows of b_1 for "
            "the columns of one matrix. Give b_1 a last axis of 1 for the product and take it away "
            "again: `(A_2 @ b_1[..., None])[..., 0]`.",
        ),
    ),
    hints=(
        "Write A_2 (A_1 h + b_1) + b_2 out. What multiplies h? What is left?",
        "A is A_2 A_1, `A_2 @ A_1`, for a stack too: `@` works on the last two axes.",
        "b is A_2 b_1 + b_2. For a stack of vectors: `(A_2 @ b_1[..., None])[..., 0] + b_2`.",
    ),
)

# --- linear_scan -----------------------------------------------------------------------------


def loop(A: np.ndarray, b: np.ndarray, h_0: np.ndarray) -> np.ndarray:
    """Return h_1 to h_T of h_t = A_t h_{t-1} + b_t, step by step."""
    h, out = h_0, []
    for A_t, b_t in zip(A, b, strict=True):
        h = apply(A_t, h) + b_t
        out.append(h)
    return np.array(out)


def _pairs_in_the_wrong_order(A, b, h_0):
    if len(b) == 0:
        return b
    h = np.zeros_like(b)
    pairs = scan.compose(A[:-1:2], b[:-1:2], A[1::2], b[1::2])
    h[1::2] = _pairs_in_the_wrong_order(*pairs, h_0)
    h[::2] = apply(A[::2], np.concatenate([h_0[None], h[1:-1:2]])) + b[::2]
    return h


def _odd_last_step(A, b, h_0):
    h = loop(A, b, h_0)
    if len(h) % 2:
        h[-1] = 0
    return h


def _every_second(A, b, h_0):
    h = loop(A, b, h_0)
    h[2::2] = b[2::2]
    return h


def _scan_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, (), 1), ("values", 2, (), 1), ("values", 3, (), 1)]
    sizes += [("edge sizes", 1, (), 2), ("values", 2, (), 2), ("values", 3, (), 2)]
    sizes += [
        ("values", 4, (), 3),
        ("values", 5, (), 2),
        ("values", 7, (), 3),
        ("values", 8, (), 2),
    ]
    sizes += [("edge sizes", 6, (), 1), ("batch", 3, (2,), 2), ("batch", 2, (1,), 1)]
    sizes += [("batch", 6, (4,), 1), ("values", 13, (), 3), ("stability", 5, (), 3)]
    cases = []
    for aspect, T, lead, H in sizes:
        size = STEEP if aspect == "stability" else 1.0
        inputs = {
            "A": tidy(rng, T, *lead, H, H, low=-1, high=1),
            "b": size * tidy(rng, T, *lead, H, low=-1, high=1),
            "h_0": size * tidy(rng, *lead, H, low=-1, high=1),
        }
        cases.append(Case(aspect, inputs))
    return cases


LINEAR_SCAN = Exercise(
    name="linear_scan",
    points=4,
    reference=lambda A, b, h_0: scan.linear_scan(A, b, h_0),
    cases=_scan_cases,
    mistakes=(
        Mistake(
            "product_order_in_the_scan",
            _pairs_in_the_wrong_order,
            "The pairs are joined in the wrong order. Step 1 comes before step 2, so the later map "
            "is the first argument: `compose(A[1::2], b[1::2], A[:-1:2], b[:-1:2])`.",
        ),
        Mistake(
            "odd_T",
            _odd_last_step,
            "For an odd T the last state is missing: the last step has no partner. It is among "
            "those that follow a pair, `h[::2]`.",
        ),
        Mistake(
            "every_second_state",
            _every_second,
            "The states after the pairs, h_3, h_5, ..., lack what the state before them brings: "
            "apply A_t to h_{t-1}, and add b_t.",
        ),
        Mistake(
            "h_0_ignored",
            lambda A, b, h_0: loop(A, b, 0 * h_0),
            "h_0 is ignored: the first step is A_1 h_0 + b_1, and the scan of pairs starts from "
            "h_0 too.",
        ),
        Mistake(
            "states_before_the_step",
            lambda A, b, h_0: np.concatenate([h_0[None], loop(A, b, h_0)])[:-1],
            "These are h_0 to h_{T-1}. Return the states after each step, h_1 to h_T.",
        ),
        Mistake(
            "b_summed",
            lambda A, b, h_0: h_0 + np.cumsum(b, axis=0),
            "The b_t are summed and A does nothing: what came before is multiplied by A_t at every "
            "step.",
        ),
        Mistake(
            "matrices_transposed",
            lambda A, b, h_0: loop(_transposed(A), b, h_0),
            "A_t is transposed: a step is A_t h_{t-1} + b_t, with the vector on the right.",
        ),
        Mistake(
            "one_step_late",
            lambda A, b, h_0: loop(np.concatenate([A[:1], A[:-1]]), b, h_0),
            "A_{t-1} stands where A_t is due: the matrix of a step is the one with the same t as "
            "its b_t.",
        ),
    ),
    hints=(
        "With every second state known, the others are one step away: h_3 from h_2, h_5 from h_4. "
        "And every second state is a scan of half the length, over pairs of steps.",
        "The pairs: `compose(A[1::2], b[1::2], A[:-1:2], b[:-1:2])`, the later map first. Their "
        "scan, from the same h_0, is `h[1::2]`. It ends where there is nothing to scan, T = 0.",
        "Before the steps `h[::2]` stand h_0 and `h[1:-1:2]`: "
        "`before = np.concatenate([h_0[None], h[1:-1:2]])`, and then "
        "`h[::2] = (A[::2] @ before[..., None])[..., 0] + b[::2]`.",
    ),
)
