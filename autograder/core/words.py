"""The sentences of a message that are a course's own: its letters, its types, its advice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class Words:
    """What a course says in its own terms; what stands here names no subject.

    `advice` maps a piece of an exception's text to what its author should do. `missing_name(name)`
    says where a name that is not defined would be found, "" where the course knows nothing of it.
    `batch_mistake` is the name of the mistake that is meant where every single input is right and
    some batch is not; `batch_only` the sentence where an exercise declares no such mistake.
    `sizes(inputs)` names the sizes of a case, T or N for instance. `extra_axis` says what an axis
    of length 1 too many means.
    """

    advice: Mapping[str, str] = field(default_factory=dict)
    missing_name: Callable[[str], str] = lambda name: ""
    sizes: Callable[[Mapping[str, Any]], dict[str, int]] = lambda inputs: {}
    batch_mistake: str = "fails_for_a_batch"
    batch_only: str = (
        "One input is right, a batch is not. Write it so that it acts on the last axis."
    )
    extra_axis: str = "One axis is too many."


PLAIN = Words()
