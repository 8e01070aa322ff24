"""One submission over children that hang or die: its cells in order, its functions on request.

A cell or a call that is stopped costs itself alone. Where the child is lost with it, a fresh one
runs the cells again that did no harm, and the session goes on.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from autograder import sizes
from autograder.core.call import (
    SILENT,
    TIMED_OUT,
    Halted,
    Other,
    Raised,
    Ran,
    Remote,
    Returned,
    Threw,
)
from autograder.core.diagnosis.workshop import definition
from autograder.sandbox import protocol
from autograder.sandbox.host import NOTHING, Host, Interrupted, Stopped
from autograder.sandbox.limits import BUSY, says

LATE = "the whole notebook"
TOO_LONG = (
    "This cell holds {:,} characters, and the limit is {:,}: it was not run. An answer needs a few "
    "lines. Does it hold data that was pasted?"
)
SLOW = (
    "{} is too slow: its checks together took longer than one exercise may. Each of them is of a "
    "few numbers. Which loop runs longer than it needs to, or waits?"
)
NOTEBOOK = (
    "All of this notebook's cells and checks together took longer than {:g} seconds, and this one "
    "was no longer run. Which of your cells takes so long?"
)
TOGETHER = 32  # calls in one request

PARAMETER_KINDS = (  # by number, as they travel
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD,
)


class CellRun(NamedTuple):
    """What came of a cell. `stopped` is (word, sentence), `syntax` (line number, words, line)."""

    printed: str = ""
    raised: Raised | None = None
    syntax: tuple[int, str, str] | None = None
    stopped: tuple[str, str] | None = None


class LookedUp(NamedTuple):
    """What a name stands for: "undefined", "other" (`shown`), or "function" (`stand_in`).

    It is "stopped" where even looking at it hung or ended Python; `stopped` is (word, sentence).
    """

    kind: str
    shown: str = ""
    stand_in: StandIn | None = None
    stopped: tuple[str, str] | None = None


class Session:
    """Runs one submission's cells and calls its functions.

    `given` are the programs of what earlier chapters have built, by name: `yours` runs them.
    """

    def __init__(
        self, host: Host, names: list[str], seed: int, given: Mapping[str, str] = NOTHING
    ) -> None:
        self.host, self.names, self.seed, self.given = host, names, seed, given
        self.limits = host.limits
        self.left = self.limits.submission  # seconds, as limits count them
        self.until = time.monotonic() + BUSY * self.limits.submission
        self.cells: list[str] = []
        self.fatal: set[int] = set()  # cells that hung or died: they are not run again
        self.left_out: set[int] = set()  # cells that are not to run beside an answer alone
        self.room = 20 * self.limits.output  # characters that may still be printed
        host.fresh(seed, names, given)

    def run(self, source: str) -> CellRun:
        """Run a cell after those before it."""
        index = len(self.cells)
        self.cells.append(source)
        if _is_too_long(source):
            self.fatal.add(index)
            return _too_long(source)
        try:
            reply, _ = self._ask({"do": "cell", "source": source})
        except Interrupted:
            self.fatal.add(index)
            return CellRun(stopped=(TIMED_OUT, says(TIMED_OUT, self.limits)))
        except Stopped as stopped:
            self.fatal.add(index)
            why = self._why(stopped)
            self.again()
            return CellRun(stopped=why)
        made = self._made(reply)
        self.room -= len(made.printed)
        return made

    def _made(self, reply: dict[str, Any]) -> CellRun:
        printed = _text(reply.get("printed"), min(self.room, 2 * self.limits.output))
        try:
            return CellRun(printed, _raised(reply), _syntax(reply))
        except protocol.ProtocolError:
            return CellRun(stopped=(SILENT, says(SILENT, self.limits)))

    def find(self, name: str) -> LookedUp:
        """Return what a name stands for in the notebook."""
        try:
            reply, _ = self._ask({"do": "look", "name": name})
        except Interrupted:
            self.again()
            return LookedUp("stopped", stopped=(TIMED_OUT, says(TIMED_OUT, self.limits)))
        except Stopped as stopped:
            why = self._why(stopped)
            self.again()
            return LookedUp("stopped", stopped=why)
        if reply.get("is") == "function":
            return LookedUp("function", "", StandIn(self, name, reply))
        if reply.get("is") == "other":
            return LookedUp("other", _text(reply.get("shown"), 60))
        return LookedUp("undefined")

    def workshop(self, name: str) -> Inside | None:
        """Return where variants of an answer can be run; None where no cell defines it."""
        for cell in reversed(self.cells):
            text, first_line = definition(cell, name)
            if text:
                return Inside(self, name, text, first_line)
        return None

    def again(self) -> None:
        """Have a fresh child run the cells again that did not hang or die."""
        ran = self._rerun(self.fatal | self.left_out)
        self.fatal |= {i for i, one in ran.items() if one.stopped}

    def alone(self, cells: Collection[int]) -> dict[int, CellRun]:
        """Have a fresh child run these cells and no others; return what came of each.

        One that hung or died before has one more chance: no neighbour is there to be the cause.
        """
        self.left_out = set(range(len(self.cells))) - set(cells)
        return self._rerun(self.left_out)

    def _rerun(self, left_out: Collection[int]) -> dict[int, CellRun]:
        """Run the other cells in a fresh child; in another without it, where one is lost."""
        stopped: dict[int, CellRun] = {}
        while self.left > 0 and time.monotonic() < self.until:
            ran: dict[int, CellRun] = {}
            self.host.fresh(self.seed, self.names, self.given)
            for i in range(len(self.cells)):
                if i in left_out or i in stopped:
                    continue
                if _is_too_long(self.cells[i]):
                    stopped[i] = _too_long(self.cells[i])
                    continue
                try:
                    ran[i] = self._made(self._ask({"do": "cell", "source": self.cells[i]})[0])
                except Interrupted:
                    stopped[i] = CellRun(stopped=(TIMED_OUT, says(TIMED_OUT, self.limits)))
                except Stopped as lost:
                    stopped[i] = CellRun(stopped=self._why(lost))
                    break
            else:
                return ran | stopped
        return stopped

    def _ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], memoryview]:
        if self.left <= 0 or time.monotonic() >= self.until:
            raise Stopped(LATE)
        try:
            return self.host.ask(request, min(self.limits.call, self.left))
        finally:
            self.left -= self.host.took

    def _why(self, stopped: Stopped) -> tuple[str, str]:
        if stopped.why == LATE:
            return TIMED_OUT, NOTEBOOK.format(self.limits.submission)
        return stopped.why, says(stopped.why, self.limits, stopped.how)


def _is_too_long(source: str) -> bool:
    return len(source) > sizes.CELL_RUN


def _too_long(source: str) -> CellRun:
    return CellRun(stopped=("too_long", TOO_LONG.format(len(source), sizes.CELL_RUN)))


class Inside:
    """Variants of an answer, each run in the sandbox like the answer itself."""

    def __init__(self, session: Session, name: str, text: str, first_line: int) -> None:
        self.session, self.name, self.text, self.first_line = session, name, text, first_line
        self.lost = False

    def clock(self) -> float:
        """Return seconds as they pass: the variants run in another process."""
        return time.monotonic()

    def made(self, tree: ast.Module) -> str:
        """Return the text of a variant."""
        return ast.unparse(tree)

    def run(self, variants: Sequence[str], inputs: dict[str, Any]) -> Iterator[Ran]:
        """Yield what each variant's function does; nothing once the child was lost."""
        if self.lost:
            return
        request = {"do": "variants", "name": self.name, "codes": list(variants), "value": inputs}
        try:
            reply, data = self.session._ask(request)
            functions = self.session.host.course.functions
            found = protocol.unpack(reply.get("value"), data, functions)
        except (Interrupted, Stopped, protocol.ProtocolError):
            self.lost = True
            self.session.again()
            return
        for one in found if isinstance(found, list) else ():
            if isinstance(one, list) and len(one) == 2 and isinstance(one[1], dict):
                yield Returned(*one)
            else:
                yield Halted(SILENT, "")


class StandIn(Remote):
    """A student's function, for the judge: arrays go to the sandbox, arrays come back."""

    def __init__(self, session: Session, name: str, reply: dict[str, Any]) -> None:
        self.session, self.__name__ = session, name
        self.calls = tuple({c: None for c in _list(reply.get("calls")) if isinstance(c, str)})
        self.halted: Halted | None = None
        limits = session.limits
        self.left = max(limits.call, limits.submission / (len(session.names) + 1))
        parameters = reply.get("signature")
        if isinstance(parameters, list):
            with contextlib.suppress(TypeError, ValueError, IndexError):  # then the calls will tell
                self.__signature__ = _signature(parameters)

    def run(self, inputs: dict[str, Any]) -> Ran:
        """Return what happens when the function is called; once stopped, it is not called again."""
        answered = self._reply({"do": "call", "name": self.__name__, "value": inputs})
        if answered is None:
            return self._halted()
        reply, data = answered
        if reply.get("too_large"):
            return Returned(Other("very large value"), inputs)
        try:
            pair = [self._value(reply, "value", data), self._value(reply, "value_after", data)]
            return _ran(reply, pair)
        except protocol.ProtocolError:
            return self._halted(SILENT)

    def run_all(self, many: Sequence[dict[str, Any]]) -> list[Ran]:
        """Return what happens when the function is called on each of many inputs, in turn.

        They travel together, which saves most of what a call costs.
        """
        done: list[Ran] = []
        while len(done) < len(many):
            some = many[len(done) : len(done) + TOGETHER]
            done += self._run_some(some) or [self.run(inputs) for inputs in some]
        return done

    def _run_some(self, some: Sequence[dict[str, Any]]) -> list[Ran]:
        """Return what the first of some calls did; [] where their results do not travel together.

        Where one is stopped, all are: an answer that was stopped once is judged no further.
        """
        answered = self._reply({"do": "calls", "name": self.__name__, "value": list(some)})
        if answered is None:
            return [self._halted()] * len(some)
        reply, data = answered
        if reply.get("too_large"):
            return []
        try:
            pairs, replies = self._value(reply, "value", data), reply.get("ran")
            if not isinstance(pairs, list) or not isinstance(replies, list):
                raise protocol.ProtocolError("not what calls did")
            if not 0 < len(pairs) == len(replies) <= len(some):
                raise protocol.ProtocolError("not as many calls")
            return [_ran(*one) for one in zip(replies, pairs, strict=True)]
        except protocol.ProtocolError:
            return [self._halted(SILENT)] * len(some)

    def _reply(self, request: dict[str, Any]) -> tuple[dict[str, Any], memoryview] | None:
        """Return the reply to a request and its arrays; None where the function is stopped."""
        if self.halted is not None:
            return None
        try:
            reply, data = self.session._ask(request)
            if reply.get("interrupted"):
                raise Interrupted
            self.left -= self.session.host.took
            if self.left > 0:
                return reply, data
            self.halted = Halted(TIMED_OUT, SLOW.format(self.__name__))
        except Interrupted:
            self._halted(TIMED_OUT)
        except Stopped as stopped:
            self.halted = Halted(*self.session._why(stopped))
            self.session.again()
        return None

    def _halted(self, why: str = SILENT) -> Halted:
        if self.halted is None:
            self.halted = Halted(why, says(why, self.session.limits))
        return self.halted

    def _value(self, reply: dict[str, Any], key: str, data: memoryview) -> Any:
        return protocol.unpack(reply.get(key), data, self.session.host.course.functions)


def _ran(reply: Any, pair: Any) -> Ran:
    """Return what a call did, from its reply and [value, arguments afterwards]."""
    if not isinstance(reply, dict) or not isinstance(pair, list) or len(pair) != 2:
        raise protocol.ProtocolError("not what a call did")
    value, after = pair
    after = after if isinstance(after, dict) else {}
    raised = _raised(reply)
    if raised is not None:
        return Threw(raised, after)
    warned = tuple(sorted(w[:300] for w in _list(reply.get("warned")) if isinstance(w, str)))
    return Returned(value, after, warned)


def _signature(parameters: list[Any]) -> inspect.Signature:
    absent = inspect.Parameter.empty
    return inspect.Signature(
        [
            inspect.Parameter(name[:50], PARAMETER_KINDS[kind], default=None if has else absent)
            for name, kind, has in parameters[:50]
        ]
    )


def _raised(reply: dict[str, Any]) -> Raised | None:
    fields = reply.get("raised")
    if fields is None:
        return None
    kinds = (str, str, str, str, bool, str, bool, str)
    if not isinstance(fields, list) or list(map(type, fields)) != list(kinds):
        raise protocol.ProtocolError("not an exception")
    cut: list[Any] = [f[:1000] if isinstance(f, str) else f for f in fields]
    return Raised(*cut)


def _syntax(reply: dict[str, Any]) -> tuple[int, str, str] | None:
    fields = reply.get("syntax")
    if not isinstance(fields, list) or list(map(type, fields)) != [int, str, str]:
        return None
    return fields[0], fields[1][:300], fields[2][:200]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""
