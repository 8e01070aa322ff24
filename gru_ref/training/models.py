"""One sequence model in torch over interchangeable cells, our own GRU among them.

Our cell is equations (1)-(4) of `gru_ref.cell` with PyTorch's packed weights: the rows of weight_ih
and weight_hh are those of r, z, n, one below the other. One line of a model is

    h = cell(x),  output_t = W h_t + b
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import torch
from torch import nn

from gru_ref._shapes import Float
from gru_ref.errors import choose

State = torch.Tensor | tuple[torch.Tensor, torch.Tensor]


def gru_step(
    i_t: Float[torch.Tensor, "*M N G"],
    h_prev: Float[torch.Tensor, "*M N H"],
    weight_hh: Float[torch.Tensor, "*M G H"],
    bias_hh: Float[torch.Tensor, "*M G"],
) -> Float[torch.Tensor, "*M N H"]:
    """Return h_t, given i_t = W_i x_t + b_i of all three gates, G = 3H; *M models at once."""
    i_r, i_z, i_n = i_t.chunk(3, -1)
    h_r, h_z, h_n = (h_prev @ weight_hh.mT + bias_hh.unsqueeze(-2)).chunk(3, -1)
    r_t = torch.sigmoid(i_r + h_r)  # (1)
    z_t = torch.sigmoid(i_z + h_z)  # (2)
    n_t = torch.tanh(i_n + r_t * h_n)  # (3)
    return (1 - z_t) * n_t + z_t * h_prev  # (4)


class OurGRU(nn.Module):
    """`torch.nn.GRU` written out: a Python loop over `step`, layer after layer."""

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1):
        super().__init__()
        self.step = gru_step  # or a compiled one
        self.hidden_size, self.num_layers = hidden_size, num_layers
        for k in range(num_layers):
            D, H = input_size if k == 0 else hidden_size, hidden_size
            self.register_parameter(f"weight_ih_l{k}", nn.Parameter(torch.empty(3 * H, D)))
            self.register_parameter(f"weight_hh_l{k}", nn.Parameter(torch.empty(3 * H, H)))
            self.register_parameter(f"bias_ih_l{k}", nn.Parameter(torch.empty(3 * H)))
            self.register_parameter(f"bias_hh_l{k}", nn.Parameter(torch.empty(3 * H)))
        for weight in self.parameters():  # torch.nn.GRU's own, in its order
            nn.init.uniform_(weight, -(hidden_size**-0.5), hidden_size**-0.5)

    def forward(
        self, x: Float[torch.Tensor, "T N D"], h_0: Float[torch.Tensor, "L N H"] | None = None
    ) -> tuple[Float[torch.Tensor, "T N H"], Float[torch.Tensor, "L N H"]]:
        """Return the last layer's h_1 … h_T, and every layer's h_T."""
        if h_0 is None:
            h_0 = x.new_zeros(self.num_layers, x.shape[1], self.hidden_size)
        last = []
        for k, h_t in enumerate(h_0):
            w_i, w_h, b_i, b_h = (
                getattr(self, f"{name}_l{k}")
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            h = []
            for i_t in (x @ w_i.T + b_i).unbind(0):  # the inputs' part of all steps at once
                h_t = self.step(i_t, h_t, w_h, b_h)
                h.append(h_t)
            x = torch.stack(h)
            last.append(h_t)
        return x, torch.stack(last)


def over_time(make_cell: Callable[..., nn.Module]) -> type[nn.Module]:
    """Return a class that runs a cell over a sequence, to be given to `SequenceModel` or `fit`.

    A cell is made and called as `torch.nn.GRUCell` is: cell(x_t, h_prev) is h_t.

    Example: `fit("adding", over_time(torch.nn.GRUCell))`.
    """

    class OverTime(nn.Module):
        def __init__(self, input_size, hidden_size, num_layers=1):
            super().__init__()
            self.hidden_size = hidden_size
            sizes = [input_size] + [hidden_size] * (num_layers - 1)
            self.cells = nn.ModuleList(make_cell(size, hidden_size) for size in sizes)

        def forward(self, x, h_0=None):
            if h_0 is None:
                h_0 = x.new_zeros(len(self.cells), x.shape[1], self.hidden_size)
            last = []
            for cell, h_t in zip(self.cells, h_0, strict=True):
                h = [h_t := cell(x_t, h_t) for x_t in x]
                x = torch.stack(h)
                last.append(h_t)
            return x, torch.stack(last)

    OverTime.__name__ = make_cell.__name__
    return OverTime


def _later(module: str, name: str) -> Callable[..., nn.Module]:
    def make(*sizes: int, **options: int) -> nn.Module:
        found = import_module(f"gru_ref.training.{module}")  # which builds on this module
        return getattr(found, name)(*sizes, **options)

    return make


CELLS: dict[str, Callable[..., nn.Module]] = {
    "tanh": nn.RNN,
    "gru": nn.GRU,
    "lstm": nn.LSTM,
    "own": OurGRU,
    "mingru": _later("parallel", "MinGRU"),
    "parallel": _later("parallel", "ParallelGRU"),  # "gru", both ways without the loop
    "fused": _later("kernels.cell", "FusedGRU"),  # "gru", its loop in one kernel
}


class SequenceModel(nn.Module):
    """A recurrent net and a linear read-out, the same for every cell of CELLS."""

    def __init__(
        self,
        cell: str | Callable[..., nn.Module],
        input_size: int,
        hidden_size: int,
        output_size: int,
        layers: int = 1,
        forget_bias: float | None = None,
    ):
        """Take cell, a name of CELLS or a class whose modules are made as `torch.nn.GRU` is.

        forget_bias is what an LSTM's forget gate adds at the start; None leaves torch's own.
        UsageError where there is no such cell.
        """
        super().__init__()
        if isinstance(cell, str):
            choose("cell", cell, CELLS)
        make = CELLS[cell] if isinstance(cell, str) else cell
        self.rnn = make(input_size, hidden_size, num_layers=layers)
        self.read_out = nn.Linear(hidden_size, output_size)
        if cell == "lstm" and forget_bias is not None:
            self._set_forget_bias(layers, hidden_size, forget_bias)

    def forward(
        self,
        x: Float[torch.Tensor, "T N D"],
        state: State | None = None,
        last: int | None = None,
        window: int | None = None,
    ) -> tuple[Float[torch.Tensor, "S N O"], State]:
        """Return the outputs of the `last` steps, of all where None, and the state after step T.

        With window, gradients do not flow from one stretch of so many steps into the one before:
        backpropagation through time, truncated.
        """
        h = []
        for stretch in x.split(window or len(x)):
            h_stretch, state = self.rnn(stretch, detached(state))
            h.append(h_stretch)
        assert state is not None
        whole = h[0] if len(h) == 1 else torch.cat(h)
        return self.read_out(whole if last is None else whole[-last:]), state

    def _set_forget_bias(self, layers, H, value):
        with torch.no_grad():
            for k in range(layers):
                # torch's order is i, f, g, o; both biases add up
                getattr(self.rnn, f"bias_ih_l{k}")[H : 2 * H] = value
                getattr(self.rnn, f"bias_hh_l{k}")[H : 2 * H] = 0


def detached(state: State | None) -> State | None:
    """Return the state without the graph that made it."""
    if isinstance(state, tuple):
        h, c = state
        return h.detach(), c.detach()
    return None if state is None else state.detach()


def parameters(model: nn.Module) -> int:
    """Return how many numbers a model learns."""
    return sum(weight.numel() for weight in model.parameters())
