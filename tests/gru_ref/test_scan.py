"""The scan of affine maps against the loop, and the two cells that are one scan each."""

import itertools

import numpy as np
import pytest

from gru_ref.minimal import init_mingru, init_minlstm, mingru, minlstm
from gru_ref.scan import apply, compose, linear_scan, scan_cost

LENGTHS = [1, 2, 3, 4, 5, 6, 7, 8, 13, 64, 65, 1000]
EXACT = {"rtol": 0, "atol": 1e-12}  # float64: what is left is the order of the sums


def maps(T, lead=(), S=3, diagonal=False, seed=0):
    """Return A, b and h_0 with a state that neither dies out nor blows up."""
    rng = np.random.default_rng(seed)
    A = rng.uniform(-1, 1, (T, *lead, S) if diagonal else (T, *lead, S, S))
    return (
        A if diagonal else A / np.sqrt(S),
        rng.normal(size=(T, *lead, S)),
        rng.normal(size=(*lead, S)),
    )


def loop(A, b, h):
    states = []
    for A_t, b_t in zip(A, b, strict=True):
        h = (A_t * h if A_t.ndim == h.ndim else np.einsum("...ij,...j->...i", A_t, h)) + b_t
        states.append(h)
    return np.array(states)


@pytest.mark.parametrize("diagonal", [False, True], ids=["matrices", "diagonals"])
@pytest.mark.parametrize("lead", [(), (1,), (4,), (2, 3)], ids=str)
@pytest.mark.parametrize("T", LENGTHS)
def test_the_scan_is_the_loop(T, lead, diagonal):
    A, b, h_0 = maps(T, lead, diagonal=diagonal)
    np.testing.assert_allclose(linear_scan(A, b, h_0), loop(A, b, h_0), **EXACT)


@pytest.mark.parametrize("T", LENGTHS)
def test_the_reverse_scan_is_the_loop_from_the_last_step_to_the_first(T):
    A, b, h_0 = maps(T)
    due = loop(A[::-1], b[::-1], h_0)[::-1]
    np.testing.assert_allclose(linear_scan(A, b, h_0, reverse=True), due, **EXACT)


def test_a_scan_without_h_0_starts_from_zeros():
    A, b, h_0 = maps(7)
    np.testing.assert_array_equal(linear_scan(A, b), linear_scan(A, b, 0 * h_0))


@pytest.mark.parametrize("S", [1, 2, 5])
def test_a_composed_map_is_the_first_and_then_the_second(S):
    (A_1, A_2), (b_1, b_2), h = maps(2, S=S)
    A, b = compose(A_2, b_2, A_1, b_1)
    np.testing.assert_allclose(A @ h + b, A_2 @ (A_1 @ h + b_1) + b_2, **EXACT)


def test_every_grouping_of_four_maps_is_the_same_map():
    A, b, _ = maps(4)
    steps = list(zip(A, b, strict=True))

    def grouped(first, last):
        """Return the map of steps first … last in every grouping."""
        if first == last:
            return [steps[first]]
        halves = [(grouped(first, k), grouped(k + 1, last)) for k in range(first, last)]
        return [
            compose(*late, *early) for a, c in halves for early, late in itertools.product(a, c)
        ]

    found = grouped(0, 3)
    assert len(found) == 5
    for A_all, b_all in found[1:]:
        np.testing.assert_allclose(A_all, found[0][0], **EXACT)
        np.testing.assert_allclose(b_all, found[0][1], **EXACT)


@pytest.mark.parametrize("T", LENGTHS)
def test_the_cost_is_what_a_scan_does(T, monkeypatch):
    done = {"joined": 0, "applied": 0, "calls": 0}

    def counted(A, h):
        done["applied"] += len(h)
        done["calls"] += len(h) > 0
        return apply(A, h)

    def counted_pairs(A_2, b_2, A_1, b_1):
        done["joined"] += len(b_2)
        return compose(A_2, b_2, A_1, b_1)

    monkeypatch.setattr("gru_ref.scan.apply", counted)
    monkeypatch.setattr("gru_ref.scan.compose", counted_pairs)
    linear_scan(*maps(T))
    assert scan_cost(T) == (done["calls"], done["joined"], done["applied"])


@pytest.mark.parametrize("T", [1000, 1024, 10000])
def test_a_scan_takes_about_two_rounds_for_each_doubling(T):
    assert scan_cost(T).rounds <= 2 * np.log2(T) + 1


@pytest.mark.parametrize(
    ("A", "b", "said"),
    [
        (np.ones((4, 5, 2)), np.ones((4, 2)), "A has shape (4, 5, 2) and b (4, 2)"),
        (np.ones((3, 1, 3)), np.ones((3, 3)), "expected (3, 3, 3)"),
        (np.ones((0, 2)), np.ones((0, 2)), "T ≥ 1"),
    ],
)
def test_a_misfit_is_named(A, b, said):
    with pytest.raises(ValueError) as error:
        linear_scan(A, b)
    assert said in str(error.value)


@pytest.mark.parametrize("lead", [(), (4,)], ids=str)
@pytest.mark.parametrize("T", [1, 2, 3, 50])
def test_mingru_is_its_loop(T, lead):
    rng = np.random.default_rng(1)
    p, x, h = init_mingru(rng, 3, 5), rng.normal(size=(T, *lead, 3)), rng.normal(size=(*lead, 5))
    seen = mingru(x, p, h)
    for x_t, h_t in zip(x, seen, strict=True):
        z = 1 / (1 + np.exp(-(x_t @ p.W_iz.T + p.b_z)))
        h = z * h + (1 - z) * (x_t @ p.W_in.T + p.b_n)
        np.testing.assert_allclose(h_t, h, **EXACT)


@pytest.mark.parametrize("lead", [(), (4,)], ids=str)
@pytest.mark.parametrize("T", [1, 2, 3, 50])
def test_minlstm_is_its_loop(T, lead):
    rng = np.random.default_rng(2)
    p, x, h = init_minlstm(rng, 3, 5), rng.normal(size=(T, *lead, 3)), rng.normal(size=(*lead, 5))
    seen = minlstm(x, p, h)
    for x_t, h_t in zip(x, seen, strict=True):
        f, i = (1 / (1 + np.exp(-(x_t @ W.T + b))) for W, b in ((p.W_if, p.b_f), (p.W_ii, p.b_i)))
        h = f / (f + i) * h + i / (f + i) * (x_t @ p.W_in.T + p.b_n)
        np.testing.assert_allclose(h_t, h, **EXACT)


def test_a_mingru_whose_gates_are_one_keeps_h_0():
    p = init_mingru(np.random.default_rng(3), 2, 3)
    p = p._replace(W_iz=0 * p.W_iz, b_z=p.b_z + 100)
    h_0 = np.array([0.3, -0.7, 2.0])
    assert np.array_equal(mingru(np.ones((9, 2)), p, h_0)[-1], h_0)
