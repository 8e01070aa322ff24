"""What stands in for grading one submission where a test is about the batch around it."""

from __future__ import annotations

import os

from autograder.grading.job import Graded, Job

DEADLY = b"the worker dies"


def grade_or_die(job: Job) -> Graded:
    """Return a value that says which file it is of; end the worker where the file says so."""
    if job.data == DEADLY:
        os._exit(9)
    return Graded((), job.data.decode(), (), {}, None, "none", 0.0)
