"""Chapter 6, back through time: all of it, or window by window."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import DIFFERENCES, STEEP, sequences, tidy
from autograder.course.chapters.ch04_cell import tidy_params
from autograder.course.chapters.ch05_forward import forward
from autograder.course.chapters.ch06_flow import backward
from gru_ref.cell import GRUParams, step_values, zeros

# --- gru_backward ----------------------------------------------------------------------------


def _start(x, h_0, p):
    """Return h_0 to h_T, and zeros for dx, the gradient that flows back and those of p."""
    h = [h_0, *forward(x, h_0, p)]
    return h, np.zeros_like(x), np.zeros_like(h_0), zeros(x.shape[2], h_0.shape[1])


def _cell(dh_t, x_t, h_prev, p):
    r_t, z_t, n_t, _ = step_values(x_t, h_prev, p)
    return backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p)


def _plus(grads, g):
    return GRUParams(*(a + b for a, b in zip(grads, g, strict=True)))


def backward_over_time(dh, x, h_0, p):
    """Return dx, dh_0 and the gradients of p for a loss gradient dh at every step."""
    h, dx, dh_next, grads = _start(x, h_0, p)
    for t in reversed(range(len(x))):
        dx[t], dh_next, g = _cell(dh[t] + dh_next, x[t], h[t], p)
        grads = _plus(grads, g)
    return dx, dh_next, grads


def _overwritten_not_accumulated(dh, x, h_0, p):
    h, dx, dh_next, grads = _start(x, h_0, p)
    for t in reversed(range(len(x))):
        dx[t], dh_next, grads = _cell(dh[t] + dh_next, x[t], h[t], p)
    return dx, dh_next, grads


def _nothing_flows_back(dh, x, h_0, p):
    h, dx, dh_next, grads = _start(x, h_0, p)
    for t in reversed(range(len(x))):
        dx[t], dh_next, g = _cell(dh[t], x[t], h[t], p)
        grads = _plus(grads, g)
    return dx, dh_next, grads


def _loss_of_the_last_step_only(dh, x, h_0, p):
    last = np.zeros_like(dh)
    last[-1] = dh[-1]
    return backward_over_time(last, x, h_0, p)


def _direct_path_only_over_time(dh, x, h_0, p):
    h, dx, dh_next, grads = _start(x, h_0, p)
    for t in reversed(range(len(x))):
        dh_t = dh[t] + dh_next
        dx[t], _, g = _cell(dh_t, x[t], h[t], p)
        dh_next, grads = step_values(x[t], h[t], p).z_t * dh_t, _plus(grads, g)
    return dx, dh_next, grads


def _flow_piled_up(dh, x, h_0, p):
    h, dx, dh_next, grads = _start(x, h_0, p)
    for t in reversed(range(len(x))):
        dx[t], dh_prev, g = _cell(dh[t] + dh_next, x[t], h[t], p)
        dh_next, grads = dh_next + dh_prev, _plus(grads, g)
    return dx, dh_next, grads


def _state_after_the_step(dh, x, h_0, p):
    h, dx, dh_next, grads = _start(x, h_0, p)
    for t in reversed(range(len(x))):
        r_t, z_t, n_t, h_t = step_values(x[t], h[t], p)
        dx[t], dh_next, g = backward(dh[t] + dh_next, x[t], h_t, r_t, z_t, n_t, p)
        grads = _plus(grads, g)
    return dx, dh_next, grads


def _last_state_at_every_step(dh, x, h_0, p):
    h, dx, dh_next, grads = _start(x, h_0, p)
    for t in reversed(range(len(x))):
        r_t, z_t, n_t, _ = step_values(x[t], h[t], p)
        dx[t], dh_next, g = backward(dh[t] + dh_next, x[t], h[-1], r_t, z_t, n_t, p)
        grads = _plus(grads, g)
    return dx, dh_next, grads


def _own_loss_after_the_step(dh, x, h_0, p):
    h, dx, _, grads = _start(x, h_0, p)
    dh_next = dh[-1]
    for t in reversed(range(len(x))):
        dx[t], dh_prev, g = _cell(dh_next, x[t], h[t], p)
        dh_next, grads = dh_prev + dh[t], _plus(grads, g)
    return dx, dh_next, grads


def _h_0_at_every_step(dh, x, h_0, p):
    h, dx, dh_next, grads = _start(x, h_0, p)
    for t in reversed(range(len(x))):
        r_t, z_t, n_t, _ = step_values(x[t], h[t], p)
        dx[t], dh_next, g = backward(dh[t] + dh_next, x[t], h_0, r_t, z_t, n_t, p)
        grads = _plus(grads, g)
    return dx, dh_next, grads


def _time_runs_forward(dh, x, h_0, p):
    h, dx, dh_next, grads = _start(x, h_0, p)
    for t in range(len(x)):
        dx[t], dh_next, g = _cell(dh[t] + dh_next, x[t], h[t], p)
        grads = _plus(grads, g)
    return dx, dh_next, grads


def _averaged_over_time(dh, x, h_0, p):
    dx, dh_0, grads = backward_over_time(dh, x, h_0, p)
    return dx, dh_0, GRUParams(*(dw / len(x) for dw in grads))


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
    **DIFFERENCES,
    reference=backward_over_time,
    outputs=("dx", "dh_0", "grads"),
    cases=sequences(_bptt_inputs, large=(), steep=("dh",)),
    mistakes=(
        Mistake(
            "overwritten_not_accumulated",
            _overwritten_not_accumulated,
            "The gradients of the weights are those of one step only: you overwrite them (`=`). "
            "The same weights act at every step, so the steps' gradients are added (`+=`).",
        ),
        Mistake(
            "nothing_flows_back",
            _nothing_flows_back,
            "Each step gets its own loss only. What step t + 1 sends back, its dh_prev, must be "
            "added to dh[t] before step t is taken.",
        ),
        Mistake(
            "loss_of_the_last_step_only",
            _loss_of_the_last_step_only,
            "Only the last step's loss enters. Every step has one: add dh[t] at each t.",
        ),
        Mistake(
            "direct_path_only_over_time",
            _direct_path_only_over_time,
            "Between steps you send back z_t ⊙ dh_t only. Send the whole dh_prev of "
            "gru_cell_backward, with the paths through r, z and n.",
        ),
        Mistake(
            "flow_piled_up",
            _flow_piled_up,
            "You add each step's dh_prev to what was already flowing. It replaces it: the earlier "
            "flow has passed through the cell and is contained in it.",
        ),
        Mistake(
            "state_after_the_step",
            _state_after_the_step,
            "You hand h_t to step t where h_{t-1} is due. With states h_1 to h_T stored at 0 to "
            "T - 1, the state before step t is at t - 1, and h_0 before the first.",
        ),
        Mistake(
            "last_state_at_every_step",
            _last_state_at_every_step,
            "Every step of your way back is handed the last state, h_T. Step t needs the state "
            "that it began with, h_{t-1}: keep all of them on the way forward.",
        ),
        Mistake(
            "own_loss_after_the_step",
            _own_loss_after_the_step,
            "You add dh[t] after step t has been taken, to what flows on to step t - 1. Step t's "
            "own loss enters before it: dh[t] plus what step t + 1 sends back.",
        ),
        Mistake(
            "h_0_at_every_step",
            _h_0_at_every_step,
            "Every step of your way back is handed h_0. Step t needs the state that it began "
            "with, h_{t-1}: keep all of them on the way forward.",
        ),
        Mistake(
            "h_0_ignored",
            lambda dh, x, h_0, p: backward_over_time(dh, x, 0 * h_0, p),
            "The forward pass inside starts from zeros: start it from h_0.",
        ),
        Mistake(
            "time_runs_forward",
            _time_runs_forward,
            "Your loop runs from the first step to the last. A gradient flows from the last step "
            "to the first: reversed(range(T)).",
        ),
        Mistake(
            "averaged_over_time",
            _averaged_over_time,
            "The gradients of the weights are divided by T. They are sums over the steps; an "
            "average, where there is one, is already in dh.",
        ),
    ),
    hints=(
        "Look at who reads h_t: the loss of step t, and step t + 1. Its gradient is the sum "
        "of both.",
        "First run forward and keep h_0 to h_T. Then go backwards in time with a running "
        "dh_next, zeros at the start: at step t the gradient that arrives is dh[t] + dh_next.",
        "`dx[t], dh_next, g = gru_cell_backward(dh[t] + dh_next, x[t], h[t], r, z, n, p)`, where "
        "h[t] is the state *before* step t; add g to the sums, field by field. After the loop "
        "dh_next is dh_0.",
    ),
)

# --- truncated_bptt --------------------------------------------------------------------------


def _windows(T, window):
    return [slice(a, a + int(window)) for a in range(0, T, int(window))]


def _summed(dh, x, p, windows, starts):
    """Return the sum of the windows' gradients, each from its own first state."""
    grads = zeros(x.shape[2], len(p.W_hr))
    for w, h in zip(windows, starts, strict=True):
        grads = _plus(grads, backward_over_time(dh[w], x[w], h, p)[2])
    return grads


def _carried(dh, x, h_0, p, windows):
    h = [h_0, *forward(x, h_0, p)]
    return _summed(dh, x, p, windows, [h[w.start] for w in windows])


def _truncated(dh, x, h_0, p, window):
    return _carried(dh, x, h_0, p, _windows(len(x), window))


def _state_restarted(dh, x, h_0, p, window):
    windows = _windows(len(x), window)
    return _summed(dh, x, p, windows, [h_0 if w.start == 0 else 0 * h_0 for w in windows])


def _every_window_from_h_0(dh, x, h_0, p, window):
    windows = _windows(len(x), window)
    return _summed(dh, x, p, windows, [h_0 for _ in windows])


def _short_last_window_dropped(dh, x, h_0, p, window):
    T = len(x) // int(window) * int(window)
    return _truncated(dh[:T], x[:T], h_0, p, window)


def _only_the_last_window(dh, x, h_0, p, window):
    return _carried(dh, x, h_0, p, _windows(len(x), window)[-1:])


def _counted_from_the_end(dh, x, h_0, p, window):
    w = int(window)
    return _carried(dh, x, h_0, p, [slice(max(0, b - w), b) for b in range(len(x), 0, -w)])


def _windows_overlap(dh, x, h_0, p, window):
    return _carried(dh, x, h_0, p, [slice(a, a + int(window)) for a in range(len(x))])


def _windows_averaged(dh, x, h_0, p, window):
    many = len(_windows(len(x), window))
    return GRUParams(*(g / many for g in _truncated(dh, x, h_0, p, window)))


def _state_not_carried_to_the_end(dh, x, h_0, p, window):
    windows = _windows(len(x), window)
    h = [h_0, *forward(x, h_0, p)]
    return _summed(dh, x, p, windows, [h[max(0, w.start - 1)] for w in windows])


def _window_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1, 1, 1, 1), ("values", 2, 1, 1, 1, 1), ("values", 3, 1, 1, 2, 2)]
    sizes += [("edge sizes", 3, 1, 2, 2, 5), ("values", 4, 2, 2, 2, 2), ("values", 5, 2, 2, 3, 2)]
    sizes += [("values", 5, 3, 3, 2, 3), ("stability", 5, 2, 2, 3, 3)]
    cases = []
    for aspect, T, N, D, H, w in sizes:
        inputs = _bptt_inputs(rng, T, N, D, H) | {"window": np.array(w)}
        inputs["dh"] = inputs["dh"] * (STEEP if aspect == "stability" else 1)
        cases.append(Case(aspect, inputs))
    return cases


TRUNCATED_BPTT = Exercise(
    name="truncated_bptt",
    points=3,
    **DIFFERENCES,
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
            _state_restarted,
            "Each window starts from a zero state. The state *is* carried over the border; only "
            "the gradient stops there.",
        ),
        Mistake(
            "every_window_from_h_0",
            _every_window_from_h_0,
            "Each window starts from h_0. It starts from the last state of the window before.",
        ),
        Mistake(
            "short_last_window_dropped",
            _short_last_window_dropped,
            "The last window is left out where it is shorter than the others. It counts too.",
        ),
        Mistake(
            "only_the_last_window",
            _only_the_last_window,
            "Only the last window's gradient comes back. Every window contributes: add them up.",
        ),
        Mistake(
            "counted_from_the_end",
            _counted_from_the_end,
            "Your windows are counted from the end of the sequence. They start at step 0: the "
            "*last* one may be shorter.",
        ),
        Mistake(
            "windows_overlap",
            _windows_overlap,
            "A window begins at every step, so that they overlap and a step is counted again and "
            "again. The next one begins where the last one ended: range(0, T, window).",
        ),
        Mistake(
            "windows_averaged",
            _windows_averaged,
            "The sum is divided by the number of windows. The windows' gradients are added up.",
        ),
        Mistake(
            "state_one_step_early",
            _state_not_carried_to_the_end,
            "Each window starts from the state before the last one of the window before it. It "
            "starts from the very last.",
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
        "`for a in range(0, len(x), window)`: the piece is `x[a : a + window]`, its gradient is "
        "gru_backward's from h on. Then `h = gru_forward(piece, h, p)[-1]`, and the sums grow by "
        "`s + d`, field by field.",
    ),
)
