"""`torch.nn.GRU` without its loop over time, and the minGRU: `gru_ref.parallel` in torch.

Equations are numbered as in `gru_ref.parallel` and `gru_ref.minimal`. Forwards, rounds of a scan
end at the states of the loop; where they do not arrive, the loop runs. Backwards one scan gives
∂L/∂h_t of all steps, and one step, with time as its batch, the gradients of all else.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from gru_ref._shapes import Float
from gru_ref.training.models import OurGRU, gru_step

GATE_ROUNDS, MAX_ROUNDS = 3, 50
TOL = {torch.float64: (1e-12, 1e-9), torch.float32: (1e-6, 1e-4)}  # arrived; as near as it gets


def linear_scan(
    A: Float[torch.Tensor, "Time *shape S"],
    b: Float[torch.Tensor, "Time *N S"],
    start: Float[torch.Tensor, "1 *N S"],
) -> Float[torch.Tensor, "Time *N S"]:
    """Return h_1 … h_T of h_t = A_t h_{t-1} + b_t, for matrices or diagonals A_t."""
    if len(b) == 0:
        return b
    even, odd = A[: len(b) // 2 * 2 : 2], A[1::2]
    pairs = odd * even if A.ndim == b.ndim else odd @ even
    later = linear_scan(pairs, _apply(odd, b[: len(b) // 2 * 2 : 2]) + b[1::2], start)
    h = torch.empty_like(b)
    h[1::2] = later
    h[::2] = _apply(A[::2], torch.cat([start, later])[: len(A[::2])]) + b[::2]
    return h


def _apply(A: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    return A * h if A.ndim == h.ndim else (A @ h.unsqueeze(-1)).squeeze(-1)


def _all_steps(i, h_prev, weight_hh, bias_hh):
    """Return what `gru_step` makes of every h_{t-1}, time as part of the batch."""
    h = gru_step(i.flatten(0, 1), h_prev.flatten(0, 1), weight_hh, bias_hh)
    return h.unflatten(0, h_prev.shape[:2])


def jacobian(
    i: Float[torch.Tensor, "*N G"],
    h_prev: Float[torch.Tensor, "*N H"],
    weight_hh: Float[torch.Tensor, "G H"],
    bias_hh: Float[torch.Tensor, " G"],
) -> Float[torch.Tensor, "*N H H"]:
    """Return ∂h_t/∂h_{t-1} of `gru_step`, (1) and (2) of `gru_ref.jacobian`."""
    i_r, i_z, i_n = i.chunk(3, -1)
    h_r, h_z, q = (h_prev @ weight_hh.mT + bias_hh).chunk(3, -1)
    W_hr, W_hz, W_hn = weight_hh.chunk(3)
    r, z = torch.sigmoid(i_r + h_r), torch.sigmoid(i_z + h_z)
    n = torch.tanh(i_n + r * q)
    s = ((1 - z) * (1 - n**2)).unsqueeze(-1)
    N = r.unsqueeze(-1) * W_hn + (q * r * (1 - r)).unsqueeze(-1) * W_hr
    return z.diag_embed() + ((h_prev - n) * z * (1 - z)).unsqueeze(-1) * W_hz + s * N


def states(
    i: Float[torch.Tensor, "T N G"],
    h_0: Float[torch.Tensor, "N H"],
    weight_hh: Float[torch.Tensor, "G H"],
    bias_hh: Float[torch.Tensor, " G"],
    guess: Float[torch.Tensor, "T N H"] | None = None,
) -> tuple[Float[torch.Tensor, "T N H"], int]:
    """Return h_1 … h_T and the rounds that it took; MAX_ROUNDS where the loop had to run."""
    tol, near = TOL[h_0.dtype]
    most = h_0.abs().clamp(min=1)  # no state of a GRU leaves [-most, most]
    h = h_0.new_zeros(len(i), *h_0.shape) if guess is None else guess
    last = float("inf")
    for k in range(MAX_ROUNDS):
        h_prev = torch.cat([h_0[None], h[:-1]])
        e = _all_steps(i, h_prev, weight_hh, bias_hh) - h  # -(1)
        off = e.abs().max().item()
        if off <= tol or last <= off <= near:
            return h, k
        last = off
        if guess is None and k < GATE_ROUNDS:
            W_hz, b_hz = weight_hh.chunk(3)[1], bias_hh.chunk(3)[1]
            A = torch.sigmoid(i.chunk(3, -1)[1] + h_prev @ W_hz.mT + b_hz)  # (4)
        else:
            A = jacobian(i, h_prev, weight_hh, bias_hh)  # (6)
        new = h + linear_scan(A, e, torch.zeros_like(h_0)[None])  # (2')
        h = torch.where(new.isnan(), h, new).clamp(-most, most)
    h, h_t = torch.empty_like(h), h_0
    for t, i_t in enumerate(i.unbind(0)):
        h[t] = h_t = gru_step(i_t, h_t, weight_hh, bias_hh)
    return h, MAX_ROUNDS


class _States(torch.autograd.Function):
    """h_1 … h_T by rounds, and their gradient by one scan."""

    @staticmethod
    def forward(ctx: Any, i, h_0, weight_hh, bias_hh, guess, report):
        h, rounds = states(i, h_0, weight_hh, bias_hh, guess)
        report(rounds)
        ctx.save_for_backward(i, h_0, weight_hh, bias_hh, h)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dh):
        i, h_0, weight_hh, bias_hh, h = ctx.saved_tensors
        h_prev = torch.cat([h_0[None], h[:-1]])
        J = jacobian(i, h_prev, weight_hh, bias_hh)
        A = torch.roll(J.flip(0), 1, 0).mT  # the first acts on zeros
        dh = linear_scan(A, dh.flip(0), torch.zeros_like(h_0)[None]).flip(0)  # (7)
        with torch.enable_grad():
            leaves = [a.detach().requires_grad_() for a in (i, h_prev, weight_hh, bias_hh)]
            di, dh_prev, dW, db = torch.autograd.grad(_all_steps(*leaves), leaves, dh)
        return di, dh_prev[0], dW, db, None, None


class ParallelGRU(OurGRU):
    """`torch.nn.GRU` by rounds of a scan; `rounds` are those of each layer in the last pass.

    With warm_start a pass over the same x begins from the states of the pass before it.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1):
        super().__init__(input_size, hidden_size, num_layers)
        self.warm_start = False
        self.rounds: list[int] = []
        self._last: tuple[torch.Tensor, list[torch.Tensor]] | None = None

    def forward(
        self, x: Float[torch.Tensor, "T N D"], h_0: Float[torch.Tensor, "L N H"] | None = None
    ) -> tuple[Float[torch.Tensor, "T N H"], Float[torch.Tensor, "L N H"]]:
        """Return the last layer's h_1 … h_T, and every layer's h_T."""
        if h_0 is None:
            h_0 = x.new_zeros(self.num_layers, x.shape[1], self.hidden_size)
        guesses, first, kept, last = self._guesses(x), x.detach(), [], []
        self.rounds = []
        with torch.autocast(x.device.type, enabled=False):  # rounds end by small residuals
            for k, h_k in enumerate(h_0):
                w_i, w_h, b_i, b_h = (
                    getattr(self, f"{name}_l{k}")
                    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                )
                i = x.to(w_i.dtype) @ w_i.T + b_i
                exact = w_i.dtype if w_i.dtype in TOL else torch.float32
                given = (a.to(exact) for a in (i, h_k, w_h, b_h))
                h = _States.apply(*given, guesses[k], self.rounds.append)
                kept.append(h.detach())
                x = h.to(w_i.dtype)
                last.append(x[-1])
        self._last = (first, kept) if self.warm_start else None
        return x, torch.stack(last)

    def _guesses(self, x):
        if self._last is not None and self.warm_start and torch.equal(self._last[0], x):
            return self._last[1]
        return [None] * self.num_layers


class MinGRU(nn.Module):
    """The minGRU of Feng et al. 2024, where z keeps the past; layer after layer, a scan each."""

    scan = staticmethod(linear_scan)  # or that of `kernels`

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1):
        super().__init__()
        self.hidden_size = hidden_size
        sizes = [input_size] + [hidden_size] * (num_layers - 1)
        self.maps = nn.ModuleList(nn.Linear(size, 2 * hidden_size) for size in sizes)  # z, n

    def forward(
        self, x: Float[torch.Tensor, "T N D"], h_0: Float[torch.Tensor, "L N H"] | None = None
    ) -> tuple[Float[torch.Tensor, "T N H"], Float[torch.Tensor, "L N H"]]:
        """Return the last layer's h_1 … h_T, and every layer's h_T."""
        if h_0 is None:
            h_0 = x.new_zeros(len(self.maps), x.shape[1], self.hidden_size)
        last = []
        for linear, h_k in zip(self.maps, h_0, strict=True):
            a_z, n = linear(x).chunk(2, -1)
            z = torch.sigmoid(a_z)  # (1)
            x = self.scan(z, (1 - z) * n, h_k[None].to(n.dtype))  # (3)
            last.append(x[-1])
        return x, torch.stack(last)
