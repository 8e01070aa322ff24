"""`Float[np.ndarray, "N H"]`: jaxtyping's where it is installed, else a name for np.ndarray."""

import numpy as np

try:
    from jaxtyping import Float
except ModuleNotFoundError:  # the reference needs no more than numpy, torch and matplotlib

    class Float:
        """The plain array type, whatever shape is written in the brackets."""

        def __class_getitem__(cls, item):
            return np.ndarray


__all__ = ["Float"]
