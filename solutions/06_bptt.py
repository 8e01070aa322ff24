# %% [markdown]
r"""
# 6 · Backpropagation through time

| you build | you need | time | points |
|---|---|---|---|
| the gradient of a GRU by hand: `sigmoid_backward`, `tanh_backward`, `blend_backward`, `product_backward`, `gru_cell_backward`, `gru_backward`, your own gradient checker, and `truncated_bptt` | chapters 0 to 5 | 90 minutes | 22, and 2 for a written answer |

[Chapter 5](05_sequences.ipynb) ends with a loss. Training changes every weight a little in the direction that lowers it. For that it needs the derivative of the loss with respect to every weight: tens of thousands of numbers, from a loss that looked at many steps, through a cell that feeds itself. The chain rule gives all of them in one pass from the end to the start. You write that pass, one local derivative at a time, and nothing in it is longer than a line.
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


def gru_step(x_t, h_prev, p):
    """Return r_t, z_t, n_t and h_t: one step, made of your functions of chapters 1 to 3."""
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, h_prev, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    n_t = candidate_reset_after(x_t, h_prev, r_t, p.W_in, p.b_in, p.W_hn, p.b_hn)
    return r_t, z_t, n_t, blend(z_t, h_prev, n_t)


def new_gru(rng, D, H):
    """Return weights as PyTorch draws them for a new GRU."""
    k = 1 / np.sqrt(H)
    shapes = [(H, D)] * 3 + [(H, H)] * 3 + [(H,)] * 6
    return GRUParams(*(rng.uniform(-k, k, s) for s in shapes))


start("06_bptt", globals())
reset_gate, update_gate, blend = yours("reset_gate", "update_gate", "blend")
candidate_reset_after, gru_forward = yours("candidate_reset_after", "gru_forward")

# %%
recall("06_bptt")

# %% [markdown]
r"""
## Names for gradients

$L$ is the loss, one number. For any array $v$ on the way to it, `dv` is $\partial L / \partial v$: how much $L$ rises when a component of $v$ does. It has the shape of `v`. The chain rule in this notation: if $y = f(v)$, then what arrives as `dy` leaves as `dv = dy` times the slope of $f$; and where $v$ is used in several places, what comes back from them is **added**. These two sentences are the whole chapter.

Batches only: arrays are $(N, H)$ and $(N, D)$ here, one row per sequence.

## Through σ and tanh

The slopes of the two squashing functions can be written with their own outputs, which the forward pass has already computed:

$$\sigma'(a) = \sigma(a)\,(1 - \sigma(a)), \qquad \tanh'(a) = 1 - \tanh^2(a)$$

How large can they be, and where?
"""

# %%
show(plots.slopes())

# %% [markdown]
r"""
The slope of σ is never above ¼, and both vanish where the function is flat. A gate that is fully open or shut passes almost no gradient to its own weights.

### Exercise 6.1 · `sigmoid_backward`

1 point · difficulty ●○○ · importance ●●●

`s` is $\sigma(a)$ and `ds` what arrives there; return `da`.
"""


# %% solution="sigmoid_backward"
def sigmoid_backward(s, ds):
    """Return da, given s = σ(a) and ds."""
    ### BEGIN SOLUTION
    return ds * s * (1 - s)
    ### END SOLUTION


# %% check="sigmoid_backward"
check(sigmoid_backward)

# %%
# hint(sigmoid_backward)

# %% [markdown]
r"""
### Exercise 6.2 · `tanh_backward`

1 point · difficulty ●○○ · importance ●●●

Likewise for `n` $= \tanh(a)$.
"""


# %% solution="tanh_backward"
def tanh_backward(n, dn):
    """Return da, given n = tanh(a) and dn."""
    ### BEGIN SOLUTION
    return dn * (1 - n**2)
    ### END SOLUTION


# %% check="tanh_backward"
check(tanh_backward)

# %%
# hint(tanh_backward)

# %% [markdown]
r"""
## Through the blend

$$h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1} \tag{4}$$

Three arrays go in, one comes out. How much does $h_t$ move when each of the three does, the other two held still?

### Exercise 6.3 · `blend_backward`

2 points · difficulty ●○○ · importance ●●●

Return `dz_t`, `dn_t`, and the part of `dh_prev` that comes straight through (4).
"""


# %% solution="blend_backward"
def blend_backward(dh_t, z_t, n_t, h_prev):
    """Return dz_t, dn_t and dh_prev of equation (4), all (N, H)."""
    ### BEGIN SOLUTION
    return dh_t * (h_prev - n_t), dh_t * (1 - z_t), dh_t * z_t
    ### END SOLUTION


# %% check="blend_backward"
check(blend_backward)

# %%
# hint(blend_backward)

# %% [markdown]
r"""
## Through a matrix product

A pre-activation is $a = W v + b$, in code `a = v @ W.T + b`. Component $a_{nj} = \sum_i W_{ji} v_{ni} + b_j$ uses $v_{ni}$ with the factor $W_{ji}$, and $W_{ji}$ with the factor $v_{ni}$. Both are used many times: $v_{ni}$ by every unit $j$, and $W_{ji}$ and $b_j$ by every sequence $n$. So sums appear, over the units in one case and over the batch in the other.

In numbers, for one sequence with $D = H = 2$. Let $v = (1, 2)$, $W = \begin{pmatrix} 3 & 0 \\ 4 & -1 \end{pmatrix}$, and let $da = (10, 1)$ arrive at the two units.

- $v_1$ goes to unit 1 with the factor 3 and to unit 2 with the factor 4, so $dv_1 = 10 \cdot 3 + 1 \cdot 4 = 34$. And $dv_2 = 10 \cdot 0 + 1 \cdot (-1) = -1$.
- $W_{12}$ stands between $v_2$ and unit 1, and nowhere else: $dW_{12} = 10 \cdot 2 = 20$. All four are $dW = \begin{pmatrix} 10 & 20 \\ 1 & 2 \end{pmatrix}$.
- A bias has the factor 1: $db = (10, 1)$.

With a second sequence in the batch $dv$ gets a second row, and to $dW$ and $db$ its share is added.

### Exercise 6.4 · `product_backward`

3 points · difficulty ●●○ · importance ●●●

Return `dv`, `dW` and `db` for `a = v @ W.T + b`. Each has the shape of its array.
"""


# %% solution="product_backward"
def product_backward(da, v, W):
    """Return dv (N, D), dW (H, D) and db (H,); da is (N, H), v (N, D), W (H, D)."""
    ### BEGIN SOLUTION
    return da @ W, da.T @ v, da.sum(axis=0)
    ### END SOLUTION


# %% check="product_backward"
check(product_backward)

# %%
# hint(product_backward)

# %%
if ready(product_backward):
    example = np.array([[10.0, 1]]), np.array([[1.0, 2]]), np.array([[3.0, 0], [4, -1]])
    for name, gradient in zip(("dv", "dW", "db"), product_backward(*example), strict=True):
        print(name, np.asarray(gradient).tolist())

# %% [markdown]
r"""
## Through the cell

The pieces are there. Which ways lead from $h_t$ back to $h_{t-1}$? Follow the arrows of the forward pass against their direction:
"""

# %%
show(diagrams.gradient_paths_picture())

# %% [markdown]
r"""
Four, from top to bottom: the direct one through (4), and one each through the candidate, the reset gate and the update gate. The way through the reset gate is the longest, since $r_t$ acts inside the candidate. At $h_{t-1}$ all four are added. (Each of the three matrices has a partner on the input, by which the gradient reaches $x_t$.)

Here $a_n$ is what stands inside the tanh of (3). It contains $r_t \odot u_t$, with $u_t = W_{hn} h_{t-1} + b_{hn}$. So `da_n` splits in two: times $u_t$ it is `dr_t`, and times $r_t$ it is `du_t`, the gradient at the product with $W_{hn}$.

**Predict.** In (3), $b_{in}$ and $b_{hn}$ are both just added somewhere. Are their gradients equal: "yes" or "no"?
"""

# %%
predict("06_two_biases", ...)

# %% [markdown]
r"""
### Exercise 6.5 · `gru_cell_backward`

5 points · difficulty ●●● · importance ●●●

Given `dh_t` and what the forward pass computed, return `dx_t`, `dh_prev` and the twelve gradients as a `GRUParams`. Use the four functions above. There are six matrix products in a cell, so `product_backward` is called six times. (`GRUParams(W_ir=..., W_iz=...)` spares you the order of the fields.)

Where the check fails, look at the biases first. With one sequence a bias's gradient *is* the gradient at its pre-activation: `db_in` shows `da_n`, `db_hn` shows `du_t`, `db_ir` shows `da_r` and `db_iz` shows `da_z`, yours and the expected ones. Go through them in this order; the first that is wrong is where to search, and if all four are right the mistake is in the products or in the sums after them.
"""


# %% solution="gru_cell_backward"
def gru_cell_backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p):
    """Return dx_t (N, D), dh_prev (N, H) and the gradients of p, a GRUParams."""
    ### BEGIN SOLUTION
    dz_t, dn_t, dh_direct = blend_backward(dh_t, z_t, n_t, h_prev)
    da_n = tanh_backward(n_t, dn_t)
    u_t = h_prev @ p.W_hn.T + p.b_hn
    da_r = sigmoid_backward(r_t, da_n * u_t)
    da_z = sigmoid_backward(z_t, dz_t)
    dx_r, dW_ir, db_ir = product_backward(da_r, x_t, p.W_ir)
    dx_z, dW_iz, db_iz = product_backward(da_z, x_t, p.W_iz)
    dx_n, dW_in, db_in = product_backward(da_n, x_t, p.W_in)
    dh_r, dW_hr, db_hr = product_backward(da_r, h_prev, p.W_hr)
    dh_z, dW_hz, db_hz = product_backward(da_z, h_prev, p.W_hz)
    dh_n, dW_hn, db_hn = product_backward(da_n * r_t, h_prev, p.W_hn)
    weights = (dW_ir, dW_iz, dW_in, dW_hr, dW_hz, dW_hn)
    grads = GRUParams(*weights, db_ir, db_iz, db_in, db_hr, db_hz, db_hn)
    return dx_r + dx_z + dx_n, dh_direct + dh_r + dh_z + dh_n, grads
    ### END SOLUTION


# %% check="gru_cell_backward"
check(gru_cell_backward)

# %%
# hint(gru_cell_backward)

# %%
rng = np.random.default_rng(6)
if ready(gru_cell_backward):
    p, x_t, h_prev = new_gru(rng, 3, 5), rng.normal(size=(4, 3)), rng.uniform(-1, 1, (4, 5))
    r_t, z_t, n_t, h_t = gru_step(x_t, h_prev, p)
    grads = GRUParams(*gru_cell_backward(np.ones((4, 5)), x_t, h_prev, r_t, z_t, n_t, p)[2])
    print("db_in", grads.b_in.round(3))
    print("db_hn", grads.b_hn.round(3))
    print("db_ir - db_hr", np.abs(grads.b_ir - grads.b_hr).max())
    same = np.allclose(grads.b_in, grads.b_hn)
    display(settle("06_two_biases", "yes" if same else "no"))

# %% [markdown]
r"""
The two biases of a gate always get the same gradient: they are one number in two parts. Those of the candidate do not, since $b_{hn}$ is behind the reset.

## Through time

The state after a step is used twice: by the loss of that step, if it has one, and by the next step. So two gradients arrive there and are added: `dh[t]`, from the loss, and the `dh_prev` of the next step. (Arrays count from 0: `dh[t]` belongs to the state that comes out when `x[t]` has gone in.) And the same twelve arrays act at *every* step, so their gradients are summed over time. With $dh_t$ for all that arrives at $h_t$, $\mathrm{dh}[t]$ for what the loss sends there, and $J_{t+1}$ for the derivative of $h_{t+1}$ by $h_t$:

$$dh_t = \mathrm{dh}[t] + J_{t+1}^\top\, dh_{t+1}, \qquad \frac{\partial L}{\partial W} = \sum_{t} \frac{\partial L}{\partial W}\bigg|_{\text{step } t}$$

$J_{t+1}^\top\, dh_{t+1}$ is the `dh_prev` that your `gru_cell_backward` returns; the matrix need not be written down. (In the formula $t$ counts from 1, as the states do.)
"""

# %%
show(diagrams.backward_picture())

# %% [markdown]
r"""
In real numbers: a GRU with one unit and one input, two steps, and a loss $L = h_2$, so that 1 arrives at $h_2$ and nothing else at $h_1$. Your `gru_cell_backward` is called once for each step, the last one first. Its `dh_prev` goes to the step before, the two gradients of each weight are added, and the difference quotient of $L$ says whether the sum is right.
"""

# %%
if ready(gru_cell_backward):
    names = ("W_ir", "W_iz", "W_in", "W_hr", "W_hz", "W_hn")
    numbers = (0.5, -1.0, 1.5, 1.0, 0.5, -0.8)
    one = GRUParams(*(np.array([[w]]) for w in numbers), *[np.zeros(1)] * 6)
    xs, h_0 = np.array([[[1.0]], [[-0.5]]]), np.array([[0.2]])
    first = gru_step(xs[0], h_0, one)
    second = gru_step(xs[1], first[-1], one)
    for t, values in ((1, first), (2, second)):
        print(f"step {t}:", *(f"{n} {v[0, 0]:.4f}" for n, v in zip("rznh", values, strict=True)))
    _, dh_1, grads_2 = gru_cell_backward(np.ones((1, 1)), xs[1], first[-1], *second[:3], one)
    _, dh_0, grads_1 = gru_cell_backward(dh_1, xs[0], h_0, *first[:3], one)
    print(f"dh_2 1, dh_1 {dh_1[0, 0]:.4f}, dh_0 {dh_0[0, 0]:.4f}")
    for name, at_1, at_2 in zip(names, grads_1, grads_2, strict=False):
        ends = []
        for change in (1e-6, -1e-6):
            moved = one._replace(**{name: getattr(one, name) + change})
            h_1 = gru_step(xs[0], h_0, moved)[-1]
            ends.append(gru_step(xs[1], h_1, moved)[-1][0, 0])
        total = (at_1 + at_2)[0, 0]
        print(f"d{name}: step 1 {at_1[0, 0]:7.4f} + step 2 {at_2[0, 0]:7.4f}", end=" ")
        print(f"= {total:7.4f}; difference quotient {(ends[0] - ends[1]) / 2e-6:7.4f}")

# %% [markdown]
r"""
### Exercise 6.6 · `gru_backward`

5 points · difficulty ●●● · importance ●●●

`dh` is $(T, N, H)$, the gradient of the loss at every step (0 where a step has none). Run forward with `gru_step` of the first cell, which puts your gates, your candidate and your blend together and returns all four; keep what you need, then go back. Return `dx`, `dh_0` and the gradients of `p`, summed over the steps.
"""


# %% solution="gru_backward"
def gru_backward(dh, x, h_0, p):
    """Return dx (T, N, D), dh_0 (N, H) and the gradients of p, a GRUParams."""
    ### BEGIN SOLUTION
    h, kept = h_0, []
    for x_t in x:
        r_t, z_t, n_t, h_t = gru_step(x_t, h, p)
        kept.append((x_t, h, r_t, z_t, n_t))
        h = h_t
    dx, dh_next = np.zeros_like(x), np.zeros_like(h_0)
    grads = GRUParams(*(np.zeros_like(w) for w in p))
    for t in reversed(range(len(x))):
        dx[t], dh_next, g = gru_cell_backward(dh[t] + dh_next, *kept[t], p)
        grads = GRUParams(*(a + b for a, b in zip(grads, g, strict=True)))
    return dx, dh_next, grads
    ### END SOLUTION


# %% check="gru_backward"
check(gru_backward)

# %%
# hint(gru_backward)

# %% [markdown]
r"""
## Is it right? Ask the definition

A derivative can be checked without any chain rule. Take a random direction $v$, and compare $\nabla f \cdot v$ with the difference quotient:

$$\nabla f(x) \cdot v \;\approx\; \frac{f(x + \varepsilon v) - f(x - \varepsilon v)}{2 \varepsilon}$$

Two evaluations test all components at once: where the gradient is wrong anywhere, a random $v$ sees it.

**Predict.** To get every single derivative of one layer with 32 inputs and 70 units by such quotients, one weight at a time, how often must the loss be computed: about 2, 400 or 40000 times?
"""

# %%
predict("06_how_often", ...)

# %%
count = sum(w.size for w in new_gru(rng, 32, 70))
print(f"{count} parameters, two evaluations each")
settle("06_how_often", 2 * count, choices=(2, 400, 40000))

# %% [markdown]
r"""
One backward pass gives all of them at the price of a few forward passes. That is why it is worth a chapter, and why finite differences serve for checking only.

### Exercise 6.7 · `directional_derivative`

2 points · difficulty ●○○ · importance ●●○

`f` takes an array like `x` and returns a number. Do not change `x`.
"""


# %% solution="directional_derivative"
def directional_derivative(f, x, v, eps):
    """Return the central difference quotient of f at x along v."""
    ### BEGIN SOLUTION
    return (f(x + eps * v) - f(x - eps * v)) / (2 * eps)
    ### END SOLUTION


# %% check="directional_derivative"
check(directional_derivative)

# %%
# hint(directional_derivative)

# %% [markdown]
r"""
Which `eps` is good? Too large, and the quotient is not the derivative. Too small, and the two values of $f$ agree in nearly all their digits, of which a float64 has sixteen. Your `gru_backward` against your checker, over many `eps`:
"""

# %%
p_small, x_small, h_small = new_gru(rng, 3, 5), rng.normal(size=(6, 2, 3)), np.zeros((2, 5))
c = rng.normal(size=(6, 2, 5))  # the loss is the sum of c * h: its gradient at h is c


def loss(W_hn):
    """Return the loss as a function of one of the twelve arrays."""
    return float((c * gru_forward(x_small, h_small, p_small._replace(W_hn=W_hn))).sum())


if ready(gru_backward, directional_derivative):
    v = rng.normal(size=(5, 5))
    grads = GRUParams(*gru_backward(c, x_small, h_small, p_small)[2])
    analytic = float((grads.W_hn * v).sum())
    eps = 10.0 ** np.arange(-13, 0)
    errors = [
        abs(directional_derivative(loss, p_small.W_hn, v, e) - analytic) / abs(analytic)
        for e in eps
    ]
    ax = plots.axes("eps", "relative difference")
    ax.loglog(eps, errors, marker="o", **plots.line("gradient"))
    best = int(np.argmin(errors))
    alt = (
        "Line plot of the relative difference between the two derivatives against eps, both axes "
        f"logarithmic: a valley. From {errors[0]:.0e} at eps = {eps[0]:.0e} it falls to "
        f"{errors[best]:.0e} at {eps[best]:.0e} and rises to {errors[-1]:.0e} at {eps[-1]:.1g}."
    )
    show(ax, alt)
    print(f"smallest difference: {min(errors):.1e}, at eps = {eps[np.argmin(errors)]:.0e}")

# %% [markdown]
r"""
To the right of the valley the error grows with the square of `eps`; to the left rounding takes over. In the valley the agreement is as good as it can be.

The independent witness is PyTorch's automatic differentiation. The same weights, the same loss:
"""

# %%
from gru_ref.optional import pytorch

if ready(gru_backward) and (torch := pytorch("150 gradients, largest difference 8.9e-16")):
    torch.manual_seed(0)
    theirs = torch.nn.GRU(3, 5, dtype=torch.float64)
    p = GRUParams(*(b for w in theirs.parameters() for b in np.split(w.detach().numpy(), 3)))
    (torch.from_numpy(c) * theirs(torch.from_numpy(x_small))[0]).sum().backward()
    due = GRUParams(*(b for w in theirs.parameters() for b in np.split(w.grad.numpy(), 3)))
    _, _, yours = gru_backward(c, x_small, h_small, p)
    worst = max(np.abs(a - b).max() for a, b in zip(yours, due, strict=True))
    print(f"{sum(w.size for w in p)} gradients, largest difference {worst:.1e}")

# %% [markdown]
r"""
## What flows back

A loss that looks at the last step only: how much of it reaches the inputs of the earlier steps?

**Predict.** A new GRU with 16 units, 30 steps, a loss on the last state only. How large is the gradient at the first input, compared with the one at the last: about 1, 1e-3 or 1e-6?
"""

# %%
predict("06_reaches_back", ...)

# %%
if ready(gru_backward):
    p, x = new_gru(rng, 4, 16), rng.normal(size=(30, 8, 4))
    dh = np.zeros((30, 8, 16))
    dh[-1] = rng.normal(size=(8, 16))
    dx, _, _ = gru_backward(dh, x, np.zeros((8, 16)), p)
    norms = np.linalg.norm(dx, axis=(1, 2))
    ax = plots.axes("step t", "norm of $dx_t$")
    ax.semilogy(np.arange(1, 31), norms, **plots.line("gradient"))
    alt = (
        "Line plot of the norm of the gradient at each input against the step, from 1 to 30, on a "
        f"logarithmic axis: nearly a straight line, from {norms[0]:.0e} at step 1 over "
        f"{norms[14]:.0e} at step 15 up to {norms[-1]:.1g} at step 30."
    )
    show(ax, alt)
    print(f"first against last: {norms[0] / norms[-1]:.1e}")
    ratio = float(norms[0] / norms[-1])
    display(settle("06_reaches_back", ratio, choices=(1, 1e-3, 1e-6)))

# %% [markdown]
r"""
A straight line again, falling towards the early steps: what a new GRU forgets going forward, its gradient forgets going back. Move the bias of the update gate and see how far the gradient reaches.
"""

# %%
explore(plots.gradient_flow, b_z=Slider(-2, 6, 0))

# %% [markdown]
r"""
The same without a slider: each curve is the norm of the gradient that arrives at $h_t$ from a loss on $h_{60}$.
"""

# %%
ax = plots.gradient_flow(0, label="$b_z$ = 0")
plots.gradient_flow(2, ax, variant=1, label="$b_z$ = 2")
plots.gradient_flow(4, ax, variant=2, label="$b_z$ = 4")
ax.legend(frameon=False)
ax.set_title("")
show(ax)

# %% [markdown]
r"""
[Chapter 7](07_vanishing_gradients.ipynb) is about this picture.

## When the sequence is too long

The backward pass needs what the forward pass computed at every step: memory grows with $T$. **Truncated** BPTT cuts the sequence into windows of $k$ steps. The state is carried over each border, the gradient is not.

### Exercise 6.8 · `truncated_bptt`

3 points · difficulty ●●○ · importance ●●○

Windows are counted from step 0; the last may be shorter. `dh` is cut like `x`. Return the gradients of `p`, summed over the windows.
"""


# %% solution="truncated_bptt"
def truncated_bptt(dh, x, h_0, p, window):
    """Return the gradients of p, a GRUParams, where none crosses a border between windows."""
    ### BEGIN SOLUTION
    window, h = int(window), h_0
    grads = GRUParams(*(np.zeros_like(w) for w in p))
    for a in range(0, len(x), window):
        piece = x[a : a + window]
        _, _, g = gru_backward(dh[a : a + window], piece, h, p)
        grads = GRUParams(*(s + d for s, d in zip(grads, g, strict=True)))
        h = gru_forward(piece, h, p)[-1]
    return grads
    ### END SOLUTION


# %% check="truncated_bptt"
check(truncated_bptt)

# %%
# hint(truncated_bptt)

# %% [markdown]
r"""
How wrong is a truncated gradient? The angle between it and the full one, for a new GRU and for one whose update gates are biased open by 4. The loss looks at every step.
"""

# %%
if ready(gru_backward, truncated_bptt):
    x, dh = rng.normal(size=(40, 8, 4)), rng.normal(size=(40, 8, 16)) / 40
    for b_z in (0, 4):
        p = new_gru(rng, 4, 16)
        p = p._replace(b_iz=p.b_iz + b_z)
        full = np.concatenate([g.ravel() for g in gru_backward(dh, x, np.zeros((8, 16)), p)[2]])
        for window in (1, 5, 20, 40):
            cut = truncated_bptt(dh, x, np.zeros((8, 16)), p, window)
            cut = np.concatenate([g.ravel() for g in cut])
            cosine = min(1, cut @ full / np.linalg.norm(cut) / np.linalg.norm(full))
            print(
                f"b_z = {b_z}, window {window:>2}: {np.degrees(np.arccos(cosine)):5.1f} degrees off"
            )

# %% [markdown]
r"""
Every border cuts off the steps just before it, so every window leaves something out. Where the network forgets quickly little is left out, since little was flowing that far. Where it remembers, even a window of half the sequence points in another direction.

### A question in words

2 points, read by a person. Three or four sentences.

*A network reads a text in windows of 20 characters, the state carried over. Can it ever make use of something that stood 50 characters ago? Can it learn to? Distinguish what the forward pass carries from what the backward pass sees.*
"""

# %% [markdown] answer="what_truncation_loses" points=2
r"""
The state crosses the border, so at step 50 the network's state may still hold what it read at step 1, and the output may depend on it: it can make use of it. But no gradient crosses the border, so nothing tells the weights at step 1 that keeping this helped at step 50: a dependency of 50 steps is never rewarded as such. It can be learned only by luck or indirectly, where keeping things for 20 steps is useful in itself and the same weights happen to keep them longer. What lies entirely before the window is invisible to learning.

**Points**

- 1: forward: the state crosses the border, so what stood 50 characters ago can be used.
- 1: backward: no gradient crosses it, so nothing rewards keeping it; at most it is learned by luck or indirectly.
"""

# %% [markdown]
r"""
## What the articles say

- **D sums the loss over the steps** and differentiates each term by the chain rule. So do you: the gradient is linear in `dh`. Separate backward passes for each step's loss, added up, must give the same as one pass with all of them.
"""

# %%
if ready(gru_backward):
    data = (x_small, h_small, p_small)
    together = gru_backward(c, *data)[2]
    apart = GRUParams(*(np.zeros_like(w) for w in p_small))
    for t in range(6):
        only = np.zeros_like(c)
        only[t] = c[t]
        apart = GRUParams(
            *(a + b for a, b in zip(apart, gru_backward(only, *data)[2], strict=True))
        )
    worst = max(np.abs(a - b).max() for a, b in zip(together, apart, strict=True))
    print(f"largest difference: {worst:.1e}")

# %% [markdown]
r"""
- **D's derivative of $h_t$ by $h_{t-1}$** keeps the direct path and the one through the candidate, and treats the gates as constants. The two paths through the gates are there, as your checker confirms; `gru_cell_backward` without them fails its check by name. How much they matter is measured in [chapter 7](07_vanishing_gradients.ipynb).
- **D multiplies weights element by element.** They act by matrix products, and the transpose that appears on the way back, `da @ W`, is the sign of it.

## What you built

The gradient of a GRU, by hand, equal to PyTorch's. [Chapter 7](07_vanishing_gradients.ipynb) asks how far it reaches.
"""

# %%
progress()
