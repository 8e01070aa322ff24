"""`torch.nn.GRU` and `torch.nn.RNN` with their loops over time in NumPy: sooner, where small.

The values and the gradients are torch's own up to the last digits of a float32; what is saved is
the time that torch spends between small products. The GRU's loop is `gru_ref.fast`, the tanh-RNN's

    h_t = tanh(W_i x_t + b_i + b_h + W_h h_{t-1})                    (1)
    da_t = (1 - h_t²) ⊙ dh_t,  dh_{t-1} = dh_{t-1} + W_hᵀ da_t        (2)
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.autograd.function import once_differentiable

from gru_ref._shapes import Float
from gru_ref.cell import GRUParams
from gru_ref.fast.backward import gru_backward
from gru_ref.fast.buffers import Workspace
from gru_ref.fast.forward import gru_forward

GATES = "rzn"  # the order of torch's blocks


class _OverTime(torch.autograd.Function):
    """h_1 … h_T of packed weights, and the gradients of the input and the weights."""

    @staticmethod
    def forward(ctx: Any, x, weight_ih, weight_hh, bias_ih, bias_hh, workspace):
        parts: dict[str, np.ndarray] = {}
        for name, packed in (("W_i", weight_ih), ("W_h", weight_hh), ("b_i", bias_ih)):
            parts |= _blocks(name, packed)
        p = GRUParams(**parts, **_blocks("b_h", bias_hh))
        h, _, ctx.kept = gru_forward(x.detach().numpy(), p, workspace=workspace)
        return torch.from_numpy(h.copy())  # the workspace serves the next pass too

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dh):
        dx, _, dp = gru_backward(dh.numpy(), ctx.kept)
        return torch.from_numpy(dx), *(_packed(dp, n) for n in ("W_i", "W_h", "b_i", "b_h")), None


class NumpyGRU(nn.GRU):
    """One layer on a CPU, from a zero state, with `torch.nn.GRU`'s parameters and its start."""

    def forward(  # type: ignore[override]
        self, x: Float[torch.Tensor, "T N D"], h_0: torch.Tensor | None = None
    ) -> tuple[Float[torch.Tensor, "T N H"], Float[torch.Tensor, "1 N H"]]:
        """Return h_1 … h_T and h_T; ValueError where a state is given."""
        if h_0 is not None:
            raise ValueError("A NumpyGRU begins at zero: leave h_0 out, or take torch.nn.GRU.")
        h = _OverTime.apply(
            x,
            self.weight_ih_l0,
            self.weight_hh_l0,
            self.bias_ih_l0,
            self.bias_hh_l0,
            self.__dict__.setdefault("_workspace", Workspace()),
        )
        return h, h[-1:]


class _TanhOverTime(torch.autograd.Function):
    """h_1 … h_T of a tanh-RNN, and the gradients of the input and the weights."""

    @staticmethod
    def forward(ctx: Any, x, weight_ih, weight_hh, bias_ih, bias_hh):
        x, W_i, W_h, b_i, b_h = (
            a.detach().numpy() for a in (x, weight_ih, weight_hh, bias_ih, bias_hh)
        )
        h = x @ W_i.T + (b_i + b_h)
        np.tanh(h[0], h[0])
        for h_prev, h_t in pairwise(h):
            h_t += h_prev @ W_h.T
            np.tanh(h_t, h_t)  # (1)
        ctx.kept = x, W_i, W_h, h
        return torch.from_numpy(h.copy())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dh):
        x, W_i, W_h, h = ctx.kept
        da, dh_t, dh = 1 - h * h, np.zeros_like(h[0]), dh.numpy()
        for t in reversed(range(len(h))):
            dh_t += dh[t]
            da[t] *= dh_t
            np.dot(da[t], W_h, dh_t)  # (2)
        flat, H = da.reshape(-1, da.shape[2]), da.shape[2]
        db = flat.sum(0)
        dW_h = flat[len(h[0]) :].T @ h[:-1].reshape(-1, H)
        grads = (da @ W_i, flat.T @ x.reshape(len(flat), -1), dW_h, db, db.copy())
        return tuple(map(torch.from_numpy, grads))


class NumpyRNN(nn.RNN):
    """One layer of tanh on a CPU, from a zero state, with `torch.nn.RNN`'s parameters and start."""

    def forward(  # type: ignore[override]
        self, x: Float[torch.Tensor, "T N D"], h_0: torch.Tensor | None = None
    ) -> tuple[Float[torch.Tensor, "T N H"], Float[torch.Tensor, "1 N H"]]:
        """Return h_1 … h_T and h_T; ValueError where a state is given."""
        if h_0 is not None:
            raise ValueError("A NumpyRNN begins at zero: leave h_0 out, or take torch.nn.RNN.")
        h = _TanhOverTime.apply(
            x, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0
        )
        return h, h[-1:]


NUMPY_CELLS: dict[str, type[nn.Module]] = {"tanh": NumpyRNN, "gru": NumpyGRU}


def _blocks(name: str, packed: torch.Tensor) -> dict[str, np.ndarray]:
    """Return {"W_ir": …, "W_iz": …, "W_in": …}, or the like, of stacked blocks."""
    return {name + g: b.detach().numpy() for g, b in zip(GATES, packed.chunk(3), strict=True)}


def _packed(p: GRUParams, name: str) -> torch.Tensor:
    return torch.from_numpy(np.concatenate([getattr(p, name + g) for g in GATES]))
