"""Where `nbgrader_config.py` of a class that version 0.1 graded finds its configuration."""

from autograder.grading.store.class_directory import configure

__all__ = ["configure"]
