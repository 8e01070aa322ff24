"""The cell `fused`: `torch.nn.GRU` by our kernels, where they can run, and by torch where not."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import sys
import sysconfig
from pathlib import Path

import torch
from lightning.fabric.utilities import rank_zero_only
from torch import nn
from tqdm.auto import tqdm

from gru_ref.errors import UsageError
from gru_ref.training.kernels.plan import plan_for


class FusedGRU(nn.GRU):
    """`torch.nn.GRU` in weights and values; `why_not` says why no kernel ran in the last pass."""

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1):
        super().__init__(input_size, hidden_size, num_layers)
        self.why_not: str | None = None  # before the first pass

    def forward(self, x, h_0=None):
        """Return the last layer's h_1 … h_T, (T, N, H), and every layer's h_T."""
        kind, dtype = x.device.type, x.dtype
        if torch.is_autocast_enabled(kind):
            dtype = torch.get_autocast_dtype(kind)
        why_not = lacking(x.device) or refusal(self.hidden_size, dtype, x.device)
        if why_not and why_not != self.why_not:
            _tell(f"{why_not} So torch.nn.GRU runs in its place.")
        self.why_not = why_not
        if why_not:
            return super().forward(x, h_0)
        from gru_ref.training.kernels.gru import states

        if h_0 is None:
            h_0 = x.new_zeros(self.num_layers, x.shape[1], self.hidden_size)
        last = []
        with torch.autocast(kind, enabled=False):
            for k, h_k in enumerate(h_0):
                w_i, w_h, b_i, b_h = (w.to(dtype) for w in self.all_weights[k])
                x = states(x.to(dtype) @ w_i.T + b_i, h_k.to(dtype), w_h, b_h)
                last.append(x[-1])
        return x, torch.stack(last)


@functools.cache
def lacking(device: torch.device) -> str:
    """Return why no kernel can run on a device, one sentence, or ""."""
    if importlib.util.find_spec("triton") is None:
        return "The kernels need triton, which is not installed: pip install 'gru-course[kernels]'."
    if device.type != "cuda":
        interpreted = os.environ.get("TRITON_INTERPRET") == "1"
        return (
            "" if interpreted else f"The kernels need a CUDA device, and x is on a {device.type}."
        )
    if not (os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")):
        return "Triton needs a C compiler to start kernels, and there is none: install gcc."
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "Triton needs Python.h to start kernels: install Python's headers (python3-dev)."
    return ""


def refusal(H: int, dtype: torch.dtype, device: torch.device) -> str:
    """Return why there is no plan for H units in a dtype on a device, one sentence, or ""."""
    try:
        plan_for(device, H, dtype)
    except UsageError as error:
        return str(error)
    return ""


@rank_zero_only
def _tell(sentence: str) -> None:
    tqdm.write(sentence, file=sys.stderr)  # above a bar that is being drawn
