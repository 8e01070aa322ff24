"""Chapter 6, back through one cell: from dh_t to dx_t, dh_prev and twelve gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake, Step
from autograder.course.cases import DIFFERENCES, STEEP, tidy
from autograder.course.chapters.ch04_cell import tidy_params
from autograder.course.chapters.ch06_flow import (
    Flow,
    Inputs,
    all_of,
    backward,
    da_n_of,
    da_z_of,
    dh_prev_of,
    dx_of,
    flow_from,
    flow_of,
    grads_of,
    slope,
    u_of,
)
from gru_ref.cell import GRUParams, StepValues, sigmoid, step_backward, step_values

# Mistakes in dh_prev and dx_t: a path is left out.


def _path_through_r_missing(*inputs):
    s, f = flow_of(inputs)
    dh_prev = s.dh_t * s.z_t + f.du @ s.p.W_hn + f.da_z @ s.p.W_hz
    return dx_of(s, f), dh_prev, grads_of(s, f)


def _path_through_z_missing(*inputs):
    s, f = flow_of(inputs)
    dh_prev = s.dh_t * s.z_t + f.du @ s.p.W_hn + f.da_r @ s.p.W_hr
    return dx_of(s, f), dh_prev, grads_of(s, f)


def _path_through_n_missing(*inputs):
    s, f = flow_of(inputs)
    dh_prev = s.dh_t * s.z_t + f.da_r @ s.p.W_hr + f.da_z @ s.p.W_hz
    return dx_of(s, f), dh_prev, grads_of(s, f)


def _direct_path_missing(*inputs):
    s, f = flow_of(inputs)
    dh_prev = f.du @ s.p.W_hn + f.da_r @ s.p.W_hr + f.da_z @ s.p.W_hz
    return dx_of(s, f), dh_prev, grads_of(s, f)


def _paths_through_both_gates_missing(*inputs):
    s, f = flow_of(inputs)
    return dx_of(s, f), s.dh_t * s.z_t + f.du @ s.p.W_hn, grads_of(s, f)


def _direct_path_only(*inputs):
    s, f = flow_of(inputs)
    return dx_of(s, f), s.dh_t * s.z_t, grads_of(s, f)


def _dx_through_the_candidate_only(*inputs):
    s, f = flow_of(inputs)
    return f.da_n @ s.p.W_in, dh_prev_of(s, f), grads_of(s, f)


# Mistakes in dn_t and da_n; what comes after them is right.


def _z_for_1_minus_z(*inputs):
    s = Inputs(*inputs)
    da_n = s.dh_t * s.z_t * (1 - s.n_t**2)
    return all_of(s, flow_from(s, da_z_of(s), da_n))


def _one_minus_z_missing(*inputs):
    s = Inputs(*inputs)
    da_n = s.dh_t * (1 - s.n_t**2)
    return all_of(s, flow_from(s, da_z_of(s), da_n))


def _tanh_applied_again(*inputs):
    s = Inputs(*inputs)
    da_n = s.dh_t * (1 - s.z_t) * (1 - np.tanh(s.n_t) ** 2)
    return all_of(s, flow_from(s, da_z_of(s), da_n))


def _slope_of_tanh_missing(*inputs):
    s = Inputs(*inputs)
    da_n = s.dh_t * (1 - s.z_t)
    return all_of(s, flow_from(s, da_z_of(s), da_n))


# Mistakes in da_z, in da_r, in both.


def _dz_of_the_wrong_sign(*inputs):
    s, f = flow_of(inputs)
    da_z = s.dh_t * (s.n_t - s.h_prev) * slope(s.z_t)
    return all_of(s, f._replace(da_z=da_z))


def _slope_missing_for_z(*inputs):
    s, f = flow_of(inputs)
    da_z = s.dh_t * (s.h_prev - s.n_t)
    return all_of(s, f._replace(da_z=da_z))


def _slope_missing_for_r(*inputs):
    s, f = flow_of(inputs)
    return all_of(s, f._replace(da_r=f.da_n * u_of(s)))


def _slope_of_sigmoid_missing(*inputs):
    s, f = flow_of(inputs)
    return all_of(s, f._replace(da_r=f.da_n * u_of(s), da_z=s.dh_t * (s.h_prev - s.n_t)))


def _sigmoid_applied_again(*inputs):
    s, f = flow_of(inputs)
    da_r = f.da_n * u_of(s) * slope(sigmoid(s.r_t))
    da_z = s.dh_t * (s.h_prev - s.n_t) * slope(sigmoid(s.z_t))
    return all_of(s, f._replace(da_r=da_r, da_z=da_z))


def _slope_of_tanh_missing_in_dr(*inputs):
    s, f = flow_of(inputs)
    dn_t = s.dh_t * (1 - s.z_t)
    return all_of(s, f._replace(da_r=dn_t * u_of(s) * slope(s.r_t)))


def _n_for_u(*inputs):
    s, f = flow_of(inputs)
    return all_of(s, f._replace(da_r=f.da_n * s.n_t * slope(s.r_t)))


def _h_for_u(*inputs):
    s, f = flow_of(inputs)
    return all_of(s, f._replace(da_r=f.da_n * s.h_prev * slope(s.r_t)))


def _b_hn_forgotten_in_u(*inputs):
    s, f = flow_of(inputs)
    u_t = s.h_prev @ s.p.W_hn.T
    return all_of(s, f._replace(da_r=f.da_n * u_t * slope(s.r_t)))


# Mistakes in du and in the gradients of p.


def _r_missing_from_b_hn_and_W_hn(*inputs):
    s, f = flow_of(inputs)
    return all_of(s, f._replace(du=f.da_n))


def _r_missing_from_b_hn(*inputs):
    s, f = flow_of(inputs)
    return dx_of(s, f), dh_prev_of(s, f), grads_of(s, f)._replace(b_hn=f.da_n.sum(0))


def _dW_transposed(*inputs):
    dx_t, dh_prev, grads = backward(*inputs)
    return dx_t, dh_prev, GRUParams(*(dW.T for dW in grads[:6]), *grads[6:])


def _biases_averaged(*inputs):
    dx_t, dh_prev, grads = backward(*inputs)
    return dx_t, dh_prev, GRUParams(*grads[:6], *(db / len(dx_t) for db in grads[6:]))


def _cell_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1, 1), ("values", 1, 2, 1), ("values", 1, 1, 2), ("values", 1, 2, 2)]
    sizes += [("values", 2, 2, 2), ("edge sizes", 2, 1, 3), ("values", 3, 3, 2)]
    sizes += [("values", 4, 3, 3), ("stability", 2, 2, 3)]
    cases = []
    for aspect, N, D, H in sizes:
        x_t, h_prev = tidy(rng, N, D, low=-1, high=1), tidy(rng, N, H, low=-1, high=1)
        p = tidy_params(rng, D, H)
        v = step_values(x_t, h_prev, p)
        cases.append(
            Case(
                aspect,
                {
                    "dh_t": tidy(rng, N, H) * (STEEP if aspect == "stability" else 1),
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


def _chung(*inputs, before=True):
    """Return the gradients of h_t = (1 - z_t) h_{t-1} + z_t n_t, the reset before or after."""
    s = Inputs(*inputs)
    da_n = s.dh_t * s.z_t * (1 - s.n_t**2)
    da_z = s.dh_t * (s.n_t - s.h_prev) * slope(s.z_t)
    du = da_n if before else da_n * s.r_t
    back = du @ s.p.W_hn  # to r h_{t-1}, or to h_{t-1}
    da_r = (back * s.h_prev if before else da_n * u_of(s)) * slope(s.r_t)
    f = Flow(da_r, da_z, da_n, du)
    dh_prev = s.dh_t * (1 - s.z_t) + back * (s.r_t if before else 1)
    grads = grads_of(s, f)
    if before:
        grads = grads._replace(W_hn=du.T @ (s.r_t * s.h_prev))
    return dx_of(s, f), dh_prev + da_r @ s.p.W_hr + da_z @ s.p.W_hz, grads


def _reset_before(*inputs):
    s = Inputs(*inputs)
    back = da_n_of(s) @ s.p.W_hn
    f = Flow(back * s.h_prev * slope(s.r_t), da_z_of(s), da_n_of(s), da_n_of(s))
    grads = grads_of(s, f)._replace(W_hn=f.du.T @ (s.r_t * s.h_prev))
    dh_prev = s.dh_t * s.z_t + back * s.r_t + f.da_r @ s.p.W_hr + f.da_z @ s.p.W_hz
    return dx_of(s, f), dh_prev, grads


def _of_gru_ref(dh_t, x_t, h_prev, r_t, z_t, n_t, p):
    h_t = (1 - z_t) * n_t + z_t * h_prev  # (4)
    return tuple(step_backward(dh_t, x_t, h_prev, StepValues(r_t, z_t, n_t, h_t), p))


def _of_flow(value: Callable[[Inputs, Flow], np.ndarray]) -> Callable[[dict], np.ndarray]:
    """Return a value on the way back as a function of a case's inputs."""
    return lambda inputs: value(*flow_of(tuple(inputs.values())))


STEPS = (
    Step("dz_t", _of_flow(lambda s, f: s.dh_t * (s.h_prev - s.n_t)),
         "dz_t = dh_t ⊙ (h_{t-1} - n_t)", beside="da_z"),
    Step("dn_t", _of_flow(lambda s, f: s.dh_t * (1 - s.z_t)),
         "dn_t = dh_t ⊙ (1 - z_t)", beside="da_n"),
    Step("da_n", _of_flow(lambda s, f: f.da_n), "da_n = dn_t ⊙ (1 - n_t²)", "db_in"),
    Step("u_t", _of_flow(lambda s, f: u_of(s)), "u_t = W_hn h_{t-1} + b_hn"),
    Step("du", _of_flow(lambda s, f: f.du), "du_t = da_n ⊙ r_t", "db_hn"),
    Step("dr_t", _of_flow(lambda s, f: f.da_n * u_of(s)), "dr_t = da_n ⊙ u_t", beside="da_r"),
    Step("da_r", _of_flow(lambda s, f: f.da_r), "da_r = dr_t ⊙ r_t ⊙ (1 - r_t)", "db_ir"),
    Step("da_z", _of_flow(lambda s, f: f.da_z), "da_z = dz_t ⊙ z_t ⊙ (1 - z_t)", "db_iz"),
)  # fmt: skip


def _terms(inputs: dict) -> dict[str, dict[str, np.ndarray]]:
    """Return what arrives at dx_t and at dh_prev, path by path."""
    s, f = flow_of(tuple(inputs.values()))
    return {
        "dx_t": {
            "da_r @ W_ir": f.da_r @ s.p.W_ir,
            "da_z @ W_iz": f.da_z @ s.p.W_iz,
            "da_n @ W_in": f.da_n @ s.p.W_in,
        },
        "dh_prev": {
            "dh_t * z_t": s.dh_t * s.z_t,
            "da_r @ W_hr": f.da_r @ s.p.W_hr,
            "da_z @ W_hz": f.da_z @ s.p.W_hz,
            "du @ W_hn": f.du @ s.p.W_hn,
        },
    }


GRU_CELL_BACKWARD = Exercise(
    name="gru_cell_backward",
    points=5,
    **DIFFERENCES,
    reference=_of_gru_ref,
    outputs=("dx_t", "dh_prev", "grads"),
    cases=_cell_cases,
    steps=STEPS,
    terms=_terms,
    mistakes=(
        Mistake(
            "chung_cell",
            _chung,
            "These are the gradients of the cell as Chung 2014 and many courses write it: z_t and "
            "1 - z_t swapped, and the reset before the product. Here h_t = (1 - z_t) ⊙ n_t + "
            "z_t ⊙ h_{t-1}, and r_t ⊙ (W_hn h_{t-1} + b_hn) stands inside tanh.",
        ),
        Mistake(
            "z_and_1_minus_z_swapped",
            lambda *inputs: _chung(*inputs, before=False),
            "These are the gradients of h_t = (1 - z_t) ⊙ h_{t-1} + z_t ⊙ n_t. Equation (4) is "
            "h_t = (1 - z_t) ⊙ n_t + z_t ⊙ h_{t-1}: dn_t, dz_t and the direct path change.",
        ),
        Mistake(
            "reset_before",
            _reset_before,
            "These are the gradients of a cell with the reset before the product, (3'). In (3) "
            "r_t multiplies u_t = W_hn h_{t-1} + b_hn: dr_t = da_n ⊙ u_t, du_t = da_n ⊙ r_t.",
        ),
        Mistake(
            "path_through_r_missing",
            _path_through_r_missing,
            "dh_prev misses the path through the reset gate: add da_r @ W_hr.",
        ),
        Mistake(
            "path_through_z_missing",
            _path_through_z_missing,
            "dh_prev misses the path through the update gate: add da_z @ W_hz.",
        ),
        Mistake(
            "path_through_n_missing",
            _path_through_n_missing,
            "dh_prev misses the path through the candidate: add (da_n ⊙ r_t) @ W_hn.",
        ),
        Mistake(
            "direct_path_missing",
            _direct_path_missing,
            "dh_prev misses the direct path: by equation (4), h_{t-1} enters h_t with the weight "
            "z_t, so add dh_t ⊙ z_t.",
        ),
        Mistake(
            "paths_through_both_gates_missing",
            _paths_through_both_gates_missing,
            "dh_prev misses the paths through both gates: add da_r @ W_hr and da_z @ W_hz. (This "
            "is article D's formula.)",
        ),
        Mistake(
            "direct_path_only",
            _direct_path_only,
            "dh_prev has only the direct path dh_t ⊙ z_t. Three more lead back, through r_t, z_t "
            "and n_t.",
        ),
        Mistake(
            "r_missing_from_b_hn_and_W_hn",
            _r_missing_from_b_hn_and_W_hn,
            "dW_hn, db_hn and dh_prev lack the factor r_t: by (3), W_hn h_{t-1} + b_hn is "
            "multiplied by r_t, so its gradient is da_n ⊙ r_t.",
        ),
        Mistake(
            "r_missing_from_b_hn",
            _r_missing_from_b_hn,
            "db_hn lacks the factor r_t: b_hn stands inside the reset of (3), b_in does not. Sum "
            "da_n ⊙ r_t.",
        ),
        Mistake(
            "dz_of_the_wrong_sign",
            _dz_of_the_wrong_sign,
            "Everything that flows through z_t has the wrong sign: dz_t = dh_t ⊙ (h_{t-1} - n_t).",
        ),
        Mistake(
            "sigmoid_applied_again",
            _sigmoid_applied_again,
            "The slope of σ is taken at the wrong place: r_t and z_t are already σ(a), so the "
            "slopes are r_t (1 - r_t) and z_t (1 - z_t).",
        ),
        Mistake(
            "slope_of_sigmoid_missing",
            _slope_of_sigmoid_missing,
            "The gates' slopes are missing: da_r = dr_t ⊙ r_t (1 - r_t), and da_z likewise.",
        ),
        Mistake(
            "slope_missing_for_r",
            _slope_missing_for_r,
            "The reset gate's slope is missing: da_r = dr_t ⊙ r_t (1 - r_t), sigmoid_backward.",
        ),
        Mistake(
            "slope_missing_for_z",
            _slope_missing_for_z,
            "The update gate's slope is missing: da_z = dz_t ⊙ z_t (1 - z_t), sigmoid_backward.",
        ),
        Mistake(
            "slope_of_tanh_missing_in_dr",
            _slope_of_tanh_missing_in_dr,
            "dr_t lacks the slope of tanh: r_t acts inside the tanh of (3), so dr_t = da_n ⊙ u_t, "
            "not dn_t ⊙ u_t.",
        ),
        Mistake(
            "n_for_u",
            _n_for_u,
            "dr_t is da_n times what r_t multiplies in (3). That is u_t = W_hn h_{t-1} + b_hn, not "
            "n_t.",
        ),
        Mistake(
            "tanh_applied_again",
            _tanh_applied_again,
            "The slope of tanh is taken at the wrong place: n_t is already tanh(a), so the slope "
            "is 1 - n_t².",
        ),
        Mistake(
            "slope_of_tanh_missing",
            _slope_of_tanh_missing,
            "The slope of tanh is missing: da_n = dn_t ⊙ (1 - n_t²).",
        ),
        Mistake(
            "z_for_1_minus_z",
            _z_for_1_minus_z,
            "dn_t carries z_t. By (4) n_t enters h_t with the weight 1 - z_t.",
        ),
        Mistake(
            "one_minus_z_missing",
            _one_minus_z_missing,
            "dn_t lacks its weight: by (4) n_t enters h_t as (1 - z_t) ⊙ n_t.",
        ),
        Mistake(
            "b_hn_forgotten_in_u",
            _b_hn_forgotten_in_u,
            "dr_t is wrong: r_t multiplies W_hn h_{t-1} + b_hn, with the bias.",
        ),
        Mistake(
            "h_for_u",
            _h_for_u,
            "dr_t is da_n times what r_t multiplies in (3). That is W_hn h_{t-1} + b_hn, not "
            "h_{t-1}.",
        ),
        Mistake(
            "dW_transposed",
            _dW_transposed,
            "The gradients of the weights are transposed. dW_ir has the shape of W_ir, (H, D): "
            "da_r.T @ x_t.",
        ),
        Mistake(
            "biases_averaged",
            _biases_averaged,
            "The gradients of the biases are averaged over the batch. They are summed: "
            "da.sum(axis=0).",
        ),
        Mistake(
            "dx_through_the_candidate_only",
            _dx_through_the_candidate_only,
            "dx_t has only the path through the candidate. x_t feeds both gates too: add "
            "da_r @ W_ir and da_z @ W_iz.",
        ),
    ),
    hints=(
        "Look at where each of z_t, n_t, r_t and h_{t-1} is used in equations (1) to (4). A "
        "gradient comes back from every such place.",
        "Go from the end to the front: blend_backward gives dz_t, dn_t and the direct part of "
        "dh_prev; tanh_backward turns dn_t into da_n. Inside tanh stands r_t ⊙ u with "
        "u = W_hn h_{t-1} + b_hn: da_n ⊙ u is dr_t, and da_n ⊙ r_t is du.",
        "With da_r and da_z from sigmoid_backward, call product_backward six times: (da_r, x_t, "
        "W_ir), (da_r, h_prev, W_hr), (da_z, ...), (da_n, x_t, W_in), (du, h_prev, W_hn). Add up "
        "what arrives at x_t, and at h_prev (four terms).",
    ),
)
