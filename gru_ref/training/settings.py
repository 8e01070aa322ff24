"""What is trained and how: everything that a run's numbers depend on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace

from gru_ref.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """One run; a seed gives the initial weights and every batch."""

    task: str
    cell: str = "gru"
    length: int | None = None  # of the sequences; None is the task's own
    hidden: int = 32
    layers: int = 1
    forget_bias: float | None = None  # at the start, of an LSTM
    batch: int = 32
    lr: float = 1e-2
    clip: float = 1.0  # the largest gradient norm
    window: int | None = None  # steps that a gradient goes back; None is all
    steps: int = 1000
    seed: int = 0
    log_every: int = 10  # steps between two losses that are kept, each a mean of so many
    check_every: int = 100  # steps between two looks at the held-out sequences, and checkpoints
    until_solved: bool = False  # stop at the first look that finds the task solved
    patience: int = (
        5  # looks without a better one that end a run whose data can be learned by heart
    )

    def __post_init__(self):
        counts = ("hidden", "layers", "batch", "steps", "log_every", "check_every", "window")
        for name in (*counts, "patience"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise UsageError(f"{name} is {value}: it must be 1 or more.")
        if not (self.lr > 0 and self.clip > 0):
            raise UsageError(f"lr is {self.lr} and clip is {self.clip}: both must be above 0.")

    def to_json(self) -> str:
        """Return a line that `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Settings:
        """Return the settings of such a line."""
        return cls(**json.loads(line))

    def differences(self, other: Settings) -> str:
        """Return what differs, "" if nothing; where a run ends may differ."""
        end = {name: getattr(self, name) for name in ("steps", "until_solved", "patience")}
        other = replace(other, **end)
        return ", ".join(
            f"{f.name} {getattr(other, f.name)} there and {getattr(self, f.name)} here"
            for f in fields(self)
            if getattr(self, f.name) != getattr(other, f.name)
        )
