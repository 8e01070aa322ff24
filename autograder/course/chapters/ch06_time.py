"""Chapter 6, back through time: all of it, or window by window."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import sequences, tidy
from autograder.course.chapters.ch04_cell import tidy_params
from autograder.course.chapters.ch06_cell import backward
from gru_ref.cell import (
    GRUParams,
    step,
    step_values,
    zeros,
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
        "p": tidy_params(rng, D, H),
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
