"""Right answers to the exercises of chapter 10, each written differently from the key."""

import numpy as np
import torch

from gru_ref.cell import GRUParams, step, step_backward, step_values
from gru_ref.fast.backward import gru_backward
from gru_ref.fast.forward import gru_forward
from gru_ref.jacobian import gru_jacobian


def _compose_by_units(A_2, b_2, A_1, b_1):
    """Send the zero vector and each unit vector through both maps."""
    H = b_1.shape[-1]

    def through(h):
        h = np.einsum("...ij,...j->...i", A_1, h) + b_1
        return np.einsum("...ij,...j->...i", A_2, h) + b_2

    b = through(np.zeros_like(b_1))
    columns = [through(np.broadcast_to(e, b_1.shape)) - b for e in np.eye(H)]
    return np.stack(columns, axis=-1), b


def _compose_homogeneous(A_2, b_2, A_1, b_1):
    """Multiply (H + 1, H + 1) matrices whose last column is b."""

    def square(A, b):
        H = b.shape[-1]
        M = np.zeros((*b.shape[:-1], H + 1, H + 1))
        M[..., :H, :H], M[..., :H, H], M[..., H, H] = A, b, 1
        return M

    M = np.matmul(square(A_2, b_2), square(A_1, b_1))
    return M[..., :-1, :-1], M[..., :-1, -1]


def _scan_as_a_loop(A, b, h_0):
    h, out = h_0, np.zeros_like(b)
    for t in range(len(b)):
        h = np.einsum("...ij,...j->...i", A[t], h) + b[t]
        out[t] = h
    return out


def _scan_by_doubling(A, b, h_0):
    """Let every step reach 1, 2, 4, … steps back (Hillis and Steele)."""
    A, b = A.copy(), b.copy()
    b[0] += np.einsum("...ij,...j->...i", A[0], h_0)
    reach = 1
    while reach < len(b):
        later = np.einsum("...ij,...j->...i", A[reach:], b[:-reach]) + b[reach:]
        A[reach:] = A[reach:] @ A[:-reach]
        b[reach:] = later
        reach *= 2
    return b


def _scan_by_halves(A, b, h_0):
    """Scan the first half, then the second half from where it ends."""
    if len(b) == 1:
        return (A[0] @ h_0[..., None])[..., 0][None] + b
    k = len(b) // 2
    first = _scan_by_halves(A[:k], b[:k], h_0)
    return np.concatenate([first, _scan_by_halves(A[k:], b[k:], first[-1])])


def _no_recurrence(p):
    return p._replace(W_hr=0 * p.W_hr, W_hz=0 * p.W_hz, W_hn=0 * p.W_hn)


def _mingru_as_a_loop(x, h_0, p):
    h, out, q = h_0, [], _no_recurrence(p)
    for x_t in x:
        h = step(x_t, h, q)
        out.append(h)
    return np.array(out)


def _mingru_by_cumprod(x, h_0, p):
    _, z, n, _ = step_values(x, np.zeros((len(x), len(h_0))), p)
    kept = np.cumprod(z, axis=0)
    return kept * (h_0 + np.cumsum((1 - z) * n / kept, axis=0))


def _unrolled(x, h_0, p):
    return gru_forward(x[:, None], p, h_0[None]).h[:, 0]


def _residual_step_by_step(h, x, h_0, p):
    e = np.empty_like(h)
    for t in range(len(x)):
        e[t] = h[t] - step(x[t], h_0 if t == 0 else h[t - 1], p)
    return e


def _residual_by_vstack(h, x, h_0, p):
    return h - step(x, np.vstack([h_0, h])[:-1], p)


def _residual_by_roll(h, x, h_0, p):
    h_prev = np.roll(h, 1, axis=0)
    h_prev[0] = h_0
    return np.negative(step(x, h_prev, p) - h)


def _gate_as_a_loop(h, x, h_0, p):
    guess, new, out = h_0, h_0, []
    for t in range(len(x)):
        _, z, n, _ = step_values(x[t], guess, p)
        new = n + z * (new - n)
        guess = h[t]
        out.append(new)
    return np.array(out)


def _gate_by_correction(h, x, h_0, p):
    h_prev = np.vstack([h_0[None], h[:-1]])
    v = step_values(x, h_prev, p)
    d, out = np.zeros_like(h_0), []
    for t in range(len(x)):
        d = v.z_t[t] * d + v.h_t[t] - h[t]
        out.append(h[t] + d)
    return np.stack(out)


def _gate_by_matrices(h, x, h_0, p):
    _, z, n, _ = step_values(x, np.vstack([h_0[None], h[:-1]]), p)
    return _scan_by_halves(z[:, :, None] * np.eye(len(h_0)), (1 - z) * n, h_0)


def _newton_as_a_loop(h, x, h_0, p):
    guess, new, out = h_0, h_0, []
    for t in range(len(x)):
        new = step(x[t], guess, p) + gru_jacobian(x[t], guess, p) @ (new - guess)
        guess = h[t]
        out.append(new)
    return np.clip(out, -1, 1)


def _newton_as_one_system(h, x, h_0, p):
    """Solve the (TH, TH) system of all corrections at once."""
    (T, H), h_prev = h.shape, np.vstack([h_0[None], h[:-1]])
    M = np.eye(T * H)
    for t in range(1, T):
        M[t * H : (t + 1) * H, (t - 1) * H : t * H] = -gru_jacobian(x[t], h_prev[t], p)
    d = np.linalg.solve(M, (step(x, h_prev, p) - h).ravel()).reshape(T, H)
    return np.minimum(np.maximum(h + d, -1), 1)


def _newton_without_correction(h, x, h_0, p):
    h_prev = np.vstack([h_0[None], h[:-1]])
    J = gru_jacobian(x, h_prev, p)
    b = step(x, h_prev, p) - np.einsum("tij,tj->ti", J, h_prev)
    return np.clip(_scan_by_doubling(J, b, h_0), -1.0, 1.0)


def _bptt_by_the_loop(dh, x, h, h_0, p):
    g = gru_backward(dh[:, None], gru_forward(x[:, None], p, h_0[None]).kept)
    return g.dx[:, 0], g.dh_0[0], g.params


def _bptt_by_hand(dh, x, h, h_0, p):
    g, dx, grads = np.zeros_like(h_0), np.zeros_like(x), [np.zeros_like(w) for w in p]
    for t in reversed(range(len(x))):
        before = h[t - 1] if t else h_0
        back = step_backward(dh[t] + g, x[t], before, step_values(x[t], before, p), p)
        dx[t], g = back.dx_t, back.dh_prev
        grads = [a + b for a, b in zip(grads, back.params, strict=True)]
    return dx, g, GRUParams(*grads)


def _bptt_by_torch(dh, x, h, h_0, p):
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, h_0, *p)]
    x_, g, *w = tensors
    q, out = GRUParams(*w), []
    for x_t in x_:
        r = torch.sigmoid(q.W_ir @ x_t + q.b_ir + q.W_hr @ g + q.b_hr)
        z = torch.sigmoid(q.W_iz @ x_t + q.b_iz + q.W_hz @ g + q.b_hz)
        n = torch.tanh(q.W_in @ x_t + q.b_in + r * (q.W_hn @ g + q.b_hn))
        g = (1 - z) * n + z * g
        out.append(g)
    torch.stack(out).backward(torch.from_numpy(np.array(dh)))
    dx, dh_0, *grads = (a.grad.numpy() for a in tensors)
    return dx, dh_0, GRUParams(*grads)


PARALLEL = {
    "compose": [
        _compose_by_units,
        _compose_homogeneous,
        lambda A_2, b_2, A_1, b_1: (
            np.einsum("...ij,...jk->...ik", A_2, A_1),
            b_2 + np.sum(A_2 * b_1[..., None, :], axis=-1),
        ),
    ],
    "linear_scan": [_scan_as_a_loop, _scan_by_doubling, _scan_by_halves],
    "mingru": [
        _mingru_as_a_loop,
        _mingru_by_cumprod,
        lambda x, h_0, p: _unrolled(x, h_0, _no_recurrence(p)),
    ],
    "residual": [_residual_step_by_step, _residual_by_vstack, _residual_by_roll],
    "gate_step": [_gate_as_a_loop, _gate_by_correction, _gate_by_matrices],
    "newton_step": [_newton_as_a_loop, _newton_as_one_system, _newton_without_correction],
    "parallel_bptt": [_bptt_by_the_loop, _bptt_by_hand, _bptt_by_torch],
}
