# %% [markdown]
r"""
# 7 · Vanishing gradients

| you build | you need | time | points |
|---|---|---|---|
| the Jacobian of one step for a tanh-RNN and a GRU, article D's version of it and its three corners, gradients against lag, the memory horizon, clipping, and a bias that sets the memory | chapters 0 to 6 | 75 minutes | 19, and 2 for a written answer |

To learn that something 100 steps ago mattered, a network needs a gradient that survives 100 steps. [Chapter 6](06_bptt.ipynb) has shown one that does not. This chapter takes it apart: what one step does to a gradient, what many steps do, and what the update gate changes about it. Article D ([chapter 0](00_start_here.ipynb) names the five) tells this story with a formula; you will find out where it is right, where it is wrong, and why the two are hard to tell apart.
"""

# %%
from typing import NamedTuple

import numpy as np
from IPython.display import display

import gru_ref
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
from gru_ref.figures import plots
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


def new_gru(rng, D, H, b_z=0.0):
    """Return weights as PyTorch draws them for a new GRU, the update gates biased by b_z."""
    p = gru_ref.init_params(rng, D, H)
    return p._replace(b_iz=p.b_iz + b_z)


start("07_vanishing_gradients", globals())
reset_gate, update_gate, candidate_reset_after, blend = yours(
    "reset_gate", "update_gate", "candidate_reset_after", "blend"
)

# %%
recall("07_vanishing_gradients")

# %% [markdown]
r"""
## One step, as a matrix

The **Jacobian** $J_t = \partial h_t / \partial h_{t-1}$ is the $H \times H$ matrix of all derivatives of one state by the one before: row $i$ belongs to unit $i$ of $h_t$, column $j$ to unit $j$ of $h_{t-1}$. A gradient goes back through a step by $dh_{t-1} = J_t^\top dh_t$. In this chapter there is one sequence at a time, so vectors are $(H,)$.

The tanh-RNN, which has a candidate and no gates, comes first: $h_t = \tanh(a_t)$ with $a_t = W_i x_t + b_i + W_h h_{t-1} + b_h$. Write it for one unit: $h_{t,i}$ is the tanh of $a_{t,i}$, and $a_{t,i}$ contains $\sum_j W_{h,ij}\, h_{t-1,j}$. How much does $h_{t,i}$ move when $h_{t-1,j}$ does? That is entry $i, j$.

One notation helps to write the answer for all $i$ and $j$ at once. $\mathrm{diag}(v)$ is the matrix with the vector $v$ on its diagonal and 0 elsewhere, so that $\mathrm{diag}(v)\,W$ is $W$ with row $i$ multiplied by $v_i$: in NumPy `v[:, None] * W`.

### Exercise 7.1 · `rnn_jacobian`

2 points · difficulty ●○○ · importance ●●○

Return $\partial h_t / \partial h_{t-1}$ of the tanh-RNN, given $h_t$. (The slope of tanh can be had from its output, as in exercise 6.2.)
"""


# %% solution="rnn_jacobian"
def rnn_jacobian(h_t, W_h):
    """Return ∂h_t/∂h_{t-1} of the tanh-RNN, shape (H, H)."""
    ### BEGIN SOLUTION
    return (1 - h_t**2)[:, None] * W_h
    ### END SOLUTION


# %% check="rnn_jacobian"
check(rnn_jacobian)

# %%
# hint(rnn_jacobian)

# %% [markdown]
r"""
So $J_t = \mathrm{diag}(1 - h_t^2)\, W_h$. Two factors: a slope that is at most 1, and a matrix that PyTorch draws small enough to shrink most vectors. Over $k$ steps the gradient is multiplied by $k$ such products.

## The GRU's Jacobian

$h_{t-1}$ reaches $h_t$ on the four paths of chapter 6's picture. Each path is a matrix, and $J_t$ is their sum. There are two kinds of pieces on a path:

- where a vector multiplies another unit by unit, or where σ or tanh acts, unit $i$ touches unit $i$ alone: the piece is $\mathrm{diag}(\dots)$ of the factor or of the slope;
- where $W h_{t-1}$ is formed, the piece is $W$.

Along a path the pieces are multiplied, the one next to $h_t$ first, the one next to $h_{t-1}$ last. Your own `blend_backward` of chapter 6 says how a path begins: from $h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}$, the direct path is $\mathrm{diag}(z_t)$ and ends there; $n_t$ acts on $h_t$ by $\mathrm{diag}(1 - z_t)$, and $z_t$ by $\mathrm{diag}(h_{t-1} - n_t)$. From there follow $z_t = \sigma(\dots)$ and $n_t = \tanh(a_n)$ back to $h_{t-1}$. In $a_n$ stands $r_t \odot u_t$, with $u_t = W_{hn} h_{t-1} + b_{hn}$: it depends on $h_{t-1}$ by $u_t$, and by $r_t$, which makes two paths.

### Exercise 7.2 · `gru_jacobian`

4 points · difficulty ●●● · importance ●●●

Write the four paths down on paper, then add them: return the full Jacobian. `gru_step` of the first cell, made of your functions of chapters 1 to 3, gives you the gates. The hints go along one path after the other.
"""


# %% solution="gru_jacobian"
def gru_jacobian(x_t, h_prev, p):
    """Return ∂h_t/∂h_{t-1}, shape (H, H), for one x_t (D,) and h_prev (H,)."""
    ### BEGIN SOLUTION
    r_t, z_t, n_t, _ = gru_step(x_t, h_prev, p)
    u_t = h_prev @ p.W_hn.T + p.b_hn
    N = r_t[:, None] * p.W_hn + (u_t * r_t * (1 - r_t))[:, None] * p.W_hr
    through_z = ((h_prev - n_t) * z_t * (1 - z_t))[:, None] * p.W_hz
    return np.diag(z_t) + through_z + ((1 - z_t) * (1 - n_t**2))[:, None] * N
    ### END SOLUTION


# %% check="gru_jacobian"
check(gru_jacobian)

# %%
# hint(gru_jacobian)

# %% [markdown]
r"""
In one line each, to compare with your paper:

$$J_t = \underbrace{\mathrm{diag}(z_t)}_{\text{direct}} + \underbrace{\mathrm{diag}\big((h_{t-1} - n_t)\, z_t (1 - z_t)\big) W_{hz}}_{\text{through } z_t} + \mathrm{diag}(1 - z_t)\, N \tag{6}$$

$$N = \mathrm{diag}(1 - n_t^2) \big[ \underbrace{\mathrm{diag}(r_t) W_{hn}}_{\text{through } n_t} + \underbrace{\mathrm{diag}\big(u_t\, r_t (1 - r_t)\big) W_{hr}}_{\text{through } r_t} \big] \tag{7}$$

## Article D's version, and its three cases

Article D asks what the gates do to a gradient, and answers with three corners in which they stand at 0 or 1:

| corner | D's derivative |
|---|---|
| $z = 1$ | $1$: the gradient passes unchanged |
| $z = 0,\; r = 0$ | $0$: nothing passes |
| $z = 0,\; r = 1$ | the recurrent weights of the candidate, times the slope of tanh |

The derivative behind the table treats $z_t$ and $r_t$ as constants, although both depend on $h_{t-1}$. Two questions follow. How much does that leave out? And are the corners right all the same?

### Exercise 7.3 · `article_jacobian`

2 points · difficulty ●○○ · importance ●●○

Which of your four paths are left when the gates are constants? Return D's version of $J_t$.
"""


# %% solution="article_jacobian"
def article_jacobian(x_t, h_prev, p):
    """Return D's version of ∂h_t/∂h_{t-1}, the gates taken as constants, shape (H, H)."""
    ### BEGIN SOLUTION
    r_t, z_t, n_t, _ = gru_step(x_t, h_prev, p)
    return np.diag(z_t) + ((1 - z_t) * (1 - n_t**2) * r_t)[:, None] * p.W_hn
    ### END SOLUTION


# %% check="article_jacobian"
check(article_jacobian)

# %%
# hint(article_jacobian)

# %% [markdown]
r"""
**Predict.** How far is D's matrix from the full one in a new GRU with 8 units, as a share of the full one's size (its Frobenius norm, the root of the sum of all squares), in percent: about 0.1, 10 or 100?
"""

# %%
predict("07_article_error", ...)

# %%
rng = np.random.default_rng(7)


def share(J, J_true):
    """Return the size of the difference, relative to J_true."""
    return np.linalg.norm(J - J_true) / np.linalg.norm(J_true)


if ready(gru_jacobian, article_jacobian):
    for scale in (1, 3):
        one, many = [], []
        for _ in range(60):
            p = gru_ref.GRUParams(*(scale * w for w in new_gru(rng, 8, 8)))
            h, full, theirs = np.zeros(8), np.eye(8), np.eye(8)
            for x_t in rng.normal(size=(50, 8)):
                J, A = gru_jacobian(x_t, h, p), article_jacobian(x_t, h, p)
                h, full, theirs = gru_step(x_t, h, p)[-1], J @ full, A @ theirs
            one.append(100 * share(A, J))
            many.append(100 * share(theirs, full))
        print(f"weights x {scale}, one step: {np.median(one):.1f} %", end=", ")
        print(
            f"from {min(one):.1f} to {max(one):.1f}; product of 50 steps: {np.median(many):.1f} %"
        )
        if scale == 1:
            display(settle("07_article_error", float(np.median(one)), choices=(0.1, 10, 100)))

# %% [markdown]
r"""
The paths through the gates are not a detail. In a single step of a new GRU with 8 units they are about a tenth of the matrix. Over 50 steps the error is half of it, and with larger weights D's product has little to do with the true one. That was the first question. For the second the gates have to be brought into the corners.

### Exercise 7.4 · `saturate_gates`

2 points · difficulty ●○○ · importance ●●○

Return a copy of `p` whose gates are `r` and `z`, each 0 or 1, whatever the input and the state; the candidate's weights stay. (A bias of ±40 is as good as infinite.) The check compares the full Jacobian of your cell.
"""


# %% solution="saturate_gates"
def saturate_gates(p, r, z):
    """Return a GRUParams with r_t = r and z_t = z, each 0 or 1, and the candidate of p."""
    ### BEGIN SOLUTION
    closed = p._replace(W_ir=0 * p.W_ir, W_iz=0 * p.W_iz, W_hr=0 * p.W_hr, W_hz=0 * p.W_hz)
    b_r, b_z = 80 * r - 40 + 0 * p.b_ir, 80 * z - 40 + 0 * p.b_iz
    return closed._replace(b_ir=b_r, b_iz=b_z, b_hr=0 * p.b_hr, b_hz=0 * p.b_hz)
    ### END SOLUTION


# %% check="saturate_gates"
check(saturate_gates)

# %%
# hint(saturate_gates)

# %% [markdown]
r"""
**Predict.** D's formula is wrong in general, as you have measured. Is it wrong in the three corners too: "yes" or "no"?
"""

# %%
predict("07_corners", ...)

# %%
if ready(gru_jacobian, article_jacobian, saturate_gates):
    rng = np.random.default_rng(71)
    p, x_t, h = new_gru(rng, 8, 8), rng.normal(size=8), rng.uniform(-1, 1, 8)
    worst = 0
    for r, z in ((0, 1), (0, 0), (1, 0)):
        corner = saturate_gates(p, r, z)
        J, A = gru_jacobian(x_t, h, corner), article_jacobian(x_t, h, corner)
        worst = max(worst, np.abs(J - A).max())
        off, size = np.abs(J - A).max(), np.linalg.norm(J, 2)
        print(f"z = {z}, r = {r}: D against the full one {off:.0e}, norm of J {size:.2f}")
    display(settle("07_corners", "yes" if worst > 1e-9 else "no"))

# %% [markdown]
r"""
In the corners D is exactly right, and the reason is instructive. What D leaves out carries the factor $z(1-z)$ or $r(1-r)$, the slope of σ, and where a gate is saturated that slope is 0. So D argues from the very cases in which what it leaves out is zero. In between, where the gates of a network in use stand, its formula is an approximation, the better the nearer the gates are to their ends.

## Many steps

For a loss that looks at the last state only, $dh_T$ is given, and each step back multiplies by one more $J^\top$. Its norm against the **lag**, the number of steps back, is the picture of what a network can learn from how long ago.

### Exercise 7.5 · `gradient_norms`

3 points · difficulty ●●○ · importance ●●●

`Js` is $(T, H, H)$ and holds $J_1$ to $J_T$ in the order of time. Return the norms of $\partial L / \partial h_{T-k}$ for $k = 0$ to $T$.
"""


# %% solution="gradient_norms"
def gradient_norms(dh_T, Js):
    """Return ‖∂L/∂h_{T-k}‖ for the lags k = 0 to T, shape (T + 1,)."""
    ### BEGIN SOLUTION
    dh, norms = dh_T, [np.linalg.norm(dh_T)]
    for J in Js[::-1]:
        dh = J.T @ dh
        norms.append(np.linalg.norm(dh))
    return np.array(norms)
    ### END SOLUTION


# %% check="gradient_norms"
check(gradient_norms)

# %%
# hint(gradient_norms)

# %% [markdown]
r"""
### Exercise 7.6 · `memory_horizon`

2 points · difficulty ●○○ · importance ●●○

The **horizon** is the first lag at which the norm is at most $1/e$ of its value at lag 0. Return it. (Every list in the check falls that far.)
"""


# %% solution="memory_horizon"
def memory_horizon(norms):
    """Return the first lag at which norms is at most norms[0] / e."""
    ### BEGIN SOLUTION
    return np.argmax(norms <= norms[0] / np.e)
    ### END SOLUTION


# %% check="memory_horizon"
check(memory_horizon)

# %%
# hint(memory_horizon)

# %% [markdown]
r"""
Where only the direct path counts, the norm falls like $z^k$, so the horizon should be about $-1/\ln z$.

**Predict.** Which horizon does $z = 0.98$ promise: about 5, 50 or 500 steps?
"""

# %%
predict("07_horizon", ...)

# %%
settle("07_horizon", float(-1 / np.log(0.98)), choices=(5, 50, 500))

# %% [markdown]
r"""
That is a prediction from one number. Does a whole cell, with all its paths and gates that move, keep to it? Below, eight new cells for each of three biases of the update gate. For each cell: the horizon that the mean of all its gates predicts, and the one that your functions measure. The curves are those of the first cell of each bias.
"""

# %%
if ready(gru_jacobian, gradient_norms, memory_horizon):
    rng, curves, every = np.random.default_rng(72), {}, []
    for b_z in (0, 2, 4):
        found = []
        for _ in range(8):
            p, h, Js, gates = new_gru(rng, 32, 32, b_z), np.zeros(32), [], []
            for x_t in rng.normal(size=(300, 32)):
                Js.append(gru_jacobian(x_t, h, p))
                _, z_t, _, h = gru_step(x_t, h, p)
                gates.append(z_t)
            dh_T, direct = rng.normal(size=32), np.array([np.diag(z_t) for z_t in gates])
            norms, alone = (gradient_norms(dh_T, np.array(J)) for J in (Js, direct))
            curves.setdefault(f"$b_z$ = {b_z}", norms[:121])
            predicted = -1 / np.log(np.mean(gates))
            found.append((np.mean(gates), predicted, memory_horizon(norms), memory_horizon(alone)))
        z, predicted, measured, alone = np.array(found).T
        every += [np.array([predicted / measured, alone == measured, np.ceil(predicted) / alone])]
        print(f"b_z = {b_z}: mean z {min(z):.3f} to {max(z):.3f}, horizon predicted", end=" ")
        print(f"{min(predicted):.1f} to {max(predicted):.1f}, measured", end=" ")
        print(f"{min(measured):.0f} to {max(measured):.0f}; direct path alone", end=" ")
        print(f"{min(alone):.0f} to {max(alone):.0f}")
    ratio, same, rounded = np.concatenate(every, axis=1)
    print(
        f"predicted / measured: {min(ratio):.2f} to {max(ratio):.2f}, median {np.median(ratio):.2f}"
    )
    print(f"the direct path alone has the same horizon in {same.sum():.0f} of {len(same)} cells")
    print(f"predicted and rounded up / direct path: {min(rounded):.2f} to {max(rounded):.2f}")
    show(plots.norms_by_lag(curves))

# %% [markdown]
r"""
Where the gates are open, the mean gate alone predicts the horizon well: with $b_z = 4$, 43 to 49 steps for a measured 46 to 51. Mostly it falls short, and the paths that it leaves out are not the main reason, since the direct path alone gives the same horizon in 16 of the 24 cells. Two other things are. A horizon is counted in whole steps, so 1.4 can only become 2 or more, which is where the lowest ratio comes from. And 32 gates differ: what is left after some steps sits in the units whose gates are more open than the mean. Move the bias yourself; the second curve is $z^k$ with nothing but the bias in it.
"""

# %%
explore(plots.horizon_of_bias, b_z=Slider(-2, 5, 2))

# %% [markdown]
r"""
The same without a slider, for two biases. On the left the measured curve falls more slowly than $z^k$ at large lags: one number does not stand for 32 gates.
"""

# %%
panels = plots.panels(2, (9.6, 3.2), "norm of the gradient, lag 0 = 1", sharey=True)
for ax, b_z in zip(panels, (2, 5), strict=True):
    plots.horizon_of_bias(b_z, ax=ax)
    ax.set_xlabel("lag")
show(panels[0])

# %% [markdown]
r"""
## Three cells side by side

The LSTM ([Hochreiter and Schmidhuber 1997](https://doi.org/10.1162/neco.1997.9.8.1735); the blocks of chapter 5's parameter count) is the older gated cell. It has a second state $c$ with a forget gate in the role of $z$. How do the three compare when they are new, and when their gates are biased open? Each curve is one sequence of 100 random inputs, 32 units.
"""

# %%
rng = np.random.default_rng(73)
x, h_0, dh_T = rng.normal(size=(100, 32)), np.zeros(32), rng.normal(size=32)
rnn, lstm = gru_ref.init_rnn_params(rng, 32, 32), gru_ref.init_lstm_params(rng, 32, 32)
curves = {"tanh-RNN": gru_ref.norms_against_lag("rnn", rnn, x, h_0, dh_T)}
for b in (0, 4):
    p = new_gru(rng, 32, 32, b)
    curves[f"GRU, $b_z$ = {b}"] = gru_ref.norms_against_lag("gru", p, x, h_0, dh_T)
for b in (0, 4):
    p = lstm._replace(b_if=lstm.b_if + b)
    # counted from lag 1 on: there the gradient of the loss has entered c
    curves[f"LSTM, $b_f$ = {b}"] = gru_ref.norms_against_lag("lstm", p, x, h_0, dh_T)[1:]
show(plots.norms_by_lag(curves, floor=1e-30))
for name, norms in curves.items():
    print(f"{name.replace('$', ''):<15} at lag 50: {norms[50] / norms[0]:.0e}")

# %% [markdown]
r"""
Nobody escapes by being a GRU. A new GRU and a new LSTM vanish too, only more slowly than a tanh-RNN. (The LSTM with $b_f = 4$ may even rise: its state $c$ grows large, and with it the path through the gates.) It is the open gate that carries the gradient, and the gate is open because somebody set its bias, or because training has opened it.

## Eigenvalues

If one and the same matrix acted at every step, its largest eigenvalue in absolute value, the **spectral radius**, would tell what many applications do in the long run: below 1 they shrink, above 1 they grow. But every step has a $J_t$ of its own, and the eigenvalues of a product are not the products of the eigenvalues. Two matrices with nothing but eigenvalues of 0:
"""

# %%
A, B = np.array([[0, 2], [0, 0]]), np.array([[0, 0], [2, 0]])
for name, M in (("A", A), ("B", B), ("A B", A @ B)):
    print(f"spectral radius of {name}: {gru_ref.spectral_radius(M):.0f}")

# %% [markdown]
r"""
So a spectral radius describes one step. What many steps do has to be measured along the sequence, as you have done. With this in mind, where do the eigenvalues of one $J_t$ lie?
"""

# %%
rng = np.random.default_rng(74)
panels = plots.panels(3, (10.5, 3.5), "imaginary part")
for ax, b_z in zip(panels, (0, 2, 4), strict=True):
    p, h = new_gru(rng, 32, 32, b_z), np.zeros(32)
    for x_t in rng.normal(size=(20, 32)):
        J = gru_ref.gru_jacobian(x_t, h, p)
        h = gru_ref.step(x_t, h, p)
    radius = gru_ref.spectral_radius(J)
    plots.spectrum(J, ax, f"$b_z$ = {b_z}, spectral radius {radius:.2f}")
show(panels[0])

# %% [markdown]
r"""
The bias gathers the whole cloud near $z$ on the real axis: with $z \approx 1$ each Jacobian is nearly the identity. That carries over to products, whichever matrices they are made of: many factors near the identity, multiplied, change a vector slowly.

How does a bias look from the gates' side? Below are all gates $z_t$ of the same three cells over 100 inputs.
"""

# %%
rng = np.random.default_rng(74)  # the same three cells
panels = plots.panels(3, (10.5, 2.4), "how many", sharey=True)
for ax, b_z in zip(panels, (0, 2, 4), strict=True):
    p, h, gates = new_gru(rng, 32, 32, b_z), np.zeros(32), []
    for x_t in rng.normal(size=(100, 32)):
        _, z_t, _, h = gru_step(x_t, h, p)
        gates.append(z_t)
    plots.gate_histogram(np.ravel(gates), ax)
    ax.set(title=f"$b_z$ = {b_z}", xlabel="$z_t$")
show(panels[0])

# %% [markdown]
r"""
At $b_z = 4$ the gates crowd near 1, where the slope of σ is small. A gate that is nearly saturated carries the gradient of the *state* well, and passes little gradient to its *own* weights. Opening gates by hand is therefore a matter of measure.

## The other danger

A tanh-RNN whose matrix is large does the opposite: the gradient grows from step to step, and one update throws the weights far away. The remedy is blunt. Where the norm of all gradients together exceeds a limit, scale all of them by one factor ([Pascanu, Mikolov and Bengio 2013](https://proceedings.mlr.press/v28/pascanu13.html)).

### Exercise 7.7 · `clip_by_norm`

2 points · difficulty ●●○ · importance ●●●

`grads` is a `GRUParams` of gradients. The norm is that of all twelve arrays laid end to end. Return a `GRUParams`; below the limit nothing changes.
"""


# %% solution="clip_by_norm"
def clip_by_norm(grads, max_norm):
    """Return grads, scaled by one factor so that their common norm is at most max_norm."""
    ### BEGIN SOLUTION
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    factor = min(1, max_norm / norm)
    return GRUParams(*(g * factor for g in grads))
    ### END SOLUTION


# %% check="clip_by_norm"
check(clip_by_norm)

# %%
# hint(clip_by_norm)

# %% [markdown]
r"""
A tanh-RNN with 32 units, small inputs, its matrix times a growing factor: how large is the gradient that arrives 100 steps back? Whatever of it enters the weights' gradient, clipping brings the sum down to the limit.
"""

# %%
rng = np.random.default_rng(75)
x, h_0, dh_T = 0.1 * rng.normal(size=(100, 32)), np.zeros(32), rng.normal(size=32)
curves = {}
for g in (1, 2, 3, 5):
    p = gru_ref.init_rnn_params(rng, 32, 32)
    p = p._replace(W_hh=g * p.W_hh)
    norms = gru_ref.norms_against_lag("rnn", p, x, h_0, dh_T)
    curves[f"matrix x {g}"] = norms
    radius, grows = gru_ref.spectral_radius(p.W_hh), (norms[-1] / norms[0]) ** 0.01
    slopes, h = [], np.zeros(32)
    for now in x:
        h = np.tanh(p.W_ih @ now + p.b_ih + p.W_hh @ h + p.b_hh)
        slopes.append(1 - h**2)
    print(f"x {g}: spectral radius of W_h {radius:.2f}, mean slope {np.mean(slopes):.2f}", end=", ")
    print(f"at lag 100 {norms[-1]:.0e}: times {grows:.2f} a step")
show(plots.norms_by_lag(curves, floor=1e-30))

# %% [markdown]
r"""
The radius of $W_h$ says little about the growth: at x 2 it is 1.23, and from step to step the gradient hardly grows at all; at x 5 it is 2.85, and the growth is 1.26 a step. $W_h$ does not act alone. Each step multiplies by $\mathrm{diag}(1 - h_t^2)\, W_h$ with its own slopes, and the larger the matrix, the larger the states and the smaller the slopes.

Clipping shortens a step that is too long and leaves its direction alone. It does nothing for a gradient that has vanished: there is nothing left to scale.

## A memory by design

Which bias should the update gates have before training? If the task needs memories of up to $T_{max}$ steps and one does not know which, give each unit its own: draw $u$ uniformly between 1 and $T_{max} - 1$ and set the gate to $z = u / (1 + u)$, a memory of about $u$ steps. This is the **chrono initialisation** ([Tallec and Ollivier 2018](https://arxiv.org/abs/1804.11188)).

### Exercise 7.8 · `chrono_bias`

2 points · difficulty ●○○ · importance ●●○

Return the bias $b$ for which $\sigma(b) = u / (1 + u)$. Mind the convention: here $z$ keeps the past.
"""


# %% solution="chrono_bias"
def chrono_bias(u):
    """Return the bias b with σ(b) = u / (1 + u), in the shape of u."""
    ### BEGIN SOLUTION
    return np.log(u)
    ### END SOLUTION


# %% check="chrono_bias"
check(chrono_bias)

# %%
# hint(chrono_bias)

# %% [markdown]
r"""
## A trained GRU

So far all cells were new. Does training lengthen the horizon, and does it make D's formula better or worse? A GRU with 16 units must tell at the end of 30 noisy steps whether the first input was +1 or −1. Three versions of it, five seeds each: as PyTorch starts it, with your `chrono_bias`, and as PyTorch starts it once more, with steps ten times as large. Each is trained for 100 steps by Adam, the method of [chapter 8](08_training.ipynb); its learning rate says how far a weight goes in a step. Training is PyTorch's business here; what is measured before and after, by your functions, is the mean gate, the horizon (the median over the 16 units, each asked alone) and D's error.
"""

# %%
from gru_ref.optional import pytorch

T, H = 30, 16


def latch(generator, N=64):
    """Return x (T, N, 2), noise and a mark, and the sign that stood beside the mark at step 0."""
    sign = torch.randint(0, 2, (N,), generator=generator).double() * 2 - 1
    x = 0.5 * torch.randn(T, N, 2, generator=generator, dtype=torch.float64)
    x[0, :, 0] = sign
    return x, sign


def train(b_z, steps=100, seed=0, lr=0.01):
    """Return PyTorch's GRU before and after training as GRUParams, and the share it gets right."""
    torch.manual_seed(seed)
    gru, head = torch.nn.GRU(2, H, dtype=torch.float64), torch.nn.Linear(H, 1, dtype=torch.float64)
    with torch.no_grad():
        gru.bias_ih_l0[H : 2 * H] += torch.as_tensor(b_z)
    before = gru_ref.from_pytorch({k: v.detach().clone() for k, v in gru.named_parameters()})
    optimiser = torch.optim.Adam([*gru.parameters(), *head.parameters()], lr=lr)
    generator = torch.Generator().manual_seed(1 + seed)
    for _ in range(steps):
        x, sign = latch(generator)
        loss = torch.nn.functional.softplus(-sign * head(gru(x)[0][-1])[:, 0]).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(gru.parameters(), 1.0)
        optimiser.step()
    x, sign = latch(generator, 1000)
    with torch.no_grad():
        right = (sign * head(gru(x)[0][-1])[:, 0] > 0).double().mean().item()
    return before, gru_ref.from_pytorch(dict(gru.named_parameters())), right


def horizon_or_inf(norms):
    """Return your memory_horizon, or inf where the norm never falls to 1/e."""
    return memory_horizon(norms) if (norms <= norms[0] / np.e).any() else np.inf


def measure(p):
    """Return mean z, median horizon of the units, D's error in percent, along one test sequence."""
    h, Js, gates, errors = np.zeros(H), [], [], []
    for x_t in latch(torch.Generator().manual_seed(2), 1)[0].numpy()[:, 0]:
        Js.append(gru_jacobian(x_t, h, p))
        errors.append(100 * share(article_jacobian(x_t, h, p), Js[-1]))
        _, z_t, _, h = gru_step(x_t, h, p)
        gates.append(z_t)
    horizons = [horizon_or_inf(gradient_norms(dh_T, np.array(Js))) for dh_T in np.eye(H)]
    return np.mean(gates), np.median(horizons), np.median(errors)


def tell(name, biases, lr):
    """Train a network for each bias; print how it ends, and what is measured before and after."""
    print(name)
    for seed, b_z in enumerate(biases):
        before, after, right = train(b_z, seed=seed, lr=lr)
        ways = zip(measure(before), measure(after), strict=True)
        line = "mean z {:.2f} to {:.2f}, horizon {:4.1f} to {:4.1f}, D off by {:.1f} to {:.1f} %"
        print(f"   {right:4.0%} right,", line.format(*(v for way in ways for v in way)))


NEEDED = (gru_jacobian, article_jacobian, gradient_norms, memory_horizon, chrono_bias)
if ready(*NEEDED) and (
    torch := pytorch("""as PyTorch starts it, rate 0.01
    50% right, mean z 0.48 to 0.47, horizon  2.0 to  2.0, D off by 3.8 to 4.5 %
    48% right, mean z 0.49 to 0.52, horizon  2.0 to  2.0, D off by 3.7 to 3.9 %
    50% right, mean z 0.47 to 0.49, horizon  2.0 to  2.0, D off by 4.2 to 4.3 %
    52% right, mean z 0.50 to 0.53, horizon  2.0 to  2.0, D off by 4.2 to 4.3 %
    52% right, mean z 0.49 to 0.51, horizon  2.0 to  2.0, D off by 4.1 to 4.1 %
chrono, T_max = 30, rate 0.01
   100% right, mean z 0.87 to 0.71, horizon 12.5 to  5.0, D off by 0.7 to 2.1 %
   100% right, mean z 0.91 to 0.84, horizon 17.0 to 16.5, D off by 0.6 to 3.5 %
   100% right, mean z 0.90 to 0.84, horizon 15.5 to  inf, D off by 0.8 to 3.0 %
   100% right, mean z 0.90 to 0.74, horizon 16.0 to  8.0, D off by 0.5 to 2.7 %
   100% right, mean z 0.86 to 0.78, horizon 10.5 to 19.0, D off by 1.0 to 1.4 %""")
):
    rng = np.random.default_rng(76)
    torch.set_num_threads(1)  # at this size threads cost more than they give
    tell("as PyTorch starts it, rate 0.01", np.zeros((5, H)), 0.01)
    tell("chrono, T_max = 30, rate 0.01", chrono_bias(rng.uniform(1, T - 1, (5, H))), 0.01)

# %%
if ready(*NEEDED) and pytorch("""as PyTorch starts it, rate 0.1
   100% right, mean z 0.48 to 0.54, horizon  2.0 to  6.0, D off by 3.8 to 26.4 %
   100% right, mean z 0.49 to 0.63, horizon  2.0 to 30.0, D off by 3.7 to 3.9 %
   100% right, mean z 0.47 to 0.58, horizon  2.0 to  6.0, D off by 4.2 to 34.9 %
   100% right, mean z 0.50 to 0.67, horizon  2.0 to 28.5, D off by 4.2 to 3.7 %
   100% right, mean z 0.49 to 0.47, horizon  2.0 to  2.0, D off by 4.1 to 24.0 %"""):
    tell("as PyTorch starts it, rate 0.1", np.zeros((5, H)), 0.1)

# %% [markdown]
r"""
And when the first version is trained for longer, or a little faster?
"""

# %%
from pathlib import Path

results = Path(gru_ref.__file__).parent / "experiments" / "results"
longer = np.genfromtxt(results / "mark.csv", delimiter=",", names=True)
for lr in np.unique(longer["lr"]):
    runs = longer[longer["lr"] == lr]
    print(
        f"as PyTorch starts it, rate {lr:g}, {runs['steps'][0]:.0f} steps: "
        f"{runs['right'].min():.0%} to {runs['right'].max():.0%} right, {len(runs)} seeds"
    )

# %% [markdown]
r"""
(These runs come with the course; `python -m benchmarks.seeds mark` makes them anew.)

At a rate of 0.01 the network as PyTorch starts it learns nothing in 100 steps, with any seed: it is right as often as a coin, its horizon is where it was, and 1,500 steps change nothing. With the chrono bias every seed is right on all new sequences. But at a rate of 0.03 four seeds of five do without the bias in 500 steps, and at 0.1 all five in 100. So a long horizon at the start helps, and large steps help too: the path back to the first input can be given, or it can open while the network learns. How it opens when hardly a gradient comes through, [chapter 9](09_which_cell.ipynb) finds out.

Does training lengthen the horizon? That depends on where it begins. From the chrono start the mean gate has *fallen* in all five seeds, and in three of them the median horizon with it. In the other two it has grown, once beyond the 30 steps (`inf`: in half of the units the norm never falls to 1/e), though the gates are less open on average: a task of 30 steps needs some units that hold, not all. From PyTorch's start, at the large rate, the median horizon has grown in four seeds of five; in the fifth it has not, and the task is learned all the same, by fewer than half of the units. D's error has grown in most of these runs, to a third in one. D says that training drives the derivative "as close to 1 as possible". It drives the loss down, and the gates go where that takes them.

### A question in words

2 points, read by a person. Four or five sentences.

*Does the GRU solve the vanishing gradient? Take a position, and support it with at least two things that you have measured in this chapter.*
"""

# %% [markdown] answer="does_it_solve_it" points=2
r"""
It mitigates it; it does not solve it. A new GRU vanishes as well: at lag 50 its gradient has fallen by many orders of magnitude, if more slowly than a tanh-RNN's. What it offers is a path on which nothing but $z$ multiplies the gradient, and $z$ can be brought near 1 by a bias or by training: with $b_z = 4$ the horizon is near 50 steps instead of 2 or 3, and $-1/\ln z$ predicts it well. But every $z < 1$ still gives an exponential decay, with a horizon that is only longer; and a gate near 1 is one that hardly takes anything in and gets little gradient for its own weights. With a bias that sets a long memory, a task of 30 steps is learned within 100 steps of training by five seeds of five; without it, at the same rate, by none, and at ten times the rate by all. So the gate turns an inevitable loss into one that can be chosen, unit by unit.

**Points**

- 1: a position that says how far: the decay is slower or can be chosen, and does not go away.
- 1: two measurements of the chapter that bear on it, half a point each.
"""

# %% [markdown]
r"""
## What the articles say

- **D, three cases:** exactly right, and exactly the cases in which the part it leaves out is zero. **D, the formula in between:** off by about a tenth in one step of a new GRU with 8 inputs, by a few percent with 2, by less where the gates are biased open. Over many steps the error grows.
- **D, "gates take values either 0 or 1":** the histograms above say where they are.
- **B and D, gates "eliminate" or "solve" the problem:** they make the rate of decay adjustable.
- **C, "reset gate for short-term memory, update gate for long-term":** for the gradient, the long path is the one through $z_t$. The reset gate acts only inside the candidate, whose share is $1 - z_t$.

## What you built

A way to see how far a network can look back, before and after training. What a gradient is for comes next: in [chapter 8](08_training.ipynb) the network learns.
"""

# %%
progress()
