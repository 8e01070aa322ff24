"""Jacobians against torch's, gradient norms against autograd, horizons against known decays."""

import numpy as np
import pytest
import torch

from gru_ref import jacobian as j
from gru_ref.cell import GRUParams, init_params, step, step_values, zeros
from gru_ref.gradcheck import directional_derivative
from gru_ref.lstm import init_lstm_params, lstm_jacobian, lstm_step
from gru_ref.rnn import init_rnn_params, rnn_jacobian, rnn_step

SIZES = [(D, H) for D in (1, 3) for H in (1, 2, 5)]
RESETS = ["after", "before"]
CELLS = {"rnn": init_rnn_params, "gru": init_params, "lstm": init_lstm_params}
SATURATED = 1000.0  # tanh(±500) is ±1 in float64, so that a gate is exactly 0 or 1
EXACT = {"rtol": 0, "atol": 1e-10}  # float64 in another order of sums, entries of order 1


def case(D=3, H=4, batch=(), seed=0):
    """Return x_t, h_prev and the parameters of a GRU whose gates are far from 1/2."""
    rng = np.random.default_rng(seed)
    p = GRUParams(*(3 * w for w in init_params(rng, D, H)))
    return rng.normal(size=(*batch, D)), rng.normal(size=(*batch, H)), p


def with_gates(p, r=None, z=None):
    """Return p with a gate driven to 0 or 1 by its bias."""
    for name, gate in (("b_ir", r), ("b_iz", z)):
        if gate is not None:
            p = p._replace(**{name: np.full_like(p.b_ir, SATURATED if gate else -SATURATED)})
    return p


def to_torch(cell, p):
    """Return a torch cell in float64 that holds p."""
    kind, gates = {"rnn": ("RNNCell", 1), "gru": ("GRUCell", 3), "lstm": ("LSTMCell", 4)}[cell]
    H, D = p[0].shape
    made = getattr(torch.nn, kind)(D, H, dtype=torch.float64)
    parts = [torch.tensor(np.concatenate(p[k : k + gates])) for k in range(0, 4 * gates, gates)]
    made.load_state_dict(dict(zip(made.state_dict(), parts, strict=True)))
    return made


def gru_before(x, h, p):
    """Return h_t of a GRU that resets before the product, in torch."""
    linear, q = torch.nn.functional.linear, GRUParams(*map(torch.tensor, p))
    r = torch.sigmoid(linear(x, q.W_ir, q.b_ir) + linear(h, q.W_hr, q.b_hr))
    z = torch.sigmoid(linear(x, q.W_iz, q.b_iz) + linear(h, q.W_hz, q.b_hz))
    return torch.lerp(torch.tanh(linear(x, q.W_in, q.b_in) + linear(r * h, q.W_hn, q.b_hn)), h, z)


def jacrev(f, state):
    return torch.func.jacrev(f)(torch.tensor(state)).detach().numpy()


@pytest.mark.parametrize("D, H", SIZES)
def test_gru_jacobian_equals_torch(D, H):
    x_t, h_prev, p = case(D, H)
    x, cell = torch.tensor(x_t), to_torch("gru", p)
    np.testing.assert_allclose(
        j.gru_jacobian(x_t, h_prev, p), jacrev(lambda h: cell(x, h), h_prev), **EXACT
    )
    due = jacrev(lambda h: gru_before(x, h, p), h_prev)
    np.testing.assert_allclose(j.gru_jacobian(x_t, h_prev, p, "before"), due, **EXACT)


@pytest.mark.parametrize("D, H", SIZES)
def test_rnn_jacobian_equals_torch(D, H):
    x_t, h_prev, _ = case(D, H)
    p = init_rnn_params(np.random.default_rng(1), D, H)
    x, cell = torch.tensor(x_t), to_torch("rnn", p)
    due = jacrev(lambda h: cell(x, h), h_prev)
    np.testing.assert_allclose(rnn_jacobian(x_t, h_prev, p), due, **EXACT)


@pytest.mark.parametrize("D, H", SIZES)
def test_lstm_jacobian_of_h_and_c_equals_torch(D, H):
    x_t, h_prev, _ = case(D, H)
    c_prev = case(D, H, seed=2)[1]
    p = init_lstm_params(np.random.default_rng(1), D, H)
    x, cell = torch.tensor(x_t), to_torch("lstm", p)
    due = jacrev(lambda s: torch.cat(cell(x, (s[:H], s[H:]))), np.concatenate([h_prev, c_prev]))
    np.testing.assert_allclose(lstm_jacobian(x_t, h_prev, c_prev, p), due, **EXACT)


def test_the_cell_state_of_an_lstm_is_multiplied_by_its_forget_gate():
    x_t, h_prev, _ = case()
    p = init_lstm_params(np.random.default_rng(1), 3, 4)
    seen = lstm_jacobian(x_t, h_prev, h_prev, p)[4:, 4:]
    np.testing.assert_array_equal(seen, np.diag(lstm_step(x_t, h_prev, h_prev, p).f))


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("H", [1, 5])
def test_gru_jacobian_equals_central_differences(H, reset):
    x_t, h_prev, p = case(3, H)
    v = np.random.default_rng(1).normal(size=H)
    due = directional_derivative(lambda h: step(x_t, h, p, reset), h_prev, v)
    # 1e-8: central differences in float64 are off by about 1e-10
    np.testing.assert_allclose(j.gru_jacobian(x_t, h_prev, p, reset) @ v, due, rtol=0, atol=1e-8)


@pytest.mark.parametrize("reset", RESETS)
def test_a_batch_gives_one_jacobian_for_each_row(reset):
    x_t, h_prev, p = case(batch=(5,))
    for f in (j.gru_jacobian, j.article_jacobian):
        alone = [f(x, h, p, reset) for x, h in zip(x_t, h_prev, strict=True)]
        np.testing.assert_allclose(f(x_t, h_prev, p, reset), alone, rtol=0, atol=1e-14)  # rounding


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("f", [j.gru_jacobian, j.article_jacobian])
def test_update_gate_of_one_gives_the_identity(f, reset):
    x_t, h_prev, p = case()
    np.testing.assert_array_equal(f(x_t, h_prev, with_gates(p, z=1), reset), np.eye(4))


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("f", [j.gru_jacobian, j.article_jacobian])
def test_both_gates_of_zero_cut_the_gradient(f, reset):
    x_t, h_prev, p = case()
    np.testing.assert_array_equal(f(x_t, h_prev, with_gates(p, r=0, z=0), reset), np.zeros((4, 4)))


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("f", [j.gru_jacobian, j.article_jacobian])
def test_open_reset_and_closed_update_gate_leave_the_candidates_weights(f, reset):
    x_t, h_prev, p = case()
    p = with_gates(p, r=1, z=0)
    due = np.diag(1 - step_values(x_t, h_prev, p, reset).n_t ** 2) @ p.W_hn
    np.testing.assert_allclose(f(x_t, h_prev, p, reset), due, rtol=0, atol=1e-15)  # rounding


@pytest.mark.parametrize("reset", RESETS)
def test_the_article_is_right_where_the_gates_do_not_see_the_state(reset):
    x_t, h_prev, p = case()
    p = p._replace(W_hr=np.zeros((4, 4)), W_hz=np.zeros((4, 4)))
    seen, due = (f(x_t, h_prev, p, reset) for f in (j.article_jacobian, j.gru_jacobian))
    np.testing.assert_allclose(seen, due, rtol=0, atol=1e-15)  # rounding


@pytest.mark.parametrize("reset", RESETS)
def test_the_article_is_wrong_between_its_corners(reset):
    one = np.ones((1, 1))
    p = zeros(1, 1)._replace(W_hr=one, W_hz=one, W_hn=one, b_ir=-one[0], b_iz=-one[0])
    x_t, h_prev = np.zeros(1), np.ones(1)
    r_t, z_t, n_t, _ = step_values(x_t, h_prev, p, reset)
    assert r_t == z_t == 0.5 and n_t == np.tanh(0.5)
    direct = 0.5 + 0.25 * (1 - n_t**2)  # z + (1-z)(1-n²) r
    lost = 0.25 * (1 - n_t) + 0.5 * 0.25 * (1 - n_t**2)  # (h-n) z(1-z) + (1-z)(1-n²) r(1-r)
    np.testing.assert_allclose(j.article_jacobian(x_t, h_prev, p, reset)[0], direct, rtol=1e-15)
    np.testing.assert_allclose(j.gru_jacobian(x_t, h_prev, p, reset)[0], direct + lost, rtol=1e-15)
    assert lost / (direct + lost) > 0.2


def test_relative_difference_is_the_frobenius_norm_over_the_true_one():
    eye = np.eye(4)
    assert j.relative_difference(0.75 * eye, eye) == 0.25
    assert j.relative_difference(0 * eye, 0 * eye) == 0
    assert j.relative_difference(eye, 0 * eye) == np.inf


@pytest.mark.parametrize("reset", RESETS)
def test_the_product_is_the_jacobian_of_the_whole_run(reset):
    rng = np.random.default_rng(0)
    x, h_0, p = rng.normal(size=(5, 3)), rng.normal(size=4), case()[2]
    v = rng.normal(size=4)

    def run(h_t):
        for x_t in x:
            h_t = step(x_t, h_t, p, reset)
        return h_t

    seen = j.jacobian_product(j.jacobians("gru", p, x, h_0, reset)) @ v
    np.testing.assert_allclose(seen, directional_derivative(run, h_0, v), rtol=0, atol=1e-8)


def test_the_last_step_stands_on_the_left_of_the_product():
    first, last = np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(j.jacobian_product(np.stack([first, last])), last @ first)
    assert np.any(last @ first) and not np.any(first @ last)


@pytest.mark.parametrize("batch", [(), (1,), (3,)])
@pytest.mark.parametrize("D, H", [(1, 1), (3, 4)])
@pytest.mark.parametrize("cell", CELLS)
def test_norms_against_lag_equal_autograd(cell, D, H, batch):
    rng, T = np.random.default_rng(0), 6
    p = CELLS[cell](rng, D, H)
    x, h_0, dh_T = (rng.normal(size=s) for s in [(T, *batch, D), (*batch, H), (*batch, H)])
    made, xs, states = to_torch(cell, p), torch.tensor(x), []
    state = torch.tensor(h_0) if cell != "lstm" else torch.tensor(np.stack([h_0, 0 * h_0]))
    for x_t in xs:
        states.append(state.detach())
        state = made(x_t, state) if cell != "lstm" else torch.stack(made(x_t, tuple(state)))
    due = [np.linalg.norm(dh_T, axis=-1)]
    for t in reversed(range(T)):
        # from a leaf at each t, since autograd's ∂L/∂c_t would count the path from c_t to h_t too
        leaf = state = states[t].requires_grad_()
        for x_t in xs[t:]:
            state = made(x_t, state) if cell != "lstm" else torch.stack(made(x_t, tuple(state)))
        h_T = state if cell != "lstm" else state[0]
        (h_T * torch.tensor(dh_T)).sum().backward()
        grad = leaf.grad if cell != "lstm" else torch.cat(tuple(leaf.grad), dim=-1)
        due.append(grad.norm(dim=-1).numpy())
    seen = j.norms_against_lag(cell, p, x, h_0, dh_T)
    assert seen.shape == (T + 1, *batch)
    np.testing.assert_allclose(seen, due, rtol=1e-10)  # float64 in another order of sums


def test_vector_products_equal_the_product_of_the_matrices():
    rng = np.random.default_rng(0)
    x, h_0, p = rng.normal(size=(7, 3)), rng.normal(size=4), case()[2]
    dh_T, Js = rng.normal(size=4), j.jacobians("gru", p, x, h_0)
    due = j.jacobian_product(Js).T @ dh_T
    np.testing.assert_allclose(j.state_gradients(dh_T, Js)[-1], due, rtol=1e-12)  # order of sums
    assert j.gradient_norms(dh_T, Js)[-1] == pytest.approx(np.linalg.norm(due), rel=1e-12)


@pytest.mark.parametrize("cell, params", [("gru", "rnn"), ("lstm", "gru"), ("LSTM", "lstm")])
def test_a_cell_that_does_not_fit_its_parameters_is_named(cell, params):
    p = CELLS[params](np.random.default_rng(0), 3, 4)
    with pytest.raises(ValueError, match=rf"^cell is '{cell}' with {type(p).__name__}, expected "):
        j.jacobians(cell, p, np.zeros((2, 3)), np.zeros(4))


@pytest.mark.parametrize("z", [0.1, 0.5, 0.9, 0.99])
def test_a_constant_gate_has_the_horizon_that_is_predicted(z):
    norms = 7.0 * z ** np.arange(200)
    assert j.memory_horizon(norms) == pytest.approx(j.predicted_horizon(z), rel=1e-12)  # rounding


def test_a_norm_that_never_falls_has_no_horizon():
    assert j.memory_horizon(np.array([1.0, 2.0, 0.5])) == np.inf


def test_the_horizon_is_the_first_lag_that_falls_below():
    assert j.memory_horizon(np.array([1.0, np.exp(-2), 1.0])) == 0.5
    assert j.memory_horizon(np.array([1.0, np.exp(-1)])) == 1.0
    assert j.memory_horizon(np.array([1.0, np.exp(0.5), np.exp(-1), 0.0])) == 2.0


def test_a_gradient_that_is_cut_reaches_as_far_as_the_cut():
    assert j.memory_horizon(np.array([2.0, 2.0, 0.0])) == 1.0


@pytest.mark.parametrize("norms", [[0.0, 0.0], [1.0, np.nan], [np.nan, 1.0], [1.0, np.inf]])
def test_norms_without_a_gradient_are_named(norms):
    with pytest.raises(ValueError, match="^norms begins with"):
        j.memory_horizon(np.array(norms))


def test_a_gate_of_one_keeps_for_ever_and_a_gate_of_zero_nothing():
    np.testing.assert_array_equal(j.predicted_horizon(np.array([0.0, 1.0])), [0.0, np.inf])
    assert j.predicted_horizon(np.exp(-0.1)) == pytest.approx(10)


def test_the_spectral_radius_of_a_rotation_is_its_scale():
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    np.testing.assert_allclose(j.spectral_radius(np.stack([turn, 3 * turn])), [1, 3], rtol=1e-15)
    assert j.spectral_radius(np.array([[0.5, 100.0], [0.0, -0.75]])) == 0.75


@pytest.mark.parametrize("max_norm", [0.1, 1.0, 1000.0])
def test_clipping_equals_torch_clip_grad_norm(max_norm):
    grads = case()[2]
    weights = [torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for g in grads]
    for w, g in zip(weights, grads, strict=True):
        w.grad = torch.tensor(g)
    norm_due = torch.nn.utils.clip_grad_norm_(weights, max_norm).item()
    clipped, norm = j.clip_by_norm(grads, max_norm)
    assert isinstance(clipped, GRUParams) and norm == pytest.approx(norm_due, rel=1e-12)
    for seen, w in zip(clipped, weights, strict=True):
        np.testing.assert_allclose(seen, w.grad, rtol=1e-5)  # torch divides by norm + 1e-6


def test_gradients_under_the_limit_stay_as_they_are():
    grads = case()[2]
    clipped, norm = j.clip_by_norm(grads, 1e6)
    assert norm < 1e6 and all(map(np.array_equal, clipped, grads))


def test_clipping_sees_several_layers_as_one_gradient():
    layers = (case(3, 4)[2], case(4, 4)[2])
    clipped, norm = j.clip_by_norm(layers, 1.0)
    assert norm == pytest.approx(np.hypot(*(j.clip_by_norm(p, 1.0)[1] for p in layers)), rel=1e-12)
    assert isinstance(clipped[1], GRUParams) and j.clip_by_norm(clipped, 2.0)[1] == pytest.approx(1)


def test_clipping_survives_gradients_whose_squares_overflow():
    huge = GRUParams(*(g.astype(np.float32) * np.float32(1e30) for g in case()[2]))
    clipped, norm = j.clip_by_norm(huge, 1.0)
    assert norm > 1e30 and {g.dtype for g in clipped} == {np.dtype(np.float32)}
    assert j.clip_by_norm(clipped, 2.0)[1] == pytest.approx(1, rel=1e-5)  # float32


def test_clipping_leaves_zero_gradients_at_zero():
    clipped, norm = j.clip_by_norm(zeros(3, 4), 1.0)
    assert norm == 0 and not any(map(np.any, clipped))


@pytest.mark.parametrize("value, max_norm", [(np.inf, 1.0), (np.nan, 1.0), (1.0, 0.0), (1.0, -1.0)])
def test_gradients_that_cannot_be_clipped_are_named(value, max_norm):
    grads = zeros(3, 4)._replace(b_in=np.array([0.0, value, 0.0, 0.0]))
    with pytest.raises(ValueError, match="^The largest gradient is .* and max_norm"):
        j.clip_by_norm(grads, max_norm)


def test_chrono_bias_opens_the_gate_for_one_to_t_max_steps():
    T_max, H = 100, 20_000
    b_z = j.chrono_bias(np.random.default_rng(0), H, T_max)
    u = np.exp(b_z)
    assert b_z.shape == (H,) and u.min() >= 1 and u.max() <= T_max - 1
    assert abs(u.mean() - T_max / 2) < 4 * (98 / np.sqrt(12)) / np.sqrt(H)  # 4 standard errors


def test_chrono_bias_keeps_the_state_for_half_a_step_more_than_u():
    b_z = j.chrono_bias(np.random.default_rng(0), 50, 1000)
    p = zeros(2, 50)._replace(b_iz=b_z)
    z_t = step_values(np.zeros(2), np.zeros(50), p).z_t
    # τ = u + 1/2 - 1/(12 u) + …, at most 0.06 below for u ≥ 1
    np.testing.assert_allclose(j.predicted_horizon(z_t), np.exp(b_z) + 0.5, rtol=0, atol=0.06)


def test_a_t_max_below_two_is_named():
    with pytest.raises(ValueError, match="^T_max is 1.5, expected 2 or more"):
        j.chrono_bias(np.random.default_rng(0), 4, 1.5)


def test_a_wide_open_update_gate_remembers_longer():
    rng = np.random.default_rng(0)
    x, h_0, p, dh_T = rng.normal(size=(100, 4)), np.zeros(8), init_params(rng, 4, 8), np.ones(8)
    horizons = [
        j.memory_horizon(j.norms_against_lag("gru", p._replace(b_iz=p.b_iz + b_z), x, h_0, dh_T))
        for b_z in (0, 2, 4)
    ]
    assert horizons == sorted(horizons) and horizons[2] > 5 * horizons[0]


@pytest.mark.parametrize("cell", CELLS)
def test_jacobians_stay_in_float32(cell):
    rng = np.random.default_rng(0)
    p = CELLS[cell](rng, 3, 4)
    p = type(p)(*(w.astype(np.float32) for w in p))
    x, h_0, dh_T = (rng.normal(size=s).astype(np.float32) for s in [(5, 2, 3), (2, 4), (2, 4)])
    Js = j.jacobians(cell, p, x, h_0)
    assert Js.dtype == j.norms_against_lag(cell, p, x, h_0, dh_T).dtype == np.float32


def test_states_of_a_run_are_those_of_the_cell():
    rng = np.random.default_rng(0)
    x, h_0, p = rng.normal(size=(3, 2)), rng.normal(size=4), init_rnn_params(rng, 2, 4)
    h_1 = rnn_step(x[0], h_0, p)
    np.testing.assert_array_equal(j.jacobians("rnn", p, x, h_0)[1], rnn_jacobian(x[1], h_1, p))
