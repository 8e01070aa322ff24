"""A reference GRU that reads like its equations. `import gru_ref` imports NumPy and no more.

At the top stand the equations, in this order: `cell` (one step, forward and back), `sequence` (over
time), `gradcheck`, `rnn` and `lstm` (the two cells to compare with), `jacobian` (what becomes of a
gradient), `scan`, `minimal`, `parallel` and `converge` (no loop over time). On them are built, each
a room of its own: `fast` (a sequence in few calls of NumPy) with `layers`, `formats` (weights as
libraries, papers and files have them), `inspection` (what a trained model remembers), `figures`,
`training`, `experiments`, `bench`, and last `cli`.
"""

import sys

try:
    import numpy as _  # noqa: F401
except ModuleNotFoundError:
    if sys.argv[:1] != ["-m"]:
        raise
    print(  # python -m gru_ref, outside of any environment
        "gru_ref needs numpy, which this Python does not have: activate the course's environment, "
        "or `pip install gru-course`.",
        file=sys.stderr,
    )
    sys.exit(2)

from gru_ref.cell import (
    GRUParams,
    StepGradients,
    StepValues,
    init_params,
    sigmoid,
    step,
    step_backward,
    step_values,
    zeros,
)
from gru_ref.converge import (
    ConvergenceError,
    Solved,
    lyapunov_exponent,
    parallel_forward,
)
from gru_ref.fast.backward import gru_backward
from gru_ref.fast.buffers import Workspace
from gru_ref.fast.forward import gru_forward
from gru_ref.formats.burn import from_burn, to_burn
from gru_ref.formats.conventions import CONVENTIONS, convert
from gru_ref.formats.flax import from_flax_linen, from_flax_nnx, to_flax_linen, to_flax_nnx
from gru_ref.formats.found import Network
from gru_ref.formats.haiku import from_haiku, to_haiku
from gru_ref.formats.keras import (
    from_keras,
    layers_from_keras,
    layers_to_keras,
    lstm_from_keras,
    to_keras,
)
from gru_ref.formats.load import load, load_all
from gru_ref.formats.mlx import from_mlx, to_mlx
from gru_ref.formats.onnx import (
    from_onnx,
    layers_from_onnx,
    layers_to_onnx,
    lstm_from_onnx,
    to_onnx,
)
from gru_ref.formats.papers import (
    from_article_a,
    from_article_b,
    from_article_c,
    from_cho2014,
    from_chung2014,
    to_article_a,
    to_article_b,
    to_article_c,
    to_cho2014,
    to_chung2014,
)
from gru_ref.formats.pytorch import (
    from_pytorch,
    layers_from_pytorch,
    layers_to_pytorch,
    lstm_from_pytorch,
    to_pytorch,
)
from gru_ref.formats.tensorflow import from_gru_block_cell, from_trax, to_gru_block_cell, to_trax
from gru_ref.gradcheck import GradientCheck, check_gradient, directional_derivative
from gru_ref.jacobian import (
    article_jacobian,
    chrono_bias,
    clip_by_norm,
    gradient_norms,
    gru_jacobian,
    jacobian_product,
    jacobians,
    memory_horizon,
    norms_against_lag,
    predicted_horizon,
    relative_difference,
    spectral_radius,
    state_gradients,
)
from gru_ref.layers import (
    Stacked,
    StackGradients,
    init_stack,
    stack_backward,
    stack_forward,
)
from gru_ref.lstm import (
    LSTMGradients,
    LSTMParams,
    LSTMStepGradients,
    LSTMValues,
    init_lstm_params,
    lstm_backward,
    lstm_forward,
    lstm_jacobian,
    lstm_step,
    lstm_step_backward,
)
from gru_ref.minimal import (
    MinGRUParams,
    MinLSTMParams,
    init_mingru,
    init_minlstm,
    mingru,
    mingru_of,
    minlstm,
)
from gru_ref.parallel import parallel_bptt, parallel_round, residual
from gru_ref.rnn import (
    RNNGradients,
    RNNParams,
    RNNStepGradients,
    init_rnn_params,
    rnn_backward,
    rnn_forward,
    rnn_jacobian,
    rnn_step,
    rnn_step_backward,
)
from gru_ref.scan import ScanCost, compose, linear_scan, scan_cost
from gru_ref.sequence import SequenceGradients, Unrolled, reverse, unroll, unroll_backward

__all__ = [
    "CONVENTIONS",
    "ConvergenceError",
    "GRUParams",
    "GradientCheck",
    "LSTMGradients",
    "LSTMParams",
    "LSTMStepGradients",
    "LSTMValues",
    "MinGRUParams",
    "MinLSTMParams",
    "Network",
    "RNNGradients",
    "RNNParams",
    "RNNStepGradients",
    "ScanCost",
    "SequenceGradients",
    "Solved",
    "StackGradients",
    "Stacked",
    "StepGradients",
    "StepValues",
    "Unrolled",
    "Workspace",
    "article_jacobian",
    "check_gradient",
    "chrono_bias",
    "clip_by_norm",
    "compose",
    "convert",
    "directional_derivative",
    "from_article_a",
    "from_article_b",
    "from_article_c",
    "from_burn",
    "from_cho2014",
    "from_chung2014",
    "from_flax_linen",
    "from_flax_nnx",
    "from_gru_block_cell",
    "from_haiku",
    "from_keras",
    "from_mlx",
    "from_onnx",
    "from_pytorch",
    "from_trax",
    "gradient_norms",
    "gru_backward",
    "gru_forward",
    "gru_jacobian",
    "init_lstm_params",
    "init_mingru",
    "init_minlstm",
    "init_params",
    "init_rnn_params",
    "init_stack",
    "jacobian_product",
    "jacobians",
    "layers_from_keras",
    "layers_from_onnx",
    "layers_from_pytorch",
    "layers_to_keras",
    "layers_to_onnx",
    "layers_to_pytorch",
    "linear_scan",
    "load",
    "load_all",
    "lstm_backward",
    "lstm_forward",
    "lstm_from_keras",
    "lstm_from_onnx",
    "lstm_from_pytorch",
    "lstm_jacobian",
    "lstm_step",
    "lstm_step_backward",
    "lyapunov_exponent",
    "memory_horizon",
    "mingru",
    "mingru_of",
    "minlstm",
    "norms_against_lag",
    "parallel_bptt",
    "parallel_forward",
    "parallel_round",
    "predicted_horizon",
    "relative_difference",
    "residual",
    "reverse",
    "rnn_backward",
    "rnn_forward",
    "rnn_jacobian",
    "rnn_step",
    "rnn_step_backward",
    "scan_cost",
    "sigmoid",
    "spectral_radius",
    "stack_backward",
    "stack_forward",
    "state_gradients",
    "step",
    "step_backward",
    "step_values",
    "to_article_a",
    "to_article_b",
    "to_article_c",
    "to_burn",
    "to_cho2014",
    "to_chung2014",
    "to_flax_linen",
    "to_flax_nnx",
    "to_gru_block_cell",
    "to_haiku",
    "to_keras",
    "to_mlx",
    "to_onnx",
    "to_pytorch",
    "to_trax",
    "unroll",
    "unroll_backward",
    "zeros",
]
