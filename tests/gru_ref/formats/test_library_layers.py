"""Stacks, both directions, no biases, and LSTMs: what a library computes, ours computes too."""

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from gru_ref.cell import init_params
from gru_ref.formats.keras import (
    layers_from_keras,
    layers_to_keras,
    lstm_from_keras,
    to_keras,
)
from gru_ref.formats.layout import flat, tree
from gru_ref.formats.mlx import from_mlx, to_mlx
from gru_ref.formats.onnx import (
    layers_from_onnx,
    layers_to_onnx,
    lstm_from_onnx,
    to_onnx,
)
from gru_ref.formats.pytorch import (
    from_pytorch,
    layers_from_pytorch,
    layers_to_pytorch,
    lstm_from_pytorch,
    to_pytorch,
)
from gru_ref.layers import init_stack, stack_forward
from gru_ref.lstm import LSTMParams, init_lstm_params, lstm_forward
from tests.gru_ref.formats.test_conventions import assert_same_bits, s

T, N, D, H = 5, 3, 2, 4
STACKS = [(1, 1), (2, 1), (1, 2), (3, 2)]  # layers, directions
ROUNDING = 1e-13  # float64, where only the order of the sums differs

all_stacks = pytest.mark.parametrize(("layers", "directions"), STACKS)
with_and_without_bias = pytest.mark.parametrize("bias", [True, False])


def inputs(size=D, seed=1):
    return np.random.default_rng(seed).normal(size=(T, N, size))


def of(kind, layers, directions, bias=True):
    torch.manual_seed(0)
    both = {"bidirectional": directions == 2, "bias": bias, "dtype": torch.float64}
    return kind(D, H, num_layers=layers, **both)


def numpy_state(module):
    return {name: w.numpy() for name, w in module.state_dict().items()}


def no_biases(p):
    half = len(p) // 2
    return type(p)(*p[:half], *(0 * b for b in p[half:]))


def lstm_stack(x, layers):
    """Return h of the last layer, by `lstm_forward`, forwards and backwards."""
    zeros = np.zeros((N, H))
    for layer in layers:
        h = []
        for d, p in enumerate(layer):
            run = lstm_forward(x[::-1] if d else x, zeros, zeros, p).h
            h.append(run[::-1] if d else run)
        x = np.concatenate(h, axis=2)
    return x


# PyTorch


@with_and_without_bias
@all_stacks
def test_a_torch_gru_computes_the_same_as_layers(layers, directions, bias):
    gru, x = of(torch.nn.GRU, layers, directions, bias), inputs()
    with torch.no_grad():
        due, due_T = gru(torch.from_numpy(x))
    ours = layers_from_pytorch(gru.state_dict())
    seen = stack_forward(x, ours)
    np.testing.assert_allclose(seen.h, due, rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(seen.h_T, due_T, rtol=0, atol=ROUNDING)
    assert_same_bits(layers_to_pytorch(ours, bias), numpy_state(gru))


@with_and_without_bias
@all_stacks
def test_a_torch_lstm_computes_the_same_as_layers(layers, directions, bias):
    lstm, x = of(torch.nn.LSTM, layers, directions, bias), inputs()
    with torch.no_grad():
        due, _ = lstm(torch.from_numpy(x))
    ours = layers_from_pytorch(lstm.state_dict())
    np.testing.assert_allclose(lstm_stack(x, ours), due, rtol=0, atol=ROUNDING)
    assert_same_bits(layers_to_pytorch(ours, bias), numpy_state(lstm))


def test_a_torch_lstm_cell_and_one_layer_of_a_stack_are_read():
    cell = torch.nn.LSTMCell(D, H)
    assert_same_bits(to_pytorch(lstm_from_pytorch(cell.state_dict()), ""), numpy_state(cell))
    state = of(torch.nn.LSTM, 2, 2).state_dict()
    for k, layer in enumerate(layers_from_pytorch(state)):
        for p, suffix in zip(layer, (f"_l{k}", f"_l{k}_reverse"), strict=True):
            for a, b in zip(p, lstm_from_pytorch(state, suffix), strict=True):
                np.testing.assert_array_equal(a, b)


def test_half_precision_is_read_exactly():
    gru = torch.nn.GRU(D, H)
    for dtype in (torch.float16, torch.bfloat16):
        seen = layers_from_pytorch({k: w.to(dtype) for k, w in gru.state_dict().items()})
        due = gru.weight_ih_l0.detach().to(dtype).double().numpy()[:H]
        assert seen[0][0].W_ir.dtype == np.float32
        np.testing.assert_array_equal(seen[0][0].W_ir, due)


@pytest.mark.parametrize(
    ("module", "due"),
    [
        (torch.nn.LSTM(D, H, proj_size=3), "weight_hr_l0 projects h to fewer numbers"),
        (torch.nn.RNN(D, H), r"weight_hh_l0 has shape \(4, 4\), a plain RNN's"),
        (torch.nn.Linear(D, H), r"weight_ih_l0.* seen were \['bias', 'weight'\]"),
    ],
    ids=lambda x: "",
)
def test_what_layers_cannot_hold_is_named(module, due):
    with pytest.raises(ValueError, match=due):
        layers_from_pytorch(module.state_dict())


def test_a_missing_direction_a_strange_name_and_one_bias_alone_are_named():
    state = dict(torch.nn.GRU(D, H, num_layers=2, bidirectional=True).state_dict())
    del state["weight_hh_l1"]
    with pytest.raises(ValueError, match="weight_hh_l1 is not there"):
        layers_from_pytorch(state)
    state = dict(torch.nn.GRU(D, H).state_dict())
    with pytest.raises(ValueError, match="read_out is no array of a PyTorch GRU"):
        layers_from_pytorch(state | {"read_out": state["bias_ih_l0"]})
    del state["bias_ih_l0"]
    with pytest.raises(ValueError, match=r"bias_ih_l0, bias_hh_l0 may be left out, for zeros"):
        from_pytorch(state)


# Keras


def keras_lstm(w, x, h, c):
    """One step by Keras' documented equations; its gates are i, f, c, o."""
    i, f, g, o = np.split(x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"], 4, axis=-1)
    c = s(f) * c + s(i) * np.tanh(g)
    return s(o) * np.tanh(c), c


def test_a_keras_lstm_computes_its_equations():
    rng = np.random.default_rng(0)
    shapes = {"kernel": (D, 4 * H), "recurrent_kernel": (H, 4 * H), "bias": (4 * H,)}
    w = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    x, p = inputs(), lstm_from_keras(w)
    h = c = np.zeros((N, H))
    for x_t in x:
        h, c = keras_lstm(w, x_t, h, c)
    seen = lstm_forward(x, np.zeros((N, H)), np.zeros((N, H)), p)
    np.testing.assert_allclose(seen.h[-1], h, rtol=0, atol=ROUNDING)
    assert_same_bits(to_keras(p), w)


def test_the_biases_of_an_lstm_become_their_sum_in_keras():
    p = init_lstm_params(np.random.default_rng(0), D, H)
    back = lstm_from_keras(to_keras(p))
    x, zeros = inputs(), np.zeros((N, H))
    due = lstm_forward(x, zeros, zeros, p).h
    np.testing.assert_allclose(lstm_forward(x, zeros, zeros, back).h, due, rtol=0, atol=ROUNDING)


@with_and_without_bias
@all_stacks
@pytest.mark.parametrize("reset", ["after", "before"])
def test_layers_pass_through_the_lists_of_keras(layers, directions, reset, bias):
    x = inputs()
    ours = init_stack(np.random.default_rng(0), D, H, layers, directions)
    if not bias:
        ours = tuple(tuple(no_biases(p) for p in layer) for layer in ours)
    lists = layers_to_keras(ours, reset, bias)
    assert [len(a) for a in lists] == [directions * (3 if bias else 2)] * layers
    back = layers_from_keras(lists, reset)
    due, seen = (stack_forward(x, each, reset=reset).h for each in (ours, back))
    np.testing.assert_allclose(seen, due, rtol=0, atol=ROUNDING)


def test_a_keras_layer_with_a_strange_number_of_arrays_is_named():
    with pytest.raises(ValueError, match="Layer 0 has 5 arrays, expected 2 or 3"):
        layers_from_keras([[np.ones(1)] * 5])


# ONNX


def onnx_layer(op, w, X, **attributes):
    """Return Y (T, N, directions · H) of ONNX' own reference implementation."""
    names = ["X", *w]
    node = helper.make_node(op, names, ["Y"], hidden_size=H, **attributes)
    value = [helper.make_tensor_value_info(n, TensorProto.DOUBLE, None) for n in [*names, "Y"]]
    model = helper.make_model(helper.make_graph([node], "g", value[:-1], value[-1:]))
    (Y,) = ReferenceEvaluator(model).run(None, {"X": X, **w})
    return Y.transpose(0, 2, 1, 3).reshape(*X.shape[:2], -1)


@with_and_without_bias
@all_stacks
@pytest.mark.parametrize("linear_before_reset", [0, 1])
def test_onnx_computes_our_layers(layers, directions, linear_before_reset, bias):
    ours = init_stack(np.random.default_rng(0), D, H, layers, directions)
    if not bias:
        ours = tuple(tuple(no_biases(p) for p in layer) for layer in ours)
    reset = "after" if linear_before_reset else "before"
    due = x = inputs()
    operators = layers_to_onnx(ours, bias)
    direction = "bidirectional" if directions == 2 else "forward"
    for w in operators:
        assert ("B" in w) == bias
        options = {"direction": direction, "linear_before_reset": linear_before_reset}
        due = onnx_layer("GRU", w, due, **options)
    back = layers_from_onnx(operators)
    np.testing.assert_allclose(stack_forward(x, back, reset=reset).h, due, rtol=0, atol=ROUNDING)
    for w, again in zip(operators, layers_to_onnx(back, bias), strict=True):
        assert_same_bits(again, w)


@with_and_without_bias
def test_onnx_computes_our_lstm(bias):
    p = init_lstm_params(np.random.default_rng(0), D, H)
    p = p if bias else no_biases(p)
    w, x, zeros = to_onnx(p, bias), inputs(), np.zeros((N, H))
    due = onnx_layer("LSTM", w, x)
    seen = lstm_forward(x, zeros, zeros, lstm_from_onnx(w)).h
    np.testing.assert_allclose(seen, due, rtol=0, atol=ROUNDING)
    (layer,) = layers_from_onnx([w])
    assert isinstance(layer[0], LSTMParams)


# What has no place


@pytest.mark.parametrize("to", [to_pytorch, to_keras, to_onnx, to_mlx])
def test_a_bias_that_is_not_0_is_not_left_out(to):
    p = init_params(np.random.default_rng(0), D, H)
    with pytest.raises(ValueError, match="has no bias, but b_ir reaches"):
        to(p, bias=False)


def test_mlx_without_biases_is_read():
    p = no_biases(init_params(np.random.default_rng(0), D, H))
    w = to_mlx(p, bias=False)
    assert sorted(w) == ["Wh", "Wx"]
    for a, b in zip(from_mlx(w), p, strict=True):
        np.testing.assert_array_equal(a, b)


def test_arrays_of_an_lstm_that_do_not_fit_are_not_written():
    p = init_lstm_params(np.random.default_rng(0), D, H)._replace(W_hf=np.ones((3, 3)))
    with pytest.raises(ValueError, match=r"^W_hf has shape \(3, 3\), expected \(4, 4\)"):
        to_onnx(p)


def test_a_tree_and_its_dotted_names_are_the_same():
    a = np.ones(1)
    nested = {"ir": {"kernel": a, "bias": a}, "hn": {"kernel": a}}
    assert tree(flat(nested)) == nested
