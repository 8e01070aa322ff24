"""The GRU without the loop, against the loop, torch, and what theory promises of the rounds."""

import numpy as np
import pytest
import torch

from gru_ref.cell import GRUParams, init_params, step
from gru_ref.converge import ConvergenceError, lyapunov_exponent, parallel_forward
from gru_ref.errors import UsageError
from gru_ref.fast.backward import gru_backward
from gru_ref.fast.forward import gru_forward
from gru_ref.jacobian import jacobians
from gru_ref.minimal import mingru_of
from gru_ref.parallel import ROUNDS, parallel_bptt, parallel_round, residual
from gru_ref.sequence import unroll
from tests.gru_ref.test_sequence import torch_run

SIZES = [(1, 1, 1, 1), (2, 1, 3, 4), (3, 2, 1, 3), (7, 3, 2, 5), (64, 2, 3, 4), (200, 1, 4, 1)]
SOLVED = 1e-10  # where the rounds end
EXACT = 1e-12  # float64: the order of the sums

all_sizes = pytest.mark.parametrize("sizes", SIZES, ids=str)
both_resets = pytest.mark.parametrize("reset", ["after", "before"])


def case(T, N, D, H, scale=1.0, seed=0):
    """Return x, p and h_0 of both signs."""
    rng = np.random.default_rng(seed)
    p = GRUParams(*(scale * w for w in init_params(rng, D, H)))
    return rng.normal(size=(T, N, D)), p, rng.uniform(-0.9, 0.9, (N, H))


def zeros(x, p):
    return np.zeros((*x.shape[:-1], len(p.W_hr)))


@both_resets
@all_sizes
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_rounds_end_at_the_states_of_the_loop(sizes, reset, scale):
    x, p, h_0 = case(*sizes, scale)
    seen, due = parallel_forward(x, p, h_0, reset), unroll(x, p, h_0, reset=reset)
    np.testing.assert_allclose(seen.h, due.h, rtol=0, atol=SOLVED)
    np.testing.assert_allclose(seen.h_T, due.h_T, rtol=0, atol=SOLVED)


def test_without_h_0_the_states_start_from_zeros():
    x, p, h_0 = case(20, 2, 3, 4)
    np.testing.assert_array_equal(parallel_forward(x, p).h, parallel_forward(x, p, 0 * h_0).h)


@both_resets
def test_only_the_trajectory_of_the_loop_has_no_residual(reset):
    x, p, h_0 = case(9, 2, 3, 4)
    h = unroll(x, p, h_0, reset=reset).h
    assert np.abs(residual(h, x, p, h_0, reset)).max() < EXACT
    bent = h.copy()
    bent[4, 1, 2] += 0.1
    e = np.abs(residual(bent, x, p, h_0, reset)).max(axis=-1)
    assert e[4, 1] == pytest.approx(0.1)
    assert e[5, 1] > 1e-3
    assert np.delete(e[:, 1], [4, 5]).max() < EXACT
    assert e[:, 0].max() < EXACT


@both_resets
@pytest.mark.parametrize("kind", ROUNDS)
def test_a_round_leaves_the_trajectory_as_it_is(kind, reset):
    x, p, h_0 = case(30, 2, 3, 4)
    h = unroll(x, p, h_0, reset=reset).h
    np.testing.assert_allclose(parallel_round(h, x, p, h_0, kind, reset), h, rtol=0, atol=EXACT)


@both_resets
@pytest.mark.parametrize("kind", ROUNDS)
def test_k_rounds_make_the_first_k_states_exact(kind, reset):
    x, p, h_0 = case(6, 2, 3, 4, scale=2)
    due, h = unroll(x, p, h_0, reset=reset).h, zeros(x, p) + 0.5
    for k in range(1, 7):
        h = parallel_round(h, x, p, h_0, kind, reset)
        np.testing.assert_allclose(h[:k], due[:k], rtol=0, atol=EXACT)


@pytest.mark.parametrize("kind", ROUNDS)
def test_a_round_is_the_affine_recurrence_step_by_step(kind):
    x, p, h_0 = case(12, 1, 3, 4, scale=2)
    guess = np.random.default_rng(1).uniform(-1, 1, (12, 1, 4))
    h_prev = np.concatenate([h_0[None], guess[:-1]])
    f, u = step_and_jacobian(x[:, 0], h_prev[:, 0], p, kind)
    h, due = h_0[0], []
    for f_t, A_t, before in zip(f, u, h_prev[:, 0], strict=True):
        h = f_t + A_t @ (h - before)
        due.append(h)
    seen = parallel_round(guess, x, p, h_0, kind, clip=False)
    np.testing.assert_allclose(seen[:, 0], due, rtol=0, atol=EXACT)


def step_and_jacobian(x, h_prev, p, kind):
    """Return f and A_t of (2), the Jacobian by torch."""
    W = GRUParams(*map(torch.from_numpy, p))

    def cell(x_t, h):
        r = torch.sigmoid(W.W_ir @ x_t + W.b_ir + W.W_hr @ h + W.b_hr)
        z = torch.sigmoid(W.W_iz @ x_t + W.b_iz + W.W_hz @ h + W.b_hz)
        n = torch.tanh(W.W_in @ x_t + W.b_in + r * (W.W_hn @ h + W.b_hn))
        return (1 - z) * n + z * h, z

    f, A = [], []
    for x_t, h in zip(map(torch.from_numpy, x), map(torch.from_numpy, h_prev), strict=True):
        h_t, z = cell(x_t, h)
        J = torch.func.jacrev(lambda h, x_t=x_t: cell(x_t, h)[0])(h)
        kinds = {"picard": 0 * J, "gate": z.diag(), "diagonal": J.diag().diag(), "newton": J}
        f.append(h_t.numpy())
        A.append(kinds[kind].numpy())
    return f, A


@both_resets
def test_the_first_gate_round_from_zeros_is_the_mingru(reset):
    x, p, _ = case(50, 3, 2, 5, scale=2)
    seen = parallel_round(zeros(x, p), x, p, kind="gate", reset=reset)
    np.testing.assert_allclose(seen, mingru_of(x, p, reset=reset), rtol=0, atol=EXACT)


@both_resets
def test_the_mingru_of_a_gru_without_recurrent_weights_is_that_gru(reset):
    x, p, h_0 = case(20, 2, 3, 4)
    p = p._replace(W_hr=0 * p.W_hr, W_hz=0 * p.W_hz, W_hn=0 * p.W_hn)
    due = unroll(x, p, h_0, reset=reset).h
    np.testing.assert_allclose(mingru_of(x, p, h_0, reset), due, rtol=0, atol=EXACT)


@pytest.mark.parametrize("T", [100, 1000, 4000])
def test_in_a_new_gru_newton_takes_four_rounds_whatever_the_length(T):
    x, p, _ = case(T, 1, 4, 8)
    assert parallel_forward(x, p, gate_rounds=0).rounds <= 4


def test_newton_squares_the_error():
    x, p, _ = case(200, 1, 4, 8)
    e = parallel_forward(x, p, gate_rounds=0, tol=1e-8).residuals
    assert e[-1] < 10 * e[-2] ** 2 and e[-2] < 10 * e[-3] ** 2


def test_states_of_a_round_are_kept_where_a_gru_has_them():
    x, p, h_0 = case(30, 2, 3, 4, scale=20)
    h_0 = 3 * h_0
    guess = zeros(x, p)
    assert np.abs(parallel_round(guess, x, p, h_0, clip=False)).max() > 5
    kept = parallel_round(guess, x, p, h_0)
    assert (np.abs(kept) <= np.maximum(1, np.abs(h_0))).all()


def test_a_warm_start_needs_fewer_rounds():
    x, p, _ = case(500, 1, 4, 8, scale=2)
    solved = parallel_forward(x, p)
    rng = np.random.default_rng(1)
    moved = GRUParams(*(w + 1e-4 * rng.choice([-1, 1], w.shape) for w in p))
    again = parallel_forward(x, moved, guess=solved.h)
    assert again.rounds < solved.rounds
    np.testing.assert_allclose(again.h, unroll(x, moved).h, rtol=0, atol=SOLVED)


def test_float32_stays_float32_and_ends():
    x, p, h_0 = case(300, 2, 3, 8)
    p32 = GRUParams(*(w.astype(np.float32) for w in p))
    seen = parallel_forward(x.astype(np.float32), p32, h_0.astype(np.float32))
    assert seen.h.dtype == np.float32
    np.testing.assert_allclose(seen.h, unroll(x, p, h_0).h, rtol=0, atol=1e-4)


def chaotic():
    x, p, _ = case(600, 1, 4, 16)
    return x, p._replace(W_hr=6 * p.W_hr, W_hz=6 * p.W_hz, W_hn=9 * p.W_hn)


def test_where_states_part_the_error_says_so_and_what_to_do():
    x, p = chaotic()
    with pytest.raises(ConvergenceError) as error:
        parallel_forward(x, p, max_rounds=10)
    said = str(error.value)
    assert "After 10 rounds the residual is" in said and "of 600 states are right" in said
    assert "Lyapunov exponent is +" in said and "Make the weights W_h smaller" in said


def test_where_states_close_up_the_error_asks_for_more_rounds():
    x, p, _ = case(50, 1, 4, 8, scale=2)
    with pytest.raises(ConvergenceError, match=r"exponent is -.*Allow more rounds"):
        parallel_forward(x, p, max_rounds=1)


def test_an_unknown_kind_of_round_is_named():
    x, p, _ = case(3, 1, 1, 2)
    with pytest.raises(UsageError, match="no kind of round 'euler'"):
        parallel_round(zeros(x, p), x, p, kind="euler")


# --- backwards -------------------------------------------------------------------------------


@both_resets
@all_sizes
@pytest.mark.parametrize("steep", [1, 100])
def test_one_scan_backwards_gives_the_gradients_of_the_loop(sizes, reset, steep):
    x, p, h_0 = case(*sizes, scale=2)
    h, _, kept = gru_forward(x, p, h_0, reset=reset)
    dh = steep * np.random.default_rng(1).normal(size=h.shape)
    due = gru_backward(dh, kept)
    seen = parallel_bptt(dh, h, x, p, h_0, reset)
    for s, d in zip(
        (seen.dx, seen.dh_0, *seen.params), (due.dx, due.dh_0, *due.params), strict=True
    ):
        np.testing.assert_allclose(s, d, rtol=EXACT, atol=EXACT * np.abs(dh).sum())


@both_resets
def test_the_parallel_gradients_are_those_of_torch(reset):
    x, p, h_0 = case(11, 3, 2, 4)
    dh = np.random.default_rng(2).normal(size=(11, 3, 4))
    h, _, *due = torch_run(x, p, h_0, dh, np.zeros((3, 4)), reset=reset)
    seen = parallel_bptt(dh, h, x, p, h_0, reset)
    for s, d in zip((seen.dx, seen.dh_0, *seen.params), due, strict=True):
        np.testing.assert_allclose(s, d, rtol=1e-10, atol=1e-10)


def test_a_gradient_of_another_shape_is_named():
    x, p, _ = case(4, 2, 3, 5)
    wide = np.zeros((4, 2, 6))
    with pytest.raises(ValueError, match=r"dh has shape \(4, 2, 6\), expected \(4, 2, 5\)"):
        parallel_bptt(wide, wide, x, p)


# --- λ ---------------------------------------------------------------------------------------


def test_lambda_of_one_matrix_is_the_log_of_its_spectral_radius():
    J = np.array([[0.9, 0.3], [0.0, 0.2]])
    assert lyapunov_exponent(np.repeat(J[None], 4000, 0)) == pytest.approx(np.log(0.9), abs=1e-3)


def test_lambda_is_minus_infinity_where_nothing_is_kept():
    assert lyapunov_exponent(np.zeros((3, 2, 2))) == -np.inf


def test_lambda_says_how_fast_two_neighbours_part():
    x, p = chaotic()
    lam = lyapunov_exponent(jacobians("gru", p, x, np.zeros((1, 16))))[0]
    h = unroll(x[:200], p).h_T
    near, gap = h + 1e-9, []
    for x_t in x[200:]:
        h, near = step(x_t, h, p), step(x_t, near, p)
        gap.append(np.linalg.norm(near - h))
        near = h + (near - h) * 1e-9 / gap[-1]
    measured = np.mean(np.log(np.array(gap[1:]) / 1e-9))
    assert lam > 0
    assert measured == pytest.approx(lam, abs=0.02)
