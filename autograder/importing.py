"""Importing much at once, as a command does that is to begin soon."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from types import ModuleType


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Look for no garbage meanwhile, a fifth of the time, nor ever again among what was there.

    What is imported stays until the end, and the end is then sooner, too.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


@contextlib.contextmanager
def placeholders(package: str, names: tuple[str, ...], holds: str) -> Iterator[None]:
    """Have modules of a package stand empty meanwhile, but for one name, where none is imported.

    Afterwards whoever imports them finds them as they are.
    """
    wanted = {f"{package}.{name}" for name in names}
    made = {name: ModuleType(name) for name in wanted if package not in sys.modules}
    for module in made.values():
        setattr(module, holds, None)
    sys.modules.update(made)
    try:
        yield
    finally:
        for name, module in made.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
            around, _, last = name.rpartition(".")
            if getattr(sys.modules.get(around), last, None) is module:
                delattr(sys.modules[around], last)
