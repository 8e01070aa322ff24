"""A trained model goes on with a text or a chorale, one step at a time, from what it said itself.

    p_t = softmax(a_t / τ) for a character, σ(a_t / τ) for each key of a chord

with a_t the model's output and τ the temperature: below 1 the likely becomes likelier.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from gru_ref.errors import UsageError
from gru_ref.experiments.music import draw_roll, synthesise, write_wav
from gru_ref.io import write_figure
from gru_ref.training.run import load_model
from gru_ref.training.tasks.chorales import chorales
from gru_ref.training.tasks.corpora import ALPHABET, encode, split

GIVEN = 16  # quarter notes of a held-out chorale that the model is given
TRIES = 100


@torch.no_grad()
def continue_text(
    model: nn.Module, prompt: str, steps: int, rng: np.random.Generator, temperature: float = 1.0
) -> str:
    """Return the prompt and `steps` characters that the model adds."""
    codes, state = encode(prompt or "\n").tolist(), None
    x = torch.eye(len(ALPHABET))[codes][:, None]
    for _ in range(steps):
        a, state = model(x, state, last=1)
        p = torch.softmax(a[0, 0].double() / _positive(temperature), 0).numpy()
        codes.append(int(rng.choice(len(ALPHABET), p=p)))
        x = torch.eye(len(ALPHABET))[codes[-1:]][:, None]
    return (prompt or "") + "".join(ALPHABET[i] for i in codes[len(codes) - steps :])


@torch.no_grad()
def continue_chorale(
    model: nn.Module,
    given: np.ndarray,
    steps: int,
    rng: np.random.Generator,
    temperature: float = 1.0,
) -> np.ndarray:
    """Return the roll `given` (T, 88) and `steps` chords that the model adds.

    The keys of a chord are drawn each on its own. A chord of other than three or four keys, the
    number that four voices sound in, is drawn again, up to TRIES times.
    """
    roll = np.zeros((len(given) + steps, given.shape[1]), np.uint8)
    roll[: len(given)] = given
    start = np.concatenate((np.zeros_like(given[:1]), given))  # the first chord follows silence
    x, state = torch.from_numpy(start).float()[:, None], None
    for t in range(len(given), len(roll)):
        a, state = model(x, state, last=1)
        p = torch.sigmoid(a[0, 0].double() / _positive(temperature)).numpy()
        for _ in range(TRIES):
            roll[t] = rng.random(len(p)) < p
            if 3 <= roll[t].sum() <= 4:
                break
        x = torch.from_numpy(roll[t]).float()[None, None]
    return roll


def sample_to(
    run: Path,
    out: Path | None = None,
    prompt: str | None = None,
    steps: int | None = None,
    temperature: float = 1.0,
    seed: int = 0,
) -> list[Path]:
    """Print the continued text, or write a chorale's sound and picture and say where they are.

    Returns the files written, into `out` or beside the checkpoint. UsageError where the model has
    learned neither, or a file cannot be written.
    """
    model, s, _ = load_model(run)
    rng = np.random.default_rng(seed)
    if s.task == "characters":
        text = "The " if prompt is None else prompt
        print(continue_text(model, text, 400 if steps is None else steps, rng, temperature))
        return []
    if s.task != "chorales":
        raise UsageError(
            f"The model in {run} has learned {s.task}: only characters and chorales go on."
        )
    held_out = split(chorales())[1]
    given = held_out[seed % len(held_out)][:GIVEN]
    roll = continue_chorale(model, given, 48 if steps is None else steps, rng, temperature)
    folder = Path(out) if out else Path(run) if Path(run).is_dir() else Path(run).parent
    sound, picture = folder / "chorale.wav", folder / "chorale.png"
    write_wav(sound, *synthesise(roll))
    write_figure(picture, draw_roll(roll, given=len(given)).figure)
    print(f"The first {len(given)} quarter notes are Bach's. Sound: {sound}. Picture: {picture}.")
    return [sound, picture]


def _positive(temperature):
    if not temperature > 0:
        raise UsageError(f"The temperature is {temperature}: it must be above 0.")
    return temperature
