"""One GRU step against `torch.nn.GRUCell`, against its limits, and its messages."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from gru_ref.cell import GRUParams, init_params, sigmoid, step, step_values, zeros
from gru_ref.formats.pytorch import from_pytorch

SIZES = [(D, H) for D in (1, 2, 5) for H in (1, 3, 4)]
BATCHES = [(), (1,), (4,)]
RESETS = ["after", "before"]
FIELDS = "W_ir W_iz W_in W_hr W_hz W_hn b_ir b_iz b_in b_hr b_hz b_hn"
SATURATED = 1000.0  # tanh(±500) is ±1 in float64, so that a gate is exactly 0 or 1


def case(D, H, batch=(), seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(*batch, D)), rng.normal(size=(*batch, H)), init_params(rng, D, H)


def with_gates(p, r=None, z=None):
    """Return p with a gate driven to 0 or 1 by its bias."""
    for name, gate in (("b_ir", r), ("b_iz", z)):
        if gate is not None:
            p = p._replace(**{name: np.full_like(p.b_ir, SATURATED if gate else -SATURATED)})
    return p


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize(("D", "H"), SIZES)
def test_a_step_equals_torch_gru_cell(D, H, batch):
    torch.manual_seed(0)
    cell = torch.nn.GRUCell(D, H, dtype=torch.float64)
    x_t, h_prev, _ = case(D, H, batch)
    due = cell(torch.from_numpy(x_t), torch.from_numpy(h_prev)).detach().numpy()
    seen = step(x_t, h_prev, from_pytorch(cell.state_dict()))
    assert seen.shape == due.shape == (*batch, H)
    np.testing.assert_allclose(seen, due, rtol=0, atol=1e-12)  # float64 in another order of sums


@pytest.mark.parametrize("D, H", SIZES)
def test_reset_before_equals_the_equations_in_torch(D, H):
    x_t, h_prev, p = case(D, H, (4,))
    x, h = torch.from_numpy(x_t), torch.from_numpy(h_prev)
    q = GRUParams(*map(torch.from_numpy, p))
    linear = torch.nn.functional.linear
    r = torch.sigmoid(linear(x, q.W_ir, q.b_ir) + linear(h, q.W_hr, q.b_hr))
    z = torch.sigmoid(linear(x, q.W_iz, q.b_iz) + linear(h, q.W_hz, q.b_hz))
    n = torch.tanh(linear(x, q.W_in, q.b_in) + linear(r * h, q.W_hn, q.b_hn))
    due = torch.lerp(n, h, z).numpy()
    np.testing.assert_allclose(step(x_t, h_prev, p, "before"), due, rtol=0, atol=1e-12)


@pytest.mark.parametrize("reset", RESETS)
def test_rows_of_a_batch_do_not_see_each_other(reset):
    x_t, h_prev, p = case(3, 4, (5,))
    alone = [step(x, h, p, reset) for x, h in zip(x_t, h_prev, strict=True)]
    np.testing.assert_allclose(step(x_t, h_prev, p, reset), alone, rtol=0, atol=1e-15)  # rounding


@pytest.mark.parametrize("reset", RESETS)
def test_update_gate_of_one_copies_the_state(reset):
    x_t, h_prev, p = case(3, 4, (5,))
    np.testing.assert_array_equal(step(x_t, h_prev, with_gates(p, z=1), reset), h_prev)


@pytest.mark.parametrize("reset", RESETS)
def test_update_gate_of_zero_takes_the_candidate(reset):
    v = step_values(*case(3, 4, (5,))[:2], with_gates(case(3, 4)[2], z=0), reset)
    np.testing.assert_array_equal(v.h_t, v.n_t)


@pytest.mark.parametrize("reset", RESETS)
def test_both_gates_of_zero_forget_the_state(reset):
    x_t, h_prev, p = case(3, 4, (5,))
    p = with_gates(p, r=0, z=0)
    np.testing.assert_array_equal(step(x_t, h_prev, p, reset), step(x_t, h_prev + 1, p, reset))


@pytest.mark.parametrize("reset", RESETS)
def test_open_reset_and_closed_update_gate_are_a_tanh_rnn(reset):
    x_t, h_prev, p = case(3, 4, (5,))
    rnn = torch.nn.RNNCell(3, 4, dtype=torch.float64)
    weights = zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), p[2::3], strict=True)
    rnn.load_state_dict({name: torch.from_numpy(w) for name, w in weights})
    due = rnn(torch.from_numpy(x_t), torch.from_numpy(h_prev)).detach().numpy()
    seen = step(x_t, h_prev, with_gates(p, r=1, z=0), reset)
    np.testing.assert_allclose(seen, due, rtol=0, atol=1e-12)  # float64 in another order of sums


def test_closed_reset_gate_keeps_b_hn_only_when_it_resets_before():
    p = with_gates(zeros(2, 3), r=0, z=0)._replace(b_hn=np.full(3, 0.5))
    x_t, h_prev = np.ones(2), np.ones(3)
    np.testing.assert_array_equal(step(x_t, h_prev, p, "after"), np.zeros(3))
    np.testing.assert_array_equal(step(x_t, h_prev, p, "before"), np.full(3, np.tanh(0.5)))


def test_reset_before_and_after_are_different_functions():
    x_t, h_prev, p = case(3, 4)
    assert np.abs(step(x_t, h_prev, p, "before") - step(x_t, h_prev, p, "after")).max() > 1e-3


@pytest.mark.parametrize("reset", RESETS)
def test_zero_parameters_halve_the_state(reset):
    x_t, h_prev, _ = case(3, 4, (5,))
    np.testing.assert_array_equal(step(x_t, h_prev, zeros(3, 4), reset), h_prev / 2)


def test_step_is_the_last_of_the_step_values():
    x_t, h_prev, p = case(3, 4)
    np.testing.assert_array_equal(step(x_t, h_prev, p), step_values(x_t, h_prev, p).h_t)


@pytest.mark.parametrize("reset", RESETS)
def test_the_reset_gate_is_the_one_of_the_step_values(reset):
    x_t, h_prev, p = case(3, 4)
    assert np.all(step_values(x_t, h_prev, with_gates(p, r=1, z=0), reset).r_t == 1)
    assert np.all(step_values(x_t, h_prev, with_gates(p, r=1, z=0), reset).z_t == 0)


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("size", [-1000.0, 1000.0])
def test_values_of_a_thousand_neither_warn_nor_break(size, reset):
    p = GRUParams(*(np.full_like(w, size) for w in zeros(3, 4)))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        h_t = step(np.full((5, 3), size), np.full((5, 4), -size), p, reset)
    assert np.all(np.isfinite(h_t))


def test_sigmoid_equals_torch_sigmoid():
    a = np.linspace(-50, 50, 1001)
    due = torch.sigmoid(torch.from_numpy(a)).numpy()
    np.testing.assert_allclose(
        sigmoid(a), due, rtol=0, atol=3e-16
    )  # the last digit of a number < 1


def test_sigmoid_saturates_in_silence():
    with np.errstate(over="raise", invalid="raise", under="raise"):
        np.testing.assert_array_equal(
            sigmoid(np.array([-1e308, -1000.0, 1000.0, 1e308])), [0, 0, 1, 1]
        )


def test_sigmoid_takes_a_plain_number():
    assert sigmoid(0.0) == 0.5


def test_parameters_stand_in_the_order_of_the_course():
    assert GRUParams._fields == tuple(FIELDS.split())


@pytest.mark.parametrize(("D", "H"), SIZES)
def test_parameters_have_the_shapes_of_torch_gru_cell(D, H):
    due = [tuple(gate.shape) for w in torch.nn.GRUCell(D, H).parameters() for gate in w.chunk(3)]
    assert [w.shape for w in init_params(np.random.default_rng(0), D, H)] == due
    assert [w.shape for w in zeros(D, H)] == due


def test_sizes_may_be_drawn_by_numpy():
    rng = np.random.default_rng(0)
    D, H = rng.integers(1, 6, size=2)
    assert init_params(rng, D, H).W_in.shape == zeros(D, H).W_in.shape == (H, D)


def test_initial_parameters_fill_the_interval_of_pytorch():
    H = 25
    values = np.concatenate([w.ravel() for w in init_params(np.random.default_rng(0), 40, H)])
    assert np.abs(values).max() <= 1 / 5
    # 4950 draws: the extremes come within 1 % of the ends, the mean within 4 standard errors
    assert values.min() < -0.198 and values.max() > 0.198
    assert abs(values.mean()) < 4 * (0.2 / np.sqrt(3)) / np.sqrt(values.size)


def test_initial_parameters_repeat_with_their_seed():
    one, two, other = (init_params(np.random.default_rng(seed), 2, 3) for seed in (7, 7, 8))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_an_unknown_reset_is_named():
    with pytest.raises(ValueError, match=r"^reset is 'middle', expected 'after' .* or 'before'"):
        step(*case(2, 3), reset="middle")


@pytest.mark.parametrize("shape", [(5,), (4, 5), (1, 4, 3)])
def test_an_x_t_of_another_size_is_named(shape):
    _, h_prev, p = case(3, 2)
    with pytest.raises(ValueError, match=r"^x_t has shape \(.*\), expected \(3,\) or \(N, 3\)"):
        step(np.ones(shape), h_prev, p)


@pytest.mark.parametrize("shape", [(5,), (4, 5), (1, 4, 2)])
def test_an_h_prev_of_another_size_is_named(shape):
    x_t, _, p = case(3, 2)
    with pytest.raises(ValueError, match=r"^h_prev has shape \(.*\), expected \(2,\) or \(N, 2\)"):
        step(x_t, np.ones(shape), p)


@pytest.mark.parametrize("batch", [(), (1,), (5,)])
def test_batches_of_different_size_are_named(batch):
    x_t, _, p = case(3, 2, (4,))
    with pytest.raises(
        ValueError, match=r"^x_t has shape \(4, 3\) and h_prev .*the same N in both"
    ):
        step(x_t, np.ones((*batch, 2)), p)


@pytest.mark.parametrize("name", FIELDS.split()[1:])
def test_a_parameter_of_another_shape_is_named(name):
    x_t, h_prev, p = case(3, 2)
    with pytest.raises(ValueError, match=rf"^{name} has shape \(7, 7\), expected \(2"):
        step(x_t, h_prev, p._replace(**{name: np.ones((7, 7))}))


def test_a_w_ir_that_is_no_matrix_is_named():
    x_t, h_prev, p = case(3, 2)
    with pytest.raises(ValueError, match=r"^W_ir has shape \(2,\), expected \(H, D\)"):
        step(x_t, h_prev, p._replace(W_ir=np.ones(2)))


def run_python(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )


def test_importing_gru_ref_leaves_torch_alone():
    done = run_python("import sys, gru_ref; assert 'torch' not in sys.modules")
    assert done.returncode == 0, done.stderr


def test_a_step_needs_no_jaxtyping():
    done = run_python(
        "import sys; sys.modules['jaxtyping'] = None\n"
        "import numpy as np, gru_ref\n"
        "from gru_ref._shapes import Float\n"
        "assert Float[np.ndarray, 'N H'] is np.ndarray\n"
        "assert gru_ref.step(np.ones(2), np.ones(3), gru_ref.zeros(2, 3)).tolist() == [0.5] * 3"
    )
    assert done.returncode == 0, done.stderr


def test_public_names_are_those_that_gru_ref_lists():
    import gru_ref

    assert len(set(gru_ref.__all__)) == len(gru_ref.__all__)
    assert all(hasattr(gru_ref, name) for name in gru_ref.__all__)
