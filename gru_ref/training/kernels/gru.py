"""The two kernels as one function that torch differentiates."""

from __future__ import annotations

from typing import Any

import torch
import triton
from torch.autograd.function import once_differentiable

from gru_ref._shapes import Float
from gru_ref.cell import check_reset
from gru_ref.training.kernels.backward import gru_backward
from gru_ref.training.kernels.forward import gru_forward
from gru_ref.training.kernels.plan import BLOCK, Plan, plan_for


class _States(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, i, h_0, weight_hh, bias_hh, before: bool, keep: bool, to_do: Plan):
        (T, N, _), H = i.shape, h_0.shape[1]
        ctx.to_do, ctx.before = to_do, before
        h = i.new_empty(T + 1, N, H)
        h[0] = h_0
        kept = i.new_empty((T, N, 3 * H if before else 4 * H) if keep else 1)
        gru_forward[(triton.cdiv(N, BLOCK),)](
            *(i, weight_hh, bias_hh, h, kept, T, N),
            *(H, BLOCK, before, keep, to_do.dot),
            num_warps=to_do.warps,
        )
        ctx.save_for_backward(weight_hh, h, kept)
        return h[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dh):
        weight_hh, h, kept = ctx.saved_tensors
        T, N, H = dh.shape
        di = h.new_empty(T, N, 3 * H)
        dq, dh_0 = h.new_empty(1 if ctx.before else (T, N, H)), h.new_empty(N, H)
        gru_backward[(triton.cdiv(N, BLOCK),)](
            *(dh.contiguous(), weight_hh, h, kept, di, dq, dh_0, T, N),
            *(H, BLOCK, ctx.before, ctx.to_do.dot),
            num_warps=ctx.to_do.warps,
        )
        da, h_prev = di.flatten(0, 1), h[:-1].flatten(0, 1)
        da_rz, da_hn, h_n = da[:, : 2 * H], da[:, 2 * H :], h_prev
        if ctx.before:
            h_n = h_prev * kept[..., :H].flatten(0, 1)
        else:
            da_hn = dq.flatten(0, 1)
        dW = torch.cat([da_rz.T @ h_prev, da_hn.T @ h_n])  # (11)
        db = torch.cat([da_rz.sum(0), da_hn.sum(0)])  # (11)
        return di, dh_0, dW, db, None, None, None


def states(
    i: Float[torch.Tensor, "T N G"],
    h_0: Float[torch.Tensor, "N H"],
    weight_hh: Float[torch.Tensor, "G H"],
    bias_hh: Float[torch.Tensor, " G"],
    reset: str = "after",
) -> Float[torch.Tensor, "T N H"]:
    """Return h_1 … h_T for i_t = W_i x_t + b_i of the gates r, z, n, G = 3H.

    All four are of one dtype and on one device, a CUDA device or, under Triton's interpreter, a
    CPU. UsageError where no plan fits the units or the dtype, ValueError for an unknown reset.
    """
    check_reset(reset)
    to_do = plan_for(i.device, h_0.shape[1], i.dtype)
    given = [a.contiguous() for a in (i, h_0, weight_hh, bias_hh)]
    keep = torch.is_grad_enabled() and any(a.requires_grad for a in given)
    return _States.apply(*given, reset == "before", keep, to_do)
