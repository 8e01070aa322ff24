"""Chapter 5, layers on top of each other, in both directions, and what they hold."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import sequences, tidy
from autograder.course.chapters.ch04_cell import tidy_params
from autograder.course.chapters.ch05_forward import forward

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
        "layers": tuple(tidy_params(rng, D if i == 0 else H, H) for i in range(L)),
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
        "p_forward": tidy_params(rng, D, H),
        "p_backward": tidy_params(rng, D, H),
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
