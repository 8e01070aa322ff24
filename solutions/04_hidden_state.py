# %% [markdown]
r"""
# 4 · The hidden state

| you build | you need | time | points |
|---|---|---|---|
| `hidden_state`, the whole `gru_cell`, `unpack_torch_weights`, `flip_update_gate`, and two cells designed by hand | chapters 0 to 3 | 45 minutes | 17, and 2 for a written answer |

Two gates and a candidate are on the table. This chapter puts them together, loads PyTorch's weights into the result to see that it *is* `torch.nn.GRUCell`, and then turns the question round: which weights make the cell do what you want?
"""

# %%
from typing import NamedTuple

import numpy as np
from IPython.display import display

from autograder.student import (
    check,
    hint,
    predict,
    progress,
    ready,
    recall,
    reset,
    settle,
    start,
    yours,
)
from gru_ref.figures import diagrams, plots
from gru_ref.figures.shown import show
from gru_ref.figures.widgets import Slider, explore

start("04_hidden_state", globals())
sigmoid = yours("sigmoid")

# %%
recall("04_hidden_state")

# %% [markdown]
r"""
## The last equation

$$h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1} \tag{4}$$

It is the blend of [chapter 2](02_update_gate.ipynb), with the candidate of [chapter 3](03_candidate_state.ipynb) in it. Write their lines again here; only `sigmoid` is at hand.
"""

# %%
show(diagrams.blend_picture())

# %% [markdown]
r"""
The old state takes two ways into the new one: straight, through the upper ⊙, and bent by weights, reset and tanh, through the candidate.

### Exercise 4.1 · `hidden_state`

2 points · difficulty ●○○ · importance ●●○

The gates are given. Compute the candidate by equation (3), then $h_t$ by equation (4).
"""


# %% solution="hidden_state"
def hidden_state(x_t, h_prev, r_t, z_t, W_in, b_in, W_hn, b_hn):
    """Return h_t, shape (H,) or (N, H), for given gates r_t and z_t."""
    ### BEGIN SOLUTION
    n_t = np.tanh(x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T + b_hn))
    return (1 - z_t) * n_t + z_t * h_prev
    ### END SOLUTION


# %% check="hidden_state"
check(hidden_state)

# %%
# hint(hidden_state)

# %% [markdown]
r"""
## The whole cell

Every part of this picture you have seen and computed on its own. The numbers in brackets are those of the equations.
"""

# %%
show(diagrams.cell_picture())

# %% [markdown]
r"""
Twelve arrays are a long list of parameters, so from here on they travel as one:
"""


# %%
class GRUParams(NamedTuple):
    """The weights of one GRU cell with D inputs and H units."""

    W_ir: np.ndarray  # (H, D)
    W_iz: np.ndarray
    W_in: np.ndarray
    W_hr: np.ndarray  # (H, H)
    W_hz: np.ndarray
    W_hn: np.ndarray
    b_ir: np.ndarray  # (H,)
    b_iz: np.ndarray
    b_in: np.ndarray
    b_hr: np.ndarray
    b_hz: np.ndarray
    b_hn: np.ndarray


# %% [markdown]
r"""
With `p` of this type, `p.W_ir` is the weight of the reset gate on the input. A NamedTuple is a tuple whose places have names. Its fields cannot be reassigned; `p._replace(b_iz=...)` returns a copy with one field exchanged. (The arrays in it can be written into. Do not: they are the caller's.)

### Exercise 4.2 · `gru_cell`

4 points · difficulty ●●○ · importance ●●●

Return $h_t$ by equations (1) to (4), for one vector and for a batch.
"""


# %% solution="gru_cell"
def gru_cell(x_t, h_prev, p):
    """Return h_t, shape (H,) or (N, H); p is a GRUParams."""
    ### BEGIN SOLUTION
    r_t = sigmoid(x_t @ p.W_ir.T + p.b_ir + h_prev @ p.W_hr.T + p.b_hr)
    z_t = sigmoid(x_t @ p.W_iz.T + p.b_iz + h_prev @ p.W_hz.T + p.b_hz)
    n_t = np.tanh(x_t @ p.W_in.T + p.b_in + r_t * (h_prev @ p.W_hn.T + p.b_hn))
    return (1 - z_t) * n_t + z_t * h_prev
    ### END SOLUTION


# %% check="gru_cell"
check(gru_cell)

# %%
# hint(gru_cell)

# %% [markdown]
r"""
### The two extremes

**Predict.** A cell with random weights, but those of the update gate are 0 and its bias is $b_{iz} = 50$: it stands open, $z_t = \sigma(50)$. That is $1 - 2 \cdot 10^{-22}$, and the computer rounds it to 1. An enormous input arrives, $x_t = 1000$ in every component. By how much does $h_t$ differ from $h_{t-1}$?
"""

# %%
predict("04_copy", ...)

# %% [markdown]
r"""
**Predict.** Now $b_{iz} = -50$, so that $z_t = 2 \cdot 10^{-22}$, as good as 0, and equation (4) says $h_t = n_t$. Does $h_t$ still depend on $h_{t-1}$: "yes" or "no"?
"""

# %%
predict("04_renew", ...)

# %%
rng = np.random.default_rng(4)
D, H = 3, 5
shapes = [(H, D)] * 3 + [(H, H)] * 3 + [(H,)] * 6
some = GRUParams(*(rng.normal(size=s) for s in shapes))
some = some._replace(W_iz=0 * some.W_iz, W_hz=0 * some.W_hz, b_hz=0 * some.b_hz)
h_1, h_2 = rng.uniform(-1, 1, (2, H))

if ready(gru_cell):
    keep, renew = some._replace(b_iz=np.full(H, 50.0)), some._replace(b_iz=np.full(H, -50.0))
    moved = np.abs(gru_cell(np.full(D, 1000.0), h_1, keep) - h_1).max()
    display(settle("04_copy", f"{moved:g}"))
    x_t = rng.normal(size=D)
    apart = np.abs(gru_cell(x_t, h_1, renew) - gru_cell(x_t, h_2, renew)).max()
    print(f"z = 0: two different pasts lead to states that differ by {apart:.2f}")
    display(settle("04_renew", "yes" if apart > 1e-6 else "no"))

# %% [markdown]
r"""
With $z_t = 1$ the input is ignored, whatever it is. With $z_t = 0$ the past is *not* ignored: it still speaks through the candidate, as loudly as $r_t$ allows.

## Is it really PyTorch's?

PyTorch keeps the twelve arrays of a `GRUCell` in four, stacked in the order **r, z, n**:

| array | shape | rows 0 to H | rows H to 2H | rows 2H to 3H |
|---|---|---|---|---|
| `weight_ih` | (3H, D) | $W_{ir}$ | $W_{iz}$ | $W_{in}$ |
| `weight_hh` | (3H, H) | $W_{hr}$ | $W_{hz}$ | $W_{hn}$ |
| `bias_ih` | (3H,) | $b_{ir}$ | $b_{iz}$ | $b_{in}$ |
| `bias_hh` | (3H,) | $b_{hr}$ | $b_{hz}$ | $b_{hn}$ |

### Exercise 4.3 · `unpack_torch_weights`

3 points · difficulty ●●○ · importance ●●○

Return the `GRUParams` held by the four packed arrays.
"""


# %% solution="unpack_torch_weights"
def unpack_torch_weights(weight_ih, weight_hh, bias_ih, bias_hh):
    """Return the GRUParams in PyTorch's packed arrays (3H, D), (3H, H), (3H,), (3H,)."""
    ### BEGIN SOLUTION
    packed = (weight_ih, weight_hh, bias_ih, bias_hh)
    return GRUParams(*(block for array in packed for block in np.split(array, 3)))
    ### END SOLUTION


# %% check="unpack_torch_weights"
check(unpack_torch_weights)

# %%
# hint(unpack_torch_weights)

# %% [markdown]
r"""
Now the two cells side by side, on article A's sizes: 32 inputs, 70 units, a batch of 4. Yours has never heard of PyTorch.
"""

# %%
from gru_ref.optional import pytorch

if ready(gru_cell, unpack_torch_weights) and (
    torch := pytorch("280 numbers, largest difference 2.2e-16")
):
    torch.manual_seed(0)
    theirs = torch.nn.GRUCell(32, 70, dtype=torch.float64)
    packed = (w.detach().numpy() for w in theirs.parameters())
    p = GRUParams(*map(np.asarray, unpack_torch_weights(*packed)))
    x_t, h_prev = rng.normal(size=(4, 32)), rng.uniform(-1, 1, (4, 70))
    yours = gru_cell(x_t, h_prev, p)
    with torch.no_grad():
        due = theirs(torch.from_numpy(x_t), torch.from_numpy(h_prev)).numpy()
    print(f"280 numbers, largest difference {np.abs(yours - due).max():.1e}")

# %% [markdown]
r"""
The same numbers up to rounding: your four lines are `torch.nn.GRUCell`.

## The paper with the other z

[Chung et al. 2014](https://arxiv.org/abs/1412.3555) write $h_t = (1 - z_t) \odot h_{t-1} + z_t \odot n_t$. Weights from such a program, loaded as they are, renew where they should keep. Chapter 2 has the way out: $1 - \sigma(a) = \sigma(-a)$.

### Exercise 4.4 · `flip_update_gate`

2 points · difficulty ●●○ · importance ●●○

Return the parameters with which a cell of our form (4) does what `p` does in Chung's. The same function leads back.
"""


# %% solution="flip_update_gate"
def flip_update_gate(p):
    """Return a GRUParams whose z_t is 1 - z_t of p, for every input and state."""
    ### BEGIN SOLUTION
    return p._replace(W_iz=-p.W_iz, W_hz=-p.W_hz, b_iz=-p.b_iz, b_hz=-p.b_hz)
    ### END SOLUTION


# %% check="flip_update_gate"
check(flip_update_gate)

# %%
# hint(flip_update_gate)

# %% [markdown]
r"""
## What can one unit do?

Apply the cell again and again: where does the state go? With a constant input and constant gates, a cell of one unit is a curve, $h_t$ against $h_{t-1}$. Draw the diagonal $h_t = h_{t-1}$ beside it. Where the two cross, the state stays. The dashed stairs lead from the first state $h_0$, the hollow mark, to the state after 40 steps, the filled one. Which weight makes the end depend on the sign of $h_0$?
"""

# %%
explore(
    plots.one_unit_map,
    b_z=Slider(-6, 6, 0),
    w_hn=Slider(-3, 3, 2),
    x=Slider(-1, 1, 0),
    h_0=Slider(-0.95, 0.95, 0.05, 0.05),
)

# %% [markdown]
r"""
The same without sliders, each with two starts, 0.6 (circle) and −0.1 (square). From left to right: a weak weight forgets, and both starts end at 0; a strong one holds one of two values, as a light switch does, and the sign of the start says which; an open update gate moves the curve onto the diagonal, so every value is held, for a while.
"""

# %%
panels = plots.panels(3, (10.5, 3.7), "$h_t$", sharey=True)
for ax, (b_z, w_hn) in zip(panels, ((0, 0.5), (0, 2), (4, 0.5)), strict=True):
    plots.one_unit_map(b_z, w_hn, 0, (0.6, -0.1), ax)
    ax.set_xlabel("$h_{t-1}$")
show(panels[0])

# %% [markdown]
r"""
Two different ways to remember: by *stable states*, which survive noise and hold one bit, and by *not moving*, which holds any number until it leaks away.

## Design instead of training

Training will search for weights. Here you choose them.

### Exercise 4.5 · `weights_that_make_it_a_tanh_rnn`

3 points · difficulty ●●○ · importance ●●○

A tanh-RNN computes $h_t = \tanh(W_i x_t + b_i + W_h h_{t-1} + b_h)$. Return a `GRUParams` with which the GRU computes the same, for every input and state, to four digits.
"""


# %% solution="weights_that_make_it_a_tanh_rnn"
def weights_that_make_it_a_tanh_rnn(W_i, b_i, W_h, b_h):
    """Return a GRUParams whose cell is tanh(W_i x_t + b_i + W_h h_prev + b_h)."""
    ### BEGIN SOLUTION
    no_W_i, no_W_h, no_b = 0 * W_i, 0 * W_h, 0 * b_i
    r_open, z_shut = no_b + 40, no_b - 40
    return GRUParams(no_W_i, no_W_i, W_i, no_W_h, no_W_h, W_h, r_open, z_shut, b_i, no_b, no_b, b_h)
    ### END SOLUTION


# %% check="weights_that_make_it_a_tanh_rnn"
check(weights_that_make_it_a_tanh_rnn)

# %%
# hint(weights_that_make_it_a_tanh_rnn)

# %% [markdown]
r"""
So whatever a tanh-RNN can compute, a GRU of the same size can. The next exercise asks for something that a tanh-RNN cannot do: tanh bends every number that passes through it, again at each step.

### Exercise 4.6 · `weights_that_remember`

3 points · difficulty ●●○ · importance ●●●

Return a `GRUParams` that keeps any $h_0$ for 1000 steps, to three digits, whatever inputs between −1 and 1 arrive.
"""


# %% solution="weights_that_remember"
def weights_that_remember(D, H):
    """Return a GRUParams with D inputs and H units whose state stays at h_0 for 1000 steps."""
    ### BEGIN SOLUTION
    W_i, W_h, b = np.zeros((H, D)), np.zeros((H, H)), np.zeros(H)
    return GRUParams(W_i, W_i, W_i, W_h, W_h, W_h, b, b + 40, b, b, b, b)
    ### END SOLUTION


# %% check="weights_that_remember"
check(weights_that_remember)

# %%
# hint(weights_that_remember)

# %% [markdown]
r"""
How much bias is enough? The cell below keeps the gate at $\sigma(b)$ for 1000 steps, with a candidate of 0.
"""

# %%
for b in (0, 2, 5, 7, 10, 15, 20):
    z = sigmoid(b)
    half_life, left = np.log(0.5) / np.log(z), z**1000
    share = f"{left:.1e}" if left < 0.5 else f"1 - {1 - left:.1e}"
    print(f"b_z = {b:>2}: half-life {half_life:>11,.0f}; left after 1000 steps: {share}")

# %% [markdown]
r"""
Remembering is one large bias away. To remember *and* to write when it matters, the gate must also see the input, and training must find that out. [Chapter 7](07_vanishing_gradients.ipynb) asks how training can find it out: whether the derivatives that it follows reach that far back.

### A question in words

2 points, read by a person. Two or three sentences.

*Article E says that for $z_t = 0$ the past is "almost" ignored. When is it ignored completely? Give one condition on the gates, and one on the weights.*
"""

# %% [markdown] answer="almost_ignored" points=2
r"""
For $z_t = 0$, $h_t = n_t$, and the past enters $n_t$ only through $r_t \odot (W_{hn} h_{t-1} + b_{hn})$. It is ignored completely if $r_t = 0$ as well (the gates), or if $W_{hn} = 0$ (the weights). One caution: the gates themselves are computed from $h_{t-1}$, so "$r_t = 0$" must hold for every past, as with a large negative bias and zero weights $W_{hr}$; otherwise the past still speaks by way of the gate.

**Points**

- 1: the gates: $r_t = 0$ as well as $z_t = 0$.
- 1: the weights: $W_{hn} = 0$. That the gates see the past too is more than is asked for.
"""

# %% [markdown]
r"""
## What the articles say

- **E's extremes** are the two you have measured: $z_t = 1$ ignores the input, $z_t = 0$ "almost" ignores the past. C says of $u_t$ near 0 "the candidate only" and of $u_t$ near 1 "the past only", the same in its own letter.
- **All five** write (4) with $z$ on the past. The libraries agree with them and with each other on (4), and on little else. `gru_ref`, the course's reference, knows the conventions of the articles, of two papers, of PyTorch, of Keras and of ONNX, a file format for trained networks. It goes between them where a way exists:
"""

# %%
from gru_ref import CONVENTIONS, convert, init_params

p = init_params(rng, 3, 5)
torch_weights = CONVENTIONS["pytorch"].from_params(p)
print("PyTorch:", {name: w.shape for name, w in torch_weights.items()})
keras_weights = convert(torch_weights, "pytorch", "keras_after")
print("Keras:  ", {name: w.shape for name, w in keras_weights.items()})
onnx_weights = convert(keras_weights, "keras_after", "onnx_after")
print("ONNX:   ", {name: w.shape for name, w in onnx_weights.items()})
back = CONVENTIONS["onnx_after"].to_params(onnx_weights)
print(
    "PyTorch -> Keras -> ONNX -> ours, largest change:",
    max(np.abs(a - b).max() for a, b in zip(p, back, strict=True)),
)
try:
    convert(torch_weights, "pytorch", "keras_before")
except ValueError as error:
    print("\nPyTorch -> Keras with reset_after=False:", error)

# %% [markdown]
r"""
The last line is chapter 3 again: reset after and reset before are different functions, and a converter that returned something would be lying.

- **A and "the flow of information".** A walks one vector through the cell. Here is the walk with A's sizes, through the reference cell: every arrow's shape, and what the cell makes of one input.
"""

# %%
from gru_ref import step_values

D, H = 32, 70
p, x_t, h_prev = init_params(rng, D, H), rng.normal(size=D), rng.uniform(-1, 1, H)
values = step_values(x_t, h_prev, p)
for name, v in {"x_t": x_t, "h_{t-1}": h_prev, **values._asdict()}.items():
    print(f"{name:<8} {v.shape!s:<6} from {v.min():+.2f} to {v.max():+.2f}")
panels = plots.panels(4, (11, 2.2))
for ax, (name, v), role in zip(
    panels, values._asdict().items(), ("reset", "update", "candidate", "state"), strict=True
):
    plots.bars(v, "", role, ax).set(title=f"${name}$", ylim=(-1, 1))
show(panels[0])

# %% [markdown]
r"""
Gates near ½, a candidate on both sides of 0, and a state that is their compromise.

## What you built

A GRU cell, equal to PyTorch's to the last digits. One step. A sequence is many: [chapter 5](05_sequences.ipynb) runs the cell over time.
"""

# %%
progress()
