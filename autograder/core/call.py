"""Calling a student's function, and saying in plain values what happened.

This runs where the student's code runs: in the notebook's kernel, or in the grader's sandbox. It
judges nothing, and imports nothing of the course.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import linecache
import traceback
import warnings
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from autograder.core.time_limit import TooLongError, time_limit

TIMED_OUT, DIED, MEMORY = "timed_out", "died", "memory"
PROCESSES, SILENT = "processes", "no_reply"
INTERRUPTED = "interrupted"
ONE_VARIANT = 0.2  # seconds: a loop that a change has made endless
STOPPED = (
    TIMED_OUT,
    DIED,
    MEMORY,
    PROCESSES,
    SILENT,
    INTERRUPTED,
)  # what a call that was stopped is called
NOT_THEIRS = ("/packages/", "/course/")  # in the sandbox: site-packages, and the course


class Other:
    """Stands for a value that is not numbers: its kind in a word."""

    def __init__(self, kind: str, is_callable: bool = False, module: str = "") -> None:
        self.kind, self.is_callable, self.module = kind, is_callable, module


class UndefinedError(NameError):
    """An exercise's function was called before any cell defined it."""


class NotEarlier(LookupError):
    """`yours` was asked for what no earlier chapter has built."""

    def __init__(self, name: object) -> None:
        super().__init__(
            f"yours gives what earlier chapters have built, and {name!r:.60} is not among it"
        )


class Undefined:
    """Stands for an exercise's name until the student's cell defines it."""

    def __init__(self, name: str, why: str = "") -> None:
        self.name, self.why = name, why

    def __repr__(self) -> str:
        return f"<{self.name} is not defined yet: run the cell that defines it>"

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Raise UndefinedError."""
        message = f"{self.name} is not defined yet: run the cell that defines it"
        raise UndefinedError(message, name=self.name)


class Raised(NamedTuple):
    """An exception: its kind, its words, the student's own line, and what it is about.

    `name` is the name that was missing. `stub` is the function whose stub still ran, and
    `own_stub` whether that is the function that was called. `inside` is the function that the line
    stands in.
    """

    kind: str
    text: str
    line: str = ""
    name: str = ""
    undefined: bool = False
    stub: str = ""
    own_stub: bool = False
    inside: str = ""


class Returned(NamedTuple):
    """A call that ended with a value: the value, the arguments afterwards, the warnings."""

    value: Any
    after: dict[str, Any]
    warned: tuple[str, ...] = ()


class Threw(NamedTuple):
    """A call that ended with an exception; the arguments afterwards."""

    raised: Raised
    after: dict[str, Any]


class Halted(NamedTuple):
    """A call that was stopped: by what, in a word (one of STOPPED) and in a sentence."""

    by: str
    says: str


Ran = Returned | Threw | Halted


class Remote:
    """A function that lives in another process; `__signature__` is what `inspect` reads."""

    def run(self, inputs: dict[str, Any]) -> Ran:
        """Return what happens when the function is called there."""
        raise NotImplementedError

    def run_all(self, many: Sequence[dict[str, Any]]) -> list[Ran]:
        """Return what happens when the function is called there on each of many inputs, in turn."""
        return [_frozen(self.run(inputs)) for inputs in many]

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Raise TypeError: it is called by `run`."""
        raise TypeError("a remote function is called by `run`")


class Bounded(Remote):
    """A function of this process that may run for some seconds a call, and may be interrupted.

    Once stopped, it is not called again.
    """

    def __init__(self, f: Callable[..., Any], seconds: float) -> None:
        self.f, self.seconds = f, seconds
        self.__name__ = getattr(f, "__name__", "function")
        self.halted: Halted | None = None
        with contextlib.suppress(TypeError, ValueError):  # then the calls will tell
            self.__signature__ = inspect.signature(f)

    def run(self, inputs: dict[str, Any]) -> Ran:
        """Return what happens when the function is called."""
        if self.halted is not None:
            return self.halted
        try:
            with time_limit(self.seconds):
                return run(self.f, inputs)
        except TooLongError:
            self.halted = Halted(
                TIMED_OUT,
                f"Your function ran longer than {self.seconds:g} seconds on one small input, and "
                "was stopped. Which loop does not end, or waits? "
                f"`check({self.__name__}, seconds=60)` gives it more time.",
            )
        except KeyboardInterrupt:
            says = "The check was interrupted while your function ran: nothing was judged."
            self.halted = Halted(INTERRUPTED, says)
        return self.halted


def run(f: Callable[..., Any], inputs: dict[str, Any]) -> Ran:
    """Return what happens when `f` is called on copies of `inputs`."""
    if isinstance(f, Remote):
        return f.run(inputs)
    mine = copied(inputs)
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("always")
        try:
            value = f(**mine) if _takes_by_name(f, list(inputs)) else f(*mine.values())
        except (Exception, SystemExit) as error:
            return Threw(describe(error, f), mine)
    return Returned(value, mine, tuple(sorted({str(w.message)[:300] for w in caught})))


def run_all(f: Callable[..., Any], many: Sequence[dict[str, Any]]) -> list[Ran]:
    """Return what happens when `f` is called on copies of each of many inputs, in turn."""
    if isinstance(f, Remote):
        return f.run_all(many)
    return [_frozen(run(f, inputs)) for inputs in many]


def _frozen(ran: Ran) -> Ran:
    """Return what a call did with arrays that the next call cannot change."""
    if not isinstance(ran, Returned):
        return ran
    held = ran.value if isinstance(ran.value, tuple) else (ran.value,)
    arrays = all(type(v) is np.ndarray for v in held)
    return ran._replace(value=copied(ran.value)) if arrays else ran


def run_variant(
    code: Any,
    name: str,
    scope: dict[str, Any],
    inputs: dict[str, Any],
    seconds: float = ONE_VARIANT,
) -> Ran:
    """Return what a variant's function does, in a copy of a namespace; its words are swallowed.

    `code` is its text or what `compile` made of it. It runs where the answer runs.
    """
    mine = dict(scope)
    try:
        with time_limit(seconds), contextlib.redirect_stdout(io.StringIO()):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(code, mine)
            return run(mine[name], inputs)
    except TooLongError:
        return Halted(TIMED_OUT, "")
    except (Exception, SystemExit) as error:
        return Threw(describe(error), inputs)


_STARRED = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


def copied(value: Any) -> Any:
    """Return a deep copy; of arrays and what holds them in a tenth of `copy.deepcopy`'s time."""
    if type(value) is np.ndarray and value.dtype.kind != "O":
        return value.copy()
    if type(value) is dict:
        return {k: copied(v) for k, v in value.items()}
    if isinstance(value, tuple):
        items = [copied(v) for v in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    return copy.deepcopy(value)


def _takes_by_name(f: Callable[..., Any], names: list[str]) -> bool:
    if type(f) is FunctionType and not f.__dict__ and not f.__code__.co_flags & _STARRED:
        count = f.__code__.co_argcount + f.__code__.co_kwonlyargcount
        return sorted(f.__code__.co_varnames[:count]) == sorted(names)
    try:
        return sorted(inspect.signature(f).parameters) == sorted(names)
    except (TypeError, ValueError):
        return False


def describe(error: BaseException, f: Any = None) -> Raised:
    """Return an exception as plain values, with the student's own line that raised it."""
    frames = list(traceback.walk_tb(error.__traceback__))[1:]  # the first is our own call
    theirs = getattr(getattr(f, "__code__", None), "co_filename", None)
    line, inside, in_the_answer = "", "", False
    for frame, number in frames:
        path = frame.f_code.co_filename
        if "site-packages" in path or path.startswith(NOT_THEIRS):
            continue
        if path == theirs or not in_the_answer:  # a line of the answer's own cell is to be mended
            if text := linecache.getline(path, number).strip():
                line, inside = text, frame.f_code.co_name
            in_the_answer |= path == theirs
    stub, own_stub = "", False
    if isinstance(error, NotImplementedError):
        code: Any = frames[-1][0].f_code if frames else getattr(f, "__code__", None)
        mine: Any = getattr(f, "__code__", code)
        own_stub = code is mine or (  # a method of a class that stands in the same cell
            code.co_filename == mine.co_filename and code.co_qualname.count(".") == 1
        )
        stub = getattr(code, "co_name", "")
    name = getattr(error, "name", None)
    return Raised(
        type(error).__name__[:100],
        _words(error),
        line[:300],
        name if isinstance(name, str) and isinstance(error, NameError) else "",
        isinstance(error, UndefinedError),
        stub,
        own_stub,
        inside[:100],
    )


def _words(error: BaseException) -> str:
    try:
        return str(error)[:1000]
    except Exception:  # a student's own exception may not know its words
        return ""


def signature(f: Callable[..., Any]) -> list[tuple[str, int, bool]] | None:
    """Return name, kind and whether there is a default of each parameter; None if unknown."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # a builtin or a ufunc has none to read
        return None
    return [(p.name, int(p.kind), p.default is not p.empty) for p in parameters]
