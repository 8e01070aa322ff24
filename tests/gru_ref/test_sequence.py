"""A GRU over time, the loop and the fast path both, against torch, ONNX and central differences."""

import numpy as np
import pytest
import torch

from gru_ref.cell import GRUParams, init_params
from gru_ref.fast.backward import gru_backward
from gru_ref.fast.forward import gru_forward
from gru_ref.formats.onnx import to_onnx
from gru_ref.formats.pytorch import to_pytorch
from gru_ref.gradcheck import check_gradient
from gru_ref.sequence import reverse, unroll, unroll_backward
from tests.gru_ref.formats.test_conventions import onnx_gru
from tests.gru_ref.test_step_backward import torch_step

PATHS = {"loop": (unroll, unroll_backward), "fast": (gru_forward, gru_backward)}
SIZES = [(1, 1, 1, 1), (6, 1, 3, 4), (1, 4, 3, 5), (5, 3, 1, 4), (5, 3, 4, 1), (7, 4, 2, 3)]  # TNDH
LENGTHS = {1: [1], 3: [5, 1, 3], 4: [2, 7, 1, 4]}  # by N; one sequence always fills T
RESETS = ["after", "before"]
WINDOWS = [None, 1, 2, 3, 100]
EXACT = 1e-10  # float64: what is left is the order of the sums, about 1e-14
FINITE = 1e-6  # central differences in float64 leave about 1e-9

both_paths = pytest.mark.parametrize("path", PATHS)
all_sizes = pytest.mark.parametrize("sizes", SIZES, ids=str)
both_resets = pytest.mark.parametrize("reset", RESETS)


def case(T, N, D, H, seed=0):
    """Return x, p, h_0 and the gradients dh, dh_T that a loss might hand in."""
    rng = np.random.default_rng(seed)
    p = GRUParams(*(2 * w for w in init_params(rng, D, H)))
    shapes = (T, N, D), (N, H), (T, N, H), (N, H)
    x, h_0, dh, dh_T = (rng.normal(size=shape) for shape in shapes)
    return x, p, h_0, dh, dh_T


def run(path, x, p, h_0, dh, dh_T, lengths=None, reset="after", window=None):
    """Return h, h_T, dx, dh_0 and the twelve gradients."""
    forward, backward = PATHS[path]
    h, h_T, kept = forward(x, p, h_0, lengths, reset)
    dx, dh_0, params = backward(dh, kept, dh_T, window)
    return h, h_T, dx, dh_0, *params


def torch_run(x, p, h_0, dh, dh_T, lengths=None, reset="after", window=None):
    """Return the same from a loop over tensors, cut by `detach` where the window says so."""
    x, h, *w = leaves = [torch.from_numpy(a.copy()).requires_grad_() for a in (x, h_0, *p)]
    p = GRUParams(*w)
    live = np.arange(len(x))[:, None, None] < np.array(lengths or [len(x)] * x.shape[1])[:, None]
    states = []
    for t, (x_t, live_t) in enumerate(zip(x, torch.from_numpy(live), strict=True)):
        if window and t and t % window == 0:
            h = h.detach()
        h = torch.where(live_t, torch_step(x_t, h, p, reset), h)
        states.append(torch.where(live_t, h, 0))
    out = torch.stack(states)
    torch.autograd.backward([out, h], [torch.from_numpy(dh), torch.from_numpy(dh_T)])
    grads = [torch.zeros_like(a) if a.grad is None else a.grad for a in leaves]
    return [a.detach().numpy() for a in (out, h, *grads)]


def torch_gru(x, p, h_0, dh, dh_T, lengths=None):
    """Return the same from `torch.nn.GRU`, packed where there are lengths."""
    T, N, D = x.shape
    gru = torch.nn.GRU(D, h_0.shape[1], dtype=torch.float64)
    gru.load_state_dict({name: torch.from_numpy(w) for name, w in to_pytorch(p).items()})
    x, h = (torch.from_numpy(a.copy()).requires_grad_() for a in (x, h_0))
    if lengths is None:
        out, h_T = gru(x, h[None])
    else:
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        out, h_T = gru(packed, h[None])
        out, _ = torch.nn.utils.rnn.pad_packed_sequence(out, total_length=T)
    torch.autograd.backward([out, h_T[0]], [torch.from_numpy(dh), torch.from_numpy(dh_T)])
    params = [gate for w in gru.parameters() for gate in w.grad.chunk(3)]
    return [a.detach().numpy() for a in (out, h_T[0], x.grad, h.grad, *params)]


def assert_equal(seen, due, atol=EXACT):
    for i, (a, b) in enumerate(zip(seen, due, strict=True)):
        assert a.shape == b.shape
        name = ("h", "h_T", "dx", "dh_0", *GRUParams._fields)[i]
        np.testing.assert_allclose(a, b, rtol=0, atol=atol, err_msg=name)


@both_paths
@all_sizes
def test_outputs_and_every_gradient_equal_those_of_torch_gru(sizes, path):
    args = case(*sizes)
    assert_equal(run(path, *args), torch_gru(*args))


@both_paths
@pytest.mark.parametrize("sizes", [s for s in SIZES if s[1] in LENGTHS and s[0] > 1], ids=str)
def test_variable_lengths_equal_packed_sequences_of_torch(sizes, path):
    args, lengths = case(*sizes), np.minimum(LENGTHS[sizes[1]], sizes[0])
    assert_equal(run(path, *args, lengths), torch_gru(*args, torch.from_numpy(lengths)))


@both_resets
@both_paths
@all_sizes
def test_either_reset_equals_its_equations_in_torch(sizes, path, reset):
    args = case(*sizes)
    assert_equal(run(path, *args, reset=reset), torch_run(*args, reset=reset))


@both_resets
@both_paths
@pytest.mark.parametrize("lengths", [None, [5, 0, 3], [1, 2, 2]])
@pytest.mark.parametrize("window", WINDOWS)
def test_truncated_gradients_equal_those_of_detached_states_in_torch(window, lengths, path, reset):
    args = case(5, 3, 2, 4)
    seen = run(path, *args, lengths, reset, window)
    assert_equal(seen, torch_run(*args, lengths, reset, window))


@both_resets
@both_paths
@pytest.mark.parametrize("sizes", [(1, 1, 1, 1), (6, 3, 2, 4), (40, 1, 1, 3)], ids=str)
@pytest.mark.parametrize("padded", [False, True])
def test_every_gradient_equals_the_central_difference(sizes, path, reset, padded):
    x, p, h_0, dh, dh_T = case(*sizes)
    lengths = [max(1, sizes[0] - 2 * i) for i in range(sizes[1])] if padded else None
    *_, dx, dh_0, params = (*(a := run(path, x, p, h_0, dh, dh_T, lengths, reset))[:4], a[4:])

    def f(inputs):
        h, h_T, _ = PATHS[path][0](*inputs, lengths, reset)
        return np.sum(dh * h) + np.sum(dh_T * h_T)

    rng = np.random.default_rng(1)
    check = check_gradient(f, (x, p, h_0), (dx, GRUParams(*params), dh_0), rng)
    assert check.error < FINITE, check


@both_paths
@pytest.mark.parametrize("linear_before_reset", [0, 1])
@pytest.mark.parametrize("lengths", [[6, 6, 6, 6], [1, 6, 3, 2]])
def test_onnx_computes_the_same_states(lengths, linear_before_reset, path):
    x, p, h_0, *_ = case(6, 4, 3, 5)
    reset = "after" if linear_before_reset else "before"
    h, h_T, _ = PATHS[path][0](x, p, h_0, lengths, reset)
    for n, length in enumerate(lengths):  # the evaluator takes no lengths: one sequence at a time
        alone = slice(n, n + 1)
        due = onnx_gru(
            to_onnx(p), x[:length, alone], h_0[alone], linear_before_reset=linear_before_reset
        )
        np.testing.assert_allclose(h_T[alone], due, rtol=0, atol=EXACT)
        np.testing.assert_allclose(h[length - 1, alone], due, rtol=0, atol=EXACT)


@both_resets
@both_paths
@pytest.mark.parametrize("padding", [0.0, 1e300, np.inf, np.nan])
def test_padding_never_changes_a_result(padding, path, reset):
    lengths = [7, 2, 0, 4]
    x, p, h_0, dh, dh_T = case(7, 4, 2, 3)
    due = run(path, x, p, h_0, dh, dh_T, lengths, reset)
    for n, length in enumerate(lengths):
        x[length:, n] = dh[length:, n] = padding
    seen = run(path, x, p, h_0, dh, dh_T, lengths, reset)
    assert all(np.array_equal(a, b) for a, b in zip(seen, due, strict=True))
    h, h_T, dx = seen[:3]
    for n, length in enumerate(lengths):
        assert np.all(h[length:, n] == 0) and np.all(dx[length:, n] == 0)
        np.testing.assert_array_equal(h_T[n], h[length - 1, n] if length else h_0[n])


@both_resets
@both_paths
def test_a_padded_batch_equals_its_sequences_one_by_one(path, reset):
    lengths = [7, 2, 1, 4]
    x, p, h_0, dh, dh_T = case(7, 4, 2, 3)
    h, h_T, dx, dh_0, *params = run(path, x, p, h_0, dh, dh_T, lengths, reset)
    one_by_one = []
    for n, length in enumerate(lengths):
        own, t = slice(n, n + 1), slice(0, length)
        args = x[t, own], p, h_0[own], dh[t, own], dh_T[own]
        one_by_one.append(alone := run(path, *args, reset=reset))
        assert_equal((h[t, own], h_T[own], dx[t, own], dh_0[own]), alone[:4])
    for i, dw in enumerate(params, start=4):
        np.testing.assert_allclose(dw, sum(alone[i] for alone in one_by_one), rtol=0, atol=EXACT)


@both_paths
def test_left_out_arguments_are_zeros(path):
    x, p, h_0, dh, dh_T = case(5, 3, 2, 4)
    seen = run(path, x, p, None, dh, None)
    assert_equal(seen, run(path, x, p, 0 * h_0, dh, 0 * dh_T))
    assert_equal(run(path, x, p, h_0, None, dh_T), run(path, x, p, h_0, 0 * dh, dh_T))


@both_paths
def test_a_gradient_at_one_step_reaches_no_later_step(path):
    x, p, h_0, dh, _ = case(6, 3, 2, 4)
    dh[:2] = dh[3:] = 0
    dx = run(path, x, p, h_0, dh, None)[2]
    assert np.all(dx[3:] == 0) and np.all(dx[:3] != 0)


@both_paths
def test_a_window_of_one_sees_one_step_back(path):
    x, p, h_0, dh, _ = case(6, 3, 2, 4)
    dh[:5] = 0
    dx, dh_0 = run(path, x, p, h_0, dh, None, window=1)[2:4]
    assert np.all(dx[:5] == 0) and np.all(dx[5] != 0) and np.all(dh_0 == 0)


@both_resets
@both_paths
def test_inputs_are_left_as_they_were(path, reset):
    for sizes in SIZES:
        args = case(*sizes)
        before = [np.copy(a) for a in (args[0], *args[1], *args[2:])]
        run(path, *args, [sizes[0]] * sizes[1], reset)
        seen = (args[0], *args[1], *args[2:])
        assert all(np.array_equal(a, b) for a, b in zip(seen, before, strict=True)), sizes


def test_reverse_turns_every_sequence_within_its_own_length():
    x = np.arange(8.0).reshape(4, 2, 1)
    np.testing.assert_array_equal(reverse(x)[:, :, 0].T, [[6, 4, 2, 0], [7, 5, 3, 1]])
    np.testing.assert_array_equal(reverse(x, [4, 2])[:, :, 0].T, [[6, 4, 2, 0], [3, 1, 5, 7]])
    np.testing.assert_array_equal(reverse(reverse(x, [3, 0]), [3, 0]), x)
