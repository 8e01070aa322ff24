"""Chapter 5, layers on top of each other, in both directions, and what they hold."""

from __future__ import annotations

import numpy as np

from autograder.core.exercise import Case, Exercise, Mistake
from autograder.course.cases import sequences, tidy
from autograder.course.chapters.ch04_cell import tidy_params
from autograder.course.chapters.ch05_forward import forward
from gru_ref.cell import step

# --- stacked_gru -----------------------------------------------------------------------------


def _stacked(x, h_0, layers):
    last = []
    for h, p in zip(h_0, layers, strict=True):
        x = forward(x, h, p)
        last.append(x[-1])
    return x, np.array(last)


# aspect, T, N, D, H, layers
STACKS = (
    ("edge sizes", 1, 1, 1, 1, 1),
    ("values", 2, 1, 1, 1, 2),
    ("values", 2, 2, 1, 2, 1),
    ("values", 3, 1, 1, 1, 3),
    ("values", 2, 2, 2, 2, 2),  # T = N = D = H = L: a swapped axis computes here
    ("edge sizes", 1, 2, 2, 3, 2),
    ("edge sizes", 4, 1, 2, 2, 3),
    ("values", 2, 3, 3, 2, 3),
    ("values", 3, 2, 2, 3, 2),
    ("values", 3, 3, 3, 3, 3),
    ("values", 4, 3, 2, 3, 4),
)


def _stacked_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(
            aspect,
            {
                "x": tidy(rng, T, N, D, low=-1, high=1),
                "h_0": tidy(rng, L, N, H, low=-1, high=1),
                "layers": tuple(tidy_params(rng, D if i == 0 else H, H) for i in range(L)),
            },
        )
        for aspect, T, N, D, H, L in STACKS
    ]


def _first_layer_only(x, h_0, layers):
    out = forward(x, h_0[0], layers[0])
    return out, np.array([out[-1]] * len(h_0))


def _every_layer_reads_x(x, h_0, layers):
    outs = [forward(x, h, p) for h, p in zip(h_0, layers, strict=True)]
    return outs[-1], np.array([o[-1] for o in outs])


def _one_h_0_for_all_layers(x, h_0, layers):
    return _stacked(x, np.stack([h_0[0]] * len(h_0)), layers)


def _layer_starts_from_the_last_state_below(x, h_0, layers):
    h, last = h_0[0], []
    for p in layers:
        x = forward(x, h, p)
        h = x[-1]
        last.append(h)
    return x, np.array(last)


def _last_state_of_the_top_layer_only(x, h_0, layers):
    out, last = _stacked(x, h_0, layers)
    return out, np.array([last[-1]] * len(last))


STACKED_GRU = Exercise(
    name="stacked_gru",
    points=3,
    reference=_stacked,
    outputs=("h", "h_last"),
    cases=_stacked_cases,
    mistakes=(
        Mistake(
            "every_layer_reads_x",
            _every_layer_reads_x,
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
            _one_h_0_for_all_layers,
            "All layers start from h_0[0]. Layer l starts from h_0[l]: h_0 is (L, N, H).",
        ),
        Mistake(
            "layer_starts_from_the_last_state_below",
            _layer_starts_from_the_last_state_below,
            "The second layer starts from the last state of the first. States run along time, not "
            "up the layers: layer l starts from h_0[l].",
        ),
        Mistake(
            "last_state_of_the_top_layer_only",
            _last_state_of_the_top_layer_only,
            "h is right; h_last holds the top layer's state in every row. Due is the last state of "
            "each layer, (L, N, H).",
        ),
    ),
    hints=(
        "One layer is your gru_forward. Its output (T, N, H) has the shape of an input.",
        "For layer l the recursion is the same, with layers[l] and h_0[l]; its x_t is the "
        "h_t of layer l - 1 at the same step.",
        "Loop over layers: `x = gru_forward(x, h_0[l], layers[l])`, and collect `x[-1]`.",
    ),
)

# --- bidirectional_gru -----------------------------------------------------------------------


def _joined(there, back):
    return np.concatenate([there, back], axis=-1)


def _both(x, h_0, p, q):
    there, back = forward(x, h_0[0], p), forward(x[::-1], h_0[1], q)
    return _joined(there, back[::-1])


def _both_inputs(rng, T, N, D, H):
    return {
        "x": tidy(rng, T, N, D, low=-1, high=1),
        "h_0": tidy(rng, 2, N, H, low=-1, high=1),
        "p_forward": tidy_params(rng, D, H),
        "p_backward": tidy_params(rng, D, H),
    }


def _output_left_reversed(x, h_0, p, q):
    there, back = forward(x, h_0[0], p), forward(x[::-1], h_0[1], q)
    return _joined(there, back)


def _input_not_reversed(x, h_0, p, q):
    there, back = forward(x, h_0[0], p), forward(x, h_0[1], q)
    return _joined(there, back)


def _output_reversed_input_not(x, h_0, p, q):
    there, back = forward(x, h_0[0], p), forward(x, h_0[1], q)
    return _joined(there, back[::-1])


def _one_h_0_for_both(x, h_0, p, q):
    there, back = forward(x, h_0[0], p), forward(x[::-1], h_0[0], q)
    return _joined(there, back[::-1])


def _halves_swapped(x, h_0, p, q):
    there, back = forward(x, h_0[0], p), forward(x[::-1], h_0[1], q)
    return _joined(back[::-1], there)


def _summed_instead_of_joined(x, h_0, p, q):
    there, back = forward(x, h_0[0], p), forward(x[::-1], h_0[1], q)
    return there + back[::-1]


def _h_0_used_whole(x, h_0, p, q):
    there, back = _from_all(x, h_0, p), _from_all(x[::-1], h_0, q)
    return _joined(there, back[::-1])


def _h_0_used_whole_and_left_reversed(x, h_0, p, q):
    return _joined(_from_all(x, h_0, p), _from_all(x[::-1], h_0, q))


def _from_all(x, h_0, p):
    """Return the states where the first one has an axis too many, which broadcasts."""
    h, states = h_0, []
    for x_t in x:
        h = np.stack([step(x_t, one, p) for one in h])
        states.append(h)
    return np.array(states)


WHOLE = (
    "You start both directions from the whole h_0, which holds two states, (2, N, H): its first "
    "axis goes through every step. The forward direction starts from h_0[0], the backward one from "
    "h_0[1]."
)

BIDIRECTIONAL_GRU = Exercise(
    name="bidirectional_gru",
    points=3,
    reference=lambda x, h_0, p_forward, p_backward: _both(x, h_0, p_forward, p_backward),
    cases=sequences(_both_inputs),
    mistakes=(
        Mistake(
            "output_left_reversed",
            _output_left_reversed,
            "The backward direction's outputs are left in reversed order: its first output belongs "
            "to the last step. Turn them round again before you join the two.",
        ),
        Mistake(
            "input_not_reversed",
            _input_not_reversed,
            "The backward direction reads x from the front. Feed it x[::-1].",
        ),
        Mistake(
            "output_reversed_input_not",
            _output_reversed_input_not,
            "The backward direction reads x from the front, and then its outputs are turned round. "
            "Reverse the input: x[::-1].",
        ),
        Mistake(
            "same_parameters_for_both",
            lambda x, h_0, p, q: _both(x, h_0, p, p),
            "Both directions use p_forward. The backward one has weights of its own.",
        ),
        Mistake("h_0_used_whole", _h_0_used_whole, WHOLE),
        Mistake(
            "h_0_used_whole_and_left_reversed",
            _h_0_used_whole_and_left_reversed,
            f"{WHOLE} And the backward direction's outputs are left in reversed order: turn them "
            "round before you join the two.",
        ),
        Mistake(
            "one_h_0_for_both",
            _one_h_0_for_both,
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
            _summed_instead_of_joined,
            "The two directions are added. They are joined along the units: (T, N, 2H).",
        ),
    ),
    hints=(
        "Run gru_forward twice: once on x, once on `x[::-1]`, which has the time reversed.",
        "The forward half at step t has read x_1 to x_t, the backward half x_T down to x_t. "
        "Each has its own parameters and its own first state.",
        "Reverse the second result in time as well, so that row t of both speaks of step t; then "
        "`np.concatenate([...], axis=-1)`.",
    ),
)

# --- count_parameters ------------------------------------------------------------------------


def _read(D, H, layers):
    return [D] + [H] * (int(layers) - 1)  # how many numbers each layer reads


def _one_block(D, H, layers):
    """Return how many numbers one gate, or the candidate, holds in all layers."""
    return sum(H * inputs + H * H + 2 * H for inputs in _read(D, H, layers))


def _three_cells(block):
    return 1.0 * block, 3.0 * block, 4.0 * block


def _count(D, H, layers):
    return _three_cells(_one_block(D, H, layers))


def _one_bias(D, H, layers):
    return _three_cells(sum(H * inputs + H * H + H for inputs in _read(D, H, layers)))


def _no_bias(D, H, layers):
    return _three_cells(sum(H * inputs + H * H for inputs in _read(D, H, layers)))


def _upper_layers_read_x(D, H, layers):
    return _three_cells(layers * (H * D + H * H + 2 * H))


def _candidate_forgotten(D, H, layers):
    block = _one_block(D, H, layers)
    return 1.0 * block, 2.0 * block, 3.0 * block


def _lstm_with_three_blocks(D, H, layers):
    block = _one_block(D, H, layers)
    return 1.0 * block, 3.0 * block, 3.0 * block


def _count_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [("edge sizes", 1, 1, 1), ("values", 2, 3, 1)]
    drawn = rng.permutation(np.arange(2, 12))[:8]  # no table holds the answers
    for L, (D, H) in zip((1, 2, 3, 5), drawn.reshape(4, 2), strict=True):
        sizes.append(("values", D, H, L))
    sizes += [("edge sizes", drawn[0], 1, 2), ("edge sizes", 1, drawn[1], 3)]
    sizes += [("values", rng.integers(20, 99), rng.integers(20, 99), 4)]
    return [
        Case(aspect, {"D": np.array(D), "H": np.array(H), "layers": np.array(L)})
        for aspect, D, H, L in sizes
    ]


COUNT_PARAMETERS = Exercise(
    name="count_parameters",
    points=2,
    reference=_count,
    outputs=("tanh_rnn", "gru", "lstm"),
    cases=_count_cases,
    mistakes=(
        Mistake(
            "one_bias",
            _one_bias,
            "One bias is counted. In PyTorch's layers each product has its own: 2H a gate.",
        ),
        Mistake(
            "no_bias",
            _no_bias,
            "The biases are not counted: two vectors of H a gate.",
        ),
        Mistake(
            "upper_layers_read_x",
            _upper_layers_read_x,
            "You give every layer D inputs. From the second layer on the input is the layer below, "
            "which has H numbers.",
        ),
        Mistake(
            "candidate_forgotten",
            _candidate_forgotten,
            "You count the gates only, 2 and 3. The candidate has weights as well: 3 blocks in a "
            "GRU, 4 in an LSTM.",
        ),
        Mistake(
            "lstm_with_three_blocks",
            _lstm_with_three_blocks,
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
        "`sum(blocks * H * (inputs + H + 2) for inputs in [D] + [H] * (layers - 1))`.",
    ),
)
