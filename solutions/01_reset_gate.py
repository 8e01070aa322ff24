# %% [markdown]
r"""
# 1 · The reset gate

| you build | you need | time | points |
|---|---|---|---|
| `reset_gate`, the same as `concat_gate`, `split_weights` between the two, and `bias_for_gate` | chapter 0 | 30 minutes | 10, and 2 for a written answer |

A recurrent network reads a sequence step by step and carries a state $h$ of $H$ numbers along. At step $t$ it has the new input $x_t$ and the old state $h_{t-1}$, and drafts new content from both. Sometimes the past should have no say: a new sentence begins, a new bar of music, another patient's record. The **reset gate** $r_t$ holds one number between 0 and 1 for each unit: the share of the past that the draft gets to see.
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

start("01_reset_gate", globals())
sigmoid = yours("sigmoid")

# %%
recall("01_reset_gate")

# %% [markdown]
r"""
The last line of the first cell looks for your `sigmoid` in the notebook of [chapter 0](00_start_here.ipynb), which lies beside this one, and runs its check. If it passes, this chapter computes with it; if not, with the course's. When your notebook is graded it is always the course's, so that an old mistake is not paid for twice.

## One gate

The gate looks at the input and at the state, each through weights and biases, and squeezes the sum into $(0, 1)$:

$$r_t = \sigma(\underbrace{W_{ir}\, x_t + b_{ir} + W_{hr}\, h_{t-1} + b_{hr}}_{a_r}) \tag{1}$$

The sum $a_r$ is called the pre-activation. In the picture an input of 32 numbers meets a state of 70, the sizes of article A.
"""

# %%
show(diagrams.gate_picture("r", D=32, H=70))

# %% [markdown]
r"""
All 70 components of $r_t$ are made at once, each from its own row of the two matrices.

**Predict.** All weights and biases are 0. What is every component of $r_t$?
"""

# %%
predict("01_zero_weights", ...)

# %%
zero = sigmoid(np.zeros((70, 32)) @ np.ones(32) + np.zeros((70, 70)) @ np.ones(70))
settle("01_zero_weights", zero[0])

# %% [markdown]
r"""
A gate with zero weights stands half open. Training, which changes weights in small steps so that an error falls, has to move it from there; until [chapter 8](08_training.ipynb) we set the weights or draw them.

### Exercise 1.1 · `reset_gate`

3 points · difficulty ●○○ · importance ●●●

Return equation (1). Of chapter 0 only `sigmoid` is at hand here; write the affine map out again.
"""


# %% solution="reset_gate"
def reset_gate(x_t, h_prev, W_ir, b_ir, W_hr, b_hr):
    """Return r_t, shape (H,) or (N, H)."""
    ### BEGIN SOLUTION
    return sigmoid(x_t @ W_ir.T + b_ir + h_prev @ W_hr.T + b_hr)
    ### END SOLUTION


# %% check="reset_gate"
check(reset_gate)

# %%
# hint(reset_gate)

# %% [markdown]
r"""
## A vector walks through the gate

Article A follows one vector through the cell: 32 inputs, 70 units. Here it is with numbers. The weights are drawn as PyTorch draws them for a new GRU, uniformly between $-1/\sqrt{H}$ and $1/\sqrt{H}$.

**Predict.** Do the 70 components of $r_t$ sum to 1, as probabilities would: "yes" or "no"?
"""

# %%
predict("01_sums_to_one", ...)

# %%
rng = np.random.default_rng(1)
D, H = 32, 70
k = 1 / np.sqrt(H)
x_t, h_prev = rng.normal(size=D), rng.uniform(-1, 1, H)
W_ir, W_hr = rng.uniform(-k, k, (H, D)), rng.uniform(-k, k, (H, H))
b_ir, b_hr = rng.uniform(-k, k, H), rng.uniform(-k, k, H)

if ready(reset_gate):
    r_t = np.asarray(reset_gate(x_t, h_prev, W_ir, b_ir, W_hr, b_hr))
    print(f"x_t {x_t.shape}  W_ir {W_ir.shape}  ->  {(W_ir @ x_t).shape}")
    print(f"h   {h_prev.shape}  W_hr {W_hr.shape}  ->  {(W_hr @ h_prev).shape}")
    print(f"r_t {r_t.shape}: from {r_t.min():.2f} to {r_t.max():.2f}, mean {r_t.mean():.2f}")
    print(f"sum of the components: {r_t.sum():.1f}")
    ax = plots.bars(r_t, "$r_t$", "reset")
    ax.set_ylim(0, 1)
    show(ax)
    display(settle("01_sums_to_one", "yes" if np.isclose(r_t.sum(), 1) else "no"))

# %% [markdown]
r"""
Each component answers for its own unit and knows nothing of the others, so nothing makes them sum to 1. In a new network they lie around ½: every unit sees about half of the past.

## What one unit's gate can learn

With one unit, equation (1) is $r = \sigma(w_i x + w_h h + b)$. Which weights make it open for a positive state and close for a negative one? Which make it ignore the state and follow the input?
"""

# %%
explore(
    plots.gate_over_state,
    w_h=Slider(-8, 8, 2),
    w_i=Slider(-4, 4, 1),
    x=Slider(-2, 2, 0),
    b=Slider(-6, 6, 0),
)

# %% [markdown]
r"""
The same without sliders. The weight on the state sets the slope, and input and bias move the curve sideways. With no weight on the state the gate is a level line: the input alone says where.
"""

# %%
ax = plots.gate_over_state(w_h=2, label="$w_h$ = 2")
for variant, (w_h, x, what) in enumerate(
    (
        (8, 0, "$w_h$ = 8: nearly a switch"),
        (8, 1, "$w_h$ = 8, $w_i x$ = 4: opens earlier"),
        (0, 1, "$w_h$ = 0, $w_i x$ = 4: open"),
        (0, -1, "$w_h$ = 0, $w_i x$ = -4: shut"),
    ),
    start=1,
):
    plots.gate_over_state(w_h=w_h, w_i=4, x=x, ax=ax, variant=variant, label=what)
ax.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
show(ax)

# %% [markdown]
r"""
## One matrix instead of two

[Article A](https://ashish-cse16.medium.com/understanding-the-flow-of-information-through-gru-cell-198655bc7074) writes a gate with a single matrix. It joins state and input into one vector $X = [h_{t-1}, x_t]$ of $70 + 32 = 102$ components:

$$r_t = \sigma(W X + b), \qquad W \text{ is } 70 \times 102$$

How does one matrix do the work of two? It is the two, side by side.
"""

# %%
show(diagrams.blocks_picture(D=32, H=70))

# %% [markdown]
r"""
Row by row, the first 70 columns meet the state and the last 32 the input, and the sum over all 102 is the sum of the two sums. The order matters: swap the parts of $X$, and the product still runs where $D = H$, on the wrong pairs.

### Exercise 1.2 · `concat_gate`

3 points · difficulty ●●○ · importance ●●○

Return $\sigma(W X + b)$ with $X = [h_{t-1}, x_t]$, for one vector and for a batch.
"""


# %% solution="concat_gate"
def concat_gate(x_t, h_prev, W, b):
    """Return σ(W [h_prev, x_t] + b), shape (H,) or (N, H); W is (H, H + D), b is (H,)."""
    ### BEGIN SOLUTION
    X = np.concatenate([h_prev, x_t], axis=-1)
    return sigmoid(X @ W.T + b)
    ### END SOLUTION


# %% check="concat_gate"
check(concat_gate)

# %%
# hint(concat_gate)

# %% [markdown]
r"""
### Exercise 1.3 · `split_weights`

2 points · difficulty ●○○ · importance ●●○

Cut A's matrix into the two of equation (1). $H$ and $D$ can be read off its shape.
"""


# %% solution="split_weights"
def split_weights(W):
    """Return W_hr (H, H) and W_ir (H, D), the blocks of W (H, H + D) on [h_prev, x_t]."""
    ### BEGIN SOLUTION
    H = W.shape[0]
    return W[:, :H], W[:, H:]
    ### END SOLUTION


# %% check="split_weights"
check(split_weights)

# %%
# hint(split_weights)

# %% [markdown]
r"""
Do the two forms agree on A's sizes? One product with 70 × 102 against two products with 70 × 70 and 70 × 32:
"""

# %%
if ready(reset_gate, concat_gate, split_weights):
    W, b = rng.uniform(-k, k, (H, H + D)), rng.uniform(-k, k, H)
    W_hr_A, W_ir_A = map(np.asarray, split_weights(W))
    joined = np.asarray(concat_gate(x_t, h_prev, W, b))
    split = reset_gate(x_t, h_prev, W_ir_A, b, W_hr_A, np.zeros(H))
    print(f"W {W.shape} = W_hr {W_hr_A.shape} and W_ir {W_ir_A.shape}")
    print(f"largest difference of the 70 gates: {np.abs(joined - split).max():.1e}")

# %% [markdown]
r"""
They differ by rounding only, since the sums run in another order.

## Opening a gate by its bias

Before training, the bias is the only thing that says where a gate stands. If a unit should start with its gate at 0.9, which bias $b$ does that, when the weights are 0?

### Exercise 1.4 · `bias_for_gate`

2 points · difficulty ●●○ · importance ●●○

Solve $r = \sigma(b)$ for $b$. `r` is a number or an array of numbers between 0 and 1.
"""


# %% solution="bias_for_gate"
def bias_for_gate(r):
    """Return the bias b with σ(b) = r, in the shape of r."""
    ### BEGIN SOLUTION
    return np.log(r / (1 - r))
    ### END SOLUTION


# %% check="bias_for_gate"
check(bias_for_gate)

# %%
# hint(bias_for_gate)

# %%
if ready(bias_for_gate):
    for r in (0.1, 0.5, 0.9, 0.99, 0.999):
        print(f"r = {r:<6} b = {bias_for_gate(r):+.2f}")

# %% [markdown]
r"""
Each further nine costs about 2.3, which is $\ln 10$. A bias of 7 already means 0.999. [Chapter 2](02_update_gate.ipynb) turns this into a memory of chosen length, and [chapter 7](07_vanishing_gradients.ipynb) shows what the choice does to learning.

### A question in words

2 points, read by a person. Two or three sentences.

*Why does a gate use σ? What would go wrong with tanh, which has the same shape between −1 and 1, and what with the ReLU, $\max(0, a)$, a function that many networks use?*
"""

# %% [markdown] answer="why_sigmoid" points=2
r"""
A gate is a share, so it must lie between 0 and 1, and it must be differentiable to be learned: σ is both. tanh reaches down to −1: a negative share would not hide the past but turn its sign round. ReLU has no upper bound, so it could multiply the past by more than 1, again and again over the steps, and it is exactly 0 with slope 0 on half of its range, so a closed gate would receive no gradient to open again.

**Points**

- 1: a gate is a share, so it stays between 0 and 1; tanh reaches below 0, which turns the past round.
- 1: ReLU has no upper bound, or is flat below 0 and passes no gradient there. Either will do.
"""

# %% [markdown]
r"""
## What the articles say

- **A and "forgetting".** A calls $r_t$ the amount of the past to forget. Read the formula: $r_t$ multiplies the past, so a component near 1 *keeps* and one near 0 *forgets*.
- **The order of the story.** A, C and E begin with the reset gate, B and D with the update gate. The two gates do not use each other, so the order is free.
- **Biases.** E has two per gate, A one, and B and C none. Does the second bias add anything? The cell moves all of it into the first.
"""

# %%
if ready(reset_gate):
    two = np.asarray(reset_gate(x_t, h_prev, W_ir, b_ir, W_hr, b_hr))
    one = reset_gate(x_t, h_prev, W_ir, b_ir + b_hr, W_hr, np.zeros(H))
    none = reset_gate(x_t, h_prev, W_ir, np.zeros(H), W_hr, np.zeros(H))
    print(f"two biases against their sum: {np.abs(two - one).max():.1e}")
    print(f"two biases against none:      {np.abs(two - none).max():.1e}")

# %% [markdown]
r"""
In a gate two biases are one bias. PyTorch keeps both because cuDNN, the library that runs it on a GPU, stores both. B and C lose the bias altogether, and with it the means to set a gate before training.

A mentions where such cells were used: stock prices, speech, DNA and protein sequences. What these have in common is a past whose relevance changes from step to step.

## What you built

A gate, in two notations. It decides what the draft will see; the draft itself comes in [chapter 3](03_candidate_state.ipynb). First the other gate: [chapter 2, the update gate](02_update_gate.ipynb).
"""

# %%
progress()
