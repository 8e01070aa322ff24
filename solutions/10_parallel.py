# %% [markdown]
r"""
# 10 · The GRU over time, in parallel

| you build | you need | time | points |
|---|---|---|---|
| the composition of affine maps, a parallel scan, the minGRU, a residual, a gate round, a Newton round with your own Jacobian, and backpropagation through time without a loop | chapters 4 to 7 | 75 minutes | 20, and 2 for a written answer |

Step 1,000 of a GRU needs the state of step 999, which needs that of step 998. So the loop over time seems to be part of the thing, and a machine that can do thousands of products at once waits for it. This is the reason most often given for leaving recurrent networks. Article E hopes for their comeback; in this chapter you take the loop away, forwards and backwards, and get the same numbers. It costs something, and it does not always work. You will measure both.
"""

# %%
from time import perf_counter
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
from gru_ref.figures import plots, rounds
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
    """Return r_t, z_t, n_t and h_t, one row or many: your functions of chapters 1 to 3."""
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, h_prev, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    n_t = candidate_reset_after(x_t, h_prev, r_t, p.W_in, p.b_in, p.W_hn, p.b_hn)
    return r_t, z_t, n_t, blend(z_t, h_prev, n_t)


def loop(x, h_0, p):
    """Return the states h_1 to h_T of one sequence, (T, H), one step after the other."""
    return gru_forward(x[:, None], h_0[None], p)[:, 0]


start("10_parallel", globals())
reset_gate, update_gate, candidate_reset_after, blend = yours(
    "reset_gate", "update_gate", "candidate_reset_after", "blend"
)
gru_forward, gru_cell_backward, gru_backward = yours(
    "gru_forward", "gru_cell_backward", "gru_backward"
)
gru_jacobian, adam_step = yours("gru_jacobian", "adam_step")

# %%
recall("10_parallel")

# %% [markdown]
r"""
## A recurrence that is no loop

Begin with a recurrence that is simpler than a GRU: an **affine** one,

$$h_t = A_t h_{t-1} + b_t . \tag{1}$$

Each step is a map $h \mapsto A_t h + b_t$. It seems to need the same loop. But two such maps, one after the other, are a single map of the same kind: put $A_1 h + b_1$ into the second, and sort what multiplies $h$ from what does not. The two can be joined *before* $h$ is known. So can four, or a thousand, in any grouping, and different groups at the same time.

### Exercise 10.1 · `compose`

2 points · difficulty ●●○ · importance ●●●

Return the $A$ and the $b$ of map 1 followed by map 2. The arrays may be stacks of maps, $(\ldots, H, H)$ and $(\ldots, H)$, each joined with its partner. Mind that `A @ b` does not do what you want for a stack of vectors: give them a last axis first, `b[..., None]`, and take it away after.
"""


# %% solution="compose"
def compose(A_2, b_2, A_1, b_1):
    """Return A (..., H, H) and b (..., H) of the map h -> A_2 (A_1 h + b_1) + b_2."""
    ### BEGIN SOLUTION
    return A_2 @ A_1, (A_2 @ b_1[..., None])[..., 0] + b_2
    ### END SOLUTION


# %% check="compose"
check(compose)

# %%
# hint(compose)

# %% [markdown]
r"""
Now all states. For eight steps: join 1 with 2, 3 with 4, 5 with 6, 7 with 8, all four pairs in one round. Scan the four pairs, which gives $h_2, h_4, h_6, h_8$. From each of those, and from $h_0$, one step leads to the state after it: $h_1, h_3, h_5, h_7$, again in one round. How are four pairs scanned? In the same way. Below, squares are maps and dots are states; a line says what each was made of.
"""

# %%
show(rounds.scan_picture(8))

# %% [markdown]
r"""
### Exercise 10.2 · `linear_scan`

4 points · difficulty ●●● · importance ●●●

Return $h_1$ to $h_T$ of (1) by this recursion, for any $T$, odd ones too. Row 0 of the result is $h_1$, so $h_2, h_4, \ldots$ are `h[1::2]`, and $h_1, h_3, \ldots$ are `h[::2]`. Before the steps in `h[::2]` stand $h_0$ and the states `h[1:-1:2]`. The recursion ends at $T = 0$. (The check judges values, so a loop would pass as well; the cell after it counts.)
"""


# %% solution="linear_scan"
def linear_scan(A, b, h_0):
    """Return h_1 to h_T, shape (T, ..., H); A is (T, ..., H, H), b is (T, ..., H)."""
    ### BEGIN SOLUTION
    if len(b) == 0:
        return b
    h = np.empty_like(b)
    h[1::2] = linear_scan(*compose(A[1::2], b[1::2], A[:-1:2], b[:-1:2]), h_0)
    before = np.concatenate([h_0[None], h[1:-1:2]])
    h[::2] = (A[::2] @ before[..., None])[..., 0] + b[::2]
    return h
    ### END SOLUTION


# %% check="linear_scan"
check(linear_scan)

# %%
# hint(linear_scan)

# %% [markdown]
r"""
**Predict.** A scan of 8 steps took seven rounds in the picture. How many does one of 1,024 steps take: about 20, 200 or 1,000?
"""

# %%
predict("10_depth", ...)

# %%
if ready(compose, linear_scan):
    joins, kept = [], compose

    def counted(A_2, b_2, A_1, b_1):
        joins.append(len(b_2))
        return kept(A_2, b_2, A_1, b_1)

    compose = counted  # while this cell runs
    for T in (8, 64, 1024):
        joins.clear()
        linear_scan(np.full((T, 1, 1), 0.5), np.ones((T, 1)), np.zeros(1))
        deep = gru_ref.scan_cost(T).rounds
        print(
            f"T = {T:4}: yours joins {sum(joins):4} pairs of maps in {len(joins):2} calls, ", end=""
        )
        print(f"all in all {deep} rounds in place of {T}")
    compose = kept
    display(settle("10_depth", float(deep), choices=(20, 200, 1000)))

# %% [markdown]
r"""
Two rounds for every doubling of $T$, and one for $h_0$, in place of $T$ steps. The calls of `compose` are half of them, and the last joins nothing. If yours shows 0 calls, you have written a loop: it gives the right states, and the rest of the chapter works with it, but it is not the idea.

Some recurrences act on each unit alone: $h_t = a_t \odot h_{t-1} + b_t$. Then each unit is a system of one number, and the same scan serves:
"""


# %%
def diagonal_scan(a, b, h_0):
    """Return h_t = a_t * h_{t-1} + b_t for t = 1 to T; a and b are (T, H), h_0 is (H,)."""
    return linear_scan(a[..., None, None], b[..., None], h_0[..., None])[..., 0]


# %% [markdown]
r"""
## A cell that a scan can run

The last line of a GRU, $h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t$, looks like (1), with $z_t$ on the diagonal. It is not affine only because $z_t$ and $n_t$ see $h_{t-1}$ themselves. So take that away: let the gates and the candidate read zeros in the place of the state. Then they are known for all steps at once, and a scan does the rest. This is the idea of the **minGRU** (Feng et al. 2024, *Were RNNs all we needed?*), which also drops $r_t$ and the tanh. Here the weights are those of our GRU, and so are $r_t$ and tanh:

$$z_t = \sigma(W_{iz} x_t + b_{iz} + b_{hz}), \qquad n_t = \tanh(W_{in} x_t + b_{in} + r_t \odot b_{hn}) \tag{2}$$

### Exercise 10.3 · `mingru`

2 points · difficulty ●●○ · importance ●●○

Return its states $h_1$ to $h_T$ from $h_0$. `gru_step` of the first cell takes many rows at once, and here **time is the batch**: $x$ is $(T, D)$, and each row has its own row of states.
"""


# %% solution="mingru"
def mingru(x, h_0, p):
    """Return h_1 to h_T, shape (T, H), of the GRU p whose gates and candidate see no state."""
    ### BEGIN SOLUTION
    _, z, n, _ = gru_step(x, np.zeros((len(x), len(h_0))), p)
    return diagonal_scan(z, (1 - z) * n, h_0)
    ### END SOLUTION


# %% check="mingru"
check(mingru)

# %%
# hint(mingru)

# %% [markdown]
r"""
It runs in about $2 \log_2 T$ rounds. But it is another cell. How far are its states from those of the GRU with the same weights?

**Predict.** For a new GRU with 32 units: is the largest difference of any state about 0.0001, 0.003 or 0.1?
"""

# %%
predict("10_another_cell", ...)

# %%
rng = np.random.default_rng(10)


def new_gru(D, H):
    """Return weights as PyTorch draws them for a new GRU."""
    return gru_ref.init_params(rng, D, H)


p, x, h_0 = new_gru(4, 32), rng.normal(size=(200, 4)), np.zeros(32)
if ready(mingru):
    gap = np.abs(mingru(x, h_0, p) - loop(x, h_0, p))
    size = np.abs(loop(x, h_0, p)).mean()
    print(
        f"difference: largest {gap.max():.3f}, mean {gap.mean():.3f}; mean size of a state {size:.3f}"
    )
    display(settle("10_another_cell", float(gap.max()), choices=(0.0001, 0.003, 0.1)))

# %% [markdown]
r"""
The two are different functions, and by no small amount: the mean difference is a quarter of the mean size of a state. Still, the minGRU is a *guess* at the GRU's states, and it costs one scan. Can a guess be improved without the loop? First: can one tell how good it is without the loop?

### Exercise 10.4 · `residual`

2 points · difficulty ●○○ · importance ●●●

Let `h` hold a guess of $h_1$ to $h_T$. If it were right, each state would follow from the one before: $h_t = f(h_{t-1}, x_t)$, where $f$ is one step of the GRU. Return the residual, for all $t$ at once, with the known $h_0$ before the first:

$$e_t = h_t - f(h_{t-1}, x_t) \tag{3}$$
"""


# %% solution="residual"
def residual(h, x, h_0, p):
    """Return e_t of every step, shape (T, H), for a guess h (T, H) of the states."""
    ### BEGIN SOLUTION
    h_prev = np.concatenate([h_0[None], h[:-1]])
    return h - gru_step(x, h_prev, p)[-1]
    ### END SOLUTION


# %% check="residual"
check(residual)

# %%
# hint(residual)

# %% [markdown]
r"""
There is no loop in it: every step looks at the guess, and the guess is there. Where the residual is 0 everywhere, the guess *is* the trajectory, since $h_0$ is right, so $h_1$ is, so $h_2$ is.

## A guess, improved

The minGRU's gates read zeros, since nothing was known. Now there is a guess. Let the gates and the candidate read it, and run the scan again:

$$h_t = z'_t \odot h_{t-1} + (1 - z'_t) \odot n'_t, \qquad z'_t, n'_t \text{ from } h'_{t-1} \tag{4}$$

where the prime marks what comes from the guess. This is a **gate round**.

### Exercise 10.5 · `gate_step`

2 points · difficulty ●○○ · importance ●●○

Return the trajectory that one gate round makes of the guess `h`.
"""


# %% solution="gate_step"
def gate_step(h, x, h_0, p):
    """Return the new states, shape (T, H), with gates and candidates that read the guess h."""
    ### BEGIN SOLUTION
    h_prev = np.concatenate([h_0[None], h[:-1]])
    _, z, n, _ = gru_step(x, h_prev, p)
    return diagonal_scan(z, (1 - z) * n, h_0)
    ### END SOLUTION


# %% check="gate_step"
check(gate_step)

# %%
# hint(gate_step)

# %% [markdown]
r"""
What does the first round make of a guess that is 0 everywhere? And what do many rounds make of it? In the picture each row is a round, each column a step, and the shade is the distance from the loop's states on a log scale: the brightest is 1, the darkest nothing that float64 could tell.
"""


# %%
def rounds_from(h, x, h_0, p, gates=0, most=100, tol=1e-10):
    """Return the trajectories after each round: some gate rounds, then Newton's until |e| <= tol."""
    found = []
    while len(found) < most and not np.abs(residual(h, x, h_0, p)).max() <= tol:
        h = gate_step(h, x, h_0, p) if len(found) < gates else newton_step(h, x, h_0, p)
        found.append(h)
    return np.array(found)


def errors_of(found, x, h_0, p):
    """Return the largest error of every state after every round, shape (rounds, T)."""
    return np.abs(found - loop(x, h_0, p)).max(axis=-1)


if ready(mingru, residual, gate_step):
    zero = np.zeros((len(x), 32))
    difference = np.abs(gate_step(zero, x, h_0, p) - mingru(x, h_0, p)).max()
    print(f"first gate round from 0 against the minGRU: {difference:.0e}")
    by_gates = rounds_from(zero, x, h_0, p, gates=100)
    print(f"gate rounds until the residual is at most 1e-10: {len(by_gates)}")
    show(rounds.error_map(errors_of(by_gates, x, h_0, p), title="gate rounds", first="minGRU"))

# %% [markdown]
r"""
**The minGRU is the first round of an iteration whose limit is our GRU.** The two cells are the ends of one road. A round brings about half a digit, at all steps alike.

Why does it arrive? The only trajectory that a gate round leaves alone is one whose gates were read from itself, and that is the GRU's. And state by state it arrives anyway: $h_1$ is exact after the first round, since its gates have read $h_0$; then $h_2$ after the second; after $T$ rounds at most everything is. That would be the loop again, at many times its price. It pays only if far fewer rounds do.

## Newton, with your own Jacobian

A gate round lets the gates read the guess and forgets that they would have *moved* with the new state. Chapter 7 knows how $h_t$ moves with $h_{t-1}$, along all paths: the Jacobian $J_t$. So take the step at the guess, and correct it by $J_t$ times what the state before has turned out to differ:

$$h_t = f(h'_{t-1}, x_t) + J_t\,(h_{t-1} - h'_{t-1}) \tag{5}$$

Subtract $h'_t$ on both sides. With $d_t = h_t - h'_t$ for the correction, this is an affine recurrence in $d$, from $d_0 = 0$:

$$d_t = J_t\, d_{t-1} - e_t \tag{6}$$

All $J_t$ stand at the guess, so they can be computed at the same time, and a scan does (6). This is Newton's method, on all states at once. (The idea is known as DEER: Lim et al. 2023.) A GRU that starts in $[-1, 1]$ stays there, since $h_t$ lies between $h_{t-1}$ and a tanh. Newton does not know that, so keep the result in $[-1, 1]$.

### Exercise 10.6 · `newton_step`

4 points · difficulty ●●● · importance ●●●

Return the trajectory that one Newton round makes of the guess `h`. `gru_jacobian` is yours of chapter 7; it takes one step, so call it for each.
"""


# %% solution="newton_step"
def newton_step(h, x, h_0, p):
    """Return the new states, shape (T, H), after one Newton round from the guess h."""
    ### BEGIN SOLUTION
    h_prev = np.concatenate([h_0[None], h[:-1]])
    J = np.array([gru_jacobian(x_t, g, p) for x_t, g in zip(x, h_prev, strict=True)])
    d = linear_scan(J, -residual(h, x, h_0, p), 0 * h_0)
    return np.clip(h + d, -1, 1)
    ### END SOLUTION


# %% check="newton_step"
check(newton_step)

# %%
# hint(newton_step)

# %%
if ready(mingru, residual, gate_step, newton_step):
    by_newton = rounds_from(zero, x, h_0, p, gates=1)
    errors = errors_of(by_newton, x, h_0, p)
    for k, e in enumerate(errors, 1):
        print(f"round {k}, {'minGRU' if k == 1 else 'Newton'}: largest error {e.max():.0e}")
    show(rounds.error_map(errors, title="minGRU, then Newton rounds", first="minGRU"))

# %% [markdown]
r"""
The error is squared from round to round, so the number of right digits doubles.

**Predict.** Here $T$ was 200. How many rounds will it take for $T$ = 3,000: about 4, 15 or 60?
"""

# %%
predict("10_rounds", ...)

# %%
if ready(mingru, residual, gate_step, newton_step):
    for T in (10, 100, 1000, 3000):
        longer = rng.normal(size=(T, 4))
        found = rounds_from(np.zeros((T, 32)), longer, h_0, p, gates=1)
        off = errors_of(found, longer, h_0, p)[-1].max()
        print(f"T = {T:4}: {len(found)} rounds, error {off:.0e}")
    display(settle("10_rounds", float(len(found)), choices=(4, 15, 60)))

# %% [markdown]
r"""
The number of rounds does not grow with $T$. Three thousand states in four rounds, right to 13 digits. The loop was not part of the thing.

## And after training?

A new GRU forgets within a few steps, as chapter 7 has measured, and with the past it forgets a wrong guess. Training opens the gates. So train one: the adding problem of chapter 8 over 50 steps, with 16 units and the chrono bias of exercise 7.8, and five seeds, since one network is no evidence.
"""


# %%
def adding_inputs(rng, T, N):
    """Return N sequences of the adding problem, (T, N, 2): numbers, and marks at two steps."""
    marks = np.zeros((T, N))
    marks[rng.integers(0, T // 2, N), np.arange(N)] = 1
    marks[rng.integers(T // 2, T, N), np.arange(N)] = 1
    return np.stack([rng.uniform(0, 1, (T, N)), marks], axis=-1)


def trained(seed, T=50, N=16, H=16, steps=500):
    """Return a GRU that has learned to add, and its last loss; chance is 0.167."""
    rng, losses = np.random.default_rng(seed), []
    p = gru_ref.init_params(rng, 2, H)
    p = p._replace(b_iz=p.b_iz + gru_ref.chrono_bias(rng, H, T))
    weights = [*p, rng.uniform(-1, 1, H) / np.sqrt(H), np.zeros(1)]
    memory = [(np.zeros_like(w), np.zeros_like(w)) for w in weights]
    for t in range(1, steps + 1):
        x = adding_inputs(rng, T, N)
        h, h_T, kept = gru_ref.gru_forward(x, gru_ref.GRUParams(*weights[:12]))
        e = h_T @ weights[12] + weights[13] - (x[..., 0] * x[..., 1]).sum(axis=0)
        dy = 2 * e / N
        back = gru_ref.gru_backward(None, kept, dh_T=dy[:, None] * weights[12]).params
        grads, _ = gru_ref.clip_by_norm((*back, dy @ h_T, dy.sum(keepdims=True)), 1.0)
        for i, g in enumerate(grads):
            weights[i], *memory[i] = adam_step(weights[i], g, *memory[i], t, 0.01)
        losses.append((e**2).mean())
    return gru_ref.GRUParams(*weights[:12]), np.mean(losses[-50:])


networks = []
for seed in range(5):
    net, loss = trained(seed)
    networks.append(net)
    print(f"seed {seed}: mean squared error {loss:.4f}")

# %% [markdown]
r"""
Now the rounds for 2,000 steps, forty times the length that they were trained on: Newton from a guess of 0 without the clip, with the clip, and after three gate rounds.
"""


# %%
def count(x, p, gates, clip):
    """Return how many rounds it takes from a guess of 0, at most 40."""
    h = np.zeros((len(x), 1, len(p.W_hr)))
    for k in range(40):
        if np.abs(gru_ref.residual(h, x, p)).max() <= 1e-10:
            return k
        with np.errstate(over="ignore", invalid="ignore"):
            kind = "gate" if k < gates else "newton"
            h = gru_ref.parallel_round(h, x, p, kind=kind, clip=clip)
    return np.inf


def growth(x, p, h):
    """Return the mean log growth a step of a product of Jacobians at the states h."""
    h_prev = np.concatenate([np.zeros((1, h.shape[-1])), h[:-1]])
    return gru_ref.lyapunov_exponent(gru_ref.gru_jacobian(x, h_prev, p))


sequence = adding_inputs(np.random.default_rng(20), 2000, 1)
print("seed   Newton   clipped   3 gate rounds first   growth at 0   on the trajectory")
for seed, net in enumerate(networks):
    plain, clipped, safe = (
        count(sequence, net, *how) for how in ((0, False), (0, True), (3, True))
    )
    h = gru_ref.unroll(sequence, net).h[:, 0]
    at_zero, at_h = (growth(sequence[:, 0], net, where) for where in (0 * h, h))
    print(f"{seed:4} {plain:8} {clipped:9} {safe:21} {at_zero:+13.4f} {at_h:+19.4f}")

# %% [markdown]
r"""
Plain Newton takes from 6 rounds to more than 20. (Training amplifies the last digits of float64, so on another machine these numbers differ a little.) The last two columns say why. They are the mean growth a step, in logarithms, of a product of Jacobians: at the guess 0, where Newton takes them in its first round, and on the true trajectory. All five contract on their trajectory. At the guess, where the state is not what the gates were trained for, the products of seeds 2, 3 and 4 *grow*: by 0.001 to 0.009 a step, which over 2,000 steps is a factor of $e^3$ to $e^{17}$. A first correction is multiplied by that, and the next guess may be worse than the first.

Two remedies. States can be kept in $[-1, 1]$, which helps seeds 3 and 4 and hinders seed 2. And the first guess can be a better one, from rounds whose maps cannot grow, since $z_t < 1$. With both, **three gate rounds and then Newton, clipped**, every network takes 6 to 8 rounds. Below, seed 4 without the remedies and with them, the second with your own functions.
"""

# %%
x_add, p_add, h_add = sequence[:, 0], GRUParams(*networks[4]), np.zeros(16)
if ready(mingru, residual, gate_step, newton_step):
    h, plain = np.zeros((2000, 1, 16)), []
    with np.errstate(over="ignore", invalid="ignore"):
        while len(plain) < 40 and np.abs(residual(h[:, 0], x_add, h_add, p_add)).max() > 1e-10:
            h = gru_ref.parallel_round(h, sequence, networks[4], clip=False)
            plain.append(h[:, 0])
    found = rounds_from(np.zeros((2000, 16)), x_add, h_add, p_add, gates=3)
    print(f"Newton alone {len(plain)} rounds, your three gate rounds and Newton {len(found)}")
    panels = plots.panels(2, (10, 3))
    alone = errors_of(np.array(plain), x_add, h_add, p_add)
    rounds.error_map(alone, panels[0], "Newton alone")
    title = "3 gate rounds, then Newton"
    show(rounds.error_map(errors_of(found, x_add, h_add, p_add), panels[1], title, "minGRU"))

# %% [markdown]
r"""
## When few rounds do

What decides? A round corrects a state by what it knows of the state before, and the correction travels on with the product $J_T \cdots J_1$ of chapter 7. Its mean growth a step is the **Lyapunov exponent**:

$$\lambda = \frac{1}{T} \ln \lVert J_T \cdots J_1 v \rVert \tag{7}$$

Where $\lambda < 0$, two trajectories that start close to each other close up, and a wrong guess is forgotten. Where $\lambda > 0$ they part: chaos. Below, new GRUs with 16 units whose recurrent weights are all multiplied by a gain $g$, five draws for each, over 300 steps.
"""

# %%
exponents, needed, most = [], [], 40
for g in (0.5, 1, 2, 3, 3.5, 4, 4.5, 5, 6, 8):
    for seed in range(5):
        draw = np.random.default_rng(seed)
        q = gru_ref.init_params(draw, 4, 16)
        q = q._replace(W_hr=g * q.W_hr, W_hz=g * q.W_hz, W_hn=g * q.W_hn)
        inputs = draw.normal(size=(300, 1, 4))
        due = gru_ref.unroll(inputs, q).h
        exponents.append(growth(inputs[:, 0], q, due[:, 0]))
        took = len(rounds.newton_errors(inputs, q, due, most + 1, gates=1))
        needed.append(took)
exponents, needed = np.array(exponents), np.array(needed)
show(rounds.rounds_against_exponent(exponents, needed, most))
for low, high in ((-9, -0.3), (-0.3, -0.1), (-0.1, 0), (0, 9)):
    there = needed[(exponents >= low) & (exponents < high)]
    done = there[there <= most]
    span = f"{done.min()} to {done.max()} rounds" if len(done) else "no rounds"
    print(f"λ from {low:g} to {high:g}: {len(done)} of {len(there)} arrive, in {span}")

# %% [markdown]
r"""
Above $\lambda = 0$ nothing arrives within 40 rounds. Below $-0.3$ four or five rounds do, and as $\lambda$ comes near 0 it takes more and more, or more than 40.

$\lambda$ is no law, though. The trained networks above had a $\lambda$ between $-0.012$ and $-0.003$, nearer to 0 than any network here that arrives, and took 6 to 8 rounds. The reason is how they remember. A unit whose $z_t$ stays near 1 keeps its state by a map that is nearly linear, and on a linear recurrence Newton is exact in one round, however long the memory. The networks of the picture hold on to the past through large recurrent weights, and there $J_t$ itself changes with every change of the guess. What counts is both: how long an error lives, and how much it bends the next step.

Move the gain yourself. On the left, the distance of two trajectories that start next to each other; on the right, the errors of the rounds.
"""

# %%
explore(rounds.edge_of_chaos, g=Slider(0.5, 8, 2, 0.5))

# %% [markdown]
r"""
The same without a slider, for three gains: contracting, near the edge, and beyond it.
"""

# %%
for g in (1, 4, 6):
    show(rounds.edge_of_chaos(g))

# %% [markdown]
r"""
Beyond the edge the right states grow from the left, a few a round, and that is the loop again. But look at the left panel before you regret it: there the loop itself cannot be trusted for long either. A rounding error of 1e-16 grows with $e^{\lambda t}$ and is as large as a state after about $36/\lambda$ steps. What is lost there is not the method but the meaning of "the" trajectory.

So chapter 7 is seen again, from the other side. A product of Jacobians that grows is a gradient that explodes and a guess that cannot be repaired; one that shrinks is a gradient that vanishes and a guess that is soon forgotten. **A network that amplifies its past cannot be run in parallel in few rounds, its loop cannot be trusted, and its gradient explodes.** What is useful lies a little below 0, where $z_t$ carries the memory, and there few rounds do.

## Backwards, exactly

Forwards the trajectory was unknown, and had to be guessed. Backwards it is known, and the gradient obeys

$$dh_t = J_{t+1}^\top\, dh_{t+1} + \frac{\partial L}{\partial h_t} \tag{8}$$

That is affine as it stands, in reversed time. No rounds, no convergence, no $\lambda$: **one** scan gives what the loop of `gru_backward` gives.

### Exercise 10.7 · `parallel_bptt`

4 points · difficulty ●●● · importance ●●●

`dh` is $(T, H)$ and holds what the loss itself says of each state, `h` the states $h_1$ to $h_T$. Return what `gru_backward` returns: `dx`, `dh_0` and the gradients of the weights. After the scan, one call of your `gru_cell_backward` of chapter 6 does all steps: time is the batch, and it sums over a batch as BPTT sums over time.
"""


# %% solution="parallel_bptt"
def parallel_bptt(dh, x, h, h_0, p):
    """Return dx (T, D), dh_0 (H,) and the gradients of p, a GRUParams."""
    ### BEGIN SOLUTION
    h_prev = np.concatenate([h_0[None], h[:-1]])
    J = np.array([gru_jacobian(x_t, g, p).T for x_t, g in zip(x, h_prev, strict=True)])
    dh = linear_scan(np.roll(J[::-1], 1, axis=0), dh[::-1], 0 * h_0)[::-1]
    r, z, n, _ = gru_step(x, h_prev, p)
    dx, dh_prev, grads = gru_cell_backward(dh, x, h_prev, r, z, n, p)
    return dx, dh_prev[0], grads
    ### END SOLUTION


# %% check="parallel_bptt"
check(parallel_bptt)

# %%
# hint(parallel_bptt)

# %%
if ready(parallel_bptt):
    for name, q in (("new", GRUParams(*new_gru(2, 16))), ("trained", p_add)):
        h = loop(x_add, h_add, q)
        dh = rng.normal(size=h.shape)
        _, _, grads = parallel_bptt(dh, x_add, h, h_add, q)
        _, _, due = gru_backward(dh[:, None], x_add[:, None], h_add[None], q)
        off = max(np.abs(a - b).max() / np.abs(b).max() for a, b in zip(grads, due, strict=True))
        print(f"{name}, T = 2,000: gradients of the weights differ by {off:.0e} of their size")

# %% [markdown]
r"""
## What it costs

Nothing is free. The loop multiplies a matrix by a vector at each step. The scan joins maps, and joining two multiplies a matrix by a *matrix*: $H$ times the work. What is gained is depth, the number of things that must wait for one another.

**Predict.** On this computer, with its few cores: are your rounds faster than your loop for 2,000 steps, "yes" or "no"?
"""

# %%
predict("10_faster", ...)

# %%
sizes, H = 2 ** np.arange(3, 15), 32
costs = [gru_ref.scan_cost(int(T)) for T in sizes]
deep, joined, applied = (np.array(c) for c in zip(*costs, strict=True))
step = 3 * H**2  # multiplications of a step, without those with x_t, for which nobody waits
work = {
    "loop": sizes * step,
    "4 Newton rounds": 4 * (sizes * step + joined * H**3 + applied * H**2),
    "minGRU": (joined + applied) * H,
}
depth = {"loop": sizes, "4 Newton rounds": 4 * (deep + 1), "minGRU": deep}
show(rounds.work_and_depth(sizes, work, depth))
more, less = (d["4 Newton rounds"][-1] / d["loop"][-1] for d in (work, depth))
print(f"H = {H}, T = {sizes[-1]}: Newton multiplies {more:.0f} times as much as the loop,")
print(
    f"waits {1 / less:.0f} times less often, and fills {sizes[-1] * H**2 * 8 / 1e6:.0f} MB with J_t"
)
inputs, q = rng.normal(size=(500, 1, 4)), new_gru(4, H)
for kind, maps in (("picard", "0"), ("gate", "z_t"), ("diagonal", "diag J_t"), ("newton", "J_t")):
    h, k = np.zeros((500, 1, H)), 0
    while np.abs(gru_ref.residual(h, inputs, q)).max() > 1e-10:
        h, k = gru_ref.parallel_round(h, inputs, q, kind=kind), k + 1
    print(f"a scan with {maps:8}: {k:2} rounds for T = 500")
if ready(residual, gate_step, newton_step):
    began = perf_counter()
    loop(x_add, h_add, p_add)
    one_by_one = perf_counter() - began
    began = perf_counter()
    rounds_from(np.zeros((2000, 16)), x_add, h_add, p_add, gates=3)
    at_once = perf_counter() - began
    print(f"T = 2,000: loop {one_by_one:.2f} s, rounds {at_once:.2f} s")
    display(settle("10_faster", "yes" if at_once < one_by_one else "no"))


def fastest(run, *inputs):
    """Return the least of three times that a function takes, in seconds."""
    times = []
    for _ in range(3):
        began = perf_counter()
        run(*inputs)
        times.append(perf_counter() - began)
    return min(times)


for units, sequences, T in ((8, 1, 2000), (32, 1, 2000), (32, 32, 200)):
    inputs, q = rng.normal(size=(T, sequences, 4)), new_gru(4, units)
    one_by_one = fastest(gru_ref.unroll, inputs, q)
    at_once = fastest(gru_ref.parallel_forward, inputs, q)
    print(f"reference, {units:2} units, {sequences:2} sequences of {T:4} steps: ", end="")
    print(f"rounds take {at_once / one_by_one:.1f} times as long as the plain loop")

# %% [markdown]
r"""
With 32 units four Newton rounds multiply about 50 times as much as the loop, and wait for one another more than 100 times less often. Which of the two counts depends on the machine. A processor with few cores is busy with the work, and there your rounds are several times slower than your loop. The reference, which makes all Jacobians in one go, is faster than its plain loop for one sequence with 8 units, where that loop mostly waits for Python; it is slower with 32 units, and much slower for a batch, which gives the loop something to do at each step. A GPU that would idle through the loop has thousands of units to put on one round; this chapter has not been run on one. And the Jacobians must be held: memory grows with $T H^2$.

The last lines give the choice between. With $z_t$ or the diagonal of $J_t$ in the place of $J_t$, joining two maps costs $H$ multiplications and not $H^3$, and the rounds are four or five times as many. Any map will do: it sets the speed, not the result. Others make the recurrent weights themselves diagonal, so that $J_t$ is (ParaRNN, Danieli et al. 2025): that is another cell again, in which no unit sees another's past.

There is help while a network trains. Its weights move by little from step to step, and where the sequences are the same, the trajectory of the step before is a far better guess than 0. Below, every weight of the trained network of seed 4 moves by a step up or down, as Adam would move it.
"""

# %%
before = gru_ref.unroll(sequence, networks[4]).h
for size in (1e-4, 1e-3, 1e-2):
    moved = gru_ref.GRUParams(*(w + size * rng.choice([-1, 1], w.shape) for w in networks[4]))
    warm, cold = (gru_ref.parallel_forward(sequence, moved, guess=g) for g in (before, None))
    print(f"step {size:g}: {warm.rounds} rounds from the states before, {cold.rounds} from 0")

# %% [markdown]
r"""
Two or three rounds in place of six. Where each step of training draws new sequences there is no such guess, and the three gate rounds make one.

### A question in words

2 points, read by a person. Four or five sentences.

*A colleague says: "GRUs cannot be parallelised over time; that is why one takes a minGRU, which can." What is right about this, and what is not? Use at least two things that you have measured.*
"""

# %% [markdown] answer="can_it_be_parallelised" points=2
r"""
The minGRU is one scan, exactly, and needs no rounds: that is right, and it is cheap, since its maps are diagonal. But it is another cell: with the same weights its states differ from the GRU's by a good part of their size. And the GRU can be computed in parallel too: the minGRU's states are the first round of an iteration, and a few Newton rounds with the full Jacobian give the loop's states to 1e-10, in a number of rounds that did not grow from 10 to 3,000 steps. It has limits: the network must forget (λ < 0), the guess must not be too bad, which after training took a clip and gate rounds, and each join of two maps is a product of matrices, so the work is many times the loop's, and my rounds were slower than my loop. Backwards there is no such condition: one scan is exact.

**Points**

- 1: what is right and what is not: a minGRU is one scan, and another cell; a GRU can be had in a few rounds, on conditions.
- 1: two measurements of the chapter that bear on it, half a point each.
"""

# %% [markdown]
r"""
## What the articles say

Article D's Jacobian leaves out the paths through the gates, as chapter 7 has shown. What does Newton make of it?
"""

# %%
if ready(residual, gate_step, newton_step):
    full, kept = rounds_from(np.zeros((200, 32)), x, h_0, p), gru_jacobian
    gru_jacobian = yours("article_jacobian")  # which newton_step finds while this cell runs
    theirs = rounds_from(np.zeros((200, 32)), x, h_0, p)
    gru_jacobian = kept
    off = errors_of(theirs, x, h_0, p)[-1].max()
    print(f"rounds with the full Jacobian {len(full)}, with D's {len(theirs)}; D's error {off:.0e}")

# %% [markdown]
r"""
- **D:** with its Jacobian the rounds are twice as many, and the result is the same. A wrong $J_t$ makes Newton slower, not wrong; in BPTT, where the scan is the result, it would be wrong. D's chain of derivatives through time is (8), and no loop either.
- **E,** that recurrent networks may come back: what spoke against them, the loop, can be had out of the way, forwards where the network forgets and backwards always. Whether it pays is a question of the machine.
- **C,** that a GRU is "faster to train than an LSTM": over time both wait for $T$ steps as they are written. The number of gates changes the work of a step, not the number of steps that wait.
- **Feng et al. 2024,** that a cell whose gates see no state can be trained by a scan: yes, exactly and cheaply. That only such a cell can: no.

## What you built

A scan that joins steps in any grouping; a minGRU; and the GRU itself without its loop, by a guess, a residual and your own Jacobian. Backwards, one scan. You know when it works, what it costs, and why the loop that it replaces could not be trusted where it does not. The reference has the same for batches, both resets and float32: `gru_ref.parallel_forward` stops by the residual, and says $\lambda$ where it does not arrive.

All chapters are behind you. [Chapter 9](09_which_cell.ipynb) has the tasks on which to try a cell of your own.
"""

# %%
progress()
