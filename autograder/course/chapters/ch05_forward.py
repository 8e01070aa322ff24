"""Chapter 5, the cell over time, for sequences of one length and of several."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import extreme, sequences, tidy
from autograder.course.chapters.ch04_cell import tidy_params
from gru_ref.cell import GRUParams, step


def forward(x: np.ndarray, h_0: np.ndarray, p: GRUParams) -> np.ndarray:
    """Return h_1 to h_T, shape (T, N, H)."""
    h, out = h_0, []
    for x_t in x:
        h = step(x_t, h, p)
        out.append(h)
    return np.array(out)


def _inputs(rng, T, N, D, H):
    return {
        "x": tidy(rng, T, N, D, low=-1, high=1),
        "h_0": tidy(rng, N, H, low=-1, high=1),
        "p": tidy_params(rng, D, H),
    }


# --- gru_forward -----------------------------------------------------------------------------


def _batch_and_time_swapped(x, h_0, p):
    out = np.zeros(x.shape[:2] + h_0.shape[1:])
    h = h_0[0]
    for n in range(x.shape[1]):  # walks along the batch as if it were time
        h = step(x[:, n], np.broadcast_to(h, (len(x), h_0.shape[1])), p)
        out[:, n] = h
    return out


def _h_0_overwritten(x, h_0, p):
    out = np.zeros((*x.shape[:2], h_0.shape[1]))
    for t in range(len(x)):
        h_0[...] = step(x[t], h_0, p)
        out[t] = h_0
    return out


GRU_FORWARD = Exercise(
    name="gru_forward",
    points=3,
    reference=lambda x, h_0, p: forward(x, h_0, p),
    cases=sequences(_inputs),
    mistakes=(
        Mistake(
            "h_0_ignored",
            lambda x, h_0, p: forward(x, 0 * h_0, p),
            "h_0 is ignored: your first step starts from zeros. Start the loop with h = h_0.",
        ),
        Mistake(
            "h_not_carried",
            lambda x, h_0, p: np.array([step(x_t, h_0, p) for x_t in x]),
            "Every step starts from h_0. The state of one step is the h_prev of the next: "
            "`h = gru_cell(x[t], h, p)`.",
        ),
        Mistake(
            "batch_and_time_swapped",
            _batch_and_time_swapped,
            "You walk along axis 1, which is the batch. Time is the first axis of x, (T, N, D): "
            "`x[t]` is step t of all sequences.",
        ),
        Mistake(
            "time_runs_backwards",
            lambda x, h_0, p: forward(x[::-1], h_0, p),
            "Your loop runs from the last step to the first. h_t needs h_{t-1}: start at t = 0.",
        ),
        Mistake(
            "states_before_the_step",
            lambda x, h_0, p: np.concatenate([h_0[None], forward(x, h_0, p)])[:-1],
            "You store the state before each step, h_0 to h_{T-1}. Due are h_1 to h_T: store after "
            "the cell has run.",
        ),
        Mistake(
            "last_state_only",
            lambda x, h_0, p: forward(x, h_0, p)[-1],
            "Only the last state comes back. Due are all of them, one a step: (T, N, H).",
        ),
        Mistake(
            "every_row_is_the_last_state",
            lambda x, h_0, p: np.repeat(forward(x, h_0, p)[-1:], len(x), axis=0),
            "Every step holds the last state: you store the same array T times and it changes "
            "under your hands. Store a new array, or a copy, at each step.",
        ),
        Mistake(
            "h_0_overwritten",
            _h_0_overwritten,
            "The numbers are right, but h_0 itself is overwritten (`h_0[...] =`). The caller still "
            "needs it: keep the running state under a name of its own.",
        ),
    ),
    hints=(
        "Look at what one step needs from the step before it, and what the first step takes "
        "in its place.",
        "Keep a running state: `h = h_0`, then for every t `h = gru_cell(x[t], h, p)`.",
        "Collect h of every step in a list and return `np.array(...)` of it, or fill an array of "
        "zeros of shape (T, N, H).",
    ),
)

# --- gru_forward_lengths ---------------------------------------------------------------------


def _lengths(x, lengths, h_0, p):
    h, out = h_0, []
    for t, x_t in enumerate(x):
        alive = (t < lengths)[:, None]
        h = np.where(alive, step(x_t, h, p), h)
        out.append(np.where(alive, h, 0))
    return np.array(out), h


# aspect, T, D, H, the lengths, what stands in the padding. They are not sorted, the first is not
# the longest, and in some cases the longest is shorter than T.
LENGTHS = (
    ("edge sizes", 1, 1, 1, (1,), "numbers"),
    ("values", 2, 1, 1, (1,), "numbers"),
    ("values", 3, 1, 1, (2,), "numbers"),
    ("values", 2, 1, 2, (1, 2), "numbers"),
    ("values", 2, 2, 2, (1, 2), "numbers"),  # T = N = D = H: a swapped axis computes here
    ("values", 3, 2, 2, (2, 1, 2), "numbers"),  # the longest is shorter than T
    ("values", 4, 3, 2, (2, 4, 1), "numbers"),
    ("stability", 3, 1, 2, (2, 1), "nan"),
    ("stability", 2, 1, 2, (1, 2), "large"),
    ("edge sizes", 1, 2, 3, (1, 1), "numbers"),
    ("edge sizes", 4, 2, 3, (3,), "numbers"),
    ("values", 3, 3, 3, (2, 3, 3), "zeros"),
    ("values", 5, 2, 3, (3, 1, 4, 2), "numbers"),
    ("values", 3, 2, 3, (3, 3), "numbers"),
)


def _length_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for aspect, T, D, H, lengths, padding in LENGTHS:
        inputs = _inputs(rng, T, len(lengths), D, H)
        x, over = inputs["x"], np.arange(T)[:, None] >= np.array(lengths)
        if padding == "large":
            x, p = extreme(x.shape), inputs["p"]  # the first step makes a state of exactly 1
            inputs["p"] = p._replace(W_in=np.abs(p.W_in), W_iz=-np.abs(p.W_iz))
        if padding in ("nan", "zeros"):
            x = np.where(over[..., None], np.nan if padding == "nan" else 0.0, x)
            inputs["h_0"].flat[0] = 1.0  # at which 1 - h is 0
        cases.append(
            Case(
                aspect,
                {"x": x, "lengths": np.array(lengths), "h_0": inputs["h_0"], "p": inputs["p"]},
            )
        )
    return cases


def _mask_multiplied(x, lengths, h_0, p):
    h, out = h_0, []
    for t, x_t in enumerate(x):
        alive = (t < lengths)[:, None]
        h = alive * step(x_t, h, p) + (1 - alive) * h
        out.append(alive * h)
    return np.array(out), h


def _outputs_multiplied_by_the_mask(x, lengths, h_0, p):
    alive = (np.arange(len(x))[:, None] < lengths)[..., None]
    return forward(x, h_0, p) * alive, _lengths(x, lengths, h_0, p)[1]


def _one_step_too_many(x, lengths, h_0, p):
    return _lengths(x, lengths + 1, h_0, p)


def _state_zeroed_in_the_padding(x, lengths, h_0, p):
    h, out = h_0, []
    for t, x_t in enumerate(x):
        h = step(x_t, h, p) * (t < lengths)[:, None]
        out.append(h)
    return np.array(out), h


def _output_not_zero_in_the_padding(x, lengths, h_0, p):
    out, h = _lengths(x, lengths, h_0, p)
    alive = (np.arange(len(x))[:, None] < lengths)[..., None]
    return np.where(alive, out, h), h


def _last_state_reads_the_padding(x, lengths, h_0, p):
    out = forward(x, h_0, p)
    alive = (np.arange(len(x))[:, None] < lengths)[..., None]
    return np.where(alive, out, 0), out[-1]


def _lengths_ignored(x, lengths, h_0, p):
    out = forward(x, h_0, p)
    return out, out[-1]


GRU_FORWARD_LENGTHS = Exercise(
    name="gru_forward_lengths",
    points=4,
    reference=_lengths,
    outputs=("h", "h_last"),
    cases=_length_cases,
    mistakes=(
        Mistake(
            "mask_multiplied",
            _mask_multiplied,
            "Right, unless the padding holds NaN: 0 times NaN is NaN, so a mask that multiplies "
            "lets the padding through. `np.where(alive, new, h)` chooses, and looks at nothing "
            "else.",
        ),
        Mistake(
            "outputs_multiplied_by_the_mask",
            _outputs_multiplied_by_the_mask,
            "h_last is right, and h too unless the padding holds NaN: 0 times NaN is NaN, so "
            "outputs that are multiplied by the mask keep it. `np.where(alive, h, 0)` chooses.",
        ),
        Mistake(
            "lengths_ignored",
            _lengths_ignored,
            "The lengths are not used: every sequence runs to step T, through its padding. "
            "Sequence n stops after lengths[n] steps.",
        ),
        Mistake(
            "padding_set_to_zero_and_read",
            lambda x, lengths, h_0, p: _lengths_ignored(
                x * (np.arange(len(x))[:, None] < lengths)[..., None], lengths, h_0, p
            ),
            "You set the padding to 0 and read it all the same. Zeros are an input like any other: "
            "the cell must not act on a sequence that is over.",
        ),
        Mistake(
            "last_state_reads_the_padding",
            _last_state_reads_the_padding,
            "h is right; h_last is the state at step T, after the padding has been read. Due is "
            "the state at each sequence's own last step: keep the old h where a sequence is over.",
        ),
        Mistake(
            "state_zeroed_in_the_padding",
            _state_zeroed_in_the_padding,
            "h_last is 0 for the sequences that end early: either the running state is multiplied "
            "by the mask, or h_last is read from a padded row. A sequence's state stays as it was "
            "after its own last step: np.where(alive, new, h).",
        ),
        Mistake(
            "output_not_zero_in_the_padding",
            _output_not_zero_in_the_padding,
            "h_last is right; h must be 0 in the padding, after a sequence's last step. You let "
            "the last state stand there.",
        ),
        Mistake(
            "one_step_too_many",
            _one_step_too_many,
            "One step too many: with t counted from 0, a sequence is alive while t < lengths[n], "
            "not t <= lengths[n].",
        ),
        Mistake(
            "one_step_too_few",
            lambda x, lengths, h_0, p: _lengths(x, lengths - 1, h_0, p),
            "One step too few: with t counted from 0, the last step of sequence n is "
            "lengths[n] - 1, and it counts: alive while t < lengths[n].",
        ),
        Mistake(
            "h_0_ignored",
            lambda x, lengths, h_0, p: _lengths(x, lengths, 0 * h_0, p),
            "h_0 is ignored: the first step starts from zeros.",
        ),
    ),
    hints=(
        "Look at a sequence that is over: what must its state be from then on, and what is "
        "stored for those steps?",
        "Run the cell for all sequences at every step, and then decide row by row whether the "
        "result counts: `alive = (t < lengths)[:, None]`.",
        "`h = np.where(alive, new, h)` freezes the state of a sequence that is over, and "
        "`np.where(alive, new, 0)` is what you store. After the loop h is h_last.",
    ),
)
