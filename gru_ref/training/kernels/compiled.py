"""What the compiler for a card says of a kernel, without a card: shared memory, registers, spills.

Triton compiles for compute capability 9.0 (H100, H200); its own `ptxas -v` then counts registers
and the bytes that do not fit into them, for sm_90a, as Triton calls it.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from gru_ref.training.kernels.backward import gru_backward
from gru_ref.training.kernels.forward import gru_forward
from gru_ref.training.kernels.plan import BLOCK, Plan
from gru_ref.training.kernels.scan import CHANNELS, STEPS, scan

SM_90 = GPUTarget("cuda", 90, 32)
TYPES = {torch.bfloat16: "bf16", torch.float16: "fp16", torch.float32: "fp32"}
INTEGERS = ("T", "N", "C")
SPILLS = re.compile(r"(\d+) bytes spill stores, (\d+) bytes spill loads")
REGISTERS = re.compile(r"Used (\d+) registers")


class Compiled(NamedTuple):
    """What one kernel takes; spilled is what a thread stores and loads for lack of registers."""

    name: str
    shared: int  # bytes a block
    registers: int  # a thread
    spilled: int  # bytes a thread


def kernels(H: int, dtype: torch.dtype, to_do: Plan, before: bool = False) -> Iterator[Compiled]:
    """Compile the forward and the backward kernel of H units as the plan says."""
    sizes = {"H": H, "BLOCK": BLOCK, "BEFORE": before, "DOT": to_do.dot}
    yield compiled(gru_forward, dtype, to_do.warps, **sizes, KEEP=True)
    yield compiled(gru_backward, dtype, to_do.warps, **sizes)


def the_scan(dtype: torch.dtype, back: bool) -> Compiled:
    """Compile the scan of one direction."""
    return compiled(scan, dtype, 4, STEPS=STEPS, CHANNELS=CHANNELS, BACK=back)


def compiled(kernel: Any, dtype: torch.dtype, warps: int, **constants: Any) -> Compiled:
    """Compile a kernel whose arrays are of dtype and aligned to 16 bytes, as torch makes them."""
    kinds = dict.fromkeys(kernel.arg_names, f"*{TYPES[dtype]}")
    kinds |= {name: "i32" for name in INTEGERS if name in kinds}
    kinds |= dict.fromkeys(constants, "constexpr")
    aligned = {
        (k,): [["tt.divisibility", 16]] for k, kind in enumerate(kinds.values()) if kind[0] == "*"
    }
    made = triton.compile(
        ASTSource(kernel, kinds, constants, aligned), target=SM_90, options={"num_warps": warps}
    )
    with tempfile.TemporaryDirectory() as folder:
        ptx = Path(folder, "kernel.ptx")
        ptx.write_text(made.asm["ptx"], encoding="utf-8")
        command = [triton.knobs.nvidia.ptxas.path, "-v", "--gpu-name=sm_90a", str(ptx)]
        told = subprocess.run(
            [*command, "-o", f"{folder}/kernel.cubin"], capture_output=True, text=True, check=True
        ).stderr
    spilled = sum(int(n) for found in SPILLS.findall(told) for n in found)
    registers = sum(int(n) for n in REGISTERS.findall(told))
    return Compiled(kernel.__name__, made.metadata.shared, registers, spilled)
