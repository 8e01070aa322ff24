"""The networks of an ONNX file: its GRU and LSTM operators, joined where one feeds another.

Two operators are layers of one stack where Y of the first reaches X of the second through what
only rearranges it, as exporters write it: a Squeeze of the direction, or for both directions a
Transpose by (0, 2, 1, 3) and a Reshape. Weights are the graph's constants. Source: ONNX' operators
GRU and LSTM, https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gru_ref.errors import UsageError
from gru_ref.formats.files import missing
from gru_ref.formats.found import Network
from gru_ref.formats.layout import check_sizes, numbers
from gru_ref.formats.onnx import directions_from_onnx

DEFAULTS = {"GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}
REARRANGES = ("Squeeze", "Transpose", "Reshape", "Identity", "Dropout")
AT = {"W": 1, "R": 2, "B": 3, "P": 7}  # of an operator's inputs; P is an LSTM's


def networks_of(path: Path) -> list[Network]:
    """Return the GRUs and LSTMs of an ONNX file, in its order.

    UsageError where it cannot be read; ValueError says which array or attribute of an operator
    cannot be held, and why.
    """
    try:
        import onnx
    except ModuleNotFoundError as error:
        raise missing("onnx", path) from error
    try:
        graph = onnx.load(path).graph
    except OSError:
        raise
    except Exception as error:  # whatever a foreign file makes protobuf say
        raise UsageError(f"{path} is no ONNX file, or it is damaged.") from error
    constants = _constants(graph, onnx)
    makers = {out: node for node in graph.node for out in node.output if out}
    nodes = [node for node in graph.node if node.op_type in DEFAULTS]
    networks: dict[str, Network] = {}  # by the Y of their last operator
    for node in nodes:
        new = _network(node, constants, onnx)
        below = networks.get(_below(node, makers, onnx) or "")
        if below is not None and _fits(below, new):
            del networks[_below(node, makers, onnx)]
            new = below._replace(layers=(*below.layers, *new.layers))
        networks[node.output[0] or new.name] = new
    return list(networks.values())


def _network(node, constants, onnx):
    name = node.name or next(out for out in node.output if out)
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    _refuse_attributes(name, node.op_type, attributes)
    weights: dict[str, Any] = {}
    for letter, at in AT.items():
        if at >= len(node.input) or not node.input[at] or (letter == "P" and node.op_type == "GRU"):
            continue
        if node.input[at] not in constants:
            raise ValueError(
                f"{name}: {letter} is computed in the graph (by what makes {node.input[at]!r}), "
                f"expected a constant: export the model without quantisation, constants folded."
            )
        weights[letter] = numbers(onnx.numpy_helper.to_array(constants[node.input[at]]))
    peepholes = weights.pop("P", None)
    if peepholes is not None and peepholes.any():
        raise ValueError(
            f"{name}: P lets the gates see c_t (peepholes): an LSTM of gru_ref has none, so this "
            f"network cannot be held."
        )
    try:
        layer = directions_from_onnx(weights)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    side = "after" if attributes.get("linear_before_reset", 0) else "before"
    return Network(name, "onnx", side if node.op_type == "GRU" else None, (layer,))


def _refuse_attributes(name, op_type, attributes):
    activations = [a.decode().capitalize() for a in attributes.get("activations", [])]
    due = DEFAULTS[op_type]
    if activations and activations not in (due, due * 2):
        raise ValueError(
            f"{name}: activations are {', '.join(activations)}, expected {', '.join(due)}: "
            f"another function than that of gru_ref."
        )
    if attributes.get("clip"):
        raise ValueError(f"{name}: clip is {attributes['clip']}: gru_ref does not clip.")
    if attributes.get("input_forget"):
        raise ValueError(f"{name}: input_forget couples two gates: gru_ref does not.")
    if attributes.get("direction", b"forward") == b"reverse":
        raise ValueError(
            f"{name}: direction is reverse: a layer of gru_ref reads forward, or both ways. Turn "
            f"the sequence round and export it as forward."
        )


def _constants(graph, onnx):
    made = {
        node.output[0]: a.t
        for node in graph.node
        if node.op_type == "Constant"
        for a in node.attribute
        if a.name == "value"
    }
    return {tensor.name: tensor for tensor in graph.initializer} | made


def _below(node, makers, onnx):
    """Return the Y that reaches this operator's X rearranged as from layer to layer, or None."""
    at, order = node.input[0], None
    while (maker := makers.get(at)) is not None and maker.op_type in REARRANGES:
        for a in maker.attribute:
            if a.name == "perm":
                order = list(onnx.helper.get_attribute_value(a))
        at = maker.input[0]
    if maker is None or maker.op_type not in DEFAULTS or at != maker.output[0]:
        return None
    return at if order in (None, [0, 2, 1, 3]) else None


def _fits(below, new):
    _, H = below.sizes
    same = (below.cell, below.reset) == (new.cell, new.reset)
    directions = len(below.layers[0])
    due = (directions * H, H)
    return same and len(new.layers[0]) == directions and check_sizes(new.layers[0][0]) == due
