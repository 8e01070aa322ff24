"""Checkpoints: written whole or not at all, checked when read, and never unpickled as code."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import torch

from gru_ref.errors import UsageError
from gru_ref.io import write_whole

NAME = "checkpoint.pt"
FORMAT = "gru_ref checkpoint 1"


def save(folder: Path, content: dict[str, Any]) -> None:
    """Write the folder's checkpoint; on UsageError the one before it is still there, unchanged."""
    file = io.BytesIO()
    torch.save({"format": FORMAT, **content}, file)
    write_whole(folder / NAME, file.getvalue())


def load(path: Path | str) -> dict[str, Any]:
    """Return what `save` wrote, on the CPU; path is the file or its folder.

    UsageError where there is none, where it is damaged, or where something else wrote it.
    """
    path = Path(path)
    path = path / NAME if path.is_dir() else path
    try:
        with zipfile.ZipFile(path) as archive:  # torch itself does not look at the checksums
            damaged = archive.testzip()
        content = None if damaged else torch.load(path, "cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UsageError(f"There is no checkpoint at {path}.") from error
    except PermissionError as error:
        raise UsageError(f"{path} may not be read: {error.strerror}.") from error
    except Exception as error:  # whatever a foreign file makes zipfile or torch say
        raise UsageError(f"{path} is not a checkpoint of gru_ref, or it is damaged.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UsageError(f"{path} is not a checkpoint of gru_ref, or it is damaged.")
    return content
