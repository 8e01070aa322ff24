"""Whether a GRU of H units fits into one block of threads, said before anything is compiled.

A block keeps W_h, 3 H² numbers, in shared memory, and beside it at most four (BLOCK, H) pieces of a
step. The rule is held against the compiler's own count, `python -m gru_ref bench --kernels`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from gru_ref.errors import UsageError

BLOCK = 16  # sequences a block takes: the fewest rows that a tensor core multiplies
HOPPER = 227 * 1024  # bytes of shared memory that a block may have on an H100 or H200
WIDEST_EXACT = 64  # units; with 128 the products in full float32 spill registers
DTYPES = (torch.bfloat16, torch.float16, torch.float32)


class Plan(NamedTuple):
    """How the kernels are launched."""

    warps: int  # of 32 threads
    dot: str  # Triton's input_precision: "tf32" or, for all 24 bits, "ieee"
    shared: int  # bytes of shared memory, at most


def plan(H: int, dtype: torch.dtype, limit: int = HOPPER, tf32: bool | None = None) -> Plan:
    """Return how kernels for H units run in blocks of `limit` bytes of shared memory.

    tf32 says whether products of float32 may be rounded to 10 bits; None asks torch. UsageError
    says which number is too large.
    """
    if dtype not in DTYPES:
        names = ", ".join(_name(d) for d in DTYPES)
        raise UsageError(f"The kernels work in {names}, not in {_name(dtype)}.")
    if H < 16 or H & (H - 1):
        raise UsageError(f"The kernels take 16, 32, 64 or 128 units, a power of two, not {H}.")
    shared = (3 * H**2 + 4 * BLOCK * H) * dtype.itemsize
    if shared > limit:
        raise UsageError(
            f"Kernels for {H} units in {_name(dtype)} need {shared:,} bytes of shared memory, and "
            f"a block has {limit:,}."
        )
    if tf32 is None:
        tf32 = torch.get_float32_matmul_precision() != "highest"
    exact = dtype == torch.float32 and not tf32
    if exact and H > WIDEST_EXACT:
        raise UsageError(
            f"In full float32 the kernels take up to {WIDEST_EXACT} units, not {H}: beyond, they "
            f"run out of registers. TF32 takes more: torch.set_float32_matmul_precision('high')."
        )
    if exact:
        return Plan(8 if H > 32 else 4, "ieee", shared)
    return Plan(8 if H > 64 else 4, "tf32", shared)


def plan_for(device: torch.device, H: int, dtype: torch.dtype) -> Plan:
    """Return the plan for the blocks of a CUDA device, or for Triton's interpreter on a CPU."""
    if device.type == "cuda":
        card = torch.cuda.get_device_properties(device)
        most = getattr(card, "shared_memory_per_block_optin", card.shared_memory_per_block)
        return plan(H, dtype, most)
    if dtype == torch.bfloat16:
        raise UsageError("Triton's interpreter takes the bits of bfloat16 for whole numbers.")
    return plan(H, dtype)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
