# %% [markdown]
r"""
# 8 · Training

| you build | you need | time | points |
|---|---|---|---|
| the target of the adding problem, a loss with its gradient, the gradients of a whole network, Adam, and a training loop with clipping | chapters 5 to 7 | 60 minutes | 14, and 2 for a written answer |

Everything is there: a cell, its unrolling in time, the gradient of every weight. In this chapter the GRU that you wrote learns: `gru_forward` of [chapter 5](05_sequences.ipynb) and `gru_backward` of [chapter 6](06_bptt.ipynb), with the cell and the gates that they call, clipped by your `clip_by_norm` of [chapter 7](07_vanishing_gradients.ipynb). It predicts a sine, it solves a task that was designed in 1997 to show that recurrent networks of the time could not remember, and it writes. At the end the same weights, in PyTorch, give the same numbers.
"""

# %%
from typing import NamedTuple

import numpy as np
from IPython.display import display
from tqdm.auto import tqdm, trange

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
from gru_ref.figures import plots, training
from gru_ref.figures.shown import show
from gru_ref.figures.widgets import Slider, explore


class GRUParams(NamedTuple):
    """The weights of one GRU cell, as in chapter 4; also their gradients, field by field."""

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


def gru_forward(x, h_0, w):
    """Return the states h_1 to h_T, shape (T, N, H): your function of chapter 5."""
    return forward(x, h_0, GRUParams(*w[:12]))


def gru_backward(dh, x, h_0, w):
    """Return dx, dh_0 and the twelve gradients of the GRU: your function of chapter 6."""
    return backward(dh, x, h_0, GRUParams(*w[:12]))


def clip_by_norm(grads, max_norm):
    """Return the fourteen gradients, clipped together: your function of chapter 7."""
    flat = np.concatenate([g.ravel() for g in grads])  # it takes twelve: all in one, and no others
    flat = clip(GRUParams(flat, *[np.zeros(1)] * 11), max_norm)[0]
    parts = np.split(flat, np.cumsum([g.size for g in grads])[:-1])
    shaped = [part.reshape(g.shape) for part, g in zip(parts, grads, strict=True)]
    return getattr(grads, "_make", list)(shaped)  # a Weights of a Weights


start("08_training", globals())
forward, backward, clip = yours("gru_forward", "gru_backward", "clip_by_norm")
update_gate = yours("update_gate")
softmax_cross_entropy, truncated_bptt = yours("softmax_cross_entropy", "truncated_bptt")

# %%
recall("08_training")

# %% [markdown]
r"""
The lines below the first cell say which functions are yours. Where one does not pass its check yet, the course's stands in; solve it, run the first cell again, and this chapter trains with yours. `gru_forward`, `gru_backward` and `clip_by_norm` above only fit them to this chapter, where there are more weights. Each has one product a gate, plainly written; a library joins the three products and is faster. Here a step of training takes about 10 ms.

`Weights` holds fourteen arrays: twelve of the GRU and two of a linear layer that reads the last state, $y = W_y h_T + b_y$. A gradient has the same type: every array in it is the derivative by the array of the same name.

## A task with memory in it

How does one know that a network remembers? Give it a task that cannot be solved otherwise. In the **adding problem** ([Hochreiter and Schmidhuber 1997](https://doi.org/10.1162/neco.1997.9.8.1735), in the form used since) each step brings a random number between 0 and 1 and a mark. Two steps are marked, one in each half. At the end the network must say the sum of the two marked numbers. What does such a sequence look like? In the picture each bar is a number, and the two full ones are marked.
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
marked = x[:, 0, 1] == 1
show(training.marked_numbers(x[:, 0, 0], x[:, 0, 1]))
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
    one = rng.uniform(0, 1, (100_000, 2))
    half = float(np.mean((one[:, 0] + 0.5 - one.sum(axis=1)) ** 2))
    print(f"one number known, 0.5 said for the other: {half:.4f}; 1/12 = {1 / 12:.4f}")
    display(settle("08_chance", chance, choices=(0.02, 0.17, 0.5)))

# %% [markdown]
r"""
A loss near 0.167 means that nothing was remembered. One near 0.083 means half of the task: one of the two numbers was remembered, and 0.5, the mean, was said for the other. A loss curve of this task is read against these two levels.

## The loss

### Exercise 8.2 · `mean_squared_error`

2 points · difficulty ●○○ · importance ●●○

Return the mean of $(y - \text{target})^2$ over all $N \times K$ numbers (N sequences, K outputs each; here K is 1), and its derivative by $y$, in the shape of $y$.
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
show(training.training_step_picture())

# %% [markdown]
r"""
You have built every box from $x$ to `backward`; now they are put together. The loss reads the last state, so the gradient enters at the last step and nowhere else, and from there it flows back by `gru_backward`.

### Exercise 8.3 · `loss_and_gradients`

4 points · difficulty ●●● · importance ●●●

For a batch the states are rows, and the output becomes $y = h_T W_y^\top + b_y$, shape $(N, K)$. Return the loss and a `Weights` of gradients. Use your `mean_squared_error` and

| | takes | returns |
|---|---|---|
| `gru_forward` | `x` $(T, N, D)$, `h_0` $(N, H)$, `w` | `h` $(T, N, H)$: the states $h_1$ to $h_T$ |
| `gru_backward` | `dh` $(T, N, H)$: what the loss sends to each state; `x`, `h_0`, `w` | three things: `dx`, `dh_0`, and a list of twelve gradients in the order of `Weights` |
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

The gradient says where the loss grows. How far to go against it is another question. Take a loss of two weights, a valley that is 25 times as steep across as along. The thin lines join weights of equal loss, the star is the lowest point, and every mark is a step. Dots are plain descent, $w \leftarrow w - \text{lr}\, g$: one rate for both weights. Crosses are Adam, which gives each weight a step of its own length; its formula comes below the pictures.
"""

# %%
explore(training.valley, learning_rate=Slider(0.1, 2.2, 1.0))

# %% [markdown]
r"""
The same without a slider, for three rates.
"""

# %%
panels = plots.panels(3, (11, 4.0))
for ax, rate in zip(panels, (0.1, 1.9, 2.1), strict=True):
    training.valley(rate, ax)
    path, by_adam = training.valley_paths(rate)
    print(
        f"rate {rate}: from (-10, 2), descent to ({path[-1, 0]:.1f}, {path[-1, 1]:.2g}), Adam to "
        f"({by_adam[-1, 0]:.1f}, {by_adam[-1, 1]:.2g}), on the way as far along as "
        f"{by_adam[:, 0].max():.1f}"
    )
show(panels[0])

# %% [markdown]
r"""
At 0.1 plain descent is soon down on the floor of the valley and then hardly moves along it. At 1.9 it jumps from side to side and still comes closer; at 2.1 every jump is longer than the last. The limit, 2, is set by the steep direction alone, and the flat one has to live with it. Adam stays in the valley at all three rates, and at the slow one it goes farther than descent. It has a fault of its own: at 1.9 and 2.1 it shoots past the star, which is at 0, and has to come back.
"""

# %% [markdown]
r"""
**Adam** ([Kingma and Ba 2015](https://arxiv.org/abs/1412.6980)) gives every weight a step of its own length. It keeps two running means, of the gradient and of its square, and divides one by the root of the other:

$$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2, \qquad w \leftarrow w - \text{lr}\, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \varepsilon}$$

Both means start at 0 and are too small at first. The divisors $1 - \beta^t$ make up for exactly that: after $t$ steps $m$ holds weights that add up to $1 - \beta_1^t$. And $\varepsilon$ is there for a weight whose gradient has been 0 so far: without it, its step would be 0/0.

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

    def last_step(gradients):
        """Return the length of Adam's last step after these gradients, with lr = 0.01."""
        before = after = m = v = np.zeros(1)
        for t, g in enumerate(gradients, 1):
            before = after
            after, m, v = adam_step(after, np.array([g]), m, v, t, 0.01)
        return float(np.abs(np.asarray(after) - before)[0])

    moved = last_step([0.001])
    print(f"first step, gradient 0.001: {moved:.5f}; gradient 1000: {last_step([1000.0]):.5f}")
    print(f"after 100 gradients of 1:              {last_step([1.0] * 100):.5f}")
    print(f"after 100 that are +1 and -1 in turns: {last_step([1.0, -1.0] * 50):.5f}")
    print(f"after 100 of 1 and then 20 of 0.001:   {last_step([1.0] * 100 + [0.001] * 20):.5f}")
    display(settle("08_first_step", moved, choices=(0.00001, 0.001, 0.01)))

# %% [markdown]
r"""
At the first step $\hat m / \sqrt{\hat v} = g / |g|$: Adam sees the sign alone, and a gradient of a thousandth moves its weight as far as one of a thousand. Later steps become shorter for two reasons: the gradients disagree about the sign, or they are smaller than they used to be, which $v$ remembers for a thousand steps.

## The loop

Steps follow each other, each with a new batch. Three things go wrong here more often than any gradient. Gradients of the last batch are still in the sum; PyTorch, for one, adds each gradient to the last until `zero_grad()` is called. A state is carried from one batch into the next, although the sequences have nothing to do with each other. And the clipping comes after the step instead of before it.

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
def train(draw, w, steps, lr=0.01, levels=None, watch=None, live=True):
    """Return trained weights and all losses; draw() gives a batch. An interrupt ends it early.

    levels are named losses to draw beside the curve; watch(t, w) is called every 20 steps.
    """
    m, v = [0 * a for a in w], [0 * a for a in w]
    curve = training.LiveCurve(levels, live)
    bar = trange(1, steps + 1, disable=not live)
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
                if watch is not None:
                    watch(t, w)
    except KeyboardInterrupt:
        print(f"Stopped after {len(curve.losses)} steps; the weights so far are kept.")
    curve.show()
    return w, curve.losses


def output(x, w):
    """Return what the network says after each sequence of x, (N, K)."""
    return gru_forward(x, np.zeros((x.shape[1], w.W_hr.shape[0])), w)[-1] @ w.W_y.T + w.b_y


if ready(adding_targets, mean_squared_error, loss_and_gradients, adam_step):
    rng = np.random.default_rng(1)
    x = adding_inputs(rng, 10, 8)
    batch = (x, adding_targets(x))
    _, losses = train(lambda: batch, new_weights(rng, 2, 16, 1), 300)
    print(f"the loss on these eight sequences: {losses[0]:.3f} at first, {losses[-1]:.1e} at last")

# %% [markdown]
r"""
## A sine

Given 30 values of a sine wave of unknown pitch and phase, what comes next? Some answers need no learning: the last value again, or the straight line through the last two. And since three values of a sine determine the next, there is an exact one:

$$x_{t+1} = \frac{x_t\,(x_t + x_{t-2})}{x_{t-1}} - x_{t-1}$$
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
    guesses = {
        "the last value again": x[-1],
        "the line through the last two": 2 * x[-1] - x[-2],
        "exact, from the last three": x[-1] * (x[-1] + x[-3]) / x[-2] - x[-2],
    }
    errors = {name: float(np.mean((guess - target) ** 2)) for name, guess in guesses.items()}
    levels = {name: error for name, error in errors.items() if error > 1e-6}
    sine_w, losses = train(
        lambda: sines(rng, 30, 32), new_weights(rng, 1, 16, 1), 400, levels=levels
    )
    errors["the network, on new waves"] = float(np.mean((output(x, sine_w) - target) ** 2))
    for name, error in errors.items():
        print(f"{name:30} {error:.1e}")

# %% [markdown]
r"""
The network beats the straight line. One step ahead is not far, though. What happens when it has to live on its own predictions? Below it sees the 30 values up to the dotted line and then hears only itself.
"""

# %%
if ready(mean_squared_error, loss_and_gradients, adam_step):
    wave = np.sin(0.25 * np.arange(110) + 1)
    heard = list(wave[:30])
    for _ in range(80):
        heard.append(float(output(np.array(heard[-30:])[:, None, None], sine_w)[0, 0]))
    ax = plots.axes("step t", "value", (7.6, 2.6))
    ax.plot(wave, **plots.line("input"), label="the wave")
    ax.plot(np.arange(30, 110), heard[30:], **plots.line("state"), label="its own")
    ax.axvline(29.5, color=plots.INK, ls=":")
    ax.legend(frameon=False, fontsize=8, loc="lower left")
    off = np.abs(np.array(heard) - wave)
    alt = (
        "Line plot of two waves against the step. The wave itself, dotted, swings between -1 and 1 "
        "over 110 steps. The network's own, solid, begins at the dotted line at step 30 and swings "
        f"between {min(heard[30:]):.2f} and {max(heard[30:]):.2f}; it is off by up to "
        f"{off[30:50].max():.2f} in its first 20 steps and by up to {off[50:].max():.2f} after that."
    )
    show(ax, alt)
    print(f"off by at most {off[30:50].max():.2f} at t = 30 to 49, {off[50:].max():.2f} after that")
    crests = [v for u, v, w in zip(heard[30:], heard[31:], heard[32:], strict=False) if u < v > w]
    print("its crests, 1 in the wave:", np.round(crests, 2))

# %% [markdown]
r"""
Within 20 steps it is far off the wave that it heard. Its crests differ in height and come at the wrong times. Each error becomes part of what it hears next, and it was never trained on that. And a sine says little about memory, since three past values are enough.

## The adding problem

This one needs it. Fifty steps, two marked numbers, 32 units.

**Predict.** How does the loss fall: "steadily" from the start, or in a "plateau" at 0.167 and a sudden drop?
"""

# %%
predict("08_plateau", ...)

# %%
if ready(adding_targets, mean_squared_error, loss_and_gradients, adam_step):
    rng = np.random.default_rng(3)
    LEVELS = {"always saying 1": 1 / 6, "one number known": 1 / 12}
    new_x = adding_inputs(np.random.default_rng(4), 50, 1000)
    new_target = np.asarray(adding_targets(new_x))
    marked_numbers = new_x[..., 0] * new_x[..., 1]
    halves = [marked_numbers[:25].sum(axis=0), marked_numbers[25:].sum(axis=0)]
    seen = []

    def draw(T=50, N=32):
        """Return a batch of the adding problem."""
        x = adding_inputs(rng, T, N)
        return x, np.asarray(adding_targets(x))

    def watch(t, w):
        """Note the loss on new sequences, and how the output goes with each marked number."""
        y = output(new_x, w)
        loss = np.mean((y - new_target) ** 2)
        seen.append((t, loss, *(np.corrcoef(y[:, 0], half)[0, 1] for half in halves)))

    adding_w, losses = train(draw, new_weights(rng, 2, 32, 1), 400, levels=LEVELS, watch=watch)
    error = float(np.mean((output(new_x, adding_w) - new_target) ** 2))
    print(f"on new sequences: {error:.4f}; always saying 1: {1 / 6:.4f}")
    smooth = training.running_mean(losses)
    near = int(np.sum((smooth > 0.1) & (smooth < 0.2)))
    falling = int(np.sum((smooth < 0.1) & (smooth > 0.01)))
    print(f"steps with a mean loss between 0.1 and 0.2: {near}; from 0.1 to 0.01: {falling}")
    if len(losses) == 400 and error < 0.02:
        display(settle("08_plateau", "plateau" if near > 60 else "steadily"))
    else:
        print("The loss has not fallen yet, which settles nothing: let all 400 steps run.")

# %% [markdown]
r"""
First it learns to say 1; there it stays while nothing seems to happen. Then the loss falls by a factor of ten in less time than it stood still. Whoever stops on the plateau concludes that a GRU cannot do it.

Does nothing happen on the plateau? The loss is a coarse witness. A finer one is the correlation of the output with each marked number: 0 means that the output does not know it. An output that knows both, and is their sum, has a correlation of $1/\sqrt 2$ with each.
"""

# %%
if ready(adding_targets, mean_squared_error, loss_and_gradients, adam_step) and seen:
    ax = plots.axes("step", "", (7.6, 2.6))
    plots.describe(ax, "Line plot of three numbers against the step of training.")
    at, loss, first, second = np.array(seen).T
    ax.plot(at, loss / loss[0], **plots.line("plain"), label="loss on new sequences, 1 at first")
    ax.plot(
        at, first, marker="o", ms=3, **plots.line("input", 0), label="correlation with the first"
    )
    ax.plot(at, second, marker="s", ms=3, **plots.line("input", 1), label="with the second")
    ax.legend(frameon=False, fontsize=8, loc="lower right", bbox_to_anchor=(1, 0.1))
    for what, values in (
        ("The loss as a share of its first value", loss / loss[0]),
        ("The correlation with the first number", first),
        ("The correlation with the second", second),
    ):
        every = ", ".join(f"{values[i]:.2f} at step {at[i]:.0f}" for i in range(0, len(at), 3))
        plots.describe(ax, f"{what}: {every}.")
    show(ax)
    print(f"both known: {0.5**0.5:.2f} each")
    for t, *values in seen[:12]:
        print("step {:3}: loss {:.3f}, correlation {:5.2f} and {:5.2f}".format(t, *values))

# %% [markdown]
r"""
The plateau is not idle. From step 20 to step 140 the loss goes from 0.173 to 0.157 and looks like noise, while the correlation with the second number climbs from 0.12 to 0.56: the output already goes with the number, by tiny amounts. A likely reason for the sudden end is that two things wait for each other. The better the state knows a number, the more it pays to listen to the state; the more the output listens, the stronger the gradient that improves the state. Such growth is slow at first and fast at last. The second number comes first, since fewer steps lie between it and the output.

## What has it learned?

The update gate should let a number in where the mark is, and hold what it has elsewhere. The map shows $z_t$ of every unit over one new sequence: full colour is hold, pale is renew.
"""

# %%
if ready(adding_targets, mean_squared_error, loss_and_gradients, adam_step):
    x = adding_inputs(np.random.default_rng(5), 50, 1)
    states = gru_forward(x, np.zeros((1, 32)), adding_w)[:, 0]
    before = np.concatenate([np.zeros((1, 32)), states[:-1]])
    w = adding_w  # all 50 steps in one call: each has its row in x[:, 0] and in before
    z = np.asarray(update_gate(x[:, 0], before, w.W_iz, w.b_iz, w.W_hz, w.b_hz))
    i, j = np.flatnonzero(x[:, 0, 1])
    show(training.gates_over_steps(z, (i, j)))
    between = z[i + 1 : j]
    print(
        f"mean z before the first mark {z[:i].mean():.2f}, between the marks {between.mean():.2f}"
    )
    hold = between.mean(axis=0) > 0.95
    kept = between.prod(axis=0)
    print(f"mean z at the first mark {z[i].mean():.2f}, at the second {z[j].mean():.2f}")
    print(f"units with a mean z above 0.95 between the marks: {hold.sum()} of 32")
    falls = between.mean(axis=0) - z[[i, j]]  # at each of the two marks
    for least in (0, 0.1, 0.3):
        both = (falls > least).all(axis=0).sum()
        print(
            f"units whose z is lower at both marks than between them, by more than {least}: {both}"
        )
    print(f"share of the state that z keeps from mark to mark: {kept.max():.2f} in the best unit,")
    print(f"  above 0.25 in {np.sum(kept > 0.25)} units, below 0.01 in {np.sum(kept < 0.01)}")

# %% [markdown]
r"""
At both marks the gates of 27 of the 32 units are lower than between them, those of 15 by more than 0.1, those of 4 by more than 0.3: there something new enters. Before the first mark they are lower than after it, since there is nothing to hold yet. And the units divide the work. Some stay near 1 between the marks, and the best of them keeps 0.65 of its state from mark to mark; at the bottom of the map are units that renew their state at every step, and in 10 of the 32 less than 0.01 is left. What the candidate $n_t$ carries over, which reads the state too, is not in these numbers. Nobody told the network any of this: there is no word about gates in the loss.

## What does the rate do?

A smaller task, so that many runs fit into seconds: sequences of 10 steps and 16 units. Adam at four rates, ten times apart, from three starts each. Then your `train_on`, plain descent, at four rates from one of the starts. The numbers below are errors on the same 1,000 new sequences, every 20 steps.
"""

# %%
if ready(adding_targets, mean_squared_error, loss_and_gradients, adam_step, train_on):
    x_10 = adding_inputs(np.random.default_rng(4), 10, 1000)
    target_10 = np.asarray(adding_targets(x_10))

    def error_10(w):
        """Return the mean squared error on 1000 new sequences of 10 steps."""
        return float(np.mean((output(x_10, w) - target_10) ** 2))

    def first_below(errors):
        """Return the step at which an error, one every 20 steps, is first below 0.05."""
        return next((str(20 * (k + 1)) for k, error in enumerate(errors) if error < 0.05), "never")

    panels = plots.panels(4, (11, 2.8), "loss, mean of 20 steps", sharey=True)
    for ax, lr in zip(panels, tqdm((0.001, 0.01, 0.1, 1.0)), strict=True):
        ends, solved = [], []
        for start_seed in (3, 4, 5):
            rng = np.random.default_rng(start_seed)
            fresh = new_weights(rng, 2, 16, 1)
            new = []
            _, losses = train(
                lambda: draw(10),
                fresh,
                200,
                lr,
                live=False,
                watch=lambda _, w, new=new: new.append(error_10(w)),
            )
            run = training.running_mean(losses)
            ax.semilogy(np.arange(1, len(run) + 1), run, **plots.line("plain", start_seed - 3))
            ends.append(f"{new[-1]:.3f}")
            solved.append(first_below(new))
        plots.level(ax, 1 / 6)
        ax.set(title=f"Adam, {lr:g}", xlabel="step")
        plots.describe(
            ax,
            "Line plot of the loss over 200 steps from three starts, on a logarithmic axis, with a "
            "level at 1/6.",
            f"The errors after 200 steps are {', '.join(ends)}; below 0.05 after: {', '.join(solved)}.",
        )
        print(
            f"Adam, {lr:<5g} after 200 steps: {', '.join(ends)}; below 0.05 after: {', '.join(solved)}"
        )
    show(panels[0])

# %%
if ready(adding_targets, mean_squared_error, loss_and_gradients, adam_step, train_on):
    for lr, chunks in tqdm([(0.1, 10), (0.3, 35), (1.0, 10), (3.0, 10)]):
        rng = np.random.default_rng(3)
        fresh, new = new_weights(rng, 2, 16, 1), []
        for _ in range(chunks):
            xs, targets = zip(*(draw(10) for _ in range(20)), strict=True)
            fresh = train_on(np.array(xs), np.array(targets), fresh, lr, 1.0)
            new.append(error_10(fresh))
        print(f"descent, {lr:<4g} after 200 steps: {new[9]:.3f}", end="; ")
        print(f"below 0.05 within {20 * chunks} steps, after: {first_below(new)}")

# %% [markdown]
r"""
Adam at 0.001 comes down to the plateau and is still there after 200 steps; at 0.01 it leaves it, at 0.1 sooner; at 1 it ends far above the dotted line, worse than a network that says 1. So too slow and too fast look different, and all three starts agree. Plain descent, at rates from 0.1 to 3, has learned nothing after 200 steps. At 0.3 it gets below 0.05 too, but needs 600 steps where Adam at 0.1 needs 40 to 60. When a network does not learn, the rate is the first suspect, before the cell, the size or the data.

## It writes

Two functions of yours have not been used yet. A network that reads a text one character at a time and says which one comes next needs both: `softmax_cross_entropy` of [chapter 5](05_sequences.ipynb) for a loss at every step, and `truncated_bptt` of [chapter 6](06_bptt.ipynb), because the text is long. The state is carried from one piece of the text to the next. (Here that is right: the next piece *is* the continuation.) The text comes from a small grammar. Subject and verb agree, and up to 16 characters lie between them. What does it look like?
"""


# %%
SUBJECTS = (("the gate", "the state", "one unit"), ("the gates", "the states", "all units"))
BETWEEN = ("", " of the new cell", " in a long row", " with a mark")
VERBS = (("opens", "holds", "forgets"), ("open", "hold", "forget"))


def sentence(rng):
    """Return a sentence, its subject one or many."""
    many = rng.integers(2)
    return f"{rng.choice(SUBJECTS[many])}{rng.choice(BETWEEN)} {rng.choice(VERBS[many])}. "


rng = np.random.default_rng(6)
texts = ["".join(sentence(rng) for _ in range(800))[:16000] for _ in range(16)]
LETTERS = sorted(set("".join(texts)))
CODES = np.array([[LETTERS.index(c) for c in text] for text in texts]).T  # (T, N)
print(texts[0][:150])
length = np.mean([len(sentence(rng)) for _ in range(1000)])
print(
    f"{len(LETTERS)} letters: loss at the start about ln {len(LETTERS)} = {np.log(len(LETTERS)):.2f}"
)
print(f"72 sentences of {length:.1f} characters: no loss stays below {np.log(72) / length:.2f}")

# %% [markdown]
r"""
Sixteen texts are read side by side, in pieces of 40 steps, with windows of 20. Every 75 steps the network writes a line: each letter is drawn from its probabilities and fed back in.
"""


# %%
def write(w, characters, rng):
    """Return what the network writes after a full stop, letter by letter."""
    h, letter, text = np.zeros((1, w.W_hr.shape[0])), LETTERS.index(" "), ""
    for _ in range(characters):
        h = gru_forward(np.eye(len(LETTERS))[[[letter]]], h, w)[-1]
        a = (h @ w.W_y.T + w.b_y)[0]
        q = np.exp(a - a.max())
        letter = rng.choice(len(LETTERS), p=q / q.sum())
        text += LETTERS[letter]
    return text


def agreeing(text):
    """Return how many whole sentences a text has, how many are made of our words, and agree."""
    made = [
        {f"{s}{b} {v}" for s in SUBJECTS[i] for b in BETWEEN for v in VERBS[j]}
        for i, j in ((0, 0), (1, 1), (0, 1), (1, 0))
    ]
    found = text.split(". ")[:-1]
    agree, differ = (sum(s in one | other for s in found) for one, other in (made[:2], made[2:]))
    return len(found), agree + differ, agree


if ready(adam_step):
    rng, K, steps = np.random.default_rng(7), len(LETTERS), 300
    w = new_weights(rng, K, 48, K)
    m, v, h_0, losses = [0 * a for a in w], [0 * a for a in w], np.zeros((16, 48)), []
    for t in trange(1, steps + 1):
        piece = CODES[40 * (t - 1) : 40 * t + 1]
        x, targets = np.eye(K)[piece[:-1]], piece[1:]
        h = np.asarray(gru_forward(x, h_0, w))
        loss, dlogits = softmax_cross_entropy(h @ w.W_y.T + w.b_y, targets)
        grads = truncated_bptt(dlogits @ w.W_y, x, h_0, GRUParams(*w[:12]), 20)
        of_output = np.einsum("tnk,tnh->kh", dlogits, h), dlogits.sum(axis=(0, 1))
        grads = clip_by_norm(Weights(*grads, *of_output), 1.0)
        moved = [adam_step(*one, t, 0.01) for one in zip(w, grads, m, v, strict=True)]
        w, m, v = (list(part) for part in zip(*moved, strict=True))
        w, h_0 = Weights(*w), h[-1]
        losses.append(loss)
        if t in (1, 75, 150, 300):
            print(f"step {t:>3}, loss {np.mean(losses[-20:]):.2f}: {write(w, 70, rng)}")
    whole, spelled, agree = agreeing(write(w, 3000, rng))
    print(f"of {whole} sentences {spelled} are of our words, in {agree} subject and verb agree")

# %% [markdown]
r"""
Step by step come letters, then words, then whole sentences. After 300 steps the loss, 0.18, is close to the 0.16 of the grammar, and 90 of 105 sentences are made of its words. But in 55 of them alone do subject and verb agree, which is little more than chance: the last letters of a subject must be kept over the words between, and a wrong verb costs little, since it is a few letters of a sentence. A small loss is not the same as having learned the rule. More steps, or windows shorter than the way from subject to verb, are worth a try.

## The same weights in PyTorch

Is it the same network? `torch.nn.GRU` gets the weights of the sine network and reads new waves. The cell compares its last states with yours.
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
And the adding problem with PyTorch doing all of it, on a GPU and with longer sequences where there is one. `fit` is the course's training loop, `gru_ref/training/loop.py`, and does what yours does: draw, forward, loss, backward, clip, Adam. It records the mean loss of every ten steps.
"""

# %%
from gru_ref.training.loop import fit

full = torch.cuda.is_available()
size = (
    {"length": 400, "steps": 1500, "until_solved": True} if full else {"length": 50, "steps": 300}
)
result = fit("adding", "gru", hidden=32, **size)
levels = {"always saying 1": 1 / 6, "one number known": 1 / 12}
show(training.loss_curves({"torch.nn.GRU": result.losses}, levels))
print(f"after {result.step} steps on new sequences: {result.metric:.4f}")

# %% [markdown]
r"""
### A question in words

2 points, read by a person. Three or four sentences.

*A friend trains a GRU on the adding problem with 400 steps. The loss stands at 0.083 and does not move. What has the network learned and what not? Which of the two numbers is it, do you think, and which measurement would tell? What would you try next?*
"""

# %% [markdown] answer="friend_on_the_plateau" points=2
r"""
0.083 is 1/12, the loss of a network that knows one of the two numbers and says 0.5 for the other: it can hold a number, but not both. It is probably the second, which has the shorter way to the output; the correlation of the output with each of the two numbers on new sequences tells. It says nothing yet about what a GRU can do. The network may be on a second plateau, so I would train longer and watch that correlation, which moves before the loss does, and then try other learning rates, three or ten times larger and smaller.

**Points**

- 1: it knows one of the two numbers and takes the mean for the other; probably the second, which is nearer to the output. 0.083 is 1/12.
- 0.5: the measurement: the correlation of the output with each number, on new sequences.
- 0.5: what next: longer training, other learning rates, or another step that the plateau calls for.
"""

# %% [markdown]
r"""
## What the articles say

The five articles that the course calls A to E are named in chapter 0.

- **E builds a GRU that predicts sines.** So did you. As a proof that a GRU remembers it is weak: three past values determine the next, and the straight line through the last two is already close.
- **D: training drives the gradient "as close to 1 as possible".** The loop above knows one number, the loss. Gates open and close because that lowers it, and no unit's does so everywhere.
- **None of the five mentions a baseline.** 1/6 and 1/12 are what makes the curve of the adding problem readable.

## What you built

A training loop of your own, from the loss to Adam, and a GRU that has learned something that cannot be done without memory. [Chapter 9](09_which_cell.ipynb) asks whether it had to be a GRU.
"""

# %%
progress()
