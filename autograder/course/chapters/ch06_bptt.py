"""Chapter 6: backpropagation through time, one local derivative at a time."""

from __future__ import annotations

from autograder.core.exercise import Chapter
from autograder.course.chapters.ch06_cell import GRU_CELL_BACKWARD
from autograder.course.chapters.ch06_check import DIRECTIONAL_DERIVATIVE
from autograder.course.chapters.ch06_local import (
    BLEND_BACKWARD,
    PRODUCT_BACKWARD,
    SIGMOID_BACKWARD,
    TANH_BACKWARD,
)
from autograder.course.chapters.ch06_time import GRU_BACKWARD, TRUNCATED_BPTT, backward_over_time

__all__ = ["CHAPTER", "backward_over_time"]

CHAPTER = Chapter(
    "06_bptt",
    "6 · Backpropagation through time",
    90,
    (
        SIGMOID_BACKWARD,
        TANH_BACKWARD,
        BLEND_BACKWARD,
        PRODUCT_BACKWARD,
        GRU_CELL_BACKWARD,
        GRU_BACKWARD,
        DIRECTIONAL_DERIVATIVE,
        TRUNCATED_BPTT,
    ),
)
