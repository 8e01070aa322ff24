"""What a notebook of this course imports."""

from __future__ import annotations

from autograder.notebook import Notebook
from tests.other_course.course import COURSE

_notebook = Notebook(COURSE)
start = _notebook.start
check = _notebook.check
hint = _notebook.hint
progress = _notebook.progress
