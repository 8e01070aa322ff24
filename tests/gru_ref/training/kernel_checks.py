"""The kernels against references, on any device: on a card, or under Triton's interpreter."""

import numpy as np
import torch

import gru_ref
from gru_ref.training import parallel


def randn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def off(seen, due):
    """Return the norm of what is wrong, in units of the norm of what is due."""
    seen = seen.detach().double().cpu().numpy()
    return np.linalg.norm(seen - due) / max(np.linalg.norm(due), 1e-30)


def gru_is_off_by(T, N, H, reset="after", device="cpu", dtype=torch.float32):
    """Return how far states and each gradient are from `gru_ref`'s in float64."""
    from gru_ref.training.kernels.gru import states

    p, x, h_0 = gru_ref.init_params(np.random.default_rng(1), 3, H), randn(T, N, 3), randn(N, H)
    dh, h_0 = randn(T, N, H, seed=2), np.tanh(h_0)
    due = gru_ref.gru_forward(x, p, h_0, reset=reset)
    g = gru_ref.gru_backward(dh, due.kept)

    def leaf(a):
        return torch.tensor(a, device=device, dtype=dtype, requires_grad=True)

    def packed(p, *names):
        return np.concatenate([getattr(p, name) for name in names])

    weights = ["W_hr", "W_hz", "W_hn"], ["b_hr", "b_hz", "b_hn"]
    W_i, b_i = packed(p, "W_ir", "W_iz", "W_in"), packed(p, "b_ir", "b_iz", "b_in")
    leaves = [leaf(x @ W_i.T + b_i), leaf(h_0), *(leaf(packed(p, *names)) for names in weights)]
    h = states(*leaves, reset=reset)
    h.backward(torch.tensor(dh, device=device, dtype=dtype))
    dx = leaves[0].grad.double().cpu() @ torch.tensor(W_i)
    seen = [h, dx, *(a.grad for a in leaves[1:])]
    known = [due.h, g.dx, g.dh_0, *(packed(g.params, *names) for names in weights)]
    return max(map(off, seen, known))


def scan_is_off_by(*shape, device="cpu", dtype=torch.float32):
    """Return how far the scan's states and gradients are from `parallel.linear_scan`'s."""
    from gru_ref.training.kernels.scan import linear_scan

    given = [1 / (1 + np.exp(-randn(*shape))), randn(*shape, seed=1), randn(1, *shape[1:], seed=2)]
    found = []
    for scan, kind in ((linear_scan, dtype), (parallel.linear_scan, torch.float64)):
        where = device if scan is linear_scan else "cpu"
        leaves = [torch.tensor(a, device=where, dtype=kind, requires_grad=True) for a in given]
        h = scan(*leaves)
        h.backward(torch.tensor(randn(*shape, seed=3), device=where, dtype=kind))
        found.append([h, *(a.grad for a in leaves)])
    return max(off(seen, due.detach().numpy()) for seen, due in zip(*found, strict=True))
