# %% [markdown]
r"""
# 9 · Which cell?

| you build | you need | time | points |
|---|---|---|---|
| a GRU cell as a module of PyTorch, cells of equal size, a fair way to count, and the likelihood of a chord | chapters 4, 5 and 8 | 105 minutes | 11, and 2 for a written answer |

tanh-RNN, GRU or LSTM? Articles answer with opinions. This chapter answers with runs: ten tasks, three cells, five seeds each, first at one rate for all, then each cell at its own. It looks at how a gradient comes to reach the first word of a text, at what the gates of a trained GRU do while it reads, sets a Transformer beside them, checks the claims of the articles A to E ([chapter 0](00_start_here.ipynb) names them) one by one, and ends with music, which your own cell plays. (Whoever wants to hear something first: the section "A model of music" needs nothing of what comes between exercise 9.1 and it.)
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Audio, display
from torch import nn

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
from gru_ref.figures import plots, training
from gru_ref.figures.shown import show
from gru_ref.figures.widgets import Slider, explore

torch.set_num_threads(1)  # at these sizes threads cost more than they give

start("09_which_cell", globals())
reset_gate, update_gate = yours("reset_gate", "update_gate")
gru_cell, unpack_torch_weights = yours("gru_cell", "unpack_torch_weights")


def weights_of(rnn):
    """Return a GRUParams: what PyTorch has trained, unpacked by your function of chapter 4."""
    packed = [w.detach().double().numpy() for w in rnn.parameters()]
    return gru_ref.GRUParams(*unpack_torch_weights(*packed))


# %%
recall("09_which_cell")

# %% [markdown]
r"""
## A cell as a module

So far PyTorch was the judge: of the cell in [chapter 4](04_hidden_state.ipynb), of its gradients in [chapter 6](06_bptt.ipynb). In a project it is the workshop: a cell is a class, its weights are parameters, and the backward pass comes by itself. PyTorch keeps the weights packed, the blocks of r, z and n on top of each other, so that one product serves all three. How does a step run on packed weights?
"""

# %%
show(training.packed_cell_picture())

# %% [markdown]
r"""
Each product gives $3H$ numbers, which are cut in three, in the order r, z, n. (The last blend, with $h_{t-1}$, is not drawn.) The two sides must stay apart, since in the candidate the reset gate multiplies the state's side alone:

$$n_t = \tanh\big(W_{in} x_t + b_{in} + r_t \odot (W_{hn} h_{t-1} + b_{hn})\big), \qquad h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}$$

### Exercise 9.1 · `GRUCell`

4 points · difficulty ●●○ · importance ●●●

Write `forward`. `run_gru_cell`, below it in the same cell, puts given weights into your class, runs it, and sends a gradient back through it; leave it as it is. The check compares $h_t$ and the six gradients that come back, so every step has to stay in PyTorch. Use `torch.sigmoid` and `torch.tanh`, not PyTorch's own GRU.
"""


# %% solution="run_gru_cell"
class GRUCell(nn.Module):
    """One step of a GRU; parameters as in torch.nn.GRUCell."""

    def __init__(self, D, H):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.empty(3 * H, D).uniform_(-(H**-0.5), H**-0.5))
        self.weight_hh = nn.Parameter(torch.empty(3 * H, H).uniform_(-(H**-0.5), H**-0.5))
        self.bias_ih = nn.Parameter(torch.zeros(3 * H))
        self.bias_hh = nn.Parameter(torch.zeros(3 * H))

    def forward(self, x_t, h_prev):
        """Return h_t, shape (H,) or (N, H)."""
        ### BEGIN SOLUTION
        i_r, i_z, i_n = (x_t @ self.weight_ih.T + self.bias_ih).chunk(3, dim=-1)
        h_r, h_z, h_n = (h_prev @ self.weight_hh.T + self.bias_hh).chunk(3, dim=-1)
        r_t = torch.sigmoid(i_r + h_r)
        z_t = torch.sigmoid(i_z + h_z)
        n_t = torch.tanh(i_n + r_t * h_n)
        return (1 - z_t) * n_t + z_t * h_prev
        ### END SOLUTION


def run_gru_cell(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh, dh_t):
    """Return GRUCell's h_t, and dh_t sent back to the six arrays before it: what the check calls."""
    cell = GRUCell(x_t.shape[-1], h_prev.shape[-1]).double()
    packed = {
        "weight_ih": weight_ih,
        "weight_hh": weight_hh,
        "bias_ih": bias_ih,
        "bias_hh": bias_hh,
    }
    cell.load_state_dict({name: torch.from_numpy(array) for name, array in packed.items()})
    x, h = (torch.tensor(a, requires_grad=True) for a in (x_t, h_prev))
    h_t = cell(x, h)
    if h_t.requires_grad:
        h_t.backward(torch.from_numpy(dh_t))
    read = (x, h, cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
    grads = [torch.zeros_like(a) if a.grad is None else a.grad for a in read]
    return h_t.detach().numpy(), *(g.numpy() for g in grads)


# %% check="run_gru_cell"
check(run_gru_cell)

# %%
# hint(run_gru_cell)

# %% [markdown]
r"""
`torch.nn.GRUCell` with the same weights is the last word, for the values and for the gradients.
"""

# %%
if ready(run_gru_cell):
    torch.manual_seed(0)
    mine, theirs = GRUCell(3, 5).double(), nn.GRUCell(3, 5).double()
    theirs.load_state_dict(mine.state_dict())
    x, h = torch.randn(2, 3).double(), torch.randn(2, 5).double()
    for cell in (mine, theirs):
        cell(x, h).square().sum().backward()
    gap = max(
        (mine.get_parameter(n).grad - p.grad).abs().max() for n, p in theirs.named_parameters()
    )
    print(
        f"largest difference in h_t {(mine(x, h) - theirs(x, h)).abs().max():.0e}, in gradients {gap:.0e}"
    )

# %% [markdown]
r"""
## A fair size

An LSTM with 32 units beats a tanh-RNN with 32 units. Is it the better cell, or does it just have more numbers to learn with?
"""

# %%
explore(training.cell_sizes, units=Slider(1, 128, 32, 1), inputs=Slider(1, 64, 8, 1))

# %% [markdown]
r"""
The same without a slider: a block of weights for each gate, and one for the candidate.
"""

# %%
panels = plots.panels(2, (9.6, 2.0))
for ax, units in zip(panels, (32, 128), strict=True):
    training.cell_sizes(units, 8, ax)
show(panels[0])

# %% [markdown]
r"""
### Exercise 9.2 · `units_for_budget`

2 points · difficulty ●●○ · importance ●●○

How many units may each cell have if it is to hold at most `budget` numbers? A cell with $g$ blocks holds $g\,H\,(D + H + 2)$: $g$ is 1 for the tanh-RNN, 3 for the GRU, 4 for the LSTM, and each block has two biases. Return the three largest $H$.
"""


# %% solution="units_for_budget"
def units_for_budget(budget, D):
    """Return three: the largest H of a tanh-RNN, a GRU and an LSTM with at most budget numbers."""
    ### BEGIN SOLUTION
    units = []
    for g in (1, 3, 4):
        H = 0
        while g * (H + 1) * (D + H + 1 + 2) <= budget:
            H += 1
        units.append(H)
    return tuple(units)
    ### END SOLUTION


# %% check="units_for_budget"
check(units_for_budget)

# %%
# hint(units_for_budget)

# %% [markdown]
r"""
**Predict.** A GRU with 64 units and 8 inputs. How many units has a tanh-RNN with as many numbers: about 64, 110 or 190?
"""

# %%
predict("09_equal_size", ...)

# %%
if ready(units_for_budget):
    gru = 3 * 64 * (8 + 64 + 2)
    tanh, same, lstm = (int(H) for H in units_for_budget(np.array(gru), np.array(8)))
    print(f"{gru} numbers: tanh-RNN {tanh} units, GRU {same}, LSTM {lstm}")
    display(settle("09_equal_size", float(tanh), choices=(64, 110, 190)))

# %% [markdown]
r"""
Three times the numbers is not three times the units: weights grow with $H^2$. So a comparison at equal units and one at equal numbers are two different comparisons. The race comes first, at equal numbers.

## A race

The adding problem of [chapter 8](08_training.ipynb), with 50 steps and PyTorch's three cells, each as large as 3,456 numbers allow: as many as a GRU with 32 units has. (The linear layer that reads the state comes on top.) All three are trained by Adam at a rate of 0.01, for 600 steps at most.
"""

# %%
from gru_ref.training.loop import fit

CELLS = ("tanh", "gru", "lstm")
if ready(units_for_budget):
    race = {}
    for cell, H in zip(CELLS, units_for_budget(np.array(3456), np.array(2)), strict=True):
        race[cell] = fit(
            "adding", cell, hidden=int(H), length=50, steps=600, seed=1, until_solved=True
        )
    curves = {cell: run.losses for cell, run in race.items()}
    show(training.loss_curves(curves, {"always saying 1": 1 / 6}))
    for cell, run in race.items():
        print(
            f"{cell:<5} {run.settings.hidden:>3} units, {run.step:>4} steps, {run.seconds:4.1f} s, "
            f"error {run.metric:.4f}, solved: {run.steps_to_solve is not None}"
        )

# %% [markdown]
r"""
With as many numbers as the GRU, and more units, the tanh-RNN still stands at chance. But one seed is an anecdote: another may find the marks 200 steps earlier, and a cell that failed once may succeed next time. So each cell runs with several seeds, and one number sums them up. Which?

### Exercise 9.3 · `median_steps`

2 points · difficulty ●●○ · importance ●●●

`steps` says where each run ended, `solved` is 1 for runs that solved the task and 0 for those that gave up or went astray. Return the median number of steps to solve; a run that failed counts as infinitely long.
"""


# %% solution="median_steps"
def median_steps(steps, solved):
    """Return the median steps to solve, failed runs counted as infinite; both arrays are (runs,)."""
    ### BEGIN SOLUTION
    return np.median(np.where(solved == 1, steps, np.inf))
    ### END SOLUTION


# %% check="median_steps"
check(median_steps)

# %%
# hint(median_steps)

# %% [markdown]
r"""
Leaving failed runs out is the most comfortable mistake in the field: the cell that fails most often keeps only its lucky runs, and looks fast.

## One rate for all

Ten tasks, three cells, five seeds, equal units. Adam's rate is 0.01, on characters 0.005, on chorales 0.003, and 0.001 for the tanh-RNN on copy, which goes astray at the others' rate. A run may take 3,000 steps (2,000 on the latch and the reviews, 600 on sine and chorales, 800 on characters; of these two a tenth of the training data is held back for validation, and the best look at it is judged). Each cell starts as PyTorch starts it: small random weights and biases, so that every gate begins half open. Five more runs give an LSTM a forget bias of 3. Many comparisons are made in this way. What it is worth, the section after it shows, where each cell gets a rate and a start of its own.

All runs together take about three quarters of an hour of one core, so they are not repeated here. Their table comes with the course; the command that makes it anew is

```
python -m gru_ref compare --cells tanh gru lstm --seeds 5
```

| task | what must be remembered |
|---|---|
| sine | three past values |
| adding, adding@400 | two marked numbers among 100, or 400, steps |
| copy | ten symbols, repeated after a pause of 20 steps |
| temporal_order | which of two symbols came first, 50 steps |
| latch | the sign of the first three inputs, under 100 steps of noise (a harder task than chapter 7's, which has a mark) |
| reviews | one word of 100, early, in the middle or late |
| reviews_early | the same, always among the first ten |
| characters | English, letter by letter; in bits a letter |
| chorales | Bach; in nats a step (a nat is what a natural logarithm counts: 1.44 bits) |

**Predict.** Of five seeds on the adding problem with 100 steps, how many does the tanh-RNN solve?
"""

# %%
predict("09_tanh_solves", ...)

# %%
from pathlib import Path

from gru_ref.experiments import grid, report
from gru_ref.training.presets import COMPARED

RESULTS = Path(gru_ref.__file__).parent / "experiments" / "results"
rows = grid.read(RESULTS / "small.csv")
rows.sort(key=lambda r: COMPARED.index(r.task))
solved = sum(r.solved for r in rows if (r.task, r.cell) == ("adding", "tanh"))
print(f"{len(rows)} runs, five of them with a forget bias; adding, tanh: {solved} of 5 seeds")
display(settle("09_tanh_solves", solved))

# %% [markdown]
r"""
How soon is a task solved?
"""

# %%
unending = ("characters", "chorales")  # these two have no end, only a score
grid = [r for r in rows if "+" not in r.cell]
show(report.draw([r for r in grid if r.task not in unending], "how_soon"))
if ready(median_steps):
    for name in dict.fromkeys(r.task for r in grid if r.task not in unending):
        line = f"{name:<15}"
        for cell in ("tanh", "gru", "lstm"):
            runs = [r for r in grid if (r.task, r.cell) == (name, cell)]
            steps = np.array([float(r.steps_to_solve or r.steps) for r in runs])
            median = float(median_steps(steps, np.array([float(r.solved) for r in runs])))
            line += f"  {cell} {sum(r.solved for r in runs)}/{len(runs)}, median {median:>6g}"
        print(line)
sizes = {r.cell: r.parameters for r in grid if r.task == "adding"}
print("numbers that learn, on adding: " + ", ".join(f"{c} {n}" for c, n in sizes.items()))

# %% [markdown]
r"""
Each dot is a run, the bar their median; a hollow dot on top did not solve its task. How good are the runs when they end? The lower the better: 1 is what chance gives, or counting for text and music.
"""

# %%
show(report.draw(grid, "how_good"))
for name in unending:
    scores = {
        c: [r.metric for r in grid if (r.task, r.cell) == (name, c)]
        for c in ("tanh", "gru", "lstm")
    }
    print(f"{name}: " + ", ".join(f"{c} {np.median(m):.2f}" for c, m in scores.items()))
helped = [r for r in rows if r.cell == "lstm+3"]
print(
    f"copy, an LSTM with a forget bias of 3: {sum(r.solved for r in helped)} of {len(helped)} solved"
)

# %% [markdown]
r"""
So says the grid. At these rates, from PyTorch's start and within these steps:

- Where something must be kept that no later input repeats (adding, also over 400 steps, copy, temporal order, early reviews) the GRU learns it, on copy with four seeds of five, elsewhere with all; the tanh-RNN with none. The LSTM learns adding in three times the GRU's steps, and none of the others; with a forget bias of 3 it solves copy with two seeds of five.
- On the latch the order is turned upside down: the tanh-RNN solves it with five seeds of five, the GRU with one, the LSTM with none.
- The sine separates nothing. On chorales the cells lie close together, the gated ones ahead; on characters the tanh-RNN is a seventh worse than the other two, which lie a hundredth apart.

It is tempting to make sentences about cells of this: the plain one wins on the latch, the LSTM cannot tell what came first. How much of it is the cell, and how much the rate and the start?

## A rate and a start for each cell

A rate that suits one cell may be wrong for another, and gates that begin half open forget within a few steps ([chapter 7](07_vanishing_gradients.ipynb)). So each cell gets its own. For each task and cell the same small grid is searched: the rates 0.001, 0.003, 0.01 and 0.03, and two starts, PyTorch's and one that *keeps*. To keep means that a share $\sigma(3) = 0.95$ of the state goes on from each step to the next:

$$\text{LSTM: } f_t = \sigma(\dots + 3), \qquad \text{GRU: } z_t = \sigma(\dots + 3), \qquad \text{tanh-RNN: } W_h = \sigma(3)\, I$$

The tanh-RNN has no gate to open; a multiple of the identity comes nearest to it. The search has two rounds. Each of the eight choices is run with one seed, and the best two with four more. The best is what solves the task with most seeds, then in the fewest steps. Whether it is solved, 300 *validation* sequences say, drawn for nothing else, every 100 steps; a run ends there, or after 2,000 steps (600 on the sine). Then the choice is run with five fresh seeds, and each of these networks is judged once, on 1,000 test sequences. All else is the same for every cell: 32 units, batches of 32, gradients clipped at 1, Adam. (To save time, the tanh-RNN and the GRU run over time in the course's NumPy here; values and gradients are PyTorch's up to rounding.)

Six of the ten tasks are done in this way. For the other four (adding@400, copy, characters, chorales), whose runs take up to ten times as long, only the grid above speaks. The table comes with the course too, and this command makes it anew:

```
python -m gru_ref compare --tuned
```

**Predict.** On the latch, at one rate for all, the GRU solved one seed of five. With a rate and a start of its own: how many of five fresh seeds?
"""

# %%
predict("09_latch_tuned", ...)

# %%
from gru_ref.experiments import tuned, tuned_report

trials = tuned.read_tuned(RESULTS / "tuned.csv")
print(tuned_report.table(trials))
spent = sum(run.seconds for run in trials) / 60
print(f"{len(trials)} runs, {spent:.0f} minutes of one core")
fresh = tuned_report.finals(trials)
solved = sum(run.solved for run in fresh["latch", "gru"])
display(settle("09_latch_tuned", solved))

# %% [markdown]
r"""
The columns: the task (temporal_order@50 is the grid's, of 50 steps) and the cell; what was chosen; of five fresh seeds, how many solved the task, and after how many steps (median, least and most); the metric on the test sequences; and the steps of training that the search took, all runs together. And how do the runs of the search depend on the rate? A ring marks what was chosen.
"""

# %%
for name in dict.fromkeys(name for name, _ in fresh):
    show(tuned_report.draw_task(trials, name)[0])
    line = f"{name}: rates of the four that solve it with the first seed, PyTorch's start / one that keeps:"
    for cell in CELLS:
        first = [r for r in trials if r[:2] == (name, cell) and r.seed in tuned.FIRST]
        found = [sum(r.solved for r in first if r.start == start) for start in tuned.STARTS]
        line += f" {cell} {found[0]} / {found[1]},"
    print(line.rstrip(","))

# %% [markdown]
r"""
Most verdicts of the grid were verdicts on a start and a rate.

- *Latch.* Both gated cells solve it with five fresh seeds of five, by the first look, at step 100. The start does it: with one that keeps, the GRU solves it at each of the four rates and the LSTM at three of them (the first seed of the search); from PyTorch's start the GRU at 0.03 alone, and the LSTM at none.
- *A choice is not a result.* For the tanh-RNN on the latch, the rate 0.03 solved five of five seeds in the search, four of them by step 100. Of five fresh seeds it solves one. Eight choices were tried, two of them with five seeds, the luckiest was taken, and some of its luck was only luck. This is what fresh seeds are for; and it shows how little five seeds say.
- *Temporal order, adding, early reviews.* The LSTM solves all three with five fresh seeds of five; on two of them the grid had none. The GRU is still the sooner: 100 steps against 400, 200 against 700, 100 against 200. On these three its rate is the largest of the small grid, so that it may not be at its best.
- *How much a cell asks of its rate.* With the start that keeps, the GRU solves these three tasks and the latch at each of the four rates. The LSTM does so on temporal order; on the latch it needs a rate of 0.01 or less, on adding one of 0.01 or more, on early reviews one of 0.003 or less, and at 0.003 four of five seeds fail there. No single rate serves the LSTM on all four.
- *What is left of the tanh-RNN's failures.* On temporal order, adding and early reviews no choice of the eight solves anything, in 16 runs of the search and five fresh ones, 2,000 steps each. More steps, other starts and other sizes were not tried.
- *Reviews of all kinds, sine.* Every cell solves both with five fresh seeds of five, and in five of the six searches PyTorch's start came out: where little must be kept, a start that keeps is no help.

So "the plain cell wins on the latch" and "the LSTM cannot tell what came first" were sentences about a rate and a start. What stands is less: where something must be kept, the gated cells come before the tanh-RNN; the GRU and the LSTM solve the same tasks, the GRU in as many steps or fewer, and at more of the rates.

## How does the path open?

The reviews hold a lesson of their own. With verdicts at all places every cell learns them, the tanh-RNN too; with early verdicts alone, at a rate of 0.01, from PyTorch's start and within 2,000 steps, only the GRU does. Why is the mixture so much easier? Look at the GRU at several moments of its training on the mixture, at the three kinds of review apart, with five seeds. (These measurements and the next come from `python -m benchmarks.seeds`.)
"""

# %%
import csv


def table(name):
    """Return the rows of a table of results, a dict each."""
    with (RESULTS / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def spread(values):
    """Return the least and the largest, in percent."""
    return f"{100 * min(values):4.1f} to {100 * max(values):4.1f} %"


learned = table("reviews_learned.csv")
for cell, moments in (("gru", (40, 60, 80, 100)), ("tanh", (200,))):
    for step in moments:
        line = f"{cell}, wrong after {step:>3} steps: "
        for place in ("early", "middle", "late"):
            found = [r for r in learned if r["cell"] == cell and r["step"] == str(step)]
            line += f" {place} {spread([float(r['wrong']) for r in found if r['place'] == place])} "
        print(line)

# %% [markdown]
r"""
In all five seeds late verdicts are the first that are told better than by chance: after 40 steps 15 to 43 % of them are wrong, and half of the others. Within the next 60 steps everything follows, and in some seeds the early verdicts are right before the last of the late ones are. What reads a late word reads an early one as well, once the state can hold it. Early verdicts alone offer no such foothold. And a tanh-RNN *can* keep a word for 90 steps: after 200 steps of the mixture it is wrong on 0.5 % of the early reviews at most.

But the GRU learns early reviews without the mixture too, and there a puzzle remains. Chapter 7 says that the gradient of a new cell does not reach back 90 steps. So how does it learn? Watch three things while it trains on early reviews: the gradient at the first input, as a share of that at the last; the mean of $z$; the error.
"""

# %%
from itertools import groupby

from gru_ref.experiments.path import read_looks

looks = read_looks(RESULTS / "path.csv")


def span(values):
    """Return the least and the largest of some numbers in words."""
    return f"{min(values)} to {max(values)}" if min(values) < max(values) else f"{min(values)}"


for name, cell, lr in (
    ("reviews_early", "gru", 0.01),
    ("latch", "tanh", 0.01),
    ("latch", "tanh", 0.03),
):
    kept = "mean z" if cell == "gru" else "spectral radius of W_h"
    print(f"{name}, {cell}, rate {lr}: step, first over last, {kept}, error")
    for look in looks:
        if look[:6] == (name, cell, 0.0, lr, False, 0) and (cell == "gru" or look.step < 100):
            print(f"{look.step:>6} {look.ratio:8.0e} {look.memory:6.2f} {look.metric:6.1%}")

# %% [markdown]
r"""
For 1,100 steps the error of the GRU says that nothing is learned. Meanwhile its gates open, and the gradient at the first input grows from 1e-19 to 3e-4 of the one at the last. Then the task is learned within a hundred steps. The tanh-RNN on the latch does the same in fewer steps, with its matrix: while the error is at chance its spectral radius grows, and when it passes 1 a gradient arrives at the first inputs. At a rate of 0.03 it overshoots: after 20 steps the radius is above 3, and after 30 the gradient is gone again, since most units now sit on the flat ends of the tanh.

What opens the path, as long as hardly any gradient arrives at the first input? One suspect: not the task at all. The gradients of the *last* steps are large, and they too change the weights; whatever the last words or the noise have to do with the labels of one batch, the network tries to hold. The test is to leave nothing to be learned: within each batch the labels are shuffled among the sequences.
"""


# %%
def runs_of(*kind):
    """Return the runs of a kind: of each seed, the list of its looks."""
    of_kind = [look for look in looks if look[:5] == kind]
    return [list(run) for _, run in groupby(of_kind, key=lambda look: look.seed)]


def before_learning(run):
    """Return the looks of a run before its error first leaves chance."""
    left = [i for i, look in enumerate(run) if abs(look.metric - 0.5) > 0.05]
    return run[: left[0]] if left else run


for name, cell, lr in (
    ("reviews_early", "gru", 0.01),
    ("latch", "gru", 0.03),
    ("latch", "tanh", 0.01),
):
    for shuffled in (False, True):
        runs = runs_of(name, cell, 0.0, lr, shuffled)
        if not runs:
            continue  # early reviews were not run with shuffled labels
        waits = runs if shuffled else [before_learning(run) for run in runs]
        last, ratio, memory = (
            sorted(max(look[i] for look in wait) for wait in waits) for i in (6, 7, 8)
        )
        print(
            f"{name}, {cell}, {'shuffled' if shuffled else 'before anything is learned'}", end=", "
        )
        print(f"up to step {span(last)}: first over last", end=" ")
        print(
            f"from {max(r[0].ratio for r in runs):.0e} up to {ratio[0]:.0e} to {ratio[-1]:.0e},",
            end=" ",
        )
        print("mean z" if cell == "gru" else "radius", end=" ")
        print(f"{max(r[0].memory for r in runs):.2f}, then {memory[0]:.2f} to {memory[-1]:.2f}")

# %% [markdown]
r"""
With shuffled labels there is nothing to learn, and the path opens all the same, in five seeds of five: the tanh-RNN's radius passes 1, and at times its gradient at the first input is more than ten times the one at the last; the GRU's mean gate goes from 0.50 to 0.70 or more, and its ratio from 1e-20 to 1e-5 or more. So the first inputs do not have to be heard for the path to grow.

But what do gradients that say nothing move? Here the other suspect comes in, Adam. It divides the gradient of each weight by its own usual size ([chapter 8](08_training.ipynb)), so that a weight moves by up to the rate at each step, however small its gradient is. Plain descent, $w \leftarrow w - \text{lr}\, g$, moves a weight by little where the gradient is little. The same networks and seeds, 1,000 steps of it, at two rates:
"""

# %%
for (name, cell, _, lr), of_kind in groupby(
    read_looks(RESULTS / "descent.csv"), key=lambda look: look[:4]
):
    runs = list(of_kind)
    new, end = ([look for look in runs if look.step == step] for step in (0, 1000))
    print(f"{name}, {cell}, plain descent, rate {lr:g}: {len(end)} seeds, first over last", end=" ")
    print(f"at most {max(r.ratio for r in runs):.0e},", end=" ")
    print("mean z" if cell == "gru" else "radius", end=" ")
    print(
        f"{max(r.memory for r in new):.2f}, then at most {max(r.memory for r in runs):.2f},",
        end=" ",
    )
    print(f"error at the end {min(r.metric for r in end):.1%} or more")

# %% [markdown]
r"""
By plain descent, at these two rates, the path opens in none of the 30 runs. The gates and the matrix stay where they were, the gradient at the first input stays below 1e-17 of the last, and nothing is learned. So this is what happens in the first hundred steps: the gradients that arrive, small and about nothing, are made large by Adam; the weights wander, by about the rate at each step; and the memory grows with them. When it reaches far enough, what stood first is found, and from there on the gradient knows what it is for. A gradient that does not reach back at the start is a wait, not a verdict. How long the wait is depends on the cell, the rate, the start and the method that takes the steps; a start that keeps leaves it out: with it the GRU learned early reviews within 100 steps.

## Time

**Predict.** In PyTorch, on a CPU, with 32 units: which takes less time for a step of training, "GRU" or "LSTM"?
"""

# %%
predict("09_faster", ...)

# %%
import time


def milliseconds(make, H):
    """Return CPU time forward and back over 50 steps of 32 sequences, the best of five."""
    net, x, best = make(H, H), torch.randn(50, 32, H), np.inf
    for _ in range(5):
        began = time.process_time()
        net(x)[0].square().sum().backward()
        best = min(best, time.process_time() - began)
    return 1000 * best


kinds = {"tanh": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
for H in (32, 128, 512):
    taken = {name: milliseconds(make, H) for name, make in kinds.items()}
    print(f"{H:>3} units: " + ", ".join(f"{name} {ms:.1f} ms" for name, ms in taken.items()))
    if H == 32:
        display(settle("09_faster", "LSTM" if taken["LSTM"] < taken["GRU"] else "GRU"))

# %% [markdown]
r"""
The GRU has three quarters of the LSTM's numbers and takes, at 32 units, a multiple of its time, and the tanh-RNN, with a quarter of the numbers, about as long as the LSTM: PyTorch runs the LSTM on a CPU through a library that has no such path for the GRU. At 512 units the products decide, and the count of numbers shows. "Faster" is a statement about software and size before it is one about cells.

## And against a Transformer?

A student of today asks that first. E says that recurrent networks remain the better choice for very long sequences, for control in real time and for small data. Part of it can be measured here. A Transformer carries no state. It keeps a key $k_s$ and a value $v_s$ of every step that was, and its next output looks at all of them again:

$$a_t = \sum_{s \le t} \text{softmax}_s\!\left(\frac{q_t \cdot k_s}{\sqrt d}\right) v_s$$

Three networks of one layer that learn about as many numbers, 18,800 to 19,000, with 32 inputs: a GRU with 64 units, a minGRU ([chapter 10](10_parallel.ipynb)) with 285, a causal Transformer of width 46. What does *one more step* cost when many steps have gone before?

**Predict.** After 100,000 steps, how many times as long as the GRU does the Transformer take for one more: about 1, 10 or 100?
"""

# %%
predict("09_one_more_step", ...)

# %%
from gru_ref.experiments.past import read_costs
from gru_ref.figures.past import costs_of_a_past

costs = read_costs(RESULTS / "past.csv")


def points(what, column):
    """Return cell, length and a column of the rows of a kind."""
    return [(r.cell, r.length, getattr(r, column)) for r in costs if r.what == what]


show(costs_of_a_past(points("step", "least"), points("step", "bytes"), points("train", "least"))[0])
for cell in ("gru", "mingru", "transformer"):
    line = f"one more step, {cell}:"
    for r in costs:
        if (r.what, r.cell) == ("step", cell):
            line += f" after {r.length:,} {1e6 * r.least:,.0f} µs, {r.bytes:,} bytes;"
    print(line.rstrip(";"))
for cell in ("gru", "mingru", "transformer"):
    line = f"training, {cell}:"
    for r in costs:
        if (r.what, r.cell) == ("train", cell):
            line += f" {r.length:,} steps {r.least:.2g} s, {r.bytes / 1e6:,.0f} MB;"
    print(line.rstrip(";"))
last = {r.cell: r.least for r in costs if (r.what, r.length) == ("step", 100_000)}
times = last["transformer"] / last["gru"]
print(f"one more step after 100,000: {times:.0f} times the GRU's")
display(settle("09_one_more_step", times, choices=(1, 10, 100)))

# %% [markdown]
r"""
The numbers are CPU time on one thread, the least of 25 steps and of 5 rounds of training with 4 sequences; bytes are what must be kept of the past, and what waits for the backward pass. `python -m benchmarks.past` measures them anew.

The two recurrent cells take as long for a step after 100,000 others as after 100, and keep 256 and 1,140 bytes of them all. The Transformer keeps 368 bytes of each step, 37 MB in the end, reads all of it for one more, and takes about a hundred times as long as the GRU. For control in real time, step after step without an end, this is what speaks for a recurrent cell: the cost of a step does not grow. (A Transformer that keeps only a window of the past has a bound too, and no memory beyond it. That was not measured.)

Training is another matter. All steps of a sequence are there, and attention takes them at once: at 100 steps the Transformer trains four times as fast as the GRU, at 1,000 twice. Its cost grows with the square of the length. At 3,000 steps the two are level, and at 10,000 the Transformer takes nearly three times as long. The minGRU, which has no loop over time, is the first of the three from 300 steps on, and pays in memory: at 10,000 steps 416 MB wait for its backward pass, 87 MB for that of the others. All this holds for one core of a CPU; a GPU has other ratios.

## The same tasks for a Transformer

Cost is one side. What does each *learn*, with about as many numbers? The GRU has one layer of 32 units, 64 on the chorales. The minGRU has two layers, since the gates of a single one see no state at all. The Transformer has one or two, and a code that tells its steps apart. Each has eight choices, searched and judged like those above: the recurrent cells four rates and two starts, the Transformer four rates with one layer or two. Chorales are read, not drawn, and can be learned by heart. There a run looks at validation pieces every 20 steps, ends after five looks without a better one, or after 600 steps, and its best look is judged. E speaks of small data: so each also learns from a tenth of the chorales, and from a thirtieth.

**Predict.** Nine chorales to learn from, 32 new ones to be judged by: which does better, "GRU" or "Transformer"?
"""

# %%
predict("09_small_data", ...)

# %%
from gru_ref.experiments import race_report
from gru_ref.figures.small_data import by_data

raced = tuned.read_tuned(RESULTS / "race.csv")
print(race_report.table(raced))
pieces = {"chorales": 268, "chorales/10": 27, "chorales/30": 9}
scores = race_report.small_data(raced, pieces)
show(by_data(scores, "nats a step", counted=10.71))
few = {cell: np.median(tests) for cell, n, tests in scores if n == 9}
display(settle("09_small_data", "GRU" if few["gru"] < few["transformer"] else "Transformer"))

# %% [markdown]
r"""
Medians of five fresh seeds; bars and brackets are the least and the most. "Solved" on the chorales is better than counts, by how often each key follows itself, of all pieces (10.71). The command is `python -m benchmarks.race`, 567 runs and 23 minutes of one core.

- *Copy* goes to the Transformer: four seeds of five solve it, in 500 steps or fewer, and of the two recurrent cells none does in 2,000. To repeat what stood thirty steps ago is one look back for attention; a state has to hold ten symbols at once.
- *Adding* goes to the recurrent cells, by a seed: five of five against four. Latch, temporal order and both kinds of reviews are solved by all three, with five seeds of five, in 100 to 300 steps.
- *Small data* go to the GRU, and the fewer the more clearly: it is ahead of the Transformer by 0.2 nats a step with 268 chorales, 0.4 with 27 and 0.5 with nine, from which the Transformer does not learn as much as the counts know. The seeds of the two nowhere overlap. The minGRU lies between them, near the GRU.

The Transformers here are small, without dropout and without any earlier training, and the music is one corpus; a large one that has read much before is another matter.

## Labels without times

E also names CTC, connectionist temporal classification. A sequence comes with its labels, but nothing says where each label stands: speech and its letters, a pen's path and its characters. The network gives, at every step, a probability to each label and to a *blank*. CTC's loss adds up the probability of all ways to write the labels over the steps, and PyTorch has it (`torch.nn.CTCLoss`). To read, take the likeliest symbol of each step, draw repetitions together, and leave the blanks out.

A small case: one noisy number a step, two to five strokes in 70 steps, each a rise, a fall, a hill or a dip of 5 to 9 steps. A GRU with 32 units learns to read them from the lists of strokes alone.
"""

# %%
from gru_ref.experiments import unaligned
from gru_ref.figures.alignment import alignment

reader, losses = unaligned.learn(steps=400)
drawn = unaligned.strokes(torch.Generator().manual_seed(5), 4)
longest = max(range(4), key=lambda n: len(drawn.labels[n]))
with torch.no_grad():
    p = reader(drawn.x)[0].softmax(-1)[:, longest]
label, ends = drawn.labels[longest], drawn.ends[longest]
names = list(unaligned.STROKES)
show(alignment(drawn.x[:, longest, 0].numpy(), p.numpy(), names, label, ends)[0])
print("there are:", ", ".join(names[k - 1] for k in label))
print("it reads: ", ", ".join(names[k - 1] for k in unaligned.read_out(p)))
seeds = table("ctc.csv")
wrong, early = ([float(r[k]) for r in seeds] for k in ("errors", "early"))
print(f"{len(seeds)} seeds, 400 steps: {spread(wrong)} of the strokes wrong on new sequences,")
print(f"each first named {span(early)} steps before its end (medians)")

# %% [markdown]
r"""
The GRU reads nineteen of twenty strokes or nearly so, with five seeds of five, and it was never told where one stands. (The dotted lines are the ends that it was not shown.) Nearly everywhere it says blank. A stroke is named in a spike, about three steps before its end; and the two hills in a row show what the blank is for, since without one between them they would be drawn together into one.

## What the gates do

Article B explains the gates with book reviews. If the verdict stands at the end, "the reset gate washes out the past"; if it stands at the beginning, "the update gate carries it". Here is the experiment: reviews of 100 words, one of which is a verdict, early, in the middle or late among filler. A GRU with 32 units learns to tell good from bad. PyTorch trains it; your gates and your cell, with its weights, then read.
"""

# %%
from gru_ref.training.tasks import task
from gru_ref.training.tasks.reviews import BAD, GOOD, words_of

run = fit("reviews", "gru", steps=600, until_solved=True)
print(f"after {run.step} steps: wrong on {run.metric:.1%} of new reviews")


trained = weights_of(run.model.rnn)


def gates_of(x):
    """Return r and z over time, (T, N, H), of the trained GRU on reviews x (T, N, words)."""
    h, r, z = np.zeros((x.shape[1], 32)), [], []
    for x_t in x.double().numpy():
        r.append(reset_gate(x_t, h, trained.W_ir, trained.b_ir, trained.W_hr, trained.b_hr))
        z.append(update_gate(x_t, h, trained.W_iz, trained.b_iz, trained.W_hz, trained.b_hz))
        h = gru_cell(x_t, h, trained)
    return np.array(r), np.array(z)


x = task("reviews_early", 40).batch(torch.Generator().manual_seed(1), 1).x
r, z = gates_of(x)
words = words_of(x)[0]
figure, panels = plt.subplots(2, 1, figsize=(10, 5.2), layout="constrained", sharex=True)
for ax, gate, name in zip(panels, (z, r), "zr", strict=True):
    training.gates_over_words(words, gate[:, 0], ax, {"z": "update", "r": "reset"}[name])
    ax.set(ylabel=f"units, ${name}_t$", title=f"${name}_t$")
show(figure)
print("the verdict:", [w for w in words if w in GOOD + BAD])

# %% [markdown]
r"""
Each row is a unit, full colour is a gate near 1; in each panel the rows are sorted by their mean, so that a row above and a row below are not the same unit. The verdict is the second word. One review is an anecdote too. What do the gates do on average: before the verdict, on it, after it?
"""

# %%
verdicts = len(BAD) + len(GOOD)
for place in ("early", "middle", "late"):
    x = task(f"reviews_{place}").batch(torch.Generator().manual_seed(2), 200).x
    gates = gates_of(x)
    at = x[..., :verdicts].sum(-1).argmax(0).numpy()
    t = np.arange(len(x))[:, None]
    for name, gate in zip("rz", gates, strict=True):
        line = f"{place:<7} {name}"
        for when, m in (("before", t < at), ("on it", t == at), ("after", t > at)):
            g = gate[m]
            line += f"   {when} {g.mean():.2f} ({(g < 0.1).mean():>3.0%}, {(g > 0.9).mean():>3.0%})"
        print(line)
print("means; in brackets the shares below 0.1 and above 0.9")

# %% [markdown]
r"""
And one network is an anecdote. The same for five, each from a seed of its own:
"""

# %%
seen = table("reviews_gates.csv")
for gate in "zr":
    for when in ("before", "on it", "after"):
        found = [r for r in seen if (r["gate"], r["when"]) == (gate, when)]
        mean, below, above = ([float(r[k]) for r in found] for k in ("mean", "below", "above"))
        print(f"{gate} {when:<7} mean {min(mean):.2f} to {max(mean):.2f}", end=", ")
        print(f"below 0.1: {spread(below)}, above 0.9: {spread(above)}")
    pairs = {
        (r["seed"], r["place"], r["when"]): float(r["mean"]) for r in seen if r["gate"] == gate
    }
    falls = [pairs[s, p, "before"] - m for (s, p, when), m in pairs.items() if when == "on it"]
    print(f"{gate} falls on the verdict by {min(falls):.2f} to {max(falls):.2f}")

# %% [markdown]
r"""
On the verdict the mean of the update gate falls in every network, wherever the verdict stands, and the word gets in. After it the units part: 21 to 40 % of all gates hold their state ($z$ above 0.9), as B says; 19 to 37 % renew their state at every word ($z$ below 0.1); before the verdict at most one in nine held. The mean of the reset gate falls on the verdict too, by less than 0.1 in every network, and stays above a quarter: it does not go to 0, and nothing is "washed out" at that moment.

## A model of music

Last, something to hear. Bach's chorales have four voices; at each step a set of the piano's 88 keys sounds. A model reads the steps so far and gives each key a probability for the next. It is scored by the negative log likelihood of what Bach wrote, in nats a step.

### Exercise 9.4 · `notes_nll`

3 points · difficulty ●●○ · importance ●●○

`logits` and `notes` are $(T, N, K)$; key $k$ sounds with probability $\sigma(a_k)$. Return the negative log likelihood: the notes of a step add up, steps and sequences are averaged. It must hold for logits of ±1000.
"""


# %% solution="notes_nll"
def notes_nll(logits, notes):
    """Return the mean over T and N of the negative log likelihood of a step's K notes, in nats."""
    ### BEGIN SOLUTION
    against = np.where(notes == 1, -logits, logits)
    return np.logaddexp(0, against).sum(axis=-1).mean()
    ### END SOLUTION


# %% check="notes_nll"
check(notes_nll)

# %%
# hint(notes_nll)

# %% [markdown]
r"""
What must a model beat? Two things that know no more than counting: how often each key sounds at all, and how often it sounds given whether it sounded a step ago. The chorales are read from the package `music21`. It is an extra of the course, which `make lab` does not install: `pip install 'gru-course[music]'` brings it. Without it the three cells below say that they were skipped, and what the text says about Bach, you have to take from a run with it.
"""

# %%
from gru_ref.errors import UsageError
from gru_ref.experiments.music import draw_roll, synthesise
from gru_ref.experiments.sampling import continue_chorale
from gru_ref.training.tasks.chorales import chorales
from gru_ref.training.tasks.corpora import split

try:
    pieces = chorales()
except UsageError as missing:
    pieces = []
    print(missing)
learn, test = split(pieces)
if pieces and ready(notes_nll):
    seen, due = np.concatenate([p[:-1] for p in learn]), np.concatenate([p[1:] for p in learn])
    share = (due.sum(0) + 0.1) / (len(due) + 0.2)
    given = [
        ((due * (seen == s)).sum(0) + 0.1) / ((seen == s).sum(0) + 0.2) for s in (0, 1)
    ]  # a count of 0 would make what never happened impossible
    before, after = np.concatenate([p[:-1] for p in test]), np.concatenate([p[1:] for p in test])

    def logit(p):
        return np.log(p) - np.log1p(-p)

    always = notes_nll(np.broadcast_to(logit(share), after.shape)[:, None], after[:, None])
    markov = notes_nll(logit(np.where(before == 1, given[1], given[0]))[:, None], after[:, None])
    print(f"{len(learn)} chorales to learn from, {len(test)} to test on")
    print(f"how often a key sounds: {always:.2f} nats a step; given the step before: {markov:.2f}")
elif not pieces:
    print("Skipped: there are no chorales.")

# %% [markdown]
r"""
A GRU with 64 units, trained for a short while. Its cell is your `GRUCell` of exercise 9.1; `over_time` runs it over a sequence, and PyTorch finds the gradients. On a GPU, or with patience, set `PRESET = "full"`: 128 units and up to 1,000 steps of 64 chorales each. (That has not been run here; `python -m gru_ref compare --preset full` does the same for the whole grid.)
"""

# %%
from gru_ref.training.models import over_time

PRESET = "small"

bach = None
if pieces and ready(run_gru_cell):
    shorter = {"steps": 200} if PRESET == "small" else {}
    bach = fit("chorales", over_time(GRUCell), preset=PRESET, live=True, **shorter)
    print(
        f"GRU, after {bach.step} steps: {bach.metric:.2f} nats a step on chorales it has not seen"
    )
elif not pieces:
    print("Skipped: there are no chorales.")

# %% [markdown]
r"""
Now the cell that you wrote in chapter 4, in NumPy, plays with these weights: four bars of a chorale that it has not seen, and what it adds. Each chord is drawn from its own probabilities and fed back in.
"""

# %%
if bach:
    learned = weights_of(bach.model.rnn)
    W_y, b_y = (w.detach().double().numpy() for w in bach.model.read_out.parameters())

    def network(x, h, last=1):
        """Return the logits of the last step, (1, 1, 88), and the state: your cell over time."""
        h = np.zeros((1, bach.model.rnn.hidden_size)) if h is None else h
        for x_t in x.double().numpy():
            h = gru_cell(x_t, h, learned)
        return torch.from_numpy(h @ W_y.T + b_y)[None], h

    roll = continue_chorale(network, test[0][:16], 32, np.random.default_rng(3), temperature=0.7)
    show(draw_roll(roll, given=16))
    sound, rate = synthesise(roll, seconds=0.4)
    display(Audio(sound, rate=rate))
elif not pieces:
    print("Skipped: there are no chorales.")

# %% [markdown]
r"""
Left of the line is Bach. To the right the chords are mostly chords and the voices mostly hold or move by step. There is no plan beyond the next few beats, and it shows. With more training the score falls further: the grid's runs ended at 8.84 nats (GRU), 8.86 (LSTM), 9.03 (tanh), all far below what counting achieves.

### A question in words

2 points, read by a person. Four or five sentences.

*A colleague wants to replace the GRU in your product by an LSTM "because LSTMs remember longer". Which measurements of this chapter speak for it, which against, and what would you measure before you decide?*
"""

# %% [markdown] answer="which_would_you_take" points=2
r"""
Against: with a rate and a start of its own for each cell, the LSTM solved what the GRU solved (latch, temporal order, adding, early reviews), in as many steps or more; "longer memory" was not seen. As PyTorch starts it, it failed on most of these tasks at a rate of 0.01. For: on the CPU at small sizes the LSTM's step takes a fraction of the GRU's time, and on text and music the two score alike. Its failures were failures of its start, so whoever takes it should set the forget bias. Before I decide I would train both on our own data, several seeds each, at equal numbers of parameters, with the same small search of rate and gate bias for both, judged on data that the search has not seen, and compare the median score and the time on the machine that will run it.

**Points**

- 1: measurements on both sides, half a point each: tasks with a long memory, speed on the CPU, the forget bias, equal scores on text and music.
- 1: what to measure first: both on one's own data, several seeds, comparable sizes or learning rates. Two of these will do.
"""

# %% [markdown]
r"""
## What the articles say

Each verdict names what decides it.

| claim | verdict | decided by |
|---|---|---|
| C, E: a GRU has fewer parameters than an LSTM | true: three quarters | exercise 9.2 |
| C, E: it trains faster | **depends**: with a rate and a start of its own the GRU takes a quarter to a half of the LSTM's steps on five tasks of six, as many on the latch; more time a step on a CPU at small sizes, less at 512 units | a rate and a start for each cell, and the timing |
| E: the LSTM remembers longer | **not seen**: with a rate and a start of its own it solves what the GRU solves, in as many steps or more; from PyTorch's start it learns less (adding@400, copy, temporal order, early reviews) | the same, and one rate for all |
| E: no clear winner, the answer lies in the data | true, and in the rate and the start: the latch changes its winner with them | the latch |
| E: plain RNNs still win somewhere | **not seen** with rates and starts of their own; at one rate for all the tanh-RNN won on the latch | the latch |
| E: recurrent networks still win on very long sequences | **depends**: one more step after 100,000 others takes a hundredth of the Transformer's time and 256 bytes in place of 37 MB; trained on up to 3,000 steps the Transformer is as soon done as the GRU, or sooner, and what must be repeated word for word it learns and the GRU does not (copy) | one more step, the same tasks |
| E: in control in real time | true for the cost: a step takes the same time however long the past is | one more step |
| E: with CTC | true that it works: a GRU reads nineteen of twenty strokes from labels without times; it was set beside nothing else | labels without times |
| E: with small data | **true here**: from 9, 27 and 268 chorales the GRU does better on new ones than a Transformer with as many numbers, by 0.5, 0.4 and 0.2 nats a step; neither had read anything before | the same tasks |
| B: gates eliminate the vanishing gradient | **not so**: in a new GRU the gradient at the first of 100 inputs is below 1e-18 of that at the last, and at a rate of 0.01 it takes 900 steps of training or more to open the path on early reviews | how the path opens |
| B: with an early verdict $z$ goes to 1 | in part: after the verdict 21 to 40 % of the gates are above 0.9, over five seeds, wherever it stood | the gates |
| B: with a late verdict $r$ goes to 0 | **not seen**: its mean falls by less than 0.1 | the gates |
| C: reset is short-term, update long-term memory | half: $z$ holds; $r$ shows no such role here | the gates |

## What you built

From a gate of one line in chapter 1 to a network that continues Bach: every function of the cell is yours, each was checked, and where the first cells said so it is yours that ran. What to use in your own work is now a question that you can answer by measuring.

One thing all three cells have in common: a step waits for the step before. [Chapter 10](10_parallel.ipynb) takes that loop away.
"""

# %%
progress()
