"""The course: its chapters in order, and its exercises by name.

A chapter's module declares its exercises. To add one, write it there and a section in `solutions/`.
"""

from __future__ import annotations

from autograder.core.exercise import Chapter, Exercise
from autograder.course.chapters.ch00_start_here import CHAPTER as CH00
from autograder.course.chapters.ch01_reset_gate import CHAPTER as CH01
from autograder.course.chapters.ch02_update_gate import CHAPTER as CH02
from autograder.course.chapters.ch03_candidate_state import CHAPTER as CH03
from autograder.course.chapters.ch04_hidden_state import CHAPTER as CH04
from autograder.course.chapters.ch05_sequences import CHAPTER as CH05
from autograder.course.chapters.ch06_bptt import CHAPTER as CH06
from autograder.course.chapters.ch07_vanishing_gradients import CHAPTER as CH07
from autograder.course.chapters.ch08_training import CHAPTER as CH08
from autograder.course.chapters.ch09_which_cell import CHAPTER as CH09
from autograder.course.chapters.ch10_parallel import CHAPTER as CH10

CHAPTERS: tuple[Chapter, ...] = (
    CH00,
    CH01,
    CH02,
    CH03,
    CH04,
    CH05,
    CH06,
    CH07,
    CH08,
    CH09,
    CH10,
)
EXERCISES: dict[str, Exercise] = {e.name: e for c in CHAPTERS for e in c.exercises}


def chapter_of(exercise: str) -> Chapter:
    """Return the chapter that declares an exercise."""
    return next(c for c in CHAPTERS if any(e.name == exercise for e in c.exercises))
