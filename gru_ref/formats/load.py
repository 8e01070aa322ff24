"""The way in: a file of a trained model, the GRU or LSTM in it."""

from __future__ import annotations

from pathlib import Path

from gru_ref.cell import RESETS
from gru_ref.errors import UsageError, choose
from gru_ref.formats.files import read_arrays
from gru_ref.formats.found import Network, networks_among

ENDINGS = (".npz", ".pt", ".pth", ".safetensors", ".onnx")
CHECKPOINT = "checkpoint.pt"  # in the folder of a run


def load(path: Path | str, name: str | None = None, reset: str | None = None) -> Network:
    """Return the GRU or LSTM of a file, its layers as in `gru_ref.layers`.

    path ends in .npz, .pt, .safetensors or .onnx, or is the folder of `python -m gru_ref train`.
    name chooses one of several; reset ("after", "before") tells what the arrays do not. UsageError
    where there is none, where it is not said which, or where an array cannot be held, and why.

    Example: `stack_forward(x, load("model.pt").layers)`.
    """
    found = load_all(path, reset)
    chosen = [network for network in found if name in (None, network.name)]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(repr(network.name) for network in found)
    if name is None:
        raise UsageError(f"{path} holds {len(found)} networks: choose one by its name, {names}.")
    raise UsageError(f"{path} holds no network {name!r}: choose one of: {names}.")


def load_all(path: Path | str, reset: str | None = None) -> list[Network]:
    """Return every GRU and LSTM of a file, at least one; arguments and UsageError as for `load`."""
    path = Path(path)
    if path.is_dir():
        if not (path / CHECKPOINT).exists():
            raise UsageError(f"The folder {path} holds no run: there is no {CHECKPOINT} in it.")
        path = path / CHECKPOINT
    if reset is not None:
        choose("reset", reset, RESETS)
    if not path.exists():
        raise UsageError(f"There is no file {path}.")
    if path.suffix not in ENDINGS:
        raise UsageError(
            f"{path} ends in {path.suffix or 'nothing'!r}, expected one of: {', '.join(ENDINGS)}."
        )
    try:
        if path.suffix == ".onnx":
            from gru_ref.formats.graph import networks_of

            found = networks_of(path)
        else:
            arrays = read_arrays(path)
            found = networks_among(arrays, reset)
    except UsageError:
        raise
    except ValueError as error:
        raise UsageError(f"{path}, {error}") from error
    if not found:
        if path.suffix == ".onnx":
            raise UsageError(f"{path} has no operator GRU or LSTM: nothing in it can be read.")
        raise UsageError(
            f"No GRU and no LSTM was found in {path}: its arrays are {_listed(arrays)}. Expected a "
            f"library's own names, weight_ih_l0 for instance, after any prefix."
        )
    return _named_apart(found)


def _named_apart(found):
    """Return networks of which no two have one name: the second is "rnn (2)"."""
    seen: dict[str, int] = {}
    apart = []
    for network in found:
        count = seen[network.name] = seen.get(network.name, 0) + 1
        name = network.name if count == 1 else f"{network.name} ({count})"
        apart.append(network._replace(name=name))
    return apart


def _listed(arrays):
    names = sorted(arrays)
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return (", ".join(names[:8]) or "none") + more
