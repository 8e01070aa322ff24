"""One submission's process: it runs cells, says what names are, and calls functions.

It is forked from the warm parent for one submission and never used for another. What it says is
believed of no one: nothing here decides a score.
"""

from __future__ import annotations

import io
import random
import signal
import socket
import sys
import time
from collections import namedtuple
from typing import Any

import numpy as np

import autograder.notebook  # the one that is seen inside
from autograder.core import call
from autograder.sandbox import protocol
from autograder.sandbox.limits import Limits

SOON = 0.05  # of the time that a call may take: then those that are done are sent back


class Output(io.TextIOBase):
    """Keeps the first characters that a cell prints, and counts the rest."""

    encoding = "utf-8"

    def __init__(self, most: int) -> None:
        self.most = most
        self.pieces: list[str] = []
        self._empty()

    def _empty(self) -> None:
        self.left, self.dropped = self.most, 0
        self.pieces = []

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        kept = text[: self.left]
        self.pieces.append(kept)
        self.left -= len(kept)
        self.dropped += len(text) - len(kept)
        return len(text)

    def writable(self) -> bool:
        """Return True."""
        return True

    def take(self) -> str:
        """Return what was printed since the last time."""
        text = "".join(self.pieces)
        if self.dropped:
            text += f"\n… {self.dropped} more characters were printed and are left out."
        self._empty()
        return text


class Student:
    """The student's side of a session: an IPython shell and a socket to the judge."""

    def __init__(
        self, shell: Any, judge: socket.socket, limits: Limits, functions: dict[str, Any]
    ) -> None:
        self.shell, self.judge, self.limits, self.functions = shell, judge, limits, functions
        self.output = Output(limits.output)
        self.out, self.err = sys.stdout, sys.stderr
        self.classes: dict[tuple, type] = {}

    def serve(self) -> None:
        """Answer requests until the judge hangs up."""
        answers = {
            "hello": self.hello,
            "cell": self.cell,
            "look": self.look,
            "call": self.call,
            "calls": self.calls,
            "variants": self.variants,
        }
        while True:
            request, data = protocol.receive(self.judge)
            try:
                reply = answers[request["do"]](request, data)
            except KeyboardInterrupt:  # an interrupt that came a moment too late
                reply = {"interrupted": True}
            except Exception:  # a name stands for what cannot even be looked at
                reply = {"unreadable": True}
            try:
                protocol.send(self.judge, {**reply, "id": request["id"]}, self.limits.reply)
            except protocol.ProtocolError:
                protocol.send(self.judge, {"too_large": True, "id": request["id"]})
            except Exception:  # a value that is no good even to be sent
                protocol.send(self.judge, {"unreadable": True, "id": request["id"]})
            del reply

    def hello(self, request: dict, data: memoryview) -> dict:
        """Take the seed of random numbers, the exercises' names and earlier answers."""
        random.seed(request["seed"])
        np.random.seed(request["seed"])
        autograder.notebook.NAMES[:] = request["names"]  # type: ignore[attr-defined] # the stub's
        autograder.notebook.GIVEN.update(request["given"])  # type: ignore[attr-defined]
        return {"ready": True}

    def cell(self, request: dict, data: memoryview) -> dict:
        """Run the text of a cell."""
        self._listen()
        try:
            result = self.shell.run_cell(request["source"], store_history=False, silent=False)
            error = result.error_before_exec or result.error_in_exec
            unread = isinstance(result.error_before_exec, SyntaxError)
        except KeyboardInterrupt as interrupt:
            error, unread = interrupt, False
        except BaseException as other:  # code that replaced the shell's own parts
            error, unread = other, False
        finally:
            printed = self._hush()
        reply: dict[str, Any] = {"printed": printed}
        if error is not None:
            reply["raised"] = list(call.describe(error))
            if unread:
                reply["syntax"] = [error.lineno or 1, str(error.msg)[:300], self._line(error)]
        return reply

    def _line(self, error: SyntaxError) -> str:
        return str(error.text or "").strip()[:200]

    def look(self, request: dict, data: memoryview) -> dict:
        """Say what a name stands for."""
        name = request["name"]
        if name not in self.shell.user_ns:
            return {"is": "undefined"}
        f = self.shell.user_ns[name]
        if isinstance(f, call.Undefined):
            return {"is": "undefined"}
        if not callable(f):
            return {"is": "other", "shown": repr(f)[:60]}
        code = getattr(f, "__code__", None)
        return {
            "is": "function",
            "signature": self._signature(f),
            "calls": [str(n)[:100] for n in getattr(code, "co_names", ())[:200]],
        }

    def _signature(self, f: Any) -> list[list[Any]] | None:
        found = call.signature(f)
        if found is None:
            return None
        return [[name[:50], kind, has] for name, kind, has in found[:50]]

    def call(self, request: dict, data: memoryview) -> dict:
        """Call a function; send back what it returned and its arguments as it left them."""
        inputs = protocol.unpack(request["value"], data, self.functions, self._named)
        reply, (value, after) = self._called(request["name"], inputs)
        return {**reply, "value": value, "value_after": after}

    def calls(self, request: dict, data: memoryview) -> dict:
        """Call a function on each of many inputs: as many as are done before a time is over."""
        many = protocol.unpack(request["value"], data, self.functions, self._named)
        until = time.monotonic() + self.limits.call * SOON
        replies, pairs = [], protocol.Frozen(self.limits.reply)
        for inputs in many:
            reply, pair = self._called(request["name"], inputs)
            if reply.get("interrupted"):
                return reply
            replies.append(reply)
            try:
                pairs.add(pair)
            except protocol.ProtocolError:
                return {"too_large": True}
            if time.monotonic() > until:
                break
        return {"ran": replies, "value": pairs}

    def _called(self, name: str, inputs: Any) -> tuple[dict, list]:
        """Return what a call did, as it is sent: plain words, and [value, arguments]."""
        f = self.shell.user_ns[name]
        self._listen()
        try:
            ran = call.run(f, inputs)
        except KeyboardInterrupt:
            return {"interrupted": True}, [None, None]
        finally:
            self._hush()
        if isinstance(ran, call.Threw):
            return {"raised": list(ran.raised)}, [None, ran.after]
        if isinstance(ran, call.Halted):  # only a call of another process's is
            return {"interrupted": True}, [None, None]
        return {"warned": list(ran.warned[:10])}, [ran.value, ran.after]

    def variants(self, request: dict, data: memoryview) -> dict:
        """Call a function as changed texts define it; send back what each returned."""
        inputs = protocol.unpack(request["value"], data, self.functions, self._named)
        found: list[Any] = []
        self._listen()
        try:
            for code in request["codes"]:
                ran = call.run_variant(code, request["name"], self.shell.user_ns, inputs)
                found.append([ran.value, ran.after] if isinstance(ran, call.Returned) else None)
        except KeyboardInterrupt:
            return {"interrupted": True}
        finally:
            self._hush()
        return {"value": found}

    def _named(self, kind: str, fields: tuple[str, ...], values: list) -> Any:
        key = (kind, fields)
        if key not in self.classes:
            self.classes[key] = namedtuple(kind, fields)
        return self.classes[key](*values)

    def _listen(self) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.stdout = sys.stderr = self.output

    def _hush(self) -> str:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.stdout, sys.stderr = self.out, self.err
        return self.output.take()


def become(judge: socket.socket, shell: Any, limits: Limits, functions: dict[str, Any]) -> None:
    """Serve one submission in this process; returns when the judge hangs up."""
    Student(shell, judge, limits, functions).serve()
