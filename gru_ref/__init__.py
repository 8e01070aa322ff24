"""A reference GRU that reads like its equations. `import gru_ref` does not import torch."""

from gru_ref.cell import GRUParams, StepValues, init_params, sigmoid, step, step_values, zeros
from gru_ref.conventions import CONVENTIONS, convert
from gru_ref.gradcheck import GradientCheck, check_gradient, directional_derivative

__all__ = [
    "CONVENTIONS",
    "GRUParams",
    "GradientCheck",
    "StepValues",
    "check_gradient",
    "convert",
    "directional_derivative",
    "init_params",
    "sigmoid",
    "step",
    "step_values",
    "zeros",
]
