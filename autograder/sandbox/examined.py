"""A check of a function that runs in the sandbox: its helpers and its text are there, too."""

from __future__ import annotations

import numpy as np

from autograder.core.examine import SECONDS, examine
from autograder.core.exercise import Exercise
from autograder.core.verdict import Verdict
from autograder.sandbox.session import Session, StandIn


def examined(
    session: Session, exercise: Exercise, stand_in: StandIn, seed: int, seconds: float = SECONDS
) -> Verdict:
    """Return the verdict on a stand-in, with its cause; a small change is sought for `seconds`."""
    with np.errstate(all="ignore"):  # of 1e308, say; the verdict tells what came back
        return examine(
            session.host.course,
            exercise,
            stand_in,
            seed,
            stand_in.calls,
            lambda name: session.find(name).stand_in,
            lambda: session.workshop(exercise.name),
            seconds,
        )
