"""Where a run takes place: names of devices and precisions, made into a Lightning Fabric."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from lightning.fabric import Fabric

from gru_ref.errors import UsageError

PRECISIONS: dict[str, Any] = {"32": "32-true", "bf16": "bf16-mixed", "64": "64-true"}


def device_for(name: str = "auto") -> torch.device:
    """Return the device: auto is a CUDA device where there is one; UsageError where it is not."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, index = name.partition(":")
    if kind not in ("cpu", "cuda") or (index and not (kind == "cuda" and index.isdigit())):
        raise UsageError(f"There is no device {name!r}; choose one of: auto, cpu, cuda, cuda:1.")
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if kind == "cuda" and int(index or 0) >= there:
        raise UsageError(
            f"Device {name!r} is not there: this machine has {there or 'no'} CUDA "
            f"device{'' if there == 1 else 's'} that torch can use. Choose auto or cpu."
        )
    return torch.device("cuda", int(index or 0)) if kind == "cuda" else torch.device("cpu")


def fabric_for(
    device: str = "auto", precision: str = "auto", devices: int = 1, nodes: int = 1
) -> Fabric:
    """Return a launched Fabric; auto precision is bf16 mixed on a GPU, 32 bits on a CPU."""
    where = device_for(device)
    if precision == "auto":
        precision = "bf16" if where.type == "cuda" else "32"
    if precision not in PRECISIONS:
        raise UsageError(
            f"There is no precision {precision!r}; choose one of: auto, {', '.join(PRECISIONS)}."
        )
    if where.type == "cuda":
        torch.set_float32_matmul_precision("high")  # TF32 where 32 bits are left
        if where.index + devices > torch.cuda.device_count():
            raise UsageError(
                f"{devices} devices are asked for and there are {torch.cuda.device_count()}."
            )
    several = devices * nodes > 1
    first = where.index or 0
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*is_available.*|.*GPU available.*")
        fabric = Fabric(
            accelerator=where.type,
            devices=list(range(first, first + devices)) if where.type == "cuda" else devices,
            num_nodes=nodes,
            strategy="ddp" if several else "auto",
            precision=PRECISIONS[precision],
        )
    if several:
        fabric.launch()
    return fabric
