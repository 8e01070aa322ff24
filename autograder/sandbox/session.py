"""One submission over children that hang or die: its cells in order, its functions on request.

A cell or a call that is stopped costs itself alone. Where the child is lost with it, a fresh one
runs the cells again that did no harm, and the session goes on.
"""

from __future__ import annotations

import contextlib
import inspect
import time
from typing import Any, NamedTuple

from autograder.calling import Raised, Ran, Remote
from autograder.example_functions import EXAMPLES
from autograder.sandbox import wire
from autograder.sandbox.host import Host, Interrupted, Stopped
from autograder.sandbox.limits import SILENT, TIMED_OUT, says

LATE = "the whole notebook"
NOTEBOOK = (
    "All of this notebook's cells and checks together took longer than {:g} seconds, and this one "
    "was no longer run. Which of your cells takes so long?"
)


PARAMETER_KINDS = type(inspect.Parameter.VAR_KEYWORD)  # by number, as they travel


class CellRun(NamedTuple):
    """What came of a cell. `stopped` is (word, sentence), `syntax` (line number, words, line)."""

    printed: str = ""
    raised: Raised | None = None
    syntax: tuple[int, str, str] | None = None
    stopped: tuple[str, str] | None = None


class Found(NamedTuple):
    """What a name stands for: "undefined", "other" (`shown`), or "function" (`stand_in`)."""

    kind: str
    shown: str = ""
    stand_in: StandIn | None = None


class Session:
    """Runs one submission's cells and calls its functions."""

    def __init__(self, host: Host, names: list[str], seed: int) -> None:
        self.host, self.names, self.seed = host, names, seed
        self.limits = host.limits
        self.until = time.monotonic() + self.limits.submission
        self.cells: list[str] = []
        self.fatal: set[int] = set()  # cells that hung or died: they are not run again
        self.tampering: set[int] = set()  # cells that changed Python itself
        self.found: list[str] = []  # what was changed when the last cell had run
        host.fresh(seed, names)

    def run(self, source: str) -> CellRun:
        """Run a cell after those before it."""
        index = len(self.cells)
        self.cells.append(source)
        try:
            reply, _ = self._ask({"do": "cell", "source": source})
        except Interrupted:
            self.fatal.add(index)
            return CellRun(stopped=(TIMED_OUT, says(TIMED_OUT, self.limits)))
        except Stopped as stopped:
            self.fatal.add(index)
            self.again()
            return CellRun(stopped=self._why(stopped))
        found, self.found = self.found, self._changed()
        if self.found != found:
            self.tampering.add(index)
        try:
            return CellRun(_text(reply.get("printed"), 40_000), _raised(reply), _syntax(reply))
        except wire.WireError:
            return CellRun(stopped=(SILENT, says(SILENT, self.limits)))

    def find(self, name: str) -> Found:
        """Return what a name stands for in the notebook."""
        try:
            reply, _ = self._ask({"do": "look", "name": name})
        except (Interrupted, Stopped):
            self.again()
            return Found("undefined")
        if reply.get("is") == "function":
            return Found("function", "", StandIn(self, name, reply))
        if reply.get("is") == "other":
            return Found("other", _text(reply.get("shown"), 60))
        return Found("undefined")

    def settle(self) -> None:
        """Have a fresh child where calls have changed Python itself since the last cell."""
        if self._changed() != self.found:
            self.again()

    def again(self, tampering: bool = True) -> None:
        """Have a fresh child run the cells again: not those that hung or died; with tampering
        False, not those that changed Python itself either."""
        while True:
            self.host.fresh(self.seed, self.names)
            for i, source in enumerate(self.cells):
                if i in self.fatal or (i in self.tampering and not tampering):
                    continue
                try:
                    self._ask({"do": "cell", "source": source})
                except (Interrupted, Stopped) as error:
                    if isinstance(error, Stopped) and error.why == LATE:
                        return
                    self.fatal.add(i)
                    break
            else:
                return

    def _ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], memoryview]:
        left = self.until - time.monotonic()
        if left <= 0:
            raise Stopped(LATE)
        return self.host.ask(request, min(self.limits.call, left))

    def _changed(self) -> list[str]:
        try:
            reply, _ = self._ask({"do": "changed"})
        except (Interrupted, Stopped):
            return ["unknown"]
        return [w for w in _list(reply.get("changed")) if isinstance(w, str)]

    def _why(self, stopped: Stopped) -> tuple[str, str]:
        if stopped.why == LATE:
            return TIMED_OUT, NOTEBOOK.format(self.limits.submission)
        return stopped.why, says(stopped.why, self.limits, stopped.how)


class StandIn(Remote):
    """A student's function, for the judge: arrays go to the sandbox, arrays come back."""

    def __init__(self, session: Session, name: str, reply: dict[str, Any]) -> None:
        self.session, self.__name__ = session, name
        self.calls = tuple(c for c in _list(reply.get("calls")) if isinstance(c, str))
        self.stopped: tuple[str, str] | None = None
        parameters = reply.get("signature")
        if isinstance(parameters, list):
            with contextlib.suppress(TypeError, ValueError):  # then the calls will tell
                self.__signature__ = _signature(parameters)

    def run(self, inputs: dict[str, Any]) -> Ran:
        """Return what happens when the function is called; once stopped, it is not called again."""
        if self.stopped is None:
            try:
                request = {"do": "call", "name": self.__name__, "value": inputs}
                return self._read(inputs, *self.session._ask(request))
            except Interrupted:
                self.stopped = TIMED_OUT, says(TIMED_OUT, self.session.limits)
            except Stopped as stopped:
                self.stopped = self.session._why(stopped)
                self.session.again()
            except wire.WireError:
                self.stopped = SILENT, says(SILENT, self.session.limits)
        return Ran(None, None, inputs, stopped=self.stopped)

    def _read(self, inputs: dict, reply: dict[str, Any], data: memoryview) -> Ran:
        if reply.get("interrupted"):
            raise Interrupted
        if reply.get("too_large"):
            return Ran(wire.Other("very large value"), None, inputs)
        after = wire.unpack(reply.get("value_after"), data, EXAMPLES)
        warned = tuple(sorted(w[:300] for w in _list(reply.get("warned")) if isinstance(w, str)))
        return Ran(
            wire.unpack(reply.get("value"), data, EXAMPLES),
            _raised(reply),
            after if isinstance(after, dict) else {},
            warned,
        )


def _signature(parameters: list[Any]) -> inspect.Signature:
    absent = inspect.Parameter.empty
    return inspect.Signature(
        [
            inspect.Parameter(name, list(PARAMETER_KINDS)[kind], default=None if has else absent)
            for name, kind, has in parameters[:50]
        ]
    )


def _raised(reply: dict[str, Any]) -> Raised | None:
    fields = reply.get("raised")
    if fields is None:
        return None
    kinds = (str, str, str, str, bool, str, bool)
    if not isinstance(fields, list) or list(map(type, fields)) != list(kinds):
        raise wire.WireError("not an exception")
    return Raised(*(f[:1000] if isinstance(f, str) else f for f in fields))


def _syntax(reply: dict[str, Any]) -> tuple[int, str, str] | None:
    fields = reply.get("syntax")
    if not isinstance(fields, list) or list(map(type, fields)) != [int, str, str]:
        return None
    return fields[0], fields[1][:300], fields[2][:200]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""
