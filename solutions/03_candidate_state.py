# %% [markdown]
r"""
# 3 · The candidate state

| you build | you need | time | points |
|---|---|---|---|
| `candidate_reset_after`, `candidate_reset_before`, and `convention_gap`, the distance between them | chapters 0 to 2 | 35 minutes | 8, and 2 for a written answer |

The update gate mixes the old state with new content. This chapter makes the new content, the **candidate** $n_t$: what the state would become if the unit kept nothing. It is drafted from the input and from as much of the past as the reset gate lets through. Here the articles part into two camps, whose formulas look alike and are not.
"""

# %%
import numpy as np
from IPython.display import display

from autograder.student import check, hint, predict, progress, ready, recall, reset, settle, start
from gru_ref.figures import diagrams, plots
from gru_ref.figures.shown import show
from gru_ref.figures.widgets import Slider, explore

start("03_candidate_state", globals())

# %%
recall("03_candidate_state")

# %% [markdown]
r"""
## A value, not a gate

A gate is a share, so it lies between 0 and 1. The candidate is content. It may be positive or negative, and it should stay bounded, since it is fed back step after step. Its outer function is tanh, which maps to $(-1, 1)$:

$$n_t = \tanh\big(W_{in}\, x_t + b_{in} + r_t \odot (W_{hn}\, h_{t-1} + b_{hn})\big) \tag{3}$$

Where does $r_t$ act?
"""

# %%
show(diagrams.candidate_picture("after"))

# %% [markdown]
r"""
The input's term passes untouched. The past's term is multiplied by the reset gate *after* its matrix product: unit $j$ of the result is weighted by component $j$ of $r_t$. Set $r_t = 1$ everywhere and make the candidate the new state: this is the plain recurrent network, the tanh-RNN, which the GRU set out to improve.

### Exercise 3.1 · `candidate_reset_after`

3 points · difficulty ●●○ · importance ●●●

Return equation (3). The reset gate `r_t` is given, `(H,)` or `(N, H)`.
"""


# %% solution="candidate_reset_after"
def candidate_reset_after(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    """Return n_t of equation (3), shape (H,) or (N, H)."""
    ### BEGIN SOLUTION
    return np.tanh(x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T + b_hn))
    ### END SOLUTION


# %% check="candidate_reset_after"
check(candidate_reset_after)

# %%
# hint(candidate_reset_after)

# %% [markdown]
r"""
## The other camp

[Cho et al. 2014](https://arxiv.org/abs/1406.1078), who introduced the unit, reset the *state*, and multiply by the matrix afterwards:

$$n_t = \tanh\big(W_{in}\, x_t + b_{in} + W_{hn}\, (r_t \odot h_{t-1}) + b_{hn}\big) \tag{3'}$$
"""

# %%
show(diagrams.candidate_picture("before"))

# %% [markdown]
r"""
Now component $j$ of $r_t$ weighs *unit $j$ of the old state*, on its way into every unit of the draft. In (3) a unit's gate decides how much it listens to the past; in (3') it decides how much it is heard. And the bias $b_{hn}$ has left the bracket.

**Predict.** The reset gate is shut, $r_t = 0$. Which of the two candidates still depends on $h_{t-1}$: `after`, `before`, `both` or `neither`?
"""

# %%
predict("03_shut", ...)

# %% [markdown]
r"""
### Exercise 3.2 · `candidate_reset_before`

3 points · difficulty ●●○ · importance ●●○

Return equation (3').
"""


# %% solution="candidate_reset_before"
def candidate_reset_before(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    """Return n_t of equation (3'), shape (H,) or (N, H)."""
    ### BEGIN SOLUTION
    return np.tanh(x_t @ W_in.T + b_in + (r_t * h_prev) @ W_hn.T + b_hn)
    ### END SOLUTION


# %% check="candidate_reset_before"
check(candidate_reset_before)

# %%
# hint(candidate_reset_before)

# %% [markdown]
r"""
Shut the gate and change the state: does either candidate move?
"""

# %%
rng = np.random.default_rng(2)
D, H = 32, 70
k = 1 / np.sqrt(H)


def new_weights():
    """Return W_in, b_in, W_hn, b_hn as PyTorch draws them for a new GRU."""
    return [rng.uniform(-k, k, shape) for shape in ((H, D), (H,), (H, H), (H,))]


x_t, shut, w = rng.normal(size=D), np.zeros(H), new_weights()
h_1, h_2 = rng.uniform(-1, 1, (2, H))
if ready(candidate_reset_after, candidate_reset_before):
    moved = {}
    for name, f in (("after", candidate_reset_after), ("before", candidate_reset_before)):
        moved[name] = np.abs(f(x_t, h_1, shut, *w) - f(x_t, h_2, shut, *w)).max()
        print(f"{name}: r = 0 and another state changes the candidate by {moved[name]:.1e}")
    depends = [name for name, change in moved.items() if change > 0]
    display(settle("03_shut", {0: "neither", 1: "".join(depends), 2: "both"}[len(depends)]))

# %% [markdown]
r"""
Shut is shut in both. What they do *not* agree on is the bias: with $r_t = 0$, (3) drops $b_{hn}$ and (3') keeps it.

## Two different functions

Between shut and open, how far apart do they go? Below is a unit with state 0.8, whose neighbour has −0.6 and feeds into it with the weight `coupling`. Only the unit's own reset gate moves; the neighbour's stays at 1. Which values bring the two curves together for every $r_t$?
"""

# %%
explore(
    plots.candidates_over_reset,
    w_hn=Slider(-3, 3, 1.5),
    coupling=Slider(-3, 3, 1.5),
    b_hn=Slider(-2, 2, 0.5),
)

# %% [markdown]
r"""
The same without sliders. Left, the general case: (3) silences the neighbour together with the unit's own past, (3') leaves the neighbour alone. Right, `coupling` and `b_hn` both 0: one curve. One of them alone is not enough, except where the neighbour and the bias happen to cancel.
"""

# %%
left, right = plots.panels(2, (9.6, 3.1), "candidate $n_t$", sharey=True)
plots.candidates_over_reset(1.5, 1.5, 0.5, left).set_title(
    "coupling 1.5, $b_{hn}$ = 0.5", fontsize=10
)
plots.candidates_over_reset(1.5, 0, 0, right).set_title("no coupling, no bias", fontsize=10)
for ax in (left, right):
    ax.set_xlabel("$r_t$ of the unit")
show(left)

# %% [markdown]
r"""
So the two coincide where $W_{hn}$ is diagonal and $b_{hn} = 0$, or where $r_t$ is the same number for all units and the bias is 0, since a common factor passes through a matrix. In general no choice of weights turns one into the other, and the reason is short. Write $W$ and $b$ for $W_{hn}$ and $b_{hn}$ of the one form, and $W'$ and $b'$ for those of the other. In unit $i$ the two sums are

$$r_i \sum_j W_{ij} h_j + r_i b_i \qquad\text{and}\qquad \sum_j W'_{ij}\, r_j h_j + b'_i .$$

$x_t$ moves the gates while $h_{t-1}$ stays, so the two agree for all $r$ and $h$ only where they agree term by term. On the left every term holds $r_i$; on the right a term with $j \neq i$ holds $r_j$ and no $r_i$. So every $W_{ij}$ and every $W'_{ij}$ with $j \neq i$ is 0. And $r_i b_i$ moves with the gate where $b'_i$ stands still, so $b_i$ is 0, and $b'_i$ is a constant that $b_{in}$ can take over.

### Exercise 3.3 · `convention_gap`

2 points · difficulty ●○○ · importance ●●○

Return the largest absolute difference between the two candidates, one number, over all units (and all rows of a batch). You may call your two functions.
"""


# %% solution="convention_gap"
def convention_gap(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    """Return max |n_t of (3) - n_t of (3')|, a number."""
    ### BEGIN SOLUTION
    after = candidate_reset_after(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn)
    before = candidate_reset_before(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn)
    return np.abs(after - before).max()
    ### END SOLUTION


# %% check="convention_gap"
check(convention_gap)

# %%
# hint(convention_gap)

# %% [markdown]
r"""
**Predict.** You load weights made for (3') into a program that computes (3). Shapes fit, nothing complains. The weights have the size of a new network's, the gates are random. A candidate lies in $(-1, 1)$. How large is the gap, the largest difference over 70 units, in a typical draw: about 0.002, 0.2 or 2?
"""

# %%
predict("03_gap", ...)

# %%
if ready(convention_gap):
    gaps = []
    for _ in range(200):
        h, r = rng.uniform(-1, 1, H), rng.uniform(0, 1, H)
        gaps.append(convention_gap(rng.normal(size=D), h, r, *new_weights()))
    W_in, b_in, W_hn, b_hn = new_weights()
    diagonal = convention_gap(
        x_t, h_1, rng.uniform(0, 1, H), W_in, b_in, np.diag(np.diag(W_hn)), 0 * b_hn
    )
    one_r = convention_gap(x_t, h_1, np.full(H, 0.3), W_in, b_in, W_hn, 0 * b_hn)
    print(f"200 draws: median {np.median(gaps):.2f}, from {min(gaps):.2f} to {max(gaps):.2f}")
    print(
        f"diagonal W_hn, no bias: {diagonal:.0e};   the same r in every unit, no bias: {one_r:.0e}"
    )
    display(settle("03_gap", float(np.median(gaps)), choices=(0.002, 0.2, 2)))

# %% [markdown]
r"""
That is in a single step, and the wrong state is fed into the next. The mistake raises no error and gives no NaN. It gives a model that is somewhat worse than it should be, which is the most expensive kind.

### A question in words

2 points, read by a person. Three or four sentences.

*A colleague has trained a GRU in a program that resets before the product and loads its weights into `torch.nn.GRU`, which resets after. Every shape fits. Results are poor. How would you find out in five minutes that the convention is the cause, and why can no rearrangement of the weights repair it?*
"""

# %% [markdown] answer="which_convention" points=2
r"""
Feed both programs the same small input, one step from a random state, and compare the outputs: they differ far beyond rounding. Repeat with $h_{t-1} = 0$ and a zero $b_{hn}$: now the term with $W_{hn}$ vanishes in both, and they agree. So the disagreement sits where reset gate and old state meet. No rearrangement helps, since in one form $r_j$ scales row $j$ of the product and in the other it scales column $j$ of the matrix; $r_t$ changes at every step, so no fixed matrix can stand for both unless $W_{hn}$ is diagonal (and $b_{hn} = 0$). The model must be run in the convention it was trained in, or trained again.

**Points**

- 1: a measurement on a small input: both programs differ, and agree for $h_{t-1} = 0$ and a zero $b_{hn}$. Another test that isolates the term with $r_t$ will do.
- 1: $r_t$ scales rows in one form and columns in the other, and changes at every step, so no fixed matrix can stand for it.
"""

# %% [markdown]
r"""
## What the articles say

| reset before the product, (3') | reset after the product, (3) |
|---|---|
| A (its one matrix acts on $[r \odot h, x]$), C, D; Cho 2014, [Chung 2014](https://arxiv.org/abs/1412.3555); [Keras](https://keras.io/api/layers/recurrent_layers/gru/) with `reset_after=False` | B, E; [PyTorch](https://pytorch.org/docs/stable/generated/torch.nn.GRU.html); cuDNN, NVIDIA's library for GPUs; Keras, another library, by default |

Does each article's own formula land in its camp? C has no biases and writes vectors as rows, B has no biases and writes $W x + r \odot (U h)$. Both get the same weights:
"""

# %%
W_in, b_in, W_hn, b_hn = new_weights()
r = rng.uniform(0, 1, H)
article_A = np.tanh(np.hstack([W_hn, W_in]) @ np.concatenate([r * h_1, x_t]))
article_B = np.tanh(W_in @ x_t + r * (W_hn @ h_1))
article_C = np.tanh(x_t[None] @ W_in.T + (r * h_1)[None] @ W_hn.T)[0]
print(f"A against C:         {np.abs(article_A - article_C).max():.1e}")
print(f"A against B:         {np.abs(article_A - article_B).max():.1e}")
if ready(candidate_reset_after, candidate_reset_before):
    without_biases = (x_t, h_1, r, W_in, np.zeros(H), W_hn, np.zeros(H))
    yours = candidate_reset_after(*without_biases)
    print(f"B against your (3):  {np.abs(article_B - yours).max():.1e}")
    yours = candidate_reset_before(*without_biases)
    print(f"C against your (3'): {np.abs(article_C - yours).max():.1e}")

# %% [markdown]
r"""
All five tell the same story in words, and two functions come out. They differ in what must wait for what: in (3') the product with $W_{hn}$ needs $r_t$ first, in (3) it does not, so all three products with $h_{t-1}$ can be one product with a matrix of $3H$ rows. PyTorch stores its weights in this shape, as [chapter 4](04_hidden_state.ipynb) shows.

D calls the candidate the "current memory gate". It is no gate: nothing is multiplied by it, and it may be negative.

**Two biases, at last.** In a gate $b_i$ and $b_h$ collapse into their sum. In (3) they do not: $b_{hn}$ stands inside the reset and $b_{in}$ outside.

## What you built

The content. Now the three parts meet: [chapter 4, the hidden state](04_hidden_state.ipynb).
"""

# %%
progress()
