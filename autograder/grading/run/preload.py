"""What workers are forked from imports this first, and the course, if it can be imported."""

import contextlib
import importlib
import os

from autograder.grading.run.worker import COURSE
from autograder.importing import importing

with importing():
    import autograder.grading.run.grade_one  # noqa: F401

    if os.environ.get(COURSE):
        with contextlib.suppress(Exception, SystemExit):  # the grader itself will say what it is
            importlib.import_module(os.environ[COURSE])
