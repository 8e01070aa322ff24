"""The backward pass of one step against central differences and against torch's autograd."""

import numpy as np
import pytest
import torch

from gru_ref.cell import GRUParams, init_params, step, step_backward, step_values
from gru_ref.gradcheck import check_gradient

SIZES = [(D, H) for D in (1, 2, 5) for H in (1, 3, 4)]
BATCHES = [(), (1,), (4,)]
RESETS = ["after", "before"]
FINITE = 1e-6  # central differences in float64 leave about 1e-9
EXACT = 1e-12  # float64, where only the order of the sums differs


def case(D, H, batch=(), seed=0):
    """Return x_t, h_prev, p and dh_t."""
    rng = np.random.default_rng(seed)
    x_t, h_prev, dh_t = (rng.normal(size=(*batch, size)) for size in (D, H, H))
    return x_t, h_prev, GRUParams(*(2 * w for w in init_params(rng, D, H))), dh_t


def backward(x_t, h_prev, p, dh_t, reset):
    return step_backward(dh_t, x_t, h_prev, step_values(x_t, h_prev, p, reset), p, reset)


def torch_step(x_t, h_prev, p, reset):
    """(1)-(4) in torch's functions, on tensors."""
    linear = torch.nn.functional.linear
    r = torch.sigmoid(linear(x_t, p.W_ir, p.b_ir) + linear(h_prev, p.W_hr, p.b_hr))
    z = torch.sigmoid(linear(x_t, p.W_iz, p.b_iz) + linear(h_prev, p.W_hz, p.b_hz))
    if reset == "after":
        a_n = linear(x_t, p.W_in, p.b_in) + r * linear(h_prev, p.W_hn, p.b_hn)
    else:
        a_n = linear(x_t, p.W_in, p.b_in) + linear(r * h_prev, p.W_hn, p.b_hn)
    return torch.lerp(torch.tanh(a_n), h_prev, z)


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize(("D", "H"), SIZES)
def test_every_gradient_equals_the_central_difference(D, H, batch, reset):
    x_t, h_prev, p, dh_t = case(D, H, batch)
    seen = backward(x_t, h_prev, p, dh_t, reset)
    rng = np.random.default_rng(1)

    def f(everything):
        return np.sum(dh_t * step(*everything, reset))

    inputs = (x_t, h_prev, p)
    assert check_gradient(f, inputs, tuple(seen), rng).error < FINITE
    for name, w, dw in zip(p._fields, p, seen.params, strict=True):  # a message that names it
        one = check_gradient(lambda a, n=name: f((x_t, h_prev, p._replace(**{n: a}))), w, dw, rng)
        assert one.error < FINITE, (name, one)


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize(("D", "H"), SIZES)
def test_every_gradient_equals_that_of_torch(D, H, batch, reset):
    x_t, h_prev, p, dh_t = case(D, H, batch)
    x, h, *w = (torch.from_numpy(a.copy()).requires_grad_() for a in (x_t, h_prev, *p))
    torch_step(x, h, GRUParams(*w), reset).backward(torch.from_numpy(dh_t))
    dx_t, dh_prev, params = backward(x_t, h_prev, p, dh_t, reset)
    for seen, due in zip((dx_t, dh_prev, *params), (x, h, *w), strict=True):
        assert seen.shape == due.shape
        np.testing.assert_allclose(seen, due.grad.numpy(), rtol=0, atol=EXACT)


@pytest.mark.parametrize("reset", RESETS)
def test_gradients_of_a_batch_are_the_sum_of_those_of_its_rows(reset):
    x_t, h_prev, p, dh_t = case(2, 3, (4,))
    rows = [backward(x, h, p, d, reset) for x, h, d in zip(x_t, h_prev, dh_t, strict=True)]
    seen = backward(x_t, h_prev, p, dh_t, reset)
    for i, dw in enumerate(seen.params):
        np.testing.assert_allclose(dw, sum(row.params[i] for row in rows), rtol=0, atol=EXACT)
    np.testing.assert_allclose(seen.dx_t, [row.dx_t for row in rows], rtol=0, atol=EXACT)


@pytest.mark.parametrize("reset", RESETS)
def test_an_update_gate_of_one_hands_the_gradient_back_untouched(reset):
    x_t, h_prev, p, dh_t = case(2, 3, (4,))
    seen = backward(x_t, h_prev, p._replace(b_iz=np.full(3, 1000.0)), dh_t, reset)
    np.testing.assert_array_equal(seen.dh_prev, dh_t)
    assert all(np.all(dw == 0) for dw in seen.params)


@pytest.mark.parametrize("reset", RESETS)
def test_float32_stays_float32(reset):
    x_t, h_prev, p, dh_t = case(2, 3, (4,))
    p = GRUParams(*(w.astype(np.float32) for w in p))
    seen = backward(*(a.astype(np.float32) for a in (x_t, h_prev)), p, np.float32(dh_t), reset)
    assert {a.dtype for a in (seen.dx_t, seen.dh_prev, *seen.params)} == {np.dtype(np.float32)}


def test_a_dh_t_of_another_shape_is_named():
    x_t, h_prev, p, dh_t = case(2, 3, (4,))
    with pytest.raises(ValueError, match=r"^dh_t has shape \(3, 3\), expected \(4, 3\)"):
        step_backward(dh_t[1:], x_t, h_prev, step_values(x_t, h_prev, p), p)
