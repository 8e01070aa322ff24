"""The tanh-RNN and the LSTM against torch's autograd, finite differences and their limits."""

import numpy as np
import pytest
import torch

from gru_ref.gradcheck import check_gradient
from gru_ref.lstm import LSTMParams, init_lstm_params, lstm_backward, lstm_forward, lstm_step
from gru_ref.rnn import RNNParams, init_rnn_params, rnn_backward, rnn_forward, rnn_step

SIZES = [(1, 1, 1, 1), (1, 3, 2, 4), (6, 1, 3, 2), (5, 4, 1, 3), (5, 2, 3, 1), (7, 3, 2, 5)]
LOSSES = {"the last step": [-1], "every step": slice(None), "two steps": [0, 2], "no step": []}
EXACT = {"rtol": 0, "atol": 1e-10}  # float64 in another order of sums, values of order 1 to 100


def sequence(T, N, D, H, seed=0):
    """Return x, h_0, c_0 and a loss gradient at every step."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in [(T, N, D), (N, H), (N, H), (T, N, H)]]


def params_of(module, kind, gates):
    """Return the parameters, or their gradients, of a torch layer as one of our types."""
    return lambda of: kind(*(g.numpy() for w in module.parameters() for g in of(w).chunk(gates)))


def torch_rnn(x, h_0, dh):
    """Return the parameters of a random torch.nn.RNN, its h, and its three gradients."""
    torch.manual_seed(0)
    net = torch.nn.RNN(x.shape[2], h_0.shape[1], dtype=torch.float64)
    leaves = [torch.tensor(a, requires_grad=True) for a in (x, h_0)]
    h, _ = net(leaves[0], leaves[1][None])
    (h * torch.tensor(dh)).sum().backward()
    read = params_of(net, RNNParams, 1)
    return read(lambda w: w.detach()), h.detach(), [a.grad for a in leaves], read(lambda w: w.grad)


def torch_lstm(x, h_0, c_0, dh):
    """Return the parameters of a random torch.nn.LSTM, its h and c_T, and its four gradients."""
    torch.manual_seed(0)
    net = torch.nn.LSTM(x.shape[2], h_0.shape[1], dtype=torch.float64)
    leaves = [torch.tensor(a, requires_grad=True) for a in (x, h_0, c_0)]
    h, (_, c_T) = net(leaves[0], (leaves[1][None], leaves[2][None]))
    (h * torch.tensor(dh)).sum().backward()
    read = params_of(net, LSTMParams, 4)
    outputs = h.detach(), c_T[0].detach()
    return read(lambda w: w.detach()), outputs, [a.grad for a in leaves], read(lambda w: w.grad)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_rnn_states_and_every_gradient_equal_torch(size):
    x, h_0, _, dh = sequence(*size)
    p, h_due, leaves_due, params_due = torch_rnn(x, h_0, dh)
    h = rnn_forward(x, h_0, p)
    np.testing.assert_allclose(h, h_due, **EXACT)
    grads = rnn_backward(dh, x, h_0, h, p)
    for seen, due in zip(grads[:2] + grads.params, leaves_due + list(params_due), strict=True):
        np.testing.assert_allclose(seen, due, **EXACT)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_lstm_states_and_every_gradient_equal_torch(size):
    x, h_0, c_0, dh = sequence(*size)
    p, (h_due, c_T_due), leaves_due, params_due = torch_lstm(x, h_0, c_0, dh)
    values = lstm_forward(x, h_0, c_0, p)
    np.testing.assert_allclose(values.h, h_due, **EXACT)
    np.testing.assert_allclose(values.c[-1], c_T_due, **EXACT)
    grads = lstm_backward(dh, x, h_0, c_0, values, p)
    for seen, due in zip(grads[:3] + grads.params, leaves_due + list(params_due), strict=True):
        np.testing.assert_allclose(seen, due, **EXACT)


@pytest.mark.parametrize("looks_at", LOSSES.values(), ids=LOSSES.keys())
def test_the_loss_may_look_at_any_steps(looks_at):
    x, h_0, c_0, full = sequence(5, 2, 3, 4)
    dh = np.zeros_like(full)
    dh[looks_at] = full[looks_at]
    p, h, due, _ = torch_rnn(x, h_0, dh)
    np.testing.assert_allclose(rnn_backward(dh, x, h_0, h.numpy(), p).dh_0, due[1], **EXACT)
    p, _, due, _ = torch_lstm(x, h_0, c_0, dh)
    grads = lstm_backward(dh, x, h_0, c_0, lstm_forward(x, h_0, c_0, p), p)
    np.testing.assert_allclose(grads.dc_0, due[2], **EXACT)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_rnn_gradients_equal_finite_differences(size):
    x, h_0, _, dh = sequence(*size)
    rng = np.random.default_rng(1)
    p = init_rnn_params(rng, *size[2:])
    grads = rnn_backward(dh, x, h_0, rnn_forward(x, h_0, p), p)

    def loss(given):
        return np.sum(dh * rnn_forward(*given))

    # 1e-6: what central differences of a float64 see
    assert check_gradient(loss, (x, h_0, p), tuple(grads), rng).error < 1e-6


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_lstm_gradients_equal_finite_differences(size):
    x, h_0, c_0, dh = sequence(*size)
    rng = np.random.default_rng(1)
    p = init_lstm_params(rng, *size[2:])
    grads = lstm_backward(dh, x, h_0, c_0, lstm_forward(x, h_0, c_0, p), p)

    def loss(given):
        return np.sum(dh * lstm_forward(*given).h)

    assert check_gradient(loss, (x, h_0, c_0, p), tuple(grads), rng).error < 1e-6


def test_a_forgotten_path_through_time_is_seen_by_the_finite_differences():
    x, h_0, _, dh = sequence(5, 2, 3, 4)
    rng = np.random.default_rng(1)
    p = init_rnn_params(rng, 3, 4)
    last = rnn_backward(dh[:1], x[:1], h_0, rnn_forward(x[:1], h_0, p), p)

    def loss(h):
        return np.sum(dh * rnn_forward(x, h, p))

    assert check_gradient(loss, h_0, last.dh_0, rng).error > 1e-2


def test_no_step_leaves_the_gradients_at_zero():
    x, h_0, c_0, _ = sequence(5, 2, 3, 4)
    p = init_lstm_params(np.random.default_rng(0), 3, 4)
    grads = lstm_backward(np.zeros((5, 2, 4)), x, h_0, c_0, lstm_forward(x, h_0, c_0, p), p)
    assert not any(np.any(g) for g in grads[:3] + grads.params)


def test_a_step_takes_one_input_or_many():
    rng = np.random.default_rng(0)
    x_t, h_t, c_t = rng.normal(size=(4, 3)), rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
    p, q = init_rnn_params(rng, 3, 2), init_lstm_params(rng, 3, 2)
    many, many_h = rnn_step(x_t, h_t, p), lstm_step(x_t, h_t, c_t, q).h
    # 1e-15: one product in another order of sums
    np.testing.assert_allclose(rnn_step(x_t[1], h_t[1], p), many[1], rtol=0, atol=1e-15)
    one_h = lstm_step(x_t[1], h_t[1], c_t[1], q).h
    np.testing.assert_allclose(one_h, many_h[1], rtol=0, atol=1e-15)


def test_an_open_forget_gate_and_a_closed_input_gate_keep_the_cell_state():
    x, h_0, c_0, _ = sequence(9, 2, 3, 4)
    p = init_lstm_params(np.random.default_rng(0), 3, 4)
    p = p._replace(b_if=np.full(4, 1000.0), b_ii=np.full(4, -1000.0))
    np.testing.assert_array_equal(lstm_forward(x, h_0, c_0, p).c[-1], c_0)


@pytest.mark.parametrize("D, H", [(1, 1), (3, 1), (1, 4), (3, 4)])
def test_initial_parameters_have_the_shapes_and_the_interval_of_torch(D, H):
    for init, layer, kind, gates in (
        (init_rnn_params, torch.nn.RNN, RNNParams, 1),
        (init_lstm_params, torch.nn.LSTM, LSTMParams, 4),
    ):
        p, due = init(np.random.default_rng(0), D, H), layer(D, H)
        shapes = params_of(due, kind, gates)(lambda w: w.detach())
        assert [w.shape for w in p] == [w.shape for w in shapes]
        assert max(np.abs(w).max() for w in p) <= 1 / np.sqrt(H)


def test_float32_stays_float32():
    x, h_0, c_0, dh = (a.astype(np.float32) for a in sequence(5, 2, 3, 4))
    rng = np.random.default_rng(0)
    p = RNNParams(*(w.astype(np.float32) for w in init_rnn_params(rng, 3, 4)))
    q = LSTMParams(*(w.astype(np.float32) for w in init_lstm_params(rng, 3, 4)))
    h, values = rnn_forward(x, h_0, p), lstm_forward(x, h_0, c_0, q)
    grads = rnn_backward(dh, x, h_0, h, p), lstm_backward(dh, x, h_0, c_0, values, q)
    arrays = [h, *values, *grads[0][:2], *grads[0].params, *grads[1][:3], *grads[1].params]
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}
