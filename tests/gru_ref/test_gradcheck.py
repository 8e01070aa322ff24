"""The gradient check must accept a right gradient and reject a wrong one, however small."""

import numpy as np
import pytest
import torch

from gru_ref.cell import GRUParams, init_params, step, zeros
from gru_ref.gradcheck import (
    GradientCheck,
    check_gradient,
    directional_derivative,
    random_direction,
)

TOLERANCE = 1e-6  # at ε = 6e-6 truncation and rounding leave about 1e-9 of a derivative of size 1


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def cubic(x):
    return np.sum(x**3)


def test_derivative_of_a_cubic_along_a_direction(rng):
    x, v = rng.normal(size=(2, 3, 4))
    assert directional_derivative(cubic, x, v, 1e-5) == pytest.approx(
        np.sum(3 * x**2 * v), abs=1e-8
    )


def test_central_differences_are_exact_for_a_parabola():
    x, v = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    assert directional_derivative(lambda y: np.sum(y**2), x, v, eps=0.5) == -2.0


def test_derivative_of_an_array_has_its_shape(rng):
    A, x, v = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=4)
    np.testing.assert_allclose(directional_derivative(lambda y: A @ y, x, v), A @ v, atol=1e-9)


def test_derivative_in_parameters_moves_every_array(rng):
    p = init_params(rng, 2, 3)
    ones = GRUParams(*(np.ones_like(w) for w in p))
    total = directional_derivative(lambda q: sum(w.sum() for w in q), p, ones)
    assert total == pytest.approx(sum(w.size for w in p), abs=1e-7)  # 12 arrays of 3 shapes


def test_the_direction_has_length_one(rng):
    v = random_direction(zeros(2, 3), rng)
    assert isinstance(v, GRUParams)
    assert sum(np.sum(d**2) for d in v) == pytest.approx(1, abs=1e-12)
    assert all(np.all(d != 0) for d in v)


def test_x_is_left_as_it_was(rng):
    x = rng.normal(size=5)
    before = x.copy()
    check_gradient(cubic, x, 3 * x**2, rng)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 1, 4)])
def test_a_right_gradient_passes(shape, rng):
    x = np.asarray(rng.normal(size=shape))
    assert check_gradient(cubic, x, 3 * x**2, rng).error < TOLERANCE


def test_the_gradient_of_torch_passes_for_a_step_of_ours(rng):
    p, x_t, h_prev = init_params(rng, 2, 3), rng.normal(size=(4, 2)), rng.normal(size=(4, 3))
    cell = torch.nn.GRUCell(2, 3, dtype=torch.float64)
    with torch.no_grad():
        for packed, first in zip(cell.parameters(), (0, 3, 6, 9), strict=True):
            packed.copy_(torch.from_numpy(np.concatenate(p[first : first + 3])))
    cell(torch.from_numpy(x_t), torch.from_numpy(h_prev)).pow(2).sum().backward()
    grad = GRUParams(*(g.numpy() for w in cell.parameters() for g in w.grad.chunk(3)))

    def f(q):
        return np.sum(step(x_t, h_prev, q) ** 2)

    assert check_gradient(f, p, grad, rng).error < TOLERANCE


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
@pytest.mark.parametrize("wrong", [2.0, -1.0, 0.0, 1.001])
def test_a_wrong_gradient_fails_at_any_scale(wrong, scale, rng):
    x = rng.normal(size=7)

    def f(y):
        return scale * cubic(y)

    assert check_gradient(f, x, wrong * scale * 3 * x**2, rng).error > 100 * TOLERANCE


def test_a_gradient_in_another_order_fails(rng):
    w = np.array([1.0, 2.0, 3.0])
    assert check_gradient(lambda y: w @ y, np.ones(3), w[::-1], rng).error > 100 * TOLERANCE


@pytest.mark.parametrize("i", range(12))
def test_one_wrong_array_among_the_parameters_fails(i, rng):
    p = init_params(rng, 2, 3)
    grad = list(3 * w**2 for w in p)
    grad[i] = 1.01 * grad[i]

    def f(q):
        return sum(cubic(w) for w in q)

    assert check_gradient(f, p, GRUParams(*grad), rng).error > 10 * TOLERANCE


def test_a_gradient_of_zero_passes_where_f_is_constant(rng):
    def f(y):
        return 1e3 + 1e-13 * np.sin(1e9 * np.sum(y))  # noise in the last digit

    assert check_gradient(f, rng.normal(size=5), np.zeros(5), rng).error == 0


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_gradient_that_is_no_number_fails(broken, rng):
    x = rng.normal(size=3)
    grad = 3 * x**2
    grad[1] = broken
    assert not check_gradient(cubic, x, grad, rng).error < TOLERANCE


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_function_that_is_no_number_fails(broken, rng):
    assert not check_gradient(lambda y: broken, np.ones(3), np.zeros(3), rng).error < TOLERANCE


def test_a_gradient_of_another_shape_is_named(rng):
    with pytest.raises(ValueError, match=r"^grad has shapes \[\(3, 1\)\], expected \[\(3,\)\]"):
        check_gradient(cubic, np.ones(3), np.ones((3, 1)), rng)


def test_a_direction_of_another_shape_is_named():
    with pytest.raises(ValueError, match=r"^v has shapes \[\(1,\)\], expected \[\(3,\)\]"):
        directional_derivative(cubic, np.ones(3), np.ones(1))


def test_a_check_prints_both_derivatives_and_the_error():
    text = "analytic 0.5, numeric 0.25, error 5.0e-01"
    assert str(GradientCheck(0.5, 0.25, 0.5)) == repr(GradientCheck(0.5, 0.25, 0.5)) == text
