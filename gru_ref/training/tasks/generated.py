"""Tasks whose sequences are drawn from a generator: sine, adding, copy, temporal order, latch."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from gru_ref.training.tasks.kinds import (
    Batch,
    Task,
    at_least,
    cross_entropy,
    error_rate,
    squared_error,
)

# What the symbols are called, by their codes, and which of them say nothing
NAMES = {"copy": ("blank", *"12345678", "answer"), "temporal_order": tuple("XYabcd")}
FILLER = {"copy": "blank", "temporal_order": "a b c d"}


def sine(length: int = 50, ahead: int = 5) -> Task:
    """Return the task: forecast a sine of unknown frequency and phase, judged on the second half.

    x_t = sin(ω t + φ) with ω from U(0.1, 0.5) and φ from U(0, 2π); the target is x_{t + ahead}.
    """
    at_least(length, 2)

    def draw(g, N):
        omega = 0.1 + 0.4 * _uniform(g, N)
        t = torch.arange(length + ahead, device=g.device)[:, None]
        wave = torch.sin(omega * t + 2 * math.pi * _uniform(g, N))[..., None]
        return Batch(wave[:length], wave[ahead + length // 2 :])

    return Task(
        name="sine",
        about=f"forecast a sine {ahead} steps ahead",
        source="article E",
        input_size=1,
        output_size=1,
        loss=squared_error,
        metric=squared_error,
        unit="MSE",
        chance=0.5,
        chance_is="always 0: the mean of sin² is 1/2",
        solved=0.005,
        draw=draw,
    )


def adding(length: int = 100, early: bool = False) -> Task:
    """Return the task: add the two marked numbers of a sequence of U(0, 1).

    One mark stands in each half; with early one in each of the first two quarters, so that the
    second half shows nothing of the answer.
    """
    at_least(length, 4)
    half = length // 4 if early else length // 2

    def draw(g, N):
        values, first = _uniform(g, length, N), _integers(g, 0, half, N)
        second, n = _integers(g, half, 2 * half, N), torch.arange(N, device=g.device)
        marks = F.one_hot(first, length) + F.one_hot(second, length)
        total = values[first, n] + values[second, n]
        return Batch(torch.stack((values, marks.T.float()), 2), total[None, :, None])

    return Task(
        name="adding_early" if early else "adding",
        about="add the two marked numbers" + (", both in the first half" if early else ""),
        source="Hochreiter & Schmidhuber 1997",
        input_size=2,
        output_size=1,
        loss=squared_error,
        metric=squared_error,
        unit="MSE",
        chance=1 / 6,
        chance_is="always 1: twice the variance 1/12 of U(0, 1)",
        solved=0.01,
        draw=draw,
    )


def copy(length: int = 20) -> Task:
    """Return the task: repeat ten symbols of eight after `length` blanks; T = length + 20."""
    at_least(length, 1)

    def draw(g, N):
        symbols = _integers(g, 1, 9, 10, N)  # 0 is the blank, 9 asks for the answer
        blanks = torch.zeros(length + 10, N, dtype=symbols.dtype, device=g.device)
        x = torch.cat((symbols, blanks))
        x[length + 9] = 9
        return Batch(F.one_hot(x, 10).float(), torch.cat((blanks, symbols)))

    chance = 10 * math.log(8) / (length + 20)
    return Task(
        name="copy",
        about=f"repeat ten symbols after {length} steps",
        source="Arjovsky, Shah & Bengio 2016",
        input_size=10,
        output_size=9,
        loss=cross_entropy,
        metric=cross_entropy,
        unit="nats a step",
        chance=chance,
        chance_is="ten guesses among eight: 10 ln 8 / (length + 20)",
        solved=chance / 10,
        draw=draw,
    )


def temporal_order(length: int = 100) -> Task:
    """Return the task: tell XX, XY, YX and YY apart, two symbols far from each other.

    Four other symbols fill the sequence. The first of the two stands at a step from T/10 to
    2T/10, the second from 4T/10 to 5T/10.
    """
    at_least(length, 10)
    tenth = length // 10

    def draw(g, N):
        x = _integers(g, 2, 6, length, N)
        n, pair = torch.arange(N, device=g.device), _integers(g, 0, 2, 2, N)
        x[_integers(g, tenth, 2 * tenth, N), n] = pair[0]
        x[_integers(g, 4 * tenth, 5 * tenth, N), n] = pair[1]
        return Batch(F.one_hot(x, 6).float(), (2 * pair[0] + pair[1])[None])

    return Task(
        name="temporal_order",
        about="tell the order of two symbols",
        source="Pascanu, Mikolov & Bengio 2013",
        input_size=6,
        output_size=4,
        loss=cross_entropy,
        metric=error_rate,
        unit="error rate",
        chance=3 / 4,
        chance_is="one of four classes",
        solved=0.01,
        draw=draw,
    )


def latch(length: int = 100, shown: int = 3, noise: float = 0.2) -> Task:
    """Return the task: after a sequence of noise, tell the sign of its first `shown` steps."""
    at_least(length, shown)

    def draw(g, N):
        label = _integers(g, 0, 2, N)
        x = noise * torch.randn(length, N, 1, generator=g, device=g.device)
        x[:shown] += 2.0 * label[:, None] - 1
        return Batch(x, label[None])

    return Task(
        name="latch",
        about=f"keep the sign of the first {shown} steps",
        source="Bengio, Simard & Frasconi 1994",
        input_size=1,
        output_size=2,
        loss=cross_entropy,
        metric=error_rate,
        unit="error rate",
        chance=1 / 2,
        chance_is="one of two classes",
        solved=0.01,
        draw=draw,
    )


def _uniform(g, *shape):
    return torch.rand(*shape, generator=g, device=g.device)


def _integers(g, low, high, *shape):
    return torch.randint(low, high, shape, generator=g, device=g.device)
