# %% [markdown]
r"""
# 0 · Start here

A Gated Recurrent Unit reads a sequence one step at a time and decides, for each number of its memory, what to keep and what to renew. This course builds one. Every part is a few lines of NumPy that you write, and a check tells you at once whether they are right, and if not, which mistake it was.

| you build | you need | time | points |
|---|---|---|---|
| `sigmoid` and `affine`, the two pieces of which every gate is made | Python, NumPy, the matrix product, what a derivative is; nothing of neural networks | 20 minutes | 5, and 2 for a written answer |

The chapters build on one another. First come the parts of one step: the [reset gate](01_reset_gate.ipynb), the [update gate](02_update_gate.ipynb), the [candidate](03_candidate_state.ipynb), and the [hidden state](04_hidden_state.ipynb) that they make together. Then [many steps](05_sequences.ipynb), [the derivatives by hand](06_bptt.ipynb), [how far they reach back](07_vanishing_gradients.ipynb), [training](08_training.ipynb), and [which cell to take](09_which_cell.ipynb). Last, the loop over time itself is taken apart: [the GRU in parallel](10_parallel.ipynb).
"""

# %%
import numpy as np

from autograder.student import check, course_map, hint, predict, progress, reset, settle, start
from gru_ref.figures import diagrams, plots
from gru_ref.figures.shown import show
from gru_ref.figures.widgets import Slider, explore

start("00_start_here", globals())

# %% [markdown]
r"""
## How a chapter works

Run cells from the top with Shift+Enter.

- An **answer cell** holds a function whose body is missing. Replace the lines from `# YOUR CODE HERE` on.
- The **check cell** below it runs your function on many inputs, from single numbers to batches. It shows the cause if something is wrong, and the smallest input on which it is wrong, small enough to redo by hand. Points come in parts: right values, batches, sizes of 1, very large inputs ("stability"), and leaving the inputs as they were. Check as often as you like. After a pass, **One way to write it, beside yours** opens the course's answer next to yours, with what was counted of each (Python loops, products, arrays made, lines), and one written another way.
- A **predict cell** asks for a guess before you know better. Put it in place of the `...`: a number as it is, `0.5`; a word in quotes, `"no"`. Guesses are compared, never graded.
- Some cells use your functions. They wait, and say so, until the check has passed.
- `hint(sigmoid)` gives a hint. Run it again for the next one.
- `reset(sigmoid)` forgets what you did in one exercise and shows its empty stub again.
- What you build comes back. A later chapter takes your function out of this notebook, runs its check and uses it; where it does not pass yet, the course's own stands in. Each first cell says which.
- A **figure** carries its description in words, which a screen reader reads out. Beside each slider stands a number into which you can type.
- `progress()` lists all exercises of the course, and `course_map()` shows the way through it: points, minutes, what is solved, what comes next. Your state is a handful of small files in the folder `.progress` beside the notebooks. `autograder progress export FILE`, in a terminal, makes one file of them, and `autograder progress import FILE` reads it on another machine.
- **Save** the notebook (Ctrl+S, or Cmd+S) before you go on elsewhere. The check cells judge what you have run; `autograder check` in a terminal, `autograder watch`, a later chapter and the grader read the file, as it was saved last.
- In a terminal, `autograder check` judges the notebook that you saved last, `autograder map` shows the same map, and `autograder watch` tells you after every save what to do next.

Marks: difficulty from ●○○ to ●●●, and importance likewise; what an exercise of importance ●●● teaches comes back in every later chapter.
"""

# %%
course_map()

# %% [markdown]
r"""
## Notation

One set of letters serves the whole course. They are those of PyTorch, the library for neural networks with which the course compares its results. The **state** is a vector of $H$ numbers, the network's memory. A **unit** is one of these numbers together with the weights that compute it. **Weights** are the numbers that a network learns, and a **bias** is a weight that is added and multiplies nothing; in these first chapters both are given.

| letter | meaning | shape in code |
|---|---|---|
| $D$, $H$ | how many numbers one $x_t$ holds; how many units there are ("hidden size") | |
| $N$, $T$ | sequences in a batch, steps in a sequence | |
| $x_t$ | the input at step $t$ | `x_t`: `(D,)`, or `(N, D)` for a batch |
| $h_{t-1}$, $h_t$ | the state before and after step $t$ | `h_prev`, `h_t`: `(H,)` or `(N, H)` |
| $W_i$, $W_h$ | weights that act on the input, and on the state; later with a second letter, as in $W_{ir}$ | `(H, D)`, `(H, H)` |
| $b_i$, $b_h$ | their biases | `(H,)` |
| $W x$ | matrix product: each row of $W$ times $x$, summed | `@` |
| $a \odot b$ | Hadamard product: element by element, nothing summed | `*` |

Vectors are one-dimensional arrays. A batch stacks them as rows, one row per sequence.

The two products are the first thing that goes wrong in practice, so guess before you run.
"""

# %% [markdown]
r"""
**Predict.** `A` is [[1, 2], [3, 4]] and `E` is the identity matrix. What is the number at the top right of `A * E`?
"""

# %%
predict("00_star_or_at", ...)

# %%
A, E = np.array([[1, 2], [3, 4]]), np.eye(2)
print("A @ E =", (A @ E).tolist(), "   A * E =", (A * E).tolist())
settle("00_star_or_at", int((A * E)[0, 1]))

# %% [markdown]
r"""
`A @ E` gives `A` back, since the identity leaves every vector alone. `A * E` multiplies place by place, and most places of `E` hold 0.
"""

# %% [markdown]
r"""
## The logistic sigmoid

A **gate** is a number by which another is multiplied: 0 lets nothing through, 1 lets everything through. So it must lie between 0 and 1. What comes out of a sum of products can be any number $a$. The logistic sigmoid takes the second to the first:

$$\sigma(a) = \frac{1}{1 + e^{-a}}$$

With $a = w x + b$, how do a weight and a bias shape it? Move the sliders of $\sigma(w x + b)$: $w$ sets how steep the step is, $b$ where it stands.
"""

# %%
explore(plots.sigmoid_curve, w=Slider(-4, 4, 1), b=Slider(-6, 6, 0))

# %% [markdown]
r"""
The same without sliders: a larger weight makes a sharper step, a positive bias moves the step to the left, a negative weight mirrors it.
"""

# %%
ax = plots.sigmoid_curve(1, 0, label="w = 1, b = 0")
for variant, (w, b) in enumerate(((4, 0), (1, 3), (-1, 0)), start=1):
    plots.sigmoid_curve(w, b, ax, variant, label=f"w = {w}, b = {b}")
ax.legend(frameon=False)
show(ax)

# %% [markdown]
r"""
Two facts to keep: $\sigma(0) = \tfrac12$, and $1 - \sigma(a) = \sigma(-a)$. The curve with $w = -1$ is one minus that with $w = 1$.

**Predict.** There are two ways to write it: $1 / (1 + e^{-a})$, and, multiplied by $e^a$ above and below, $e^a / (1 + e^a)$. On paper they are equal. What does the second one give at $a = 1000$: `1.0`, `inf` or `nan`?
"""

# %%
predict("00_overflow", ...)

# %%
for a in (-1000.0, 1000.0):
    with np.errstate(all="ignore"):
        first, second = 1 / (1 + np.exp(-a)), np.exp(a) / (1 + np.exp(a))
    print(f"a = {a:>7}:  1/(1+exp(-a)) = {first}   exp(a)/(1+exp(a)) = {second}")
settle("00_overflow", second)

# %% [markdown]
r"""
`exp(1000)` does not fit into a float64 and becomes `inf`. The first form meets it at $a = -1000$ and divides 1 by `inf`, which is a correct 0. The second meets it at $a = 1000$ and divides `inf` by `inf`, which is `nan`, "not a number". A third form never overflows at all: $\sigma(a) = \tfrac12\,(1 + \tanh\tfrac{a}{2})$.
"""

# %% [markdown]
r"""
### Exercise 0.1 · `sigmoid`

2 points · difficulty ●○○ · importance ●●●

Return $\sigma(a)$ for an array of any shape. It must be right for $a = \pm 1000$ too.
"""


# %% solution="sigmoid"
def sigmoid(a):
    """Return σ(a), element by element, in the shape of a."""
    ### BEGIN SOLUTION
    return 0.5 * (1 + np.tanh(0.5 * a))
    ### END SOLUTION


# %% check="sigmoid"
check(sigmoid)

# %% [markdown]
r"""
Stuck? Remove the `#` below and run.
"""

# %%
# hint(sigmoid)

# %% [markdown]
r"""
## The affine map

What goes into the sigmoid? Both the new input and the old state have a say, each through weights and a bias of its own:

$$a = W_i\, x_t + b_i + W_h\, h_{t-1} + b_h \tag{0}$$

Which shape travels along which arrow?
"""

# %%
show(diagrams.affine_picture())

# %% [markdown]
r"""
Each product turns its vector into $H$ numbers, so the two can be added. In code a vector and a batch should take the same line. That decides how the product is written. The weights are $(H, D)$: each row holds the $D$ weights of one unit. With one vector, `W_i @ x_t` and `x_t @ W_i.T` are the same $H$ sums. With a batch, `x_t` is $(N, D)$ and only the second still fits: $(N, D)$ times $(D, H)$ is $(N, H)$, one row per sequence. A bias of shape $(H,)$ is then added to every row by NumPy's broadcasting.

### Exercise 0.2 · `affine`

3 points · difficulty ●○○ · importance ●●●

Return equation (0). `x_t` is `(D,)` or `(N, D)`, `h_prev` is `(H,)` or `(N, H)`.
"""


# %% solution="affine"
def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
    """Return W_i x_t + b_i + W_h h_prev + b_h, shape (H,) or (N, H)."""
    ### BEGIN SOLUTION
    return x_t @ W_i.T + b_i + h_prev @ W_h.T + b_h
    ### END SOLUTION


# %% check="affine"
check(affine)

# %%
# hint(affine)

# %% [markdown]
r"""
### A question in words

2 points, read by a person. Double-click the cell below and write two or three sentences.

*Take $N = D = H$. Then `W_i @ x_t + b_i` raises no error for a batch. What does the product compute, and why is that worse than an error?*
"""

# %% [markdown] answer="why_the_transpose" points=2
r"""
`W_i @ x_t` with a square `x_t` multiplies the rows of `W_i` by the *columns* of `x_t`. A column holds the same component of different sequences, so every sum mixes the sequences of the batch: the result of one sequence depends on which others happen to be beside it. It has a plausible shape and plausible numbers, so nothing stops the program, training goes on with wrong numbers, and the bug shows only where $N$ is not $D$.

**Points**

- 1: the product runs without an error and mixes the sequences of the batch, since rows of `W_i` meet columns of `x_t`.
- 1: it is worse because nothing stops the program: shape and numbers look right, and what is wrong shows late, where $N$ is not $D$.
"""

# %% [markdown]
r"""
## What the articles say

The unit comes from a [paper by Cho et al. (2014)](https://arxiv.org/abs/1406.1078). Five well-known articles explain it, each with its own notation for equation (0). This course calls them A to E and runs them all.

| | written as | biases |
|---|---|---|
| A, ["Understanding the flow of information through GRU cell"](https://ashish-cse16.medium.com/understanding-the-flow-of-information-through-gru-cell-198655bc7074) (Ranjan 2021) | one matrix on $[h_{t-1}, x_t]$ joined | one |
| B, ["Understanding GRU Networks"](https://towardsdatascience.com/understanding-gru-networks-2ef37df6c9be) (Kostadinov 2017) | $W x_t + U h_{t-1}$ | none |
| C, ["Introduction to Gated Recurrent Unit"](https://www.analyticsvidhya.com/blog/2021/03/introduction-to-gated-recurrent-unit-gru/) (Analytics Vidhya 2021) | $x_t U + H_{t-1} W$, vectors as rows | none |
| D, ["Gated Recurrent Unit Networks"](https://www.geeksforgeeks.org/gated-recurrent-unit-networks/) (GeeksforGeeks) | separate input and state weights | none shown |
| E, ["Recurrent Neural Networks: building GRU cells"](https://theaisummer.com/gru/) (AI Summer 2020), and [PyTorch](https://pytorch.org/docs/stable/generated/torch.nn.GRU.html) | equation (0) | two |

B and C give the letters $U$ and $W$ opposite meanings. Are the forms nevertheless the same function? The cell writes each as its article does, with the same weights.
"""

# %%
rng = np.random.default_rng(0)
D, H = 3, 2
x, h = rng.normal(size=D), rng.normal(size=H)
W_i, W_h = rng.normal(size=(H, D)), rng.normal(size=(H, H))

forms = {
    "A": np.hstack([W_h, W_i]) @ np.concatenate([h, x]),
    "B": W_i @ x + W_h @ h,
    "C": x[None] @ W_i.T + h[None] @ W_h.T,
    "D": W_i @ x + W_h @ h,
    "E": W_i @ x + 0 + W_h @ h + 0,
}
for name, a in forms.items():
    print(f"{name}: {a.ravel()}   shape {a.shape}")
print("largest difference:", max(np.abs(a.ravel() - forms["E"]).max() for a in forms.values()))

# %% [markdown]
r"""
They are the same function without biases; only the shape of C differs, where a vector is a matrix with one row. Of the two biases in E only the sum matters *here*. [Chapter 3](03_candidate_state.ipynb) shows the one place in a GRU where they do not collapse into one.

A counts the components of its vectors in "bits". They are real numbers; sizes in this course are counts of components.
"""

# %% [markdown]
r"""
## What you built

`sigmoid` and `affine`. Put one inside the other and you have a gate, which is [chapter 1, the reset gate](01_reset_gate.ipynb).
"""

# %%
progress()
