"""What a figure was measured on: the CPU, the versions, and which kernels multiply matrices."""

from __future__ import annotations

import contextlib
import os
import platform
from pathlib import Path

import numpy as np
import torch

CHOOSING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # which override OpenBLAS's own choice


def machine() -> str:
    """Return two lines: the CPU and the versions, and the kernels of both libraries' products."""
    return (
        f"{cpu()}, Python {platform.python_version()}, NumPy {np.__version__}, torch "
        f"{torch.__version__}; one thread, medians of CPU time\n"
        f"products: NumPy by {blas()}, torch by {_torch_blas()}"
    )


def cpu() -> str:
    """Return the CPU's name, where the system tells it, and its kind."""
    named = platform.processor()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        pairs = (line.split(":", 1) for line in lines if ":" in line)
        found = {key.strip(): value.strip() for key, value in pairs}
        model = [f"{key} {found[key]}" for key in ("cpu family", "model") if key in found]
        named = f"{found.get('model name', named)} ({', '.join(model)})" if model else named
    return f"{named or 'a CPU without a name'}, {platform.machine()}"


def blas() -> str:
    """Return NumPy's BLAS and the kernel that it chose for this CPU, and what was set to choose."""
    try:
        from threadpoolctl import threadpool_info
    except ModuleNotFoundError:
        return "a BLAS that is not known: `pip install 'gru-course[bench]'` brings what names it"
    found = [
        f"{lib['internal_api']} {lib['version']}, kernel {lib.get('architecture', 'not known')}"
        for lib in threadpool_info()
        if lib["user_api"] == "blas" and "torch" not in lib["filepath"]
    ]
    chosen = [f"{name}={os.environ[name]}" for name in CHOOSING if name in os.environ]
    return " and ".join([*(found or ["a BLAS that threadpoolctl does not know"]), *chosen])


def _torch_blas() -> str:
    """Return torch's BLAS, and the instructions that torch itself uses."""
    lines = torch.__config__.show().splitlines()
    settings = next((line for line in lines if "BLAS_INFO=" in line), "BLAS_INFO=not known,")
    name = settings.split("BLAS_INFO=")[1].split(",")[0]
    full = next((line.strip(" -") for line in lines if "Math Kernel Library" in line), name)
    return f"{full.split(' for ')[0]}, {torch.backends.cpu.get_cpu_capability()}"
