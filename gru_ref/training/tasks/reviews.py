"""Reviews among filler: article B's example, with the verdict early, in the middle or late."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from gru_ref.training.tasks.kinds import Batch, Task, at_least, cross_entropy, error_rate

BAD = ("dreadful", "boring", "disappointing")
GOOD = ("wonderful", "gripping", "delightful")
FILLER = tuple(
    "the a book story of and with about in it chapter page reader author town river war family "
    "journey letter is was tells follows between winter house two old young".split()
)
WORDS = BAD + GOOD + FILLER
PLACES = {"early": (0.0, 0.1), "middle": (0.45, 0.55), "late": (0.9, 1.0)}  # shares of the length

_SAID = {"early": "at the start", "middle": "in the middle", "late": "at the end"}


def reviews(length: int = 100, where: str | None = None, changed: bool = False) -> Task:
    """Return the task: after the last word, tell whether the verdict was good.

    A review is filler with one word of BAD or GOOD at the place `where`, at one of the three where
    it is None. With changed, another such word, good or bad at random, stands before it: the late
    verdict counts, and the past misleads.
    """
    at_least(length, 10)
    if changed and where is None:
        where = "late"
    if where not in (None, *PLACES) or (changed and where == "early"):
        raise ValueError(f"where is {where!r}: choose one of {', '.join(PLACES)}, or leave it out.")
    places = PLACES.values() if where is None else (PLACES[where],)

    def draw(g, N):
        at = torch.stack([_position(g, share, length, N) for share in places])
        n = torch.arange(N, device=g.device)
        at = at[torch.randint(len(at), (N,), generator=g, device=g.device), n]
        first = len(BAD) + len(GOOD)
        words = torch.randint(first, len(WORDS), (length, N), generator=g, device=g.device)
        if changed:
            words[_position(g, PLACES["early"], length, N), n] = _opinion(g, N)
        words[at, n] = verdict = _opinion(g, N)
        good = (verdict >= len(BAD)).long()
        return Batch(F.one_hot(words, len(WORDS)).float(), good[None])

    return Task(
        name="reviews" + ("_changed" if changed else f"_{where}" if where else ""),
        about="tell a good review from a bad one"
        + (f", the verdict {_SAID[where]}" if where else "")
        + (" and an opinion before it that does not count" if changed else ""),
        source="article B",
        input_size=len(WORDS),
        output_size=2,
        loss=cross_entropy,
        metric=error_rate,
        unit="error rate",
        chance=1 / 2,
        chance_is="one of two classes",
        solved=0.01,
        draw=draw,
    )


def words_of(x: torch.Tensor) -> list[list[str]]:
    """Return the words of each of the N reviews in x (T, N, words)."""
    return [[WORDS[i] for i in review] for review in x.argmax(-1).T.tolist()]


def _position(g, share, length, N):
    low, high = int(share[0] * length), int(share[1] * length)
    return torch.randint(low, high, (N,), generator=g, device=g.device)


def _opinion(g, N):
    return torch.randint(len(BAD) + len(GOOD), (N,), generator=g, device=g.device)
