"""What is the fast path's own: chunks, float32, a workspace, memory that nobody else sees."""

import subprocess
import sys

import numpy as np
import pytest

from gru_ref.cell import GRUParams, init_params, zeros
from gru_ref.fast import buffers
from gru_ref.fast.backward import gru_backward
from gru_ref.fast.buffers import Workspace
from gru_ref.fast.forward import gru_forward
from gru_ref.sequence import check_gradients, check_sequence, unroll, unroll_backward
from tests.gru_ref.test_sequence import assert_equal, case, run

RESETS = ["after", "before"]
ONES = [(1, 1, 1, 1), (1, 3, 2, 4), (4, 1, 2, 3), (4, 3, 1, 2), (4, 3, 2, 1)]  # T N D H

both_resets = pytest.mark.parametrize("reset", RESETS)


def single(arrays):
    """Return the same arrays and parameters in float32."""
    return [
        GRUParams(*(w.astype(np.float32) for w in a))
        if isinstance(a, tuple)
        else a.astype(np.float32)
        for a in arrays
    ]


@both_resets
@pytest.mark.parametrize("sizes", [(17, 1, 2, 3), (16, 1, 1, 1), (7, 3, 2, 3), (3, 9, 1, 2)])
@pytest.mark.parametrize("padded", [False, True])
def test_more_steps_than_a_chunk_equal_the_loop(sizes, reset, padded, monkeypatch):
    monkeypatch.setattr(buffers, "ROWS", 8)
    T, N, *_ = sizes
    args = case(*sizes)
    lengths = np.random.default_rng(1).integers(0, T + 1, N) if padded else None
    for window in (None, 3):
        due = run("loop", *args, lengths, reset, window)
        assert_equal(run("fast", *args, lengths, reset, window), due)


@both_resets
@pytest.mark.parametrize("sizes", [(1, 3, 2, 4), (9, 2, 1, 17)])
def test_a_start_from_zero_after_another_start_equals_the_loop(sizes, reset, monkeypatch):
    monkeypatch.setattr(buffers, "ROWS", 8)
    x, p, h_0, dh, dh_T = case(*sizes)
    workspace, lengths = Workspace(), [sizes[0]] * (sizes[1] - 1) + [0]
    gru_backward(dh, gru_forward(x, p, h_0, None, reset, workspace).kept)  # leaves other numbers
    for start in (None, np.zeros_like(h_0)):
        for live in (None, lengths):
            fast = gru_forward(x, p, start, live, reset, workspace)
            loop = unroll(x, p, np.zeros_like(h_0), live, reset)
            seen, due = gru_backward(dh, fast.kept, dh_T), unroll_backward(dh, loop.kept, dh_T)
            assert_equal((*fast[:2], *seen[:2], *seen.params), (*loop[:2], *due[:2], *due.params))


@both_resets
def test_float32_stays_float32_and_close_to_float64(reset):
    args = case(200, 5, 3, 8)
    seen, due = run("fast", *single(args), reset=reset), run("fast", *args, reset=reset)
    for a, b in zip(seen, due, strict=True):
        assert a.dtype == np.float32 and b.dtype == np.float64
        # 24 bits, and sums of 1000 terms: about 1e-6 of the largest
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * max(1, np.abs(b).max()))


def test_one_array_in_float64_makes_the_result_float64():
    x, p, *_ = single(case(4, 2, 3, 2))
    assert gru_forward(x.astype(float), p).h.dtype == np.float64
    assert gru_forward(x, p._replace(b_in=p.b_in.astype(float))).h.dtype == np.float64


@both_resets
def test_a_workspace_changes_no_bit_however_it_was_used_before(reset):
    workspace = Workspace()
    for sizes in [(6, 3, 2, 4), (5, 1, 2, 4), (6, 3, 2, 4), (6, 3, 2, 4)]:
        for other in RESETS:
            x, p, h_0, dh, dh_T = case(*sizes, seed=len(other))
            forward = gru_forward(x, p, h_0, None, other, workspace)
            seen = (*forward[:2], *gru_backward(dh, forward.kept, dh_T))
            fresh = gru_forward(x, p, h_0, None, other)
            due = (*fresh[:2], *gru_backward(dh, fresh.kept, dh_T))
            for a, b in zip((*seen[:4], *seen[4]), (*due[:4], *due[4]), strict=True):
                np.testing.assert_array_equal(a, b)


def test_a_workspace_is_reused_and_holds_one_size_only():
    workspace = Workspace()
    x, p, *_ = case(6, 3, 2, 4)
    first = gru_forward(x, p, workspace=workspace).h
    size = workspace.nbytes
    assert np.shares_memory(first, gru_forward(x, p, workspace=workspace).h)
    gru_forward(*case(50, 3, 2, 4)[:2], workspace=workspace)
    assert workspace.nbytes > size
    gru_forward(x, p, workspace=workspace)
    assert workspace.nbytes == size


@pytest.mark.parametrize("sizes", ONES, ids=str)
@both_resets
def test_gradients_share_no_memory_with_weights_buffers_or_each_other(sizes, reset):
    x, p, h_0, dh, dh_T = case(*sizes)
    workspace = Workspace()
    kept = gru_forward(x, p, h_0, None, reset, workspace).kept
    first = gru_backward(dh, kept, dh_T)
    arrays = [first.dx, first.dh_0, *first.params]
    copies = [a.copy() for a in arrays]
    gru_backward(2 * dh, kept, dh_T)
    gru_forward(2 * x, p, h_0, None, reset, workspace)
    assert all(np.array_equal(a, b) for a, b in zip(arrays, copies, strict=True))
    others = [*arrays, x, h_0, dh, dh_T, *p]
    for i, a in enumerate(arrays):
        assert not any(np.shares_memory(a, b) for j, b in enumerate(others) if i != j)
        assert a.flags.c_contiguous and a.flags.writeable


@pytest.mark.parametrize("sizes", ONES, ids=str)
@both_resets
def test_weights_with_a_size_of_one_are_left_as_they_were(sizes, reset):
    x, p, h_0, dh, dh_T = case(*sizes)
    before = [w.copy() for w in p]
    for _ in range(2):
        gru_backward(dh, gru_forward(x, p, h_0, None, reset).kept, dh_T)
    assert all(w.tobytes() == b.tobytes() for w, b in zip(p, before, strict=True))


@both_resets
def test_inputs_may_change_between_the_two_passes(reset):
    x, p, h_0, dh, dh_T = case(6, 3, 2, 4)
    due = gru_backward(dh, gru_forward(x, p, h_0, None, reset).kept, dh_T)
    kept = gru_forward(x, p, h_0, None, reset).kept
    for a in (x, h_0, *p):
        a[:] = 7
    seen = gru_backward(dh, kept, dh_T)
    for a, b in zip((*seen[:2], *seen.params), (*due[:2], *due.params), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_states_that_the_backward_pass_reads_cannot_be_changed():
    x, p, *_ = case(6, 3, 2, 4)
    with pytest.raises(ValueError, match="read-only"):
        gru_forward(x, p).h[0] = 0


def test_states_without_keep_are_the_same():
    x, p, h_0, *_ = case(6, 3, 2, 4)
    h, h_T, kept = gru_forward(x, p, h_0, keep=False)
    due = gru_forward(x, p, h_0)
    assert kept is None
    assert np.array_equal(h, due.h) and np.array_equal(h_T, due.h_T)


def test_the_last_state_outlives_the_next_pass_with_the_same_workspace():
    x, p, h_0, *_ = case(12, 3, 2, 4)
    workspace = Workspace()
    first = gru_forward(x[:6], p, h_0, workspace=workspace).h_T
    due = first.copy()
    second = gru_forward(x[6:], p, first, workspace=workspace).h_T
    np.testing.assert_array_equal(first, due)
    np.testing.assert_allclose(second, gru_forward(x, p, h_0).h_T, rtol=0, atol=1e-14)


def test_a_stale_kept_is_named():
    x, p, _, dh, _ = case(6, 3, 2, 4)
    workspace = Workspace()
    kept = gru_forward(x, p, workspace=workspace).kept
    gru_forward(x, p, workspace=workspace, keep=False)
    with pytest.raises(ValueError, match="^kept is gone, since its workspace served another"):
        gru_backward(dh, kept)


@both_resets
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [-1000.0, 1000.0])
def test_values_of_a_thousand_neither_warn_nor_break(size, dtype, reset):
    p = GRUParams(*(np.full_like(w, size, dtype) for w in zeros(3, 4)))
    x, h_0 = np.full((5, 2, 3), size, dtype), np.full((2, 4), -size, dtype)
    with np.errstate(all="raise"):
        h, _, kept = gru_forward(x, p, h_0, reset=reset)
        dx, _, params = gru_backward(np.ones_like(h), kept)
    assert all(np.all(np.isfinite(a)) for a in (h, dx, *params))
    q = GRUParams(*(w.astype(float) for w in p))
    due = unroll(x.astype(float), q, h_0.astype(float), None, reset)
    np.testing.assert_allclose(h, due.h, rtol=1e-6)  # 24 bits


def test_every_misfit_is_named():
    x, p, h_0, dh, dh_T = case(6, 3, 2, 4)

    def forward(x=x, h_0=h_0, lengths=None, reset="after"):
        return check_sequence(x, p, h_0, lengths, reset)

    for wrong in (x[0], x[:, :, :1], x[:0]):
        with pytest.raises(ValueError, match=r"^x has shape \(.*\), expected \(T, N, 2\)"):
            forward(x=wrong)
    with pytest.raises(ValueError, match=r"^h_0 has shape \(2, 4\), expected \(3, 4\)"):
        forward(h_0=h_0[1:])
    for wrong in ([6, 6], [6, 6, 7], [6, -1, 6], [6, 6, 5.5], [[6, 6, 6]]):
        with pytest.raises(ValueError, match=r"^lengths are .*, expected 3 whole numbers from 0"):
            forward(lengths=wrong)
    with pytest.raises(ValueError, match="^reset is 'middle'"):
        forward(reset="middle")
    with pytest.raises(ValueError, match=r"^dh has shape \(5, 3, 4\), expected \(6, 3, 4\)"):
        check_gradients(dh[1:], (6, 3, 4), None, None)
    with pytest.raises(ValueError, match=r"^dh_T has shape \(2, 4\), expected \(3, 4\)"):
        check_gradients(None, (6, 3, 4), dh_T[1:], None)
    for wrong in (0, -1, 1.5, "2"):
        with pytest.raises(ValueError, match="^window is .*, expected a whole number"):
            check_gradients(dh, (6, 3, 4), dh_T, wrong)


def test_both_paths_name_a_misfit_without_jaxtyping():
    code = """
import numpy as np
from gru_ref import gru_backward, gru_forward, unroll, unroll_backward, zeros
x, p = np.ones((4, 2, 3)), zeros(3, 5)
def says(part, f, *args):
    try:
        f(*args)
    except ValueError as e:
        assert str(e).startswith(part), e
    else:
        raise AssertionError(part)
for forward, backward in ((unroll, unroll_backward), (gru_forward, gru_backward)):
    kept = forward(x, p).kept
    says("x has shape (2, 3)", forward, x[0], p)
    says("h_0 has shape", forward, x, p, np.ones((2, 4)))
    says("lengths are", forward, x, p, None, [5, 5])
    says("dh has shape", backward, np.ones((4, 2, 3)), kept)
    says("dh_T has shape", backward, None, kept, np.ones(5))
    says("window is 0", backward, None, kept, None, 0)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_the_loop_and_the_fast_path_keep_their_gradients_in_the_types_of_the_inputs():
    x, p, h_0, dh, dh_T = case(6, 3, 2, 4)
    for forward, backward in ((unroll, unroll_backward), (gru_forward, gru_backward)):
        g = backward(dh, forward(x, p, h_0).kept, dh_T)
        assert isinstance(g.params, GRUParams)
        assert g.dx.shape == x.shape and g.dh_0.shape == h_0.shape
        assert [w.shape for w in g.params] == [w.shape for w in p]


def test_one_update_by_the_gradient_lowers_the_loss():
    x, _, h_0, target, _ = case(20, 4, 3, 5)
    p = init_params(np.random.default_rng(2), 3, 5)
    h, _, kept = gru_forward(x, p, h_0)
    grads = gru_backward(h - target, kept).params
    p = GRUParams(*(w - 1e-3 * dw for w, dw in zip(p, grads, strict=True)))
    assert np.sum((gru_forward(x, p, h_0).h - target) ** 2) < np.sum((h - target) ** 2)
