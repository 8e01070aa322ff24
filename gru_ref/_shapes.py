"""`Float[np.ndarray, "N H"]`: jaxtyping's where it is installed, else a name for np.ndarray."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Annotated as Float  # what jaxtyping itself tells a type checker
else:
    try:
        from jaxtyping import Float
    except ModuleNotFoundError:  # the reference needs no more than NumPy

        class Float:
            """The plain array type, whatever shape is written in the brackets."""

            def __class_getitem__(cls, item):
                return np.ndarray


__all__ = ["Float"]
