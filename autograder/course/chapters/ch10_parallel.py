"""Chapter 10: the loop over time as a few rounds of a scan, forwards and backwards."""

from __future__ import annotations

from autograder.core.exercise import Chapter
from autograder.course.chapters.ch10_backward import PARALLEL_BPTT
from autograder.course.chapters.ch10_mingru import MINGRU, RESIDUAL
from autograder.course.chapters.ch10_rounds import GATE_STEP, NEWTON_STEP
from autograder.course.chapters.ch10_scan import COMPOSE, LINEAR_SCAN

CHAPTER = Chapter(
    "10_parallel",
    "10 · The GRU over time, in parallel",
    75,
    (COMPOSE, LINEAR_SCAN, MINGRU, RESIDUAL, GATE_STEP, NEWTON_STEP, PARALLEL_BPTT),
)
