"""Files of weights, read as named arrays: .npz, .pt, .safetensors. Nothing in them is run.

A .pt file is read by torch as weights alone: an archive that would run code when it is read, as a
pickled module does, is refused. Trees become names joined by dots. Numbers of 16 bits become
float32, which holds each of them.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from gru_ref.errors import UsageError
from gru_ref.formats.layout import Arrays, flat, numbers

EXTRA = "gru-course[formats]"


def read_arrays(path: Path) -> Arrays:
    """Return the arrays of a file by name; UsageError where it cannot be read, and why."""
    arrays = {".npz": _npz, ".pt": _pt, ".pth": _pt, ".safetensors": _safetensors}[path.suffix](
        path
    )
    return {name: a for name, a in arrays.items() if a.dtype.kind in "fiub"}


def folder_of(package: str) -> Path | None:
    """Return where pip has put a package, which is not imported; None where it is not installed."""
    found = None
    with contextlib.suppress(ImportError):  # where somebody forbids to look for it
        found = importlib.util.find_spec(package)
    folder = None if found is None else next(iter(found.submodule_search_locations or ()), None)
    return None if folder is None else Path(folder)


def missing(package: str, path: Path) -> UsageError:
    """Return the sentence for a package that reads this kind of file and is not installed."""
    return UsageError(
        f"{path} is read by the package {package}, which is not installed: `pip install '{EXTRA}'`."
    )


def _npz(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: numbers(file[name]) for name in file.files}
    except (ValueError, TypeError, BadZipFile, EOFError) as error:
        raise UsageError(
            f"{path} could not be read as arrays alone: it is damaged, or it holds Python objects "
            f"that would run code. Expected what np.savez writes."
        ) from error


def _pt(path):
    import torch

    try:
        content = torch.load(path, "cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # whatever a foreign file makes torch say
        raise UsageError(
            f"{path} could not be read as weights alone: it is damaged, or it holds Python objects "
            f"that would run code. Expected what torch.save(model.state_dict(), file) writes."
        ) from error
    tensors = flat(content) if isinstance(content, Mapping) else {}
    return {k: numbers(w) for k, w in tensors.items() if torch.is_tensor(w) and _held(w)}


def _held(tensor):
    return not (tensor.is_sparse or tensor.is_quantized or tensor.is_complex() or tensor.is_meta)


def _safetensors(path):
    try:
        from safetensors import SafetensorError, safe_open
    except ModuleNotFoundError as error:
        raise missing("safetensors", path) from error
    try:
        with safe_open(path, "numpy") as file:
            return {name: _tensor(file, path, name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise UsageError(f"{path} is no .safetensors file, or it is damaged: {error}.") from error


def _tensor(file: Any, path: Path, name: str) -> np.ndarray:
    try:
        return numbers(file.get_tensor(name))
    except TypeError:  # a type that NumPy has not
        try:
            from safetensors import safe_open
            from torch import float32
        except ModuleNotFoundError as error:
            raise UsageError(
                f"{name} in {path} has a type that NumPy lacks ({file.get_slice(name).get_dtype()})"
                f": install torch, which reads it, or save it as float32."
            ) from error
        with safe_open(path, "pt") as again:
            return numbers(again.get_tensor(name).to(float32))
