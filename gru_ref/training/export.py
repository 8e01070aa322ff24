"""A trained model for other programs: as an ONNX graph, or as weights in safetensors.

The graph is a recurrent node for each layer and the read-out: from x (T, N, D) and the state before
the first step to the outputs (T, N, O) and the state after the last, so that a sequence can be fed
whole or a step at a time. ONNX has no minGRU, and packs gates in an order of its own (its operators
GRU, LSTM and RNN, opset 14): z, r, n where torch has r, z, n, and i, o, f, c where torch has
i, f, c, o.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from gru_ref.errors import UsageError
from gru_ref.io import write_whole
from gru_ref.training import checkpoints
from gru_ref.training.run import weights_of
from gru_ref.training.settings import Settings

OPSET, IR = 14, 8
FORMATS = (".onnx", ".safetensors")
ORDER = {"GRU": (1, 0, 2), "LSTM": (0, 3, 1, 2), "RNN": (0,)}  # of torch's gates, as ONNX has them
NODES = {"gru": "GRU", "own": "GRU", "parallel": "GRU", "lstm": "LSTM", "tanh": "RNN"}
NEEDS = "An export to {} needs the package {}: `pip install 'gru-course[formats]'`."

Weights = dict[str, np.ndarray]


def export(run: Path | str, to: Path | str) -> Path:
    """Write a run's model to a file whose ending says as what, and return where it is.

    UsageError where there is no such run, where its cell has no such form, where a package is
    missing or the file cannot be written.
    """
    to = Path(to)
    if to.suffix not in FORMATS:
        raise UsageError(f"{to} does not say as what: it must end in {' or '.join(FORMATS)}.")
    found = checkpoints.load(run)
    try:
        s = Settings.from_json(found["settings"])
        weights = weights_of(found)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"The checkpoint at {run} was made by another version.") from error
    write_whole(to, _onnx(s, weights) if to.suffix == ".onnx" else _safetensors(s, weights))
    return to


def _safetensors(s: Settings, weights: dict[str, torch.Tensor]) -> bytes:
    """Return the weights under torch's names, with the settings as metadata."""
    try:
        from safetensors.torch import save
    except ModuleNotFoundError as error:
        raise UsageError(NEEDS.format(".safetensors", "safetensors")) from error
    return save({k: w.contiguous() for k, w in weights.items()}, {"settings": s.to_json()})


def _onnx(s: Settings, weights: dict[str, torch.Tensor]) -> bytes:
    """Return the graph; UsageError where ONNX has no such cell."""
    if s.cell not in NODES:
        raise UsageError(
            f"ONNX has no node for the cell {s.cell}, only for {', '.join(NODES)}: export it to "
            "a .safetensors file, which holds any weights."
        )
    try:
        import onnx
    except ModuleNotFoundError as error:
        raise UsageError(NEEDS.format(".onnx", "onnx")) from error
    kind = NODES[s.cell]
    states = ["h", "c"] if kind == "LSTM" else ["h"]
    arrays = {k: w.float().numpy() for k, w in weights.items()}
    nodes, held = _layers(onnx, s, kind, states, arrays)
    D, K = arrays["rnn.weight_ih_l0"].shape[1], len(arrays["read_out.bias"])
    state: list[Any] = [s.layers, "N", s.hidden]
    value, single = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes,
        f"{s.cell}_{s.task}",
        [value("x", single, ["T", "N", D]), *(value(f"{a}_0", single, state) for a in states)],
        [value("y", single, ["T", "N", K]), *(value(f"{a}_T", single, state) for a in states)],
        [onnx.numpy_helper.from_array(a, name) for name, a in held.items()],
    )
    opset = onnx.helper.make_opsetid("", OPSET)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=IR)
    model.producer_name = "gru-course"
    onnx.helper.set_model_props(model, {"settings": s.to_json()})
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _layers(
    onnx: Any, s: Settings, kind: str, states: list[str], w: Weights
) -> tuple[list, Weights]:
    """Return the nodes, layer after layer, and the arrays that they take."""
    node, held, below, nodes = onnx.helper.make_node, {}, "x", []
    options = {"linear_before_reset": 1} if kind == "GRU" else {}
    for a in states:
        nodes.append(node("Split", [f"{a}_0"], [f"{a}_0_{k}" for k in range(s.layers)], axis=0))
    for k in range(s.layers):
        for name, array in _packed(kind, w, k).items():
            held[f"{name}_{k}"] = array
        takes = [below, f"W_{k}", f"R_{k}", f"B_{k}", "", *(f"{a}_0_{k}" for a in states)]
        gives = [f"all_{k}", *(f"{a}_T_{k}" for a in states)]
        nodes.append(node(kind, takes, gives, hidden_size=s.hidden, **options))
        held["direction"] = np.array([1])  # ONNX has (T, directions, N, H)
        nodes.append(node("Squeeze", [f"all_{k}", "direction"], [f"states_{k}"]))
        below = f"states_{k}"
    for a in states:
        nodes.append(node("Concat", [f"{a}_T_{k}" for k in range(s.layers)], [f"{a}_T"], axis=0))
    held |= {"W_y": w["read_out.weight"].T.copy(), "b_y": w["read_out.bias"]}
    nodes.append(node("MatMul", [below, "W_y"], ["y_without_bias"]))
    nodes.append(node("Add", ["y_without_bias", "b_y"], ["y"]))
    return nodes, held


def _packed(kind: str, w: Weights, k: int) -> Weights:
    """Return ONNX's W, R and B of layer k, each with a 1 in front, for its one direction."""

    def ordered(name: str) -> np.ndarray:
        gates = np.split(w[f"rnn.{name}_l{k}"], len(ORDER[kind]))
        return np.concatenate([gates[i] for i in ORDER[kind]])

    B = np.concatenate([ordered("bias_ih"), ordered("bias_hh")])
    return {"W": ordered("weight_ih")[None], "R": ordered("weight_hh")[None], "B": B[None]}
