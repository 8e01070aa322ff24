"""Tasks whose sequences are read: English characters that ship with Python, and Bach's chorales.

A tenth is held out, the same tenth always; of the rest a tenth is for validation. Chance and solved
are the figures that two counts of the whole rest reach on the held-out tenth, one without memory
and one with the memory of a step or two.
"""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import torch
import torch.nn.functional as F

from gru_ref.training.tasks.chorales import KEYS, chorales
from gru_ref.training.tasks.kinds import Batch, Task, at_least, bits, cross_entropy, pitches

ALPHABET = "\n" + "".join(map(chr, range(32, 127)))
UNKNOWN = ALPHABET.index("?")


def encode(text: str) -> np.ndarray:
    """Return the places of the characters in ALPHABET, those of "?" for what is not in it."""
    places = {c: i for i, c in enumerate(ALPHABET)}
    return np.array([places.get(c, UNKNOWN) for c in text], np.uint8)


def decode(codes: np.ndarray) -> str:
    """Return the text of such places."""
    return "".join(ALPHABET[i] for i in codes)


@cache
def english() -> tuple[np.ndarray, np.ndarray]:
    """Return the codes of Python's help texts, for training and held out, no paragraph twice."""
    from pydoc_data.topics import topics

    paragraphs = dict.fromkeys(p for name in sorted(topics) for p in topics[name].split("\n\n"))
    return _ninth(encode("\n\n".join(paragraphs)))


def _ninth(text):
    """Return nine tenths of a text, and the last one."""
    end = len(text) * 9 // 10
    return text[:end], text[end:]


def characters(length: int = 100) -> Task:
    """Return the task: tell the next character of Python's help texts.

    ValueError where so many steps leave nothing to judge.
    """
    rest, test = english()
    train, watched = _ninth(rest)
    at_least(length, 2)
    if length >= len(watched):
        raise ValueError(f"length is {length}: the text for validation has {len(watched)} letters.")
    texts = _by_device(train.astype(np.int64))

    def batch(text, start):
        rows = text[torch.arange(length + 1, device=text.device)[:, None] + start]
        return Batch(F.one_hot(rows[:-1], len(ALPHABET)).float(), rows[1:])

    def draw(g, N):
        text = texts(g.device)
        starts = torch.randint(len(text) - length, (N,), generator=g, device=g.device)
        return batch(text, starts)

    def read(text, device):
        text = torch.from_numpy(text.astype(np.int64)).to(device)
        half = length // 2  # what is judged has at least so many characters before it
        x, y = batch(text, torch.arange(0, len(text) - length, length - half, device=device))
        return Batch(x, y[half:])

    return Task(
        name="characters",
        about="tell the next character of English",
        source="the help texts in Python's pydoc_data.topics",
        input_size=len(ALPHABET),
        output_size=len(ALPHABET),
        loss=cross_entropy,
        metric=bits,
        unit="bits a character",
        chance=count_bits(rest, test, 0),
        chance_is="how often each character comes",
        solved=count_bits(rest, test, 2),
        draw=draw,
        kept=partial(read, test),
        watched=partial(read, watched),
        bias=torch.from_numpy(np.bincount(train, minlength=len(ALPHABET)) + 0.5).log().float(),
    )


def count_bits(train: np.ndarray, test: np.ndarray, order: int) -> float:
    """Return the bits a character of counts of what follows the last `order` characters.

    Each order is mixed with the one below it, which weighs as much as A = 5 observations.
    """
    A, V = 5.0, len(ALPHABET)
    p = np.full(len(test), 1 / V)
    for k in range(order + 1):
        context = [_context(text.astype(np.int64), k) for text in (train, test)]
        after = np.bincount(context[0], minlength=V**k)
        pairs = np.bincount(context[0] * V + train[k:], minlength=V ** (k + 1))
        seen, n = pairs[context[1] * V + test[k:]], after[context[1]]
        p[k:] = (seen + A * p[k:]) / (n + A)
    return float(-np.log2(p).mean())


def _context(text, k):
    """Return the k characters before each from the k-th on, as one number."""
    V, here = len(ALPHABET), len(text) - k
    return sum((text[k - j :][:here] * V**j for j in range(1, k + 1)), np.zeros(here, int)) // V


def music(length: int = 64, part: int = 1) -> Task:
    """Return: tell which of 88 keys sound at the next quarter note of a chorale by Bach.

    With part=10 only every tenth piece is for training; what is watched and held out is the same.
    """
    at_least(length, 1)
    rest, test = split(chorales())
    train, watched = split(rest) if len(rest) >= 10 else (rest[:-1], rest[-1:])
    train = train[::part]
    rolls = _by_device(_padded(train, length))
    ends = _by_device(np.array([len(roll) for roll in train]))

    def draw(g, N):
        data, end = rolls(g.device), ends(g.device)
        piece = torch.randint(len(data), (N,), generator=g, device=g.device)
        room = (end[piece] - length + 1).clamp(min=1)
        start = (torch.rand(N, generator=g, device=g.device) * room).long()
        at = start + torch.arange(length + 1, device=g.device)[:, None]
        rows = data[piece, at].float()
        return Batch(rows[:-1].clamp(min=0), rows[1:])

    def read(pieces, device):
        rows = torch.from_numpy(_padded(pieces, max(map(len, pieces)))).to(device).float()
        rows = rows.transpose(0, 1)
        return Batch(rows[:-1].clamp(min=0), rows[1:])

    return Task(
        name="chorales",
        about="tell the next chord of a chorale",
        source="Bach's four-part chorales in music21; measured as in Chung et al. 2014",
        input_size=KEYS,
        output_size=KEYS,
        loss=pitches,
        metric=pitches,
        unit="nats a step",
        chance=chord_nats(rest, test, 0),
        chance_is="how often each key sounds",
        solved=chord_nats(rest, test, 1),
        draw=draw,
        kept=partial(read, test),
        watched=partial(read, watched),
        bias=torch.from_numpy(frequencies(train)).logit().float(),
    )


def split(pieces: list[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return nine tenths of the pieces, and every tenth: for training, and held out."""
    return [p for i, p in enumerate(pieces) if i % 10 != 9], pieces[9::10]


def chord_nats(train: list[np.ndarray], test: list[np.ndarray], order: int) -> float:
    """Return the nats a step of counts, each key on its own, after its own last step or nothing."""
    now, seen = np.concatenate(train), np.concatenate(test).astype(bool)
    if order == 0:
        p = frequencies(train)
    else:
        before, last = (np.concatenate([_late(r) for r in rolls]) for rolls in (train, test))
        on = ((now * before).sum(0) + 0.5) / (before.sum(0) + 1)
        off = ((now * (1 - before)).sum(0) + 0.5) / ((1 - before).sum(0) + 1)
        p = np.where(last, on, off)
    return float(-np.log(np.where(seen, p, 1 - p)).sum(1).mean())


def frequencies(pieces: list[np.ndarray]) -> np.ndarray:
    """Return the share of steps in which each key sounds, half a count added to either side."""
    now = np.concatenate(pieces)
    return (now.sum(0) + 0.5) / (len(now) + 1)


def _late(roll):
    """Return what sounded a step before, nothing before the first."""
    return np.concatenate((np.zeros_like(roll[:1]), roll[:-1]))


def _padded(pieces, length):
    """Return (pieces, 1 + steps, 88): silence, the piece, and -1 to at least `length` steps."""
    steps = max(length, *map(len, pieces))
    rows = np.full((len(pieces), 1 + steps, KEYS), -1, np.int8)
    for row, roll in zip(rows, pieces, strict=True):
        row[0], row[1 : 1 + len(roll)] = 0, roll
    return rows


def _by_device(array):
    """Return a function of a device: the tensor there, which is moved once."""
    return cache(lambda device: torch.from_numpy(array).to(device))
