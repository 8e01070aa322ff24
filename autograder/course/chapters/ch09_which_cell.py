"""Chapter 9: a cell as a module of PyTorch, a fair comparison, what a model of music scores."""

from __future__ import annotations

from autograder.core.exercise import Chapter
from autograder.course.chapters.ch09_cell import RUN_GRU_CELL
from autograder.course.chapters.ch09_comparison import MEDIAN_STEPS, UNITS_FOR_BUDGET
from autograder.course.chapters.ch09_music import NOTES_NLL

CHAPTER = Chapter(
    "09_which_cell",
    "9 · Which cell?",
    105,
    (RUN_GRU_CELL, UNITS_FOR_BUDGET, MEDIAN_STEPS, NOTES_NLL),
    packages=("torch",),
)
