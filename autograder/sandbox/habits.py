"""What works in a student's notebook and has no place where answers are graded: it does nothing.

A choice of windows, an extension of the notebook or an import that an answer never uses is no
mistake, so none of them stops a cell. What would need an answer says that there is none.
"""

from __future__ import annotations

import builtins
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

SILENT = ("matplotlib", "config", "load_ext", "reload_ext", "autoreload", "pylab", "gui", "pip")
LATER = ("conda", "mamba", "uv", "tensorboard", "skip", "watermark", "store", "history")
NOBODY = (
    "input() waits for somebody to type, and nobody does while answers are graded. Write the value "
    "into your code"
)
ABSENT = "{} is not at hand while answers are graded: write the answer without it"
OF_A_HOST = (
    "google.colab.",
    "kaggle_secrets.",
    "dbruntime.",
)  # one host of notebooks has them
STUDENTS = ("<ipython-input", "<cell", "/tmp/ipykernel")  # names of a notebook's cells


def take_as_a_notebook_does(shell: Any) -> None:
    """Let a shell pass over what concerns a notebook's windows, extensions and packages."""
    for name in (*SILENT, *LATER):
        shell.magics_manager.magics["line"][name] = _nothing
    builtins.input = _nobody
    sys.meta_path.append(Absent())
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None:
        pyplot: Any = sys.modules["matplotlib.pyplot"]
        pyplot.switch_backend("agg")  # loaded now, and then for good: figures are drawn in memory
        matplotlib.use = pyplot.switch_backend = _nothing  # type: ignore[attr-defined]


def _nothing(*args: Any, **kwargs: Any) -> None:
    return None


def _nobody(prompt: object = "") -> str:
    raise EOFError(NOBODY)


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds, for a student's cell, a package that is not here: it can be imported and not used.

    Libraries that look for one another find what there is, and no more.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for a package that nothing else has found, where a cell imports it."""
        top = fullname.partition(".")[0]
        if top != fullname and not isinstance(sys.modules.get(top), Stand):
            return None
        return importlib.machinery.ModuleSpec(fullname, self) if _asked_by_a_cell() else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the module that stands for it."""
        return Stand(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: there is nothing in it."""


class Stand(ModuleType):
    """A package that is not here: whatever is called of it says so."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        """Return what raises ImportError when it is used; settings are passed over."""
        if name.startswith("__"):
            raise AttributeError(name)
        where = f"{self.__name__}.{name}"
        idle = name.startswith("set") or where.startswith(OF_A_HOST)
        return Idle() if idle else Missing(where)


class Missing:
    """What stands for a name of a package that is not here."""

    def __init__(self, where: str) -> None:
        self.__name__ = where

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Raise ImportError."""
        raise ImportError(ABSENT.format(self.__name__))

    def __getattr__(self, name: str) -> None:
        """Raise ImportError."""
        if name.startswith("__"):
            raise AttributeError(name)
        raise ImportError(ABSENT.format(f"{self.__name__}.{name}"))


class Idle:
    """What does nothing, whatever is called of it."""

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Return None."""

    def __getattr__(self, name: str) -> Idle:
        """Return the same."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self


def _asked_by_a_cell() -> bool:
    frame = sys._getframe(1)
    while frame is not None and (
        "importlib" in frame.f_code.co_filename or frame.f_code.co_filename == __file__
    ):
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None and frame.f_code.co_filename.startswith(STUDENTS)
