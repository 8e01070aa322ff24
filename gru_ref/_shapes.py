"""`Float[np.ndarray, "N H"]`: jaxtyping's when it is installed, else a stand-in that checks nothing."""

import numpy as np

try:
    from jaxtyping import Float
except ModuleNotFoundError:  # the reference needs no more than numpy, torch and matplotlib

    class Float:
        """The plain array type, whatever shape is written in the brackets."""

        def __class_getitem__(cls, item):
            return np.ndarray


__all__ = ["Float"]
