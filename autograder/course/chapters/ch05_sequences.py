"""Chapter 5: the cell over time; lengths, layers, directions; parameters and the loss."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Chapter, Exercise, Mistake
from autograder.course.cases import sequences, tidy
from gru_ref.cell import GRUParams, param_shapes, step


def params(rng: np.random.Generator, D: int, H: int) -> GRUParams:
    """Return small tidy parameters."""
    return GRUParams(*(tidy(rng, *s, low=-1, high=1) for s in param_shapes(D, H)))


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
        "p": params(rng, D, H),
    }


# --- gru_forward -----------------------------------------------------------------------------


def _batch_first(x, h_0, p):
    out = np.zeros(x.shape[:2] + h_0.shape[1:])
    h = h_0[0]
    for n in range(x.shape[1]):  # walks along the batch as if it were time
        h = step(x[:, n], np.broadcast_to(h, (len(x), h_0.shape[1])), p)
        out[:, n] = h
    return out


def _overwritten_h_0(x, h_0, p):
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
            _batch_first,
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
            _overwritten_h_0,
            "The numbers are right, but h_0 itself is overwritten (`h_0[...] =`). The caller still "
            "needs it: keep the running state under a name of its own.",
        ),
    ),
    hints=(
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


def _length_inputs(rng, T, N, D, H):
    inputs = _inputs(rng, T, N, D, H)
    lengths = rng.integers(1, T + 1, N)
    lengths[0] = T
    if N > 1:
        lengths[-1] = 1
    return {"x": inputs["x"], "lengths": lengths, "h_0": inputs["h_0"], "p": inputs["p"]}


def _off_by_one(x, lengths, h_0, p):
    return _lengths(x, lengths + 1, h_0, p)


def _zeroed_state(x, lengths, h_0, p):
    h, out = h_0, []
    for t, x_t in enumerate(x):
        h = step(x_t, h, p) * (t < lengths)[:, None]
        out.append(h)
    return np.array(out), h


def _padded_outputs(x, lengths, h_0, p):
    out, h = _lengths(x, lengths, h_0, p)
    alive = (np.arange(len(x))[:, None] < lengths)[..., None]
    return np.where(alive, out, h), h


def _padding_read(x, lengths, h_0, p):
    out = forward(x, h_0, p)
    alive = (np.arange(len(x))[:, None] < lengths)[..., None]
    return np.where(alive, out, 0), out[-1]


def _longest_for_all(x, lengths, h_0, p):
    out = forward(x, h_0, p)
    return out, out[-1]


GRU_FORWARD_LENGTHS = Exercise(
    name="gru_forward_lengths",
    points=4,
    reference=_lengths,
    outputs=("h", "h_last"),
    cases=sequences(_length_inputs),
    mistakes=(
        Mistake(
            "lengths_ignored",
            _longest_for_all,
            "The lengths are not used: every sequence runs to step T, through its padding. "
            "Sequence n stops after lengths[n] steps.",
        ),
        Mistake(
            "padding_set_to_zero_and_read",
            lambda x, lengths, h_0, p: _longest_for_all(
                x * (np.arange(len(x))[:, None] < lengths)[..., None], lengths, h_0, p
            ),
            "You set the padding to 0 and read it all the same. Zeros are an input like any other: "
            "the cell must not act on a sequence that is over.",
        ),
        Mistake(
            "last_state_reads_the_padding",
            _padding_read,
            "h is right; h_last is the state at step T, after the padding has been read. Due is "
            "the state at each sequence's own last step: keep the old h where a sequence is over.",
        ),
        Mistake(
            "state_zeroed_in_the_padding",
            _zeroed_state,
            "h_last is 0 for the sequences that end early: either the running state is multiplied "
            "by the mask, or h_last is read from a padded row. A sequence's state stays as it was "
            "after its own last step: np.where(alive, new, h).",
        ),
        Mistake(
            "output_not_zero_in_the_padding",
            _padded_outputs,
            "h_last is right; h must be 0 in the padding, after a sequence's last step. You let "
            "the last state stand there.",
        ),
        Mistake(
            "one_step_too_many",
            _off_by_one,
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
        "Run the cell for all sequences at every step, and then decide row by row whether the "
        "result counts: `alive = (t < lengths)[:, None]`.",
        "`h = np.where(alive, new, h)` freezes the state of a sequence that is over, and "
        "`np.where(alive, new, 0)` is what you store. After the loop h is h_last.",
    ),
)

# --- stacked_gru -----------------------------------------------------------------------------


def _stacked(x, h_0, layers):
    last = []
    for h, p in zip(h_0, layers, strict=True):
        x = forward(x, h, p)
        last.append(x[-1])
    return x, np.array(last)


def _stacked_inputs(rng, T, N, D, H):
    L = 2
    return {
        "x": tidy(rng, T, N, D, low=-1, high=1),
        "h_0": tidy(rng, L, N, H, low=-1, high=1),
        "layers": tuple(params(rng, D if i == 0 else H, H) for i in range(L)),
    }


def _first_layer_only(x, h_0, layers):
    out = forward(x, h_0[0], layers[0])
    return out, np.array([out[-1]] * len(h_0))


def _same_x(x, h_0, layers):
    outs = [forward(x, h, p) for h, p in zip(h_0, layers, strict=True)]
    return outs[-1], np.array([o[-1] for o in outs])


def _one_h_0(x, h_0, layers):
    return _stacked(x, np.stack([h_0[0]] * len(h_0)), layers)


def _last_as_start(x, h_0, layers):
    h, last = h_0[0], []
    for p in layers:
        x = forward(x, h, p)
        h = x[-1]
        last.append(h)
    return x, np.array(last)


def _last_layers_state_only(x, h_0, layers):
    out, last = _stacked(x, h_0, layers)
    return out, np.array([last[-1]] * len(last))


STACKED_GRU = Exercise(
    name="stacked_gru",
    points=3,
    reference=_stacked,
    outputs=("h", "h_last"),
    cases=sequences(_stacked_inputs),
    mistakes=(
        Mistake(
            "every_layer_reads_x",
            _same_x,
            "Every layer reads x. Only the first does: the input of a layer is the whole output "
            "sequence of the layer below.",
        ),
        Mistake(
            "first_layer_only",
            _first_layer_only,
            "Only the first layer runs. Its output sequence is the input of the next layer.",
        ),
        Mistake(
            "one_h_0_for_all_layers",
            _one_h_0,
            "All layers start from h_0[0]. Layer l starts from h_0[l]: h_0 is (L, N, H).",
        ),
        Mistake(
            "layer_starts_from_the_last_state_below",
            _last_as_start,
            "The second layer starts from the last state of the first. States run along time, not "
            "up the layers: layer l starts from h_0[l].",
        ),
        Mistake(
            "last_state_of_the_top_layer_only",
            _last_layers_state_only,
            "h is right; h_last holds the top layer's state in every row. Due is the last state of "
            "each layer, (L, N, H).",
        ),
    ),
    hints=(
        "One layer is your gru_forward. Its output (T, N, H) has the shape of an input.",
        "Loop over layers: `x = gru_forward(x, h_0[l], layers[l])`, and collect `x[-1]`.",
    ),
)

# --- bidirectional_gru -----------------------------------------------------------------------


def _both(x, h_0, p, q, flip_in=True, flip_out=True, second=1):
    there = forward(x, h_0[0], p)
    back = forward(x[::-1] if flip_in else x, h_0[second], q)
    return np.concatenate([there, back[::-1] if flip_out else back], axis=-1)


def _both_inputs(rng, T, N, D, H):
    return {
        "x": tidy(rng, T, N, D, low=-1, high=1),
        "h_0": tidy(rng, 2, N, H, low=-1, high=1),
        "p_forward": params(rng, D, H),
        "p_backward": params(rng, D, H),
    }


def _halves_swapped(x, h_0, p, q):
    a, b = np.split(_both(x, h_0, p, q), 2, axis=-1)
    return np.concatenate([b, a], axis=-1)


BIDIRECTIONAL_GRU = Exercise(
    name="bidirectional_gru",
    points=3,
    reference=lambda x, h_0, p_forward, p_backward: _both(x, h_0, p_forward, p_backward),
    cases=sequences(_both_inputs),
    mistakes=(
        Mistake(
            "output_left_reversed",
            lambda *a: _both(*a, flip_out=False),
            "The backward direction's outputs are left in reversed order: its first output belongs "
            "to the last step. Turn them round again before you join the two.",
        ),
        Mistake(
            "input_not_reversed",
            lambda *a: _both(*a, flip_in=False, flip_out=False),
            "The backward direction reads x from the front. Feed it x[::-1].",
        ),
        Mistake(
            "output_reversed_input_not",
            lambda *a: _both(*a, flip_in=False),
            "The backward direction reads x from the front, and then its outputs are turned round. "
            "Reverse the input: x[::-1].",
        ),
        Mistake(
            "same_parameters_for_both",
            lambda x, h_0, p, q: _both(x, h_0, p, p),
            "Both directions use p_forward. The backward one has weights of its own.",
        ),
        Mistake(
            "one_h_0_for_both",
            lambda *a: _both(*a, second=0),
            "Both directions start from h_0[0]. The backward one starts from h_0[1].",
        ),
        Mistake(
            "halves_swapped",
            _halves_swapped,
            "The two halves are swapped: units 0 to H are the forward direction's, H to 2H the "
            "backward one's.",
        ),
        Mistake(
            "summed_instead_of_joined",
            lambda *a: sum(np.split(_both(*a), 2, axis=-1)),
            "The two directions are added. They are joined along the units: (T, N, 2H).",
        ),
    ),
    hints=(
        "Run gru_forward twice: once on x, once on `x[::-1]`, which has the time reversed.",
        "Reverse the second result in time as well, so that row t of both speaks of step t; then "
        "`np.concatenate([...], axis=-1)`.",
    ),
)

# --- count_parameters ------------------------------------------------------------------------


def _count(D, H, layers, biases=2, below=None, blocks=(1, 3, 4)):
    total = 0
    for layer in range(int(layers)):
        inputs = D if layer == 0 else (H if below is None else below)
        total = total + H * inputs + H * H + biases * H
    return tuple(np.asarray(b * total, dtype=float) for b in blocks)


def _count_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1, 1), ("values", 2, 3, 1), ("values", 3, 2, 1)]
    sizes += [("values", 2, 3, 2), ("edge sizes", 5, 1, 2), ("values", 32, 70, 3)]
    return [
        Case(aspect, {"D": np.array(D), "H": np.array(H), "layers": np.array(L)})
        for aspect, D, H, L in sizes
    ]


COUNT_PARAMETERS = Exercise(
    name="count_parameters",
    points=2,
    reference=lambda D, H, layers: _count(D, H, layers),
    outputs=("tanh_rnn", "gru", "lstm"),
    cases=_count_cases,
    mistakes=(
        Mistake(
            "one_bias",
            lambda D, H, layers: _count(D, H, layers, biases=1),
            "One bias is counted. In PyTorch's layers each product has its own: 2H a gate.",
        ),
        Mistake(
            "no_bias",
            lambda D, H, layers: _count(D, H, layers, biases=0),
            "The biases are not counted: two vectors of H a gate.",
        ),
        Mistake(
            "upper_layers_read_x",
            lambda D, H, layers: _count(D, H, layers, below=D),
            "You give every layer D inputs. From the second layer on the input is the layer below, "
            "which has H numbers.",
        ),
        Mistake(
            "candidate_forgotten",
            lambda D, H, layers: _count(D, H, layers, blocks=(1, 2, 3)),
            "You count the gates only, 2 and 3. The candidate has weights as well: 3 blocks in a "
            "GRU, 4 in an LSTM.",
        ),
        Mistake(
            "lstm_with_three_blocks",
            lambda D, H, layers: _count(D, H, layers, blocks=(1, 3, 3)),
            "The LSTM is short of one block: three gates (input, forget, output) and the "
            "candidate make 4.",
        ),
        Mistake(
            "layers_ignored",
            lambda D, H, layers: _count(D, H, 1),
            "Only one layer is counted.",
        ),
    ),
    hints=(
        "One block (one gate, or the candidate) has an (H, inputs) matrix, an (H, H) matrix and "
        "two biases of H. How many blocks has each cell?",
        "A tanh-RNN has 1 block, a GRU 3, an LSTM 4. The first layer has D inputs, the others H.",
    ),
)

# --- softmax_cross_entropy -------------------------------------------------------------------


def _log_softmax(logits):
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def _one_hot(targets, K):
    return np.eye(K)[targets]


def _cross_entropy(logits, targets, count=None, mean=True, sign=1):
    T, N, K = logits.shape
    logp = _log_softmax(logits)
    hot = _one_hot(targets, K)
    count = T * N if count is None else count
    loss = -(logp * hot).sum() / (count if mean else 1)
    return np.asarray(loss), sign * (np.exp(logp) - hot) / count


def _logit_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("values", 1, 1, 2), ("edge sizes", 1, 1, 1), ("values", 2, 1, 3)]
    sizes += [("values", 1, 2, 3), ("values", 3, 3, 3), ("values", 2, 3, 4), ("stability", 2, 1, 2)]
    cases = []
    for aspect, T, N, K in sizes:
        logits = tidy(rng, T, N, K, low=-3, high=3)
        if aspect == "stability":
            logits = 1000 * np.sign(logits) * np.array([1.0, -1.0])
        cases.append(Case(aspect, {"logits": logits, "targets": rng.integers(0, K, (T, N))}))
    return cases


def _unstable(logits, targets):
    with np.errstate(all="ignore"):
        e = np.exp(logits)
        q = e / e.sum(-1, keepdims=True)
        hot = _one_hot(targets, logits.shape[-1])
        count = targets.size
        return -np.log((q * hot).sum(-1)).sum() / count, (q - hot) / count


def _over_time(logits, targets):
    q = np.exp(logits - logits.max(0))
    q = q / q.sum(0)
    hot = _one_hot(targets, logits.shape[-1])
    return -(np.log(q) * hot).sum() / targets.size, (q - hot) / targets.size


SOFTMAX_CROSS_ENTROPY = Exercise(
    name="softmax_cross_entropy",
    points=4,
    reference=lambda logits, targets: _cross_entropy(logits, targets),
    outputs=("loss", "dlogits"),
    cases=_logit_cases,
    mistakes=(
        Mistake(
            "summed_not_averaged",
            lambda logits, targets: _cross_entropy(logits, targets, count=1),
            "Loss and gradient are sums over all steps and sequences. Divide both by T * N.",
        ),
        Mistake(
            "averaged_over_time_only",
            lambda logits, targets: _cross_entropy(logits, targets, count=len(logits)),
            "You divide by T. The average is over steps and sequences: T * N.",
        ),
        Mistake(
            "averaged_over_sequences_only",
            lambda logits, targets: _cross_entropy(logits, targets, count=logits.shape[1]),
            "You divide by N. The average is over steps and sequences: T * N.",
        ),
        Mistake(
            "gradient_not_averaged",
            lambda logits, targets: (
                _cross_entropy(logits, targets)[0],
                _cross_entropy(logits, targets, count=1)[1],
            ),
            "The loss is averaged and its gradient is not: divide dlogits by T * N too.",
        ),
        Mistake(
            "loss_not_averaged",
            lambda logits, targets: (
                _cross_entropy(logits, targets, count=1)[0],
                _cross_entropy(logits, targets)[1],
            ),
            "The gradient is averaged and the loss is not: divide the loss by T * N too.",
        ),
        Mistake(
            "gradient_of_the_wrong_sign",
            lambda logits, targets: _cross_entropy(logits, targets, sign=-1),
            "dlogits has the wrong sign: it is the probability minus 1 at the target, not 1 minus.",
        ),
        Mistake(
            "target_not_subtracted",
            lambda logits, targets: (
                _cross_entropy(logits, targets)[0],
                np.exp(_log_softmax(logits)) / targets.size,
            ),
            "dlogits is the softmax alone. Subtract 1 at the target class of each step.",
        ),
        Mistake(
            "softmax_over_time",
            _over_time,
            "Your softmax sums over time. It sums over the classes, the last axis.",
        ),
        Mistake(
            "overflow",
            _unstable,
            "exp overflows for large logits. Subtract the largest logit of each step first: the "
            "softmax does not change, and no exponent is positive. Take the log of the softmax by "
            "subtraction, not np.log of a number that may be 0.",
        ),
    ),
    hints=(
        "log softmax = logits - max - log(sum(exp(logits - max))), with max and sum over the last "
        "axis, keepdims=True.",
        "The gradient with respect to the logits is (softmax - one-hot of the target) / (T * N). "
        "`np.eye(K)[targets]` is the one-hot array.",
    ),
)

CHAPTER = Chapter(
    "05_sequences",
    "5 · Sequences",
    50,
    (
        GRU_FORWARD,
        GRU_FORWARD_LENGTHS,
        STACKED_GRU,
        BIDIRECTIONAL_GRU,
        COUNT_PARAMETERS,
        SOFTMAX_CROSS_ENTROPY,
    ),
)
