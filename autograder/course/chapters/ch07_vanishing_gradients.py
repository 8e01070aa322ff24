"""Chapter 7: Jacobians of one step, gradients against lag, horizons, clipping, chrono biases."""

from __future__ import annotations

from autograder.core.exercise import Chapter
from autograder.course.chapters.ch07_gru_jacobian import GRU_JACOBIAN
from autograder.course.chapters.ch07_lag import GRADIENT_NORMS, MEMORY_HORIZON, SATURATE_GATES
from autograder.course.chapters.ch07_remedies import CHRONO_BIAS, CLIP_BY_NORM
from autograder.course.chapters.ch07_short_jacobians import ARTICLE_JACOBIAN, RNN_JACOBIAN

CHAPTER = Chapter(
    "07_vanishing_gradients",
    "7 · Vanishing gradients",
    75,
    (
        RNN_JACOBIAN,
        GRU_JACOBIAN,
        ARTICLE_JACOBIAN,
        SATURATE_GATES,
        GRADIENT_NORMS,
        MEMORY_HORIZON,
        CLIP_BY_NORM,
        CHRONO_BIAS,
    ),
)
