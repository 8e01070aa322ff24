"""What workers are forked from imports this first."""

from autograder.importing import importing

with importing():
    import autograder.grading.run.grade_one  # noqa: F401
