"""What a run ends with, and its curves."""

from __future__ import annotations

from typing import Any, NamedTuple

from matplotlib.axes import Axes
from torch import nn

from gru_ref.training.settings import Settings
from gru_ref.training.tasks import Task


class Fit(NamedTuple):
    """A run's end: the model, its metric on the held-out sequences, and the way there.

    Where a task's data are drawn, looks are taken on the held-out sequences, and the model is that
    of the last step. Where they are read, looks are taken on validation data; the model and the
    metric are those of the best look.
    """

    settings: Settings
    task: Task
    model: nn.Module
    history: list[dict[str, Any]]  # {"step", "loss"}; at a look "metric", or "validation" if read
    step: int
    metric: float
    seconds: float
    stopped: bool  # by the user, before its end
    best: int  # the step that the model is of

    @property
    def losses(self) -> tuple[list[int], list[float]]:
        """The steps and the training losses, each the mean of up to log_every steps."""
        return losses_of(self.history)

    @property
    def metrics(self) -> tuple[list[int], list[float]]:
        """The steps of the looks and the metrics there, on validation data where there are any."""
        return looks_of(self.history)

    @property
    def steps_to_solve(self) -> int | None:
        """The step of the first look that found the task solved, None if none did."""
        return next((i for i, m in zip(*self.metrics, strict=True) if m <= self.task.solved), None)

    @property
    def after(self) -> str:
        """Which weights were judged, in words."""
        if self.task.ends and self.best != self.step:
            return f"at step {self.best}, the best on validation data of {self.step} steps,"
        return f"after {self.step} steps"

    def draw(self) -> Axes:
        """Draw the losses and the looks; `gru_ref.figures.shown.show` shows them."""
        return draw_history(self.settings, self.task, self.history, self.best)


def draw_history(s: Settings, to_do: Task, history: list[dict[str, Any]], best: int | None) -> Axes:
    """Draw what a run has written down so far, and the step of its best look."""
    from gru_ref.figures.curves import run_curves

    return run_curves(
        s.cell,
        losses_of(history),
        looks_of(history),
        unit=to_do.unit,
        seen_on="validation data" if to_do.ends else "held-out sequences",
        levels={"chance": to_do.chance, "solved": to_do.solved},
        best=best if to_do.ends else None,
    )


def losses_of(history: list[dict[str, Any]]) -> tuple[list[int], list[float]]:
    """Return the steps and the losses of records."""
    return [h["step"] for h in history], [h["loss"] for h in history]


def looks_of(history: list[dict[str, Any]]) -> tuple[list[int], list[float]]:
    """Return the steps and the metrics of those records that are of a look."""
    seen = [(h["step"], m) for h in history if (m := metric_of(h)) is not None]
    return [step for step, _ in seen], [m for _, m in seen]


def metric_of(record: dict[str, Any]) -> float | None:
    """Return the metric of a look, on whatever it was taken; None where the record is of none."""
    return record.get("metric", record.get("validation"))
