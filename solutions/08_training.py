# %% [markdown]
r"""
# 8 · Training

| you build | you need | time | points |
|---|---|---|---|
| the target of the adding problem, a loss with its gradient, the gradients of a whole network, Adam, and a training loop with clipping | chapters 5 to 7 | 60 minutes | 14, and 2 for a written answer |

Everything is there: a cell, its unrolling in time, the gradient of every weight. In this chapter the GRU that you wrote learns. It predicts a sine, and it solves a task that was designed in 1997 to show that recurrent networks of the time could not remember. At the end the same weights, in PyTorch, give the same numbers.
"""

# %%
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from tqdm.auto import trange

from autograder.student import check, hint, predict, progress, ready, reset, settle, start
from gru_ref import plots, plots_training
from gru_ref.widgets import Slider, explore


class Weights(NamedTuple):
    """A GRU, as in chapter 4, and the layer that reads its last state."""

    W_ir: np.ndarray
    W_iz: np.ndarray
    W_in: np.ndarray
    W_hr: np.ndarray
    W_hz: np.ndarray
    W_hn: np.ndarray
    b_ir: np.ndarray
    b_iz: np.ndarray
    b_in: np.ndarray
    b_hr: np.ndarray
    b_hz: np.ndarray
    b_hn: np.ndarray
    W_y: np.ndarray
    b_y: np.ndarray


def new_weights(rng, D, H, K):
    """Return weights as PyTorch draws them for a new GRU and a new linear layer."""
    k = 1 / np.sqrt(H)
    shapes = [(H, D)] * 3 + [(H, H)] * 3 + [(H,)] * 6 + [(K, H), (K,)]
    return Weights(*(rng.uniform(-k, k, s) for s in shapes))


def sigmoid(a):
    """Return σ(a): the function of chapter 0."""
    return 0.5 * (1 + np.tanh(0.5 * a))


def gru_steps(x, h_0, w):
    """Return for each step r, z, n, q = W_hn h + b_hn and h: chapter 5, three gates a product."""
    W_i, b_i = np.concatenate(w[0:3]), np.concatenate(w[6:9])
    W_h, b_h = np.concatenate(w[3:6]), np.concatenate(w[9:12])
    H, h, steps = h_0.shape[1], h_0, []
    for a_i in x @ W_i.T + b_i:
        a_h = h @ W_h.T + b_h
        r, z = np.split(sigmoid(a_i[:, : 2 * H] + a_h[:, : 2 * H]), 2, axis=1)
        q = a_h[:, 2 * H :]
        n = np.tanh(a_i[:, 2 * H :] + r * q)
        h = (1 - z) * n + z * h
        steps.append((r, z, n, q, h))
    return steps


def gru_forward(x, h_0, w):
    """Return the states h_1 to h_T, shape (T, N, H): the function of chapter 5."""
    return np.array([step[-1] for step in gru_steps(x, h_0, w)])


def gru_backward(dh, x, h_0, w):
    """Return dx, dh_0 and the twelve gradients of the GRU: the function of chapter 6."""
    W_i, W_h = np.concatenate(w[0:3]), np.concatenate(w[3:6])
    steps = gru_steps(x, h_0, w)
    before = [h_0, *(step[-1] for step in steps[:-1])]
    da_i, da_h, flow = [], [], np.zeros_like(h_0)
    for (r, z, n, q, _), h, dh_t in zip(steps[::-1], before[::-1], dh[::-1], strict=True):
        flow = flow + dh_t
        da_n = flow * (1 - z) * (1 - n**2)
        da_z = flow * (h - n) * z * (1 - z)
        da_r = da_n * q * r * (1 - r)
        da_i.append(np.concatenate([da_r, da_z, da_n], axis=1))
        da_h.append(np.concatenate([da_r, da_z, da_n * r], axis=1))
        flow = flow * z + da_h[-1] @ W_h
    da_i, da_h = np.array(da_i[::-1]), np.array(da_h[::-1])
    dW_i = np.tensordot(da_i, x, ([0, 1], [0, 1]))
    dW_h = np.tensordot(da_h, np.array(before), ([0, 1], [0, 1]))
    sums = (dW_i, dW_h, da_i.sum((0, 1)), da_h.sum((0, 1)))
    return da_i @ W_i, flow, [part for s in sums for part in np.split(s, 3)]


def clip_by_norm(grads, max_norm):
    """Return grads, scaled by one factor so that their common norm is at most max_norm."""
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    return [g * min(1, max_norm / norm) for g in grads]


start("08_training", globals())

# %% [markdown]
r"""
The functions above are those of chapters 5 to 7, with the three gates in one product so that training takes seconds. `Weights` holds fourteen arrays: twelve of the GRU and two of a linear layer that reads the last state, $y = W_y h_T + b_y$. A gradient has the same type: every array in it is the derivative by the array of the same name.

## A task with memory in it

How does one know that a network remembers? Give it a task that cannot be solved otherwise. In the **adding problem** (Hochreiter and Schmidhuber 1997, in the form used since) each step brings a random number between 0 and 1 and a mark. Two steps are marked, one in each half. At the end the network must say the sum of the two marked numbers. What does such a sequence look like?
"""


# %%
def adding_inputs(rng, T, N):
    """Return N sequences of the adding problem: numbers in x[..., 0], marks in x[..., 1]."""
    marks = np.zeros((T, N))
    marks[rng.integers(0, T // 2, N), np.arange(N)] = 1
    marks[rng.integers(T // 2, T, N), np.arange(N)] = 1
    return np.stack([rng.uniform(0, 1, (T, N)), marks], axis=-1)


rng = np.random.default_rng(8)
x = adding_inputs(rng, 50, 1)
ax = plots.axes("step t", "number", (7.6, 2.4))
marked = x[:, 0, 1] == 1
ax.bar(np.arange(50), x[:, 0, 0], color=np.where(marked, plots.COLOURS["reset"], "0.85"))
plt.show()
print("the marked numbers:", np.round(x[marked, 0, 0], 2))

# %% [markdown]
r"""
### Exercise 8.1 · `adding_targets`

1 point · difficulty ●○○ · importance ●○○

Return the sum of the two marked numbers of each sequence. Shape $(N, 1)$: one output a sequence.
"""


# %% solution="adding_targets"
def adding_targets(x):
    """Return the sums of the marked numbers, shape (N, 1); x is (T, N, 2)."""
    ### BEGIN SOLUTION
    return (x[..., 0] * x[..., 1]).sum(axis=0)[:, None]
    ### END SOLUTION


# %% check="adding_targets"
check(adding_targets)

# %%
# hint(adding_targets)

# %% [markdown]
r"""
Before anything learns: what must be beaten? A network that remembers nothing can still say 1 every time, the mean of the sum of two numbers between 0 and 1.

**Predict.** What is the mean squared error of always saying 1: about 0.02, 0.17 or 0.5?
"""

# %%
predict("08_chance", ...)

# %%
if ready(adding_targets):
    targets = np.asarray(adding_targets(adding_inputs(rng, 50, 100_000)))
    chance = float(np.mean((targets - 1) ** 2))
    print(f"always saying 1: {chance:.4f}; the variance of such a sum is 1/6 = {1 / 6:.4f}")
    display(settle("08_chance", chance, choices=(0.02, 0.17, 0.5)))

# %% [markdown]
r"""
Any loss near 0.167 means: nothing was remembered. This number is worth more than any curve.

## The loss

### Exercise 8.2 · `mean_squared_error`

2 points · difficulty ●○○ · importance ●●○

Return the mean of $(y - \text{target})^2$ over all $N \times K$ numbers, and its derivative by $y$, in the shape of $y$.
"""


# %% solution="mean_squared_error"
def mean_squared_error(y, target):
    """Return the loss, a number, and dy; y and target are (N, K)."""
    ### BEGIN SOLUTION
    difference = y - target
    return np.mean(difference**2), 2 * difference / y.size
    ### END SOLUTION


# %% check="mean_squared_error"
check(mean_squared_error)

# %%
# hint(mean_squared_error)

# %% [markdown]
r"""
## One step of training

What happens in one step, from a batch to new weights?
"""

# %%
plots_training.training_step_picture()
plt.show()

# %% [markdown]
r"""
The upper row is forward and back; you have built all of it. It only has to be put together: the loss reads the last state, so the gradient enters at the last step and nowhere else, and from there it flows back by `gru_backward`.

### Exercise 8.3 · `loss_and_gradients`

4 points · difficulty ●●● · importance ●●●

The output is $y = h_T W_y^\top + b_y$. Return the loss and a `Weights` of gradients. Use `gru_forward`, `gru_backward` and your `mean_squared_error`.
"""


# %% solution="loss_and_gradients"
def loss_and_gradients(x, h_0, target, w):
    """Return the loss and its gradients, a Weights; x is (T, N, D), target is (N, K)."""
    ### BEGIN SOLUTION
    h = gru_forward(x, h_0, w)
    loss, dy = mean_squared_error(h[-1] @ w.W_y.T + w.b_y, target)
    dh = np.zeros_like(h)
    dh[-1] = dy @ w.W_y
    grads = gru_backward(dh, x, h_0, w)[2]
    return loss, Weights(*grads, dy.T @ h[-1], dy.sum(axis=0))
    ### END SOLUTION


# %% check="loss_and_gradients"
check(loss_and_gradients)

# %%
# hint(loss_and_gradients)

# %% [markdown]
r"""
## How long a step?

The gradient says where the loss grows. How far to go against it is another question. A valley that is steep across and flat along shows what is hard about it: a step that suits one direction is too long or too short for the other.
"""

# %%
explore(plots_training.valley, learning_rate=Slider(0.1, 2.1, 1.0))

# %% [markdown]
r"""
The same without a slider, for three rates. In this valley plain descent cannot go faster than 2; just above, it flies off.
"""

# %%
_, panels = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
for ax, rate in zip(panels, (0.1, 1.0, 2.1), strict=True):
    plots_training.valley(rate, ax)
    ax.set_title(f"learning rate {rate}")
plt.show()

# %% [markdown]
r"""
**Adam** (Kingma and Ba 2015) gives every weight a step of its own length. It keeps two running means, of the gradient and of its square, and divides one by the root of the other:

$$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2, \qquad w \leftarrow w - \text{lr}\, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \varepsilon}$$

Both means start at 0 and are too small at first. The divisors $1 - \beta^t$ make up for exactly that: after $t$ steps $m$ holds weights that add up to $1 - \beta_1^t$.

### Exercise 8.4 · `adam_step`

3 points · difficulty ●●○ · importance ●●●

One array, one step: $t$ is 1 at the first. $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\varepsilon = 10^{-8}$. Return the new $w$, $m$ and $v$, as new arrays.
"""


# %% solution="adam_step"
def adam_step(w, g, m, v, t, lr):
    """Return w, m and v after step t; all arrays have one shape."""
    ### BEGIN SOLUTION
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + 1e-8), m, v
    ### END SOLUTION


# %% check="adam_step"
check(adam_step)

# %%
# hint(adam_step)

# %% [markdown]
r"""
**Predict.** A weight's gradient is 0.001, its first step is taken with lr = 0.01. By how much does Adam move it: about 0.00001, 0.001 or 0.01?
"""

# %%
predict("08_first_step", ...)

# %%
if ready(adam_step):
    zero = np.zeros(1)
    moved = -float(np.asarray(adam_step(zero, zero + 0.001, zero, zero, 1, 0.01)[0])[0])
    print(f"the weight moves by {moved:.6f}")
    display(settle("08_first_step", moved, choices=(0.00001, 0.001, 0.01)))

# %% [markdown]
r"""
At the first step $\hat m / \sqrt{\hat v} = g / |g|$: Adam sees the sign alone. A gradient of a thousandth moves its weight as far as one of a thousand, and only disagreement between steps makes the way shorter.

## The loop

Steps follow each other, each with a new batch. Three things go wrong here more often than any gradient: gradients of the last batch that are still in the sum, a state that is carried from one batch into the next although the sequences have nothing to do with each other, and a clipping that comes after the step instead of before it.

### Exercise 8.5 · `train_on`

4 points · difficulty ●●○ · importance ●●●

`xs` is $(B, T, N, D)$, a batch in each `xs[b]`; `targets` is $(B, N, K)$. Take the batches in order: the gradients at the present weights, from a zero state; clip all of them together to `max_norm`; one plain step, $w - \text{lr}\, g$. Return the last `Weights`.
"""


# %% solution="train_on"
def train_on(xs, targets, w, lr, max_norm):
    """Return the weights after one clipped step of plain descent a batch."""
    ### BEGIN SOLUTION
    h_0 = np.zeros((xs.shape[2], w.W_hr.shape[0]))
    for x, target in zip(xs, targets, strict=True):
        _, grads = loss_and_gradients(x, h_0, target, w)
        grads = clip_by_norm(grads, max_norm)
        w = Weights(*(a - lr * g for a, g in zip(w, grads, strict=True)))
    return w
    ### END SOLUTION


# %% check="train_on"
check(train_on)

# %%
# hint(train_on)

# %% [markdown]
r"""
## First: one batch, by heart

A network that cannot learn eight sequences by heart will not learn a task. So this is the first thing to try with any new model: one small batch, again and again, until the loss is practically zero. If it does not get there, something is broken, and it is not the data.

`train` below uses your gradients and your `adam_step`. Stop it with ■ whenever you like: the weights it has reached are kept.
"""


# %%
def train(draw, w, steps, lr=0.01, baseline=None, live=True):
    """Return trained weights and all losses; draw() gives a batch. An interrupt ends it early."""
    m, v = [0 * a for a in w], [0 * a for a in w]
    curve = plots_training.LiveCurve(baseline, live)
    bar = trange(1, steps + 1)
    try:
        for t in bar:
            x, target = draw()
            h_0 = np.zeros((x.shape[1], w.W_hr.shape[0]))
            loss, grads = loss_and_gradients(x, h_0, target, w)
            grads = clip_by_norm(grads, max_norm=1.0)
            moved = [adam_step(*one, t, lr) for one in zip(w, grads, m, v, strict=True)]
            w = Weights(*(one[0] for one in moved))
            m, v = [one[1] for one in moved], [one[2] for one in moved]
            curve.add(loss)
            if t % 20 == 0:
                bar.set_postfix(loss=f"{loss:.1e}")
    except KeyboardInterrupt:
        print(f"Stopped after {len(curve.losses)} steps; the weights so far are kept.")
    curve.show()
    return w, curve.losses


if ready(adding_targets, mean_squared_error, loss_and_gradients, adam_step):
    rng = np.random.default_rng(1)
    x = adding_inputs(rng, 10, 8)
    batch = (x, adding_targets(x))
    w, losses = train(lambda: batch, new_weights(rng, 2, 16, 1), 300)
    print(f"the loss on these eight sequences: {losses[0]:.3f} at first, {losses[-1]:.1e} at last")

# %% [markdown]
r"""
## A sine

Given 30 values of a sine wave of unknown pitch and phase, what comes next? The best that one can do without learning anything is to repeat the last value.
"""


# %%
def sines(rng, T, N):
    """Return N pieces of sine waves, (T, N, 1), and the value that follows each, (N, 1)."""
    pitch, phase = rng.uniform(0.1, 0.4, N), rng.uniform(0, 2 * np.pi, N)
    wave = np.sin(pitch * np.arange(T + 1)[:, None] + phase)
    return wave[:-1, :, None], wave[-1][:, None]


if ready(mean_squared_error, loss_and_gradients, adam_step):
    rng = np.random.default_rng(2)
    x, target = sines(rng, 30, 10_000)
    repeat = float(np.mean((x[-1] - target) ** 2))
    sine_w, losses = train(
        lambda: sines(rng, 30, 32), new_weights(rng, 1, 16, 1), 400, baseline=repeat
    )
    h = gru_forward(x, np.zeros((10_000, 16)), sine_w)[-1]
    error = float(np.mean((h @ sine_w.W_y.T + sine_w.b_y - target) ** 2))
    print(f"on new waves: {error:.1e}; repeating the last value: {repeat:.1e}")

# %% [markdown]
r"""
One step ahead is not far. What happens when the network has to live on its own predictions? Below it sees 30 values and then hears only itself.
"""

# %%
if ready(mean_squared_error, loss_and_gradients, adam_step):
    wave = np.sin(0.25 * np.arange(110) + 1)
    heard = list(wave[:30])
    for _ in range(80):
        window = np.array(heard[-30:])[:, None, None]
        h = gru_forward(window, np.zeros((1, 16)), sine_w)[-1]
        heard.append(float((h @ sine_w.W_y.T + sine_w.b_y)[0, 0]))
    ax = plots.axes("step t", "value", (7.6, 2.6))
    ax.plot(wave, color="0.7", lw=3, label="the wave")
    ax.plot(np.arange(30, 110), heard[30:], color=plots.COLOURS["state"], label="its own")
    ax.axvline(29.5, color="0.5", ls=":")
    ax.legend(frameon=False, fontsize=8, loc="lower left")
    plt.show()
    off = np.abs(np.array(heard) - wave)
    print(
        f"off by at most {off[30:50].max():.2f} in steps 1 to 20, {off[90:].max():.2f} in 61 to 80"
    )

# %% [markdown]
r"""
It stays a wave, but soon not this wave: every small error becomes part of what it hears next. And a sine says little about memory, since two past values determine the next.

## The adding problem

This one does. Fifty steps, two marked numbers, 32 units.

**Predict.** How does the loss fall: "steadily" from the start, or in a "plateau" at 0.167 and a sudden drop?
"""

# %%
predict("08_plateau", ...)

# %%
if ready(adding_targets, mean_squared_error, loss_and_gradients, adam_step):
    rng = np.random.default_rng(3)

    def draw(T=50, N=32):
        x = adding_inputs(rng, T, N)
        return x, np.asarray(adding_targets(x))

    w, losses = train(draw, new_weights(rng, 2, 32, 1), 500, baseline=1 / 6)
    x, target = draw(50, 5000)
    h = gru_forward(x, np.zeros((5000, 32)), w)[-1]
    error = float(np.mean((h @ w.W_y.T + w.b_y - target) ** 2))
    print(f"on new sequences: {error:.4f}; always saying 1: {1 / 6:.4f}")
    smooth = plots_training.running_mean(losses)
    near = int(np.sum((smooth > 0.1) & (smooth < 0.2)))
    falling = int(np.sum((smooth < 0.1) & (smooth > 0.01)))
    print(f"steps with a loss between 0.1 and 0.2: {near}; from 0.1 to 0.01: {falling}")
    display(settle("08_plateau", "plateau" if near > 60 else "steadily"))

# %% [markdown]
r"""
First it learns to say 1, which takes a few dozen steps; there it stays while nothing seems to happen. Then it finds the marks, and the loss falls by a factor of ten in less time than it stood still. Whoever stops on the plateau concludes that a GRU cannot do it.

What has it learned? The update gate should let a number in where the mark is, and hold what it has elsewhere.
"""

# %%
if ready(adding_targets, mean_squared_error, loss_and_gradients, adam_step):
    x = adding_inputs(np.random.default_rng(5), 50, 1)
    z = np.array([step[1][0] for step in gru_steps(x, np.zeros((1, 32)), w)])
    marked = x[:, 0, 1] == 1
    ax = plots.axes("step t", "mean of $z_t$ over units", (7.6, 2.4))
    ax.plot(z.mean(axis=1), ".-", color=plots.COLOURS["update"])
    for t in np.flatnonzero(marked):
        ax.axvline(t, color=plots.COLOURS["reset"], ls=":")
    plt.show()
    print(f"mean z at the marks {z[marked].mean():.2f}, elsewhere {z[~marked].mean():.2f}")

# %% [markdown]
r"""
The gate falls, and lets new things in, exactly at the marks; between them it holds. Nobody told it to: there is no word about gates in the loss.

## What does the rate do?

The same task, the same start, three learning rates and plain descent. Each curve is 300 steps.
"""

# %%
if ready(adding_targets, mean_squared_error, loss_and_gradients, adam_step, train_on):
    curves = {}
    for lr in (0.001, 0.01, 0.1):
        rng = np.random.default_rng(3)
        w = new_weights(rng, 2, 32, 1)
        curves[f"Adam, {lr}"] = train(lambda: draw(30), w, 300, lr, live=False)[1]
    rng = np.random.default_rng(3)
    w, plain = new_weights(rng, 2, 32, 1), []
    for _ in trange(300):
        x, target = draw(30)
        plain.append(loss_and_gradients(x, np.zeros((32, 32)), target, w)[0])
        w = train_on(x[None], target[None], w, 0.1, 1.0)
    curves["descent, 0.1"] = plain
    plots_training.loss_curves(curves, baseline=1 / 6)
    plt.show()
    for name, losses in curves.items():
        print(f"{name:<13} after 300 steps: {np.mean(losses[-20:]):.4f}")

# %% [markdown]
r"""
Ten times too slow and ten times too fast look alike on this plot: both sit on the plateau. Plain descent sits there too. When a network does not learn, the rate is the first suspect, before the cell, the size or the data.

## The same weights in PyTorch

Is it really the same network? `torch.nn.GRU` gets your weights, and both predict the same new sines.
"""

# %%
import torch

import gru_ref

torch.set_num_threads(1)  # at this size threads cost more than they give
if ready(mean_squared_error, loss_and_gradients, adam_step):
    gru = torch.nn.GRU(1, 16, dtype=torch.float64)
    packed = gru_ref.to_pytorch(gru_ref.GRUParams(*sine_w[:12]))
    gru.load_state_dict({name: torch.from_numpy(array) for name, array in packed.items()})
    x, target = sines(np.random.default_rng(4), 30, 100)
    with torch.no_grad():
        theirs = gru(torch.from_numpy(x))[0][-1].numpy()
    mine = gru_forward(x, np.zeros((100, 16)), sine_w)[-1]
    print(f"largest difference of the states: {np.abs(mine - theirs).max():.1e}")

# %% [markdown]
r"""
And the same task with PyTorch doing all of it, on a GPU where there is one. `fit` is the course's training loop, a page in `gru_ref/train.py` that does what yours does: draw, forward, loss, backward, clip, Adam.
"""

# %%
from gru_ref.train import fit

full = torch.cuda.is_available()  # the full size is for a GPU; the small one takes seconds
result = fit("adding", "gru", length=1000 if full else 50, hidden=128 if full else 32, steps=400)
plots_training.loss_curves({"torch.nn.GRU": result.losses[1]}, baseline=1 / 6)
plt.show()
print(f"after {result.step} steps on new sequences: {result.metric:.4f}")

# %% [markdown]
r"""
### A question in words

2 points, read by a person. Three or four sentences.

*A friend trains a GRU on the adding problem for 150 steps, sees a loss of 0.165 and concludes that GRUs cannot learn it. What do you say, and which two things would you try first?*
"""

# %% [markdown] answer="friend_on_the_plateau" points=2
r"""
0.165 is the loss of a network that always says 1: it has learned the mean and nothing about the marks, which says nothing yet about what it can learn. On this task the loss stays on that plateau and then falls within a few dozen steps, so first train longer. Then try other learning rates, a factor of three or ten up and down, since a rate that is too small and one that is too large both look like a plateau. To rule out a bug, learn one small batch by heart: if even that fails, the gradient or the loop is broken.
"""

# %% [markdown]
r"""
## What the articles say

- **E builds a GRU that predicts sines.** So did you. As a proof that a GRU works it is weak: two past values determine the next, and repeating the last value is already close.
- **D: training drives the gradient "as close to 1 as possible".** The loop above knows one number, the loss. Gates open because that lowers it, and only at the marks.
- **None of the five mentions a baseline.** 1/6 is what makes the curve of the adding problem readable.

## What you built

A training loop of your own, from the loss to Adam, and a GRU that has learned something that cannot be done without memory. The [next chapter](09_which_cell.ipynb) asks whether it had to be a GRU.
"""

# %%
progress()
