# %% [markdown]
r"""
# 2 · The update gate

| you build | you need | time | points |
|---|---|---|---|
| `update_gate`, the `blend` that it controls, the `half_life` of a memory, `bias_for_half_life`, and the `shares` of a state | chapters 0 and 1 | 35 minutes | 10, and 2 for a written answer |

The reset gate decides what a draft of the new state may see. The **update gate** $z_t$ decides what becomes of the old state: for each unit, the share of $h_{t-1}$ that is carried over unchanged. The rest of the new state is filled from the draft, the candidate $n_t$. Where $z_t$ stays near 1, a number survives for hundreds of steps. This one gate is the long memory of the GRU.
"""

# %%
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

start("02_update_gate", globals())
sigmoid = yours("sigmoid")

# %%
recall("02_update_gate")

# %% [markdown]
r"""
## The same equation, other weights

$$z_t = \sigma(\underbrace{W_{iz}\, x_t + b_{iz} + W_{hz}\, h_{t-1} + b_{hz}}_{a_z}) \tag{2}$$
"""

# %%
show(diagrams.gate_picture("z"))

# %% [markdown]
r"""
Only the weights tell the two gates apart, and what each output is used for.

### Exercise 2.1 · `update_gate`

2 points · difficulty ●○○ · importance ●●●

Return equation (2).
"""


# %% solution="update_gate"
def update_gate(x_t, h_prev, W_iz, b_iz, W_hz, b_hz):
    """Return z_t, shape (H,) or (N, H)."""
    ### BEGIN SOLUTION
    return sigmoid(x_t @ W_iz.T + b_iz + h_prev @ W_hz.T + b_hz)
    ### END SOLUTION


# %% check="update_gate"
check(update_gate)

# %%
# hint(update_gate)

# %% [markdown]
r"""
## Old and new, blended

What is done with $z_t$? The new state is a weighted mean of the old state and the candidate, unit by unit:

$$h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t$$

One number sets both shares: what the one gains the other loses. Open means $z_t = 1$, open to the past; new content enters as the gate closes. Where the candidate comes from is the subject of [chapter 3](03_candidate_state.ipynb); here it is given.
"""

# %%
show(diagrams.blend_picture())

# %% [markdown]
r"""
At $z_t = 1$ the unit copies its past and ignores the candidate; at $z_t = 0$ it is the candidate. The name misleads here: an update gate of 1 means *no* update. In the papers that weight the new content with $z$ the name fits, and in this course's convention it is the gate's complement that updates.

### Exercise 2.2 · `blend`

2 points · difficulty ●○○ · importance ●●●

Return the blend. All three arrays have the same shape, `(H,)` or `(N, H)`, and must come back as they were: the caller still needs them.
"""


# %% solution="blend"
def blend(z_t, h_prev, n_t):
    """Return z_t ⊙ h_prev + (1 - z_t) ⊙ n_t."""
    ### BEGIN SOLUTION
    return z_t * h_prev + (1 - z_t) * n_t
    ### END SOLUTION


# %% check="blend"
check(blend)

# %%
# hint(blend)

# %% [markdown]
r"""
## A leaky memory

Hold $z$ constant for a moment. Each step keeps the share $z$ of what was there, so after $k$ steps the share $z^k$ of $h_0$ is left.

**Predict.** $z = 0.9$. How much of $h_0$ is left after 10 steps, in percent? (Type 40 for 40 %.)
"""

# %%
predict("02_ten_steps", ...)

# %%
h = 100.0
for _ in range(10):
    h = 0.9 * h
settle("02_ten_steps", round(h))

# %% [markdown]
r"""
A memory that loses a share each step has a **half-life**: the number of steps until half is left. Which $z$ keeps half for 5 steps, which for 50? Move the slider to find out.
"""

# %%
explore(plots.memory_decay, z=Slider(0.5, 0.994, 0.9, 0.002))

# %% [markdown]
r"""
The same without a slider, for three values. Half is left for 5 steps at 0.87, and for 50 at 0.986. From 0.5 to 0.87 is a larger move than from there to 0.986, but the second buys far more time: 44 steps where the first buys 4.
"""

# %%
show(plots.memory_decay((0.5, 0.87, 0.986)))

# %% [markdown]
r"""
### Exercise 2.3 · `half_life`

2 points · difficulty ●●○ · importance ●●●

Solve $z^k = \tfrac12$ for $k$. `z` is a number or an array; the answer need not be a whole number.
"""


# %% solution="half_life"
def half_life(z):
    """Return the number of steps after which a constant z has halved the memory."""
    ### BEGIN SOLUTION
    return np.log(0.5) / np.log(z)
    ### END SOLUTION


# %% check="half_life"
check(half_life)

# %%
# hint(half_life)

# %% [markdown]
r"""
A network cannot set $z$ directly. It has the bias.

**Predict.** To make the memory ten times as long, from a half-life of 10 steps to one of 100, the bias must rise. By about how much: 0.23, 2.3 or 23?
"""

# %%
predict("02_ten_times", ...)

# %% [markdown]
r"""
### Exercise 2.4 · `bias_for_half_life`

2 points · difficulty ●●○ · importance ●●○

Return the bias $b$ for which $z = \sigma(b)$ has a half-life of `steps`. Two inversions, one after the other: which $z$ has this half-life, and which bias gives this $z$. You have solved both; write the second one, from [chapter 1](01_reset_gate.ipynb), out again.
"""


# %% solution="bias_for_half_life"
def bias_for_half_life(steps):
    """Return the bias b such that z = σ(b) halves the memory in this many steps."""
    ### BEGIN SOLUTION
    z = 0.5 ** (1 / steps)
    return np.log(z / (1 - z))
    ### END SOLUTION


# %% check="bias_for_half_life"
check(bias_for_half_life)

# %%
# hint(bias_for_half_life)

# %%
if ready(bias_for_half_life):
    for steps in (1, 10, 100, 1000):
        print(f"half-life {steps:>4} steps: b = {bias_for_half_life(steps):5.2f}")
    rise = bias_for_half_life(100) - bias_for_half_life(10)
    display(settle("02_ten_times", float(rise), choices=(0.23, 2.3, 23)))

# %% [markdown]
r"""
The length of a memory is exponential in the bias. Around a bias of 0, where a new GRU starts, half is forgotten at every step; a bias of 7.3 gives a half-life of a thousand steps.

## Why not keep everything?

If long memory is one bias away, why not set $z = 0.99$ for good? Feed a unit with noisy candidates that change sign in the middle, and see what it makes of them.
"""

# %%
rng = np.random.default_rng(3)
n = np.where(np.arange(120) < 60, -0.7, 0.7) + rng.normal(0, 0.25, 120)
panels = plots.panels(3, (10.5, 2.7), sharey=True)
for z, ax in zip((0.5, 0.9, 0.99), panels, strict=True):
    plots.leaky_memory(np.full(120, z), n, ax, f"z = {z} at every step")
    ax.set_xlabel("step t")
panels[0].legend(frameon=False, fontsize=8, loc="lower right")
show(panels[0].figure)

# %% [markdown]
r"""
A constant $z$ is a compromise. A small one follows the change at once, and the noise too; a large one smooths the noise away and then follows the change far too slowly. The unit with $z = 0.99$ turns at step 60 like the others, but it had not reached the first level by then, and it is far from the second at the end.

The way out is a $z_t$ that changes from step to step, which is what equation (2) provides. Below, a unit closes its gate for one step, at step 20, so that the candidate comes in, and opens it again: write once, then hold.
"""

# %%
z = np.full(120, 0.9999)
z[19] = 0.0  # step 20: steps are counted from 1
ax = plots.leaky_memory(z, n)
ax.axvline(20, color=plots.INK, ls=":")
plots.describe(ax, "A dotted line marks step 20, at which z is 0; there the state jumps to n_20.")
ax.set(xlabel="step t", title="z = 0.9999, and 0 at one step")
ax.legend(frameon=False, loc="lower right")
show(ax)

# %% [markdown]
r"""
## What is in a state?

Whatever the gates do, $h_T$ is a weighted mean of all that came before: of $h_0$ and of every candidate $n_1, \dots, n_T$. Follow one unit. Each step multiplies all shares that are there by $z_t$, and gives the new candidate what is left, $1 - z_t$.

**Predict.** $z = 0.9$ at every step, 40 steps. Which candidate has the largest share in $h_{40}$: number 1, 20 or 40?
"""

# %%
predict("02_largest_share", ...)

# %% [markdown]
r"""
### Exercise 2.5 · `shares`

2 points · difficulty ●●○ · importance ●●○

`z` holds $z_1$ to $z_T$ of one unit. Return the $T + 1$ shares in $h_T$: first that of $h_0$, then those of $n_1$ to $n_T$. A gate may be 0, so nothing can be divided by it.
"""


# %% solution="shares"
def shares(z):
    """Return the shares of h_0, n_1, ..., n_T in h_T, shape (T + 1,); z is (T,)."""
    ### BEGIN SOLUTION
    found = np.ones(1)
    for z_t in z:
        found = np.append(z_t * found, 1 - z_t)
    return found
    ### END SOLUTION


# %% check="shares"
check(shares)

# %%
# hint(shares)

# %% [markdown]
r"""
Three units after 40 steps: two with a constant gate, and the one that writes at step 20. The last line holds the shares of the picture above against the blend itself, step by step.
"""

# %%
if ready(shares, blend):
    once = np.full(40, 0.9999)
    once[19] = 0.0
    for name, gates in (("0.9", np.full(40, 0.9)), ("0.99", np.full(40, 0.99)), ("once", once)):
        s = np.asarray(shares(gates))
        kept = ", ".join(
            f"{what} {s[t]:.4f}" for what, t in (("h_0", 0), ("n_20", 20), ("n_40", 40))
        )
        print(f"z = {name:<5} {kept}; their sum differs from 1 by {abs(s.sum() - 1):.0e}")
        if name == "0.9":
            display(settle("02_largest_share", int(s[1:].argmax()) + 1, choices=(1, 20, 40)))
    h = 0.0
    for z_t, n_t in zip(z, n, strict=True):
        h = blend(z_t, h, n_t)
    print(
        f"h_120 by its shares and by 120 blends: {abs(np.asarray(shares(z))[1:] @ n - h):.1e} apart"
    )

# %% [markdown]
r"""
The shares sum to 1. Among the candidates a constant gate can only favour what is recent; the gate that closes once gives nearly everything to the step at which it did. The product of the gates after a step, which decides how much of it is left, returns in [chapter 7](07_vanishing_gradients.ipynb): by the same product the derivatives, which training needs, come back to an early step.

### A question in words

2 points, read by a person. Two or three sentences.

*With a constant $z$ the blend is an exponential moving average, a filter known long before neural networks. What does a GRU gain by computing $z_t$ from $x_t$ and $h_{t-1}$? Name one thing that no constant $z$ can do.*
"""

# %% [markdown] answer="why_a_gate" points=2
r"""
A constant $z$ treats every step alike: it fixes one compromise between remembering and following. A computed $z_t$ can depend on what arrives and on what is already stored, so the unit decides *when* to write. It can, for example, store one marked value and hold it for hundreds of steps while it ignores everything else, and then let it go at once when a second mark arrives. A constant $z$ that holds for hundreds of steps needs hundreds of steps to take anything in.

**Points**

- 1: $z_t$ depends on the input or on the state, so the unit decides at which step to write.
- 1: one thing that no constant can do, such as holding a value for long and then letting it go at once.
"""

# %% [markdown]
r"""
## What the articles say

- **All five agree that $z$ keeps the past:** $h_t = z \odot h_{t-1} + (1 - z) \odot n$. PyTorch and Keras do so too. [Chung et al. 2014](https://arxiv.org/abs/1412.3555), the paper that compared the GRU on music with the LSTM, an older cell with three gates, writes it the other way: $(1 - z) \odot h_{t-1} + z \odot n$.

Is that another unit? Take the same weights, change the sign of everything in $a_z$, and use Chung's form.
"""

# %%
a_z, h_prev, n_t = rng.normal(0, 2, (3, 1000))
ours = sigmoid(a_z) * h_prev + (1 - sigmoid(a_z)) * n_t
chung = (1 - sigmoid(-a_z)) * h_prev + sigmoid(-a_z) * n_t
print(f"largest difference over 1000 units: {np.abs(ours - chung).max():.1e}")

# %% [markdown]
r"""
It is the same unit with $W_{iz}$, $W_{hz}$ and the biases negated, since $1 - \sigma(a) = \sigma(-a)$. Read a paper's definition of $z$ before you read its plots of $z$. In [chapter 4](04_hidden_state.ipynb) you write the conversion.

- **D says that gates take the values 0 or 1.** How many gates of a new GRU, or of one with weights ten times as large, are within 0.01 of either?
"""

# %%
H, D = 70, 32
k = 1 / np.sqrt(H)
x, h = rng.normal(size=(1000, D)), rng.uniform(-1, 1, (1000, H))
for scale in (1, 10):
    W_i, W_h = scale * rng.uniform(-k, k, (H, D)), scale * rng.uniform(-k, k, (H, H))
    z = sigmoid(x @ W_i.T + h @ W_h.T)
    near = np.mean((z < 0.01) | (z > 0.99))
    print(f"weights x {scale:>2}: {near:.1%} of the gates lie within 0.01 of 0 or 1")

# %% [markdown]
r"""
Gates lie strictly between 0 and 1. In a new network none is near either end; large weights push about a third of them there, where they act as switches. That they are soft is what makes them learnable: a hard switch has slope 0.

- **B says that $z$ can carry something said early, such as the verdict at the beginning of a review, to the end.** It can, as the picture above shows. Whether a trained network uses $z$ for it, or the reset gate, is a question for a trained network: [chapter 9](09_which_cell.ipynb) trains one on such reviews.

## What you built

The update gate and the memory that it controls. What is still missing is the new content: [chapter 3, the candidate state](03_candidate_state.ipynb).
"""

# %%
progress()
