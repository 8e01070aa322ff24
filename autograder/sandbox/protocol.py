"""Values <-> bytes, between the judge and the process that a student's code runs in.

A frame is two lengths, a JSON text and the bytes of the arrays in it. The reader trusts nothing:
kinds are listed, sizes, depth and number are bounded before anything is allocated, and no code
is ever made from what is read. There is no pickle and there are no object arrays.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.core.call import Other

HEADER = struct.Struct("!II")
TEXT = 2**20  # bytes of JSON in one frame
DEPTH, NODES, STRING = 8, 20_000, 4000
UNWRITABLE = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")  # in JSON; pairs of surrogates, too
DTYPES = {f"<{k}{n}" for k, n in (*(("i", n) for n in (2, 4, 8)), *(("u", n) for n in (2, 4, 8)))}
DTYPES |= {"|i1", "|u1", "|b1", "<f2", "<f4", "<f8", "<c8", "<c16"}


class ProtocolError(ValueError):
    """A value that cannot travel, or bytes that are none of ours."""


class Named(tuple[Any, ...]):
    """A NamedTuple that came over the socket: its fields are reached by name, no class is made."""

    _fields: tuple[str, ...]

    def __new__(cls, fields: tuple[str, ...], values: list[Any]) -> Named:
        """Return the values as a tuple that knows its fields."""
        made = super().__new__(cls, values)
        made._fields = fields
        return made

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__.get("_fields", ()):
            return self[self._fields.index(name)]
        raise AttributeError(name)

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))


class Packer:
    """Collects the arrays of one frame while its values become JSON."""

    def __init__(self, most: int) -> None:
        self.most, self.size, self.nodes = most, 0, 0
        self.parts: list[bytes] = []

    def pack(self, value: Any, depth: int = 0) -> Any:
        """Return the node of a value; a value that cannot travel becomes its kind."""
        self.nodes += 1
        if depth > DEPTH or self.nodes > NODES:
            raise ProtocolError("too much")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return ["str", value[:STRING]]
        if isinstance(value, int | float) and not isinstance(value, np.generic):
            array = np.array(value)
            if array.dtype.str not in DTYPES:  # an integer beyond 64 bits
                return ["other", "int", False, ""]
            return ["number", type(value).__name__, self._array(array)]
        if isinstance(value, np.ndarray | np.generic):
            return self._array(np.array(value, subok=False)) or _other(value)
        if isinstance(value, tuple | list) or type(value) is dict:
            return self._many(value, depth)
        if hasattr(value, "over_the_wire"):
            return ["function", str(value.name)[:STRING]]
        if hasattr(value, "__array__") and type(value).__module__.split(".")[0] != "torch":
            return self._array(np.asarray(value)) or _other(value)
        return _other(value)

    def _many(self, value: Any, depth: int) -> Any:
        if type(value) is dict:
            if not all(type(k) is str for k in value):
                return _other(value)
            pairs = [[k[:STRING], self.pack(v, depth + 1)] for k, v in value.items()]
            return ["dict", pairs]
        items = [self.pack(v, depth + 1) for v in value]
        fields = getattr(value, "_fields", None)
        if isinstance(value, tuple) and isinstance(fields, tuple) and len(fields) == len(items):
            return ["named", type(value).__name__[:100], [str(f)[:100] for f in fields], items]
        return ["tuple" if isinstance(value, tuple) else "list", items]

    def _array(self, array: np.ndarray) -> Any:
        if array.dtype.kind == "f" and array.dtype.itemsize > 8:
            array = array.astype(np.float64)
        array = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        if array.dtype.str not in DTYPES:
            return None
        if self.size + array.nbytes > self.most:
            raise ProtocolError("too much")
        self.parts.append(array.tobytes())
        node = ["array", array.dtype.str, list(array.shape), self.size, array.nbytes]
        self.size += array.nbytes
        return node


def _other(value: Any) -> list[Any]:
    kind = type(value)
    name = f"array of {value.dtype}" if isinstance(value, np.ndarray) else kind.__name__
    return ["other", name[:100], callable(value), str(kind.__module__)[:100]]


def unpack(
    node: Any, data: memoryview, functions: Mapping[str, Any] | None = None, named: Any = Named
) -> Any:
    """Return the value of a node; ProtocolError for anything that `Packer` does not write.

    `functions` are the callables that may be named; `named(fields, values)` makes a NamedTuple.
    A text comes back where it is the whole value. Among others it is an `Other`: of a list of
    texts NumPy makes an array in which each takes as much room as the longest.
    """
    try:
        return _Unpacker(data, functions or {}, named).value(node, 0)
    except (TypeError, ValueError, OverflowError, IndexError) as error:
        raise ProtocolError("not a value of this course") from error


class _Unpacker:
    def __init__(self, data: memoryview, functions: Mapping[str, Any], named: Any) -> None:
        self.data, self.functions, self.named = data, functions, named
        self.nodes = self.end = 0  # where the last array ended: none is read twice

    def value(self, node: Any, depth: int) -> Any:
        self.nodes += 1
        _need(depth <= DEPTH + 2 and self.nodes <= NODES)
        if node is None or isinstance(node, bool):
            return node
        _need(isinstance(node, list) and len(node) >= 2 and isinstance(node[0], str))
        kind, *rest = node
        if kind == "array":
            return self._array(rest)
        if kind == "number":
            _need(len(rest) == 2 and isinstance(rest[1], list))
            array = self._array(rest[1][1:])
            _need(array.size == 1)
            return array.item()
        if kind == "str":
            _need(isinstance(rest[0], str))
            return Other("str", False, "builtins") if depth else rest[0][:STRING]
        if kind in ("tuple", "list"):
            _need(isinstance(rest[0], list))
            values = [self.value(n, depth + 1) for n in rest[0]]
            return tuple(values) if kind == "tuple" else values
        if kind == "dict":
            _need(isinstance(rest[0], list) and all(_is_pair(p) for p in rest[0]))
            return {k[:STRING]: self.value(n, depth + 1) for k, n in rest[0]}
        if kind == "named":
            _need(len(rest) == 3 and isinstance(rest[1], list) and isinstance(rest[2], list))
            _need(len(rest[1]) == len(rest[2]) and all(_is_name(f) for f in rest[1]))
            values = [self.value(n, depth + 1) for n in rest[2]]
            if self.named is Named:
                return Named(tuple(rest[1]), values)
            return self.named(rest[0], tuple(rest[1]), values)
        if kind == "other":
            _need(len(rest) == 3 and isinstance(rest[0], str) and isinstance(rest[2], str))
            return Other(rest[0][:100] or "thing", bool(rest[1]), rest[2][:100])
        _need(kind == "function" and isinstance(rest[0], str) and rest[0] in self.functions)
        return self.functions[rest[0]]

    def _array(self, rest: list[Any]) -> np.ndarray:
        _need(len(rest) == 4)
        dtype, shape, start, size = rest
        _need(isinstance(dtype, str) and dtype in DTYPES and isinstance(shape, list))
        _need(len(shape) <= 16 and all(type(n) is int and n >= 0 for n in (*shape, start, size)))
        count = 1
        for n in shape:
            count *= n
        _need(count * np.dtype(dtype).itemsize == size)
        _need(self.end <= start and start + size <= len(self.data))
        self.end = start + size
        if not count:
            return np.zeros(shape, dtype)
        return np.frombuffer(self.data[start : start + size], dtype).reshape(shape).copy()


def _is_pair(p: Any) -> bool:
    return isinstance(p, list) and len(p) == 2 and isinstance(p[0], str)


def _is_name(f: Any) -> bool:
    return isinstance(f, str) and len(f) <= 100 and f.isidentifier() and not f.startswith("__")


def _need(holds: bool) -> None:
    if not holds:
        raise ProtocolError("not a value of this course")


class Frozen:
    """A list of values as they were when each was added: whoever made one may change it later."""

    def __init__(self, most: int) -> None:
        self.packer = Packer(most)
        self.nodes: list[Any] = []

    def add(self, value: Any) -> None:
        """Add a value; ProtocolError where all of them are too large to travel together."""
        self.nodes.append(self.packer.pack(value, 1))


def send(to: socket.socket, message: dict[str, Any], most: int = 2**26) -> None:
    """Send a message: JSON values, but under "value" and "values" anything that can travel.

    A message holds one Frozen at most, and then no other values.
    """
    frozen = next((v for v in message.values() if isinstance(v, Frozen)), None)
    packer = frozen.packer if frozen else Packer(most)
    text = {k: _node(packer, v) if k.startswith("value") else v for k, v in message.items()}
    body = json.dumps(text).encode()
    if len(body) > TEXT:
        raise ProtocolError("too much")
    to.sendall(HEADER.pack(len(body), packer.size) + body + b"".join(packer.parts))


def _node(packer: Packer, value: Any) -> Any:
    return ["list", value.nodes] if isinstance(value, Frozen) else packer.pack(value)


def receive(
    source: socket.socket, most: int = 2**26, until: float | None = None
) -> tuple[dict[str, Any], memoryview]:
    """Return a message and its arrays' bytes.

    EOFError where the other side has gone, TimeoutError at `until` (of `time.monotonic`),
    ProtocolError for what is no message of this course.
    """
    text_size, size = HEADER.unpack(_exactly(source, HEADER.size, until))
    if text_size > TEXT or size > most:
        raise ProtocolError("too much")
    text, data = _exactly(source, text_size, until), _exactly(source, size, until)
    try:
        message = json.loads(bytes(text))
        if UNWRITABLE.search(text):
            message = _writable(message)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("not JSON") from error
    if not isinstance(message, dict):
        raise ProtocolError("not a message")
    return message, memoryview(data)


def _writable(value: Any) -> Any:
    """Return JSON values without characters that cannot be written: lone surrogates and NUL."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, list):
        return [_writable(v) for v in value]
    if isinstance(value, dict):
        return {_writable(k): _writable(v) for k, v in value.items()}
    return value


def _exactly(source: socket.socket, size: int, until: float | None) -> bytearray:
    data = bytearray()
    while len(data) < size:
        if until is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            source.settimeout(left)
        else:
            source.settimeout(None)
        piece = source.recv(min(size - len(data), 2**20))
        if not piece:
            raise EOFError
        data += piece
    return data
