"""Chapter 6, back through one cell: from dh_t to dx_t, dh_prev and twelve gradients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import tidy
from autograder.course.chapters.ch04_cell import tidy_params
from gru_ref.cell import (
    GRUParams,
    StepValues,
    sigmoid,
    step_backward,
    step_values,
)


class Knobs(NamedTuple):
    """What a backward pass does right; each mistake turns one of them."""

    through_r: bool = True
    through_z: bool = True
    through_n: bool = True
    direct: bool = True
    dz_sign: float = 1.0
    dn_weight: str = "1-z"
    sigma: str = "s(1-s)"
    tanh: str = "1-n2"
    du: str = "r"
    u: str = "full"
    dW: str = "right"
    db: str = "sum"
    db_hn: str = "du"
    dx: str = "all"
    slope_r: bool = True
    slope_z: bool = True
    dr_from: str = "da_n"


RIGHT = Knobs()


def backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p, k: Knobs = RIGHT):
    """Return dx_t, dh_prev and the gradients of the twelve arrays of p."""
    u = h_prev @ p.W_hn.T + (p.b_hn if k.u == "full" else 0)
    if k.u in ("h", "n"):
        u = h_prev if k.u == "h" else n_t
    slope = {
        "s(1-s)": lambda s: s * (1 - s),
        "again": lambda s: sigmoid(s) * (1 - sigmoid(s)),
        "none": np.ones_like,
    }[k.sigma]
    tanh_slope = {
        "1-n2": lambda n: 1 - n**2,
        "again": lambda n: 1 - np.tanh(n) ** 2,
        "none": np.ones_like,
    }[k.tanh]
    dn = dh_t * {"1-z": 1 - z_t, "z": z_t, "one": 1.0}[k.dn_weight]
    da_n = dn * tanh_slope(n_t)
    da_z = k.dz_sign * dh_t * (h_prev - n_t) * (slope(z_t) if k.slope_z else 1)
    da_r = (da_n if k.dr_from == "da_n" else dn) * u * (slope(r_t) if k.slope_r else 1)
    du = da_n * r_t if k.du == "r" else da_n
    dx = da_n @ p.W_in
    if k.dx == "all":
        dx = dx + da_r @ p.W_ir + da_z @ p.W_iz
    dh = k.direct * dh_t * z_t + k.through_n * du @ p.W_hn
    dh = dh + k.through_r * da_r @ p.W_hr + k.through_z * da_z @ p.W_hz
    add = {"sum": lambda d: d.sum(0), "mean": lambda d: d.mean(0)}[k.db]
    turn = (lambda d, v: v.T @ d) if k.dW == "transposed" else (lambda d, v: d.T @ v)
    grads = GRUParams(
        *(turn(d, x_t) for d in (da_r, da_z, da_n)),
        *(turn(d, h_prev) for d in (da_r, da_z, du)),
        *(add(d) for d in (da_r, da_z, da_n)),
        *(add(d) for d in (da_r, da_z, du if k.db_hn == "du" else da_n)),
    )
    return dx, dh, grads


def _turned(**knobs):
    k = RIGHT._replace(**knobs)
    return lambda *a: backward(*a, k)


def _cell_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1, 1), ("values", 1, 2, 1), ("values", 1, 1, 2), ("values", 1, 2, 2)]
    sizes += [
        ("values", 2, 2, 2),
        ("edge sizes", 2, 1, 3),
        ("values", 3, 3, 2),
        ("values", 4, 3, 3),
    ]
    cases = []
    for aspect, N, D, H in sizes:
        x_t, h_prev = tidy(rng, N, D, low=-1, high=1), tidy(rng, N, H, low=-1, high=1)
        p = tidy_params(rng, D, H)
        v = step_values(x_t, h_prev, p)
        cases.append(
            Case(
                aspect,
                {
                    "dh_t": tidy(rng, N, H),
                    "x_t": x_t,
                    "h_prev": h_prev,
                    "r_t": v.r_t,
                    "z_t": v.z_t,
                    "n_t": v.n_t,
                    "p": p,
                },
            )
        )
    return cases


def _of_gru_ref(dh_t, x_t, h_prev, r_t, z_t, n_t, p):
    h_t = (1 - z_t) * n_t + z_t * h_prev  # (4)
    return tuple(step_backward(dh_t, x_t, h_prev, StepValues(r_t, z_t, n_t, h_t), p))


GRU_CELL_BACKWARD = Exercise(
    name="gru_cell_backward",
    points=5,
    reference=_of_gru_ref,
    outputs=("dx_t", "dh_prev", "grads"),
    cases=_cell_cases,
    mistakes=(
        Mistake(
            "path_through_r_missing",
            _turned(through_r=False),
            "dh_prev misses the path through the reset gate: add da_r @ W_hr.",
        ),
        Mistake(
            "path_through_z_missing",
            _turned(through_z=False),
            "dh_prev misses the path through the update gate: add da_z @ W_hz.",
        ),
        Mistake(
            "path_through_n_missing",
            _turned(through_n=False),
            "dh_prev misses the path through the candidate: add (da_n ⊙ r_t) @ W_hn.",
        ),
        Mistake(
            "direct_path_missing",
            _turned(direct=False),
            "dh_prev misses the direct path: by equation (4), h_{t-1} enters h_t with the weight "
            "z_t, so add dh_t ⊙ z_t.",
        ),
        Mistake(
            "paths_through_both_gates_missing",
            _turned(through_r=False, through_z=False),
            "dh_prev misses the paths through both gates: add da_r @ W_hr and da_z @ W_hz. (This "
            "is article D's formula.)",
        ),
        Mistake(
            "direct_path_only",
            _turned(through_r=False, through_z=False, through_n=False),
            "dh_prev has only the direct path dh_t ⊙ z_t. Three more lead back, through r_t, z_t "
            "and n_t.",
        ),
        Mistake(
            "r_missing_from_b_hn_and_W_hn",
            _turned(du="none"),
            "dW_hn, db_hn and dh_prev lack the factor r_t: by (3), W_hn h_{t-1} + b_hn is "
            "multiplied by r_t, so its gradient is da_n ⊙ r_t.",
        ),
        Mistake(
            "r_missing_from_b_hn",
            _turned(db_hn="da_n"),
            "db_hn lacks the factor r_t: b_hn stands inside the reset of (3), b_in does not. Sum "
            "da_n ⊙ r_t.",
        ),
        Mistake(
            "dz_of_the_wrong_sign",
            _turned(dz_sign=-1.0),
            "Everything that flows through z_t has the wrong sign: dz_t = dh_t ⊙ (h_{t-1} - n_t).",
        ),
        Mistake(
            "sigmoid_applied_again",
            _turned(sigma="again"),
            "The slope of σ is taken at the wrong place: r_t and z_t are already σ(a), so the "
            "slopes are r_t (1 - r_t) and z_t (1 - z_t).",
        ),
        Mistake(
            "slope_of_sigmoid_missing",
            _turned(sigma="none"),
            "The gates' slopes are missing: da_r = dr_t ⊙ r_t (1 - r_t), and da_z likewise.",
        ),
        Mistake(
            "slope_missing_for_r",
            _turned(slope_r=False),
            "The reset gate's slope is missing: da_r = dr_t ⊙ r_t (1 - r_t), sigmoid_backward.",
        ),
        Mistake(
            "slope_missing_for_z",
            _turned(slope_z=False),
            "The update gate's slope is missing: da_z = dz_t ⊙ z_t (1 - z_t), sigmoid_backward.",
        ),
        Mistake(
            "slope_of_tanh_missing_in_dr",
            _turned(dr_from="dn"),
            "dr_t lacks the slope of tanh: r_t acts inside the tanh of (3), so dr_t = da_n ⊙ u_t, "
            "not dn_t ⊙ u_t.",
        ),
        Mistake(
            "n_for_u",
            _turned(u="n"),
            "dr_t is da_n times what r_t multiplies in (3). That is u_t = W_hn h_{t-1} + b_hn, not "
            "n_t.",
        ),
        Mistake(
            "tanh_applied_again",
            _turned(tanh="again"),
            "The slope of tanh is taken at the wrong place: n_t is already tanh(a), so the slope "
            "is 1 - n_t².",
        ),
        Mistake(
            "slope_of_tanh_missing",
            _turned(tanh="none"),
            "The slope of tanh is missing: da_n = dn_t ⊙ (1 - n_t²).",
        ),
        Mistake(
            "z_for_1_minus_z",
            _turned(dn_weight="z"),
            "dn_t carries z_t. By (4) n_t enters h_t with the weight 1 - z_t.",
        ),
        Mistake(
            "one_minus_z_missing",
            _turned(dn_weight="one"),
            "dn_t lacks its weight: by (4) n_t enters h_t as (1 - z_t) ⊙ n_t.",
        ),
        Mistake(
            "b_hn_forgotten_in_u",
            _turned(u="no bias"),
            "dr_t is wrong: r_t multiplies W_hn h_{t-1} + b_hn, with the bias.",
        ),
        Mistake(
            "h_for_u",
            _turned(u="h"),
            "dr_t is da_n times what r_t multiplies in (3). That is W_hn h_{t-1} + b_hn, not "
            "h_{t-1}.",
        ),
        Mistake(
            "dW_transposed",
            _turned(dW="transposed"),
            "The gradients of the weights are transposed. dW_ir has the shape of W_ir, (H, D): "
            "da_r.T @ x_t.",
        ),
        Mistake(
            "biases_averaged",
            _turned(db="mean"),
            "The gradients of the biases are averaged over the batch. They are summed: "
            "da.sum(axis=0).",
        ),
        Mistake(
            "dx_through_the_candidate_only",
            _turned(dx="n"),
            "dx_t has only the path through the candidate. x_t feeds both gates too: add "
            "da_r @ W_ir and da_z @ W_iz.",
        ),
    ),
    hints=(
        "Go from the end to the front: blend_backward gives dz_t, dn_t and the direct part of "
        "dh_prev; tanh_backward turns dn_t into da_n. Inside tanh stands r_t ⊙ u with "
        "u = W_hn h_{t-1} + b_hn: da_n ⊙ u is dr_t, and da_n ⊙ r_t is du.",
        "With da_r and da_z from sigmoid_backward, call product_backward six times: (da_r, x_t, "
        "W_ir), (da_r, h_prev, W_hr), (da_z, ...), (da_n, x_t, W_in), (du, h_prev, W_hn). Add up "
        "what arrives at x_t, and at h_prev (four terms).",
    ),
)
