"""Chapter 6: backpropagation through time, one local derivative at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autograder.core.exercise import Case, Chapter, Exercise, Mistake
from autograder.course.cases import grid, sequences, tidy
from autograder.course.chapters.ch05_sequences import params
from autograder.course.example_functions import Example
from gru_ref.cell import (
    GRUParams,
    StepValues,
    sigmoid,
    step,
    step_backward,
    step_values,
    zeros,
)

# --- sigmoid_backward and tanh_backward ------------------------------------------------------


def _sigmoid_backward(s, ds):
    return ds * s * (1 - s)


def _tanh_backward(n, dn):
    return dn * (1 - n**2)


def _pair(first: str, low: float):
    def make(rng, D, H, lead):
        return {first: tidy(rng, *lead, H, low=low, high=0.9), f"d{first}": tidy(rng, *lead, H)}

    return grid(make, state="", large=(f"d{first}",))


SIGMOID_BACKWARD = Exercise(
    name="sigmoid_backward",
    points=1,
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
    ),
)

TANH_BACKWARD = Exercise(
    name="tanh_backward",
    points=1,
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
    reference=_blend_backward,
    outputs=("dz_t", "dn_t", "dh_prev"),
    cases=grid(_blend_inputs, large=("dh_t",)),
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
    ),
)

# --- product_backward ------------------------------------------------------------------------


def _product_backward(da, v, W):
    return da @ W, da.T @ v, da.sum(0)


def _product_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1, 1), ("values", 1, 2, 1), ("values", 1, 1, 2), ("values", 1, 2, 2)]
    sizes += [("batch", 2, 2, 2), ("batch", 3, 1, 2), ("batch", 3, 3, 2), ("edge sizes", 1, 3, 1)]
    sizes += [("values", 1, 3, 2), ("batch", 2, 3, 4)]
    return [
        Case(aspect, {"da": tidy(rng, N, H), "v": tidy(rng, N, D), "W": tidy(rng, H, D)})
        for aspect, N, D, H in sizes
    ]


PRODUCT_BACKWARD = Exercise(
    name="product_backward",
    points=3,
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
        "dv = da @ W, dW = da.T @ v, db = da.sum(axis=0).",
    ),
)

# --- gru_cell_backward -----------------------------------------------------------------------


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
        p = params(rng, D, H)
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

# --- gru_backward ----------------------------------------------------------------------------


class Over(NamedTuple):
    """What a backward pass over time does right; each mistake turns one of them."""

    recurrent: str = "all"  # what flows from step t + 1 into step t
    losses: str = "all"  # at which steps the loss enters
    sums: str = "sum"
    h: str = "prev"
    start: str = "h_0"
    scale: str = "one"
    order: str = "back"


def backward_over_time(dh, x, h_0, p, k: Over = Over(), window=None):  # noqa: B008
    """Return dx, dh_0 and the gradients of p for a loss gradient dh at every step."""
    T = len(x)
    hs = [h_0 if k.start == "h_0" else 0 * h_0]
    for x_t in x:
        hs.append(step(x_t, hs[-1], p))
    dx, total = np.zeros_like(x), zeros(x.shape[2], h_0.shape[1])
    flow = np.zeros_like(h_0)
    for t in range(T) if k.order == "forward" else reversed(range(T)):
        if window is not None and (t + 1) % int(window) == 0:
            flow = np.zeros_like(flow)  # the chunk ends here: nothing flows in from behind
        h_prev = hs[t]
        v = step_values(x[t], h_prev, p)
        arriving = dh[t] if k.losses == "all" or t == T - 1 else 0 * dh[t]
        arriving = arriving + (flow if k.recurrent != "none" else 0)
        seen = hs[t + 1] if k.h == "own" else h_prev
        dx[t], back, grads = backward(arriving, x[t], seen, v.r_t, v.z_t, v.n_t, p)
        if k.recurrent == "direct":
            back = arriving * v.z_t
        flow = flow + back if k.recurrent == "piled up" else back
        if k.sums == "last":
            total = grads
        else:
            total = GRUParams(*(a + b for a, b in zip(total, grads, strict=True)))
    if k.scale == "T":
        total = GRUParams(*(a / T for a in total))
    return dx, flow, total


def _timed(**knobs):
    k = Over()._replace(**knobs)
    return lambda dh, x, h_0, p: backward_over_time(dh, x, h_0, p, k)


def _bptt_inputs(rng, T, N, D, H):
    return {
        "dh": tidy(rng, T, N, H, low=-1, high=1),
        "x": tidy(rng, T, N, D, low=-1, high=1),
        "h_0": tidy(rng, N, H, low=-1, high=1),
        "p": params(rng, D, H),
    }


GRU_BACKWARD = Exercise(
    name="gru_backward",
    points=5,
    reference=lambda dh, x, h_0, p: backward_over_time(dh, x, h_0, p),
    outputs=("dx", "dh_0", "grads"),
    cases=sequences(_bptt_inputs, large=()),
    mistakes=(
        Mistake(
            "overwritten_not_accumulated",
            _timed(sums="last"),
            "The gradients of the weights are those of one step only: you overwrite them (`=`). "
            "The same weights act at every step, so the steps' gradients are added (`+=`).",
        ),
        Mistake(
            "nothing_flows_back",
            _timed(recurrent="none"),
            "Each step gets its own loss only. What step t + 1 sends back, its dh_prev, must be "
            "added to dh[t] before step t is taken.",
        ),
        Mistake(
            "loss_of_the_last_step_only",
            _timed(losses="last"),
            "Only the last step's loss enters. Every step has one: add dh[t] at each t.",
        ),
        Mistake(
            "direct_path_only_over_time",
            _timed(recurrent="direct"),
            "Between steps you send back z_t ⊙ dh_t only. Send the whole dh_prev of "
            "gru_cell_backward, with the paths through r, z and n.",
        ),
        Mistake(
            "flow_piled_up",
            _timed(recurrent="piled up"),
            "You add each step's dh_prev to what was already flowing. It replaces it: the earlier "
            "flow has passed through the cell and is contained in it.",
        ),
        Mistake(
            "state_after_the_step",
            _timed(h="own"),
            "You hand h_t to step t where h_{t-1} is due. With states h_1 to h_T stored at 0 to "
            "T - 1, the state before step t is at t - 1, and h_0 before the first.",
        ),
        Mistake(
            "h_0_ignored",
            _timed(start="zeros"),
            "The forward pass inside starts from zeros: start it from h_0.",
        ),
        Mistake(
            "time_runs_forward",
            _timed(order="forward"),
            "Your loop runs from the first step to the last. A gradient flows from the last step "
            "to the first: reversed(range(T)).",
        ),
        Mistake(
            "averaged_over_time",
            _timed(scale="T"),
            "The gradients of the weights are divided by T. They are sums over the steps; an "
            "average, where there is one, is already in dh.",
        ),
    ),
    hints=(
        "First run forward and keep h_0 to h_T. Then go backwards in time with a running "
        "dh_next, zeros at the start: at step t the gradient that arrives is dh[t] + dh_next.",
        "`dx[t], dh_next, g = gru_cell_backward(dh[t] + dh_next, x[t], h[t], r, z, n, p)`, where "
        "h[t] is the state *before* step t; add g to the sums, field by field. After the loop "
        "dh_next is dh_0.",
    ),
)

# --- directional_derivative ------------------------------------------------------------------


def _central(f, x, v, eps):
    return np.asarray((f(x + eps * v) - f(x - eps * v)) / (2 * eps))


def _direction_cases(rng: np.random.Generator) -> list[Case]:
    shapes = [("edge sizes", (1,)), ("values", (2,)), ("values", (3,)), ("values", (2, 2))]
    shapes += [("edge sizes", (1, 1)), ("values", (4,))]
    names = list(Example.FUNCTIONS)
    return [
        Case(
            aspect,
            {
                "f": Example(names[i % len(names)]),
                "x": tidy(rng, *shape),
                "v": tidy(rng, *shape, low=-1, high=1),
                "eps": np.array(0.1 if i % 2 == 0 else 0.01),
            },
        )
        for i, (aspect, shape) in enumerate(shapes)
    ]


def _in_place(f, x, v, eps):
    x += eps * v
    above = f(x)
    x -= 2 * eps * v
    return (above - f(x)) / (2 * eps)


DIRECTIONAL_DERIVATIVE = Exercise(
    name="directional_derivative",
    points=2,
    reference=_central,
    cases=_direction_cases,
    mistakes=(
        Mistake(
            "one_sided",
            lambda f, x, v, eps: (f(x + eps * v) - f(x)) / eps,
            "This is the one-sided quotient; its error is of the order of eps. Step to both sides: "
            "(f(x + eps v) - f(x - eps v)) / (2 eps), with an error of the order of eps².",
        ),
        Mistake(
            "factor_of_two",
            lambda f, x, v, eps: (f(x + eps * v) - f(x - eps * v)) / eps,
            "Twice what is due: the two points lie 2 eps apart, not eps.",
        ),
        Mistake(
            "brackets_forgotten",
            lambda f, x, v, eps: (f(x + eps * v) - f(x - eps * v)) / 2 * eps,
            "Brackets are missing: `/ 2 * eps` divides by 2 and multiplies by eps. Write "
            "`/ (2 * eps)`.",
        ),
        Mistake(
            "not_divided",
            lambda f, x, v, eps: f(x + eps * v) - f(x - eps * v),
            "This is a difference, not a derivative: divide it by 2 eps.",
        ),
        Mistake(
            "direction_normalised",
            lambda f, x, v, eps: _central(f, x, v / np.linalg.norm(v), eps),
            "You scale v to length 1. The derivative along v is v · grad f for v as it is.",
        ),
        Mistake(
            "wrong_sign",
            lambda f, x, v, eps: -_central(f, x, v, eps),
            "The sign is wrong: the value at x + eps v comes first.",
        ),
        Mistake(
            "x_changed_in_place",
            _in_place,
            "The numbers are nearly right, but x is changed in place (`+=`) and does not come back "
            "as it was. Compute x + eps * v as a new array.",
        ),
    ),
    hints=(
        "Two evaluations of f, at x + eps v and at x - eps v.",
        "Divide their difference by the distance between the two points in units of v.",
    ),
)

# --- truncated_bptt --------------------------------------------------------------------------


def _truncated(dh, x, h_0, p, window):
    return backward_over_time(dh, x, h_0, p, window=window)[2]


def _restarted(dh, x, h_0, p, window):
    w, total = int(window), zeros(x.shape[2], h_0.shape[1])
    for a in range(0, len(x), w):
        g = backward_over_time(dh[a : a + w], x[a : a + w], 0 * h_0 if a else h_0, p)[2]
        total = GRUParams(*(s + d for s, d in zip(total, g, strict=True)))
    return total


def _from_h_0(dh, x, h_0, p, window):
    w, total = int(window), zeros(x.shape[2], h_0.shape[1])
    for a in range(0, len(x), w):
        g = backward_over_time(dh[a : a + w], x[a : a + w], h_0, p)[2]
        total = GRUParams(*(s + d for s, d in zip(total, g, strict=True)))
    return total


def _no_short_window(dh, x, h_0, p, window):
    T = len(x) // int(window) * int(window)
    return _truncated(dh[:T], x[:T], h_0, p, window)


def _counted_from_the_end(dh, x, h_0, p, window):
    w, T = int(window), len(x)
    hs = [h_0]
    for x_t in x:
        hs.append(step(x_t, hs[-1], p))
    total, b = zeros(x.shape[2], h_0.shape[1]), T
    while b > 0:
        a = max(0, b - w)
        g = backward_over_time(dh[a:b], x[a:b], hs[a], p)[2]
        total = GRUParams(*(s + d for s, d in zip(total, g, strict=True)))
        b = a
    return total


def _last_window(dh, x, h_0, p, window):
    w, h = int(window), h_0
    a = ((len(x) - 1) // w) * w
    for x_t in x[:a]:
        h = step(x_t, h, p)
    return backward_over_time(dh[a:], x[a:], h, p)[2]


def _window_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1, 1, 1, 1), ("values", 2, 1, 1, 1, 1), ("values", 3, 1, 1, 2, 2)]
    sizes += [("edge sizes", 3, 1, 2, 2, 5), ("values", 4, 2, 2, 2, 2), ("values", 5, 2, 2, 3, 2)]
    sizes += [("values", 5, 3, 3, 2, 3)]
    return [
        Case(aspect, _bptt_inputs(rng, T, N, D, H) | {"window": np.array(w)})
        for aspect, T, N, D, H, w in sizes
    ]


TRUNCATED_BPTT = Exercise(
    name="truncated_bptt",
    points=3,
    reference=_truncated,
    cases=_window_cases,
    mistakes=(
        Mistake(
            "window_ignored",
            lambda dh, x, h_0, p, window: backward_over_time(dh, x, h_0, p)[2],
            "This is the full gradient: the window is not used. Nothing flows back across the "
            "border between two windows.",
        ),
        Mistake(
            "state_restarted",
            _restarted,
            "Each window starts from a zero state. The state *is* carried over the border; only "
            "the gradient stops there.",
        ),
        Mistake(
            "every_window_from_h_0",
            _from_h_0,
            "Each window starts from h_0. It starts from the last state of the window before.",
        ),
        Mistake(
            "short_last_window_dropped",
            _no_short_window,
            "The last window is left out where it is shorter than the others. It counts too.",
        ),
        Mistake(
            "only_the_last_window",
            _last_window,
            "Only the last window's gradient comes back. Every window contributes: add them up.",
        ),
        Mistake(
            "counted_from_the_end",
            _counted_from_the_end,
            "Your windows are counted from the end of the sequence. They start at step 0: the "
            "*last* one may be shorter.",
        ),
        Mistake(
            "one_step_windows",
            lambda dh, x, h_0, p, window: _truncated(dh, x, h_0, p, 1),
            "No gradient flows back at all, not even within a window.",
        ),
    ),
    hints=(
        "Cut x and dh into pieces of `window` steps, from the start. Each piece is a short "
        "sequence for gru_backward.",
        "Carry the state from piece to piece: the next h_0 is the last state of gru_forward. Add "
        "the pieces' grads; throw away their dh_0.",
    ),
)

CHAPTER = Chapter(
    "06_bptt",
    "6 · Backpropagation through time",
    90,
    (
        SIGMOID_BACKWARD,
        TANH_BACKWARD,
        BLEND_BACKWARD,
        PRODUCT_BACKWARD,
        GRU_CELL_BACKWARD,
        GRU_BACKWARD,
        DIRECTIONAL_DERIVATIVE,
        TRUNCATED_BPTT,
    ),
)
