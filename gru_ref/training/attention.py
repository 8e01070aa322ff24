"""A causal Transformer to set beside the cells: it carries no state, but looks at its whole past.

A layer of width d and `heads` heads maps x to h, each step seeing itself and what came before it:

    q_t, k_t, v_t = W_q u_t, W_k u_t, W_v u_t            u_t the normed x_t           (1)
    a_t = Σ_{s ≤ t} softmax_s(q_t · k_s / √e) v_s        of each head, e = d / heads  (2)
    h_t = y_t + W_2 relu(W_1 norm(y_t)),  y_t = x_t + W_o a_t                         (3)

(Vaswani et al. 2017, with the norms before the maps.) Which step is which, a code says that is
added to the input: sines and cosines of t, theirs too.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from gru_ref._shapes import Float
from gru_ref.errors import UsageError

HEADS = 2
SLOWEST = 10_000.0  # steps, over 2π, of the slowest wave in the code


class Layer(nn.Module):
    """One layer, (1) to (3); `step` gives one more step from the keys and values that are kept."""

    def __init__(self, d: int, heads: int = HEADS):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.wide, self.narrow = nn.Linear(d, 2 * d), nn.Linear(2 * d, d)
        self.norm_1, self.norm_2 = nn.LayerNorm(d), nn.LayerNorm(d)

    def forward(self, x: Float[torch.Tensor, "T N d"]) -> Float[torch.Tensor, "T N d"]:
        """Return h_1 … h_T."""
        q, k, v = self._heads_of(x)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # (2)
        return self._rest(x, a.permute(2, 0, 1, 3).flatten(2))

    def step(
        self,
        x_t: Float[torch.Tensor, "1 N d"],
        kept: Float[torch.Tensor, "2 N heads room e"],
        past: int,
    ) -> Float[torch.Tensor, "1 N d"]:
        """Return h_t after `past` steps that kept holds, and write this step's k and v there."""
        q, k, v = self._heads_of(x_t)
        kept[0, :, :, past], kept[1, :, :, past] = k[:, :, 0], v[:, :, 0]
        seen = kept[:, :, :, : past + 1]
        a = F.scaled_dot_product_attention(q, seen[0], seen[1])  # (2)
        return self._rest(x_t, a.permute(2, 0, 1, 3).flatten(2))

    def room(self, N: int, steps: int) -> Float[torch.Tensor, "2 N heads steps e"]:
        """Return memory for the keys and values of so many steps."""
        return torch.zeros(2, N, self.heads, steps, self.out.out_features // self.heads)

    def _heads_of(self, x):
        """Return q, k and v, (N, heads, T, e) each, (1)."""
        parts = self.qkv(self.norm_1(x)).chunk(3, -1)
        return (part.unflatten(-1, (self.heads, -1)).permute(1, 2, 0, 3) for part in parts)

    def _rest(self, x, a):
        y = x + self.out(a)
        return y + self.narrow(torch.relu(self.wide(self.norm_2(y))))  # (3)


class Transformer(nn.Module):
    """A causal Transformer, made and called as `torch.nn.GRU` is; `fit` takes it as a cell.

    hidden_size is its width d, which HEADS must divide.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1):
        super().__init__()
        if hidden_size % HEADS:
            raise UsageError(f"hidden is {hidden_size}: {HEADS} heads share it, so it is even.")
        self.hidden_size = hidden_size
        self.into = nn.Linear(input_size, hidden_size)
        self.layers = nn.ModuleList(Layer(hidden_size) for _ in range(num_layers))

    def forward(
        self, x: Float[torch.Tensor, "T N D"], h_0: torch.Tensor | None = None
    ) -> tuple[Float[torch.Tensor, "T N d"], Float[torch.Tensor, "1 N d"]]:
        """Return h_1 … h_T and h_T, which is no state; UsageError where one is given."""
        if h_0 is not None:
            raise UsageError(
                "A Transformer carries no state from one stretch to the next: leave window out, "
                "and give it the whole sequence."
            )
        h = self.into(x) + code(len(x), self.hidden_size).to(x)[:, None]
        for layer in self.layers:
            h = layer(h)
        return h, h[-1:]


def code(T: int, d: int) -> Float[torch.Tensor, "T d"]:
    """Return the code of the steps 0 … T-1: sines, then cosines, from fast to slow."""
    speed = SLOWEST ** -torch.linspace(0, 1, d // 2)
    angle = torch.arange(T)[:, None] * speed
    return torch.cat([angle.sin(), angle.cos()], 1)
