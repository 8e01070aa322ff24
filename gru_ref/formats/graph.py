"""The networks of an ONNX file: its GRU and LSTM operators, joined where one feeds another.

Two operators are layers of one stack where Y of the first reaches X of the second through what
only rearranges it, as exporters write it: a Squeeze of the direction, or for both directions a
Transpose by (0, 2, 1, 3) and a Reshape. Weights are the graph's constants, or what it computes from
constants alone. Source: ONNX' operators GRU and LSTM, https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

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
        import onnx.reference
    except ModuleNotFoundError as error:
        raise missing("onnx", path) from error
    try:
        model = onnx.load(path)
    except OSError:
        raise
    except Exception as error:  # whatever a foreign file makes protobuf say
        raise UsageError(f"{path} is no ONNX file, or it is damaged.") from error
    return _networks(_Scope(onnx, model.opset_import, {}, {}), model.graph)


class _Scope(NamedTuple):
    """What is known where a node stands: constants by name, and who makes a name."""

    onnx: Any
    opsets: Any
    constants: dict[str, Any]
    makers: dict[str, Any]

    def inside(self, graph: Any) -> _Scope:
        """Return the scope of a graph that stands in this one."""
        constants = {tensor.name: tensor for tensor in graph.initializer}
        makers = {out: node for node in graph.node for out in node.output if out}
        return self._replace(constants=self.constants | constants, makers=self.makers | makers)

    def value(self, name: str) -> Any:
        """Return the array that a name stands for; LookupError where the graph's input decides."""
        if name in self.constants:
            return self.onnx.numpy_helper.to_array(self.constants[name])
        nodes, constants = self._makers_of(name)
        value = self.onnx.helper.make_empty_tensor_value_info(name)
        graph = self.onnx.helper.make_graph(nodes, "constants", [], [value], constants)
        model = self.onnx.helper.make_model(graph, opset_imports=self.opsets)
        return self.onnx.reference.ReferenceEvaluator(model).run(None, {})[0]

    def _makers_of(self, name: str) -> tuple[list[Any], list[Any]]:
        nodes: dict[str, Any] = {}  # by their first output, those that come first in front
        constants: dict[str, Any] = {}

        def visit(wanted: str) -> None:
            if not wanted or wanted in constants:
                return
            if wanted in self.constants:
                constants[wanted] = self.constants[wanted]
                return
            node = self.makers[wanted]  # KeyError: an input of the graph
            if node.output[0] in nodes:
                return
            for needed in node.input:
                visit(needed)
            nodes[node.output[0]] = node

        visit(name)
        return list(nodes.values()), list(constants.values())


def _networks(outer: _Scope, graph: Any) -> list[Network]:
    """Return the networks of a graph and of the graphs inside its nodes, an If's for instance."""
    scope, inner = outer.inside(graph), []
    networks: dict[str, Network] = {}  # by the Y of their last operator
    for node in graph.node:
        for attribute in node.attribute:
            for sub in [*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])]:
                inner += _networks(scope, sub)
        if node.op_type not in DEFAULTS:
            continue
        new = _network(node, scope)
        y = _below(node, scope)
        below = networks.get(y or "")
        if y and below is not None and _fits(below, new):
            del networks[y]
            new = below._replace(layers=(*below.layers, *new.layers))
        networks[node.output[0] or new.name] = new
    return [*networks.values(), *inner]


def _network(node: Any, scope: _Scope) -> Network:
    name = node.name or next(out for out in node.output if out)
    attributes = {a.name: scope.onnx.helper.get_attribute_value(a) for a in node.attribute}
    _refuse_attributes(name, node.op_type, attributes)
    weights: dict[str, Any] = {}
    for letter, at in AT.items():
        if at >= len(node.input) or not node.input[at] or (letter == "P" and node.op_type == "GRU"):
            continue
        try:
            weights[letter] = numbers(scope.value(node.input[at]))
        except Exception as error:  # KeyError, or what the evaluator cannot run
            raise ValueError(
                f"{name}: {letter} is computed from the input of the graph, or by an operator that "
                f"cannot be run here, expected a constant: export the model with weights inside."
            ) from error
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


def _below(node, scope):
    """Return the Y that reaches this operator's X rearranged as from layer to layer, or None."""
    at, order = node.input[0], None
    while (maker := scope.makers.get(at)) is not None and maker.op_type in REARRANGES:
        for a in maker.attribute:
            if a.name == "perm":
                order = list(scope.onnx.helper.get_attribute_value(a))
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
