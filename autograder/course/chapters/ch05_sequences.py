"""Chapter 5: the cell over time; lengths, layers, directions; parameters and the loss."""

from __future__ import annotations

from autograder.core.exercise import Chapter
from autograder.course.chapters.ch05_forward import GRU_FORWARD, GRU_FORWARD_LENGTHS, forward
from autograder.course.chapters.ch05_layers import BIDIRECTIONAL_GRU, COUNT_PARAMETERS, STACKED_GRU
from autograder.course.chapters.ch05_loss import SOFTMAX_CROSS_ENTROPY

__all__ = ["CHAPTER", "forward"]

CHAPTER = Chapter(
    "05_sequences",
    "5 · Sequences",
    60,
    (
        GRU_FORWARD,
        GRU_FORWARD_LENGTHS,
        STACKED_GRU,
        BIDIRECTIONAL_GRU,
        COUNT_PARAMETERS,
        SOFTMAX_CROSS_ENTROPY,
    ),
)
