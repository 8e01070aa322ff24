"""Several layers and two directions against `torch.nn.GRU`, ONNX and central differences."""

import numpy as np
import pytest
import torch

from gru_ref.cell import GRUParams, init_params
from gru_ref.fast.buffers import Workspace
from gru_ref.formats.onnx import to_onnx
from gru_ref.formats.pytorch import to_pytorch
from gru_ref.gradcheck import check_gradient
from gru_ref.layers import init_stack, stack_backward, stack_forward
from gru_ref.sequence import reverse, unroll, unroll_backward
from tests.gru_ref.formats.test_conventions import ReferenceEvaluator, TensorProto, helper

STACKS = [(layers, directions) for layers in (1, 2, 3) for directions in (1, 2)]
SIZES = [(1, 1, 1, 1), (5, 1, 3, 2), (1, 3, 1, 2), (6, 3, 1, 4), (6, 3, 4, 1), (7, 4, 2, 3)]  # TNDH
LENGTHS = {1: [1], 3: [5, 1, 3], 4: [2, 7, 1, 4]}  # by N
EXACT = 1e-10  # float64: what is left is the order of the sums, about 1e-14
FINITE = 1e-6  # central differences in float64 leave about 1e-9

all_stacks = pytest.mark.parametrize(("layers", "directions"), STACKS)
all_sizes = pytest.mark.parametrize("sizes", SIZES, ids=str)


def case(T, N, D, H, layers, directions, seed=0):
    """Return x, the layers, h_0 and the gradients dh, dh_T."""
    rng = np.random.default_rng(seed)
    states = (layers * directions, N, H)
    shapes = (T, N, D), states, (T, N, directions * H), states
    x, h_0, dh, dh_T = (rng.normal(size=shape) for shape in shapes)
    stack = tuple(
        tuple(GRUParams(*(2 * w for w in p)) for p in layer)
        for layer in init_stack(rng, D, H, layers, directions)
    )
    return x, stack, h_0, dh, dh_T


def run(x, stack, h_0, dh, dh_T, lengths=None, reset="after", window=None):
    """Return h, h_T, dx, dh_0 and the gradients of all layers, one after another."""
    h, h_T, kept = stack_forward(x, stack, h_0, lengths, reset)
    dx, dh_0, layers = stack_backward(dh, kept, dh_T, window)
    return [h, h_T, dx, dh_0, *(w for layer in layers for p in layer for w in p)]


def torch_run(x, stack, h_0, dh, dh_T, lengths=None):
    """Return the same from `torch.nn.GRU`, packed where there are lengths."""
    T, D, H, directions = len(x), x.shape[2], h_0.shape[2], len(stack[0])
    gru = torch.nn.GRU(D, H, len(stack), bidirectional=directions == 2, dtype=torch.float64)
    for i, layer in enumerate(stack):
        for p, suffix in zip(layer, (f"_l{i}", f"_l{i}_reverse"), strict=False):
            packed = {name: torch.from_numpy(w) for name, w in to_pytorch(p, suffix).items()}
            gru.load_state_dict(packed, strict=False)
    x, h = (torch.from_numpy(a.copy()).requires_grad_() for a in (x, h_0))
    if lengths is None:
        out, h_T = gru(x, h)
    else:
        lengths = torch.as_tensor(lengths)
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        out, h_T = gru(packed, h)
        out, _ = torch.nn.utils.rnn.pad_packed_sequence(out, total_length=T)
    torch.autograd.backward([out, h_T], [torch.from_numpy(dh), torch.from_numpy(dh_T)])
    params = [gate for w in gru.parameters() for gate in w.grad.chunk(3)]
    return [a.detach().numpy() for a in (out, h_T, x.grad, h.grad, *params)]


def assert_equal(seen, due):
    for i, (a, b) in enumerate(zip(seen, due, strict=True)):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=0, atol=EXACT, err_msg=f"result {i}")


@all_stacks
@all_sizes
def test_outputs_and_every_gradient_equal_those_of_torch_gru(sizes, layers, directions):
    args = case(*sizes, layers, directions)
    assert_equal(run(*args), torch_run(*args))


@all_stacks
@pytest.mark.parametrize("sizes", [s for s in SIZES if s[0] > 1], ids=str)
def test_variable_lengths_equal_packed_sequences_of_torch(sizes, layers, directions):
    args, lengths = case(*sizes, layers, directions), LENGTHS[sizes[1]]
    assert_equal(run(*args, lengths), torch_run(*args, lengths))


@pytest.mark.parametrize("reset", ["after", "before"])
@pytest.mark.parametrize("lengths", [None, [5, 2, 3]])
@all_stacks
def test_every_gradient_equals_the_central_difference(layers, directions, lengths, reset):
    x, stack, h_0, dh, dh_T = case(5, 3, 2, 3, layers, directions)

    def f(inputs):
        x, h_0, stack = inputs
        h, h_T, _ = stack_forward(x, stack, h_0, lengths, reset)
        return np.sum(dh * h) + np.sum(dh_T * h_T)

    kept = stack_forward(x, stack, h_0, lengths, reset).kept
    grads = tuple(stack_backward(dh, kept, dh_T))
    check = check_gradient(f, (x, h_0, stack), grads, np.random.default_rng(1))
    assert check.error < FINITE, check


@pytest.mark.parametrize("linear_before_reset", [0, 1])
@pytest.mark.parametrize("lengths", [None, [6, 1, 4]])
def test_onnx_computes_the_same_in_both_directions(lengths, linear_before_reset):
    x, ((p, p_reverse),), h_0, *_ = case(6, 3, 2, 4, 1, 2)
    names = ["X", "W", "R", "B", "", "initial_h"]
    attributes = {"hidden_size": 4, "linear_before_reset": linear_before_reset}
    node = helper.make_node("GRU", names, ["Y", "Y_h"], direction="bidirectional", **attributes)
    inputs, outputs = (
        [helper.make_tensor_value_info(n, TensorProto.DOUBLE, None) for n in ends if n]
        for ends in (names, ["Y", "Y_h"])
    )
    model = ReferenceEvaluator(helper.make_model(helper.make_graph([node], "g", inputs, outputs)))
    weights = {k: np.concatenate([w, to_onnx(p_reverse)[k]]) for k, w in to_onnx(p).items()}
    reset = "after" if linear_before_reset else "before"
    h, h_T, _ = stack_forward(x, ((p, p_reverse),), h_0, lengths, reset)
    for n, length in enumerate(lengths or [6] * 3):  # the evaluator takes no lengths
        one = slice(n, n + 1)
        Y, Y_h = model.run(None, {"X": x[:length, one], "initial_h": h_0[:, one], **weights})
        due = Y.transpose(0, 2, 1, 3).reshape(length, 1, 8)
        np.testing.assert_allclose(h[:length, one], due, rtol=0, atol=EXACT)
        np.testing.assert_allclose(h_T[:, one], Y_h, rtol=0, atol=EXACT)


@pytest.mark.parametrize("lengths", [None, [5, 2, 3]])
def test_a_stack_equals_loops_one_on_the_other(lengths):
    x, stack, _, dh, _ = case(5, 3, 2, 4, 2, 2)
    h = x
    for p, q in stack:
        there, back = unroll(h, p, None, lengths), unroll(reverse(h, lengths), q, None, lengths)
        h = np.concatenate([there.h, reverse(back.h, lengths)], axis=2)
    seen = stack_forward(x, stack, None, lengths)
    np.testing.assert_allclose(seen.h, h, rtol=0, atol=EXACT)
    np.testing.assert_allclose(seen.h_T[2:], [there.h_T, back.h_T], rtol=0, atol=EXACT)
    grads = stack_backward(dh, seen.kept).layers[1]
    due = [
        unroll_backward(dh[:, :, :4], there.kept).params,
        unroll_backward(reverse(dh[:, :, 4:], lengths), back.kept).params,
    ]
    for g, d in zip(grads, due, strict=True):
        assert_equal(g, d)


@pytest.mark.parametrize("padding", [1e300, np.nan])
@all_stacks
def test_padding_never_changes_a_result(layers, directions, padding):
    lengths = [5, 0, 3]
    x, stack, h_0, dh, dh_T = case(5, 3, 2, 4, layers, directions)
    due = run(x, stack, h_0, dh, dh_T, lengths)
    for n, length in enumerate(lengths):
        x[length:, n] = dh[length:, n] = padding
    seen = run(x, stack, h_0, dh, dh_T, lengths)
    assert all(np.array_equal(a, b) for a, b in zip(seen, due, strict=True))


def test_a_window_of_the_whole_sequence_truncates_nothing():
    args = case(5, 3, 2, 4, 2, 2)
    assert_equal(run(*args, window=5), run(*args))
    assert np.abs(run(*args, window=2)[2] - run(*args)[2]).max() > 1e-3


def test_a_workspace_serves_every_layer_and_changes_no_bit():
    x, stack, h_0, dh, dh_T = case(5, 3, 2, 4, 3, 2)
    workspace, due = Workspace(), run(x, stack, h_0, dh, dh_T)
    for _ in range(2):
        h, h_T, kept = stack_forward(x, stack, h_0, workspace=workspace)
        dx, dh_0, layers = stack_backward(dh, kept, dh_T)
        seen = [h, h_T, dx, dh_0, *(w for layer in layers for p in layer for w in p)]
        assert all(np.array_equal(a, b) for a, b in zip(seen, due, strict=True))


def test_initial_layers_are_those_of_init_params_in_order():
    stack = init_stack(np.random.default_rng(0), 3, 4, layers=2, directions=2)
    rng = np.random.default_rng(0)
    due = [init_params(rng, D, 4) for D in (3, 3, 8, 8)]
    for p, q in zip((p for layer in stack for p in layer), due, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(p, q, strict=True))


def test_every_misfit_is_named():
    x, stack, h_0, dh, dh_T = case(5, 3, 2, 4, 2, 2)
    for wrong in ((), (stack[0], stack[1][:1]), ((*stack[0], stack[0][0]),)):
        with pytest.raises(ValueError, match=r"^layers has \[.*\] directions by layer"):
            stack_forward(x, wrong)
    with pytest.raises(ValueError, match=r"^layers\[1\]\[0\] has \(D, H\) = \(2, 4\), .* \(8, 4\)"):
        stack_forward(x, (stack[0], stack[0]))
    with pytest.raises(ValueError, match=r"^h_0 has shape \(3, 3, 4\), expected \(4, 3, 4\)"):
        stack_forward(x, stack, h_0[1:])
    kept = stack_forward(x, stack).kept
    with pytest.raises(ValueError, match=r"^dh has shape \(5, 3, 4\), expected \(5, 3, 8\)"):
        stack_backward(dh[:, :, :4], kept)
    with pytest.raises(ValueError, match=r"^dh_T has shape \(3, 3, 4\), expected \(4, 3, 4\)"):
        stack_backward(dh, kept, dh_T[1:])
