"""What the kernels take of a card, by the compiler's count: `python -m gru_ref bench --kernels`.

No card is needed. Sizes that the plan refuses are compiled too, up to TRIED bytes, so that the
reason can be read: they do not fit into a block, or they spill.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
import triton

from gru_ref.errors import UsageError
from gru_ref.training.kernels.compiled import Compiled, kernels, the_scan
from gru_ref.training.kernels.plan import HOPPER, Plan, plan

UNITS = (16, 32, 64, 128, 256)
WAYS = {  # name on the command line: dtype, and whether its products may be rounded
    "bf16": (torch.bfloat16, False),
    "tf32": (torch.float32, True),
    "32": (torch.float32, False),
}
OF_PRECISION = {"auto": ("bf16", "tf32", "32"), "bf16": ("bf16",), "32": ("tf32", "32")}
TRIED = 2 * HOPPER  # bytes that a plan may ask for and is still compiled; beyond, it takes minutes


def measure(units: Sequence[int] = UNITS, ways: Sequence[str] = tuple(WAYS)) -> bool:
    """Print a line for each kernel; return whether all that a plan admits fit and none spills.

    UsageError where Triton interprets kernels, and so compiles none.
    """
    if os.environ.get("TRITON_INTERPRET") == "1":
        raise UsageError("TRITON_INTERPRET=1 is set, so Triton compiles nothing: unset it.")
    print(
        f"Triton {triton.__version__} for sm_90, no card needed. A block may have {HOPPER:,} bytes "
        f"of shared memory.\n\n{'':4} {'H':>4} {'kernel':21} {'planned':>9} {'shared':>9} "
        f"{'registers':>9} {'spilled':>8}"
    )
    held = True
    for way in ways:
        for H in units:
            held &= _lines(way, H)
    for back in (False, True):
        made = the_scan(torch.float32, back)
        held &= made.spilled == 0
        print(_line("", "", "scan, back" if back else "scan", None, made))
    print("\nEvery planned kernel fits, none spills." if held else "\nA plan does not hold.")
    return held


def _lines(way: str, H: int) -> bool:
    dtype, tf32 = WAYS[way]
    refused = ""
    try:
        to_do = plan(H, dtype, tf32=tf32)
    except UsageError as error:
        refused = str(error)
        try:
            to_do = plan(H, dtype, limit=TRIED, tf32=True)  # with as many warps as it would have
        except UsageError:
            print(f"{way:4} {H:4} {refused}")
            return True
        to_do = to_do._replace(dot="tf32" if tf32 else "ieee")
    held = True
    for before in (False,) if refused else (False, True):
        for made in kernels(H, dtype, to_do, before):
            held &= bool(refused) or (made.shared <= to_do.shared and made.spilled == 0)
            name = made.name + ", before" * before
            print(_line(way, H, name, to_do, made), flush=True)
    if refused:
        print(f"{'':9} {refused}")
    return held


def _line(way: str, H: int | str, name: str, to_do: Plan | None, made: Compiled) -> str:
    planned = f"{to_do.shared:,}" if to_do else ""
    return (
        f"{way:4} {H:>4} {name:21} {planned:>9} {made.shared:9,} {made.registers:9} "
        f"{made.spilled:8,}"
    )
