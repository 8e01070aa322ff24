"""What chapters 4 to 7 can do without: PyTorch, the independent witness."""

from __future__ import annotations

from types import ModuleType

RECORDED_WITH = "2.13.0"


def pytorch(recorded: str) -> ModuleType | None:
    """Return PyTorch, or None where it is not installed, after printing what was recorded."""
    try:
        import torch
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        print(
            "PyTorch is not installed here (pip install torch brings it); "
            f"with version {RECORDED_WITH} this cell has printed:\n{recorded}"
        )
        return None
    return torch
