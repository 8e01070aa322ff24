"""The recurrent networks among named arrays, seen by the names and shapes that libraries give.

A name is a prefix and the library's own part, "encoder.gru." and "weight_ih_l0"; what has the same
prefix is one network. PyTorch's stacks and Keras' `Bidirectional` are joined; Keras gives the
layers of a stack no common name, so each is a network. Arrays of anything else are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gru_ref.cell import GRUParams
from gru_ref.formats import keras
from gru_ref.formats.burn import NAMES as BURN
from gru_ref.formats.burn import from_burn
from gru_ref.formats.flax import LINEN, NNX, from_flax_linen, from_flax_nnx
from gru_ref.formats.haiku import from_haiku
from gru_ref.formats.layout import Arrays, check_sizes
from gru_ref.formats.mlx import from_mlx
from gru_ref.formats.pytorch import cell_of, layers_from_pytorch
from gru_ref.formats.tensorflow import BLOCK, TRAX, from_gru_block_cell, from_trax

PYTORCH = re.compile(
    r"(?P<prefix>(?:.*[._])?)(?P<kind>weight|bias|w|b)_(?P<of>ih|hh|hr)(?P<suffix>(_l\d+(_reverse)?)?)"
)
LIBRARIES = {
    "pytorch": "PyTorch",
    "keras": "Keras",
    "onnx": "ONNX",
    "flax_linen": "Flax linen",
    "flax_nnx": "Flax nnx",
    "mlx": "MLX",
    "burn": "burn",
    "haiku": "Haiku",
    "trax": "trax",
    "gru_block_cell": "TensorFlow's GRUBlockCell",
}


class Network(NamedTuple):
    """A GRU or LSTM of one layer or more: layers[i][d] as in `gru_ref.layers`.

    name is where it stands in its file, library a key of LIBRARIES; reset is "after" or "before",
    None of an LSTM.
    """

    name: str
    library: str
    reset: str | None
    layers: tuple[tuple[Any, ...], ...]

    @property
    def cell(self) -> str:
        """Return "gru" or "lstm"."""
        return "gru" if isinstance(self.layers[0][0], GRUParams) else "lstm"

    @property
    def sizes(self) -> tuple[int, int]:
        """Return D, the first layer's, and H."""
        return check_sizes(self.layers[0][0])


class _Form(NamedTuple):
    """A library's names, the one that tells it, its reset (None: not told by the arrays)."""

    library: str
    anchor: str
    names: tuple[str, ...]
    reset: str | None
    to_params: Callable[[Mapping], GRUParams]


FORMS = (
    _Form("flax_linen", "hn.kernel", tuple(LINEN), "after", from_flax_linen),
    _Form("flax_nnx", "dense_h.kernel", tuple(NNX), "after", from_flax_nnx),
    _Form("mlx", "Wh", ("Wx", "Wh", "b", "bhn"), "after", from_mlx),
    _Form("burn", BURN[3], BURN, None, from_burn),
    _Form("haiku", "w_h", ("w_i", "w_h", "b"), "before", from_haiku),
    _Form("trax", "w2", TRAX, "before", from_trax),
    _Form("gru_block_cell", "w_ru", BLOCK, "before", from_gru_block_cell),
)


def networks_among(arrays: Arrays, reset: str | None = None) -> list[Network]:
    """Return the GRUs and LSTMs that these arrays hold, by their order.

    reset is that of a GRU whose arrays do not tell it (burn's; Keras' without biases). ValueError
    says which array of what looks like one cannot be held, and why.
    """
    arrays = {_plain(name): a for name, a in arrays.items()}
    found = [*_pytorch(arrays), *_keras(arrays, reset)]
    for form in FORMS:
        for prefix in _prefixes(arrays, form.anchor):
            mine = {n: arrays[prefix + n] for n in form.names if prefix + n in arrays}
            if form.library == "flax_linen" and "ir.kernel" not in mine:
                continue  # an LSTM or MGU of Flax
            name = _name(prefix, form.library)
            side = form.reset or reset or _untold(name)
            params = _told(name, form.to_params, mine)
            found.append(Network(name, form.library, side, ((params,),)))
    return found


def _pytorch(arrays):
    groups: dict[str, dict[str, Any]] = {}
    for name, a in arrays.items():
        if part := PYTORCH.fullmatch(name):
            kind = {"w": "weight", "b": "bias"}.get(part["kind"], part["kind"])
            own = f"{kind}_{part['of']}{part['suffix']}"
            groups.setdefault(part["prefix"], {})[own] = a
    for prefix, weights in groups.items():
        if not any(name.startswith("weight_hh") for name in weights):
            continue
        name = _name(prefix, "pytorch")
        for own, w in weights.items():
            if own.startswith("weight_hh") and not any(n.startswith("weight_hr") for n in weights):
                _told(name, lambda w, own=own: cell_of(own, w), w)
        layers = _told(name, layers_from_pytorch, weights)
        reset = "after" if isinstance(layers[0][0], GRUParams) else None
        yield Network(name, "pytorch", reset, layers)


def _keras(arrays, reset):
    prefixes = _prefixes(arrays, "recurrent_kernel")
    for prefix in prefixes:
        there = prefix.replace("backward", "forward")
        if there != prefix and there in prefixes:
            continue  # the other direction of one that is there
        back = prefix.replace("forward", "backward")
        each = [prefix, back] if back != prefix and back in prefixes else [prefix]
        name = _name(prefix, "keras")
        sides, layer = [], []
        for p in each:
            mine = {n: arrays[p + n] for n in keras.NAMES if p + n in arrays}
            H, columns = mine["recurrent_kernel"].shape
            side = None if columns == 4 * H else _keras_side(name, mine, reset)
            sides.append(side)
            layer.append(_told(name, lambda w, side=side: keras.one(w, side or "after"), mine))
        yield Network(name, "keras", sides[0], (tuple(layer),))


def _keras_side(name, mine, reset):
    if "bias" in mine:
        return "after" if mine["bias"].ndim == 2 else "before"
    return reset or _untold(name)


def _untold(name):
    raise ValueError(
        f"{name}: its arrays do not tell whether it resets before or after the product with W_hn, "
        f"expected reset='after' (the library's default) or reset='before' beside the file."
    )


def _told(name, read, weights):
    try:
        return read(weights)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _prefixes(arrays, anchor):
    return [
        name.removesuffix(anchor)
        for name in arrays
        if name == anchor or name.endswith(("." + anchor, "_" + anchor))
    ]


def _name(prefix, library):
    return prefix.rstrip("._") or library


def _plain(name):
    """Return a name with dots between its parts, without TensorFlow's :0."""
    return re.sub(r":\d+$", "", name).replace("/", ".")
