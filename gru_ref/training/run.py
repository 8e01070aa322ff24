"""A run's moving parts, how they are made from settings, and how they go into a checkpoint."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning.fabric import Fabric
from torch import nn

from gru_ref.errors import UsageError
from gru_ref.training import checkpoints
from gru_ref.training.models import SequenceModel
from gru_ref.training.settings import Settings
from gru_ref.training.tasks import Task, task


class Best(NamedTuple):
    """The weights of the look with the least metric on validation data."""

    step: int
    metric: float
    weights: dict[str, torch.Tensor]


class Run:
    """The model, the optimiser, the source of batches, and what has come of them so far."""

    def __init__(self, s: Settings, fabric: Fabric, to_do: Task, cell: str | Callable):
        self.s, self.fabric = s, fabric
        cuda = fabric.device.type == "cuda"
        self.clock = time.perf_counter if cuda else time.process_time
        self.begun = self.clock()
        self.net = build(s, to_do, cell)
        adam = torch.optim.AdamW(
            self.net.parameters(), lr=s.lr, weight_decay=0, fused=True, capturable=cuda
        )
        self.model, self.optimizer = fabric.setup(self.net, adam)
        self.generator = torch.Generator(fabric.device)
        self.generator.manual_seed(self._seed())
        self.losses = torch.zeros(s.log_every, device=fabric.device)  # of the last steps
        self.step, self.earlier = 0, 0.0
        self.history: list[dict[str, Any]] = []
        self.best: Best | None = None

    @property
    def seconds(self) -> float:
        """The time spent, that before a stop included.

        On a CPU it is the process's own time, which a busy machine does not change.
        """
        return self.earlier + self.clock() - self.begun

    def mean_loss(self) -> float:
        """Return the mean loss since the last multiple of log_every: the one look at the device."""
        return self.losses[: (self.step - 1) % self.s.log_every + 1].mean().item()

    def look(self, metric: float) -> None:
        """Keep the weights, where their metric on validation data is the best so far."""
        if math.isfinite(metric) and (self.best is None or metric < self.best.metric):
            weights = {name: w.detach().clone() for name, w in self.net.state_dict().items()}
            self.best = Best(self.step, metric, weights)

    def take_best(self) -> int:
        """Give the model the best weights that were kept, and return the step that they are of."""
        if self.best is None:
            return self.step
        self.net.load_state_dict(self.best.weights)
        return self.best.step

    def save(self, folder: Path | None) -> None:
        """Write the checkpoint, where there is a folder."""
        if folder is not None and self.fabric.is_global_zero:
            content = {
                "settings": self.s.to_json(),
                "model": self.net.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "generator": self.generator.get_state(),
                "losses": self.losses,
                "step": self.step,
                "history": json.dumps(self.history),
                "seconds": self.seconds,
                "best": self.best and self.best._asdict(),
            }
            checkpoints.save(folder, content)

    def resume(self, folder: Path | None) -> None:
        """Go on from the folder's checkpoint, where there is one; UsageError if it is another's."""
        if folder is None or not (folder / checkpoints.NAME).exists():
            return
        found = checkpoints.load(folder)
        try:
            if different := self.s.differences(Settings.from_json(found["settings"])):
                raise UsageError(
                    f"{folder} holds a run with other settings ({different}): choose another "
                    f"folder, or remove that one."
                )
            self.net.load_state_dict(found["model"])
            self.optimizer.load_state_dict(found["optimizer"])
            self._resume_generator(found)
            self.losses.copy_(found["losses"])
            self.step, self.earlier = found["step"], found["seconds"]
            self.history = json.loads(found["history"])
            self.best = Best(**found["best"]) if found.get("best") else None
        except UsageError:
            raise
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise UsageError(
                f"The checkpoint in {folder} does not fit here: it was made by another version or "
                f"on another kind of device."
            ) from error

    def _resume_generator(self, found):
        """Take up the first process's generator; each other one draws new batches of its own."""
        if self.fabric.is_global_zero:
            self.generator.set_state(found["generator"])
        else:
            self.generator.manual_seed(self._seed() + 10**9 * found["step"])

    def _seed(self):
        return self.s.seed + 10**6 * self.fabric.global_rank


def build(s: Settings, to_do: Task, cell: str | Callable) -> nn.Module:
    """Return the model with the seed's weights; the global generator stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(s.seed)
        model = SequenceModel(
            cell, to_do.input_size, s.hidden, to_do.output_size, s.layers, s.forget_bias
        )
    if to_do.bias is not None:
        model.read_out.bias.data.copy_(to_do.bias)
    return model


def load_model(path: Path | str) -> tuple[nn.Module, Settings, Task]:
    """Return the model of a checkpoint, the settings that made it, and its task.

    Its weights are those of the best look, where looks were taken on validation data.
    """
    found = checkpoints.load(path)
    try:
        s = Settings.from_json(found["settings"])
        to_do = task(s.task, s.length)
        model = build(s, to_do, s.cell)
        model.load_state_dict(weights_of(found))
    except UsageError:
        raise
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise UsageError(f"The checkpoint at {path} was made by another version.") from error
    return model, s, to_do


def weights_of(found: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Return the weights that a checkpoint's run ends with: of its best look, or its last step."""
    return found["best"]["weights"] if found.get("best") else found["model"]
